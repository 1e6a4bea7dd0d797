"""The database engine: SQLite, set up to be durable and used by many threads, or the database of a URL."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, exc, text
from sqlalchemy.engine import URL, ExceptionContext, make_url

from simulator.store.errors import FAILED, StoreError, from_database_error

if TYPE_CHECKING:
    from pathlib import Path

WRITING = "aldis_writing"
"""Execution option of a connection for write transactions."""

_BUSY_MILLISECONDS = 30_000
_ADVISORY_LOCK = 0x414C444953  # "ALDIS"; any number that all stores on one database share


def open_engine(url: URL | str, *, durable: bool, max_bytes: int | None = None) -> Engine:
    """Return an engine for a database; raises StoreError for a URL that cannot be used."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
            raise StoreError(
                f"{parsed.render_as_string()} is a database in memory; give a file, for example sqlite:////var/lib/aldis.sqlite3"
            )
        engine = create_engine(parsed, pool_size=16, max_overflow=-1)
    except (exc.ArgumentError, exc.NoSuchModuleError) as error:
        raise StoreError(
            f"{_without_password(url)} is no usable database address: {_without_password(error)}; "
            "expected for example postgresql+psycopg://user@host/name"
        ) from error
    except ImportError as error:
        raise StoreError(
            f"the database {parsed.render_as_string()} needs a driver that is not installed: {error}"
        ) from error
    if engine.dialect.name == "sqlite":
        _set_up_sqlite(engine, durable=durable, max_bytes=max_bytes)
    else:
        event.listen(engine, "begin", _begin_elsewhere)
    event.listen(engine, "handle_error", _translate, retval=True)
    return engine


def _without_password(text: object) -> str:
    return re.sub(r"://([^:@/\s]*):[^@/\s]*@", r"://\1:***@", str(text))


def sqlite_url(file: Path) -> URL:
    """Return the URL of a SQLite file."""
    return URL.create("sqlite", database=str(file))


def _set_up_sqlite(engine: Engine, *, durable: bool, max_bytes: int | None) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # _begin below begins transactions
        connection.execute(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}")
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except UnicodeDecodeError as error:  # SQLite's own message quotes bytes of a damaged schema
            raise StoreError(
                "the database file is damaged: its schema cannot be read; "
                "start with an empty directory, or put a sound copy back"
            ) from error
        connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
        connection.execute("PRAGMA foreign_keys=ON")
        if max_bytes is not None:
            page_size = connection.execute("PRAGMA page_size").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count={max(1, max_bytes // page_size)}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # IMMEDIATE: a transaction that reads first and writes later would fail when another one wrote meanwhile.
        # Through the driver: the detour through SQLAlchemy takes a sixth of the time of a small transaction.
        driver: Any = connection.connection.dbapi_connection
        try:
            driver.execute("BEGIN IMMEDIATE" if connection.get_execution_options().get(WRITING) else "BEGIN")
        except sqlite3.Error as error:
            raise from_database_error(error) from error


def _begin_elsewhere(connection: Connection) -> None:
    if connection.dialect.name != "postgresql":
        raise StoreError(f"a database of kind {connection.dialect.name} is not supported; use SQLite or PostgreSQL")
    if connection.get_execution_options().get(WRITING):
        # One writer at a time: entries are numbered in order of commit, and blob files are written before it.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
    else:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))


def _translate(context: ExceptionContext) -> StoreError | None:
    """Return the store's error for an error of the driver, and mark the transaction as unusable."""
    if context.connection is not None and not context.connection.closed:
        context.connection.info[FAILED] = True
    return None if context.sqlalchemy_exception is None else from_database_error(context.original_exception)
