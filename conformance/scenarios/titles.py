"""The scenario behind a pytest item, and its titles: English from the feature, Latvian from its ``Latviski:`` line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_bdd.scenario import scenario_wrapper_template_registry

_LATVIAN = re.compile(r"Latviski:\s*(.+)", re.DOTALL)
_PLACEHOLDER = re.compile(r"<([\w ]+)>")


@dataclass(frozen=True, slots=True)
class Titles:
    """The titles of a scenario and its feature; the Latvian ones are English where no Latvian is given."""

    title: str
    title_lv: str
    feature: str
    feature_lv: str


def scenario_of(function: Any, folder: Path) -> Any | None:
    """Return the pytest-bdd scenario (or outline) of a test function; None unless its feature lies in the folder."""
    try:
        scenario = scenario_wrapper_template_registry.get(function)
    except TypeError:  # whatever else stands in a module of tests and has no weak references
        return None
    return scenario if scenario is not None and Path(scenario.feature.filename).parent == folder else None


def titles_of(item: Any) -> Titles:
    """Return the titles of the scenario of a pytest item, with the values of its example filled in."""
    return template_titles(scenario_wrapper_template_registry[item.obj], example_of(item))


def template_titles(scenario: Any, example: Mapping[str, str] | None = None) -> Titles:
    """Return the titles of a scenario or outline; without an ``example``, an outline's placeholders are left as is."""
    example = example or {}
    return Titles(
        title=_filled(scenario.name, example),
        title_lv=_filled(_latvian(scenario.description) or scenario.name, example),
        feature=scenario.feature.name,
        feature_lv=_latvian(scenario.feature.description) or scenario.feature.name,
    )


def tags_of(scenario: Any) -> frozenset[str]:
    """Return the tags of a scenario and of its feature, without the @."""
    return frozenset({*scenario.tags, *scenario.feature.tags})


def example_of(item: Any) -> dict[str, str]:
    """Return the values of the example that an item of an outline runs; empty for a plain scenario."""
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    return dict(parameters.get("_pytest_bdd_example", {}))


def feature_of(item: Any, seed: int) -> str:
    """Return the scenario of a pytest item as a separate feature, which ``aldis replay`` runs with the same seed."""
    titles = titles_of(item)
    scenario = scenario_wrapper_template_registry[item.obj].render(example_of(item))
    lines = [f"# seed: {seed}", f"Feature: {titles.feature}", "", f"  Scenario: {titles.title}"]
    lines.append(f"    Latviski: {titles.title_lv}")
    for step in scenario.steps:
        lines.append(f"    {step.keyword.strip()} {step.name}")
        rows: Any = step.datatable.raw() if step.datatable is not None else ()
        lines += [f"      | {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _filled(text: str, example: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda placeholder: example.get(placeholder[1], placeholder[0]), text)


def _latvian(description: str | None) -> str | None:
    match = _LATVIAN.search(description or "")
    return " ".join(match[1].split()) if match else None
