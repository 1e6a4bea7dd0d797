"""Where in which file a component of a schema stands; found only when an error is to be told."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

from lxml import etree
from xmlschema.validators.xsdbase import XsdComponent

from conformance.payloads.errors import Place


def place_of(component: XsdComponent, elem: Element | None = None) -> Place:
    """The place of a component, or of a part of its definition (a facet's element)."""
    schema = component.schema
    return place_in(schema.url, schema.root, component.elem if elem is None else elem)


def place_in(url: str | None, root: object, elem: object) -> Place:
    """The place of an element in a document that was parsed without line numbers: the file is parsed once more."""
    if url is None:
        return Place(None, None)
    path = Path(unquote(urlsplit(url).path))
    if not isinstance(root, Element):
        return Place.of_file(path)
    number = next((at for at, each in enumerate(root.iter()) if each is elem), None)
    if number is None:
        return Place.of_file(path)
    try:
        tree = etree.parse(str(path), etree.XMLParser(resolve_entities=False, no_network=True))
    except (OSError, etree.XMLSyntaxError):
        return Place.of_file(path)
    for at, each in enumerate(tree.getroot().iter(etree.Element)):
        if at == number:
            return Place.of_file(path, int(each.sourceline) if each.sourceline is not None else None)
    return Place.of_file(path)
