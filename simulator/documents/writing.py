"""A document to bytes, through the same paths; the order of elements is the profile's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set

from lxml import etree

from simulator.documents.bindings import Binding, Node
from simulator.documents.fields import Values, values_of, values_of_report
from simulator.documents.model import Document, ErrorReport
from simulator.documents.parsing import Element, parse
from simulator.documents.profile import Profile
from simulator.documents.text_writing import TextWriter, is_needed
from simulator.documents.values import WRITERS

_RECORDS = "records"

_FORBIDDEN = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")


class WritingError(ValueError):
    """A value cannot be written as XML; the message says which field and why."""


def write_document(document: Document, profile: Profile) -> bytes:
    """A document as UTF-8 XML; raises WritingError. What the schema says of it, ``validate`` tells."""
    return _write(profile.channel(document.channel).tree, values_of(document), profile)


def document_parts(document: Document, profile: Profile) -> tuple[bytes, bytes, bytes, bytes]:
    """A document cut at its records: what stands before them, the records, what stands between two, what stands after.

    So that a document of any size can be written with only some of its records at hand. Raises WritingError, also when
    there is no record to cut at.
    """
    tree, values = profile.channel(document.channel).tree, values_of(document)
    writer = _text_writer(tree, profile)
    if writer is None:
        return _cut(tree, values, profile)
    before, _, between, after = _cut(tree, {**values, _RECORDS: values[_RECORDS][:1]}, profile)
    body = between.join([writer.write(each).encode() for each in values[_RECORDS]])
    return before, body, between, after


def _cut(tree: Node, values: Values, profile: Profile) -> tuple[bytes, bytes, bytes, bytes]:
    root = _build(tree, values, profile)
    etree.indent(root, space="  ")
    records = list(tree.items(root, _RECORDS))
    if not records:
        raise WritingError("a document without records has no place to cut it at")
    records[0].addprevious(etree.ProcessingInstruction("cut", "here"))
    last = etree.ProcessingInstruction("cut", "here")
    last.tail, records[-1].tail = records[-1].tail, None
    records[-1].addnext(last)
    before, body, after = _bytes(root).split(b"<?cut here?>")  # a value never holds it: its < is escaped
    return before, body, before[len(before.rstrip()) :], after


def _text_writer(tree: Node, profile: Profile) -> TextWriter | None:
    """What writes a document's records as text; None when they have no one place, or a name no one prefix."""
    places = list(_places(tree, 0))
    prefixes = _prefixes(tree.vocabulary, profile)
    if len(places) != 1 or len(set(prefixes.values())) < len(prefixes):
        return None
    ((node, depth),) = places
    if any(name.startswith("{") and name[1:].partition("}")[0] not in prefixes.values() for name in node.vocabulary):
        return None
    return TextWriter(node, depth, prefixes, _text)


def _places(node: Node, depth: int) -> Iterator[tuple[Node, int]]:
    """The nodes of a document's records with their depth."""
    for child in node.children:
        if child.group is None:
            yield from _places(child, depth + 1)
        elif child.group.name == _RECORDS:
            yield child, depth + 1


def write_error_report(report: ErrorReport, profile: Profile) -> bytes:
    """The payload of an error event as UTF-8 XML; raises WritingError."""
    return _write(profile.error_tree, values_of_report(report), profile)


def write_national(documents: Mapping[str, bytes], profile: Profile) -> bytes:
    """The national list of discounts: one whole document per retailer, by registration number.

    Raises ParsingError when one of the documents is not XML.
    """
    national = profile.national
    root = etree.Element(national.root, nsmap=_prefixes({national.root, national.part}, profile))
    for provider, data in documents.items():
        part = etree.SubElement(root, national.part)
        etree.SubElement(part, national.provider).text = provider
        etree.SubElement(part, national.content).append(parse(data).getroot())
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def national_frame(providers: Sequence[str], profile: Profile) -> list[bytes]:
    """The national list cut where its documents stand: what stands before the first, between two, after the last."""
    national = profile.national
    root = etree.Element(national.root, nsmap=_prefixes({national.root, national.part}, profile))
    for provider in providers:
        part = etree.SubElement(root, national.part)
        etree.SubElement(part, national.provider).text = provider
        etree.SubElement(part, national.content).append(etree.ProcessingInstruction("cut", "here"))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True).split(b"<?cut here?>")


def _write(tree: Node, values: Values, profile: Profile) -> bytes:
    root = _build(tree, values, profile)
    etree.indent(root, space="  ")
    return _bytes(root)


def _build(tree: Node, values: Values, profile: Profile) -> Element:
    root = etree.Element(tree.name, nsmap=_prefixes(tree.vocabulary, profile))
    _fill(root, tree, values)
    return root


def _bytes(root: Element) -> bytes:
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"


def _prefixes(names: Set[str], profile: Profile) -> dict[str | None, str]:
    uris = {name[1:].partition("}")[0] for name in names if name.startswith("{")}
    return {prefix: uri for prefix, uri in profile.namespaces.items() if uri in uris}


def _fill(element: Element, node: Node, values: Values) -> None:
    for name, value in node.conditions:
        element.set(name, value)
    for name, binding in node.attributes.items():
        text = _text(binding, values)
        if text is not None:
            element.set(name, text)
    if node.text is not None:
        element.text = _text(node.text, values)
    for child in node.children:
        if child.group is None and child.is_leaf and child.text is not None:
            text = _text(child.text, values)
            if text is not None or child.always:
                etree.SubElement(element, child.name).text = text
        elif child.group is not None:
            for item in values.get(child.group.name) or ():
                _fill(etree.SubElement(element, child.name), child, item)
        elif is_needed(child, values):
            _fill(etree.SubElement(element, child.name), child, values)


def _text(binding: Binding, values: Values) -> str | None:
    if binding.constant is not None or binding.field is None:
        return binding.constant
    value = values.get(binding.name)
    if value is None:
        return None
    text = WRITERS[binding.field.kind](value)
    text = binding.values[text] if binding.values else text
    forbidden = None if text.isprintable() else _FORBIDDEN.search(text)
    if forbidden:
        raise WritingError(f"{binding.name}: XML cannot carry the character U+{ord(forbidden[0]):04X} in {text!r}")
    return text
