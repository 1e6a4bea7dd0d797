"""The last part of what a program wrote: enough to say why it failed, never enough to fill the memory."""

from __future__ import annotations

import threading
from collections import deque
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_LARGEST_COPY = 16 * 1024 * 1024  # bytes


class Tail:
    """Keeps about the last ``most`` bytes given to it, and a ``copy`` of the first 16 MiB in a file.

    Safe to use from several threads. When the file cannot be written, the kept text says so.
    """

    def __init__(self, most: int = 64 * 1024, *, copy: Path | None = None) -> None:
        self._most = most
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._dropped = False
        self._lock = threading.Lock()
        self._path = copy
        self._copy: IO[bytes] | None = None

    def add(self, chunk: bytes) -> None:
        """Append bytes; the oldest are forgotten once there are too many."""
        with self._lock:
            self._keep(chunk)
            try:
                self._write_copy(chunk)
            except OSError as reason:
                self._keep(f"[no copy is kept in {self._path}: {reason.strerror}]\n".encode())
                self._path = None

    def _keep(self, chunk: bytes) -> None:
        kept = chunk[-self._most :]
        self._dropped = self._dropped or len(kept) < len(chunk)
        self._chunks.append(kept)
        self._size += len(kept)
        while self._size - len(self._chunks[0]) >= self._most:
            self._size -= len(self._chunks.popleft())
            self._dropped = True

    def _write_copy(self, chunk: bytes) -> None:
        if self._path is None:
            return
        if self._copy is None:
            self._copy = self._path.open("ab")
        if self._copy.tell() < _LARGEST_COPY:
            self._copy.write(chunk)
            self._copy.flush()

    def text(self) -> str:
        """All that is kept, as text; a first line says so when earlier text was dropped."""
        with self._lock:
            kept = b"".join(self._chunks).decode("utf-8", errors="replace")
            return f"[earlier output dropped]\n{kept}" if self._dropped else kept

    def last_lines(self, count: int = 5) -> str:
        """The last lines, joined by `` | ``; empty when nothing was written."""
        lines = [line.strip() for line in self.text().splitlines() if line.strip()]
        return " | ".join(lines[-count:])

    def close(self) -> None:
        """Close the file; what is kept can still be read."""
        with self._lock:
            if self._copy:
                self._copy.close()
            self._copy = self._path = None
