"""The store itself: opening, checking, and one transaction per call.

One transaction of the store, as its users see it.

Append-only records of other rooms: an owner, a kind, a key that is unique within them, and a JSON body.
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
    """One transaction: its connection, its blobs, and what is to be done once it is committed.

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
        """What was looked up in this transaction and cannot change within it but by its own doing."""

    @property
    def connection(self) -> Connection:
        """The SQLAlchemy connection inside this transaction; raises StoreError after a statement has failed.

        A failed statement may have ended the transaction in the database: what came after it would stand alone.
        """
        if self._info.get(FAILED):
            raise StoreError(
                "a statement of this transaction failed, so nothing more can be done in it; begin a new one"
            )
        return self._connection

    def put_blob(self, data: bytes) -> str:
        """Keep bytes and return their reference (SHA-256, hex); durable when the transaction commits.

        Raises StoreError, and StorageFull when there is no room.
        """
        self._require_writing()
        reference = self._keep(lambda: blobs.put(self.connection, self._files, data))
        if len(data) <= blobs.LARGE:
            self._fresh[reference] = data
        return reference

    def incoming(self) -> Incoming:
        """Begin a large blob that is to be adopted; close it in any case. Raises StoreError."""
        self._require_writing()
        if self._begin is None:
            raise StoreError("this transaction has no place for large blobs")
        return self._begin()

    def adopt(self, incoming: Incoming) -> str:
        """Keep a finished file as a blob and return its reference; durable when the transaction commits.

        The file stays the caller's to close, so that it can be adopted again when this transaction is undone. Raises
        StoreError, and StorageFull when there is no room.
        """
        self._require_writing()
        return self._keep(lambda: blobs.adopt(self.connection, self._files, incoming))

    def blob(self, reference: str) -> bytes:
        """The bytes behind a reference; raises KeyError when there are none."""
        fresh = self._fresh.get(reference)
        return fresh if fresh is not None else blobs.get(self.connection, self._files, reference)

    def open_blob(self, reference: str) -> OpenBlob:
        """A blob to be read piece by piece, also after the transaction; raises KeyError when there is none."""
        return blobs.open_blob(self.connection, self._files, reference)

    def after_commit(self, callback: Callable[[], object]) -> None:
        """Call something after the commit, when others may write again; never when the transaction is undone."""
        self._require_writing()
        self._callbacks.append(callback)

    def after_rollback(self, callback: Callable[[], object]) -> None:
        """Call something when this transaction is undone, before another one can begin.

        For state in memory that changes together with the store. The callback must neither raise nor use the store.
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
        """For the store: remove the files of blobs that this transaction put, because it will not be committed."""
        for path in self._new_files:
            path.unlink(missing_ok=True)

    def undo(self) -> None:
        """For the store: call what was registered by :meth:`after_rollback`, last first."""
        for callback in reversed(self._undo):
            callback()

    def call_back(self) -> None:
        """For the store: call what is to be called after the commit, all of it, then raise what was raised."""
        raised: list[Exception] = []
        for callback in self._callbacks:
            try:
                callback()
            except Exception as error:  # noqa: BLE001 - not hidden: raised below, once the others have been called
                raised.append(error)
        if len(raised) == 1:
            raise raised[0]
        if raised:
            raise ExceptionGroup("several callbacks failed after the commit", raised)


DATABASE_FILE = "aldis.sqlite3"
BLOB_FOLDER = "blobs"
INCOMING_FOLDER = "incoming"
"""Where files are written before they become blobs: beside them, so that it takes no copy."""


class Store:
    """Everything that the simulator keeps. Safe to share between threads; transactions of several threads queue."""

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
    def transaction(self) -> Iterator[Transaction]:
        """One write transaction: committed when the block ends, undone whole when it raises.

        Callbacks of :meth:`Transaction.after_commit` run after the commit, in order, outside of the transaction. Raises
        StoreError when the store cannot be written, StorageFull when there is no room, and what a callback raises
        (once all have run).
        """
        with self._alone(), self._writing() as connection, connection.begin() as root:
            transaction = Transaction(connection, self._files, writing=True, begin=self.incoming)
            try:
                yield transaction
                _ = transaction.connection  # refuses when a statement failed and nobody let its error through
            except BaseException:
                # Before the rollback: once the database is free, another process may be storing the same blob.
                transaction.discard_files()
                transaction.undo()
                raise
            self._commit(root, transaction)
        transaction.call_back()

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A consistent view of what is committed; it holds nobody up. Raises StoreError when it cannot be read."""
        with self._engine.connect() as connection:
            connection.info.pop(FAILED, None)
            with connection.begin() as root:
                yield Transaction(connection, self._files, writing=False)
                root.rollback()

    def incoming(self) -> Incoming:
        """Begin a large blob outside of any transaction; see :class:`Incoming`. Raises StoreError."""
        return Incoming(self._incoming, durable=self._files is not None and self._files.durable)

    def scratch(self) -> Incoming:
        """The same for bytes that only have to wait: they are not hashed, and cannot be adopted. Raises StoreError."""
        return Incoming(self._incoming, durable=False, kept=False)

    def spool(self) -> BinaryIO:
        """A file without a name, for bytes that have to wait; gone when it is closed. Raises StoreError."""
        return spool(self._incoming)

    def close(self) -> None:
        """Let go of the database; a temporary store is removed. A transaction that is still open is undone."""
        self._closed = True
        if self._writer.acquire(blocking=False):  # or else the transaction that is open lets go
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
            raise StoreError(
                "this thread already has a transaction open and would wait for itself; pass that transaction on instead"
            )
        with self._writer:
            self._holder = me
            try:
                yield
            finally:
                self._holder = None

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """The one connection that writes. It stays open: taking one from the pool takes as long as an insert.

        What failed on it may have spoilt it; the next transaction then has another one.
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

    def _commit(self, root: RootTransaction, transaction: Transaction) -> None:
        try:
            root.commit()
        except BaseException:
            # A server that is lost during the commit may have committed: then the files are its, and opening tells.
            if self._engine.dialect.name == "sqlite":
                transaction.discard_files()
            transaction.undo()
            raise

    def _prepare(self, place: Path | None) -> None:
        """Make or check the tables, and clean up after a process that was killed."""
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
    found = set(inspect(transaction.connection).get_table_names())
    if not found:
        metadata.create_all(transaction.connection)
        transaction.connection.execute(insert(facts), {"name": "schema", "value": SCHEMA_VERSION})
        return
    if facts.name not in found:
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
    """One record; ``number`` grows in order of commit, ``at`` is simulated time, ``blob`` names bytes of the store."""

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
    """Add a record; False, and nothing changed, when its owner already has that key of that kind.

    ``body`` is any JSON value; ``blob`` a reference that ``transaction.put_blob`` gave.
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
    """The one record under a key."""
    statement = select(archive).where(archive.c.owner == owner, archive.c.kind == kind, archive.c.key == key)
    row = transaction.connection.execute(statement).one_or_none()
    return None if row is None else ArchiveRow(*row)


def archive_rows(
    transaction: Transaction, owner: str, kind: str | None = None, *, after: int = 0
) -> Iterator[ArchiveRow]:
    """An owner's records behind a number in the order in which they were added, of one kind or of all."""
    statement = select(archive).where(archive.c.owner == owner, archive.c.number > after).order_by(archive.c.number)
    if kind is not None:
        statement = statement.where(archive.c.kind == kind)
    for row in transaction.connection.execute(statement):
        yield ArchiveRow(*row)


def archive_end(transaction: Transaction) -> int:
    """The number of the last record of any owner, 0 when there is none."""
    return transaction.connection.scalar(select(func.max(archive.c.number))) or 0
