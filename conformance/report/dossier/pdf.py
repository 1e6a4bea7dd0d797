"""The report as PDF, for people who file it: the verdict, what was tested, each requirement with how it came out."""

from __future__ import annotations

import importlib.util
from datetime import UTC, datetime
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from conformance.report.events import Status
from conformance.report.summary import Outcome, RequirementVerdict, RunSummary
from conformance.report.words import Words, words

_FAMILY = "roboto"
_MARGIN = 20  # millimetres
_COLOURS = {
    Status.PASSED: (45, 106, 79),
    Status.FAILED: (164, 38, 44),
    Status.WARNED: (138, 90, 0),
    Status.WAIVED: (138, 90, 0),
    Status.NOT_TESTED: (93, 102, 112),
}
_INK, _SOFT = (34, 38, 43), (93, 102, 112)
_OUTCOME = {Outcome.PASSED: Status.PASSED, Outcome.FAILED: Status.FAILED}
_HEADING = ("ALDIS atbilstības pārbaude", "ALDIS conformance check")
_NOT_TESTABLE = ("nav pārbaudāms", "cannot be tested")


def pdf(summary: RunSummary, language: str) -> bytes:
    """The report as PDF in one language; the same run gives the same bytes."""
    return bytes(_Report(summary, words(language)).output())


class _Report(FPDF):
    def __init__(self, summary: RunSummary, say: Words) -> None:
        super().__init__(format="A4")
        self._summary = summary
        self._say = say
        started = summary.started
        self.set_creation_date(started.started_at if started is not None else datetime(2000, 1, 1, tzinfo=UTC))
        self.set_title(self._title())
        self.set_lang(say.language)
        self.set_margins(_MARGIN, _MARGIN, _MARGIN)
        self.set_auto_page_break(True, margin=_MARGIN)
        for style, name in (("", "Regular"), ("B", "Bold")):
            self.add_font(_FAMILY, style, _font(name))
        self.add_page()
        self._write()

    def footer(self) -> None:
        """Page number at the bottom."""
        self.set_y(-15)
        self._line(f"{self._title()} · {self.page_no()}", size=8, colour=_SOFT)

    def _title(self) -> str:
        started = self._summary.started
        return f"{self._say.pick(*_HEADING)}: {started.retailer if started is not None else ''}"

    def _write(self) -> None:
        summary, say = self._summary, self._say
        started, finished = summary.started, summary.finished
        self._line(self._title(), size=18, bold=True)
        if started is not None:
            self._line(
                f"{started.started_at:%Y-%m-%d %H:%M} UTC · aldis-conformance {started.suite_version}", colour=_SOFT
            )
        self.ln(4)
        status = _OUTCOME.get(summary.outcome, Status.NOT_TESTED)
        self._line(say.outcome[summary.outcome], size=16, bold=True, colour=_COLOURS[status])
        self._line(say.conclusion[summary.outcome])
        self.ln(4)
        for each in (Status.PASSED, Status.FAILED, Status.WARNED, Status.WAIVED, Status.NOT_TESTED):
            if summary.count(each):
                self._line(f"{say.status[each]}: {summary.count(each)}", colour=_COLOURS[each])
        if started is not None:
            for label, value in (
                (say.profile, started.profile),
                (say.security, started.security),
                (say.seed, str(started.seed)),
            ):
                self._line(f"{label}: {value}")
        if finished is not None and finished.retailer_name:
            self._line(f"{say.retailer}: {finished.retailer_name} {finished.retailer_version or ''}".rstrip())
        self._line(say.scenario.counted(len(summary.scenarios)))
        chapter = None
        for verdict in summary.verdicts:
            if verdict.chapter != chapter:
                chapter = verdict.chapter
                self.ln(5)
                self._line(f"{chapter}  {say.chapters.get(chapter, '')}", size=12, bold=True)
            self._requirement(verdict)

    def _requirement(self, verdict: RequirementVerdict) -> None:
        say, info = self._say, verdict.info
        status = say.status[verdict.status] + (f" ({verdict.checked}×)" if verdict.checked else "")
        if info.untested:
            status = f"{say.pick(*_NOT_TESTABLE)}: {info.untested}"
        self.ln(1.5)
        self._line(f"{info.id}  {say.text(info)}")
        standing = f"{say.level.get(info.level, info.level)}, {say.basis.get(info.basis, info.basis)}"
        self._line(f"{status} · {standing} · {info.source}", size=8, colour=_COLOURS[verdict.status])
        for seen in verdict.breaches:
            where = say.pick(seen.scenario_lv or seen.scenario, seen.scenario)
            self._line(f"- {say.message(seen.breach)} ({where})", size=9, colour=_COLOURS[verdict.status])

    def _line(self, text: str, *, size: int = 10, bold: bool = False, colour: tuple[int, int, int] = _INK) -> None:
        self.set_font(_FAMILY, "B" if bold else "", size)
        self.set_text_color(*colour)
        shown = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
        self.multi_cell(0, size * 0.5, shown, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")


def _font(weight: str) -> Path:
    found = importlib.util.find_spec("font_roboto")
    assert found is not None  # a dependency of the package
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0]) / "files" / f"Roboto-{weight}.ttf"
