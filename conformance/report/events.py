"""The one stream of events of a run. Everything that reports, consumes these and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from conformance.waivers import Waiver as Waiver  # noqa: PLC0414 - exported


class Status(StrEnum):
    """How a requirement or a scenario came out."""

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    WAIVED = "waived"
    NOT_TESTED = "not tested"
    ERROR = "harness error"


@dataclass(frozen=True, slots=True)
class RequirementInfo:
    """What a report says of a requirement, apart from its verdict."""

    id: str
    level: str
    text_lv: str
    text_en: str
    remedy_lv: str
    remedy_en: str
    basis: str
    source: str
    untested: str | None = None


@dataclass(frozen=True, slots=True)
class EvidenceInfo:
    """Where a breach can be seen."""

    entry: int | None
    path: str | None
    excerpt: str | None


@dataclass(frozen=True, slots=True)
class Breach:
    """One breach of a requirement, seen in one scenario."""

    requirement: str
    message_lv: str
    message_en: str
    expected: str
    evidence: tuple[EvidenceInfo, ...]
    expected_lv: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """One requirement judged over one scenario's traffic."""

    requirement: str
    checked: int
    breaches: tuple[Breach, ...] = ()


class Lane(StrEnum):
    """Who acts at a moment of a timeline."""

    BUSINESS = "business"  # the retailer's own business: contracts, bills
    EXCHANGE = "exchange"  # between the retailer and DIT
    AUTHORITY = "authority"  # BVKB


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened, told in a line. ``entry`` is the journal's, ``at`` is simulated time.

    ``trouble`` marks what was refused, lost or found wrong; ``content`` is what was sent, where a breach shows it.
    """

    entry: int
    at: datetime
    lane: Lane
    text_lv: str
    text_en: str
    trouble: bool = False
    content: str | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A day of the calendar on which something is due."""

    day: date
    text_lv: str
    text_en: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened in a scenario, in order, and what was due when."""

    moments: tuple[Moment, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """The run begins: against whom, with what."""

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
    """A scenario begins. What is empty in Latvian is said in English."""

    scenario: str
    title: str
    feature: str
    title_lv: str = ""
    feature_lv: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioFinished:
    """A scenario ended; ``reason`` says why it was not tested or what went wrong, ``journal`` where its traffic is,
    ``reproducer`` is the text of a feature that does a failed one again.
    """

    scenario: str
    status: Status
    judged: tuple[Judged, ...] = ()
    reason: str | None = None
    seconds: float = 0.0
    journal: Path | None = None
    entries: int = 0
    timeline: Timeline | None = None
    reproducer: str | None = None


@dataclass(frozen=True, slots=True)
class HarnessFailed:
    """The harness itself failed; never blamed on the retailer."""

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
