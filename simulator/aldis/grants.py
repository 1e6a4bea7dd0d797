"""What was decided so far: how much for which month, and on which contracts a person's support is running.

Kept small, for it holds the whole country: a person's amounts are cents, month by month.
"""

from __future__ import annotations

import marshal
from decimal import Decimal

from simulator.aldis.account import NOTHING, cents, euro
from simulator.aldis.contracts import ContractKey
from simulator.documents.model import DiscountRecord, DiscountStatus, Period


class GrantBook:
    """Decisions by person (identity)."""

    def __init__(self) -> None:
        # The first month (counted from the year 0), then the cents of it and of each month that follows, as bytes.
        self._amounts: dict[str, bytes] = {}
        # The last decision on each contract: the code that it named the person by, and whether support was granted.
        # A contract alone: the only one, under the person's own code, and granted.
        self._last: dict[str, ContractKey | tuple[tuple[ContractKey, str, bool], ...]] = {}

    def add(self, contract: ContractKey, person: str, period: Period, record: DiscountRecord) -> None:
        """Keep a decision of a month; its catch-up counts for the months that it makes good."""
        self._count(person, period, cents(record.amount_due))
        for each in record.catch_up:
            self._count(person, each.period, cents(each.amount))
        code = person if record.person_code == person else record.person_code
        last = (contract, code, record.status is DiscountStatus.GRANTED)
        others = tuple(each for each in self._decided(person) if each[0] != contract)
        self._last[person] = contract if not others and last == (contract, person, True) else (*others, last)

    def granted_for(self, person: str, period: Period) -> Decimal:
        """All that was granted a person for a month on whatever contract, EUR."""
        amounts = self._months(person)
        place = 0 if amounts is None else _number(period) - amounts[0] + 1
        return euro(amounts[place]) if amounts is not None and 0 < place < len(amounts) else NOTHING

    def least(self, person: str, first: Period, last: Period) -> Decimal:
        """The smallest amount that was granted a person for any month from one to another, EUR."""
        amounts = self._months(person)
        if amounts is None:
            return NOTHING
        start, end = _number(first) - amounts[0] + 1, _number(last) - amounts[0] + 1
        return euro(min(amounts[start : end + 1])) if 0 < start <= end < len(amounts) else NOTHING

    def running(self, person: str) -> list[ContractKey]:
        """The contracts on which a person's support was granted and not ended since, in a fixed order."""
        return sorted(key for key, _, granted in self._decided(person) if granted)

    def last_code(self, person: str, contract: ContractKey) -> str | None:
        """The personal code that the last decision on a contract named a person by."""
        return next((code for key, code, _ in self._decided(person) if key == contract), None)

    def _decided(self, person: str) -> tuple[tuple[ContractKey, str, bool], ...]:
        found = self._last.get(person, ())
        return ((found, person, True),) if isinstance(found, ContractKey) else found

    def _months(self, person: str) -> list[int] | None:
        packed = self._amounts.get(person)
        return None if packed is None else marshal.loads(packed)  # noqa: S302 - our own bytes

    def _count(self, person: str, period: Period, amount: int) -> None:
        month, amounts = _number(period), self._months(person) or [_number(period)]
        if month < amounts[0]:
            amounts[1:1] = [0] * (amounts[0] - month)
            amounts[0] = month
        place = month - amounts[0] + 1
        amounts.extend([0] * (place + 1 - len(amounts)))
        amounts[place] += amount
        self._amounts[person] = marshal.dumps(amounts)


def _number(period: Period) -> int:
    return period.year * 12 + period.month
