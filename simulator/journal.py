"""The append-only record of everything that happened between the retailer and the state; the only thing judges read.

Entries are of five kinds. What stands in ``details`` per kind and operation is listed in docs/journal.md and held by
tests; raw bytes stay in blobs, named by their SHA-256, so that an entry is small and a journal can be read as a list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


class Kind(StrEnum):
    """What an entry records."""

    EXCHANGE = "exchange"  # one call on the wire, accepted or refused
    DELIVERY = "delivery"  # DIT put a message into a mailbox
    AUTHORITY = "authority"  # ALDIS took in, decided, published, reconciled
    STIMULUS = "stimulus"  # the suite moved the retailer (apply, bill, exchange, ...)
    CLOCK = "clock"  # simulated time went on


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
