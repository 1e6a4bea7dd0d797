"""Context of the reference retailer: its books, its client of DIT, its identity, and its clock.

In a retailer's system this is the database and the configuration that every part of it uses.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conformance.retailers.reference import customers, ledger, messages
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
class Identity:
    """The retailer's registration number (``provider``), its version (URN) of each channel, and the profile."""

    provider: str
    versions: Mapping[ChannelName, str]
    profile: Profile

    def channel(self, name: ChannelName) -> ChannelProfile:
        """Return the profile's settings of a channel."""
        return self.profile.channel(name)


@dataclass(slots=True)
class Context:
    """The objects that all parts share. ``problems`` collects sentences on what failed in the current run."""

    store: Store
    client: DitClient | FoldersClient
    identity: Identity
    clock: Callable[[], datetime]
    problems: list[str] = field(default_factory=list)

    def now(self) -> datetime:
        """Return the current time, with its zone."""
        return self.clock()

    def today(self) -> date:
        """Return the current day."""
        return self.clock().date()

    def note(self, problem: str) -> None:
        """Record and log a problem that the next run, or a person, has to solve."""
        self.problems.append(problem)
        _log.info("%s", problem)


class Store:
    """Customers, outbox, inbox and ledger in one SQLite database; a ``transaction`` covers all of them.

    ``path`` is a file, which is created if it does not exist, or ``:memory:``. For one thread only.
    """

    def __init__(self, path: str | Path = ":memory:") -> None:
        tables = customers.TABLES + messages.TABLES + ledger.TABLES
        self._database = Database(path, tables)
        self.customers = customers.Customers(self._database)
        self.outbox = messages.Outbox(self._database)
        self.inbox = messages.Inbox(self._database)
        self.ledger = ledger.Ledger(self._database)

    def transaction(self) -> AbstractContextManager[None]:
        """Begin a transaction, to be used in a ``with`` statement. An inner one belongs to the outermost."""
        return self._database.transaction()

    def clear(self) -> None:
        """Empty all books."""
        self._database.clear()

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def rename(self, previous: str, code: str) -> None:
        """Record that a person's code changed: bookings under either code belong to one person from now on."""
        self.ledger.merge(*self.customers.rename(previous, code))

    def unreported_bookings(self) -> tuple[tuple[str, Booking], ...]:
        """Return the bookings that no payout document contains yet, with their numbers."""
        return tuple(
            (number, booking)
            for number, booking in self.ledger.bookings()
            if self.outbox.last_statement(ChannelName.PAYOUT, number) is None
        )

    def unreported_periods(self) -> tuple[Period, ...]:
        """Return the billed periods for which there is no payout document."""
        reported = self.outbox.periods(ChannelName.PAYOUT)
        return tuple(period for period in self.ledger.billed() if period not in reported)
