"""What a journal holds: entries of nine kinds, and what any reader of a journal needs. Does no input or output.

What stands in ``details`` per kind and operation is listed in docs/reference/journal.md and held by tests; raw bytes
stay in blobs, named by their SHA-256, so that an entry is small and a journal can be read as a list.
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
    """What an entry records."""

    EXCHANGE = "exchange"  # one call on the wire, accepted or refused
    DELIVERY = "delivery"  # DIT put a message into a mailbox
    AUTHORITY = "authority"  # ALDIS took in, decided, published, reconciled
    STIMULUS = "stimulus"  # the suite moved the retailer (apply, bill, exchange, ...)
    TOKEN = "token"  # noqa: S105 - a request for a token at the STS, answered or refused
    CONNECTION = "connection"  # TLS: a certificate refused, a call to a wrong server, plain HTTP where TLS is spoken
    FTP = "ftp"  # a command of an FTPS session that is no call of DIT's: login, TLS, folders, what is not offered
    CLOCK = "clock"  # simulated time went on
    RIGHT = "right"  # a user's right was opened or closed while the simulator ran


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


DECIDED = "decided"
"""In the details of a determination: what was decided. Where that is much, ``payloads`` names a blob of JSON lines."""


class JournalError(UserError):
    """A journal cannot be written or read; says which file and line, why, and what to do."""


def wall_now() -> datetime:
    """The machine's own time, in Europe/Riga: for ``Entry.wall``."""
    return datetime.now(RIGA)


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
        named.update(str(payload) for payload in payloads.values())
    return frozenset(named)
