"""Folds the events of a run into one verdict per requirement and one exit code.

Texts that several reports share: names of statuses, outcomes and chapters, and which breaches are shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from conformance.report.events import (
    Event,
    HarnessFailed,
    RequirementInfo,
    RunFinished,
    RunStarted,
    ScenarioFinished,
    ScenarioStarted,
    Status,
    Waiver,
)
from conformance.requirements.verdicts import Breach, Verdict
from conformance.run.policy import Policy
from simulator.domain.language import Bilingual, Shown, Text, _, joined, ngettext, pgettext


class Outcome(StrEnum):
    """What came of a whole run; the exit code follows from it."""

    PASSED = "passed"
    FAILED = "failed"
    HARNESS_FAILED = "harness failed"
    NOTHING_TESTED = "nothing tested"


EXIT_CODES = {Outcome.PASSED: 0, Outcome.FAILED: 1, Outcome.HARNESS_FAILED: 3, Outcome.NOTHING_TESTED: 4}


@dataclass(frozen=True, slots=True)
class SeenBreach:
    """A breach and the scenario in which it was seen."""

    scenario: str
    breach: Breach
    scenario_lv: str = ""


@dataclass(frozen=True, slots=True)
class RequirementVerdict:
    """How one requirement came out over all scenarios. ``checked`` counts the occasions on which it could be broken."""

    info: RequirementInfo
    status: Status
    checked: int
    breaches: tuple[SeenBreach, ...]

    @property
    def chapter(self) -> str:
        """The letters before the hyphen."""
        return self.info.id.partition("-")[0]


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """A scenario's announcement and how it ended."""

    scenario: str
    title: str
    feature: str
    finished: ScenarioFinished
    title_lv: str = ""
    feature_lv: str = ""


class WaiverFault(StrEnum):
    """Why a waiver fails the run."""

    EXPIRED = "expired"
    STALE = "stale"  # the requirement holds: the waiver is no longer needed


