from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.aldis.register import Protection, Register
from simulator.domain.model import Category, Period
from simulator.world.model import Arrears, Claim, Spell
from tests.simulator.aldis.people import ANNA, EDGARS_NEW, EDGARS_OLD, KAIMINS, PARAUGS, counts, edgars, poor, world

LATER = date(2030, 1, 1)


def _protection(period: str, *spells: Spell, known_on: date = LATER, **fields: Any) -> Protection:
    register = Register(world(*spells, **fields), determination_day=7)
    return register.protection(register.eligibility(ANNA.code), Period.parse(period), known_on)


def _spell(category: Category, count: int = 1) -> Spell:
    return Spell(ANNA.code, category, date(2020, 1, 1), count=count)


@pytest.mark.parametrize(
    ("since", "until", "protected"),
    [
        (date(2026, 3, 7), None, True),  # begins on the day that counts
        (date(2026, 3, 8), None, False),
        (date(2026, 1, 1), date(2026, 3, 7), True),
        (date(2026, 1, 1), date(2026, 3, 6), False),
    ],
)
def test_what_is_in_force_on_the_day_of_determination_counts(since: date, until: date | None, protected: bool) -> None:
    assert bool(_protection("2026-03", poor(ANNA, since, until)).categories) is protected


def test_a_late_fact_counts_once_it_is_known() -> None:
    late = poor(ANNA, date(2026, 1, 1), known_from=date(2026, 2, 10))
    assert _protection("2026-02", late, known_on=date(2026, 2, 9)).categories == ()
    assert _protection("2026-01", late, known_on=date(2026, 2, 10)).categories == counts(low_income=1)


def test_children_add_up_and_other_categories_count_once() -> None:
    protection = _protection(
        "2026-03",
        _spell(Category.DISABLED_CHILD),
        _spell(Category.DISABLED_CHILD, 2),
        _spell(Category.LOW_INCOME),
        _spell(Category.LOW_INCOME),
    )
    assert protection.categories == counts(low_income=1, disabled_child=3)


@pytest.mark.parametrize(
    ("period", "category", "excluded"),
    [
        ("2022-01", Category.LOW_INCOME, False),  # arrears exclude since February 2022
        ("2022-02", Category.LOW_INCOME, True),
        ("2022-12", Category.DISABILITY_GROUP_1, True),  # group I is exempt since January 2023
        ("2023-01", Category.DISABILITY_GROUP_1, False),
        ("2026-03", Category.LOW_INCOME, True),
        ("2026-03", Category.GUARDIAN, True),  # a guardian is not a person with group I
    ],
)
def test_arrears_exclude_but_group_1_is_exempt(period: str, category: Category, excluded: bool) -> None:
    debt = (Arrears(ANNA.code, date(2021, 1, 1)),)
    protection = _protection(period, _spell(category), arrears=debt)
    assert protection.excluded is excluded
    assert bool(protection.categories) is not excluded


def test_group_1_keeps_all_its_categories_in_spite_of_arrears() -> None:
    debt = (Arrears(ANNA.code, date(2021, 1, 1)),)
    protection = _protection("2026-03", _spell(Category.DISABILITY_GROUP_1), _spell(Category.LOW_INCOME), arrears=debt)
    assert protection.categories == counts(low_income=1, disability_group_1=1)
    assert "group I is exempt since 2023-01" in protection.why[-1].en


def test_arrears_that_ended_exclude_no_more() -> None:
    debt = (Arrears(ANNA.code, date(2026, 2, 1), date(2026, 3, 6)),)
    assert _protection("2026-02", poor(ANNA), arrears=debt).excluded
    assert not _protection("2026-03", poor(ANNA), arrears=debt).excluded


def test_a_person_is_the_same_under_every_code() -> None:
    someone = edgars(date(2026, 3, 10))
    debt = (Arrears(EDGARS_OLD, date(2026, 6, 1)),)
    register = Register(
        world(someone, Spell(EDGARS_OLD, Category.LOW_INCOME, date(2025, 1, 1)), arrears=debt), determination_day=7
    )
    assert register.identity(EDGARS_OLD) == register.identity(EDGARS_NEW.replace("-", "")) == EDGARS_NEW
    assert register.identity("190385-00140") is None
    eligibility = register.eligibility(EDGARS_NEW)
    assert register.protection(eligibility, Period(2026, 3), LATER).categories == counts(low_income=1)
    assert register.protection(eligibility, Period(2026, 6), LATER).excluded


def test_the_persons_own_word_comes_before_the_municipalitys() -> None:
    claims = (
        Claim(ANNA.code, PARAUGS.registration_number, "A", "municipality"),
        Claim(ANNA.code, KAIMINS.registration_number, "B", "person"),
    )
    register = Register(world(claims=claims), determination_day=7)
    assert [claim.contract for claim in register.claims(ANNA.code)] == ["B", "A"]


_dates = st.dates(date(2021, 11, 1), date(2026, 12, 31))
_spells = st.builds(
    lambda category, since, days: Spell(ANNA.code, category, since, None if days is None else since + timedelta(days)),
    st.sampled_from([Category.LOW_INCOME, Category.DISABILITY_GROUP_1, Category.LARGE_FAMILY]),
    _dates,
    st.none() | st.integers(0, 800),
)
_debts = st.builds(
    lambda since, days: Arrears(ANNA.code, since, None if days is None else since + timedelta(days)),
    _dates,
    st.none() | st.integers(0, 800),
)


@given(
    st.lists(_spells, max_size=3),
    st.lists(_debts, max_size=1),
    st.tuples(_dates, _dates).map(lambda days: (Period.of(min(days)), Period.of(max(days)))),
)
def test_runs_of_months_have_the_same_facts_throughout(
    spells: list[Spell], debts: list[Arrears], months: tuple[Period, Period]
) -> None:
    register = Register(world(*spells, arrears=tuple(debts)), determination_day=7)
    first, last = months
    eligibility = register.eligibility(ANNA.code)
    runs = register.runs(eligibility, first, last)
    assert runs[0][0] == first
    assert runs[-1][1] == last
    assert all(before[1] + 1 == after[0] for before, after in pairwise(runs))
    for begin, end in runs:
        assert begin <= end
        protection, month = register.protection(eligibility, begin, LATER), begin
        while month < end:
            month += 1
            assert register.protection(eligibility, month, LATER).categories == protection.categories, month
