"""How a scenario is called in reports: its sentence in English, and the one that follows ``Latviski:`` below it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_bdd.scenario import scenario_wrapper_template_registry

_folders = {Path(__file__).parent}
_LATVIAN = re.compile(r"Latviski:\s*(.+)", re.DOTALL)
_PLACE = re.compile(r"<([\w ]+)>")


@dataclass(frozen=True, slots=True)
class Titles:
    """A scenario and its feature in English and in Latvian (English where nothing is said in Latvian)."""

    title: str
    title_lv: str
    feature: str
    feature_lv: str


def scenario_of(item: Any) -> Any:
    """The scenario (or outline) that a pytest item plays."""
    return scenario_wrapper_template_registry[item.obj]


def is_ours(item: Any) -> bool:
    """Whether a pytest item is one of the suite's scenarios; a user's own tests may stand in the same run."""
    function = getattr(item, "obj", None)
    scenario = None if function is None else scenario_wrapper_template_registry.get(function)
    return scenario is not None and Path(scenario.feature.filename).parent in _folders


def add_folder(folder: Path) -> None:
    """Count the scenarios of another folder among ours."""
    _folders.add(folder)


def titles_of(item: Any) -> Titles:
    """The titles of a pytest item, with the words of its example in their places."""
    scenario = scenario_of(item)
    example = example_of(item)
    return Titles(
        title=_filled(scenario.name, example),
        title_lv=_filled(_latvian(scenario.description) or scenario.name, example),
        feature=scenario.feature.name,
        feature_lv=_latvian(scenario.feature.description) or scenario.feature.name,
    )


def example_of(item: Any) -> dict[str, str]:
    """The words of the example that an item of an outline plays; none for a plain scenario."""
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    return dict(parameters.get("_pytest_bdd_example", {}))


def _filled(text: str, example: dict[str, str]) -> str:
    return _PLACE.sub(lambda place: example.get(place[1], place[0]), text)


def _latvian(description: str | None) -> str | None:
    found = _LATVIAN.search(description or "")
    return " ".join(found[1].split()) if found else None
