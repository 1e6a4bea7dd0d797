"""Errors of schemas and strategies, each with the place in the schema that it is about."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

from lxml import etree
from xmlschema.validators.xsdbase import XsdComponent


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a schema: file (None if the schema was given as text) and line from 1 (None if unknown)."""

    file: str | None
    line: int | None

    def __str__(self) -> str:
        name = "the schema" if self.file is None else self.file
        return name if self.line is None else f"{name}:{self.line}"

    @classmethod
    def of_file(cls, path: Path, line: int | None = None) -> Place:
        """Return the place of a line of a file."""
        return cls(str(path), line)


NOWHERE = Place(None, None)


class PayloadError(Exception):
    """No strategy can be made. ``place`` is the place in the schema, ``reason`` the message without the place."""

    def __init__(self, reason: str, place: Place = NOWHERE) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason


class SchemaUnusable(PayloadError):
    """The schema does not load: a file is missing, it is not well-formed, or it is not a schema."""


class Unsatisfiable(PayloadError):
    """No valid document can exist, such as when a pattern matches nothing or facets contradict each other."""


class Unsupported(PayloadError):
    """The schema uses a construct that generation does not support. The message names it."""


def place_of(component: XsdComponent, elem: Element | None = None) -> Place:
    """Return the place of a component, or of a part of its definition (the element of a facet)."""
    schema = component.schema
    return place_in(schema.url, schema.root, component.elem if elem is None else elem)


def place_in(url: str | None, root: object, elem: object) -> Place:
    """Return the place of an element of a tree that has no line numbers, by parsing the file again."""
    if url is None:
        return Place(None, None)
    path = Path(unquote(urlsplit(url).path))
    if not isinstance(root, Element):
        return Place.of_file(path)
    number = next((at for at, node in enumerate(root.iter()) if node is elem), None)
    if number is None:
        return Place.of_file(path)
    try:
        tree = etree.parse(str(path), etree.XMLParser(resolve_entities=False, no_network=True))
    except (OSError, etree.XMLSyntaxError):
        return Place.of_file(path)
    for at, node in enumerate(tree.getroot().iter(etree.Element)):
        if at == number:
            return Place.of_file(path, int(node.sourceline) if node.sourceline is not None else None)
    return Place.of_file(path)
