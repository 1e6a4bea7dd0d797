"""Statements that every call runs: compiled once, and with SQLite handed to its driver without a detour.

SQLAlchemy spends more time around such a statement than SQLite spends on it: two thirds of an insert's time as measured
here, and a call on the wire runs a dozen.
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
    """One statement, or one for each kind of database (``sqlite``, ``postgresql``), whose rows always name the same.

    Safe between threads. Values come back as the driver has them: ask for numbers and texts only.
    """

    def __init__(self, statement: Executable | Mapping[str, Executable]) -> None:
        self._statements = statement if isinstance(statement, Mapping) else defaultdict(lambda: statement)
        self._compiled: _Compiled | None = None

    def run(self, connection: Connection, row: Mapping[str, object]) -> tuple[Any, ...] | None:
        """Run it within the connection's transaction; returns the first row of what it answers, None without one.

        Raises StoreError; the transaction is then spoilt, as after any statement that fails.
        """
        if connection.dialect.name != "sqlite":
            result = connection.execute(self._statements[connection.dialect.name], row)
            found = result.first() if result.returns_rows else None
            return None if found is None else tuple(found)
        compiled = self._compiled
        if compiled is None:
            compiled = self._compiled = _Compiled(self._statements[connection.dialect.name], connection.dialect, row)
        try:
            cursor = _driver(connection).execute(compiled.text, compiled.values(row))
            answer: tuple[Any, ...] | None = cursor.fetchone()
            cursor.close()  # a statement that is not through would hold the transaction open
        except sqlite3.Error as error:
            connection.info[FAILED] = True
            raise from_database_error(error) from error
        return answer


class _Compiled:
    """A statement's text for SQLite, and how a row becomes its parameters."""

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
    found: Callable[[Any], object] | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return found


def _driver(connection: Connection) -> sqlite3.Connection:
    driver: Any = connection.connection.dbapi_connection
    if not isinstance(driver, sqlite3.Connection):
        raise TypeError(f"SQLite by another driver: {type(driver)}")
    return driver
