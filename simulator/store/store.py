"""The store itself: opening, checking, and one transaction per call."""

from __future__ import annotations

import shutil
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sqlalchemy import Connection, Engine, RootTransaction, insert, inspect, select

from simulator.store.blobs import BlobFiles
from simulator.store.engine import WRITING, open_engine, sqlite_url
from simulator.store.errors import FAILED, StoreError, from_os_error
from simulator.store.incoming import Incoming, spool, sweep
from simulator.store.tables import SCHEMA_VERSION, facts, metadata
from simulator.store.unit import Unit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

DATABASE_FILE = "aldis.sqlite3"
BLOB_FOLDER = "blobs"
INCOMING_FOLDER = "incoming"
"""Where files are written before they become blobs: beside them, so that it takes no copy."""


class Store:
    """Everything that the simulator keeps. Safe to share between threads; units of several threads queue."""

    def __init__(self, engine: Engine, files: BlobFiles | None, scratch: Path | None, incoming: Path) -> None:
        """Use :meth:`open`."""
        self._engine = engine
        self._files = files
        self._scratch = scratch
        self._incoming = incoming
        # Threads of one process queue here: SQLite's own waiting sleeps, and is not fair.
        self._writer = threading.Lock()
        self._holder: int | None = None
        self._connection: Connection | None = None
        self._closed = False

    @classmethod
    def open(cls, directory: Path | None = None, *, url: str | None = None, max_bytes: int | None = None) -> Self:
        """Open a store, and make it when it is not there.

        With a directory, SQLite and the large blobs live in it; what is committed survives kill -9 and loss of power.
        With ``url``, records live in that database, and large blobs in the directory or, when none is given, there too.
        With neither, everything lives in a temporary directory and is gone at :meth:`close`.
        ``max_bytes`` bounds the SQLite database (large blobs apart): beyond it a call gets StorageFull, as from a full
        disk; the tests use it. Raises StoreError for what cannot be opened, and for a store of another version.
        """
        scratch = Path(tempfile.mkdtemp(prefix="aldis-store-")) if directory is None else None
        place = directory or (scratch if url is None else None)
        files = None
        try:
            if place is not None:
                files = BlobFiles(_make(place / BLOB_FOLDER), durable=scratch is None)
            incoming = _make((directory or scratch or Path()) / INCOMING_FOLDER)
            sweep(incoming)
            engine = open_engine(
                url or sqlite_url((place or Path()) / DATABASE_FILE), durable=place != scratch, max_bytes=max_bytes
            )
            store = cls(engine, files, scratch, incoming)
            store._prepare(place)
        except StoreError:
            if scratch is not None:
                shutil.rmtree(scratch, ignore_errors=True)
            raise
        return store

    @contextmanager
    def unit(self) -> Iterator[Unit]:
        """One write transaction: committed when the block ends, undone whole when it raises.

        Callbacks of :meth:`Unit.after_commit` run after the commit, in order, outside of the transaction. Raises
        StoreError when the store cannot be written, StorageFull when there is no room, and what a callback raises
        (once all have run).
        """
        with self._alone(), self._writing() as connection, connection.begin() as transaction:
            unit = Unit(connection, self._files, writing=True, begin=self.incoming)
            try:
                yield unit
                _ = unit.connection  # refuses when a statement failed and nobody let its error through
            except BaseException:
                # Before the rollback: once the database is free, another process may be storing the same blob.
                unit.discard_files()
                unit.undo()
                raise
            self._commit(transaction, unit)
        unit.call_back()

    @contextmanager
    def reading(self) -> Iterator[Unit]:
        """A consistent view of what is committed; it holds nobody up. Raises StoreError when it cannot be read."""
        with self._engine.connect() as connection:
            connection.info.pop(FAILED, None)
            with connection.begin() as transaction:
                yield Unit(connection, self._files, writing=False)
                transaction.rollback()

    def incoming(self) -> Incoming:
        """Begin a large blob outside of any unit; see :class:`Incoming`. Raises StoreError."""
        return Incoming(self._incoming, durable=self._files is not None and self._files.durable)

    def scratch(self) -> Incoming:
        """The same for bytes that only have to wait: they are not hashed, and cannot be adopted. Raises StoreError."""
        return Incoming(self._incoming, durable=False, kept=False)

    def spool(self) -> BinaryIO:
        """A file without a name, for bytes that have to wait; gone when it is closed. Raises StoreError."""
        return spool(self._incoming)

    def close(self) -> None:
        """Let go of the database; a temporary store is removed. A unit that is still open is undone."""
        self._closed = True
        if self._writer.acquire(blocking=False):  # or else the unit that is open lets go
            self._let_go()
            self._writer.release()
        self._engine.dispose()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        me = threading.get_ident()
        if self._holder == me:
            raise StoreError("this thread already has a unit open and would wait for itself; pass that unit on instead")
        with self._writer:
            self._holder = me
            try:
                yield
            finally:
                self._holder = None

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """The one connection that writes, kept between units: taking it from the pool takes as long as an insert.

        What failed on it may have spoilt it; the next unit then has another one.
        """
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(**{WRITING: True})
        self._connection.info.pop(FAILED, None)
        try:
            yield self._connection
        except BaseException:
            self._let_go()
            raise
        if self._closed:
            self._let_go()

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _commit(self, transaction: RootTransaction, unit: Unit) -> None:
        try:
            transaction.commit()
        except BaseException:
            # A server that is lost during the commit may have committed: then the files are its, and opening tells.
            if self._engine.dialect.name == "sqlite":
                unit.discard_files()
            unit.undo()
            raise

    def _prepare(self, place: Path | None) -> None:
        """Make or check the tables, and clean up after a process that was killed."""
        try:
            with self.unit() as unit:
                _check_version(unit)
                if self._files is not None:
                    self._files.clean(unit.connection)
        except OSError as error:
            raise from_os_error(error, f"opening the store in {place}") from error
        except StoreError as error:
            self._engine.dispose()
            raise type(error)(f"cannot open the store{f' in {place}' if place else ''}: {error}") from error


def _check_version(unit: Unit) -> None:
    found = set(inspect(unit.connection).get_table_names())
    if not found:
        metadata.create_all(unit.connection)
        unit.connection.execute(insert(facts), {"name": "schema", "value": SCHEMA_VERSION})
        return
    if facts.name not in found:
        raise StoreError("its database belongs to something else; give an empty directory or database")
    version = unit.connection.scalar(select(facts.c.value).where(facts.c.name == "schema"))
    if version != SCHEMA_VERSION:
        raise StoreError(
            "it was written by another version of the simulator "
            f"(store schema {version}, this one reads {SCHEMA_VERSION}); "
            "use the version that wrote it, or start with an empty directory"
        )


def _make(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot make the directory {folder}: {error.strerror}; give one that can be written"
        ) from error
    return folder
