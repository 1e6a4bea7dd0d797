"""What does one failed case again: a feature with the seed that it was played with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.report.events import Event, RunStarted, ScenarioFinished, Status
from conformance.report.writing import prepare_folder, write_whole
from conformance.scenarios.titles import example_of, scenario_of, titles_of
from simulator.domain.errors import UserError

FOLDER = "reproducers"
_SEED = re.compile(r"^# seed: (\d+)\s*$", re.MULTILINE)
_RETAILER = re.compile(r"^# retailer: (.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Reproducer:
    """A feature file, the seed that it was played with, and whose system failed (None: not told)."""

    path: Path
    seed: int
    retailer: str | None


class ReproducerError(UserError):
    """A reproducer cannot be used; says which file and why."""


class ReproducerReport:
    """A consumer that writes a feature for each failed scenario into the report's folder. Raises ReportError."""

    def __init__(self, report: Path) -> None:
        self._folder = report / FOLDER
        self._retailer = ""

    def __call__(self, event: Event) -> None:
        """Take the next event."""
        if isinstance(event, RunStarted):
            self._retailer = " ".join(event.retailer.split())
        if isinstance(event, ScenarioFinished) and event.reproducer and event.status is Status.FAILED:
            name = re.sub(r"\W+", "_", event.scenario.removeprefix("test_")).strip("_")
            told = f"# retailer: {self._retailer}\n{event.reproducer}"
            write_whole(prepare_folder(self._folder) / f"{name}.feature", told.encode())


def feature_of(item: Any, seed: int) -> str:
    """The scenario of a pytest item as a feature of its own, with the words of its example in their places."""
    titles = titles_of(item)
    scenario = scenario_of(item).render(example_of(item))
    lines = [f"# seed: {seed}", f"Feature: {titles.feature}", "", f"  Scenario: {titles.title}"]
    lines.append(f"    Latviski: {titles.title_lv}")
    for step in scenario.steps:
        lines.append(f"    {step.keyword.strip()} {step.name}")
        rows = step.datatable.raw() if step.datatable is not None else ()
        lines += [f"      | {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def read_reproducers(path: Path) -> tuple[Reproducer, ...]:
    """A reproducer, or all of a folder (of a report, too), which were played with one seed. Raises ReproducerError."""
    if not path.is_dir():
        return (_read(path),)
    folder = path / FOLDER if (path / FOLDER).is_dir() else path
    found = tuple(_read(each) for each in sorted(folder.glob("*.feature")))
    if not found:
        raise ReproducerError(f"{folder}: there is no reproducer; `aldis check --report` writes one for each failure")
    if len({each.seed for each in found}) > 1:
        names = ", ".join(f"{each.path.name} ({each.seed})" for each in found)
        raise ReproducerError(f"{folder}: reproducers of one seed can be played together, found {names}; name the file")
    return found


def _read(path: Path) -> Reproducer:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as reason:
        raise ReproducerError(f"{path}: cannot be read: {reason}") from reason
    seed, retailer = _SEED.search(text), _RETAILER.search(text)
    if seed is None or "Scenario:" not in text:
        raise ReproducerError(f"{path}: is no reproducer: a feature with a scenario and a line '# seed: N' is expected")
    return Reproducer(path, int(seed[1]), retailer[1] if retailer is not None else None)
