"""What all parts of the reference retailer share: its books, its line to DIT, who it is, and what time it is.

The reference retailer's own books, in one SQLite file or in memory.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conformance.retailers.reference import customers, inbox, ledger, outbox
from conformance.retailers.reference.database import Database
from simulator.domain.model import ChannelName, Period

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from datetime import date, datetime
    from pathlib import Path

    from conformance.retailers.reference.billing import Booking
    from conformance.retailers.reference.client import DitClient
    from conformance.retailers.reference.folders import FoldersClient
    from simulator.documents.profile import ChannelProfile, Profile


_log = logging.getLogger("aldis.reference")


@dataclass(frozen=True, slots=True)
class Party:
    """Who the retailer is (registration number), and on which versions of the channels it works."""

    provider: str
    versions: Mapping[ChannelName, str]
    profile: Profile

    def channel(self, name: ChannelName) -> ChannelProfile:
        """What the profile says of a channel."""
        return self.profile.channel(name)


@dataclass(slots=True)
class Office:
    """The shared things; ``problems`` gathers what went wrong in the current run, in words for the log."""

    store: Store
    client: DitClient | FoldersClient
    party: Party
    clock: Callable[[], datetime]
    problems: list[str] = field(default_factory=list)

    def now(self) -> datetime:
        """The time, with its zone."""
        return self.clock()

    def today(self) -> date:
        """The day."""
        return self.clock().date()

    def note(self, problem: str) -> None:
        """Something went wrong that the next run will, or a person must, mend."""
        self.problems.append(problem)
        _log.info("%s", problem)


class Store:
    """Customers, outbox, inbox and ledger over one database: what is written in one ``transaction`` holds together.

    ``path`` is a file that is made when it is not there, or ``:memory:``. For one thread only.
    """

    def __init__(self, path: str | Path = ":memory:") -> None:
        tables = customers.TABLES + outbox.TABLES + inbox.TABLES + ledger.TABLES
        self._database = Database(path, tables)
        self.customers = customers.Customers(self._database)
        self.outbox = outbox.Outbox(self._database)
        self.inbox = inbox.Inbox(self._database)
        self.ledger = ledger.Ledger(self._database)

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing; may be nested, the outermost counts."""
        return self._database.transaction()

    def clear(self) -> None:
        """Forget everything."""
        self._database.clear()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def rename(self, previous: str, code: str) -> None:
        """A person's code changed: what was booked under either code is one person's from now on."""
        self.ledger.merge(*self.customers.rename(previous, code))

    def unreported(self) -> tuple[tuple[str, Booking], ...]:
        """The bookings, with their numbers, that no payout document tells of yet."""
        return tuple(
            (number, booking)
            for number, booking in self.ledger.bookings()
            if self.outbox.last_statement(ChannelName.PAYOUT, number) is None
        )

    def untold_periods(self) -> tuple[Period, ...]:
        """The periods that were billed and that no payout document is about."""
        told = self.outbox.periods_told(ChannelName.PAYOUT)
        return tuple(period for period in self.ledger.billed() if period not in told)
