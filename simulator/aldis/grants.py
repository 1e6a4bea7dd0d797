"""What was decided so far: how much for which month, and on which contracts a person's support is running.

Kept small, for it holds the whole country: a person's amounts are cents, month by month.
"""

from __future__ import annotations

from array import array
from decimal import Decimal

from simulator.aldis.account import NOTHING, cents, euro
from simulator.aldis.contracts import ContractKey
from simulator.documents.model import DiscountRecord, DiscountStatus, Period


class GrantBook:
    """Decisions by person (identity)."""

    def __init__(self) -> None:
        # The first month (counted from the year 0), then the cents of it and of each month that follows.
        self._amounts: dict[str, array[int]] = {}
        # The last decision on each contract: the code that it named the person by, and whether support was granted.
        self._last: dict[str, tuple[tuple[ContractKey, str, bool], ...]] = {}

    def add(self, contract: ContractKey, person: str, period: Period, record: DiscountRecord) -> None:
        """Keep a decision of a month; its catch-up counts for the months that it makes good."""
        self._count(person, period, cents(record.amount_due))
        for each in record.catch_up:
            self._count(person, each.period, cents(each.amount))
        code = person if record.person_code == person else record.person_code
        last = (contract, code, record.status is DiscountStatus.GRANTED)
        others = (each for each in self._last.get(person, ()) if each[0] != contract)
        self._last[person] = (*others, last)

    def granted_for(self, person: str, period: Period) -> Decimal:
        """All that was granted a person for a month on whatever contract, EUR."""
        amounts = self._amounts.get(person)
        place = 0 if amounts is None else _number(period) - amounts[0] + 1
        return euro(amounts[place]) if amounts is not None and 0 < place < len(amounts) else NOTHING

    def least(self, person: str, first: Period, last: Period) -> Decimal:
        """The smallest amount that was granted a person for any month from one to another, EUR."""
        amounts = self._amounts.get(person)
        if amounts is None:
            return NOTHING
        start, end = _number(first) - amounts[0] + 1, _number(last) - amounts[0] + 1
        return euro(min(amounts[start : end + 1])) if 0 < start <= end < len(amounts) else NOTHING

    def running(self, person: str) -> list[ContractKey]:
        """The contracts on which a person's support was granted and not ended since, in a fixed order."""
        return sorted(key for key, _, granted in self._last.get(person, ()) if granted)

    def last_code(self, person: str, contract: ContractKey) -> str | None:
        """The personal code that the last decision on a contract named a person by."""
        return next((code for key, code, _ in self._last.get(person, ()) if key == contract), None)

    def _count(self, person: str, period: Period, amount: int) -> None:
        month, amounts = _number(period), self._amounts.get(person)
        if amounts is None:
            self._amounts[person] = array("q", (month, amount))
            return
        if month < amounts[0]:
            gap = array("q", [0] * (amounts[0] - month))
            amounts[1:1] = gap
            amounts[0] = month
        place = month - amounts[0] + 1
        amounts.extend([0] * (place + 1 - len(amounts)))
        amounts[place] += amount


def _number(period: Period) -> int:
    return period.year * 12 + period.month
