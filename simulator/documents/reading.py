"""Bytes to a document, through the profile's paths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator.documents import parsing
from simulator.documents.bindings import Binding, Node
from simulator.documents.complaints import Complaint
from simulator.documents.element_names import Names, wrong_root
from simulator.documents.fields import Values, document_from, report_from
from simulator.documents.model import ChannelName, Document, ErrorReport
from simulator.documents.parsing import Element, Tree
from simulator.documents.profile import Profile
from simulator.documents.values import READERS, XML_SPACE, Kind

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_ITEMS = "records"


class DocumentError(Exception):
    """The bytes are no document of the profile; ``complaints`` say what is wrong and where."""

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        self.complaints = complaints
        first = complaints[0]
        more = f" (and {len(complaints) - 1} more)" if len(complaints) > 1 else ""
        super().__init__(f"line {first.line}, {first.path}: {first.found}; expected {first.expected}{more}")


@dataclass(frozen=True, slots=True)
class Located:
    """A document and the elements that it was read from: the document element, and one element per record."""

    document: Document
    tree: Tree
    plan: Node
    records: tuple[Element, ...]

    def find(self, record: int | None, name: str, member: int | None = None) -> tuple[Element, str | None]:
        """The element, and the attribute, that hold a field of the header (``record`` None) or of a record (by index).

        ``name`` is the field's name; with ``member`` it is ``group.field`` and means that item of the group. For a
        field that is absent, the nearest element that is there.
        """
        if record is None:
            return _find(self.tree.getroot(), self.plan, name)
        node = next(each for each in self.plan.walk() if each.group is not None and each.group.name == _ITEMS)
        element = self.records[record]
        if member is None:
            return _find(element, node, name)
        group, _, field = name.partition(".")
        inner = next(each for each in node.walk() if each.group is not None and each.group.name == group)
        items = list(node.items(element, group))
        return _find(items[member], inner, field) if member < len(items) else (element, None)


def read_document(data: bytes, profile: Profile, channel: ChannelName | None = None) -> Document:
    """Read a document; the channel is told by the document element unless it is given.

    Reads what is there without asking the schema (``validate`` does); raises DocumentError for bytes that are not XML,
    not a document of the profile, or whose fields are missing or cannot be understood.
    """
    return read_located(parse_document(data), profile, channel).document


def parse_document(data: bytes) -> Tree:
    """The XML tree of a document; raises DocumentError."""
    try:
        return parsing.parse(data)
    except parsing.ParsingError as error:
        raise DocumentError((error.complaint,)) from None


def read_located(tree: Tree, profile: Profile, channel: ChannelName | None = None) -> Located:
    """Read a parsed document and keep its elements; raises DocumentError."""
    root = tree.getroot()
    found = profile.channel_of_root(str(root.tag)) if channel is None else profile.channel(channel)
    if found is None or found.root != root.tag:
        wanted = [profile.channel(channel)] if channel is not None else list(profile.channels.values())
        expected = (each.root for each in wanted)
        raise DocumentError((wrong_root(root, expected, profile.names(), profile.provenance),))
    reader = Reader(profile.names())
    values = reader.item(root, found.tree)
    if reader.complaints:
        raise DocumentError(tuple(reader.complaints))
    return Located(document_from(found.name, values), tree, found.tree, tuple(reader.elements.get(_ITEMS, ())))


def read_error_report(data: bytes, profile: Profile) -> ErrorReport:
    """Read the payload of an error event; raises DocumentError."""
    root = parse_document(data).getroot()
    if root.tag != profile.error_root:
        raise DocumentError((wrong_root(root, (profile.error_root,), profile.names(), profile.provenance),))
    reader = Reader(profile.names())
    values = reader.item(root, profile.error_tree)
    if reader.complaints:
        raise DocumentError(tuple(reader.complaints))
    return report_from(values)


class Reader:
    """Reads elements by the nodes of a profile; what it cannot read stands in ``complaints``."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self.complaints: list[Complaint] = []
        self.elements: dict[str, list[Element]] = {}

    def item(self, element: Element, node: Node, *, without: str | None = None) -> Values:
        """The values of one item: the document itself (``without`` a group), a record, a member of a group."""
        values: Values = {}
        self._element(element, node, values, without)
        for binding in node.required:
            if binding.name not in values:
                assert binding.field is not None
                self._complain(element, None, "is missing", binding, binding.field.kind)
                values[binding.name] = None
        return values

    def _element(self, element: Element, node: Node, values: Values, without: str | None = None) -> None:
        for name, binding in node.attributes.items():
            text = element.get(name)
            if text is not None:
                self._value(element, name, text, binding, values, collapse=name in node.collapsed)
        if node.text is not None and element.get(_NIL) not in {"true", "1"}:
            self._value(element, None, element.text or "", node.text, values, collapse=node.collapse)
        if not node.children:
            return
        for child in element:
            inner = node.child(child.tag, child.attrib)  # type: ignore[arg-type]
            if inner is None:
                continue
            if inner.group is None:
                self._element(child, inner, values, without)
                continue
            if inner.group.name == without:
                continue
            values.setdefault(inner.group.name, []).append(self.item(child, inner))
            if inner.group.name == _ITEMS:
                self.elements.setdefault(_ITEMS, []).append(child)

    def _value(
        self, element: Element, attribute: str | None, text: str, binding: Binding, values: Values, *, collapse: bool
    ) -> None:
        field = binding.field
        if field is None:
            return
        if binding.name in values:
            self._complain(element, attribute, "stands here a second time", binding, field.kind)
            return
        values[binding.name] = None
        if field.kind is Kind.TEXT:
            values[binding.name] = " ".join(text.split()) if collapse else text
            return
        try:
            values[binding.name] = _read(text.strip(XML_SPACE), binding)
        except (ValueError, OverflowError, KeyError):
            self._complain(element, attribute, f"is {text[:80]!r}", binding, field.kind)

    def _complain(self, element: Element, attribute: str | None, found: str, binding: Binding, kind: Kind) -> None:
        path = self._names.path(element, attribute)
        wanted = ", ".join(binding.values.values()) if binding.values else str(kind)
        self.complaints.append(
            Complaint("unreadable", element.sourceline, path, f"{binding.name} {found}", wanted, binding.provenance)
        )


def _read(text: str, binding: Binding) -> Any:
    assert binding.field is not None
    if not binding.values:
        return READERS[binding.field.kind](text)
    for value, written in binding.values.items():
        if written == text:
            return binding.field.choice(value) if binding.field.choice is not None else value == "true"
    raise ValueError(text)


def _find(element: Element, node: Node, name: str) -> tuple[Element, str | None]:
    while True:
        for attribute, binding in node.attributes.items():
            if binding.name == name:
                return element, attribute
        for child in element:
            inner = node.child(str(child.tag), child.attrib)  # type: ignore[arg-type]
            if inner is not None and inner.group is None and name in inner.names:
                element, node = child, inner
                break
        else:
            return element, None