class RunSummary:
    """A consumer that keeps what a run's reports need; ask it when the run is over."""

    def __init__(self) -> None:
        self.started: RunStarted | None = None
        self.finished: RunFinished | None = None
        self.scenarios: list[ScenarioResult] = []
        self.harness_failures: list[HarnessFailed] = []
        self._announced: dict[str, ScenarioStarted] = {}
        self._checked: dict[str, int] = {}
        self._breaches: dict[str, list[SeenBreach]] = {}

    def __call__(self, event: Event) -> None:
        """Take the next event."""
        match event:
            case RunStarted():
                self.started = event
            case ScenarioStarted():
                self._announced[event.scenario] = event
            case ScenarioFinished():
                self._take(event)
            case HarnessFailed():
                self.harness_failures.append(event)
            case RunFinished():
                self.finished = event

    def _take(self, event: ScenarioFinished) -> None:
        announced = self._announced.get(event.scenario)
        title = announced.title if announced else event.scenario
        feature = announced.feature if announced else ""
        self.scenarios.append(
            ScenarioResult(
                event.scenario,
                title,
                feature,
                event,
                title_lv=(announced.title_lv if announced else "") or title,
                feature_lv=(announced.feature_lv if announced else "") or feature,
            )
        )
        title_lv = self.scenarios[-1].title_lv
        for judged in event.judged:
            self._checked[judged.requirement] = self._checked.get(judged.requirement, 0) + judged.checked
            seen = self._breaches.setdefault(judged.requirement, [])
            seen.extend(SeenBreach(title, breach, title_lv) for breach in judged.breaches)

    @property
    def verdicts(self) -> tuple[RequirementVerdict, ...]:
        """One verdict per requirement, in the order of the catalogue."""
        known = self.started.requirements if self.started else ()
        unknown = sorted({*self._checked} - {requirement_info.id for requirement_info in known})
        return tuple(self._verdict(each) for each in (*known, *map(_unlisted, unknown)))

    def _verdict(self, info: RequirementInfo) -> RequirementVerdict:
        checked, breaches = self._checked.get(info.id, 0), tuple(self._breaches.get(info.id, ()))
        status = self._policy.status(info, checked=checked, broken=bool(breaches))
        return RequirementVerdict(info, status, checked, breaches)

    @property
    def _policy(self) -> Policy:
        if self.started is None:
            return Policy("warn")
        return Policy.of(self.started.assumed_requirements, self._waivers, self.started.started_at.date())

    @property
    def _waivers(self) -> tuple[Waiver, ...]:
        return self.started.waivers if self.started is not None else ()

    @property
    def waiver_faults(self) -> tuple[tuple[Waiver, WaiverFault], ...]:
        """Waivers that fail the run: expired ones, and those of requirements that hold."""
        held = {verdict.info.id for verdict in self.verdicts if verdict.status is Status.PASSED}
        waived = self._policy.waived
        found: list[tuple[Waiver, WaiverFault]] = []
        for waiver in self._waivers:
            if waiver.requirement not in waived:
                found.append((waiver, WaiverFault.EXPIRED))
            elif waiver.requirement in held:
                found.append((waiver, WaiverFault.STALE))
        return tuple(found)

    def waiver_of(self, requirement: str) -> Waiver | None:
        """The waiver of a requirement, whether it still counts or not."""
        return next((waiver for waiver in self._waivers if waiver.requirement == requirement), None)

    def count(self, status: Status) -> int:
        """How many requirements came out so."""
        return sum(verdict.status is status for verdict in self.verdicts)

    def broken(self, status: Status = Status.FAILED) -> tuple[RequirementVerdict, ...]:
        """The requirements that came out so; those of the driver first, for the others may follow from them."""
        found = (verdict for verdict in self.verdicts if verdict.status is status)
        return tuple(sorted(found, key=lambda each: each.chapter != "DRV"))

    @property
    def failed_scenarios(self) -> tuple[ScenarioResult, ...]:
        """Scenarios that failed without a finding: the retailer refused, broke down or never did what was asked."""
        return tuple(
            scenario
            for scenario in self.scenarios
            if scenario.finished.status is Status.FAILED and not _found(scenario.finished.judged)
        )

    @property
    def gaps(self) -> tuple[RequirementVerdict, ...]:
        """Musts that could have been tested and were not, or that are waived: no sign-off without them."""
        return tuple(
            verdict
            for verdict in self.verdicts
            if verdict.info.level == "must"
            and verdict.info.untested is None
            and verdict.status in (Status.NOT_TESTED, Status.WAIVED)
        )

    @property
    def outcome(self) -> Outcome:
        """What came of the run. A failure of the harness outweighs everything: nothing else can then be trusted."""
        broken = any(scenario.finished.status is Status.ERROR for scenario in self.scenarios)
        if self.harness_failures or broken or self.finished is None:
            return Outcome.HARNESS_FAILED
        if self.count(Status.FAILED) or self.failed_scenarios or self.waiver_faults:
            return Outcome.FAILED
        if not any(self._checked.values()) and not any(self._breaches.values()):
            return Outcome.NOTHING_TESTED
        return Outcome.PASSED

    @property
    def exit_code(self) -> int:
        """0 all required checks passed, 1 the retailer failed, 3 the harness failed, 4 nothing was tested."""
        return EXIT_CODES[self.outcome]


def _found(judged: tuple[Verdict, ...]) -> bool:
    return any(each.breaches for each in judged)


def _unlisted(identifier: str) -> RequirementInfo:
    # A rule whose requirement the run did not announce: judged as strictly as any, so that nothing is lost.
    return RequirementInfo(
        id=identifier,
        level="must",
        text_lv=identifier,
        text_en=identifier,
        remedy_lv="",
        remedy_en="",
        basis="documented",
        source="",
    )


