"""Blobs, named by their SHA-256: small ones in a table, large ones as files that are safe on disk before the commit."""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from simulator.store.errors import StoreError, from_os_error
from simulator.store.incoming import PIECE, FileBlob, Incoming, OpenBlob, PiecedBlob, WholeBlob
from simulator.store.prepared import Prepared
from simulator.store.schema import blob_pieces, blobs

if TYPE_CHECKING:
    from pathlib import Path

LARGE = 256 * 1024
"""Blobs of more bytes than this become files if the store has a directory."""

_REFERENCE = re.compile(r"[0-9a-f]{64}")
_UNFINISHED = ".part"

# Built once: building a statement takes longer than running it.
_SIZE = select(blobs.c.size).where(blobs.c.sha256 == bindparam("reference"))
_BYTES = select(blobs.c.size, blobs.c.data).where(blobs.c.sha256 == bindparam("reference"))
_INSERT = insert(blobs)
_PUT = Prepared(
    {
        "sqlite": sqlite.insert(blobs).on_conflict_do_nothing(),
        "postgresql": postgresql.insert(blobs).on_conflict_do_nothing(),
    }
)
_INSERT_PIECE = insert(blob_pieces)
_PIECES = (
    select(blob_pieces.c.data).where(blob_pieces.c.sha256 == bindparam("reference")).order_by(blob_pieces.c.number)
)


class BlobFiles:
    """The directory of large blobs, with files ``<first two digits>/<sha256>``."""

    def __init__(self, directory: Path, *, durable: bool) -> None:
        self._directory = directory
        self.durable = durable

    def path(self, reference: str) -> Path:
        """Return the path of a blob's file."""
        return self._directory / reference[:2] / reference

    def write(self, reference: str, data: bytes) -> Path:
        """Write the file of a blob, whole or not at all, and return its path.

        Raises StoreError, and StorageFull when there is no room.
        """
        path = self.path(reference)
        unfinished = path.with_name(path.name + _UNFINISHED)
        try:
            self._make(path.parent)
            with unfinished.open("wb") as file:
                file.write(data)
                file.flush()
                if self.durable:
                    os.fsync(file.fileno())
            unfinished.replace(path)
            self._sync(path.parent)
        except OSError as error:
            with suppress(OSError):  # report the first error, not that of cleaning up
                unfinished.unlink()
            raise from_os_error(error, f"writing a blob of {len(data)} bytes to {path}") from error
        return path

    def adopt(self, incoming: Incoming) -> Path:
        """Move a finished file to its place among the blobs and return that; raises StoreError."""
        path = self.path(incoming.reference)
        try:
            self._make(path.parent)
            # A link, not a move: the caller may have to adopt the file again in another transaction.
            path.unlink(missing_ok=True)
            path.hardlink_to(incoming.path)
            self._sync(path.parent)
        except OSError as error:
            raise from_os_error(error, f"storing a blob of {incoming.size} bytes as {path}") from error
        return path

    def clean(self, connection: Connection) -> int:
        """Remove files without a committed row, left by a process that was killed; returns their number.

        Call it inside a write transaction: then no other process is between writing its file and its commit.
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
        if not self.durable:
            return
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def put(connection: Connection, files: BlobFiles | None, data: bytes) -> tuple[str, Path | None]:
    """Store bytes in the transaction; returns their reference and the new file, None when none was written."""
    reference = hashlib.sha256(data).hexdigest()
    if files is None or len(data) <= LARGE:
        _PUT.run(connection, {"sha256": reference, "size": len(data), "data": data})
        return reference, None
    if connection.execute(_SIZE, {"reference": reference}).scalar() is not None:
        return reference, None
    written = files.write(reference, data)
    connection.execute(_INSERT, {"sha256": reference, "size": len(data), "data": None})
    return reference, written


def adopt(connection: Connection, files: BlobFiles | None, incoming: Incoming) -> tuple[str, Path | None]:
    """Store a finished file in the transaction; returns its reference and the new file of the blob, if any."""
    if incoming.size <= LARGE:
        return put(connection, files, b"".join(incoming.pieces()))
    reference = incoming.reference
    if connection.execute(_SIZE, {"reference": reference}).scalar() is not None:
        return reference, None
    written = files.adopt(incoming) if files is not None else None
    connection.execute(_INSERT, {"sha256": reference, "size": incoming.size, "data": None})
    if files is None:
        for number, data in enumerate(incoming.pieces()):
            connection.execute(_INSERT_PIECE, {"sha256": reference, "number": number, "data": data})
    return reference, written


def get(connection: Connection, files: BlobFiles | None, reference: str) -> bytes:
    """Return the bytes of a blob; raises KeyError when there is none, StoreError when its file is damaged."""
    blob = open_blob(connection, files, reference)
    if isinstance(blob, PiecedBlob):  # its own connection would not see pieces that are not committed yet
        return b"".join(bytes(piece) for piece in connection.scalars(_PIECES, {"reference": reference}))
    return b"".join(blob.pieces())


def open_blob(connection: Connection, files: BlobFiles | None, reference: str) -> OpenBlob:
    """Return a blob to be read in pieces; raises KeyError when there is none, StoreError when its file is damaged."""
    row = None
    if _REFERENCE.fullmatch(reference):
        row = connection.execute(_BYTES, {"reference": reference}).one_or_none()
    if row is None:
        raise KeyError(reference)
    if row.data is not None:
        return WholeBlob(bytes(row.data))
    if files is not None and files.path(reference).exists():
        return FileBlob(files.path(reference), row.size)
    first = connection.execute(_PIECES.limit(1), {"reference": reference}).scalar()
    if first is not None:
        if row.size <= PIECE:
            return WholeBlob(bytes(first))
        return PiecedBlob(connection.engine, reference, row.size)
    if files is None:
        raise StoreError(f"blob {reference} stands in a file; open the store with its directory, too")
    return FileBlob(files.path(reference), row.size)  # raises StoreError: the file is missing
