"""Decisions as bytes: all of a document is made of blocks of them, and a zero always means the smallest outcome."""

from __future__ import annotations

from collections.abc import Callable
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
