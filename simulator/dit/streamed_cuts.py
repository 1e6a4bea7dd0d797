"""The cuts of a large message: made slice by slice in one pass, each written to a temporary file of the store.

A slice is the document with a few hundred of its records. Everything before the records of a part is in each of its
slices; everything after them is in the part's last slice. So a transformation that treats each record by itself gives,
slice by slice, the same bytes as for the whole document.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from lxml import etree

from simulator.dit.xslt import DEFAULT_SECONDS, LargeCut, StylesheetError, not_one_document, transformed, unusable
from simulator.dit.xslt_process import transformer
from simulator.documents.parsing import Element

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from simulator.dit.model import ChannelVersion, Repeated, Transformation
    from simulator.dit.xslt_process import Transformer
    from simulator.documents.parsing import Pieces
    from simulator.store.incoming import Incoming


MIN_SLICE_RECORDS = 500
"""The minimum of records in a slice; it also has those that are complete in the same piece of bytes."""

_MARKED = b"<?cut here?>"  # never part of a value, where < is escaped


def slices(
    pieces: Iterable[bytes], repeated: Repeated, at_once: int = MIN_SLICE_RECORDS
) -> Iterator[tuple[int, Element]]:
    """Yield the slices of a document: the number of the slice's part, and the document element of a separate tree.

    ``pieces`` are the document's bytes, divided in any way. Raises etree.XMLSyntaxError when they are not well-formed,
    Refused when they have a DTD.
    """
    slicer = _Slicer(repeated)
    for data in pieces:
        slicer.feed(data)
        yield from slicer.finished()
        yield from slicer.ready(at_once)
    slicer.close()
    yield from slicer.finished()


class _Slicer:
    """Reads a document as a stream and collects the records of one part at a time."""

    def __init__(self, repeated: Repeated) -> None:
        self._part_path = repeated.part
        self._record_path = (*repeated.part, *repeated.record)
        tags = {self._part_path[-1], self._record_path[-1]}
        self._parser: Any = etree.XMLPullParser(
            ("start", "end"), tag=tags, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True
        )
        self._checked = False
        self._part: Element | None = None
        self._skeleton: Element | None = None
        self._records: list[Element] = []
        self._number = 0
        self._done: list[tuple[int, Element]] = []

    def feed(self, data: bytes) -> None:
        self._parser.feed(data)
        self._read()

    def close(self) -> None:
        root = self._parser.close()
        self._read()
        _refuse_dtd(root)
        root.clear()  # frees the tree now, not when the garbage collector finds the parser's cycle

    def finished(self) -> Iterator[tuple[int, Element]]:
        done, self._done = self._done, []
        yield from done

    def ready(self, at_once: int) -> Iterator[tuple[int, Element]]:
        """Yield a slice of the current part when it has enough records, without the one that the parser still uses."""
        if len(self._records) <= at_once:
            return
        *complete, last = self._records
        root = copy.deepcopy(self._outline(complete[0]))
        container = _descend(root, len(self._record_path) - 1)
        for element in complete:
            container.append(element)
        self._records = [last]
        yield self._number, root

    def _read(self) -> None:
        for event, element in self._parser.read_events():
            if not self._checked:
                _refuse_dtd(element)
                self._checked = True
            if event == "start":
                if self._part is None and element.tag == self._part_path[-1] and _path(element) == self._part_path:
                    self._part = element
                    self._number += 1
            elif self._part is not None and element is self._part:
                self._finish(self._part)
            elif self._part is not None and element.tag == self._record_path[-1] and self._is_record(element):
                self._records.append(element)

    def _is_record(self, element: Element) -> bool:
        if self._records:
            return element.getparent() is self._records[-1].getparent()
        return _path(element) == self._record_path

    def _finish(self, part: Element) -> None:
        """Make the last slice of a complete part from its remaining records."""
        root = _without(copy.deepcopy(part.getroottree().getroot()), self._part_path)
        _descend(root, len(self._part_path) - 1).append(copy.deepcopy(part))
        self._done.append((self._number, root))
        part.clear(keep_tail=True)
        self._part, self._skeleton, self._records = None, None, []

    def _outline(self, first: Element) -> Element:
        """Return the document with the current part only, up to its first record."""
        if self._skeleton is None:
            root = copy.deepcopy(first.getroottree().getroot())
            position = len(list(first.itersiblings(preceding=True)))
            for child in list(_descend(root, len(self._part_path) - 1))[:-1]:
                if child.tag == self._part_path[-1]:
                    _remove(child)
            container = _descend(root, len(self._record_path) - 1)
            del container[position:]
            self._skeleton = root
        return self._skeleton


def _refuse_dtd(element: Element) -> None:
    if element.getroottree().docinfo.internalDTD is not None:
        raise unusable("carries a document type declaration")


def _without(root: Element, part: tuple[str, ...]) -> Element:
    for child in list(_descend(root, len(part) - 1)):
        if child.tag == part[-1]:
            _remove(child)
    return root


def _remove(child: Element) -> None:
    parent = child.getparent()
    if parent is not None:
        parent.remove(child)


def _descend(root: Element, levels: int) -> Element:
    """Return the element on a level (``root`` is on level 1) that is reached by each time taking the last child."""
    element = root
    for _ in range(levels - 1):
        element = element[-1]
    return element


def _path(element: Element) -> tuple[str, ...]:
    """Return the Clark names from the document element down to an element."""
    above = (str(ancestor.tag) for ancestor in element.iterancestors())
    return (*reversed(list(above)), str(element.tag))


def cut_in_slices(
    pieces: Pieces,
    versions: Iterable[ChannelVersion],
    root: Path,
    begin: Callable[[], Incoming],
    *,
    at_once: int = MIN_SLICE_RECORDS,
    seconds: float = DEFAULT_SECONDS,
) -> dict[str, LargeCut]:
    """Return the cuts of a document by version URN, without those that are empty. The caller closes them.

    ``pieces`` gives the document's bytes. The paths of stylesheets are relative to ``root``; ``begin`` opens a
    temporary file; ``at_once`` is the minimum of records in a slice; ``seconds`` is the longest wall time for one
    slice. Raises Refused like :class:`simulator.dit.xslt.Cutter`, and StylesheetError when a stylesheet does not treat
    each record by itself.
    """
    writers = [
        _CutWriter(version, version.transformation, version.transformation.repeated, root, begin, seconds)
        for version in versions
        if version.transformation is not None and version.transformation.repeated is not None
    ]
    try:
        with transformer() as process:
            for repeated in dict.fromkeys(writer.repeated for writer in writers):
                _cut_alike([writer for writer in writers if writer.repeated == repeated], pieces(), at_once, process)
        return {writer.version.urn: cut for writer in writers if (cut := writer.finish()) is not None}
    except BaseException as error:
        for writer in writers:
            writer.close()
        if isinstance(error, etree.XMLSyntaxError):
            raise unusable(f"is not well-formed XML: {error}") from error
        raise


def _cut_alike(writers: Sequence[_CutWriter], pieces: Iterable[bytes], at_once: int, process: Transformer) -> None:
    """Read a document once for sub-versions with the same paths of records.

    The process transforms one slice while this one reads the next.
    """

    def transform(part: int, document: bytes) -> None:
        wanting = [writer for writer in writers if writer.wants(part)]
        if wanting:
            process.take(document)
        for writer in wanting:
            writer.take(part, process)

    with ThreadPoolExecutor(1, "transformation") as executor:
        previous: Future[None] | None = None
        for part, document in slices(pieces, writers[0].repeated, at_once):
            data = etree.tostring(document, encoding="UTF-8")
            if previous is not None:
                previous.result()
            previous = executor.submit(transform, part, data)
        if previous is not None:
            previous.result()


class _CutWriter:
    """Writes the cut for one sub-version: the head of the first slice, the records of all, the tail of the last."""

    def __init__(
        self,
        version: ChannelVersion,
        transformation: Transformation,
        repeated: Repeated,
        root: Path,
        begin: Callable[[], Incoming],
        seconds: float,
    ) -> None:
        self.version = version
        self.repeated = repeated
        self._transformation = transformation
        self._root = root
        self._begin = begin
        self._seconds = seconds
        self._incoming: Incoming | None = None
        self._part: int | None = None
        self._empty_part: int | None = None
        self._element = ""
        self._head: bytes | None = None
        self._between = b""
        self._tail = b""
        self._without_records: bytes | None = None

    def wants(self, part: int) -> bool:
        """Return False when the output for a part is empty."""
        return part != self._empty_part

    def take(self, part: int, process: Transformer) -> None:
        """Transform the slice of a part that the process holds, and write the output; raises Refused."""
        output = transformed(
            self._root, self.version, self._transformation, process, self._seconds, records=self.repeated.result
        )
        if output is None:
            self._empty_part = part  # then the output for the part's other slices is empty, too
            return
        if self._part not in (None, part):
            raise not_one_document(self.version, self._transformation, "it gives more than one document")
        self._part = part
        self._element = output.element
        self._add(output.data, marked=output.marked)

    def finish(self) -> LargeCut | None:
        """Write the tail and return the cut; None when the output was empty for all slices."""
        if self._head is None and self._without_records is not None:
            self._write(self._without_records)
        self._write(self._tail)
        if self._incoming is None:
            return None
        self._incoming.finish()
        return LargeCut(self._incoming, self._element)

    def close(self) -> None:
        if self._incoming is not None:
            self._incoming.close()

    def _add(self, data: bytes, *, marked: bool) -> None:
        if not marked:
            self._without_records = data
            return
        head, records, tail = data.split(_MARKED)
        if self._head is None:
            self._head = head
            self._write(head)
        elif head != self._head:
            raise StylesheetError(
                f"the stylesheet {self._transformation.stylesheet} makes another beginning of {self.version.urn} for"
                " other records, so it cannot be used slice by slice; configure its version without repeated records"
            )
        else:
            # The space after the last record of the previous slice is now between two records.
            self._write(self._between)
        self._between = _space(tail)
        self._tail = tail
        self._write(records)

    def _write(self, data: bytes) -> None:
        if not data:
            return
        if self._incoming is None:
            self._incoming = self._begin()
        self._incoming.write(data)


def _space(tail: bytes) -> bytes:
    return tail[: len(tail) - len(tail.lstrip())]
