"""report.html for people: one file that opens offline, in Latvian and English."""

from __future__ import annotations

from pathlib import Path

from conformance.report.events import Event, RunFinished
from conformance.report.page.page import page
from conformance.report.summary import RunSummary
from conformance.report.writing import prepare_folder, write_whole

FILE_NAME = "report.html"


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
