"""What does one failed case again: a feature with the seed that it was played with."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from conformance.report.events import Event, ScenarioFinished, Status
from conformance.report.writing import prepare_folder, write_whole
from conformance.scenarios.titles import example_of, scenario_of, titles_of

FOLDER = "reproducers"
_SEED = re.compile(r"^# seed: (\d+)\s*$", re.MULTILINE)


class ReproducerError(Exception):
    """A reproducer cannot be used; says which file and why."""


class ReproducerReport:
    """A consumer that writes a feature for each failed scenario into the report's folder. Raises ReportError."""

    def __init__(self, report: Path) -> None:
        self._folder = report / FOLDER

    def __call__(self, event: Event) -> None:
        """Take the next event."""
        if isinstance(event, ScenarioFinished) and event.reproducer and event.status is Status.FAILED:
            name = re.sub(r"\W+", "_", event.scenario.removeprefix("test_")).strip("_")
            write_whole(prepare_folder(self._folder) / f"{name}.feature", event.reproducer.encode())


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


def read_reproducer(path: Path) -> tuple[Path, int]:
    """The feature file of a reproducer, or of the only one in a folder (of a report, too), and its seed.

    Raises ReproducerError.
    """
    if path.is_dir():
        folder = path / FOLDER if (path / FOLDER).is_dir() else path
        found = sorted(folder.glob("*.feature"))
        if len(found) != 1:
            names = ", ".join(each.name for each in found) or "none"
            raise ReproducerError(f"{folder}: expected one reproducer, found {names}; name the file")
        path = found[0]
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as reason:
        raise ReproducerError(f"{path}: cannot be read: {reason}") from reason
    seed = _SEED.search(text)
    if seed is None or "Scenario:" not in text:
        raise ReproducerError(f"{path}: is no reproducer: a feature with a scenario and a line '# seed: N' is expected")
    return path, int(seed[1])
