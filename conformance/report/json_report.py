"""report.json for programs, described by ``report.schema.json`` beside this module; the writing of a report's files."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from conformance.report.events import Event, RunFinished, Status
from conformance.report.summary import RequirementVerdict, RunSummary, ScenarioResult, SeenBreach
from simulator.domain.errors import UserError
from simulator.domain.language import LANGUAGES, Shown

FILE_NAME = "report.json"
SCHEMA_VERSION = "1.0"
SCHEMA_PATH = Path(__file__).parent / "report.schema.json"

_LOG_CHARACTERS = 200_000
_STATUS = {
    Status.PASSED: "passed",
    Status.FAILED: "failed",
    Status.WARNED: "warned",
    Status.WAIVED: "waived",
    Status.NOT_TESTED: "not_tested",
    Status.ERROR: "harness_error",
}

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


class ReportError(UserError):
    """A report cannot be written; says where, why and what to do."""

    exit_code = 3


def prepare_folder(folder: Path) -> Path:
    """Make the report's folder if it is not there; raises ReportError when it cannot be made or written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as reason:
        raise _cannot_write(folder, reason) from reason


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old one or the whole new one, never half of it; raises ReportError."""
    unfinished: str | None = None
    try:
        handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(unfinished).chmod(0o644)  # mkstemp makes it readable by its owner only
        Path(unfinished).replace(path)
    except OSError as reason:
        if unfinished is not None:
            Path(unfinished).unlink(missing_ok=True)
        raise _cannot_write(path, reason) from reason


def remove_file(path: Path) -> None:
    """Remove a file of a report if it is there; raises ReportError when it cannot be removed."""
    try:
        path.unlink(missing_ok=True)
    except OSError as reason:
        raise _cannot_write(path, reason) from reason


def _cannot_write(path: Path, reason: OSError) -> ReportError:
    return ReportError(
        f"{path} cannot be written: {reason.strerror or reason}; make room or choose another folder with --report"
    )


class JsonReport:
    """A consumer that writes ``report.json`` into the report's folder (None: nowhere) when the run is over.

    Raises ReportError.
    """

    def __init__(self, report: Path | None) -> None:
        self._folder = prepare_folder(report) if report is not None else None
        self._summary = RunSummary()

    def __call__(self, event: Event) -> None:
        """Take the next event."""
        self._summary(event)
        if isinstance(event, RunFinished) and self._folder is not None:
            write_whole(self._folder / FILE_NAME, self.text().encode("utf-8") + b"\n")

    def text(self) -> str:
        """Return the report as JSON text."""
        return json.dumps(as_json(self._summary, self._folder), ensure_ascii=False, indent=2)


def as_json(summary: RunSummary, folder: Path | None = None) -> Json:
    """Return a run as one JSON object; journals inside the report's folder are named relative to it."""
    return {
        "schema_version": SCHEMA_VERSION,
        "run": _run(summary),
        "result": {
            "outcome": summary.outcome.value.replace(" ", "_"),
            "exit_code": summary.exit_code,
            "requirements": {_STATUS[status]: summary.count(status) for status in Status if status is not Status.ERROR},
        },
        "requirements": [_requirement(verdict) for verdict in summary.verdicts],
        "waivers": _waivers(summary),
        "scenarios": [_scenario(scenario, folder) for scenario in summary.scenarios],
        "harness_failures": [
            {"where": failure.where, "message": failure.message} for failure in summary.harness_failures
        ],
    }


def _waivers(summary: RunSummary) -> list[Json]:
    faults = dict(summary.waiver_faults)
    return [
        {
            "requirement": waiver.requirement,
            "reason": waiver.reason,
            "until": waiver.until.isoformat(),
            "fault": faults[waiver].value if waiver in faults else None,
        }
        for waiver in (summary.started.waivers if summary.started else ())
    ]


def _run(summary: RunSummary) -> Json:
    started, finished = summary.started, summary.finished
    return {
        "suite_version": started.suite_version if started else None,
        "retailer": started.retailer if started else None,
        "profile": started.profile if started else None,
        "security": started.security if started else None,
        "seed": started.seed if started else None,
        "assumed_requirements": started.assumed_requirements if started else None,
        "started_at": started.started_at.isoformat() if started else None,
        "finished_at": finished.finished_at.isoformat() if finished else None,
        "seconds": round(finished.seconds, 3) if finished else None,
        "system": {
            "name": finished.retailer_name if finished else None,
            "version": finished.retailer_version if finished else None,
            "can": list(finished.can) if finished else [],
        },
        "driver_log": finished.driver_log[-_LOG_CHARACTERS:] if finished else "",
        "notes": list(finished.notes) if finished else [],
    }


def _requirement(verdict: RequirementVerdict) -> Json:
    info = verdict.info
    return {
        "id": info.id,
        "chapter": verdict.chapter,
        "level": info.level,
        "basis": info.basis,
        "source": info.source,
        "text": {"lv": info.text_lv, "en": info.text_en},
        "remedy": {"lv": info.remedy_lv, "en": info.remedy_en},
        "status": _STATUS[verdict.status],
        "checked": verdict.checked,
        "breaches": [_breach(breach) for breach in verdict.breaches],
    }


def _breach(seen: SeenBreach) -> Json:
    breach = seen.breach
    return {
        "scenario": seen.scenario,
        "message": _languages(breach.message),
        "expected": _languages(breach.expected),
        "evidence": [
            {"entry": evidence.entry, "path": evidence.path, "excerpt": evidence.excerpt}
            for evidence in breach.evidence
        ],
    }


def _languages(text: Shown) -> Json:
    return {language: text.in_language(language) for language in LANGUAGES}


def _scenario(result: ScenarioResult, folder: Path | None) -> Json:
    finished = result.finished
    return {
        "id": result.scenario,
        "title": result.title,
        "feature": result.feature,
        "status": _STATUS[finished.status],
        "reason": finished.reason,
        "seconds": round(finished.seconds, 3),
        "entries": finished.entries,
        "journal": _inside(finished.journal, folder),
        "broken": list(result.broken),
    }


def _inside(journal: Path | None, folder: Path | None) -> str | None:
    if journal is None:
        return None
    if folder is not None and journal.is_relative_to(folder):
        return journal.relative_to(folder).as_posix()
    return str(journal)
