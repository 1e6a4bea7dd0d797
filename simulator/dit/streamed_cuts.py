"""The cuts of a large message: made slice by slice, all of them in one reading, each into a file of the store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from lxml import etree

from simulator.dit.bounded import transformer
from simulator.dit.slicing import AT_ONCE, slices
from simulator.dit.transformation import SECONDS, LargeCut, StylesheetError, not_one_document, transformed, unusable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from simulator.dit.bounded import Transformer
    from simulator.dit.model import ChannelVersion, Repeated, Transformation
    from simulator.documents.streaming import Pieces
    from simulator.store.incoming import Incoming

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
        wanted = [each for each in makers if each.wants(part)]
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
