"""All accounts: who was granted how much on which contract in which calendar year, and what the retailers paid out.

The ledger holds a year of the whole country in memory, so it keeps accounts packed: cents instead of decimals, a
contract's accounts together. An account is unpacked when it is asked for.
"""

from __future__ import annotations

import marshal
import zlib
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from simulator.aldis.account import Account, Bill, Grant, Totals, cents, euro
from simulator.aldis.contracts import ContractKey
from simulator.documents.model import PayoutRecord, Period


class AccountKey(NamedTuple):
    """Whose account: a contract, a person by identity, a calendar year."""

    contract: ContractKey
    person: str
    year: int


class Line(NamedTuple):
    """A payout record as it is packed, in cents. ``day`` is the invoice's, an ordinal; ``period`` counts months.

    ``code`` is the personal code as written where that is not the account's person.
    """

    day: int
    period: int
    place: int
    position: int
    document: int
    invoice: str
    net: int
    applied: int
    carried: int
    remainder: int
    reversal: bool
    code: str | None


class Packed(NamedTuple):
    """An account as it is kept: grants are pairs of month and cents, lines are :class:`Line` tuples, both as bytes."""

    person: str
    year: int
    given: bytes
    lines: bytes

    @property
    def grants(self) -> tuple[int, ...]:
        """Month and cents of each grant, one pair after another."""
        found: tuple[int, ...] = marshal.loads(self.given) if self.given else ()  # noqa: S302 - our own bytes
        return found

    def unpacked(self) -> list[tuple[int, int, int, int, int, str, int, int, int, int, bool, str | None]]:
        """The fields of its lines, as :class:`Line` names them, in the order of their bills."""
        return marshal.loads(zlib.decompress(self.lines)) if self.lines else []  # noqa: S302 - our own bytes


def month_number(period: Period) -> int:
    """A month counted from the year 0, as packed accounts hold it."""
    return period.year * 12 + period.month - 1


class Ledger:
    """The accounts by their key. What nobody wrote to is an empty account."""

    def __init__(self) -> None:
        # Most contracts have one account: then it stands there without a tuple around it.
        self._accounts: dict[ContractKey, Packed | tuple[Packed, ...]] = {}
        self._documents: list[str] = []
        self._numbers: dict[str, int] = {}

    def account(self, key: AccountKey) -> Account:
        """An account as it stands."""
        packed = self._find(key)
        return _EMPTY if packed is None else self._unpack(key, packed)

    def grant(self, key: AccountKey, grant: Grant) -> None:
        """Book what a discount document granted."""
        packed = self._find(key) or Packed(key.person, key.year, b"", b"")
        grants = (*packed.grants, month_number(grant.period), cents(grant.amount))
        self._keep(key.contract, packed._replace(given=marshal.dumps(grants)))

    def bill(self, key: AccountKey, bill: Bill) -> None:
        """Book an accepted payout record."""
        packed = self._find(key) or Packed(key.person, key.year, b"", b"")
        lines = sorted([*packed.unpacked(), tuple(self._line(key, bill))])
        self._keep(key.contract, packed._replace(lines=_pack(lines)))

    def withdraw(self, provider: str, document: str) -> None:
        """Undo all that a payout document of a retailer did."""
        number = self._numbers.get(document)
        if number is None:
            return
        for key in [each for each in self._accounts if each.provider == provider]:
            for packed in self._of(key):
                lines = packed.unpacked()
                kept = [each for each in lines if each[4] != number]
                if len(kept) != len(lines):
                    self._keep(key, packed._replace(lines=_pack(kept)))

    def on_contract(self, contract: ContractKey, year: int) -> list[AccountKey]:
        """The accounts of all persons of a contract in a year, in a fixed order."""
        return sorted(AccountKey(contract, each.person, year) for each in self.packed(contract, year))

    def packed(self, contract: ContractKey, year: int) -> list[Packed]:
        """The same as they are kept."""
        return [each for each in self._of(contract) if each.year == year]

    def contracts(self, provider: str) -> list[ContractKey]:
        """A retailer's contracts with accounts, in a fixed order."""
        return sorted(each for each in self._accounts if each.provider == provider)

    def of_provider(self, provider: str, year: int) -> Iterator[AccountKey]:
        """A retailer's accounts of a year, in a fixed order."""
        for contract in self.contracts(provider):
            yield from self.on_contract(contract, year)

    def totals(self, provider: str, through: Period) -> Totals:
        """Where all of a retailer's accounts together stand after a month, counted from the year's beginning."""
        return sum((self.account(key).totals(through) for key in self.of_provider(provider, through.year)), Totals())

    def _find(self, key: AccountKey) -> Packed | None:
        for each in self._of(key.contract):
            if each.person == key.person and each.year == key.year:
                return each
        return None

    def _keep(self, contract: ContractKey, packed: Packed) -> None:
        others = tuple(each for each in self._of(contract) if (each.person, each.year) != (packed.person, packed.year))
        self._accounts[contract] = (*others, packed) if others else packed

    def _of(self, contract: ContractKey) -> tuple[Packed, ...]:
        found = self._accounts.get(contract, ())
        return (found,) if isinstance(found, Packed) else found

    def _line(self, key: AccountKey, bill: Bill) -> Line:
        record, (place, position) = bill.record, bill.order
        document = self._numbers.setdefault(bill.document, len(self._documents))
        if document == len(self._documents):
            self._documents.append(bill.document)
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
        pairs = zip(packed.grants[::2], packed.grants[1::2], strict=True)
        grants = tuple(Grant(_period(month), euro(amount)) for month, amount in pairs)
        bills = [self._bill(key, Line(*each)) for each in packed.unpacked()]
        reversals = sorted((each for each in bills if each.record.reversal), key=lambda each: each.order)
        return Account(grants, tuple(each for each in bills if not each.record.reversal), tuple(reversals))

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


def _pack(lines: list[Any]) -> bytes:
    return zlib.compress(marshal.dumps(lines), 1) if lines else b""


@lru_cache(maxsize=512)
def _period(number: int) -> Period:
    return Period(number // 12, number % 12 + 1)


_EMPTY = Account()
