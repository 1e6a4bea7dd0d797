"""The selection of scenarios by ``--only``: chapters, requirements, tags, features and titles."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from pytest_bdd.feature import get_feature

from conformance.requirements.catalogue import CHAPTERS, NEEDS
from conformance.requirements.catalogue import load as load_requirements
from conformance.run.configuration import EXPLORATION, SuiteConfig
from conformance.scenarios.titles import tags_of
from simulator.domain.errors import UserError

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
