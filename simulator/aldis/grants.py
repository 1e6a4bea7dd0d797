"""What was decided so far: how much for which month, and on which contracts a person's support is running."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from simulator.aldis.account import NOTHING
from simulator.aldis.contracts import ContractKey
from simulator.documents.model import DiscountRecord, DiscountStatus, Period


class GrantBook:
    """Decisions by person (identity)."""

    def __init__(self) -> None:
        self._amounts: dict[tuple[str, Period], Decimal] = {}
        self._last: dict[str, dict[ContractKey, DiscountRecord]] = defaultdict(dict)

    def add(self, contract: ContractKey, person: str, period: Period, record: DiscountRecord) -> None:
        """Keep a decision of a month; its catch-up counts for the months that it makes good."""
        parts = [(period, record.amount_due), *((each.period, each.amount) for each in record.catch_up)]
        for month, amount in parts:
            self._amounts[person, month] = self.granted_for(person, month) + amount
        self._last[person][contract] = record

    def granted_for(self, person: str, period: Period) -> Decimal:
        """All that was granted a person for a month on whatever contract, EUR."""
        return self._amounts.get((person, period), NOTHING)

    def running(self, person: str) -> list[ContractKey]:
        """The contracts on which a person's support was granted and not ended since, in a fixed order."""
        decided = self._last.get(person, {})
        return sorted(key for key, record in decided.items() if record.status is DiscountStatus.GRANTED)

    def last_code(self, person: str, contract: ContractKey) -> str | None:
        """The personal code that the last decision on a contract named a person by."""
        record = self._last.get(person, {}).get(contract)
        return None if record is None else record.person_code
