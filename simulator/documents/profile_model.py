"""What a profile says: channels, limits, due days, rates, each with its basis and source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from simulator.documents.bindings import Node
from simulator.documents.catalogue import Catalogue
from simulator.documents.element_names import Names
from simulator.domain.model import Category, ChannelName, Environment, Period
from simulator.domain.provenance import Basis, Provenance, Sourced
from simulator.settings import Check, Convert, SourceOf, Text


def _amount(text: object) -> Decimal:
    amount = Decimal(text if isinstance(text, str) else "NaN")
    if not amount.is_finite() or amount < 0:
        raise ValueError(text)
    return amount.quantize(Decimal("0.01"))


Count = Annotated[int, Check("a whole number above 0", lambda number: number >= 1, {"minimum": 1})]
DayOfMonth = Annotated[
    int,
    Check("a day that every month has, 1 to 28", lambda day: 1 <= day <= 28, {"minimum": 1, "maximum": 28}),
]
Amount = Annotated[
    Decimal,
    Convert('an amount in EUR as text, such as "20.00"', _amount, {"type": "string", "pattern": r"^\d+(\.\d+)?$"}),
]
Month = Annotated[
    Period, Convert('a month as text, such as "2026-03"', Period.parse, {"type": "string", "pattern": r"^\d{4}-\d{2}$"})
]

_SECTION_2_4 = Provenance(Basis.DOCUMENTED, "VRAA, DIT integration instruction v1.09, section 2.4")
_MONTH_BYTES_TEST = Sourced(100 * 10**9, _SECTION_2_4)
_MONTH_BYTES_PRODUCTION = Sourced(50 * 10**9, _SECTION_2_4)
_TRANSFORMATION_SECONDS = Sourced(10, Provenance(Basis.ASSUMED, "no public source; a choice of this simulator"))


@dataclass(frozen=True, slots=True)
class Limits:
    """DIT's limits: size of one message in bytes, least seconds between two polls, days that a message is kept.

    ``month_bytes`` is how much may be sent in a month, in each environment, in bytes; ``transformation_seconds`` the
    most wall time for one transformation of a message. The limits with defaults came later: older profiles lack them.
    """

    message_bytes: Sourced[Count]
    poll_seconds: Sourced[Count]
    retention_days: Sourced[Count]
    month_bytes_test: Sourced[Count] = _MONTH_BYTES_TEST
    month_bytes_production: Sourced[Count] = _MONTH_BYTES_PRODUCTION
    transformation_seconds: Sourced[Count] = _TRANSFORMATION_SECONDS

    @property
    def month_bytes(self) -> Mapping[Environment, Sourced[int]]:
        """Bytes that may be sent in a month, by environment."""
        return {
            Environment.TEST: self.month_bytes_test,
            Environment.PRODUCTION: self.month_bytes_production,
        }


@dataclass(frozen=True, slots=True)
class Due:
    """When what is due. For period M: contracts by the last working day before day ``contract_before_day`` of M;
    ALDIS determines on day ``determination_day`` of M; payouts by the end of day ``payout_day`` of M+1.
    """

    contract_before_day: Sourced[DayOfMonth]
    determination_day: Sourced[DayOfMonth]
    payout_day: Sourced[DayOfMonth]

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield the days that collide, each with the reason."""
        contracts, determination = self.contract_before_day.value, self.determination_day.value
        payouts = self.payout_day.value
        if contracts > determination:
            reason = f"contracts of a month are due before day {contracts}, but ALDIS determines on day {determination}"
            advice = f"give at most {determination}"
            yield "contract_before_day", f"{reason}: what it decides on would still be on its way; {advice}"
        if payouts > 27:
            reason = f"a month is reconciled on the day after, and February has no day {payouts + 1} each year"
            yield "payout_day", f"{reason}; give at most 27"
        if payouts + 1 == determination:
            reason = f"a month is reconciled on the day after, which is determination_day ({determination}) too"
            yield "payout_day", f"{reason}; the two would fall on one moment, so move one of them"


@dataclass(frozen=True, slots=True)
class Rate:
    """Support of one category in EUR a month without VAT, from a period to a period (both included, None: still).

    With ``per_count`` it is paid for each child or ward. ``known_from`` is the day on which it came into force, where
    that is later than the first month it covers: until then the rate before it goes on.
    """

    category: Category
    valid_from: Month
    amount: Amount
    per_count: bool
    provenance: Annotated[Provenance, SourceOf("amount")]
    valid_to: Month | None = None
    known_from: date | None = None

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield the end of a rate that lies before its beginning."""
        if self.valid_to is not None and self.valid_to < self.valid_from:
            yield "valid_to", f"{self.valid_to} lies before valid_from {self.valid_from}"

    def covers(self, period: Period) -> bool:
        """Whether the rate is in force in a period."""
        return self.valid_from <= period and (self.valid_to is None or period <= self.valid_to)


@dataclass(frozen=True, slots=True)
class National:
    """The national list of discounts that BVKB sends, and how it is cut for each retailer.

    ``stylesheet`` is a path below ``schemas/``; ``parameter`` is the name under which it takes the retailer's
    registration number. ``part``, ``provider`` and ``content`` are Clark names in the list.
    """

    schema_urn: Text
    root: Text
    part: Text
    provider: Text
    content: Text
    stylesheet: Text
    parameter: Text
    provenance: Annotated[Provenance, SourceOf("stylesheet")]


@dataclass(frozen=True, slots=True)
class ChannelProfile:
    """One ALDIS channel: its URNs, the schema and document element of its messages, where each field is."""

    name: ChannelName
    title: str
    urn: str
    kind: str
    version_pattern: str
    major: int
    schema_urn: str
    schema_path: Path
    root: str
    manual_acknowledgement: bool
    use_receiver_filter: bool
    tree: Node
    provenance: Provenance

    def version_urn(self, minor: int = 0) -> str:
        """The URN of a version of the channel."""
        return self.version_pattern.format(major=self.major, minor=minor)

    def is_version(self, urn: str) -> bool:
        """Whether a URN names a version of this channel, whatever its minor number."""
        pattern = re.escape(self.version_pattern.format(major=self.major, minor="MINOR"))
        return re.fullmatch(pattern.replace("MINOR", "[0-9]+"), urn) is not None


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile that was read and held against its schemas."""

    name: str
    path: Path
    title: str
    assumed_requirements: str
    namespaces: Mapping[str, str]
    catalogue: Catalogue
    channels: Mapping[ChannelName, ChannelProfile]
    error_schema_urn: str
    error_root: str
    error_tree: Node
    national: National
    limits: Limits
    due: Due
    rates: tuple[Rate, ...]
    provenance: Provenance

    def channel(self, name: ChannelName) -> ChannelProfile:
        """One of the three channels."""
        return self.channels[name]

    def channel_of_version(self, version_urn: str) -> ChannelProfile | None:
        """The channel that a version URN belongs to, whatever its minor number; None when there is none."""
        return next((channel for channel in self.channels.values() if channel.is_version(version_urn)), None)

    def channel_of_root(self, root: str) -> ChannelProfile | None:
        """The channel whose documents have this document element (Clark name)."""
        return next((channel for channel in self.channels.values() if channel.root == root), None)

    def rate(self, category: Category, period: Period) -> Rate | None:
        """The rate in force for a category in a period, None when there is none."""
        return next((rate for rate in self.rates if rate.category is category and rate.covers(period)), None)

    def names(self) -> Names:
        """Writes element names with this profile's prefixes."""
        return Names(self.namespaces)
