"""The append-only record of everything that happened between the retailer and the state; the only thing judges read.

Entries are of eight kinds. What stands in ``details`` per kind and operation is listed in docs/journal.md and held by
tests; raw bytes stay in blobs, named by their SHA-256, so that an entry is small and a journal can be read as a list.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import RowMapping, func, insert, select

from simulator.clock import RIGA
from simulator.store.prepared import Prepared
from simulator.store.tables import journal as table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from simulator.store import Store, Unit

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


class Kind(StrEnum):
    """What an entry records."""

    EXCHANGE = "exchange"  # one call on the wire, accepted or refused
    DELIVERY = "delivery"  # DIT put a message into a mailbox
    AUTHORITY = "authority"  # ALDIS took in, decided, published, reconciled
    STIMULUS = "stimulus"  # the suite moved the retailer (apply, bill, exchange, ...)
    TOKEN = "token"  # noqa: S105 - a request for a token at the STS, answered or refused
    CONNECTION = "connection"  # TLS: a certificate refused, a call to a wrong server, plain HTTP where TLS is spoken
    FTP = "ftp"  # a command of an FTPS session that is no call of DIT's: login, TLS, folders, what is not offered
    CLOCK = "clock"  # simulated time went on
    RIGHT = "right"  # a user\'s right was opened or closed while the simulator ran


class Outcome(StrEnum):
    """Whether a call was accepted."""

    OK = "ok"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the journal.

    ``number`` counts from 1 in order of commit. ``at`` is simulated time, ``wall`` is the machine's (both aware).
    ``authority`` is the DIT authority that acted (for a delivery: the addressee), None when it is not known.
    ``request``, ``reply`` and ``payload`` name blobs. ``cause`` says in words for the developer what was wrong and how
    to mend it, also where the wire shows only an opaque fault.
    """

    number: int = 0
    kind: Kind
    at: datetime
    wall: datetime
    interface: str
    operation: str
    authority: str | None = None
    outcome: Outcome = Outcome.OK
    http_status: int | None = None
    fault_code: str | None = None
    cause: str | None = None
    channel_version: str | None = None
    message_ids: tuple[str, ...] = ()
    request: str | None = None
    reply: str | None = None
    payload: str | None = None
    details: Mapping[str, Json] = field(default_factory=dict)


class Journal(Protocol):
    """What readers of a journal need; implemented by the store and by a report's ``journal/`` folder."""

    def entries(self) -> Iterator[Entry]:
        """All entries in order of their number."""
        ...

    def blob(self, reference: str) -> bytes:
        """The bytes behind a reference; raises KeyError when there are none."""
        ...


LINES_FILE = "journal.jsonl"
BLOB_FOLDER = "blobs"

_PAGE = 500
_LAST = Prepared(select(func.max(table.c.number)))
_LAST_KNOWN = "journal_last"
_INSERT = Prepared(insert(table))
_FIELDS = tuple(each.name for each in fields(Entry))
_REFERENCE = re.compile(r"[0-9a-f]{64}")
_REQUIRED = ("number", "kind", "at", "wall", "interface", "operation", "outcome")
_AGAIN = "run the suite again, or put a sound copy back"
_TEXTS = tuple(name for name in _FIELDS if name not in ("number", "http_status", "message_ids", "details"))


DECIDED = "decided"
"""In the details of a determination: what was decided. Where that is much, ``payloads`` names a blob of JSON lines."""


class JournalError(Exception):
    """A journal cannot be written or read; says which file and line, why, and what to do."""


def wall_now() -> datetime:
    """The machine's own time, in Europe/Riga: for ``Entry.wall``."""
    return datetime.now(RIGA)


def append(unit: Unit, entry: Entry) -> int:
    """Write an entry at the end of the journal as part of the caller's transaction, and return its number.

    Give the entry without a number; raises JournalError when it has one, StoreError when a blob it names is not stored.
    """
    if entry.number:
        raise JournalError(f"the entry has number {entry.number} already; a journal numbers its entries itself")
    last = unit.known.get(_LAST_KNOWN)
    if last is None:
        found = _LAST.run(unit.connection, {})
        last = (found and found[0]) or 0
    number = last + 1
    row = {name: getattr(entry, name) for name in _FIELDS}
    row |= {"number": number, "message_ids": list(entry.message_ids), "details": dict(entry.details)}
    _INSERT.run(unit.connection, row)
    unit.known[_LAST_KNOWN] = number  # nobody else writes before this unit is done
    return number


