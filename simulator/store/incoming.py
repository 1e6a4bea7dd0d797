"""Large blobs on their way in and out: written as they arrive, read as they leave, never whole in memory."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, Protocol, Self, cast

from sqlalchemy import bindparam, select

from simulator.store.errors import StoreError, from_os_error
from simulator.store.schema import blob_pieces

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

PIECE = 256 * 1024
"""Bytes that are held in memory at a time."""

_PIECE = select(blob_pieces.c.data).where(
    blob_pieces.c.sha256 == bindparam("reference"), blob_pieces.c.number == bindparam("number")
)


class Incoming:
    """A blob being written beside the store. It becomes part of it by :meth:`Transaction.adopt`; close it in any case.

    Its bytes are hashed as they come, and on disk once :meth:`finish` has returned: outside of any transaction, so that
    nobody waits for a large file.
    """

    def __init__(self, folder: Path, *, durable: bool, kept: bool = True) -> None:
        """Begin one in a folder; one that is not ``kept`` has no reference. Raises StoreError."""
        self.path = folder / f"{os.getpid()}-{uuid.uuid4().hex}"
        self.size = 0
        self._durable = durable
        self._hash = hashlib.sha256() if kept else None
        self._reference: str | None = None
        try:
            self._file = self.path.open("xb", buffering=0)
        except OSError as error:
            raise from_os_error(error, f"writing {self.path}") from error

    def write(self, data: bytes) -> None:
        """Add bytes; raises StoreError, and StorageFull when there is no room."""
        if self._hash is not None:
            self._hash.update(data)
        self.size += len(data)
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            raise from_os_error(error, f"writing {self.path}") from error

    def finish(self) -> None:
        """Have everything on disk, under its reference; raises StoreError."""
        if not self._file.closed:
            try:
                if self._durable:
                    os.fsync(self._file.fileno())
                self._file.close()
            except OSError as error:
                raise from_os_error(error, f"writing {self.path}") from error
            if self._hash is not None:
                self._reference = self._hash.hexdigest()

    @property
    def reference(self) -> str:
        """The blob's reference once it is finished."""
        if self._reference is None:
            what = "is still being written; finish it first" if self._hash is not None else "was not to be kept"
            raise StoreError(f"{self.path} {what}")
        return self._reference

    def pieces(self) -> Iterator[bytes]:
        """The bytes again, from the start, once it is finished; raises StoreError."""
        try:
            with self.path.open("rb", buffering=0) as file:
                yield from _read(file)
        except OSError as error:
            raise from_os_error(error, f"reading {self.path}") from error

    def close(self) -> None:
        """Remove the file; what was adopted stays in the store."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class OpenBlob(Protocol):
    """A blob to be read piece by piece, also after its transaction has ended."""

    @property
    def size(self) -> int:
        """Its bytes."""
        ...

    def pieces(self) -> Iterator[bytes]:
        """Its bytes from the start; raises StoreError when they are gone."""
        ...


class WholeBlob:
    """A small blob, in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size(self) -> int:
        """Its bytes."""
        return len(self._data)

    def pieces(self) -> Iterator[bytes]:
        """All at once."""
        yield self._data


class FileBlob:
    """A blob in a file."""

    def __init__(self, path: Path, size: int) -> None:
        """Raises StoreError when the file is gone or does not have ``size`` bytes."""
        self.size = size
        self._path = path
        try:
            found = path.stat().st_size
        except OSError as error:
            raise from_os_error(error, f"reading blob {path}") from error
        if found != size:
            raise StoreError(f"{path} has {found} bytes where {size} were stored; put a sound copy back")

    def pieces(self) -> Iterator[bytes]:
        """Its bytes from the start; raises StoreError."""
        try:
            with self._path.open("rb", buffering=0) as file:
                yield from _read(file)
        except OSError as error:
            raise from_os_error(error, f"reading blob {self._path}") from error


class PiecedBlob:
    """A blob that a database keeps in pieces; each is fetched when it is its turn."""

    def __init__(self, engine: Engine, reference: str, size: int) -> None:
        self.size = size
        self._engine = engine
        self._reference = reference

    def pieces(self) -> Iterator[bytes]:
        """Its bytes from the start; raises StoreError when it was purged meanwhile."""
        for number in range(-(-self.size // PIECE)):
            with self._engine.connect() as connection:
                data = connection.execute(_PIECE, {"reference": self._reference, "number": number}).scalar()
            if data is None:
                raise StoreError(f"blob {self._reference} was removed while it was being read")
            yield bytes(data)


def spool(folder: Path) -> BinaryIO:
    """A file without a name in a folder: gone when it is closed, or its process killed. Raises StoreError."""
    try:
        return cast("BinaryIO", tempfile.TemporaryFile(dir=folder, buffering=0))
    except OSError as error:
        raise from_os_error(error, f"making a file in {folder}") from error


def sweep(folder: Path) -> None:
    """Remove what processes that are no more have left in a folder of incoming blobs."""
    for path in folder.glob("*-*"):
        process = path.name.partition("-")[0]
        if process.isdigit() and not _alive(int(process)):
            path.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    with suppress(PermissionError):  # somebody else's process: alive
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
    return True


def _read(file: io.RawIOBase | io.FileIO) -> Iterator[bytes]:
    while data := file.read(PIECE):
        yield data
