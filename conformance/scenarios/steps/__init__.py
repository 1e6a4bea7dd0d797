"""The steps that scenarios are written in, and how one is run outside pytest."""

from __future__ import annotations

from typing import Any

from pytest_bdd.steps import StepNamePrefix, step_function_context_registry

from conformance.scenarios.environment import Environment, ScenarioError
from conformance.scenarios.steps import business, exchange, people, security

STEPS = (people, business, exchange, security)
"""The modules of steps, as pytest plugins."""


def run_step(sentence: str, environment: Environment) -> None:
    """Run the step of a sentence in an environment. Raises ScenarioError when no step matches."""
    for context in _contexts():
        if context.parser.is_matching(sentence):
            context.step_func(environment=environment, **context.parser.parse_arguments(sentence))
            return
    raise ScenarioError(f"there is no such sentence: {sentence!r}")


def _contexts() -> list[Any]:
    prefix = StepNamePrefix.step_def.value
    fixtures = (value for module in STEPS for name, value in vars(module).items() if name.startswith(prefix))
    return [step_function_context_registry[fixture._get_wrapped_function()] for fixture in fixtures]  # noqa: SLF001
