"""The scenarios themselves: readable, in both languages, and each situation of the field is among them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pytest_bdd.feature import get_feature

from conformance.requirements.catalogue import load
from conformance.run.configuration import SCENARIOS
from conformance.run.reproducers import TAGS
from conformance.scenarios.steps.sentences import CALL_FAULTS, DELIVERY_FAULTS, TOKEN_FAULTS
from simulator.fault_injection.faults import CONNECTING, KINDS

FEATURES = [get_feature(str(SCENARIOS), path.name) for path in sorted(SCENARIOS.glob("*.feature"))]
ALL = [(feature, scenario) for feature in FEATURES for scenario in feature.scenarios.values()]
SENTENCE = 130  # characters that a person reads in one go


def test_there_are_many() -> None:
    assert len(ALL) >= 60
    assert len({scenario.name for _, scenario in ALL}) == len(ALL)


@pytest.mark.parametrize(("feature", "scenario"), ALL, ids=[scenario.name for _, scenario in ALL])
def test_a_scenario_can_be_read(feature: object, scenario: object) -> None:
    assert "Latviski:" in scenario.description  # type: ignore[attr-defined]
    assert re.search(r"[āčēģīķļņšūž]", scenario.description)  # type: ignore[attr-defined]
    assert "Latviski:" in feature.description  # type: ignore[attr-defined]
    assert all(len(step.name) <= SENTENCE for step in scenario._steps)  # type: ignore[attr-defined]
    known = {requirement.id for requirement in load()} | TAGS
    assert scenario.tags  # type: ignore[attr-defined]
    assert set(scenario.tags) <= known  # type: ignore[attr-defined]


def test_every_injected_fault_is_in_a_scenario() -> None:
    sentences = {**CALL_FAULTS, **DELIVERY_FAULTS, **TOKEN_FAULTS}
    assert set(sentences.values()) | CONNECTING == set(KINDS)
    text = "\n".join(path.read_text(encoding="utf-8") for path in Path(SCENARIOS).glob("*.feature"))
    for sentence in sentences:
        assert sentence in text
