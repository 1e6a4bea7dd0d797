"""What was decided so far: how much for which month, and on which contracts a person's support is running.

Kept small, for it holds the whole country: persons have numbers, and the amounts of a month stand in one table.
"""

from __future__ import annotations

from array import array
from decimal import Decimal

from simulator.aldis.account import NOTHING, cents, euro
from simulator.aldis.columns import Amounts
from simulator.aldis.contracts import ContractKey
from simulator.documents.model import DiscountRecord, DiscountStatus, Period


class GrantBook:
    """Decisions by person (identity)."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        # By month, counted from the year 0.
        self._amounts: dict[int, Amounts] = {}
        # By person's number: the amount granted last, and the months (from, to) that had it one after another.
        self._level, self._from, self._to = array("q"), array("i"), array("i")
        # By person's number, the last decision on each contract: the code that it named the person by, and whether
        # support was granted. A contract alone: the only one, under the person's own code, and granted.
        self._last: list[ContractKey | tuple[tuple[ContractKey, str, bool], ...]] = []

    def add(self, contract: ContractKey, person: str, period: Period, record: DiscountRecord) -> None:
        """Keep a decision of a month; its catch-up counts for the months that it makes good."""
        number = self._numbers.setdefault(person, len(self._last))
        if number == len(self._last):
            self._last.append(())
            self._level.append(0)
            self._from.append(0)
            self._to.append(-1)
        self._count(number, period, cents(record.amount_due))
        for each in record.catch_up:
            self._count(number, each.period, cents(each.amount))
        code = person if record.person_code == person else record.person_code
        last = (contract, code, record.status is DiscountStatus.GRANTED)
        others = tuple(each for each in self._decided(person) if each[0] != contract)
        self._last[number] = contract if not others and last == (contract, person, True) else (*others, last)

    def granted_for(self, person: str, period: Period) -> Decimal:
        """All that was granted a person for a month on whatever contract, EUR."""
        number, table = self._numbers.get(person), self._amounts.get(_number(period))
        return NOTHING if number is None or table is None else euro(table[number])

    def reached(self, person: str, first: Period, last: Period, amount: Decimal) -> bool:
        """Whether at least an amount (EUR) was granted a person for each month from one to another."""
        number, wanted = self._numbers.get(person), cents(amount)
        start, end = _number(first), _number(last)
        if number is None:
            return wanted <= 0 or start > end
        if self._from[number] <= start and end <= self._to[number] and wanted <= self._level[number]:
            return True  # nearly everyone
        for month in range(start, end + 1):
            table = self._amounts.get(month)
            if wanted > (0 if table is None else table[number]):
                return False
        return True

    def running(self, person: str) -> list[ContractKey]:
        """The contracts on which a person's support was granted and not ended since, in a fixed order."""
        number = self._numbers.get(person)
        found = () if number is None else self._last[number]
        if isinstance(found, ContractKey):  # nearly always: worth a shorter way
            return [found]
        return sorted(key for key, _, granted in found if granted)

    def last_code(self, person: str, contract: ContractKey) -> str | None:
        """The personal code that the last decision on a contract named a person by."""
        return next((code for key, code, _ in self._decided(person) if key == contract), None)

    def _decided(self, person: str) -> tuple[tuple[ContractKey, str, bool], ...]:
        number = self._numbers.get(person)
        found = () if number is None else self._last[number]
        return ((found, person, True),) if isinstance(found, ContractKey) else found

    def _count(self, number: int, period: Period, amount: int) -> None:
        if not amount:
            return
        month = _number(period)
        if month not in self._amounts:
            self._amounts[month] = Amounts()
        table = self._amounts[month]
        table.add(number, amount)
        if month > self._to[number]:
            if month > self._to[number] + 1 or amount != self._level[number]:
                self._level[number], self._from[number] = amount, month
            self._to[number] = month


def _number(period: Period) -> int:
    return period.year * 12 + period.month
