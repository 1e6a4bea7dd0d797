"""Storage of journals: in the store of a simulator, or in the ``journal/`` folder of a report."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import RowMapping, func, insert, select

from simulator.domain.clock import RIGA
from simulator.journal.entries import Entry, Journal, JournalError, Kind, Outcome, blob_references
from simulator.store.prepared import Prepared
from simulator.store.schema import journal as table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from simulator.store import Store, Transaction

LINES_FILE = "journal.jsonl"
BLOB_FOLDER = "blobs"

_PAGE = 500
_LAST = Prepared(select(func.max(table.c.number)))
_LAST_KNOWN = "journal_last"
_INSERT = Prepared(insert(table))
_FIELDS = tuple(field.name for field in fields(Entry))
_REFERENCE = re.compile(r"[0-9a-f]{64}")
_REQUIRED = ("number", "kind", "at", "wall", "interface", "operation", "outcome")
_AGAIN = "run the suite again, or put a sound copy back"
_TEXTS = tuple(name for name in _FIELDS if name not in ("number", "http_status", "message_ids", "details"))


def append(transaction: Transaction, entry: Entry) -> int:
    """Append an entry to the journal in the caller's transaction, and return its number.

    Raises JournalError when the entry already has a number, StoreError when a blob that it names is not stored.
    """
    if entry.number:
        raise JournalError(f"the entry has number {entry.number} already; a journal numbers its entries itself")
    last = transaction.known.get(_LAST_KNOWN)
    if last is None:
        row_of_last = _LAST.run(transaction.connection, {})
        last = (row_of_last and row_of_last[0]) or 0
    number = last + 1
    row = {name: getattr(entry, name) for name in _FIELDS}
    row |= {"number": number, "message_ids": list(entry.message_ids), "details": dict(entry.details)}
    _INSERT.run(transaction.connection, row)
    transaction.known[_LAST_KNOWN] = number  # nobody else writes before this transaction is done
    return number


class StoredJournal:
    """The journal in the store of a simulator, running or stopped."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def entries(self, after: int = 0, kind: Kind | None = None, limit: int | None = None) -> Iterator[Entry]:
        """Yield entries in order of their number, including those that are appended meanwhile.

        Entries up to the number ``after`` and entries of another kind than ``kind`` are left out. ``limit`` is the
        largest number of entries; no more are read from the store. Raises JournalError for a damaged entry.
        """
        remaining = limit
        while page := self._page(after, kind, _PAGE if remaining is None else min(_PAGE, remaining)):
            yield from page
            after = page[-1].number
            if remaining is not None:
                remaining -= len(page)

    def blob(self, reference: str) -> bytes:
        """Return the bytes of a blob; raises KeyError when there is no such blob."""
        with self._store.reading() as transaction:
            return transaction.blob(reference)

    def last_moment(self) -> datetime | None:
        """Return the simulated time of the last entry, None for an empty journal."""
        with self._store.reading() as transaction:
            return transaction.connection.scalar(select(table.c.at).order_by(table.c.number.desc()).limit(1))

    def _page(self, after: int, kind: Kind | None, size: int) -> tuple[Entry, ...]:
        if size <= 0:
            return ()
        # Page by page: during one long read SQLite cannot shorten its write-ahead log.
        statement = select(table).where(table.c.number > after).order_by(table.c.number).limit(size)
        if kind is not None:
            statement = statement.where(table.c.kind == str(kind))
        with self._store.reading() as transaction:
            try:
                return tuple(_from_row(row) for row in transaction.connection.execute(statement).mappings())
            except (ValueError, TypeError) as reason:  # invalid JSON, time or kind
                raise JournalError(f"an entry behind number {after} cannot be read ({reason}); {_AGAIN}") from reason