HEADING = _("ALDIS conformance check: {retailer}")
CHAPTERS = {
    "XML": _("documents"),
    "DIT": _("data distribution network"),
    "SEC": _("security"),
    "FTP": _("folders"),
    "CON": _("contracts"),
    "DIS": _("discounts"),
    "PAY": _("payouts"),
    "CAL": _("due days"),
    "ERR": _("errors and resending"),
    "PRI": _("whose data"),
    "DRV": _("driver"),
}
STATUS = {
    Status.PASSED: _("holds"),
    Status.FAILED: _("FAILED"),
    Status.WARNED: _("warning"),
    Status.WAIVED: _("waived"),
    Status.NOT_TESTED: _("not tested"),
    Status.ERROR: _("harness error"),
}
OUTCOME = {
    Outcome.PASSED: pgettext("outcome", "PASSED"),
    Outcome.FAILED: pgettext("outcome", "FAILED"),
    Outcome.HARNESS_FAILED: pgettext("outcome", "THE HARNESS FAILED"),
    Outcome.NOTHING_TESTED: pgettext("outcome", "NOTHING WAS TESTED"),
}
CONCLUSION = {
    Outcome.PASSED: _("All that was tested and is required holds."),
    Outcome.FAILED: _(
        "The retailer's system does not do all that is required; each broken requirement says what to do."
    ),
    Outcome.HARNESS_FAILED: _("Nothing can be said of the retailer's system."),
    Outcome.NOTHING_TESTED: _(
        "There was no occasion to judge anything: the selection matches no scenario, or the driver can do too little."
    ),
}
_LEVELS = {"must": _("must"), "should": _("should")}
_BASES = {
    "documented": _("documented"),
    "inferred": pgettext("requirement", "inferred"),
    "assumed": pgettext("requirement", "assumed"),
}
_WAIVER_FAULTS = {
    WaiverFault.EXPIRED: _(
        "the waiver of {id} expired on {until} ({reason}); mend what it allows, or agree on a new day"
    ),
    WaiverFault.STALE: _("the waiver of {id} is no longer needed, the requirement holds; take it out of the file"),
}
_SHOWN = 3  # of equal breaches of a requirement
_FIGURE = re.compile(r"\S*\d\S*")


def chapter_name(chapter: str) -> Shown:
    """A chapter in words, for the letters that its requirements begin with."""
    return CHAPTERS.get(chapter, Bilingual("", ""))


def standing(info: RequirementInfo) -> Text:
    """How strict a requirement is and how well it is known: ``must, documented``."""
    return Text("{level}, {basis}", {"level": _LEVELS[info.level], "basis": _BASES[info.basis]})


def waived(waiver: Waiver) -> Text:
    """Until when a requirement is waived, and why."""
    return _("waived until {until}: {reason}", until=waiver.until, reason=waiver.reason)


def waiver_fault(waiver: Waiver, fault: WaiverFault) -> Text:
    """Why a waiver fails the run."""
    return _WAIVER_FAULTS[fault].filled(id=waiver.requirement, until=waiver.until, reason=waiver.reason)


def other_places(others: Iterable[SeenBreach]) -> Text:
    """How many breaches are not shown, and in which scenarios they were seen."""
    breaches = tuple(others)
    titles = {seen.scenario: Bilingual(seen.scenario_lv, seen.scenario) for seen in breaches}
    return ngettext(
        "and {number} more place: {scenarios}",
        "and {number} more places: {scenarios}",
        len(breaches),
        scenarios=joined((title for _scenario, title in sorted(titles.items())), "; "),
    )


@dataclass(frozen=True, slots=True)
class BreachGroup:
    """Breaches of one requirement that say the same but for figures: those to be shown, and the others."""

    shown: tuple[SeenBreach, ...]
    others: tuple[SeenBreach, ...]


def grouped(breaches: Iterable[SeenBreach]) -> tuple[BreachGroup, ...]:
    """The breaches of one requirement, three of each kind to be shown; one mistake often breaks it hundreds of times.

    Two breaches are of a kind when their messages differ only in words that hold a digit: amounts, days, invoices.
    """
    groups: dict[str, list[SeenBreach]] = {}
    for seen in breaches:
        groups.setdefault(_FIGURE.sub("0", seen.breach.en), []).append(seen)
    return tuple(BreachGroup(tuple(group[:_SHOWN]), tuple(group[_SHOWN:])) for group in groups.values())
