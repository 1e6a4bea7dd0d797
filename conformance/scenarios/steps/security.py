"""Steps about certificates and tokens."""

from __future__ import annotations

from pytest_bdd import given, when

from conformance.scenarios.environment import Environment
from conformance.scenarios.steps.sentences import Sentence


@given(Sentence("tokens of the STS hold for {count} seconds"))
def _short_tokens(environment: Environment, count: int) -> None:
    environment.token_seconds = count


@when("the token of the retailer ends")
def _ends(environment: Environment) -> None:
    environment.faults.let_token_expire()


@when("the next connection meets a server with another authority's certificate")
def _impostor(environment: Environment) -> None:
    environment.faults.on_connection()


@when(Sentence("the next token of the STS {token_fault}"))
def _invalid(environment: Environment, token_fault: str) -> None:
    environment.faults.on_token(token_fault)
