"""Part of a large request, in a file: looked at through small windows, never whole in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

PIECE = 256 * 1024
"""Bytes that are held in memory at a time."""


@dataclass(frozen=True, slots=True)
class Window:
    """The bytes of a file from ``start`` to before ``end``. One thread at a time may look through a file's windows."""

    file: BinaryIO
    start: int
    end: int

    @classmethod
    def whole(cls, file: BinaryIO) -> Window:
        """All of a file."""
        return cls(file, 0, file.seek(0, 2))

    @property
    def size(self) -> int:
        """Bytes."""
        return self.end - self.start

    def read(self, start: int, end: int) -> bytes:
        """Some bytes; both places count from the window's start, and what lies outside of it is left out."""
        first = self.start + max(start, 0)
        self.file.seek(first)
        wanted = max(min(self.start + end, self.end) - first, 0)
        parts = []
        while wanted and (part := self.file.read(wanted)):
            parts.append(part)
            wanted -= len(part)
        return b"".join(parts)

    def all(self) -> bytes:
        """All bytes, in memory: for windows that are known to be small."""
        return self.read(0, self.size)

    def pieces(self, start: int = 0) -> Iterator[bytes]:
        """The bytes from a place on, a piece at a time."""
        for position in range(start, self.size, PIECE):
            yield self.read(position, position + PIECE)

    def part(self, start: int, end: int | None = None) -> Window:
        """A window inside this one."""
        return Window(self.file, self.start + start, self.start + end if end is not None else self.end)

    def find(self, wanted: bytes, start: int = 0) -> int:
        """Return the position at which some bytes begin, -1 when they do not occur."""
        kept = b""
        for position in range(start, self.size, PIECE):
            data = kept + self.read(position, position + PIECE)
            found = data.find(wanted)
            if found >= 0:
                return position - len(kept) + found
            kept = data[-(len(wanted) - 1) :] if len(wanted) > 1 else b""
        return -1
