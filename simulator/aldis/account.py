"""One person's support on one contract in one calendar year, exact to the cent.

An account is a value: what happens to it gives a new account. Amounts are EUR without VAT. Rules (Reg. 345,
documented): a bill takes no more than its net amount and no more than what is available; the rest carries over to later
bills and lapses at the end of the calendar year. That the oldest support is used first is assumed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

from simulator.domain.model import PayoutRecord, Period

ZERO = Decimal("0.00")


@lru_cache(maxsize=8192)
def cents(amount: Decimal) -> int:
    """An amount in EUR as whole cents; raises ValueError for one that is not."""
    exact = amount * 100
    whole = int(exact)
    if exact != whole:
        raise ValueError(f"{amount} EUR is no whole number of cents; rules refuse such amounts before they are booked")
    return whole


@lru_cache(maxsize=8192)
def euro(amount: int) -> Decimal:
    """Cents as an amount in EUR, with two decimals."""
    return Decimal(amount).scaleb(-2)


@dataclass(frozen=True, slots=True)
class Grant:
    """What one discount document added: the amount due for its period and its catch-up together."""

    period: Period
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Bill:
    """What one bill took. ``order`` is the place of its payout document and of the record in it."""

    order: tuple[int, int]
    document: str
    record: PayoutRecord

    @property
    def key(self) -> tuple[date, Period, tuple[int, int]]:
        """Bills follow each other by invoice date; those of one day by their period, then as they came in."""
        return self.record.invoice_date, self.record.period, self.order


@dataclass(frozen=True, slots=True)
class Expected:
    """What a bill finds: support available, how much of it from earlier months; and what its record must say of it."""

    available: Decimal
    earlier: Decimal
    carried_over: Decimal
    remainder: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """Where an account stands after a month: ``granted`` = ``applied`` + ``carried`` + ``lapsed``, EUR."""

    granted: Decimal = ZERO
    applied: Decimal = ZERO
    carried: Decimal = ZERO
    lapsed: Decimal = ZERO
    reversed: Decimal = ZERO

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.granted + other.granted,
            self.applied + other.applied,
            self.carried + other.carried,
            self.lapsed + other.lapsed,
            self.reversed + other.reversed,
        )


@dataclass(frozen=True, slots=True)
class Account:
    """Grants, bills and reversals of one calendar year."""

    grants: tuple[Grant, ...] = ()
    bills: tuple[Bill, ...] = ()
    reversals: tuple[Bill, ...] = ()

    # -- what happens to it

    def with_grant(self, grant: Grant) -> Account:
        """The account after a discount document."""
        return replace(self, grants=(*self.grants, grant))

    def with_bill(self, bill: Bill) -> Account:
        """The account after a payout record, which may be a reversal."""
        if bill.record.reversal:
            return replace(self, reversals=tuple(sorted((*self.reversals, bill), key=lambda reversal: reversal.order)))
        return replace(self, bills=tuple(sorted((*self.bills, bill), key=lambda bill: bill.key)))

    def without_document(self, document: str) -> Account:
        """The account as if a payout document had never come."""
        return replace(
            self,
            bills=tuple(bill for bill in self.bills if bill.document != document),
            reversals=tuple(reversal for reversal in self.reversals if reversal.document != document),
        )

    # -- what stands in it

    def granted(self, through: Period) -> Decimal:
        """All that was granted by the documents of the periods up to one."""
        return _sum(grant.amount for grant in self.grants if grant.period <= through)

    def reversal_of(self, bill: Bill) -> Bill | None:
        """What cancelled a bill, None when it stands."""
        return self._cancelled().get(bill.order)

    def standing(self) -> tuple[Bill, ...]:
        """The bills that were not cancelled, in their order."""
        cancelled = self._cancelled()
        return tuple(bill for bill in self.bills if bill.order not in cancelled)

    def stray_reversals(self) -> tuple[Bill, ...]:
        """Reversals whose bill has gone, because its document was corrected."""
        used = {value.order for value in self._cancelled().values()}
        return tuple(reversal for reversal in self.reversals if reversal.order not in used)

    def expected(self, bill: Bill) -> Expected:
        """What a bill of this account (or one that is to be added) finds.

        Available is all that was granted up to the bill's period less what earlier bills took; a bill that was
        cancelled took nothing from the bills that came in after its cancellation.
        """
        record, cancelled = bill.record, self._cancelled()
        before = [
            each
            for each in self.bills
            if each.key < bill.key and not (each.order in cancelled and cancelled[each.order].order < bill.order)
        ]
        taken = _sum(bill.record.applied for bill in before)
        available = max(ZERO, self.granted(record.period) - taken)
        earlier = min(available, max(ZERO, self.granted(record.period - 1) - taken))
        return Expected(available, earlier, min(record.applied, earlier), available - record.applied)

    def room(self, bill: Bill) -> Decimal:
        """The most that a bill which is to be added may take, so that those after it still find what they took."""
        later = (each for each in self.standing() if each.key > bill.key)
        slack = [self.expected(bill).available - bill.record.applied for bill in later]
        return max(ZERO, min([self.expected(bill).available, *slack]))

    def overdrawn(self) -> tuple[Bill, ...]:
        """Standing bills that took more than they found. Intake lets none in."""
        return tuple(bill for bill in self.standing() if bill.record.applied > self.expected(bill).available)

    def unbilled_before(self, bill: Bill) -> Period | None:
        """The first earlier month with support but without a bill here: its payout may still be on the way."""
        billed = {bill.record.period for bill in self.bills}
        open_months = (
            grant.period
            for grant in self.grants
            if grant.amount and grant.period < bill.record.period and grant.period not in billed
        )
        return min(open_months, default=None)

    def totals(self, through: Period) -> Totals:
        """Where the account stands after a month; in December what is left lapses."""
        granted = self.granted(through)
        cancelled = self._cancelled()
        counted = [bill for bill in self.bills if bill.record.period <= through]
        applied = _sum(bill.record.applied for bill in counted if bill.order not in cancelled)
        taken_back = _sum(bill.record.applied for bill in counted if bill.order in cancelled)
        left, year_over = granted - applied, through.month == 12
        return Totals(granted, applied, ZERO if year_over else left, left if year_over else ZERO, taken_back)

    def _cancelled(self) -> dict[tuple[int, int], Bill]:
        """Cancelled bills by their order, each with its reversal, which cancels the invoice's last bill before it."""
        if not self.reversals:
            return {}
        found: dict[tuple[int, int], Bill] = {}
        for reversal in self.reversals:
            candidates = [
                bill
                for bill in self.bills
                if bill.order not in found
                and bill.order < reversal.order
                and bill.record.invoice_number == reversal.record.invoice_number
            ]
            if candidates:
                found[max(candidates, key=lambda candidate: candidate.order).order] = reversal
        return found


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)
