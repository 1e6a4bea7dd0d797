"""Blobs, named by their SHA-256: small ones in a table, large ones as files that are safe on disk before the commit."""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, insert, select

from simulator.store.errors import StoreError, from_os_error
from simulator.store.tables import blobs

if TYPE_CHECKING:
    from pathlib import Path

LARGE = 256 * 1024
"""Blobs of more bytes than this become files, where there is a directory for them."""

_REFERENCE = re.compile(r"[0-9a-f]{64}")
_UNFINISHED = ".part"

# Built once: building a statement takes longer than running it.
_SIZE = select(blobs.c.size).where(blobs.c.sha256 == bindparam("reference"))
_BYTES = select(blobs.c.size, blobs.c.data).where(blobs.c.sha256 == bindparam("reference"))
_INSERT = insert(blobs)


class BlobFiles:
    """The directory of large blobs: ``<first two digits>/<sha256>``."""

    def __init__(self, directory: Path, *, durable: bool) -> None:
        self._directory = directory
        self._durable = durable

    def path(self, reference: str) -> Path:
        """Where the file of a blob stands."""
        return self._directory / reference[:2] / reference

    def write(self, reference: str, data: bytes) -> Path:
        """Write a blob's file whole or not at all, and return it.

        Raises StoreError, and StorageFull when there is no room.
        """
        path = self.path(reference)
        unfinished = path.with_name(path.name + _UNFINISHED)
        try:
            self._make(path.parent)
            with unfinished.open("wb") as file:
                file.write(data)
                file.flush()
                if self._durable:
                    os.fsync(file.fileno())
            unfinished.replace(path)
            self._sync(path.parent)
        except OSError as error:
            with suppress(OSError):  # the error that counts is the one above
                unfinished.unlink()
            raise from_os_error(error, f"writing a blob of {len(data)} bytes to {path}") from error
        return path

    def read(self, reference: str) -> bytes:
        """The bytes of a blob's file; raises StoreError when it is gone or cannot be read."""
        try:
            return self.path(reference).read_bytes()
        except OSError as error:
            raise from_os_error(error, f"reading blob {self.path(reference)}") from error

    def clean(self, connection: Connection) -> int:
        """Remove files that no committed row names, left by a process that was killed; returns how many.

        To be called inside a write transaction: no other process can then be between its file and its commit.
        """
        kept = set(connection.scalars(select(blobs.c.sha256).where(blobs.c.data.is_(None))))
        removed = 0
        for path in self._directory.glob("??/*"):
            if path.name not in kept:
                path.unlink(missing_ok=True)
                removed += 1
        return removed

    def _make(self, folder: Path) -> None:
        if not folder.exists():
            folder.mkdir(parents=True, exist_ok=True)
            self._sync(folder.parent)

    def _sync(self, folder: Path) -> None:
        if not self._durable:
            return
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def put(connection: Connection, files: BlobFiles | None, data: bytes) -> tuple[str, Path | None]:
    """Keep bytes within the transaction; returns their reference, and the file that was made for them, if any."""
    reference = hashlib.sha256(data).hexdigest()
    if connection.execute(_SIZE, {"reference": reference}).scalar() is not None:
        return reference, None
    written = None
    in_file = files is not None and len(data) > LARGE
    if files is not None and in_file:
        written = files.write(reference, data)
    connection.execute(_INSERT, {"sha256": reference, "size": len(data), "data": None if in_file else data})
    return reference, written


def get(connection: Connection, files: BlobFiles | None, reference: str) -> bytes:
    """The bytes behind a reference; raises KeyError when there are none, StoreError when their file is damaged."""
    row = None
    if _REFERENCE.fullmatch(reference):
        row = connection.execute(_BYTES, {"reference": reference}).one_or_none()
    if row is None:
        raise KeyError(reference)
    if row.data is not None:
        return bytes(row.data)
    if files is None:
        raise StoreError(f"blob {reference} stands in a file; open the store with its directory, too")
    data = files.read(reference)
    if len(data) != row.size:
        raise StoreError(
            f"{files.path(reference)} has {len(data)} bytes where {row.size} were stored; put a sound copy back"
        )
    return data
