"""What a profile says: channels, limits, due days, rates, each with its basis and source."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from simulator.documents.access import Environment
from simulator.documents.bindings import Node
from simulator.documents.catalogue import Catalogue
from simulator.documents.explaining import Names
from simulator.documents.model import Category, ChannelName, Period, Provenance
from simulator.domain.provenance import Sourced


@dataclass(frozen=True, slots=True)
class Limits:
    """DIT's limits: size of one message in bytes, least seconds between two polls, days that a message is kept.

    ``month_bytes`` is how much may be sent in a month, in each environment, in bytes; ``transformation_seconds`` the
    most wall time for one transformation of a message.
    """

    message_bytes: Sourced[int]
    poll_seconds: Sourced[int]
    retention_days: Sourced[int]
    month_bytes: Mapping[Environment, Sourced[int]]
    transformation_seconds: Sourced[int]


@dataclass(frozen=True, slots=True)
class Due:
    """When what is due. For period M: contracts by the last working day before day ``contract_before_day`` of M;
    ALDIS determines on day ``determination_day`` of M; payouts by the end of day ``payout_day`` of M+1.
    """

    contract_before_day: Sourced[int]
    determination_day: Sourced[int]
    payout_day: Sourced[int]


@dataclass(frozen=True, slots=True)
class Rate:
    """Support of one category in EUR a month without VAT, from a period to a period (both included, None: still).

    With ``per_count`` it is paid for each child or ward. ``known_from`` is the day on which it came into force, where
    that is later than the first month it covers: until then the rate before it goes on.
    """

    category: Category
    valid_from: Period
    valid_to: Period | None
    amount: Decimal
    per_count: bool
    provenance: Provenance
    known_from: date | None = None

    def covers(self, period: Period) -> bool:
        """Whether the rate is in force in a period."""
        return self.valid_from <= period and (self.valid_to is None or period <= self.valid_to)


@dataclass(frozen=True, slots=True)
class National:
    """The national list of discounts that BVKB sends, and how it is cut for each retailer.

    ``stylesheet`` is a path below ``schemas/``; ``parameter`` is the name under which it takes the retailer's
    registration number. ``part``, ``provider`` and ``content`` are Clark names in the list.
    """

    schema_urn: str
    root: str
    part: str
    provider: str
    content: str
    stylesheet: str
    parameter: str
    provenance: Provenance


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
        return next((each for each in self.channels.values() if each.is_version(version_urn)), None)

    def channel_of_root(self, root: str) -> ChannelProfile | None:
        """The channel whose documents have this document element (Clark name)."""
        return next((each for each in self.channels.values() if each.root == root), None)

    def rate(self, category: Category, period: Period) -> Rate | None:
        """The rate in force for a category in a period, None when there is none."""
        return next((each for each in self.rates if each.category is category and each.covers(period)), None)

    def names(self) -> Names:
        """Writes element names with this profile's prefixes."""
        return Names(self.namespaces)
