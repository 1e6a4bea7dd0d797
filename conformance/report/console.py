"""The report on the terminal: the requirements that are broken, with what to do, and what was tested."""

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
    RunFinished,
    RunStarted,
    ScenarioFinished,
    ScenarioStarted,
    Status,
)
from conformance.report.summary import (
    CONCLUSION,
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
from conformance.requirements.verdicts import Evidence
from simulator.domain.language import Bilingual, Shown, _, ngettext

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
        self._language = lang
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
                    title=clean(Bilingual(event.title_lv, event.title).in_language(self._language)),
                )
            case ScenarioFinished() if self._progress is not None:
                self._progress.advance(self._progress.task_ids[0])
            case RunFinished():
                self._end()
                self._console.print(render(self._summary, self._language, self._report))

    def _begin(self, event: RunStarted) -> None:
        if not self._console.is_terminal or not self._shows_progress:
            return
        self._progress = Progress(
            TextColumn(_("Running").in_language(self._language)),
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
    """Return a text of others that is safe to print: without control characters, with spaces in place of tabs."""
    spaced = text.replace("\t", "    ").replace("\r\n", "\n")
    return "".join(char if char == "\n" or unicodedata.category(char)[0] != "C" else "·" for char in spaced)


def render(summary: RunSummary, language: str, report: Path | None = None) -> RenderableType:
    """Return the whole report of a finished run, in ``lv`` or ``en``; ``report`` is the folder of its files."""
    return Group(*_View(summary, language).parts(report))


class _View:
    """Turns a summary into blocks of text, in one language."""

    def __init__(self, summary: RunSummary, language: str) -> None:
        self._summary = summary
        self._language = language

    def _say(self, text: Shown) -> str:
        return text.in_language(self._language)

    def _line(self, text: Shown, style: str = "") -> Text:
        return Text(clean(text.in_language(self._language)), style=style)

    def parts(self, report: Path | None) -> Iterator[RenderableType]:
        yield self._head()
        for status in (Status.FAILED, Status.WARNED):
            for verdict in self._summary.broken(status):
                yield from self._broken(verdict)
        if self._with(Status.WARNED):
            yield self._line(
                _("A warning is a broken requirement that is only recommended, or only assumed: not known publicly."),
                "yellow",
            )
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
            yield _rows([(self._say(_("Report files")), Text(clean(str(report)), overflow="fold"))])
        yield Text()
        yield self._conclusion()

    def _with(self, status: Status) -> tuple[RequirementVerdict, ...]:
        return tuple(verdict for verdict in self._summary.verdicts if verdict.status is status)

    # -- what was tested

    def _head(self) -> RenderableType:
        started, finished = self._summary.started, self._summary.finished
        if started is None:
            return Text("aldis-conformance", style="bold")
        system = " ".join(
            part for part in (finished and finished.retailer_name, finished and finished.retailer_version) if part
        )
        retailer = clean(started.retailer) + (f" ({clean(system)})" if system else "")
        settings = _(
            "{profile} · security {security} · seed {seed}",
            profile=started.profile,
            security=started.security,
            seed=started.seed,
        )
        intro = _("The scenarios ran between this system and the simulator; the recorded traffic was then checked.")
        return Group(
            Text(f"aldis-conformance {started.suite_version}", style="bold"),
            _rows(
                [
                    (self._say(_("Retailer")), Text(retailer)),
                    (self._say(_("Profile")), self._line(settings)),
                ]
            ),
            self._line(intro, "dim"),
            Text(),
        )

    # -- what is broken

    def _broken(self, verdict: RequirementVerdict) -> Iterator[RenderableType]:
        info, say = verdict.info, self._say
        title = Text()
        title.append(f"{say(STATUS[verdict.status])}  {info.id}", style=_COLOURS[verdict.status])
        title.append(f"  {say(standing(info))}", style="dim")
        yield title
        yield Padding(self._line(info.text, "bold"), (0, 0, 0, 2))
        first = True
        for group in grouped(verdict.breaches):
            for seen in group.shown:
                yield Padding(self._breach(seen), (0 if first else 1, 0, 0, 2))
                first = False
            if group.others:
                yield Padding(self._line(other_places(group.others), "dim"), (0, 0, 0, 2))
        advice = [
            (say(_("Source")), Text(info.source)),
            (say(_("What to do")), self._line(info.remedy, "cyan")),
        ]
        yield Padding(_rows(advice), (1, 0, 0, 2))
        yield Text()

    def _breach(self, seen: SeenBreach) -> RenderableType:
        say = self._say
        where = Text(clean(f'"{say(seen.title)}"'))
        for evidence in seen.breach.evidence:
            self._append(where, evidence)
        rows = [
            (say(_("What happened")), self._line(seen.message)),
            (say(_("Expected")), self._line(seen.expected)),
            (say(_("Where")), where),
        ]
        return _rows([(label, text) for label, text in rows if text.plain])

    def _append(self, where: Text, evidence: Evidence) -> None:
        if evidence.entry is not None:
            where.append(", " + self._say(_("journal entry {number}", number=evidence.entry)))
        if evidence.path:
            where.append("\n" + clean(evidence.path), style="dim")
        if evidence.excerpt:
            where.append("\n" + clean(evidence.excerpt), style="dim")

    # -- what holds

    def _features(self) -> RenderableType:
        passed: dict[str, list[bool]] = {}
        for result in self._summary.scenarios:
            good = result.finished.status in (Status.PASSED, Status.WARNED)
            passed.setdefault(self._say(result.features), []).append(good)
        rows = [
            (self._say(_("Scenarios")) if number == 0 else "", self._feature(feature, results))
            for number, (feature, results) in enumerate(passed.items())
        ]
        return _rows(rows)

    def _feature(self, feature: str, results: list[bool]) -> Text:
        line = Text(clean(feature) + ": ")
        count = ngettext(
            "{passed} of {number} scenario passed",
            "{passed} of {number} scenarios passed",
            len(results),
            passed=sum(results),
        )
        line.append(self._say(count), style=_COLOURS[Status.PASSED if all(results) else Status.FAILED])
        return line

    def _chapters(self) -> RenderableType:
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column()
        table.add_column(overflow="fold")
        for chapter, verdicts in self._summary.chapters.items():
            table.add_row(chapter, self._say(chapter_name(chapter)), self._tally(verdicts))
        return table

    def _tally(self, verdicts: list[RequirementVerdict]) -> Text:
        parts: list[Text] = []
        held = sum(verdict.status is Status.PASSED for verdict in verdicts)
        if held:
            parts.append(self._line(_("{count} hold", count=held), _COLOURS[Status.PASSED]))
        for status in (Status.FAILED, Status.WARNED, Status.WAIVED, Status.NOT_TESTED):
            ids = [verdict.info.id for verdict in verdicts if verdict.status is status]
            if ids:
                parts.append(Text(f"{self._say(STATUS[status])}: {', '.join(ids)}", style=_COLOURS[status]))
        return Text(" · ").join(parts)

    def _untested(self) -> Iterator[RenderableType]:
        verdicts = self._with(Status.NOT_TESTED)
        if not verdicts or len(verdicts) > _MOST_UNTESTED:
            return  # a run of a few scenarios leaves most untested; the table by chapter names them
        yield Text()
        yield self._line(_("The scenarios that were run gave no occasion to judge these:"))
        yield _rows([(verdict.info.id, self._line(verdict.info.text, "dim")) for verdict in verdicts])

    def _scenarios(self) -> Iterator[RenderableType]:
        failed = self._summary.failed_scenarios
        untested = [result for result in self._summary.scenarios if result.finished.status is Status.NOT_TESTED]
        for title, chosen, style in (
            (_("Scenarios that failed without a broken rule"), failed, _COLOURS[Status.FAILED]),
            (_("Scenarios that were not tested"), untested, ""),
        ):
            if chosen:
                yield Text()
                yield self._line(title, style)
                yield from self._reasons(chosen)
        log = self._summary.finished.driver_log.strip() if self._summary.finished else ""
        if log and (failed or any(verdict.chapter == "DRV" for verdict in self._with(Status.FAILED))):
            yield Text()
            yield self._line(_("The end of the driver's error output"))
            yield Padding(Text(clean("\n".join(log.splitlines()[-_LOG_LINES:])), style="dim"), (0, 0, 0, 2))

    def _reasons(self, scenarios: Iterable[ScenarioResult]) -> Iterator[RenderableType]:
        """Yield each scenario and its reason; a reason that many share is written once."""
        by_reason: dict[str, list[ScenarioResult]] = defaultdict(list)
        for result in scenarios:
            reason = result.finished.reason or self._say(_("the retailer could not carry this scenario through"))
            by_reason[reason].append(result)
        for reason, results in by_reason.items():
            shown = results if len(results) <= _MOST_TITLES else results[:1]
            for result in shown:
                yield Padding(Text(clean(f'"{self._say(result.titles)}"')), (0, 0, 0, 2))
            if len(shown) < len(results):
                others = _("and {count} more", count=len(results) - len(shown))
                yield Padding(self._line(others), (0, 0, 0, 2))
            yield Padding(Text(clean(reason), style="dim"), (0, 0, 0, 4))

    def _harness(self) -> Iterator[RenderableType]:
        if self._summary.outcome is not Outcome.HARNESS_FAILED:
            return
        yield Text()
        yield self._line(_("The harness failed"), _OUTCOME_COLOURS[Outcome.HARNESS_FAILED])
        hint = _("This is not the retailer's fault, and nothing said above about the retailer can be relied on.")
        yield self._line(hint)
        for failure in self._summary.harness_failures:
            yield Padding(Text(clean(f"{failure.where}: {failure.message}"), style="dim"), (0, 0, 0, 2))

    def _waivers(self) -> Iterator[RenderableType]:
        for verdict in self._with(Status.WAIVED):
            waiver = self._summary.waiver_of(verdict.info.id)
            if waiver is not None:
                line = f"{verdict.info.id}  {self._say(waived(waiver))}"
                yield Text(clean(line), style=_COLOURS[Status.WAIVED])
        for waiver, fault in self._summary.waiver_faults:
            yield self._line(waiver_fault(waiver, fault), _COLOURS[Status.FAILED])

    # -- the outcome

    def _conclusion(self) -> RenderableType:
        outcome = self._summary.outcome
        line = Text()
        line.append(self._say(OUTCOME[outcome]), style=_OUTCOME_COLOURS[outcome])
        line.append(f"  {self._say(CONCLUSION[outcome])}")
        return Group(line, Text(" · ".join(map(self._say, self._counts())), style="dim"))

    def _counts(self) -> Iterator[Shown]:
        summary = self._summary
        verdicts = summary.verdicts
        tested = len(verdicts) - summary.count(Status.NOT_TESTED)
        yield ngettext("{number} scenario", "{number} scenarios", len(summary.scenarios))
        yield ngettext(
            "{tested} of {number} requirement tested",
            "{tested} of {number} requirements tested",
            len(verdicts),
            tested=tested,
        )
        yield _("{count} hold", count=summary.count(Status.PASSED))
        if summary.count(Status.FAILED):
            yield ngettext("{number} broken", "{number} broken", summary.count(Status.FAILED))
        if summary.count(Status.WARNED):
            yield ngettext("{number} warning", "{number} warnings", summary.count(Status.WARNED))
        if summary.finished is not None:
            yield _("{seconds:.1f} s", seconds=summary.finished.seconds)
        yield _("exit code {code}", code=summary.exit_code)


def _rows(rows: list[tuple[str, Text]]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for label, text in rows:
        table.add_row(label, text)
    return table
