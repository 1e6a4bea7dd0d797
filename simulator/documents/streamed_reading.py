"""Bytes to a document of any size: its records wait in a file until they are asked for."""

from __future__ import annotations

import os
import pickle
from array import array
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, overload

from lxml import etree

from simulator.documents import fields, parsing
from simulator.documents.bindings import Node
from simulator.documents.element_names import wrong_root
from simulator.documents.model import ChannelName, Document, Record
from simulator.documents.parsing import Element
from simulator.documents.reading import DocumentError, Reader, read_document

if TYPE_CHECKING:
    from simulator.documents.profile import ChannelProfile, Profile
    from simulator.documents.streaming import Pieces

_ITEMS = "records"
_BLOCK = 1024 * 1024


class SpooledRecords(Sequence[Record]):
    """Records in a file; equal to any other sequence of the same records."""

    def __init__(self, file: BinaryIO) -> None:
        """``file`` is empty, and stays open for as long as the records are needed."""
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
            return tuple(self[each] for each in range(*index.indices(len(self))))
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
        record: Record = pickle.loads(data)  # noqa: S301 - written a moment ago, into a file without a name
        return record


def read_streamed(pieces: Pieces, profile: Profile, spool: BinaryIO, channel: ChannelName | None = None) -> Document:
    """The document that ``read_document`` gives, with its records in ``spool``, an empty file.

    ``pieces`` gives the bytes; the document is good for as long as the file is open. Raises DocumentError.
    """
    plans = [each for each in profile.channels.values() if channel in (None, each.name)]
    paths = {each.root: each.tree.path_to(_ITEMS) for each in plans}
    if None in paths.values():  # this profile tells records by more than their names
        return read_document(b"".join(pieces()), profile, channel)
    reading = _Reading(profile, plans, {root: (root, *path) for root, path in paths.items() if path}, spool)
    try:
        for piece in pieces():
            reading.feed(piece)
        return reading.document()
    except parsing.ParsingError as error:
        raise DocumentError((error.complaint,)) from None
    except etree.XMLSyntaxError as error:
        raise DocumentError((parsing.syntax_complaint(error),)) from None


class _Reading:
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
            tag={each[-1] for each in paths.values()},
            **parsing.SAFE,
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
            raise DocumentError(tuple(each for each in (parsing.refusal(b""),) if each is not None))
        root = self._parser.close()
        plan = self._begin(root)
        reader = Reader(self._profile.names())
        values = reader.item(root, plan.tree, without=_ITEMS)
        root.clear()  # now, not when the parser's circle of references is found
        complaints = (*reader.complaints, *self._reader.complaints)
        if complaints:
            raise DocumentError(complaints)
        header = fields.header_from(values, len(self._records))
        return Document(plan.name, header, self._records)

    def _begin(self, root: Element) -> ChannelProfile:
        if self._plan is None:
            plan = next((each for each in self._plans if each.root == root.tag), None)
            if plan is None:
                roots = (each.root for each in self._plans)
                raise DocumentError((wrong_root(root, roots, self._profile.names(), self._profile.provenance),))
            self._plan, self._path = plan, self._paths[plan.root]
            nodes = (each for each in plan.tree.walk() if each.group is not None and each.group.name == _ITEMS)
            self._node = next(nodes)
        return self._plan

    def _is_record(self, element: Element) -> bool:
        parent = element.getparent()
        if parent is None:
            return False
        if parent is self._container:
            return element.tag == self._path[-1]
        self._begin(element.getroottree().getroot())
        above = (str(each.tag) for each in element.iterancestors())
        if (*reversed(list(above)), str(element.tag)) != self._path:
            return False
        self._container = parent
        return True

    def _take(self, element: Element) -> None:
        if self._plan is None or self._node is None:
            raise LookupError("a record was read before its document was known")
        values = self._reader.item(element, self._node)
        if not self._reader.complaints:
            self._records.append(fields.record_from(self._plan.name, values))
        # The empty element stays: the parser is still at it, and it keeps the places of those that follow.
        element.clear(keep_tail=True)
