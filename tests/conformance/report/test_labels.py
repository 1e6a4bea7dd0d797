"""The grouping of a requirement's breaches: three of a kind are shown, the others counted."""

from __future__ import annotations

from dataclasses import replace

from conformance.report.summary import SeenBreach, grouped, other_places
from simulator.domain.language import Bilingual
from tests.conformance.report.runs import breach


def _seen(message: str, scenario: str = "The month") -> SeenBreach:
    return SeenBreach(scenario, replace(breach(), message=Bilingual(message, message)), f"{scenario} (lv)")


def test_breaches_that_differ_in_figures_only_are_of_a_kind() -> None:
    breaches = [_seen(f"{number}.93 EUR was applied on R-{number}") for number in range(5)]
    (group,) = grouped(breaches)
    assert group.shown == tuple(breaches[:3])
    assert group.others == tuple(breaches[3:])


def test_another_kind_is_never_hidden_by_many_of_the_first() -> None:
    breaches = [*(_seen(f"{number}.93 EUR was applied") for number in range(400)), _seen("VAT was covered")]
    many, one = grouped(breaches)
    assert (len(many.others), one.shown, one.others) == (397, (breaches[-1],), ())


def test_the_rest_is_told_with_its_scenarios_each_once() -> None:
    others = [_seen("1 EUR", "The year"), _seen("2 EUR", "The month"), _seen("3 EUR", "The month")]
    assert other_places(others).in_language("en") == "and 3 more places: The month; The year"
    assert other_places(others[:1]).in_language("lv") == "un vēl 1 cita vieta: The year (lv)"
