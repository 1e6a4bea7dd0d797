"""Reading of documents from XML by the profile's paths.

``read_document`` reads a document into memory, ``read_located`` also keeps the elements that it was read from, and
``read_streamed`` reads one of any size, with its records in a file.
"""

from __future__ import annotations

import os
import pickle
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, overload

from lxml import etree

from simulator.documents import fields, parsing
from simulator.documents.bindings import Binding, Node
from simulator.documents.element_names import Names, wrong_root
from simulator.documents.fields import RECORDS, Values, document_from, report_from
from simulator.documents.parsing import Complaint, Element, Pieces, Tree
from simulator.documents.profile import ChannelProfile, Profile
from simulator.documents.values import READERS, XML_SPACE, Kind
from simulator.domain.model import ChannelName, Document, ErrorReport, Record

_BLOCK = 1024 * 1024  # bytes of pickled records that are written or read at a time
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


class DocumentError(Exception):
    """Raised for bytes that are no document of the profile; ``complaints`` say what is wrong and where."""

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        self.complaints = complaints
        first = complaints[0]
        more = f" (and {len(complaints) - 1} more)" if len(complaints) > 1 else ""
        super().__init__(f"line {first.line}, {first.path}: {first.found}; expected {first.expected}{more}")


@dataclass(frozen=True, slots=True)
class Located:
    """A document and the elements that it was read from.

    ``plan`` is the profile's tree of the document; ``records`` has the element of each record.
    """

    document: Document
    tree: Tree
    plan: Node
    records: tuple[Element, ...]

    def find(self, record: int | None, name: str, member: int | None = None) -> tuple[Element, str | None]:
        """Return the element, and its attribute if any, that holds a field.

        ``record`` is the index of a record, None for the header. ``name`` is the field's name; with ``member``, the
        index of an item in a group, it is ``group.field``. For an absent field, returns the nearest element above it.
        """
        if record is None:
            return _find(self.tree.getroot(), self.plan, name)
        node = _node_of_group(self.plan, RECORDS)
        element = self.records[record]
        if member is None:
            return _find(element, node, name)
        group, _, field = name.partition(".")
        inner = _node_of_group(node, group)
        items = list(node.items(element, group))
        return _find(items[member], inner, field) if member < len(items) else (element, None)


def read_document(data: bytes, profile: Profile, channel: ChannelName | None = None) -> Document:
    """Read a document of a channel, by default the channel of its document element.

    The schema is not checked (``validation.validate`` does that). Raises DocumentError for bytes that are not XML or
    not a document of the profile, and for fields that are missing or cannot be read.
    """
    return read_located(parse_document(data), profile, channel).document


def parse_document(data: bytes) -> Tree:
    """Return the XML tree of a document; raises DocumentError."""
    try:
        return parsing.parse(data)
    except parsing.ParsingError as error:
        raise DocumentError((error.complaint,)) from None


