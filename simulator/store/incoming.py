"""Large blobs, written and read in pieces so that they are never in memory as a whole."""

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
"""Length of a piece in bytes."""

_PIECE = select(blob_pieces.c.data).where(
    blob_pieces.c.sha256 == bindparam("reference"), blob_pieces.c.number == bindparam("number")
)


class Incoming:
    """A blob that is written to a file beside the store. :meth:`Transaction.adopt` makes it part of the store.

    The bytes are hashed as they are written, and safe on disk once :meth:`finish` has returned. This happens outside of
    any transaction, so that no other call waits for a large file. The owner closes it in any case.
    """

    def __init__(self, folder: Path, *, durable: bool, kept: bool = True) -> None:
        """Create the file in a folder. Without ``kept`` it is not hashed and has no reference. Raises StoreError."""
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
        """Append bytes; raises StoreError, and StorageFull when there is no room."""
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
        """Write everything to disk and determine the reference; raises StoreError."""
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
        """The reference of the finished blob; raises StoreError when it has none."""
        if self._reference is None:
            reason = "is still being written; finish it first" if self._hash is not None else "was not to be kept"
            raise StoreError(f"{self.path} {reason}")
        return self._reference

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes of the finished blob from the start; raises StoreError."""
        try:
            with self.path.open("rb", buffering=0) as file:
                yield from _read(file)
        except OSError as error:
            raise from_os_error(error, f"reading {self.path}") from error

    def close(self) -> None:
        """Remove the file; an adopted blob stays in the store."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class OpenBlob(Protocol):
    """A blob to be read in pieces, also after its transaction has ended."""

    @property
    def size(self) -> int:
        """Length of the blob in bytes."""
        ...

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes from the start; raises StoreError when the blob was removed."""
        ...


class WholeBlob:
    """A small blob, in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size(self) -> int:
        """Length of the blob in bytes."""
        return len(self._data)

    def pieces(self) -> Iterator[bytes]:
        """Yield all bytes as one piece."""
        yield self._data


class FileBlob:
    """A blob in a file."""

    def __init__(self, path: Path, size: int) -> None:
        """Check the file; raises StoreError when it is missing or does not have ``size`` bytes."""
        self.size = size
        self._path = path
        try:
            actual = path.stat().st_size
        except OSError as error:
            raise from_os_error(error, f"reading blob {path}") from error
        if actual != size:
            raise StoreError(f"{path} has {actual} bytes where {size} were stored; put a sound copy back")

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes from the start; raises StoreError."""
        try:
            with self._path.open("rb", buffering=0) as file:
                yield from _read(file)
        except OSError as error:
            raise from_os_error(error, f"reading blob {self._path}") from error


class PiecedBlob:
    """A blob that a database stores in pieces, which are read one after the other."""

    def __init__(self, engine: Engine, reference: str, size: int) -> None:
        self.size = size
        self._engine = engine
        self._reference = reference

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes from the start; raises StoreError when the blob was purged meanwhile."""
        for number in range(-(-self.size // PIECE)):
            with self._engine.connect() as connection:
                data = connection.execute(_PIECE, {"reference": self._reference, "number": number}).scalar()
            if data is None:
                raise StoreError(f"blob {self._reference} was removed while it was being read")
            yield bytes(data)


def spool(folder: Path) -> BinaryIO:
    """Return a file without a name in a folder. It is gone when it is closed or its process ends. Raises StoreError."""
    try:
        return cast("BinaryIO", tempfile.TemporaryFile(dir=folder, buffering=0))
    except OSError as error:
        raise from_os_error(error, f"making a file in {folder}") from error


def sweep(folder: Path) -> None:
    """Remove the files of processes that have ended from a folder of incoming blobs."""
    for path in folder.glob("*-*"):
        process = path.name.partition("-")[0]
        if process.isdigit() and not _alive(int(process)):
            path.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    with suppress(PermissionError):  # a running process of another user
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
    return True


def _read(file: io.RawIOBase | io.FileIO) -> Iterator[bytes]:
    while data := file.read(PIECE):
        yield data
