"""Folders as FTP clients read them: LIST in the way of ls -l, MLSD by RFC 3659, NLST as bare names. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Row:
    """A folder (``size`` None) or a file of so many bytes; ``at`` is simulated time."""

    name: str
    at: datetime
    size: int | None = None


def long_lines(rows: Iterable[Row]) -> bytes:
    """The lines of LIST; months in English, as clients expect, times UTC."""
    return _lines(
        f"{'drwxr-xr-x' if row.size is None else '-rw-r--r--'} 1 dit dit {row.size or 0:>12} {_when(row.at)} {row.name}"
        for row in rows
    )


def names(rows: Iterable[Row]) -> bytes:
    """The lines of NLST."""
    return _lines(row.name for row in rows)


def facts(rows: Iterable[Row]) -> bytes:
    """The lines of MLSD."""
    return _lines(fact(row) for row in rows)


def fact(row: Row) -> str:
    """Return the facts of one row, as MLSD and MLST list them."""
    kind = "type=dir;perm=el;" if row.size is None else f"type=file;perm=rd;size={row.size};"
    return f"{kind}modify={stamp(row.at)}; {row.name}"


def stamp(at: datetime) -> str:
    """A moment in the way of RFC 3659: UTC, YYYYMMDDHHMMSS."""
    return at.astimezone(UTC).strftime("%Y%m%d%H%M%S")


def _when(at: datetime) -> str:
    utc = at.astimezone(UTC)
    return f"{_MONTHS[utc.month - 1]} {utc.day:>2}  {utc.year}"


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode()
