from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from simulator.aldis.rates import Rates, Worth, no_rate
from simulator.documents.profile import load_profile
from simulator.domain.model import Category, Period
from tests.simulator.aldis.people import counts

LATER = date(2030, 1, 1)


@pytest.fixture(scope="module")
def rates() -> Rates:
    return Rates(load_profile().rates)


@pytest.mark.parametrize(
    ("period", "low_income", "disabled_child", "group_1", "guardian", "large_family"),
    [  # the table of the domain: EUR a month, without VAT
        ("2021-08", 0, 0, 0, 0, 0),
        ("2021-09", 5, 5, 5, 0, 10),
        ("2021-10", 5, 5, 5, 0, 10),
        ("2021-11", 15, 15, 15, 0, 20),
        ("2023-07", 15, 15, 15, 0, 20),
        ("2023-08", 20, 20, 20, 0, 25),
        ("2023-12", 20, 20, 20, 0, 25),
        ("2024-01", 20, 20, 20, 20, 25),
        ("2026-03", 20, 20, 20, 20, 25),
    ],
)
def test_the_rates_of_each_span(
    rates: Rates, period: str, low_income: int, disabled_child: int, group_1: int, guardian: int, large_family: int
) -> None:
    month = Period.parse(period)
    found = [
        rates.worth(counts(**{category: 1}), month, LATER).amount
        for category in ("low_income", "disabled_child", "disability_group_1", "guardian", "large_family")
    ]
    assert found == [low_income, disabled_child, group_1, guardian, large_family]


def test_categories_add_up(rates: Rates) -> None:
    # A large family, 25.00, with one child with a disability, 20.00: 45.00.
    found = rates.worth(counts(large_family=1, disabled_child=1), Period(2026, 3), LATER)
    assert found.amount == Decimal("45.00")
    assert found.paid == counts(large_family=1, disabled_child=1)
    assert "documented: Cabinet Regulation No. 345" in found.lines[0].en


def test_children_and_wards_count_each(rates: Rates) -> None:
    # 3 children of 20.00 and 2 wards of 20.00: 100.00.
    assert rates.worth(counts(disabled_child=3, guardian=2), Period(2026, 3), LATER).amount == Decimal("100.00")
    # Before February 2022 a family got one amount, however many children: 15.00.
    january = rates.worth(counts(disabled_child=3), Period(2022, 1), LATER)
    assert (january.amount, january.paid) == (Decimal("15.00"), counts(disabled_child=1))
    assert rates.worth(counts(disabled_child=3), Period(2022, 2), LATER).amount == Decimal("45.00")


def test_the_rise_of_august_2023_covers_august_once_it_is_known(rates: Rates) -> None:
    august, poor = Period(2023, 8), counts(low_income=1)
    # On the 7th of August the rise was not in force yet: the old 15.00 go on. On the 26th it was, from August on.
    assert rates.worth(poor, august, date(2023, 8, 7)).amount == Decimal("15.00")
    assert rates.worth(poor, august, date(2023, 8, 25)).amount == Decimal("15.00")
    assert rates.worth(poor, august, date(2023, 8, 26)).amount == Decimal("20.00")
    assert rates.worth(poor, Period(2023, 7), date(2023, 9, 7)).amount == Decimal("15.00")


def test_a_category_without_a_rate_is_named(rates: Rates) -> None:
    found = rates.worth(counts(guardian=1), Period(2023, 12), LATER)
    assert found == Worth(Decimal("0.00"), (), (no_rate(Category.GUARDIAN, Period(2023, 12)),))
