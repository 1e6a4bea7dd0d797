"""Compact tables of the ledger and of the decisions, which hold a whole country in memory.

``Amounts`` and ``Bills`` are tables of one month with a row of fixed length for each account, found by the account's
number; ``BalanceTable`` reads a year of them side by side. Rows of fixed length keep memory from fragmenting, as it
does with objects that grow month by month. ``GrantBook`` holds what was decided: the amounts by person and month, and
the contracts on which a person's support is running.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from simulator.aldis.account import ZERO, cents, euro
from simulator.aldis.contracts import ContractKey
from simulator.domain.model import DiscountRecord, DiscountStatus, Period


class Line(NamedTuple):
    """A payout record as it is kept, in cents. ``day`` is the invoice's, an ordinal; ``period`` counts months.

    ``document`` is the document's number here. ``code`` is the personal code as written where that is not the account's
    person.
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


class Amounts:
    """Cents by number; nothing where nobody added any."""

    def __init__(self) -> None:
        self.cents = array("i")

    def add(self, number: int, amount: int) -> None:
        """Add cents to those of a number."""
        if number >= len(self.cents):
            self.cents.frombytes(bytes((number + 1 - len(self.cents)) * self.cents.itemsize))
        try:
            self.cents[number] += amount
        except OverflowError:  # four bytes hold 21 million EUR: who needs more pays for eight
            self.cents = array("q", self.cents)
            self.cents[number] += amount

    def __getitem__(self, number: int) -> int:
        return self.cents[number] if number < len(self.cents) else 0


# Document + 1 (0: there is no bill), position, day, net, applied, carried, remainder, and where in the month's text its
# own begins.
_ROW = struct.Struct("=IIiiiiiI")
_NO_BILL = bytes(_ROW.size)
_WORDS = _ROW.size // 4
_LONGEST = 255
_BETWEEN = b"\0"  # no XML holds it


class Bills:
    """The bills of a month: one for each account. ``put`` refuses what a row does not hold, to be kept elsewhere."""

    def __init__(self, period: int, places: Sequence[int]) -> None:
        """``period`` counts months, as lines do; ``places`` are those of the documents, by number."""
        self.period = period
        self.places = places
        self.rows = bytearray()
        # Invoice numbers one after another, each behind its length, and behind it a code where a line has one.
        self.text = bytearray()

    def put(self, number: int, line: Line, accounts: int = 0) -> bool:
        """Keep an account's bill; False when it has one already or this is not a plain one.

        ``accounts`` is how many there are by now: a table gets its room at once, for one that grows takes too much.
        """
        invoice = line.invoice.encode()
        text = invoice if line.code is None else invoice + _BETWEEN + line.code.encode()
        if line.reversal or len(text) > _LONGEST or _BETWEEN in invoice or self._has(number):
            return False
        figures = line.day, line.net, line.applied, line.carried, line.remainder
        try:
            row = _ROW.pack(line.document + 1, line.position, *figures, len(self.text))
        except struct.error:  # an amount or a position that four bytes do not hold
            return False
        if (number + 1) * _ROW.size > len(self.rows):
            self.rows += bytes(max(number + 1, accounts) * _ROW.size - len(self.rows))
        self.rows[number * _ROW.size : (number + 1) * _ROW.size] = row
        self.text.append(len(text))
        self.text += text
        return True

    def line(self, number: int) -> Line | None:
        """An account's bill, None when there is none."""
        return next(iter(lines_of((self,), number)), None)

    def drop(self, documents: Collection[int]) -> None:
        """Take out all that some documents told, and the room of their texts."""
        gone = [number for number, document in enumerate(self._documents()) if document - 1 in documents]
        if not gone:
            return
        for number in gone:
            self.rows[number * _ROW.size : (number + 1) * _ROW.size] = _NO_BILL
        before, self.text = self.text, bytearray()
        for number, document in enumerate(self._documents()):
            if document:
                place = (number + 1) * _ROW.size - 4
                (text,) = struct.unpack_from("=I", self.rows, place)
                struct.pack_into("=I", self.rows, place, len(self.text))
                self.text += before[text : text + 1 + before[text]]

    def _has(self, number: int) -> bool:
        place = number * _ROW.size
        return place < len(self.rows) and self.rows[place : place + 4] != _NO_BILL[:4]

    def _documents(self) -> Iterator[int]:
        # A copy: rows are written while they are gone through.
        return iter(memoryview(bytes(self.rows)).cast("I")[::_WORDS])