def read_located(tree: Tree, profile: Profile, channel: ChannelName | None = None) -> Located:
    """Read a parsed document, and return it with its elements; raises DocumentError."""
    root = tree.getroot()
    plan = profile.channel_of_root(str(root.tag)) if channel is None else profile.channel(channel)
    if plan is None or plan.root != root.tag:
        wanted = [profile.channel(channel)] if channel is not None else list(profile.channels.values())
        expected = (channel_profile.root for channel_profile in wanted)
        raise DocumentError((wrong_root(root, expected, profile.names(), profile.provenance),))
    reader = Reader(profile.names())
    values = reader.item(root, plan.tree)
    if reader.complaints:
        raise DocumentError(tuple(reader.complaints))
    return Located(document_from(plan.name, values), tree, plan.tree, tuple(reader.record_elements))


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
    """Reads elements by the nodes of a profile; collects ``complaints`` and the elements of the records."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self.complaints: list[Complaint] = []
        self.record_elements: list[Element] = []

    def item(self, element: Element, node: Node, *, without: str | None = None) -> Values:
        """Return the values of one item: the document (except the group ``without``), a record, an item of a group."""
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
            if inner.group.name == RECORDS:
                self.record_elements.append(child)

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


def _node_of_group(tree: Node, name: str) -> Node:
    return next(node for node in tree.walk() if node.group is not None and node.group.name == name)


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


class SpooledRecords(Sequence[Record]):
    """A sequence of records that is kept in a file; equal to any other sequence of the same records."""

    def __init__(self, file: BinaryIO) -> None:
        """Use ``file``, which must be empty and stay open for as long as the records are needed."""
        self._file = file
        self._ends = array("Q", (0,))
        self._waiting = bytearray()
        self._written = 0

    def append(self, record: Record) -> None:
        """Add a record at the end."""
        self._waiting += pickle.dumps(record, pickle.HIGHEST_PROTOCOL)
        self._ends.append(self._written + len(self._waiting))
        if len(self._waiting) >= _BLOCK:
            self._flush()

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Record, ...]: ...
    def __getitem__(self, index: int | slice) -> Record | tuple[Record, ...]:
        if isinstance(index, slice):
            return tuple(self[number] for number in range(*index.indices(len(self))))
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(index)
        self._flush()
        return self._load(self._read(self._ends[place], self._ends[place + 1]))

    def __iter__(self) -> Iterator[Record]:
        self._flush()
        block, start = b"", 0
        for place in range(len(self)):
            first, end = self._ends[place], self._ends[place + 1]
            if end > start + len(block):
                block, start = self._read(first, max(end, min(first + _BLOCK, self._written))), first
            yield self._load(block[first - start : end - start])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(self) != len(other):
            return False
        return all(one == another for one, another in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def _flush(self) -> None:
        if self._waiting:
            self._file.seek(0, os.SEEK_END)
            view = memoryview(bytes(self._waiting))
            while view:
                view = view[self._file.write(view) :]
            self._file.flush()
            self._written += len(self._waiting)
            self._waiting.clear()

    def _read(self, start: int, end: int) -> bytes:
        return os.pread(self._file.fileno(), end - start, start)

    @staticmethod
    def _load(data: bytes) -> Record:
        record: Record = pickle.loads(data)  # noqa: S301 - written by this process, into a file without a name
        return record


def read_streamed(pieces: Pieces, profile: Profile, spool: BinaryIO, channel: ChannelName | None = None) -> Document:
    """Read a document of any size: the document that ``read_document`` returns, with its records in ``spool``.

    ``spool`` is an empty file that must stay open for as long as the document is used. Raises DocumentError.
    """
    plans = [plan for plan in profile.channels.values() if channel in (None, plan.name)]
    paths = {plan.root: plan.tree.path_to(RECORDS) for plan in plans}
    if None in paths.values():  # names alone do not identify the records of this profile
        return read_document(b"".join(pieces()), profile, channel)
    reader = _StreamReader(profile, plans, {root: (root, *path) for root, path in paths.items() if path}, spool)
    try:
        for piece in pieces():
            reader.feed(piece)
        return reader.document()
    except parsing.ParsingError as error:
        raise DocumentError((error.complaint,)) from None
    except etree.XMLSyntaxError as error:
        raise DocumentError((parsing.syntax_complaint(error),)) from None


class _StreamReader:
    """Reads a document piece by piece: each record is stored once its element is complete, and the element emptied."""

    def __init__(
        self, profile: Profile, plans: list[ChannelProfile], paths: dict[str, tuple[str, ...]], spool: BinaryIO
    ) -> None:
        self._profile = profile
        self._plans = plans
        self._paths = paths
        self._reader = Reader(profile.names())
        self._records = SpooledRecords(spool)
        self._begun = False
        self._plan: ChannelProfile | None = None
        self._path: tuple[str, ...] = ()
        self._node: Node | None = None
        self._container: Element | None = None
        self._parser: Any = etree.XMLPullParser(
            ("end",),
            tag={path[-1] for path in paths.values()},
            **parsing.SAFE_OPTIONS,
        )

    def feed(self, piece: bytes) -> None:
        if not self._begun and piece:
            refused = parsing.refusal(piece)
            if refused is not None:
                raise parsing.ParsingError(refused)
            self._begun = True
        self._parser.feed(piece)
        for _, element in self._parser.read_events():
            if self._is_record(element):
                self._take(element)

    def document(self) -> Document:
        if not self._begun:
            raise DocumentError(tuple(complaint for complaint in (parsing.refusal(b""),) if complaint is not None))
        root = self._parser.close()
        plan = self._begin(root)
        reader = Reader(self._profile.names())
        values = reader.item(root, plan.tree, without=RECORDS)
        root.clear()  # frees the tree now: the parser's reference cycle would keep it until a garbage collection
        complaints = (*reader.complaints, *self._reader.complaints)
        if complaints:
            raise DocumentError(complaints)
        header = fields.header_from(values, len(self._records))
        return Document(plan.name, header, self._records)

    def _begin(self, root: Element) -> ChannelProfile:
        if self._plan is None:
            plan = next((plan for plan in self._plans if plan.root == root.tag), None)
            if plan is None:
                roots = (plan.root for plan in self._plans)
                raise DocumentError((wrong_root(root, roots, self._profile.names(), self._profile.provenance),))
            self._plan, self._path = plan, self._paths[plan.root]
            self._node = _node_of_group(plan.tree, RECORDS)
        return self._plan

    def _is_record(self, element: Element) -> bool:
        parent = element.getparent()
        if parent is None:
            return False
        if parent is self._container:
            return element.tag == self._path[-1]
        self._begin(element.getroottree().getroot())
        above = [str(ancestor.tag) for ancestor in element.iterancestors()]
        if (*reversed(above), str(element.tag)) != self._path:
            return False
        self._container = parent
        return True

    def _take(self, element: Element) -> None:
        if self._plan is None or self._node is None:
            raise LookupError("a record was read before its document was known")
        values = self._reader.item(element, self._node)
        if not self._reader.complaints:
            self._records.append(fields.record_from(self._plan.name, values))
        # The empty element stays in the tree: the parser still uses it, and positions of later elements count it.
        element.clear(keep_tail=True)
