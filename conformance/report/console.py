"""The report on the terminal: what held, what did not, what to do; readable without knowing the suite."""

from __future__ import annotations

import atexit
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from conformance.report.events import (
    Event,
    EvidenceInfo,
    RequirementInfo,
    RunFinished,
    RunStarted,
    ScenarioFinished,
    ScenarioStarted,
    Status,
)
from conformance.report.summary import Outcome, RequirementVerdict, RunSummary, ScenarioResult, SeenBreach
from conformance.report.words import Words, words

_COLOURS = {
    Status.PASSED: "green",
    Status.FAILED: "bold red",
    Status.WARNED: "yellow",
    Status.WAIVED: "yellow",
    Status.NOT_TESTED: "dim",
}
_OUTCOME_COLOURS = {
    Outcome.PASSED: "bold green",
    Outcome.FAILED: "bold red",
    Outcome.HARNESS_FAILED: "bold magenta",
    Outcome.NOTHING_TESTED: "bold yellow",
}
_SHOWN = 2  # breaches of one requirement that are shown in full
_MOST_TITLES = 3
_LOG_LINES = 15
_MOST_UNTESTED = 20  # requirements without a test that are listed with their texts


class ConsoleReport:
    """A consumer that shows progress on a terminal and the whole report when the run is over.

    ``lang`` is ``lv`` or ``en``; ``report`` is the folder of the report's files, named at the end; ``progress``
    whether there is a bar on a terminal. Writes to standard output unless a ``console`` is given.
    """

    def __init__(
        self, *, lang: str = "en", report: Path | None = None, console: Console | None = None, progress: bool = True
    ) -> None:
        self._words = words(lang)
        self._report = report
        self._console = console or _console()
        self._summary = RunSummary()
        self._shows_progress = progress
        self._progress: Progress | None = None

    def __call__(self, event: Event) -> None:
        """Take the next event."""
        self._summary(event)
        match event:
            case RunStarted():
                self._begin(event)
            case ScenarioStarted() if self._progress is not None:
                self._progress.update(
                    self._progress.task_ids[0],
                    title=clean(self._words.pick(event.title_lv or event.title, event.title)),
                )
            case ScenarioFinished() if self._progress is not None:
                self._progress.advance(self._progress.task_ids[0])
            case RunFinished():
                self._end()
                self._console.print(render(self._summary, self._words, self._report))

    def _begin(self, event: RunStarted) -> None:
        if not self._console.is_terminal or not self._shows_progress:
            return
        self._progress = Progress(
            TextColumn(self._words.playing),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[title]}", markup=False),
            console=self._console,
            transient=True,
        )
        self._progress.add_task("", total=event.scenarios, title="")
        self._progress.start()
        atexit.register(self._end)  # a run that breaks off must not leave the terminal without a cursor

    def _end(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
            atexit.unregister(self._end)


def _console() -> Console:
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    if encoding != "utf8" and hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a letter shows ?, and the report goes on
    return Console(highlight=False, emoji=False, markup=False)


def clean(text: str) -> str:
    """Text of others made safe to print: no control character reaches the terminal, tabs become spaces."""
    spaced = text.replace("\t", "    ").replace("\r\n", "\n")
    return "".join(each if each == "\n" or unicodedata.category(each)[0] != "C" else "·" for each in spaced)


def render(summary: RunSummary, words: Words, report: Path | None = None) -> RenderableType:
    """The whole report of a finished run."""
    view = _View(summary, words)
    return Group(*view.parts(report))


class _View:
    """Turns a summary into blocks of text, in one language."""

    def __init__(self, summary: RunSummary, words: Words) -> None:
        self._summary = summary
        self._words = words

    def parts(self, report: Path | None) -> Iterator[RenderableType]:
        yield self._head()
        for status in (Status.FAILED, Status.WARNED):
            for verdict in self._summary.broken(status):
                yield from self._broken(verdict)
        if self._with(Status.WARNED):
            yield Text(self._words.warning_hint, style="yellow")
            yield Text()
        yield self._features()
        yield Text()
        yield self._chapters()
        yield from self._untested()
        yield from self._scenarios()
        yield from self._waivers()
        yield from self._harness()
        if report is not None:
            yield Text()
            yield _rows([(self._words.files, Text(clean(str(report)), overflow="fold"))])
        yield Text()
        yield self._conclusion()

    def _with(self, status: Status) -> tuple[RequirementVerdict, ...]:
        return tuple(each for each in self._summary.verdicts if each.status is status)

    # -- what was tested

    def _head(self) -> RenderableType:
        started, finished = self._summary.started, self._summary.finished
        if started is None:
            return Text("aldis-conformance", style="bold")
        said = " ".join(
            each for each in (finished and finished.retailer_name, finished and finished.retailer_version) if each
        )
        retailer = clean(started.retailer) + (f" ({clean(said)})" if said else "")
        settings = (
            f"{started.profile} · {self._words.security.lower()} {started.security} · "
            f"{self._words.seed.lower()} {started.seed}"
        )
        return Group(
            Text(f"aldis-conformance {started.suite_version}", style="bold"),
            _rows([(self._words.retailer, Text(retailer)), (self._words.profile, Text(clean(settings)))]),
            Text(self._words.intro, style="dim"),
            Text(),
        )

    # -- what is broken

    def _broken(self, verdict: RequirementVerdict) -> Iterator[RenderableType]:
        info, say = verdict.info, self._words
        title = Text()
        title.append(f"{say.status[verdict.status]}  {info.id}", style=_COLOURS[verdict.status])
        title.append(f"  {self._standing(info)}", style="dim")
        yield title
        yield Padding(Text(say.text(info), style="bold"), (0, 0, 0, 2))
        for number, seen in enumerate(verdict.breaches[:_SHOWN]):
            yield Padding(self._breach(seen), (1 if number else 0, 0, 0, 2))
        if len(verdict.breaches) > _SHOWN:
            yield Padding(self._others(verdict.breaches[_SHOWN:]), (0, 0, 0, 2))
        advice = [(say.source, Text(info.source)), (say.remedy, Text(say.remedy_of(info), style="cyan"))]
        yield Padding(_rows(advice), (1, 0, 0, 2))
        yield Text()

    def _standing(self, info: RequirementInfo) -> str:
        level = self._words.level.get(info.level, info.level)
        return f"{level}, {self._words.basis.get(info.basis, info.basis)}"

    def _breach(self, seen: SeenBreach) -> RenderableType:
        say, breach = self._words, seen.breach
        rows = [(say.happened, Text(clean(say.message(breach)))), (say.expected, Text(clean(say.expectation(breach))))]
        where = Text(clean(f'"{say.pick(seen.scenario_lv, seen.scenario)}"'))
        for evidence in breach.evidence:
            self._append(where, evidence)
        rows.append((say.where, where))
        return _rows([(label, text) for label, text in rows if text.plain])

    def _append(self, where: Text, evidence: EvidenceInfo) -> None:
        if evidence.entry is not None:
            where.append(", " + self._words.entry.format(number=evidence.entry))
        if evidence.path:
            where.append("\n" + clean(evidence.path), style="dim")
        if evidence.excerpt:
            where.append("\n" + clean(evidence.excerpt), style="dim")

    def _others(self, rest: tuple[SeenBreach, ...]) -> RenderableType:
        titles = sorted({self._words.pick(each.scenario_lv, each.scenario) for each in rest})
        more = self._words.more.format(places=self._words.place.counted(len(rest)), scenarios="; ".join(titles))
        return Text(clean(more), style="dim")

    # -- what holds

    def _features(self) -> RenderableType:
        passed: dict[str, list[bool]] = {}
        for each in self._summary.scenarios:
            good = each.finished.status in (Status.PASSED, Status.WARNED)
            passed.setdefault(self._words.pick(each.feature_lv, each.feature), []).append(good)
        rows = [
            (self._words.played if number == 0 else "", self._feature(feature, results))
            for number, (feature, results) in enumerate(passed.items())
        ]
        return _rows(rows)

    def _feature(self, feature: str, results: list[bool]) -> Text:
        line = Text(clean(feature) + ": ")
        said = self._words.passed_of.format(passed=sum(results), all=self._words.scenario_of.counted(len(results)))
        line.append(said, style=_COLOURS[Status.PASSED if all(results) else Status.FAILED])
        return line

    def _chapters(self) -> RenderableType:
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column()
        table.add_column(overflow="fold")
        chapters: dict[str, list[RequirementVerdict]] = {}
        for each in self._summary.verdicts:
            chapters.setdefault(each.chapter, []).append(each)
        for chapter, verdicts in chapters.items():
            table.add_row(chapter, self._words.chapters.get(chapter, ""), self._tally(verdicts))
        return table

    def _tally(self, verdicts: list[RequirementVerdict]) -> Text:
        parts: list[Text] = []
        held = sum(each.status is Status.PASSED for each in verdicts)
        if held:
            parts.append(Text(self._words.hold.format(count=held), style=_COLOURS[Status.PASSED]))
        for status in (Status.FAILED, Status.WARNED, Status.WAIVED, Status.NOT_TESTED):
            ids = [each.info.id for each in verdicts if each.status is status]
            if ids:
                parts.append(Text(f"{self._words.status[status]}: {', '.join(ids)}", style=_COLOURS[status]))
        return Text(" · ").join(parts)

    def _untested(self) -> Iterator[RenderableType]:
        verdicts = self._with(Status.NOT_TESTED)
        if not verdicts or len(verdicts) > _MOST_UNTESTED:
            return  # a run of a few scenarios leaves most untested; the table by chapter names them
        yield Text()
        yield Text(self._words.not_tested_hint)
        yield _rows([(each.info.id, Text(self._words.text(each.info), style="dim")) for each in verdicts])

    def _scenarios(self) -> Iterator[RenderableType]:
        failed = self._summary.failed_scenarios
        untested = [each for each in self._summary.scenarios if each.finished.status is Status.NOT_TESTED]
        for title, chosen, style in (
            (self._words.failed_scenarios, failed, _COLOURS[Status.FAILED]),
            (self._words.untested_scenarios, untested, ""),
        ):
            if chosen:
                yield Text()
                yield Text(title, style=style)
                yield from self._reasons(chosen)
        log = self._summary.finished.driver_log.strip() if self._summary.finished else ""
        if log and (failed or any(each.chapter == "DRV" for each in self._with(Status.FAILED))):
            yield Text()
            yield Text(self._words.driver_log)
            yield Padding(Text(clean("\n".join(log.splitlines()[-_LOG_LINES:])), style="dim"), (0, 0, 0, 2))

    def _reasons(self, scenarios: Iterable[ScenarioResult]) -> Iterator[RenderableType]:
        """Each scenario and its reason; a reason that many share stands once."""
        by_reason: dict[str, list[ScenarioResult]] = defaultdict(list)
        for each in scenarios:
            by_reason[each.finished.reason or self._words.no_success].append(each)
        for reason, those in by_reason.items():
            shown = those if len(those) <= _MOST_TITLES else those[:1]
            for each in shown:
                yield Padding(Text(clean(f'"{self._words.pick(each.title_lv, each.title)}"')), (0, 0, 0, 2))
            if len(shown) < len(those):
                yield Padding(Text(self._words.and_more.format(count=len(those) - len(shown))), (0, 0, 0, 2))
            yield Padding(Text(clean(reason), style="dim"), (0, 0, 0, 4))

    def _harness(self) -> Iterator[RenderableType]:
        if self._summary.outcome is not Outcome.HARNESS_FAILED:
            return
        yield Text()
        yield Text(self._words.harness_title, style=_OUTCOME_COLOURS[Outcome.HARNESS_FAILED])
        yield Text(self._words.harness_hint)
        for each in self._summary.harness_failures:
            yield Padding(Text(clean(f"{each.where}: {each.message}"), style="dim"), (0, 0, 0, 2))

    def _waivers(self) -> Iterator[RenderableType]:
        waived = [(each.info.id, self._summary.waiver_of(each.info.id)) for each in self._with(Status.WAIVED)]
        for identifier, waiver in waived:
            if waiver is not None:
                said = self._words.waived_until.format(until=waiver.until, reason=waiver.reason)
                yield Text(clean(f"{identifier}  {said}"), style=_COLOURS[Status.WAIVED])
        for waiver, fault in self._summary.waiver_faults:
            yield Text(clean(self._words.waiver_fault(waiver, fault)), style=_COLOURS[Status.FAILED])

    # -- and the word that counts

    def _conclusion(self) -> RenderableType:
        outcome = self._summary.outcome
        line = Text()
        line.append(self._words.outcome[outcome], style=_OUTCOME_COLOURS[outcome])
        line.append(f"  {self._words.conclusion[outcome]}")
        return Group(line, Text(" · ".join(self._counts()), style="dim"))

    def _counts(self) -> Iterator[str]:
        summary, say = self._summary, self._words
        verdicts = summary.verdicts
        tested = len(verdicts) - summary.count(Status.NOT_TESTED)
        yield say.scenario.counted(len(summary.scenarios))
        yield say.tested_line.format(tested=tested, all=say.requirement_of.counted(len(verdicts)))
        yield say.hold.format(count=summary.count(Status.PASSED))
        if summary.count(Status.FAILED):
            yield say.broken.counted(summary.count(Status.FAILED))
        if summary.count(Status.WARNED):
            yield say.warning.counted(summary.count(Status.WARNED))
        if summary.finished is not None:
            yield f"{summary.finished.seconds:.1f} s"
        yield say.exit_code.format(code=summary.exit_code)


def _rows(rows: list[tuple[str, Text]]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for label, text in rows:
        table.add_row(label, text)
    return table
