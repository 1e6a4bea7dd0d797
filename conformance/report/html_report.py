"""report.html for people: one file that opens offline, in Latvian and English.

A finished run becomes a ``ReportView``: what the page shows, with places and texts decided. The template
``report.html`` lays it out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from conformance.html import render
from conformance.report.events import (
    Event,
    HarnessFailed,
    RequirementInfo,
    RunFinished,
    Status,
)
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
    SeenBreach,
    chapter_name,
    grouped,
    other_places,
    standing,
    waived,
    waiver_fault,
)
from conformance.report.timeline_view import LANES, DayView, LaneView, Picture, days_of, picture
from conformance.requirements.verdicts import Evidence
from simulator.domain.language import Bilingual, Shown, Text, _

FILE_NAME = "report.html"
_OUTCOME_CSS = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "failed",
    Outcome.HARNESS_FAILED: "error",
    Outcome.NOTHING_TESTED: "not_tested",
}
_LOG = 20_000  # characters of the driver's error output that the page shows


class HtmlReport:
    """A consumer that writes ``report.html`` into the report's folder when the run is over. Raises ReportError.

    ``lang`` is the language that the page shows first; the reader can switch.
    """

    def __init__(self, report: Path, *, lang: str = "lv") -> None:
        self._folder = prepare_folder(report)
        self._lang = lang
        self._summary = RunSummary()

    def __call__(self, event: Event) -> None:
        """Take the next event."""
        self._summary(event)
        if isinstance(event, RunFinished):
            write_whole(self._folder / FILE_NAME, page(self._summary, self._lang))


def page(summary: RunSummary, language: str = "lv") -> bytes:
    """The whole page, UTF-8; ``language`` is the one shown first, ``lv`` or ``en``."""
    return render("report.html", language, report=report_view(summary)).encode("utf-8")


@dataclass(frozen=True, slots=True)
class Label:
    """A word with a colour: its class in the stylesheet."""

    css: str
    label: Shown


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """Where a breach can be seen; ``href`` leads to its journal entry, or else to its scenario."""

    entry: int | None
    href: str | None
    path: str | None
    excerpt: str | None


@dataclass(frozen=True, slots=True)
class BreachView:
    """One breach with the scenario in which it was seen."""

    message: Shown
    expected: Shown
    scenario: Shown
    href: str | None
    evidence: tuple[EvidenceView, ...]


@dataclass(frozen=True, slots=True)
class BreachGroupView:
    """Breaches that say the same: a few in full, and how many others there are, if any."""

    shown: tuple[BreachView, ...]
    others: Shown | None


@dataclass(frozen=True, slots=True)
class OccasionView:
    """A scenario in which a requirement was judged ``count`` times."""

    number: int
    title: Shown
    count: int


@dataclass(frozen=True, slots=True)
class RequirementView:
    """A requirement, its verdict, and where both can be seen."""

    info: RequirementInfo
    text: Shown
    remedy: Shown
    status: Label
    standing: Shown
    is_open: bool
    groups: tuple[BreachGroupView, ...]
    occasions: tuple[OccasionView, ...]


@dataclass(frozen=True, slots=True)
class ChapterView:
    """The requirements of a chapter."""

    id: str
    name: Shown
    requirements: tuple[RequirementView, ...]


@dataclass(frozen=True, slots=True)
class ScenarioView:
    """A scenario: how it ended, what it broke, and its timeline where it has one."""

    number: int
    title: Shown
    feature: Shown
    status: Label
    reason: str | None
    broken: tuple[str, ...]
    picture: Picture | None
    days: tuple[DayView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """Everything that the page shows, from top to bottom."""

    title: Text
    began: str
    outcome: Label
    conclusion: Shown
    failed_requirements: tuple[RequirementView, ...]
    failed_scenarios: tuple[ScenarioView, ...]
    tiles: tuple[tuple[int, str, Shown], ...]
    facts: tuple[tuple[Shown, str], ...]
    harness_failures: tuple[HarnessFailed, ...]
    waiver_faults: tuple[Shown, ...]
    waived: tuple[tuple[str, Shown], ...]
    chapters: tuple[ChapterView, ...]
    lanes: tuple[LaneView, ...]
    scenarios: tuple[ScenarioView, ...]
    driver_log: str


def report_view(summary: RunSummary) -> ReportView:
    """What the page shows of a run."""
    started, finished = summary.started, summary.finished
    scenarios = tuple(_scenario(number, result) for number, result in enumerate(summary.scenarios, 1))
    chapters = tuple(_chapters(summary))
    by_id = {requirement.info.id: requirement for chapter in chapters for requirement in chapter.requirements}
    failed = {result.scenario for result in summary.failed_scenarios}
    faults = dict(summary.waiver_faults)
    return ReportView(
        title=HEADING.filled(retailer=started.retailer if started is not None else ""),
        began=f"{started.started_at:%Y-%m-%d %H:%M} UTC" if started is not None else "",
        outcome=Label(_OUTCOME_CSS[summary.outcome], OUTCOME[summary.outcome]),
        conclusion=CONCLUSION[summary.outcome],
        failed_requirements=tuple(by_id[verdict.info.id] for verdict in summary.broken()),
        failed_scenarios=tuple(
            view for view, result in zip(scenarios, summary.scenarios, strict=True) if result.scenario in failed
        ),
        tiles=_tiles(summary),
        facts=tuple(_facts(summary)),
        harness_failures=tuple(summary.harness_failures),
        waiver_faults=tuple(waiver_fault(waiver, fault) for waiver, fault in faults.items()),
        waived=tuple(
            (waiver.requirement, waived(waiver))
            for waiver in (started.waivers if started is not None else ())
            if waiver not in faults
        ),
        chapters=chapters,
        lanes=tuple(LANES.values()),
        scenarios=scenarios,
        driver_log=finished.driver_log[-_LOG:] if finished is not None and finished.driver_log.strip() else "",
    )


def _tiles(summary: RunSummary) -> tuple[tuple[int, str, Shown], ...]:
    played = sum(result.finished.status is not Status.NOT_TESTED for result in summary.scenarios)
    return (
        (summary.count(Status.PASSED), "passed", _("requirements hold")),
        (summary.count(Status.FAILED), "failed", _("requirements broken")),
        (summary.count(Status.WARNED), "warned", _("warnings")),
        (summary.count(Status.NOT_TESTED), "not_tested", _("requirements not tested")),
        (played, "scenario", _("scenarios played")),
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


# -- the requirements


class _Places:
    """Where on the page a scenario stands, and the moments of its timeline."""

    def __init__(self, summary: RunSummary) -> None:
        self._numbers: dict[str, int] = {}
        self._moments: set[tuple[int, int]] = set()
        self.occasions: dict[str, list[OccasionView]] = defaultdict(list)
        for number, result in enumerate(summary.scenarios, 1):
            self._numbers[result.title] = number
            timeline = result.finished.timeline
            self._moments.update((number, moment.entry) for moment in (timeline.moments if timeline else ()))
            title = Bilingual(result.title_lv, result.title)
            for judged in result.finished.judged:
                if judged.checked:
                    self.occasions[judged.requirement].append(OccasionView(number, title, judged.checked))

    def scenario(self, title: str) -> str | None:
        """A link to a scenario."""
        number = self._numbers.get(title)
        return None if number is None else f"#s{number}"

    def entry(self, title: str, entry: int | None) -> str | None:
        """A link to a journal entry; to its scenario when the timeline leaves the entry out."""
        number = self._numbers.get(title)
        return f"#s{number}-e{entry}" if (number, entry) in self._moments else self.scenario(title)


def _chapters(summary: RunSummary) -> Iterator[ChapterView]:
    places = _Places(summary)
    by_chapter: dict[str, list[RequirementVerdict]] = defaultdict(list)
    for verdict in summary.verdicts:
        by_chapter[verdict.chapter].append(verdict)
    for chapter, verdicts in by_chapter.items():
        yield ChapterView(chapter, chapter_name(chapter), tuple(_requirement(verdict, places) for verdict in verdicts))


def _requirement(verdict: RequirementVerdict, places: _Places) -> RequirementView:
    info = verdict.info
    return RequirementView(
        info,
        text=Bilingual(info.text_lv, info.text_en),
        remedy=Bilingual(info.remedy_lv, info.remedy_en),
        status=_status(verdict.status),
        standing=standing(info),
        is_open=verdict.status is Status.FAILED,
        groups=tuple(
            BreachGroupView(
                tuple(_breach(seen, places) for seen in group.shown),
                other_places(group.others) if group.others else None,
            )
            for group in grouped(verdict.breaches)
        ),
        occasions=tuple(places.occasions.get(info.id, ())),
    )


def _breach(seen: SeenBreach, places: _Places) -> BreachView:
    breach = seen.breach

    def evidence(item: Evidence) -> EvidenceView:
        return EvidenceView(item.entry, places.entry(seen.scenario, item.entry), item.path, item.excerpt)

    return BreachView(
        Bilingual(breach.lv, breach.en),
        expected=Bilingual(breach.expected_lv, breach.expected),
        scenario=Bilingual(seen.scenario_lv, seen.scenario),
        href=places.scenario(seen.scenario),
        evidence=tuple(evidence(item) for item in breach.evidence),
    )


def _status(status: Status) -> Label:
    css = "error" if status is Status.ERROR else status.value.replace(" ", "_")
    return Label(css, STATUS[status])


# -- the scenarios


def _scenario(number: int, result: ScenarioResult) -> ScenarioView:
    finished = result.finished
    timeline = finished.timeline if finished.timeline is not None and finished.timeline.moments else None
    return ScenarioView(
        number,
        title=Bilingual(result.title_lv, result.title),
        feature=Bilingual(result.feature_lv, result.feature),
        status=_status(finished.status),
        reason=finished.reason,
        broken=tuple(sorted({judged.requirement for judged in finished.judged if judged.breaches})),
        picture=None if timeline is None else picture(timeline),
        days=() if timeline is None else tuple(days_of(timeline)),
    )
