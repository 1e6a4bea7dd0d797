"""What happens to certificates and tokens."""

from __future__ import annotations

from pytest_bdd import given, when

from conformance.scenarios.stage import Stage
from conformance.scenarios.steps.words import Sentence


@given(Sentence("tokens of the STS hold for {count} seconds"))
def _short_tokens(stage: Stage, count: int) -> None:
    stage.token_seconds = count


@when("the token of the retailer ends")
def _ends(stage: Stage) -> None:
    stage.until_token_ends()


@when("the next connection meets a server with another authority's certificate")
def _impostor(stage: Stage) -> None:
    stage.impersonate()


@when(Sentence("the next token of the STS {spoilt}"))
def _spoilt(stage: Stage, spoilt: str) -> None:
    stage.spoil_token(spoilt)
