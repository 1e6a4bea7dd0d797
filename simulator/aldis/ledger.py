"""The ledger: support granted on each contract to each person in a calendar year, and the payouts reported of it.

It holds a year of the whole country in memory, as tables in cents (``columns``), one for each month. An ``Account`` is
built from the tables on request.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import InitVar, dataclass, field
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from simulator.aldis.account import Account, Bill, Grant, Totals, cents, euro
from simulator.aldis.columns import Amounts, BalanceTable, Bills, Line, amounts_of, lines_of
from simulator.aldis.contracts import ContractKey
from simulator.domain.model import PayoutRecord, Period


class AccountKey(NamedTuple):
    """Whose account: a contract, a person by identity, a calendar year."""

    contract: ContractKey
    person: str
    year: int


class Packed(NamedTuple):
    """An account in cents: its grants as months and amounts, its lines in the order of their bills."""

    person: str
    grants: list[tuple[int, int]]
    lines: list[Line]


def month_number(period: Period) -> int:
    """A month counted from the year 0, as packed accounts hold it."""
    return period.year * 12 + period.month - 1


@dataclass(slots=True)
class _Year:
    """The accounts of a calendar year, numbered as they come."""

    first: int
    places: InitVar[Sequence[int]]
    # Most contracts have one account: then it stands there without a tuple around it.
    of_contract: dict[ContractKey, int | tuple[int, ...]] = field(default_factory=dict)
    persons: list[str] = field(default_factory=list)
    granted: list[Amounts] = field(init=False)
    billed: list[Bills] = field(init=False)
    # What the tables do not hold: reversals, and an account's second bill of a month. Few.
    more: dict[int, tuple[Line, ...]] = field(default_factory=dict)

    def __post_init__(self, places: Sequence[int]) -> None:
        self.granted = [Amounts() for _ in range(12)]
        self.billed = [Bills(self.first + month, places) for month in range(12)]

    def numbers(self, contract: ContractKey) -> tuple[int, ...]:
        """A contract's accounts."""
        found = self.of_contract.get(contract, ())
        return (found,) if isinstance(found, int) else found

    def find(self, contract: ContractKey, person: str) -> int | None:
        """An account's number, None when nobody wrote to it."""
        for number in self.numbers(contract):
            if self.persons[number] == person:
                return number
        return None

    def number(self, contract: ContractKey, person: str) -> int:
        """An account's number; it gets one now when it has none."""
        found = self.find(contract, person)
        if found is None:
            found, others = len(self.persons), self.numbers(contract)
            self.persons.append(person)
            self.of_contract[contract] = (*others, found) if others else found
        return found

    def packed(self, number: int) -> Packed:
        """An account as it stands."""
        grants, lines = amounts_of(self.granted, number, self.first), lines_of(self.billed, number)
        lines.extend(self.more.get(number, ()))
        lines.sort(key=_place)
        return Packed(self.persons[number], grants, lines)