class FolderJournal:
    """The journal of a report: a folder with ``journal.jsonl`` and ``blobs/``."""

    def __init__(self, directory: Path) -> None:
        """Open the folder; raises JournalError when it holds no journal."""
        self._lines = directory / LINES_FILE
        self._blobs = directory / BLOB_FOLDER
        if not self._lines.is_file():
            raise JournalError(f"{directory} holds no journal: {LINES_FILE} is missing; give a report's journal folder")

    def entries(self) -> Iterator[Entry]:
        """Yield all entries in order of their number; raises JournalError at the first damaged line."""
        last = 0
        with self._lines.open("rb") as lines:
            for count, line in enumerate(lines, 1):
                entry = _from_line(line, f"{self._lines}, line {count}")
                if entry.number <= last:
                    raise JournalError(
                        f"{self._lines}, line {count}: entry {entry.number} stands behind entry {last}; {_AGAIN}"
                    )
                last = entry.number
                yield entry

    def blob(self, reference: str) -> bytes:
        """Return the bytes of a blob; raises KeyError when it is missing, JournalError when it was changed."""
        path = self._blobs / reference
        if not _REFERENCE.fullmatch(reference) or not path.is_file():
            raise KeyError(reference)
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != reference:
            raise JournalError(f"{path}: the bytes are not those that were recorded (their SHA-256 differs); {_AGAIN}")
        return data


def write_folder(journal: Journal, directory: Path) -> int:
    """Write a journal to a folder and return the number of its entries. An earlier journal there is replaced.

    Raises JournalError when the folder cannot be written.
    """
    try:
        blobs = directory / BLOB_FOLDER
        blobs.mkdir(parents=True, exist_ok=True)
        unfinished = directory / (LINES_FILE + ".part")
        count = 0
        with unfinished.open("w", encoding="utf-8") as lines:
            for count, entry in enumerate(journal.entries(), 1):  # noqa: B007 - the count is returned
                for reference in sorted(blob_references(entry)):
                    if not (blobs / reference).exists():
                        (blobs / reference).write_bytes(journal.blob(reference))
                lines.write(_to_line(entry))
        unfinished.replace(directory / LINES_FILE)
    except OSError as error:
        raise JournalError(
            f"the journal cannot be written to {directory}: {error.strerror}; make room, or choose another folder"
        ) from error
    return count


def _from_row(row: RowMapping) -> Entry:
    _require(isinstance(row["details"], dict), "details", "an object")
    _require(isinstance(row["message_ids"], list), "message_ids", "a list of texts")
    return Entry(
        **{
            **row,
            "kind": Kind(row["kind"]),
            "outcome": Outcome(row["outcome"]),
            "message_ids": tuple(row["message_ids"]),
        }
    )


def _to_line(entry: Entry) -> str:
    values: dict[str, object] = {name: getattr(entry, name) for name in _FIELDS}
    values |= {"at": entry.at.isoformat(), "wall": entry.wall.isoformat(), "details": dict(entry.details)}
    kept = {name: value for name, value in values.items() if value not in (None, (), {})}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")) + "\n"


def _from_line(line: bytes, place: str) -> Entry:
    try:
        values = json.loads(line)
    except ValueError as error:
        raise JournalError(f"{place}: not a JSON object ({error}); {_AGAIN}") from error
    if not isinstance(values, dict):
        raise JournalError(f"{place}: not a JSON object; {_AGAIN}")
    try:
        return _from_values(values)
    except ValueError as error:
        raise JournalError(f"{place}: not an entry of a journal ({error}); {_AGAIN}") from error


def _from_values(values: dict[str, Any]) -> Entry:
    if unknown := values.keys() - set(_FIELDS):
        raise ValueError(f"unknown field {', '.join(sorted(unknown))}")
    for name in _REQUIRED:
        _require(name in values, name, "there")
    for name in _TEXTS:
        _require(isinstance(values.get(name, ""), str), name, "a text")
    _require(_is_count(values["number"]) and values["number"] > 0, "number", "a number from 1")
    _require(_is_count(values.get("http_status", 0)), "http_status", "a number")
    _require(isinstance(values.get("details", {}), dict), "details", "an object")
    ids = values.get("message_ids", [])
    _require(isinstance(ids, list) and all(isinstance(id_, str) for id_ in ids), "message_ids", "a list of texts")
    at, wall = (datetime.fromisoformat(values[name]) for name in ("at", "wall"))
    _require(at.tzinfo is not None and wall.tzinfo is not None, "at or wall", "a moment with a time zone")
    return Entry(
        **{
            **values,
            "kind": Kind(values["kind"]),
            "outcome": Outcome(values["outcome"]),
            "at": at.astimezone(RIGA),
            "wall": wall.astimezone(RIGA),
            "message_ids": tuple(ids),
        }
    )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _require(holds: bool, name: str, expected: str) -> None:
    if not holds:
        raise ValueError(f"{name} is not {expected}")
