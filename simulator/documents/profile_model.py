"""The profile and the tables of its file: channels, limits, due days, rates, each with its basis and source.

``Limits``, ``Due``, ``Rate`` and ``National`` are used as the file (``ProfileFile``) gives them; a ``ChannelProfile``
is a ``ChannelTable`` whose names and paths have been resolved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from simulator.documents.bindings import Node
from simulator.documents.catalogue import Catalogue, SchemaTable
from simulator.documents.element_names import Names
from simulator.domain.model import Category, ChannelName, Environment, Period
from simulator.domain.provenance import Basis, Provenance, Sourced
from simulator.settings import Check, Convert, SourceOf, Table, Text


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
    """Limits of DIT: bytes of a message and of a month, seconds between two polls, days that a message is kept.

    ``message_bytes`` is the size of one message, ``poll_seconds`` the least time between two polls, ``retention_days``
    the time that a message is kept. ``month_bytes_test`` and ``month_bytes_production`` are the bytes that may be sent
    in a month; ``transformation_seconds`` is the most wall time for one transformation. Limits with a default were
    added later, so that profiles without them stay valid.
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
    """Days on which documents are due, for a period M.

    Contracts are due by the last working day before day ``contract_before_day`` of M; ALDIS determines on day
    ``determination_day`` of M; payouts are due by the end of day ``payout_day`` of M+1.
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
    """Support for one category in EUR a month without VAT, from one period to another.

    Both periods are included; ``valid_to`` is None for a rate without end. With ``per_count`` the amount is paid for
    each child or ward. ``known_from`` is the day on which the rate came into force, where that is later than its first
    month: until then the earlier rate applies.
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
        """Return True when the rate is in force in a period."""
        return self.valid_from <= period and (self.valid_to is None or period <= self.valid_to)


@dataclass(frozen=True, slots=True)
class National:
    """The national list of discounts that BVKB sends, and the transformation that cuts it for each retailer.

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
class ChannelTable:
    """A table ``[channels.NAME]``; ``header`` and ``records`` give the path of each field in the XML."""

    title: Text
    urn: Text
    kind: Literal["dik", "dsk"]
    version_urn: Annotated[
        str, Check("a URN that holds {minor} where the minor number goes", lambda urn: "{minor}" in urn)
    ]
    major: Count
    schema_urn: Text
    root: Text
    manual_acknowledgement: bool
    use_receiver_filter: bool
    header: Table
    records: Table
    provenance: Annotated[Provenance, SourceOf("urn")]


@dataclass(frozen=True, slots=True)
class ChannelTables:
    """The tables of the three channels of ALDIS."""

    contract: ChannelTable
    discount: ChannelTable
    payout: ChannelTable


@dataclass(frozen=True, slots=True)
class ErrorTable:
    """The schema of error reports in the table ``[errors]``; its other keys are fields."""

    schema_urn: Text
    root: Text
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class ProfileFile:
    """All tables of a profile's file."""

    name: Text
    title: Text
    assumed_requirements: Literal["warn", "fail"]
    namespaces: Mapping[str, Text]
    limits: Limits
    due: Due
    rates: Annotated[
        tuple[Rate, ...], Check("a table [[rates]] for each category and span of periods", bool, {"minItems": 1})
    ]
    errors: Table
    national: National
    channels: ChannelTables
    provenance: Annotated[Provenance, SourceOf("name")]
    schema: tuple[SchemaTable, ...] = ()


@dataclass(frozen=True, slots=True)
class ChannelProfile:
    """One ALDIS channel: its URNs, and the schema, document element and fields of its messages."""

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
        """Return the URN of a version of the channel."""
        return self.version_pattern.format(major=self.major, minor=minor)

    def is_version(self, urn: str) -> bool:
        """Return True when a URN names a version of this channel, with any minor number."""
        pattern = re.escape(self.version_pattern.format(major=self.major, minor="MINOR"))
        return re.fullmatch(pattern.replace("MINOR", "[0-9]+"), urn) is not None


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile that has been read and checked."""

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
        """Return one of the three channels."""
        return self.channels[name]

    def channel_of_version(self, version_urn: str) -> ChannelProfile | None:
        """Return the channel of a version URN with any minor number; None when there is none."""
        return next((channel for channel in self.channels.values() if channel.is_version(version_urn)), None)

    def channel_of_root(self, root: str) -> ChannelProfile | None:
        """Return the channel whose documents have a document element (Clark name); None when there is none."""
        return next((channel for channel in self.channels.values() if channel.root == root), None)

    def rate(self, category: Category, period: Period) -> Rate | None:
        """Return the rate in force for a category in a period; None when there is none."""
        return next((rate for rate in self.rates if rate.category is category and rate.covers(period)), None)

    def names(self) -> Names:
        """Return a writer of element names with this profile's prefixes."""
        return Names(self.namespaces)