class Ledger:
    """The accounts by their key. What nobody wrote to is an empty account."""

    def __init__(self) -> None:
        self._years: dict[int, _Year] = {}
        # The documents that told of bills, the place that the records of each stand at, and the number of each.
        self._documents: list[str] = []
        self._places: list[int] = []
        self._numbers: dict[tuple[str, str, int], int] = {}

    def account(self, key: AccountKey) -> Account:
        """An account as it stands."""
        year = self._years.get(key.year)
        number = None if year is None else year.find(key.contract, key.person)
        return _EMPTY if year is None or number is None else self._unpack(key, year.packed(number))

    def grant(self, key: AccountKey, grant: Grant) -> None:
        """Book what a discount document granted."""
        year = self._year(key.year)
        month = month_number(grant.period) - year.first
        year.granted[month].add(year.number(key.contract, key.person), cents(grant.amount))

    def bill(self, key: AccountKey, bill: Bill) -> None:
        """Book an accepted payout record."""
        year, line = self._year(key.year), self._line(key, bill)
        number = year.number(key.contract, key.person)
        if not year.billed[line.period - year.first].put(number, line, len(year.persons)):
            year.more[number] = (*year.more.get(number, ()), line)

    def withdraw(self, provider: str, document: str) -> None:
        """Undo all that a payout document of a retailer did."""
        gone = {each for key, each in self._numbers.items() if key[:2] == (provider, document)}
        if not gone:
            return
        for year in self._years.values():
            for bills in year.billed:
                bills.drop(gone)
            for account, lines in list(year.more.items()):
                year.more[account] = tuple(line for line in lines if line.document not in gone)

    def on_contract(self, contract: ContractKey, year: int) -> list[AccountKey]:
        """The accounts of all persons of a contract in a year, in a fixed order."""
        found = self._years.get(year)
        if found is None:
            return []
        return sorted(AccountKey(contract, found.persons[number], year) for number in found.numbers(contract))

    def balanced(self, provider: str, through: Period) -> Iterator[tuple[ContractKey, tuple[int, int] | None]]:
        """A retailer's contracts with accounts in a month's year, in a fixed order, each looked at briefly.

        With cents granted and applied up to the month where it adds up at a glance (``BalanceTable``), else None.
        """
        year = self._years.get(through.year)
        if year is None:
            return
        table = BalanceTable(year.granted, year.billed)
        for contract in self.contracts(provider, through.year):
            number = year.of_contract[contract]
            if isinstance(number, int) and number not in year.more:
                yield contract, table.balanced(number, through.month)
            else:
                yield contract, None

    def packed(self, contract: ContractKey, year: int) -> list[Packed]:
        """Return the accounts of all persons of a contract in a year, in cents, as the tables hold them."""
        found = self._years.get(year)
        return [] if found is None else [found.packed(number) for number in found.numbers(contract)]

    def contracts(self, provider: str, year: int) -> list[ContractKey]:
        """A retailer's contracts with accounts in a year, in a fixed order."""
        found = self._years.get(year)
        return (
            []
            if found is None
            else sorted(contract_key for contract_key in found.of_contract if contract_key.provider == provider)
        )

    def of_provider(self, provider: str, year: int) -> Iterator[AccountKey]:
        """A retailer's accounts of a year, in a fixed order."""
        for contract in self.contracts(provider, year):
            yield from self.on_contract(contract, year)

    def totals(self, provider: str, through: Period) -> Totals:
        """Where all of a retailer's accounts together stand after a month, counted from the year's beginning."""
        return sum((self.account(key).totals(through) for key in self.of_provider(provider, through.year)), Totals())

    def _year(self, year: int) -> _Year:
        found = self._years.get(year)
        if found is None:
            found = self._years[year] = _Year(year * 12, self._places)
        return found

    def _line(self, key: AccountKey, bill: Bill) -> Line:
        record, (place, position) = bill.record, bill.order
        source = key.contract.provider, bill.document, place
        document = self._numbers.setdefault(source, len(self._documents))
        if document == len(self._documents):
            self._documents.append(bill.document)
            self._places.append(place)
        return Line(
            day=record.invoice_date.toordinal(),
            period=month_number(record.period),
            place=place,
            position=position,
            document=document,
            invoice=record.invoice_number,
            net=cents(record.net_bill),
            applied=cents(record.applied),
            carried=cents(record.carried_over),
            remainder=cents(record.remainder),
            reversal=record.reversal,
            code=None if record.person_code == key.person else record.person_code,
        )

    def _unpack(self, key: AccountKey, packed: Packed) -> Account:
        grants = tuple(Grant(_period(month), euro(amount)) for month, amount in packed.grants)
        bills = [self._bill(key, line) for line in packed.lines]
        reversals = sorted((bill for bill in bills if bill.record.reversal), key=lambda bill: bill.order)
        return Account(grants, tuple(bill for bill in bills if not bill.record.reversal), tuple(reversals))

    def _bill(self, key: AccountKey, line: Line) -> Bill:
        record = PayoutRecord(
            contract=key.contract.contract,
            person_code=line.code or key.person,
            period=_period(line.period),
            invoice_number=line.invoice,
            invoice_date=date.fromordinal(line.day),
            net_bill=euro(line.net),
            applied=euro(line.applied),
            carried_over=euro(line.carried),
            remainder=euro(line.remainder),
            reversal=line.reversal,
        )
        return Bill((line.place, line.position), self._documents[line.document], record)


def _place(line: Line) -> tuple[int, int, int, int]:
    """Bills stand by invoice date; those of one day by their period, then as they came in."""
    return line[:4]


@lru_cache(maxsize=512)
def _period(number: int) -> Period:
    return Period(number // 12, number % 12 + 1)


_EMPTY = Account()
