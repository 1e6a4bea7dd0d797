"""What all parts of the reference retailer share: its books, its line to DIT, who it is, and what time it is."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime

    from conformance.retailers.reference.client import DitClient
    from conformance.retailers.reference.folders import FoldersClient
    from conformance.retailers.reference.store import Store
    from simulator.documents.model import ChannelName
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
