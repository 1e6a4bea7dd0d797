"""Statements of every call: compiled once, and executed directly by the driver of SQLite.

SQLAlchemy takes longer for such a statement than SQLite itself: two thirds of the time of an insert, as measured. A
call of DIT executes about a dozen.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulator.store.errors import FAILED, from_database_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Executable
    from sqlalchemy.engine import Dialect


class Prepared:
    """A statement, or one for each kind of database (``sqlite``, ``postgresql``), with the same parameters each time.

    Safe to share between threads. Results have the types of the driver, so select only numbers and texts.
    """

    def __init__(self, statement: Executable | Mapping[str, Executable]) -> None:
        self._statements = statement if isinstance(statement, Mapping) else defaultdict(lambda: statement)
        self._compiled: _Compiled | None = None

    def run(self, connection: Connection, row: Mapping[str, object]) -> tuple[Any, ...] | None:
        """Execute it in the connection's transaction; returns the first row of the result, None without one.

        Raises StoreError; the transaction is then unusable, as after any failed statement.
        """
        if connection.dialect.name != "sqlite":
            result = connection.execute(self._statements[connection.dialect.name], row)
            first = result.first() if result.returns_rows else None
            return None if first is None else tuple(first)
        compiled = self._compiled
        if compiled is None:
            compiled = self._compiled = _Compiled(self._statements[connection.dialect.name], connection.dialect, row)
        try:
            cursor = _driver(connection).execute(compiled.text, compiled.values(row))
            fetched: tuple[Any, ...] | None = cursor.fetchone()
            cursor.close()  # an unfinished statement would keep the transaction open
        except sqlite3.Error as error:
            connection.info[FAILED] = True
            raise from_database_error(error) from error
        return fetched


class _Compiled:
    """The text of a statement for SQLite, and the conversion of a row to its parameters."""

    def __init__(self, statement: Any, dialect: Dialect, row: Mapping[str, object]) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=tuple(row))
        self.text = str(compiled)
        self._constants = {name: value for name, value in compiled.params.items() if name not in row}
        self._steps: list[tuple[str, Callable[[Any], object] | None]] = [
            (name, _processor(compiled.binds[name].type, dialect)) for name in compiled.positiontup or ()
        ]

    def values(self, row: Mapping[str, object]) -> list[object]:
        values: list[object] = []
        for name, process in self._steps:
            value = self._constants[name] if name in self._constants else row[name]
            values.append(value if process is None or value is None else process(value))
        return values


def _processor(kind: Any, dialect: Dialect) -> Callable[[Any], object] | None:
    processor: Callable[[Any], object] | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return processor


def _driver(connection: Connection) -> sqlite3.Connection:
    driver: Any = connection.connection.dbapi_connection
    if not isinstance(driver, sqlite3.Connection):
        raise TypeError(f"SQLite by another driver: {type(driver)}")
    return driver
