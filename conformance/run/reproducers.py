"""Reproducers: features that run a failed scenario again, with the seed of the run in which it failed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from conformance.report.events import Event, RunStarted, ScenarioFinished, Status
from conformance.report.writing import prepare_folder, write_whole
from simulator.domain.errors import UserError

FOLDER = "reproducers"
_SEED = re.compile(r"^# seed: (\d+)\s*$", re.MULTILINE)
_RETAILER = re.compile(r"^# retailer: (.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Reproducer:
    """A feature file, the seed to run it with, and the retailer whose system failed (None: not known)."""

    path: Path
    seed: int
    retailer: str | None


class ReproducerError(UserError):
    """A reproducer cannot be used; says which file and why."""


class ReproducerReport:
    """A consumer of events that writes a feature for each failed scenario into the report. Raises ReportError."""

    def __init__(self, report: Path) -> None:
        self._folder = report / FOLDER
        self._retailer = ""

    def __call__(self, event: Event) -> None:
        """Take the next event."""
        if isinstance(event, RunStarted):
            self._retailer = " ".join(event.retailer.split())
        if isinstance(event, ScenarioFinished) and event.reproducer and event.status is Status.FAILED:
            feature = f"# retailer: {self._retailer}\n{event.reproducer}"
            write_whole(prepare_folder(self._folder) / f"{folder_name(event.scenario)}.feature", feature.encode())


def folder_name(scenario: str) -> str:
    """Return the name of a scenario's file or folder in a report."""
    return re.sub(r"\W+", "_", scenario.removeprefix("test_")).strip("_")


def read_reproducers(path: Path) -> tuple[Reproducer, ...]:
    """Read a reproducer, or all of a folder or report, which must share a seed. Raises ReproducerError."""
    if not path.is_dir():
        return (_read(path),)
    folder = path / FOLDER if (path / FOLDER).is_dir() else path
    reproducers = tuple(_read(file) for file in sorted(folder.glob("*.feature")))
    if not reproducers:
        raise ReproducerError(f"{folder}: there is no reproducer; `aldis check --report` writes one for each failure")
    if len({reproducer.seed for reproducer in reproducers}) > 1:
        names = ", ".join(f"{reproducer.path.name} ({reproducer.seed})" for reproducer in reproducers)
        raise ReproducerError(f"{folder}: reproducers of one seed can be run together, found {names}; name the file")
    return reproducers


def _read(path: Path) -> Reproducer:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as reason:
        raise ReproducerError(f"{path}: cannot be read: {reason}") from reason
    seed, retailer = _SEED.search(text), _RETAILER.search(text)
    if seed is None or "Scenario:" not in text:
        raise ReproducerError(f"{path}: is no reproducer: a feature with a scenario and a line '# seed: N' is expected")
    return Reproducer(path, int(seed[1]), retailer[1] if retailer is not None else None)
