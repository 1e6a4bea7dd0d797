"""The store: opens a database and its large blobs, and gives one transaction for each call.

``archive_add`` and the functions below it keep append-only records of other packages: an owner, a kind, a key that is
unique within both, and a JSON body.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import Connection, Engine, RootTransaction, func, insert, inspect, select

from simulator.store import blobs
from simulator.store.blobs import BlobFiles
from simulator.store.engine import WRITING, open_engine, sqlite_url
from simulator.store.errors import FAILED, StoreError, from_os_error
from simulator.store.incoming import Incoming, spool, sweep
from simulator.store.schema import SCHEMA_VERSION, archive, facts, metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from typing import BinaryIO

    from simulator.store.incoming import OpenBlob


class Transaction:
    """A transaction: its connection, its blobs, and callbacks for its end.

    Begin one with :meth:`Store.transaction` (to write) or :meth:`Store.reading`. All changes of a transaction are
    committed together, or none is.
    """

    def __init__(
        self,
        connection: Connection,
        files: blobs.BlobFiles | None,
        *,
        writing: bool,
        begin: Callable[[], Incoming] | None = None,
    ) -> None:
        self._connection = connection
        self._info = connection.info
        self._files = files
        self._writing = writing
        self._begin = begin
        self._new_files: list[Path] = []
        self._callbacks: list[Callable[[], object]] = []
        self._undo: list[Callable[[], object]] = []
        self._fresh: dict[str, bytes] = {}
        self.known: dict[str, Any] = {}
        """Cache of values that only this transaction can change while it lasts."""

    @property
    def connection(self) -> Connection:
        """The SQLAlchemy connection of this transaction; raises StoreError after a statement has failed.

        A failed statement may have ended the transaction in the database; later statements would be committed alone.
        """
        if self._info.get(FAILED):
            raise StoreError(
                "a statement of this transaction failed, so nothing more can be done in it; begin a new one"
            )
        return self._connection

    def put_blob(self, data: bytes) -> str:
        """Store bytes and return their reference (SHA-256 in hex). They are durable once the transaction commits.

        Raises StoreError, and StorageFull when there is no room.
        """
        self._require_writing()
        reference = self._keep(lambda: blobs.put(self.connection, self._files, data))
        if len(data) <= blobs.LARGE:
            self._fresh[reference] = data
        return reference

    def incoming(self) -> Incoming:
        """Begin a large blob, to be adopted when it is written. The caller closes it. Raises StoreError."""
        self._require_writing()
        if self._begin is None:
            raise StoreError("this transaction has no place for large blobs")
        return self._begin()

    def adopt(self, incoming: Incoming) -> str:
        """Store a finished file as a blob and return its reference. It is durable once the transaction commits.

        The caller closes the file, and can adopt it again after a rollback of this transaction. Raises StoreError, and
        StorageFull when there is no room.
        """
        self._require_writing()
        return self._keep(lambda: blobs.adopt(self.connection, self._files, incoming))

    def blob(self, reference: str) -> bytes:
        """Return the bytes of a blob; raises KeyError when there is no such blob."""
        fresh = self._fresh.get(reference)
        return fresh if fresh is not None else blobs.get(self.connection, self._files, reference)

    def open_blob(self, reference: str) -> OpenBlob:
        """Return a blob to be read in pieces, also after the transaction; raises KeyError when there is none."""
        return blobs.open_blob(self.connection, self._files, reference)

    def after_commit(self, callback: Callable[[], object]) -> None:
        """Register a callback for after the commit, when others can write again. A rollback does not call it."""
        self._require_writing()
        self._callbacks.append(callback)

    def after_rollback(self, callback: Callable[[], object]) -> None:
        """Register a callback for a rollback; it is called before another transaction can begin.

        Use it for state in memory that changes together with the store. The callback must not raise or use the store.
        """
        self._require_writing()
        self._undo.append(callback)

    def _keep(self, put: Callable[[], tuple[str, Path | None]]) -> str:
        try:
            reference, new_file = put()
        except StoreError:
            self._info[FAILED] = True
            raise
        if new_file is not None:
            self._new_files.append(new_file)
        return reference

    def _require_writing(self) -> None:
        if not self._writing:
            raise StoreError(
                "this transaction is for reading only; open one with store.transaction() to change anything"
            )

    def discard_files(self) -> None:
        """Remove the files of the blobs of this transaction, before its rollback. Called by the store."""
        for path in self._new_files:
            path.unlink(missing_ok=True)

    def undo(self) -> None:
        """Call the callbacks of :meth:`after_rollback`, the last one first. Called by the store."""
        for callback in reversed(self._undo):
            callback()

    def call_back(self) -> None:
        """Call all callbacks of :meth:`after_commit`, then raise the errors that they raised. Called by the store."""
        raised: list[Exception] = []
        for callback in self._callbacks:
            try:
                callback()
            except Exception as error:  # noqa: BLE001 - raised below, after the other callbacks
                raised.append(error)
        if len(raised) == 1:
            raise raised[0]
        if raised:
            raise ExceptionGroup("several callbacks failed after the commit", raised)


DATABASE_FILE = "aldis.sqlite3"
BLOB_FOLDER = "blobs"
INCOMING_FOLDER = "incoming"
"""Folder of files that are to become blobs. It is beside the blobs, so that adopting one needs no copy."""


class Store:
    """The data of a simulator. Safe to share between threads; write transactions of several threads queue."""

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
        """Open a store, or create it.

        With a directory, it has the SQLite database and the large blobs; committed data survives kill -9 and a loss of
        power. With ``url``, the records are in that database, and large blobs in the directory or, without one, in the
        database too. With neither, everything is in a temporary directory, which :meth:`close` removes. ``max_bytes``
        limits the SQLite database without large blobs, for tests: beyond it a call gets StorageFull, as from a full
        disk. Raises StoreError for a store that cannot be opened or is of another version.
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
    def transaction(self) -> Iterator[Transaction]:
        """Run a block in a write transaction, which is committed at the end of the block or undone when it raises.

        Callbacks of :meth:`Transaction.after_commit` run after the commit, in order, outside of the transaction. Raises
        StoreError when the store cannot be written, StorageFull when there is no room, and the errors of callbacks,
        after all of them have run.
        """
        with self._alone(), self._writing() as connection, connection.begin() as root:
            transaction = Transaction(connection, self._files, writing=True, begin=self.incoming)
            try:
                yield transaction
                _ = transaction.connection  # raises when a statement failed and the caller ignored its error
            except BaseException:
                # Before the rollback: once the database is free, another process may be storing the same blob.
                transaction.discard_files()
                transaction.undo()
                raise
            self._commit(root, transaction)
        transaction.call_back()

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Run a block with a consistent view of the committed data. It blocks no other call. Raises StoreError."""
        with self._engine.connect() as connection:
            connection.info.pop(FAILED, None)
            with connection.begin() as root:
                yield Transaction(connection, self._files, writing=False)
                root.rollback()

    def incoming(self) -> Incoming:
        """Begin a large blob outside of any transaction; see :class:`Incoming`. Raises StoreError."""
        return Incoming(self._incoming, durable=self._files is not None and self._files.durable)

    def scratch(self) -> Incoming:
        """Begin a temporary file, not hashed and never adopted; the caller closes it. Raises StoreError."""
        return Incoming(self._incoming, durable=False, kept=False)

    def spool(self) -> BinaryIO:
        """Return a temporary file without a name; it is gone when it is closed. Raises StoreError."""
        return spool(self._incoming)

    def close(self) -> None:
        """Close the database and remove a temporary store. A transaction that is still open is undone."""
        self._closed = True
        if self._writer.acquire(blocking=False):  # otherwise the open transaction disconnects when it ends
            self._disconnect()
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
        thread = threading.get_ident()
        if self._holder == thread:
            raise StoreError(
                "this thread already has a transaction open and would wait for itself; pass that transaction on instead"
            )
        with self._writer:
            self._holder = thread
            try:
                yield
            finally:
                self._holder = None

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """The one connection that writes. It stays open: taking one from the pool takes as long as an insert.

        After an error it is closed, because it may be unusable; the next transaction opens another one.
        """
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(**{WRITING: True})
        self._connection.info.pop(FAILED, None)
        try:
            yield self._connection
        except BaseException:
            self._disconnect()
            raise
        if self._closed:
            self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _commit(self, root: RootTransaction, transaction: Transaction) -> None:
        try:
            root.commit()
        except BaseException:
            # A server that was lost during the commit may have committed: then its records need the files.
            if self._engine.dialect.name == "sqlite":
                transaction.discard_files()
            transaction.undo()
            raise

    def _prepare(self, place: Path | None) -> None:
        """Create or check the tables, and clean up after a process that was killed."""
        try:
            with self.transaction() as transaction:
                _check_version(transaction)
                if self._files is not None:
                    self._files.clean(transaction.connection)
        except OSError as error:
            raise from_os_error(error, f"opening the store in {place}") from error
        except StoreError as error:
            self._engine.dispose()
            raise type(error)(f"cannot open the store{f' in {place}' if place else ''}: {error}") from error


def _check_version(transaction: Transaction) -> None:
    tables = set(inspect(transaction.connection).get_table_names())
    if not tables:
        metadata.create_all(transaction.connection)
        transaction.connection.execute(insert(facts), {"name": "schema", "value": SCHEMA_VERSION})
        return
    if facts.name not in tables:
        raise StoreError("its database belongs to something else; give an empty directory or database")
    version = transaction.connection.scalar(select(facts.c.value).where(facts.c.name == "schema"))
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


@dataclass(frozen=True, slots=True)
class ArchiveRow:
    """A record. ``number`` grows in order of commit, ``at`` is simulated time, ``blob`` is the reference of a blob."""

    number: int
    owner: str
    kind: str
    key: str
    at: datetime
    body: Any
    blob: str | None = None


def archive_add(
    transaction: Transaction,
    *,
    owner: str,
    kind: str,
    key: str,
    at: datetime,
    body: Any = None,
    blob: str | None = None,
) -> bool:
    """Add a record. Returns False, and changes nothing, when the owner already has one of that kind and key.

    ``body`` is any JSON value; ``blob`` a reference from ``transaction.put_blob``.
    """
    if archive_row(transaction, owner, kind, key) is not None:
        return False
    row = {
        "number": archive_end(transaction) + 1,
        "owner": owner,
        "kind": kind,
        "key": key,
        "at": at,
        "body": body,
        "blob": blob,
    }
    transaction.connection.execute(insert(archive), row)
    return True


def archive_row(transaction: Transaction, owner: str, kind: str, key: str) -> ArchiveRow | None:
    """Return the record of a key, None when there is none."""
    statement = select(archive).where(archive.c.owner == owner, archive.c.kind == kind, archive.c.key == key)
    row = transaction.connection.execute(statement).one_or_none()
    return None if row is None else ArchiveRow(*row)


def archive_rows(
    transaction: Transaction, owner: str, kind: str | None = None, *, after: int = 0
) -> Iterator[ArchiveRow]:
    """Yield an owner's records with a number above ``after``, of one kind or of all, in the order of their numbers."""
    statement = select(archive).where(archive.c.owner == owner, archive.c.number > after).order_by(archive.c.number)
    if kind is not None:
        statement = statement.where(archive.c.kind == kind)
    for row in transaction.connection.execute(statement):
        yield ArchiveRow(*row)


def archive_end(transaction: Transaction) -> int:
    """Return the number of the last record of any owner, 0 when there is none."""
    return transaction.connection.scalar(select(func.max(archive.c.number))) or 0
