"""Links from a requirement to what tests it: its rule, its scenarios, and the faulty retailers that break it."""

from __future__ import annotations

import importlib
import importlib.util
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pytest_bdd.feature import get_features

import conformance.rules
from conformance.requirements.catalogue import load
from conformance.rules.registry import rule_of
from conformance.run.configuration import SCENARIOS
from conformance.scenarios.titles import Titles, tags_of, template_titles

_TESTS = Path(conformance.__file__).parents[1] / "tests"


@dataclass(frozen=True, slots=True)
class RuleLocation:
    """The function that judges a requirement, and the module that it stands in (``conformance.rules.payouts``)."""

    module: str
    function: str

    @property
    def file(self) -> str:
        """Path of the module, from the folder that holds the packages."""
        return f"{self.module.replace('.', '/')}.py"


@dataclass(frozen=True, slots=True)
class FaultyRetailer:
    """A variant of the reference retailer with one fault, and the scenario in which a test sees the rule find it.

    ``name`` is module and class below tests/mutants, for example ``money:VatCovered``.
    """

    name: str
    fault: str
    scenario: str


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything that tests one requirement. ``rule`` is None when no rule judges it.

    ``scenarios`` are those whose own or whose feature's tags name the requirement; the rule judges the traffic of all
    others too. ``faulty_retailers`` is empty where the tests of the suite are not installed beside it.
    """

    rule: RuleLocation | None
    scenarios: tuple[Titles, ...]
    faulty_retailers: tuple[FaultyRetailer, ...]


def trace(requirement: str) -> Trace:
    """Return what tests the requirement of this id, for example ``PAY-03``. An unknown id gives an empty trace."""
    rule = rule_of(requirement)
    return Trace(
        rule=None if rule is None else RuleLocation(rule.__module__, rule.__qualname__),
        scenarios=_scenarios().get(requirement, ()),
        faulty_retailers=_faulty_retailers().get(requirement, ()),
    )


@cache
def _scenarios() -> Mapping[str, tuple[Titles, ...]]:
    known = {requirement.id for requirement in load()}
    tagged: dict[str, tuple[Titles, ...]] = defaultdict(tuple)
    for feature in get_features([str(SCENARIOS)]):
        for scenario in feature.scenarios.values():
            for requirement in tags_of(scenario) & known:
                tagged[requirement] += (template_titles(scenario),)
    return tagged


@cache
def _faulty_retailers() -> Mapping[str, tuple[FaultyRetailer, ...]]:
    """Read the table of faulty retailers of this checkout; a package ``tests`` of someone else is never imported."""
    spec = importlib.util.find_spec("tests")
    if not (_TESTS / "mutants" / "table.py").is_file() or spec is None or spec.origin != str(_TESTS / "__init__.py"):
        return {}
    table = importlib.import_module("tests.mutants.table").TABLE
    faulty: dict[str, tuple[FaultyRetailer, ...]] = defaultdict(tuple)
    for mutant in table:
        faulty[mutant.requirement] += (FaultyRetailer(mutant.variant, mutant.fault, mutant.scenario),)
    return faulty
