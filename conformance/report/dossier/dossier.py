"""Writes ``dossier.zip`` when the run is over and a sign-off can be given; else it says what is missing."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from conformance.report.dossier.manifest import PrivateKey, write_dossier
from conformance.report.events import Event, RunFinished
from conformance.report.html_report import page
from conformance.report.json_report import as_json
from conformance.report.summary import Outcome, RunSummary
from conformance.report.writing import ReportError, prepare_folder
from simulator.domain.language import Text, _

FILE_NAME = "dossier.zip"
_COLUMNS = (
    "id",
    "chapter",
    "level",
    "basis",
    "status",
    "occasions",
    "scenarios",
    "text_lv",
    "text_en",
    "source",
    "untested",
)


class DossierReport:
    """Judges whether the run is fit for sign-off and then writes the dossier into the report's folder.

    ``versions`` says what was run: versions, and digests of schemas and suite. Raises ReportError.
    """

    def __init__(self, report: Path, key: PrivateKey, versions: Mapping[str, object]) -> None:
        self._folder = prepare_folder(report)
        self._key = key
        self._versions = versions
        self._summary = RunSummary()

    def __call__(self, event: Event) -> None:
        """Take the next event."""
        self._summary(event)
        if isinstance(event, RunFinished) and not self.obstacles:
            target = self._folder / FILE_NAME
            try:
                write_dossier(target, self._files(), self._about(), self._key)
            except OSError as reason:
                raise ReportError(f"{target} cannot be written: {reason.strerror or reason}; make room") from reason

    @property
    def obstacles(self) -> tuple[Text, ...]:
        """The reasons for which there can be no sign-off; none when there can be."""
        return tuple(obstacles(self._summary))

    def _about(self) -> dict[str, object]:
        started = self._summary.started
        return {
            "retailer": started.retailer if started is not None else None,
            "started_at": started.started_at.isoformat() if started is not None else None,
            "outcome": self._summary.outcome.value,
        }

    def _files(self) -> dict[str, bytes]:
        # Here and not above: every check would wait for a library that few of them need.
        from conformance.report.dossier.pdf import pdf  # noqa: PLC0415

        summary = self._summary
        return {
            "report.lv.pdf": pdf(summary, "lv"),
            "report.en.pdf": pdf(summary, "en"),
            "report.html": page(summary, "lv"),
            "report.json": json.dumps(as_json(summary, self._folder), ensure_ascii=False, indent=2).encode(),
            "requirements.csv": matrix(summary),
            "versions.json": json.dumps(self._versions, ensure_ascii=False, indent=2, sort_keys=True).encode(),
            "journals.json": json.dumps(self._journals(), ensure_ascii=False, indent=2, sort_keys=True).encode(),
        }

    def _journals(self) -> dict[str, object]:
        """The digest of each scenario's journal, so that it can be asked for later and recognised."""
        found: dict[str, object] = {}
        for each in self._summary.scenarios:
            lines = each.finished.journal / "journal.jsonl" if each.finished.journal is not None else None
            if lines is not None and lines.is_file():
                digest = hashlib.sha256(lines.read_bytes()).hexdigest()
                found[each.scenario] = {"sha256": digest, "entries": each.finished.entries}
        return found


def obstacles(summary: RunSummary) -> Iterator[Text]:
    """The reasons for which a run is not fit for sign-off."""
    if summary.outcome is not Outcome.PASSED:
        yield _("the check is not passed")
    if summary.started is not None and summary.started.security == "off":
        yield _('security is off; [run] security must be "username" or "certificate"')
    gaps = ", ".join(verdict.info.id for verdict in summary.gaps)
    if gaps:
        yield _("musts that were not tested: {requirements}", requirements=gaps)


def matrix(summary: RunSummary) -> bytes:
    """Every requirement and how it came out, as CSV (UTF-8 with a byte order mark, which spreadsheets ask for)."""
    scenarios: dict[str, list[str]] = {}
    for each in summary.scenarios:
        for judged in each.finished.judged:
            if judged.checked:
                scenarios.setdefault(judged.requirement, []).append(each.title)
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(_COLUMNS)
    for verdict in summary.verdicts:
        info = verdict.info
        row = (info.id, verdict.chapter, info.level, info.basis, verdict.status.value, verdict.checked)
        played = "; ".join(scenarios.get(info.id, ()))
        table.writerow([*row, *map(_harmless, (played, info.text_lv, info.text_en, info.source, info.untested or ""))])
    return text.getvalue().encode("utf-8-sig")


def _harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
