"""Decisions as bytes: all of a document is made of blocks of them, and a zero always means the smallest outcome."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from hypothesis import strategies as st

MOST_BYTES = 3900  # of one document: below half of what Hypothesis takes for one example; what comes after is smallest
_OVERHEAD = 2  # bytes that Hypothesis counts for a draw itself
_CHUNK = 24


class Source(Protocol):
    """Where blocks come from."""

    def block(self, size: int) -> Block:
        """A block with room for about ``size`` decisions; it grows when more are made."""


class Block:
    """Decisions that belong together: those of one element."""

    __slots__ = ("_at", "_data", "_more")

    def __init__(self, data: bytes, more: Callable[[int], bytes]) -> None:
        self._data = data
        self._at = 0
        self._more = more

    def octet(self) -> int:
        """One byte."""
        at = self._at
        if at >= len(self._data):
            self._data = self._more(_CHUNK)
            self._at = at = 0
            if not self._data:
                return 0
        self._at = at + 1
        return self._data[at]

    def take(self, count: int) -> bytes:
        """So many bytes."""
        end = self._at + count
        if end > len(self._data):
            rest = self._data[self._at :]
            data = rest + self._more(max(_CHUNK, count - len(rest)))
            self._data = data + bytes(max(0, count - len(data)))
            self._at, end = 0, count
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def number(self, octets: int) -> int:
        """A number of this many bytes."""
        value = 0
        for _ in range(octets):
            value = value << 8 | self.octet()
        return value

    def index(self, count: int) -> int:
        """One of ``count`` outcomes, all about as likely."""
        if count <= 1:
            return 0
        if count <= 128:
            return self.octet() * count >> 8
        return self.number(2 if count <= 8192 else 4) % count


class Drawn:
    """Blocks that Hypothesis draws, as many bytes as one document may have."""

    def __init__(self, draw: Callable[[st.SearchStrategy[bytes]], bytes], most: int = MOST_BYTES) -> None:
        self._draw = draw
        self._left = most

    def block(self, size: int) -> Block:
        """A block with room for about ``size`` decisions."""
        return Block(self._bytes(size) if size else b"", self._bytes)

    def _bytes(self, size: int) -> bytes:
        size = min(size, self._left - _OVERHEAD)
        if size <= 0:
            return b""
        self._left -= size + _OVERHEAD
        return self._draw(_octets(size))


class Smallest:
    """Blocks of zeros."""

    def block(self, size: int) -> Block:
        """A block of zeros."""
        del size
        return Block(b"", _none)


def _none(size: int) -> bytes:
    del size
    return b""


_STRATEGIES: dict[int, st.SearchStrategy[bytes]] = {}


def _octets(size: int) -> st.SearchStrategy[bytes]:
    found = _STRATEGIES.get(size)
    if found is None:
        found = _STRATEGIES[size] = st.binary(min_size=size, max_size=size)
    return found


class Values(Protocol):
    """The texts of a simple type, the simplest first."""

    @property
    def octets(self) -> int:
        """About how many decisions one text takes."""

    def make(self, block: Block) -> str:
        """One text; zeros make the simplest."""

    def all(self) -> Iterator[str]:
        """Every text once, as far as generation goes, the simplest first."""


class Picks:
    """One of a few texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = tuple(texts)
        self.octets = 0 if len(texts) == 1 else 1 if len(texts) <= 128 else 2

    def make(self, block: Block) -> str:
        """One of them."""
        return self._texts[block.index(len(self._texts))]

    def all(self) -> Iterator[str]:
        """All of them."""
        return iter(self._texts)


class Mixed:
    """A text of one of several makers."""

    def __init__(self, makers: Sequence[Values]) -> None:
        self._makers = tuple(makers)
        self.octets = 1 + max(each.octets for each in makers)

    def make(self, block: Block) -> str:
        """A text of one of them; zeros take the first."""
        return self._makers[block.index(len(self._makers))].make(block)

    def all(self) -> Iterator[str]:
        """The texts of all, in turn."""
        seen: set[str] = set()
        ended = object()
        for row in itertools.zip_longest(*(each.all() for each in self._makers), fillvalue=ended):
            for text in row:
                if isinstance(text, str) and text not in seen:
                    seen.add(text)
                    yield text


class Listed:
    """Texts of one maker parted by spaces, from ``least`` to ``most`` of them."""

    def __init__(self, item: Values, least: int, most: int | None) -> None:
        self._item = item
        self._least = least
        self._spread = 4 if most is None else min(most - least, 20)
        self.octets = 1 + min(12, least + self._spread) * item.octets

    def make(self, block: Block) -> str:
        """A list; zeros make the shortest."""
        count = self._least + block.index(self._spread + 1)
        return " ".join(self._item.make(block) for _ in range(count))

    def all(self) -> Iterator[str]:
        """Lists of every length, all of one item but the last."""
        for count in range(self._least, self._least + self._spread + 1):
            if count == 0:
                yield ""
                continue
            first = next(iter(self._item.all()))
            for last in self._item.all():
                yield " ".join([*[first] * (count - 1), last])
