"""Append-only records of other rooms: an owner, a kind, a key that is unique within them, and a JSON body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from simulator.store.tables import archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from simulator.store.unit import Unit


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
    unit: Unit, *, owner: str, kind: str, key: str, at: datetime, body: Any = None, blob: str | None = None
) -> bool:
    """Add a record within the unit; False, and nothing changed, when its owner already has that key of that kind.

    ``body`` is any JSON value; ``blob`` a reference that ``unit.put_blob`` gave.
    """
    if archive_row(unit, owner, kind, key) is not None:
        return False
    row = {
        "number": archive_end(unit) + 1,
        "owner": owner,
        "kind": kind,
        "key": key,
        "at": at,
        "body": body,
        "blob": blob,
    }
    unit.connection.execute(insert(archive), row)
    return True


def archive_row(unit: Unit, owner: str, kind: str, key: str) -> ArchiveRow | None:
    """The one record under a key."""
    statement = select(archive).where(archive.c.owner == owner, archive.c.kind == kind, archive.c.key == key)
    row = unit.connection.execute(statement).one_or_none()
    return None if row is None else ArchiveRow(*row)


def archive_rows(unit: Unit, owner: str, kind: str | None = None, *, after: int = 0) -> Iterator[ArchiveRow]:
    """An owner's records behind a number in the order in which they were added, of one kind or of all."""
    statement = select(archive).where(archive.c.owner == owner, archive.c.number > after).order_by(archive.c.number)
    if kind is not None:
        statement = statement.where(archive.c.kind == kind)
    for row in unit.connection.execute(statement):
        yield ArchiveRow(*row)


def archive_end(unit: Unit) -> int:
    """The number of the last record of any owner, 0 when there is none."""
    return unit.connection.scalar(select(func.max(archive.c.number))) or 0
