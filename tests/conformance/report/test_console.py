"""The report on the terminal: each cause once, and no long lists of equal lines."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from conformance.report.console import ConsoleReport
from conformance.report.events import Event, Status
from tests.conformance.report.runs import judged, run, scenario


def shown(*scenarios: tuple[Event, ...], lang: str = "en") -> str:
    target = StringIO()
    report = ConsoleReport(lang=lang, console=Console(file=target, width=200))
    for event in run(*scenarios):
        report(event)
    return target.getvalue()


def untested(name: str, reason: str) -> tuple[Event, ...]:
    return scenario(name, status=Status.NOT_TESTED, reason=reason)


@pytest.mark.parametrize(("lang", "more"), [("en", "and 4 more"), ("lv", "un vēl 4")])
def test_a_reason_that_many_scenarios_share_stands_once(lang: str, more: str) -> None:
    page = shown(*(untested(f"month {number}", "nobody asked") for number in range(5)), lang=lang)
    assert page.count("nobody asked") == 1
    assert '"The month 0"' in page
    assert more in page
    assert '"The month 1"' not in page


def test_a_few_scenarios_are_all_named_and_other_reasons_stand_apart() -> None:
    page = shown(*(untested(name, "nobody asked") for name in ("a", "b", "c")), untested("d", "it cannot"))
    assert all(f'"The {name}"' in page for name in "abcd")
    assert (page.count("nobody asked"), page.count("it cannot")) == (1, 1)
    assert "more" not in page.partition("Scenarios that were not tested")[2]


def test_what_passed_is_counted_and_not_listed() -> None:
    page = shown(scenario("month", judged("DIT-01")))
    assert "PASSED" in page
    assert "Scenarios that" not in page


def test_what_is_wrong_with_the_driver_stands_first() -> None:
    page = shown(scenario("month", judged("CON-01", 1, broken=1), judged("DRV-04", 1, broken=1)))
    assert page.index("DRV-04") < page.index("CON-01")


def test_of_many_equal_breaches_three_are_shown_and_the_rest_is_counted() -> None:
    page = shown(scenario("month", judged("PAY-01", 319, broken=319)))
    assert page.count("14.93 EUR was applied") == 3
    assert "and 316 more places: The month" in page
