"""The report as PDF, for people who file it: the verdict, what was tested, each requirement with how it came out."""

from __future__ import annotations

import importlib.util
from datetime import UTC, datetime
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from conformance.report.events import Status
from conformance.report.summary import (
    CONCLUSION,
    HEADING,
    OUTCOME,
    STATUS,
    Outcome,
    RequirementVerdict,
    RunSummary,
    chapter_name,
    standing,
)
from simulator.domain.language import Shown, _, ngettext

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


def pdf(summary: RunSummary, language: str) -> bytes:
    """Return the report as PDF in ``lv`` or ``en``; the same run gives the same bytes."""
    return bytes(_Report(summary, language).output())


class _Report(FPDF):
    def __init__(self, summary: RunSummary, language: str) -> None:
        super().__init__(format="A4")
        self._summary = summary
        self._language = language
        started = summary.started
        self.set_creation_date(started.started_at if started is not None else datetime(2000, 1, 1, tzinfo=UTC))
        self.set_title(self._title())
        self.set_lang(language)
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
        return self._say(HEADING.filled(retailer=started.retailer if started is not None else ""))

    def _say(self, text: Shown) -> str:
        return text.in_language(self._language)

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
        self._line(say(OUTCOME[summary.outcome]), size=16, bold=True, colour=_COLOURS[status])
        self._line(say(CONCLUSION[summary.outcome]))
        self.ln(4)
        for status in (Status.PASSED, Status.FAILED, Status.WARNED, Status.WAIVED, Status.NOT_TESTED):
            if summary.count(status):
                self._line(f"{say(STATUS[status])}: {summary.count(status)}", colour=_COLOURS[status])
        if started is not None:
            for label, value in (
                (say(_("Profile")), started.profile),
                (say(_("Security")), started.security),
                (say(_("Seed")), str(started.seed)),
            ):
                self._line(f"{label}: {value}")
        if finished is not None and finished.retailer_name:
            system = f"{finished.retailer_name} {finished.retailer_version or ''}".rstrip()
            self._line(say(_("Retailer: {system}", system=system)))
        self._line(say(ngettext("{number} scenario", "{number} scenarios", len(summary.scenarios))))
        chapter = None
        for verdict in summary.verdicts:
            if verdict.chapter != chapter:
                chapter = verdict.chapter
                self.ln(5)
                self._line(f"{chapter}  {say(chapter_name(chapter))}", size=12, bold=True)
            self._requirement(verdict)

    def _requirement(self, verdict: RequirementVerdict) -> None:
        say, info = self._say, verdict.info
        status = say(STATUS[verdict.status]) + (f" ({verdict.checked}×)" if verdict.checked else "")
        if info.untested:
            status = say(_("cannot be tested: {reason}", reason=info.untested))
        self.ln(1.5)
        self._line(f"{info.id}  {say(info.text)}")
        self._line(f"{status} · {say(standing(info))} · {info.source}", size=8, colour=_COLOURS[verdict.status])
        for seen in verdict.breaches:
            self._line(f"- {say(seen.message)} ({say(seen.title)})", size=9, colour=_COLOURS[verdict.status])

    def _line(self, text: str, *, size: int = 10, bold: bool = False, colour: tuple[int, int, int] = _INK) -> None:
        self.set_font(_FAMILY, "B" if bold else "", size)
        self.set_text_color(*colour)
        shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
        self.multi_cell(0, size * 0.5, shown, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")


def _font(weight: str) -> Path:
    package = importlib.util.find_spec("font_roboto")
    assert package is not None  # a dependency of the suite
    assert package.submodule_search_locations
    return Path(package.submodule_search_locations[0]) / "files" / f"Roboto-{weight}.ttf"
