"""Errors of the store, and their translation from errors of the database and of the file system."""

from __future__ import annotations

import errno
import sqlite3

from simulator.domain.errors import UserError

# EFBIG: the limit of the process on the size of a file; like a full disk, the user can lift it.
_FULL_ERRNO = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# SQLite reports a full disk as SQLITE_FULL, but a quota or file size limit as a failed write or extension.
_REFUSED_BY_DISK = frozenset({sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_TRUNCATE})
_POSTGRESQL_DISK_FULL = "53100"

FAILED = "aldis_failed"
"""Key in ``Connection.info`` of a connection whose transaction is unusable after a failed statement."""

_MAKE_ROOM = "nothing of this call was kept; make room (disk, quota or file size limit) and do it again"


class StoreError(UserError):
    """The store cannot be opened, read or written; the message says why and what to do."""


class StorageFull(StoreError):
    """There is no room to store a call. Nothing of the call was stored, and the store stays usable."""


def from_os_error(error: OSError, doing: str) -> StoreError:
    """Return the store's error for an error of the file system; ``doing`` says what failed."""
    if error.errno in _FULL_ERRNO:
        return StorageFull(f"no room left while {doing}: {error.strerror}; {_MAKE_ROOM}")
    return StoreError(f"failed while {doing}: {error.strerror or error}; check the directory, its rights and its disk")


def from_database_error(error: BaseException) -> StoreError:
    """Return the store's error for an error of the database driver."""
    code = getattr(error, "sqlite_errorcode", None)
    if code in _REFUSED_BY_DISK:
        return StorageFull(f"the disk did not take what the database wrote ({error}): full, or defective; {_MAKE_ROOM}")
    if code == sqlite3.SQLITE_FULL or getattr(error, "sqlstate", None) == _POSTGRESQL_DISK_FULL:
        return StorageFull(f"no room left while writing to the database: {error}; {_MAKE_ROOM}")
    if code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError(
            f"the database is held by another process: {error}; end that process, or wait for it, and do it again"
        )
    if code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StoreError(
            f"the database file is damaged: {error}; start with an empty directory, or put a sound copy back"
        )
    return StoreError(f"the database refused: {error}")
