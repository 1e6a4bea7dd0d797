from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.scenarios.steps.sentences import Sentence, parse_day, parse_month
from simulator.domain.model import Category, Period

_MONTHS = [date(2026, month, 1).strftime("%B") for month in range(1, 13)]


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_every_day_is_read_as_it_is_written(day: date) -> None:
    written = f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    assert parse_day(written) == day
    assert parse_month(written.partition(" ")[2]) == Period.of(day)


def test_a_day_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="day"):
        parse_day("30 February 2026")


@pytest.mark.parametrize(
    ("template", "text", "words"),
    [
        ("it is {day}", "it is 2 March 2026", {"day": date(2026, 3, 2)}),
        (
            "{person} is {category} since {day}",
            "Anna Bērziņa is poor or low-income since 1 January 2026",
            {"person": "Anna Bērziņa", "category": Category.LOW_INCOME, "day": date(2026, 1, 1)},
        ),
        (
            "the retailer bills contract {contract} for {month}: {amount} EUR net",
            "the retailer bills contract 0012 for March 2026: 0.07 EUR net",
            {"contract": "0012", "month": Period(2026, 3), "amount": Decimal("0.07")},
        ),
    ],
)
def test_sentences(template: str, text: str, words: dict[str, object]) -> None:
    parser = Sentence(template)
    assert parser.is_matching(text)
    assert parser.parse_arguments(text) == words


@pytest.mark.parametrize("text", ["it is March 2026", "it is 2 March 2026 or so", "it is 2 march 2026"])
def test_other_sentences_do_not_match(text: str) -> None:
    assert not Sentence("it is {day}").is_matching(text)
