"""What a category is worth in a month, as it was known on a day: a rate can come into force for months already begun.

So did the rise of August 2023: in force on 26.08.2023, for consumption from 01.08.2023 (documented). The amounts
themselves are the profile's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from simulator.aldis.reasons import Reason, no_rate, rate_applies
from simulator.documents.model import Category, CategoryCount, Period
from simulator.documents.profile import Rate

NOTHING = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Worth:
    """What categories are worth: EUR a month without VAT, those paid with their counts, a line for each."""

    amount: Decimal
    paid: tuple[CategoryCount, ...]
    lines: tuple[Reason, ...]


class Rates:
    """The profile's rates, found by category and month."""

    def __init__(self, rates: Iterable[Rate]) -> None:
        self._rates: dict[Category, list[Rate]] = defaultdict(list)
        for rate in rates:
            self._rates[rate.category].append(rate)
        for known in self._rates.values():
            known.sort(key=lambda each: each.valid_from)
        # A month's determination asks the same few questions for every person.
        self._worth: dict[tuple[tuple[CategoryCount, ...], Period, date], Worth] = {}
        self._steady: dict[tuple[Period, Period, date], bool] = {}
        self._asked_on: date | None = None

    def rate(self, category: Category, period: Period, known_on: date) -> Rate | None:
        """The rate of a category (of one child or ward) for a month; None when there was none, as known on a day."""
        known = [each for each in self._rates.get(category, ()) if _known(each, known_on)]
        begun = [each for each in known if each.valid_from <= period]
        if not begun:
            return None
        rate = begun[-1]
        if rate.valid_to is None or period <= rate.valid_to:
            return rate
        # A rate ends because another takes over; until that one is known, it goes on.
        unknown = (each for each in self._rates[category] if not _known(each, known_on))
        taken_over_later = any(rate.valid_to < each.valid_from <= period for each in unknown)
        return rate if taken_over_later else None

    def steady(self, first: Period, last: Period, known_on: date) -> bool:
        """Whether every category is worth the same in all months from one to another, by what was known on a day."""
        self._forget(known_on)
        question = (first, last, known_on)
        if question not in self._steady:
            months = [first]
            while months[-1] < last:
                months.append(months[-1] + 1)
            self._steady[question] = all(
                len({self.rate(category, month, known_on) for month in months}) == 1 for category in self._rates
            )
        return self._steady[question]

    def worth(self, categories: tuple[CategoryCount, ...], period: Period, known_on: date) -> Worth:
        """The support of all categories together; they add up (Reg. 345, documented)."""
        self._forget(known_on)
        question = (categories, period, known_on)
        if question not in self._worth:
            self._worth[question] = self._add_up(categories, period, known_on)
        return self._worth[question]

    def _forget(self, known_on: date) -> None:
        """Answers are kept for one day, that of a determination: the next one's are others."""
        if known_on != self._asked_on:
            self._asked_on = known_on
            self._worth.clear()
            self._steady.clear()

    def _add_up(self, categories: tuple[CategoryCount, ...], period: Period, known_on: date) -> Worth:
        total, paid, lines = NOTHING, [], []
        for each in categories:
            rate = self.rate(each.category, period, known_on)
            if rate is None:
                lines.append(no_rate(each.category, period))
                continue
            times = each.count if rate.per_count else 1
            total += rate.amount * times
            paid.append(CategoryCount(each.category, times))
            lines.append(rate_applies(rate, times, period))
        return Worth(total, tuple(paid), tuple(lines))


def _known(rate: Rate, on: date) -> bool:
    return rate.known_from is None or rate.known_from <= on
