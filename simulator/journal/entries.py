"""Entries of a journal, of nine kinds, and the functions that every reader needs. Does no input or output.

The keys of ``details``, for each kind and operation, are listed in docs/reference/journal.md and checked by tests. Raw
bytes are stored as blobs, named by their SHA-256, so that an entry stays small.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from simulator.domain.clock import RIGA
from simulator.domain.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


class Kind(StrEnum):
    """The kind of event that an entry records."""

    EXCHANGE = "exchange"  # one call on the wire, accepted or refused
    DELIVERY = "delivery"  # DIT put a message into a mailbox
    AUTHORITY = "authority"  # ALDIS read a document, decided, published or reconciled
    STIMULUS = "stimulus"  # the suite asked the retailer to act (apply, bill, exchange, ...)
    TOKEN = "token"  # noqa: S105 - a request for a token at the STS, answered or refused
    CONNECTION = "connection"  # TLS: a refused certificate, a call to an untrusted server, plain HTTP to a TLS port
    FTP = "ftp"  # a command of an FTPS session that is not a call of DIT: login, TLS, folders, unsupported commands
    CLOCK = "clock"  # simulated time was advanced
    RIGHT = "right"  # a user's right was opened or closed while the simulator ran


class Outcome(StrEnum):
    """The outcome of a call: accepted or refused."""

    OK = "ok"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the journal.

    ``number`` counts from 1 in order of commit. ``at`` is simulated time, ``wall`` is the machine's (both aware).
    ``authority`` is the DIT authority that acted (for a delivery: the addressee), None when it is not known.
    ``request``, ``reply`` and ``payload`` name blobs. ``cause`` tells the developer in words what was wrong and how to
    fix it, even if the client got only an opaque fault.
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
    """A journal to read: the one in the store of a simulator, or the ``journal/`` folder of a report."""

    def entries(self) -> Iterator[Entry]:
        """Yield all entries in order of their number."""
        ...

    def blob(self, reference: str) -> bytes:
        """Return the bytes of a blob; raises KeyError when there is no such blob."""
        ...


DECIDED = "decided"
"""Key of the decisions in the details of a determination; long lists are a blob of JSON lines under ``payloads``."""


class JournalError(UserError):
    """A journal cannot be written or read; names the file and line, the reason, and what to do."""


def wall_now() -> datetime:
    """Return the time of the machine's clock, in Europe/Riga, for ``Entry.wall``."""
    return datetime.now(RIGA)


def decisions_of(journal: Journal, entry: Entry) -> Iterator[Mapping[str, Any]]:
    """Yield the decisions that an entry of a determination holds, as JSON objects."""
    decisions, payloads = entry.details.get(DECIDED), entry.details.get("payloads")
    if isinstance(decisions, list):
        yield from (decision for decision in decisions if isinstance(decision, dict))
    elif isinstance(payloads, dict) and DECIDED in payloads:
        for line in journal.blob(str(payloads[DECIDED])).splitlines():
            yield json.loads(line)


def blob_references(entry: Entry) -> frozenset[str]:
    """Return all blobs of an entry: request, reply, payload, and the payloads of the messages that it returned."""
    references = {blob for blob in (entry.request, entry.reply, entry.payload) if blob is not None}
    payloads = entry.details.get("payloads")
    if isinstance(payloads, dict):
        references.update(str(payload) for payload in payloads.values())
    return frozenset(references)
