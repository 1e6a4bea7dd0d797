"""One transaction of the store, as its users see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.store import blobs
from simulator.store.errors import FAILED, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection

    from simulator.store.incoming import Incoming, OpenBlob


class Unit:
    """One transaction: its connection, its blobs, and what is to be done once it is committed.

    Units come from :meth:`Store.unit` (writing) and :meth:`Store.reading`; what is done in one stands or falls as one.
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
        """Keep bytes and return their reference (SHA-256, hex); durable when the unit commits.

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
            raise StoreError("this unit has no place for large blobs")
        return self._begin()

    def adopt(self, incoming: Incoming) -> str:
        """Keep a finished file as a blob and return its reference; durable when the unit commits.

        The file stays the caller's to close, so that it can be adopted again when this unit is undone. Raises
        StoreError, and StorageFull when there is no room.
        """
        self._require_writing()
        return self._keep(lambda: blobs.adopt(self.connection, self._files, incoming))

    def blob(self, reference: str) -> bytes:
        """The bytes behind a reference; raises KeyError when there are none."""
        fresh = self._fresh.get(reference)
        return fresh if fresh is not None else blobs.get(self.connection, self._files, reference)

    def open_blob(self, reference: str) -> OpenBlob:
        """A blob to be read piece by piece, also after the unit; raises KeyError when there is none."""
        return blobs.open_blob(self.connection, self._files, reference)

    def after_commit(self, callback: Callable[[], object]) -> None:
        """Have something called once this unit is committed and others may write; never when it is not committed."""
        self._require_writing()
        self._callbacks.append(callback)

    def after_rollback(self, callback: Callable[[], object]) -> None:
        """Have something called when this transaction is not committed, before another one can begin.

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
            raise StoreError("this unit is for reading only; open one with store.unit() to change anything")

    def discard_files(self) -> None:
        """For the store: remove the files of blobs that this unit put, because it will not be committed."""
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
