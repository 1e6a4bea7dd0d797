"""A large document as many small ones: the same document each time, with some of its records only.

What stands before a part's records stands in each of its slices, what stands after them in its last. So a
transformation that treats each record by itself can be done slice by slice, with a few hundred records in memory.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from lxml import etree

from simulator.dit.transformation import unusable
from simulator.documents.parsing import Element

if TYPE_CHECKING:
    from simulator.dit.model import Repeated

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
        for each in complete:
            container.append(each)
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
