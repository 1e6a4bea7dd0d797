"""Reproducers: features that run a failed scenario again, with the seed of the run in which it failed.

The selection of scenarios by ``--only``: chapters, requirements, tags, features and titles.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_bdd.feature import get_feature
from pytest_bdd.scenario import get_python_name_generator

from conformance.report.events import Event, RunStarted, ScenarioFinished, Status
from conformance.report.json_report import prepare_folder, remove_file, write_whole
from conformance.requirements.catalogue import CHAPTERS, NEEDS
from conformance.requirements.catalogue import load as load_requirements
from conformance.run.configuration import EXPLORATION, SuiteConfig
from conformance.scenarios.titles import tags_of
from simulator.domain.errors import UserError

FOLDER = "reproducers"
_FIRST_LINE = "# retailer: "  # of a file that ReproducerReport writes
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
    """A consumer of events that writes a feature for each failed scenario into the report.

    The reproducers that an earlier run wrote into the same folder are removed when the first scenario has run; other
    files stay. Raises ReportError.
    """

    def __init__(self, report: Path) -> None:
        self._folder = report / FOLDER
        self._retailer = ""
        self._is_emptied = False

    def __call__(self, event: Event) -> None:
        """Take the next event."""
        if isinstance(event, RunStarted):
            self._retailer = " ".join(event.retailer.split())
        if isinstance(event, ScenarioFinished) and not self._is_emptied:
            self._is_emptied = True
            _remove_reproducers(self._folder)
        if isinstance(event, ScenarioFinished) and event.reproducer and event.status is Status.FAILED:
            feature = f"{_FIRST_LINE}{self._retailer}\n{event.reproducer}"
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


def _remove_reproducers(folder: Path) -> None:
    for path in folder.glob("*.feature"):
        try:
            text = _text(path)
        except ReproducerError:
            continue  # a file of the user's
        if text.startswith(_FIRST_LINE):
            remove_file(path)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as reason:
        raise ReproducerError(f"{path}: cannot be read: {reason}") from reason


def _read(path: Path) -> Reproducer:
    text = _text(path)
    seed, retailer = _SEED.search(text), _RETAILER.search(text)
    if seed is None or "Scenario:" not in text:
        raise ReproducerError(f"{path}: is no reproducer: a feature with a scenario and a line '# seed: N' is expected")
    return Reproducer(path, int(seed[1]), retailer[1] if retailer is not None else None)


_REQUIREMENT = re.compile(r"[A-Z]{3}-\d{2}")
TAGS = frozenset({"misbehaviour", *NEEDS})
"""The tags of scenarios that are not requirements."""


class SelectionError(UserError):
    """A word selects no scenario that this run can have; says which word, and what to write instead."""


def is_tag(word: str) -> bool:
    """Return True for a tag of the suite's scenarios."""
    return word in TAGS or _REQUIREMENT.fullmatch(word) is not None


def is_selected(scenario: Any, config: SuiteConfig, *names: str) -> bool:
    """Return True when a run has a scenario: it has what the scenario needs, and ``only`` names it or is empty.

    ``names`` are further names of the scenario, such as that of its test function.
    """
    if tags_of(scenario) & set(NEEDS) - config.retailer.switched_on:
        return False
    known = _names(scenario) | {name.casefold() for name in names}
    return not config.only or any(word.casefold() in known for word in config.only)


def count_selected(config: SuiteConfig) -> int:
    """Return how many scenarios a run has, without collecting them by pytest; an outline counts once per example."""
    return sum(
        max(1, sum(len(list(examples.as_contexts())) for examples in scenario.examples))
        for scenario in _scenarios(config.scenarios)
        if is_selected(scenario, config)
    )


def scenario_functions(folder: Path) -> frozenset[str]:
    """Return the names of the test functions that pytest-bdd makes of a folder's scenarios."""
    functions: set[str] = set()
    for scenario in _scenarios(folder):
        functions.add(next(name for name in get_python_name_generator(scenario.name) if name not in functions))
    return frozenset(functions)


def check_selection(only: Collection[str], folder: Path, switched_on: Collection[str]) -> None:
    """Raise SelectionError for a word that names nothing, or only scenarios that need what is not switched on."""
    if not only:
        return
    needs_by_name: dict[str, list[frozenset[str]]] = {}
    for scenario in _scenarios(folder):
        for name in _names(scenario):
            needs_by_name.setdefault(name, []).append(tags_of(scenario) & set(NEEDS))
    known = {*needs_by_name, EXPLORATION, *(chapter.casefold() for chapter in CHAPTERS)}
    known |= {requirement.id.casefold() for requirement in load_requirements()}
    for word in only:
        name = word.casefold()
        if name not in known and not name.startswith("test_"):
            nearest = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {nearest[0]}?" if nearest else ""
            raise SelectionError(
                f"--only {word}: there is no chapter, requirement, tag, feature or scenario of that name"
                f"{hint} (aldis requirements lists chapters and requirements)"
            )
        lacking = [needs - frozenset(switched_on) for needs in needs_by_name.get(name, ())]
        if lacking and all(lacking):
            raise SelectionError(f"--only {word}: {NEEDS[min(lacking[0])]}")


def _scenarios(folder: Path) -> Iterator[Any]:
    for path in sorted(folder.glob("*.feature")):
        yield from get_feature(str(folder), path.name).scenarios.values()


def _names(scenario: Any) -> frozenset[str]:
    """Return everything that ``--only`` can select a scenario by, in lower case."""
    tags = tags_of(scenario)
    chapters = {tag.partition("-")[0] for tag in tags if _REQUIREMENT.fullmatch(tag)}
    names = {*tags, *chapters, scenario.name, Path(scenario.feature.filename).stem}
    return frozenset(name.casefold() for name in names)
