"""Plays single sentences, the same that scenarios are written in, without pytest."""

from __future__ import annotations

from datetime import date
from typing import Any

from pytest_bdd.steps import StepNamePrefix, step_function_context_registry

from conformance.scenarios.stage import ScenarioError, Stage
from conformance.scenarios.steps import STEPS
from conformance.scenarios.steps.words import MONTHS
from simulator.documents.model import Period


def play(sentence: str, stage: Stage) -> None:
    """Have happen what a sentence says; raises ScenarioError for one that nobody wrote a step for."""
    for context in _contexts():
        if context.parser.is_matching(sentence):
            context.step_func(stage=stage, **context.parser.parse_arguments(sentence))
            return
    raise ScenarioError(f"there is no such sentence: {sentence!r}")


def _contexts() -> list[Any]:
    prefix = StepNamePrefix.step_def.value
    made = (each for module in STEPS for name, each in vars(module).items() if name.startswith(prefix))
    return [step_function_context_registry[each._get_wrapped_function()] for each in made]  # noqa: SLF001


def day(value: date) -> str:
    """A day as sentences write it: ``1 March 2026``."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def month(value: Period) -> str:
    """A month as sentences write it: ``March 2026``."""
    return f"{MONTHS[value.month - 1]} {value.year}"


def story(title: str, sentences: list[tuple[str, str]], seed: int) -> str:
    """Sentences (each with Given, When or Then) as a feature that ``aldis replay`` plays again."""
    lines = [f"# seed: {seed}", "Feature: A story that failed", "", f"  Scenario: {title}"]
    before = ""
    for keyword, sentence in sentences:
        lines.append(f"    {'And' if keyword == before else keyword} {sentence}")
        before = keyword
    return "\n".join(lines) + "\n"
