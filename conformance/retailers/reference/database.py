"""SQLite database of the reference retailer's books: nested transactions, and conversion of amounts and days."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Database:
    """A connection to a file, or ``:memory:``. Creates ``tables`` in an empty database. For one thread only."""

    def __init__(self, path: str | Path, tables: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA synchronous = FULL")
        if not self.rows("SELECT 1 FROM sqlite_master"):
            self._connection.executescript(f"BEGIN; {tables} COMMIT;")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Begin a transaction, rolled back when its block raises. An inner one belongs to the outermost."""
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def clear(self) -> None:
        """Delete the rows of all tables."""
        with self.transaction():
            for (name,) in self.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
                self.write(f'DELETE FROM "{name}"')  # noqa: S608 - the names are our own

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self._connection.execute(sql, values).fetchall()

    def write(self, sql: str, *values: object) -> None:
        """Execute one change."""
        self._connection.execute(sql, values)


def to_cents(amount: Decimal) -> int:
    """Convert EUR to whole cents, exactly. Raises ValueError for parts of a cent."""
    cents = amount * 100
    if cents != cents.to_integral_value():
        raise ValueError(f"{amount} EUR has parts of a cent")
    return int(cents)


def to_euro(cents: int) -> Decimal:
    """Convert whole cents to EUR with two decimals."""
    return Decimal(cents).scaleb(-2)


def to_date(text: str) -> date:
    """Convert a stored day."""
    return date.fromisoformat(text)
