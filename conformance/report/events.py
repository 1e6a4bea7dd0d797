"""The one stream of events of a run. Everything that reports, consumes these and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from conformance.requirements.catalogue import NEEDS, Requirement
from conformance.requirements.verdicts import Verdict
from conformance.run.waivers import Waiver as Waiver  # noqa: PLC0414 - exported
from simulator.domain.language import Bilingual, Shown


class Status(StrEnum):
    """The result of a requirement or a scenario."""

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    WAIVED = "waived"
    NOT_TESTED = "not tested"
    ERROR = "harness error"


@dataclass(frozen=True, slots=True)
class RequirementInfo:
    """A requirement as reports show it, without its verdict; ``untested`` is the reason why it cannot be tested."""

    id: str
    level: str
    text_lv: str
    text_en: str
    remedy_lv: str
    remedy_en: str
    basis: str
    source: str
    untested: str | None = None

    @property
    def text(self) -> Bilingual:
        """The requirement in both languages."""
        return Bilingual(self.text_lv, self.text_en)

    @property
    def remedy(self) -> Bilingual:
        """The advice to who broke it, in both languages."""
        return Bilingual(self.remedy_lv, self.remedy_en)

    @classmethod
    def of(cls, requirement: Requirement, switched_on: Collection[str]) -> RequirementInfo:
        """Return a requirement as reports show it. ``switched_on`` holds the needs (``NEEDS``) that the run meets."""
        lacking = requirement.needs if requirement.needs not in switched_on else None
        return cls(
            id=requirement.id,
            level=requirement.level.value,
            text_lv=requirement.text_lv,
            text_en=requirement.text_en,
            remedy_lv=requirement.remedy_lv,
            remedy_en=requirement.remedy_en,
            basis=requirement.basis,
            source=requirement.provenance.source,
            untested=requirement.untested or (NEEDS[lacking] if lacking is not None else None),
        )


class Lane(StrEnum):
    """A row of a timeline: the party that acts."""

    BUSINESS = "business"  # the retailer's own business: contracts, bills
    EXCHANGE = "exchange"  # between the retailer and DIT
    AUTHORITY = "authority"  # BVKB


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened, in a line of text. ``entry`` is the journal's number, ``at`` is simulated time.

    ``trouble`` marks what was refused, lost or found wrong; ``content`` is what was sent, where a breach shows it.
    """

    entry: int
    at: datetime
    lane: Lane
    text: Shown
    trouble: bool = False
    content: str | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A day of the calendar on which something is due."""

    day: date
    text: Shown


@dataclass(frozen=True, slots=True)
class Timeline:
    """The moments of a scenario, in order, and the days on which something was due."""

    moments: tuple[Moment, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """The run begins, against a retailer, under a profile and with a seed."""

    retailer: str
    profile: str
    seed: int
    suite_version: str
    security: str
    started_at: datetime
    requirements: tuple[RequirementInfo, ...]
    scenarios: int
    assumed_requirements: str = "warn"
    waivers: tuple[Waiver, ...] = ()


@dataclass(frozen=True, slots=True)
class ScenarioStarted:
    """A scenario begins. A Latvian title that is empty is shown in English."""

    scenario: str
    title: str
    feature: str
    title_lv: str = ""
    feature_lv: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioFinished:
    """A scenario ended.

    ``reason`` says why it was not tested or what went wrong; ``seconds`` are wall time; ``journal`` is the folder of
    its journal, which has ``entries``; ``reproducer`` is the text of a feature that runs a failed one again.
    """

    scenario: str
    status: Status
    judged: tuple[Verdict, ...] = ()
    reason: str | None = None
    seconds: float = 0.0
    journal: Path | None = None
    entries: int = 0
    timeline: Timeline | None = None
    reproducer: str | None = None


@dataclass(frozen=True, slots=True)
class HarnessFailed:
    """The harness itself failed. This is never blamed on the retailer."""

    where: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """The run is over."""

    finished_at: datetime
    seconds: float
    retailer_name: str | None = None
    retailer_version: str | None = None
    can: tuple[str, ...] = ()
    driver_log: str = ""
    notes: tuple[str, ...] = field(default=())


Event = RunStarted | ScenarioStarted | ScenarioFinished | HarnessFailed | RunFinished
Consumer = Callable[[Event], None]