def lines_of(tables: Iterable[Bills], number: int) -> list[Line]:
    """An account's bills in several months; one loop, for a country has millions of rows."""
    found: list[Line] = []
    place, unpack, make = number * _ROW.size, _ROW.unpack_from, Line._make
    for table in tables:
        if place >= len(table.rows):
            continue
        document, position, day, net, applied, carried, remainder, start = unpack(table.rows, place)
        if not document:
            continue
        first = start + 1
        text, code = table.text[first : first + table.text[start]].decode(), None
        if "\0" in text:
            text, _, code = text.partition("\0")
        document -= 1
        order, period = table.places[document], table.period
        found.append(
            make((day, period, order, position, document, text, net, applied, carried, remainder, False, code))
        )
    return found


def amounts_of(tables: Iterable[Amounts], number: int, first: int) -> list[tuple[int, int]]:
    """The amounts of a number in several months, counted from the ``first``, each with its month; none that is 0."""
    found: list[tuple[int, int]] = []
    for month, each in enumerate(tables, start=first):
        cents = each.cents
        if number < len(cents) and cents[number]:
            found.append((month, cents[number]))
    return found


class BalanceTable:
    """Reads a year's tables side by side, account by account; the tables must not change meanwhile."""

    def __init__(self, granted: Iterable[Amounts], billed: Iterable[Bills]) -> None:
        self._months = [
            (amounts.cents, len(amounts.cents), memoryview(bills.rows).cast("i"), bills.text)
            for amounts, bills in zip(granted, billed, strict=True)
        ]

    def balanced(self, number: int, months: int) -> tuple[int, int] | None:
        """What was granted and applied in an account's first ``months`` months, in cents, if it adds up at a glance.

        None for whatever is worth a closer look (``reconciliation.add_up``, which gives the same sums wherever this
        does): a bill that did not find what it says or could have taken more, bills whose days are not in the order of
        their months, an invoice that stands twice.
        """
        granted = taken = counted = last_day = 0
        counts, place = 0, number * _WORDS
        invoices = set()
        for month, (amounts, accounts, rows, text) in enumerate(self._months):
            earlier = granted
            if number < accounts:
                granted += amounts[number]
            if month < months:
                counts = granted
            if place >= len(rows) or not rows[place]:
                continue
            day, net, applied = rows[place + 2], rows[place + 3], rows[place + 4]
            start = rows[place + 7] & 0xFFFFFFFF
            invoice = bytes(text[start + 1 : start + 1 + text[start]]).partition(_BETWEEN)[0]
            if day < last_day or invoice in invoices:
                return None
            last_day = day
            invoices.add(invoice)
            if month < months:
                available = granted - taken
                left = available - applied
                if left < 0 or (applied < net and left):
                    return None
                if rows[place + 5] != min(max(earlier - taken, 0), applied):
                    return None
                remainder = rows[place + 6]
                if remainder != left and (remainder or month != 11):  # nothing is left over at year's end
                    return None
                counted += applied
            taken += applied
        return counts, counted


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
        for catch_up in record.catch_up:
            self._count(number, catch_up.period, cents(catch_up.amount))
        code = person if record.person_code == person else record.person_code
        last = (contract, code, record.status is DiscountStatus.GRANTED)
        others = tuple(each for each in self._decided(person) if each[0] != contract)
        self._last[number] = contract if not others and last == (contract, person, True) else (*others, last)

    def granted_for(self, person: str, period: Period) -> Decimal:
        """All that was granted a person for a month on whatever contract, EUR."""
        number, table = self._numbers.get(person), self._amounts.get(_number(period))
        return ZERO if number is None or table is None else euro(table[number])

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
