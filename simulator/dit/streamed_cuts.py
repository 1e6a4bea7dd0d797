"""The cuts of a large message: made slice by slice, all of them in one reading, each into a file of the store.

A large document as many small ones: the same document each time, with some of its records only.

What stands before a part's records stands in each of its slices, what stands after them in its last. So a
transformation that treats each record by itself can be done slice by slice, with a few hundred records in memory.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from lxml import etree

from simulator.dit.xslt import SECONDS, LargeCut, StylesheetError, not_one_document, transformed, unusable
from simulator.dit.xslt_process import transformer
from simulator.documents.parsing import Element

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from simulator.dit.model import ChannelVersion, Repeated, Transformation
    from simulator.dit.xslt_process import Transformer
    from simulator.documents.catalogue import Pieces
    from simulator.store.incoming import Incoming


AT_ONCE = 500
"""Records of a slice, at least; what one piece of the document's bytes holds comes on top."""


def slices(pieces: Iterable[bytes], repeated: Repeated, at_once: int = AT_ONCE) -> Iterator[tuple[int, Element]]:
    """The document elements of a document's slices, each in a tree of its own, with the number of the slice's part.

    ``pieces`` are its bytes in any division. Raises etree.XMLSyntaxError when they are not well-formed, Refused when
    they carry a DTD.
    """
    slicer = _Slicer(repeated)
    for data in pieces:
        slicer.feed(data)
        yield from slicer.finished()
        yield from slicer.ready(at_once)
    slicer.close()
    yield from slicer.finished()


class _Slicer:
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
        root.clear()  # now, not when the parser's circle of references is found

    def finished(self) -> Iterator[tuple[int, Element]]:
        done, self._done = self._done, []
        yield from done

    def ready(self, at_once: int) -> Iterator[tuple[int, Element]]:
        """A slice of the part in hand, once there are enough records. The last one stays: the parser is still at it."""
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
        """The part is complete: its last slice is all that is left of it."""
        root = _without(copy.deepcopy(part.getroottree().getroot()), self._part_path)
        _descend(root, len(self._part_path) - 1).append(copy.deepcopy(part))
        self._done.append((self._number, root))
        part.clear(keep_tail=True)
        self._part, self._skeleton, self._records = None, None, []

    def _outline(self, first: Element) -> Element:
        """The document with this part alone, up to its first record."""
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
    """So many levels down, each time into the last child: the one that the parser is at."""
    element = root
    for _ in range(levels - 1):
        element = element[-1]
    return element


def _path(element: Element) -> tuple[str, ...]:
    """The names of an element's ancestors and its own, from the document element down."""
    above = (str(ancestor.tag) for ancestor in element.iterancestors())
    return (*reversed(list(above)), str(element.tag))


_MARKED = b"<?cut here?>"  # a value never holds it: its < is escaped


def cut_in_slices(
    pieces: Pieces,
    versions: Iterable[ChannelVersion],
    root: Path,
    begin: Callable[[], Incoming],
    *,
    at_once: int = AT_ONCE,
    seconds: float = SECONDS,
) -> dict[str, LargeCut]:
    """The cuts of a document for the sub-versions that get one, by URN.

    ``pieces`` gives the document, ``root`` is the folder of stylesheets, ``begin`` begins a file, ``at_once`` is how
    many records a slice has, ``seconds`` the most wall time for one slice.
    The caller closes the cuts. Raises Refused like ``Cutter``, StylesheetError when a stylesheet does not treat each
    record by itself.
    """
    makers = [
        _Maker(version, version.transformation, version.transformation.repeated, root, begin, seconds)
        for version in versions
        if version.transformation is not None and version.transformation.repeated is not None
    ]
    try:
        with transformer() as process:
            for repeated in dict.fromkeys(maker.repeated for maker in makers):
                _cut_alike([maker for maker in makers if maker.repeated == repeated], pieces(), at_once, process)
        return {maker.version.urn: cut for maker in makers if (cut := maker.finish()) is not None}
    except BaseException as error:
        for maker in makers:
            maker.close()
        if isinstance(error, etree.XMLSyntaxError):
            raise unusable(f"is not well-formed XML: {error}") from error
        raise


def _cut_alike(makers: Sequence[_Maker], pieces: Iterable[bytes], at_once: int, process: Transformer) -> None:
    """Go through a document once for sub-versions whose records stand in the same place.

    The process transforms one slice while the next one is read: it is a process of its own, after all.
    """

    def transform(part: int, document: bytes) -> None:
        wanted = [maker for maker in makers if maker.wants(part)]
        if wanted:
            process.take(document)
        for maker in wanted:
            maker.take(part, process)

    with ThreadPoolExecutor(1, "transformation") as beside:
        before: Future[None] | None = None
        for part, document in slices(pieces, makers[0].repeated, at_once):
            data = etree.tostring(document, encoding="UTF-8")
            if before is not None:
                before.result()
            before = beside.submit(transform, part, data)
        if before is not None:
            before.result()


class _Maker:
    """A sub-version's cut in the making: its head from the first slice, the records of all, its tail from the last."""

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
        self._nothing: int | None = None
        self._element = ""
        self._head: bytes | None = None
        self._between = b""
        self._tail = b""
        self._empty: bytes | None = None

    def wants(self, part: int) -> bool:
        """Return True when another slice of a part can have a result."""
        return part != self._nothing

    def take(self, part: int, process: Transformer) -> None:
        """Transform the slice that a process has, of a part, and add what comes of it."""
        made = transformed(
            self._root, self.version, self._transformation, process, self._seconds, records=self.repeated.result
        )
        if made is None:
            self._nothing = part  # so that its other slices give nothing, either
            return
        if self._part not in (None, part):
            raise not_one_document(self.version, self._transformation, "it gives more than one document")
        self._part = part
        self._element = made.element
        self._add(made.data, marked=made.marked)

    def finish(self) -> LargeCut | None:
        """The cut; None when the stylesheet gave nothing."""
        if self._head is None and self._empty is not None:
            self._write(self._empty)
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
            self._empty = data
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
            # What stood behind the last record of the slice before stands between two records.
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
