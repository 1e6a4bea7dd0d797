"""What ``--only`` can name: chapters, requirements, tags, features and titles of scenarios."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from pathlib import Path

from pytest_bdd.feature import get_feature

from conformance.exploration.exploring import NAME as EXPLORATION
from conformance.requirements.catalogue import CHAPTERS, NEEDS
from conformance.requirements.catalogue import load as load_requirements
from simulator.domain.errors import UserError


class SelectionError(UserError):
    """A word names nothing that could be played; says which, and what to write instead."""


def check_selection(only: Collection[str], folder: Path, switched_on: Collection[str]) -> None:
    """Raise SelectionError for a word that names nothing, or only what this run cannot play."""
    if not only:
        return
    needed: dict[str, list[frozenset[str]]] = {}
    for names, needs in _scenarios(folder):
        for each in names:
            needed.setdefault(each, []).append(needs)
    known = {*needed, EXPLORATION, *(each.casefold() for each in CHAPTERS)}
    known |= {each.id.casefold() for each in load_requirements()}
    for word in only:
        name = word.casefold()
        if name not in known and not name.startswith("test_"):
            near = difflib.get_close_matches(name, known, n=1)
            raise SelectionError(
                f"--only {word}: there is no chapter, requirement, tag, feature or scenario of that name"
                f"{f'; did you mean {near[0]}?' if near else ''} (aldis requirements lists chapters and requirements)"
            )
        lacking = [each - frozenset(switched_on) for each in needed.get(name, ())]
        if lacking and all(lacking):
            raise SelectionError(f"--only {word}: {NEEDS[min(lacking[0])]}")


def _scenarios(folder: Path) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    """By what each scenario can be named, and what it needs."""
    for path in sorted(folder.glob("*.feature")):
        feature = get_feature(str(folder), path.name)
        for scenario in feature.scenarios.values():
            tags = {*scenario.tags, *feature.tags}
            names = {each.casefold() for each in (*tags, scenario.name, path.stem)}
            names |= {each.partition("-")[0] for each in names if each.partition("-")[0].upper() in CHAPTERS}
            yield frozenset(names), frozenset(tags & set(NEEDS))
