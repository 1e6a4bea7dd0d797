"""The summary of a run: one verdict per requirement and one exit code, from the events.

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
from conformance.requirements.verdicts import Breach
from conformance.run.policy import Policy
from simulator.domain.language import Bilingual, Shown, Text, _, joined, ngettext, pgettext


class Outcome(StrEnum):
    """The outcome of a whole run, from which the exit code follows."""

    PASSED = "passed"
    FAILED = "failed"
    HARNESS_FAILED = "harness failed"
    NOTHING_TESTED = "nothing tested"


EXIT_CODES = {Outcome.PASSED: 0, Outcome.FAILED: 1, Outcome.HARNESS_FAILED: 3, Outcome.NOTHING_TESTED: 4}


@dataclass(frozen=True, slots=True)
class SeenBreach:
    """A breach and the title of the scenario in which it was seen."""

    scenario: str
    breach: Breach
    scenario_lv: str = ""

    @property
    def title(self) -> Bilingual:
        """The scenario's title in both languages."""
        return Bilingual(self.scenario_lv, self.scenario)

    @property
    def message(self) -> Shown:
        """The sentence that says what happened."""
        return self.breach.message

    @property
    def expected(self) -> Shown:
        """The sentence that says what was expected."""
        return self.breach.expected


@dataclass(frozen=True, slots=True)
class RequirementVerdict:
    """The verdict on a requirement over all scenarios; ``checked`` counts the occasions on which it could be broken."""

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

    @property
    def titles(self) -> Bilingual:
        """The title in both languages."""
        return Bilingual(self.title_lv, self.title)

    @property
    def features(self) -> Bilingual:
        """The title of the feature in both languages."""
        return Bilingual(self.feature_lv, self.feature)

    @property
    def broken(self) -> tuple[str, ...]:
        """The ids of the requirements that were broken in the scenario, in order."""
        return tuple(sorted({verdict.requirement for verdict in self.finished.judged if verdict.breaches}))


class WaiverFault(StrEnum):
    """The reason for which a waiver fails the run."""

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
        unannounced = ScenarioStarted(event.scenario, event.scenario, "")
        started = self._announced.get(event.scenario, unannounced)
        title_lv = started.title_lv or started.title
        feature_lv = started.feature_lv or started.feature
        result = ScenarioResult(event.scenario, started.title, started.feature, event, title_lv, feature_lv)
        self.scenarios.append(result)
        for judged in event.judged:
            self._checked[judged.requirement] = self._checked.get(judged.requirement, 0) + judged.checked
            breaches = self._breaches.setdefault(judged.requirement, [])
            breaches.extend(SeenBreach(result.title, breach, title_lv) for breach in judged.breaches)

    @property
    def verdicts(self) -> tuple[RequirementVerdict, ...]:
        """One verdict per requirement, in the order of the catalogue."""
        announced = self.started.requirements if self.started else ()
        others = sorted({*self._checked} - {info.id for info in announced})
        return tuple(self._verdict(info) for info in (*announced, *map(_unlisted, others)))

    @property
    def chapters(self) -> dict[str, list[RequirementVerdict]]:
        """The verdicts by chapter, in the order of the catalogue."""
        chapters: dict[str, list[RequirementVerdict]] = {}
        for verdict in self.verdicts:
            chapters.setdefault(verdict.chapter, []).append(verdict)
        return chapters

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
        faults: list[tuple[Waiver, WaiverFault]] = []
        for waiver in self._waivers:
            if waiver.requirement not in waived:
                faults.append((waiver, WaiverFault.EXPIRED))
            elif waiver.requirement in held:
                faults.append((waiver, WaiverFault.STALE))
        return tuple(faults)

    def waiver_of(self, requirement: str) -> Waiver | None:
        """Return the waiver of a requirement, whether it still counts or not."""
        return next((waiver for waiver in self._waivers if waiver.requirement == requirement), None)

    def count(self, status: Status) -> int:
        """Return the number of requirements with this status."""
        return sum(verdict.status is status for verdict in self.verdicts)

    def broken(self, status: Status = Status.FAILED) -> tuple[RequirementVerdict, ...]:
        """Return the requirements with this status; those of the driver first, since others may follow from them."""
        verdicts = (verdict for verdict in self.verdicts if verdict.status is status)
        return tuple(sorted(verdicts, key=lambda verdict: verdict.chapter != "DRV"))

    @property
    def failed_scenarios(self) -> tuple[ScenarioResult, ...]:
        """Scenarios that failed without a breach: the retailer refused, broke down or never did what was asked."""
        return tuple(
            scenario for scenario in self.scenarios if scenario.finished.status is Status.FAILED and not scenario.broken
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
        """The outcome of the run. A failure of the harness comes first: nothing else can then be trusted."""
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
        "the waiver of {id} expired on {until} ({reason}); fix what it allows, or agree on a new day"
    ),
    WaiverFault.STALE: _("the waiver of {id} is no longer needed, the requirement holds; take it out of the file"),
}
_SHOWN = 3  # of equal breaches of a requirement
_FIGURE = re.compile(r"\S*\d\S*")


def chapter_name(chapter: str) -> Shown:
    """Return the name of a chapter, for the letters that its requirements begin with."""
    return CHAPTERS.get(chapter, Bilingual("", ""))


def standing(info: RequirementInfo) -> Text:
    """Return the level and basis of a requirement: ``must, documented``."""
    return Text("{level}, {basis}", {"level": _LEVELS[info.level], "basis": _BASES[info.basis]})


def waived(waiver: Waiver) -> Text:
    """Return the sentence that says until when a requirement is waived, and why."""
    return _("waived until {until}: {reason}", until=waiver.until, reason=waiver.reason)


def waiver_fault(waiver: Waiver, fault: WaiverFault) -> Text:
    """Return the sentence that says why a waiver fails the run."""
    return _WAIVER_FAULTS[fault].filled(id=waiver.requirement, until=waiver.until, reason=waiver.reason)


def other_places(others: Iterable[SeenBreach]) -> Text:
    """Return the number of breaches that are not shown, and the scenarios in which they were seen."""
    breaches = tuple(others)
    titles = {seen.scenario: seen.title for seen in breaches}
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
    """Group the breaches of one requirement, three of each kind to be shown; one mistake often causes hundreds.

    Two breaches are of a kind when their messages differ only in words that hold a digit: amounts, days, invoices.
    """
    groups: dict[str, list[SeenBreach]] = {}
    for seen in breaches:
        groups.setdefault(_FIGURE.sub("0", seen.message.in_language("en")), []).append(seen)
    return tuple(BreachGroup(tuple(group[:_SHOWN]), tuple(group[_SHOWN:])) for group in groups.values())
