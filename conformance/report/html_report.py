"""report.html for people: one file that opens offline, in Latvian and English.

A finished run becomes a ``ReportView``, which the template ``report.html`` lays out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from conformance.html import render
from conformance.report.events import Event, HarnessFailed, RunFinished, Status
from conformance.report.json_report import prepare_folder, write_whole
from conformance.report.summary import (
    CONCLUSION,
    HEADING,
    OUTCOME,
    STATUS,
    Outcome,
    RequirementVerdict,
    RunSummary,
    ScenarioResult,
    chapter_name,
    grouped,
    other_places,
    standing,
    waived,
    waiver_fault,
)
from conformance.report.timeline_view import LANES, DayView, LaneView, Picture, days_of, picture
from simulator.domain.language import Shown, Text, _, latvian_texts

FILE_NAME = "report.html"
_OUTCOME_CSS = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "failed",
    Outcome.HARNESS_FAILED: "error",
    Outcome.NOTHING_TESTED: "not_tested",
}
_LOG = 20_000  # characters of the driver's error output that the page shows


class HtmlReport:
    """A consumer that writes ``report.html`` into the report's folder when the run is over. Raises ReportError, and
    TranslationError when the catalogue of Latvian texts cannot be used.

    ``lang`` is the language that the page shows first; the reader can switch.
    """

    def __init__(self, report: Path, *, lang: str = "lv") -> None:
        self._folder = prepare_folder(report)
        self._lang = lang
        self._summary = RunSummary()
        latvian_texts()  # the page has both languages: a broken catalogue is refused now, not after the run

    def __call__(self, event: Event) -> None:
        """Take the next event."""
        self._summary(event)
        if isinstance(event, RunFinished):
            write_whole(self._folder / FILE_NAME, page(self._summary, self._lang))


def page(summary: RunSummary, language: str = "lv") -> bytes:
    """Return the whole page in UTF-8; ``language`` is the one shown first, ``lv`` or ``en``."""
    functions = {"label": _label, "standing": standing, "grouped": grouped, "other_places": other_places}
    return render("report.html", language, report=report_view(summary), places=_Places(summary), **functions).encode(
        "utf-8"
    )


@dataclass(frozen=True, slots=True)
class Label:
    """A word with a colour: its class in the stylesheet."""

    css: str
    label: Shown


@dataclass(frozen=True, slots=True)
class ScenarioView:
    """A scenario with its place on the page and its timeline, where it has one."""

    number: int
    result: ScenarioResult
    picture: Picture | None
    days: tuple[DayView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """Everything that the page shows, from top to bottom. A chapter is its letters, its name and its requirements."""

    title: Text
    began: str
    outcome: Label
    conclusion: Shown
    failed_requirements: tuple[RequirementVerdict, ...]
    failed_scenarios: tuple[ScenarioView, ...]
    tiles: tuple[tuple[int, str, Shown], ...]
    facts: tuple[tuple[Shown, str], ...]
    harness_failures: tuple[HarnessFailed, ...]
    waiver_faults: tuple[Shown, ...]
    waived: tuple[tuple[str, Shown], ...]
    chapters: tuple[tuple[str, Shown, tuple[RequirementVerdict, ...]], ...]
    lanes: tuple[LaneView, ...]
    scenarios: tuple[ScenarioView, ...]
    driver_log: str


def report_view(summary: RunSummary) -> ReportView:
    """Return what the page shows of a run."""
    started, finished = summary.started, summary.finished
    scenarios = tuple(_scenario(number, result) for number, result in enumerate(summary.scenarios, 1))
    failed = {result.scenario for result in summary.failed_scenarios}
    faults = dict(summary.waiver_faults)
    return ReportView(
        title=HEADING.filled(retailer=started.retailer if started is not None else ""),
        began=f"{started.started_at:%Y-%m-%d %H:%M} UTC" if started is not None else "",
        outcome=Label(_OUTCOME_CSS[summary.outcome], OUTCOME[summary.outcome]),
        conclusion=CONCLUSION[summary.outcome],
        failed_requirements=summary.broken(),
        failed_scenarios=tuple(scenario for scenario in scenarios if scenario.result.scenario in failed),
        tiles=_tiles(summary),
        facts=tuple(_facts(summary)),
        harness_failures=tuple(summary.harness_failures),
        waiver_faults=tuple(waiver_fault(waiver, fault) for waiver, fault in faults.items()),
        waived=tuple(
            (waiver.requirement, waived(waiver))
            for waiver in (started.waivers if started is not None else ())
            if waiver not in faults
        ),
        chapters=tuple(
            (chapter, chapter_name(chapter), tuple(verdicts)) for chapter, verdicts in summary.chapters.items()
        ),
        lanes=tuple(LANES.values()),
        scenarios=scenarios,
        driver_log=finished.driver_log[-_LOG:] if finished is not None and finished.driver_log.strip() else "",
    )


def _scenario(number: int, result: ScenarioResult) -> ScenarioView:
    timeline = result.finished.timeline
    if timeline is None or not timeline.moments:
        return ScenarioView(number, result, None, ())
    return ScenarioView(number, result, picture(timeline), tuple(days_of(timeline)))


def _label(status: Status) -> Label:
    css = "error" if status is Status.ERROR else status.value.replace(" ", "_")
    return Label(css, STATUS[status])


def _tiles(summary: RunSummary) -> tuple[tuple[int, str, Shown], ...]:
    tested = sum(result.finished.status is not Status.NOT_TESTED for result in summary.scenarios)
    return (
        (summary.count(Status.PASSED), "passed", _("requirements hold")),
        (summary.count(Status.FAILED), "failed", _("requirements broken")),
        (summary.count(Status.WARNED), "warned", _("warnings")),
        (summary.count(Status.NOT_TESTED), "not_tested", _("requirements not tested")),
        (tested, "scenario", _("scenarios run")),
    )


def _facts(summary: RunSummary) -> Iterator[tuple[Shown, str]]:
    started, finished = summary.started, summary.finished
    if finished is not None and finished.retailer_name:
        yield _("System"), " ".join(part for part in (finished.retailer_name, finished.retailer_version) if part)
    if finished is not None and finished.can:
        yield _("The driver can"), ", ".join(finished.can)
    if started is not None:
        yield _("Profile"), started.profile
        yield _("Security"), started.security
        yield _("Seed"), str(started.seed)
        yield _("Suite"), f"aldis-conformance {started.suite_version}"
    if finished is not None:
        yield _("Duration"), f"{finished.seconds:.0f} s"


class _Places:
    """The places of scenarios and journal entries on the page, and the scenarios in which requirements were judged."""

    def __init__(self, summary: RunSummary) -> None:
        self._numbers: dict[str, int] = {}
        self._moments: set[tuple[int, int]] = set()
        self._occasions: dict[str, list[tuple[int, Shown, int]]] = defaultdict(list)
        for number, result in enumerate(summary.scenarios, 1):
            self._numbers[result.title] = number
            timeline = result.finished.timeline
            self._moments.update((number, moment.entry) for moment in (timeline.moments if timeline else ()))
            for verdict in result.finished.judged:
                if verdict.checked:
                    self._occasions[verdict.requirement].append((number, result.titles, verdict.checked))

    def scenario(self, title: str) -> str | None:
        """Return a link to a scenario."""
        number = self._numbers.get(title)
        return None if number is None else f"#s{number}"

    def entry(self, title: str, entry: int | None) -> str | None:
        """Return a link to a journal entry, or to its scenario when the timeline leaves the entry out."""
        number = self._numbers.get(title)
        return f"#s{number}-e{entry}" if (number, entry) in self._moments else self.scenario(title)

    def occasions(self, requirement: str) -> list[tuple[int, Shown, int]]:
        """Return number and title of each scenario in which a requirement was judged, and how many times."""
        return self._occasions.get(requirement, [])