class StoredJournal:
    """The journal of a running (or once run) simulator."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def entries(self, after: int = 0, kind: Kind | None = None, limit: int | None = None) -> Iterator[Entry]:
        """Yield entries in order of their number, including those that are appended meanwhile.

        ``after`` leaves out entries up to that number, ``kind`` those of other kinds; ``limit`` is the most entries to
        yield, and no more than those are read from the store.
        """
        remaining = limit
        while page := self._page(after, kind, _PAGE if remaining is None else min(_PAGE, remaining)):
            yield from page
            after = page[-1].number
            if remaining is not None:
                remaining -= len(page)

    def blob(self, reference: str) -> bytes:
        """The bytes behind a reference; raises KeyError when there are none."""
        with self._store.reading() as unit:
            return unit.blob(reference)

    def last_moment(self) -> datetime | None:
        """The simulated time of the last entry, None when there is none: where a stopped simulation goes on."""
        with self._store.reading() as unit:
            return unit.connection.scalar(select(table.c.at).order_by(table.c.number.desc()).limit(1))

    def _page(self, after: int, kind: Kind | None, size: int) -> tuple[Entry, ...]:
        if size <= 0:
            return ()
        # Page by page: one long read would keep SQLite from tidying its write-ahead log.
        statement = select(table).where(table.c.number > after).order_by(table.c.number).limit(size)
        if kind is not None:
            statement = statement.where(table.c.kind == str(kind))
        with self._store.reading() as unit:
            try:
                return tuple(_from_row(row) for row in unit.connection.execute(statement).mappings())
            except (ValueError, TypeError) as reason:  # text that is no JSON, no moment, no kind of entry
                raise JournalError(f"an entry behind number {after} cannot be read ({reason}); {_AGAIN}") from reason


class FolderJournal:
    """The journal of a report: a folder with ``journal.jsonl`` and ``blobs/``."""

    def __init__(self, directory: Path) -> None:
        """Raises JournalError when the folder holds no journal."""
        self._lines = directory / LINES_FILE
        self._blobs = directory / BLOB_FOLDER
        if not self._lines.is_file():
            raise JournalError(f"{directory} holds no journal: {LINES_FILE} is missing; give a report's journal folder")

    def entries(self) -> Iterator[Entry]:
        """All entries in order of their number; raises JournalError at the first line that is damaged."""
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
        """The bytes behind a reference; raises KeyError when there are none, JournalError when they were changed."""
        path = self._blobs / reference
        if not _REFERENCE.fullmatch(reference) or not path.is_file():
            raise KeyError(reference)
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != reference:
            raise JournalError(f"{path}: the bytes are not those that were recorded (their SHA-256 differs); {_AGAIN}")
        return data


def write_folder(journal: Journal, directory: Path) -> int:
    """Write a journal as a folder and return the number of its entries; what stood there before is replaced.

    Raises JournalError when the folder cannot be written.
    """
    try:
        blobs = directory / BLOB_FOLDER
        blobs.mkdir(parents=True, exist_ok=True)
        unfinished = directory / (LINES_FILE + ".part")
        count = 0
        with unfinished.open("w", encoding="utf-8") as lines:
            for count, entry in enumerate(journal.entries(), 1):  # noqa: B007 - the count is the answer
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


def decided(journal: Journal, entry: Entry) -> Iterator[Mapping[str, Any]]:
    """What an entry of a determination says was decided, one decision after another."""
    told, payloads = entry.details.get(DECIDED), entry.details.get("payloads")
    if isinstance(told, list):
        yield from (each for each in told if isinstance(each, dict))
    elif isinstance(payloads, dict) and DECIDED in payloads:
        for line in journal.blob(str(payloads[DECIDED])).splitlines():
            yield json.loads(line)


def blob_references(entry: Entry) -> frozenset[str]:
    """All blobs that an entry names: request, reply, payload, and the payloads of the messages that it returned."""
    named = {each for each in (entry.request, entry.reply, entry.payload) if each is not None}
    payloads = entry.details.get("payloads")
    if isinstance(payloads, dict):
        named.update(str(each) for each in payloads.values())
    return frozenset(named)


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
    _require(isinstance(ids, list) and all(isinstance(each, str) for each in ids), "message_ids", "a list of texts")
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
