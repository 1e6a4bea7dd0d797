"""The account of one person's support on one contract in one calendar year, exact to the cent.

An account is immutable: each change returns a new one. Amounts are EUR without VAT. Rules (Reg. 345, documented): a
bill takes no more than its net amount and no more than is available; the rest carries over to later bills and lapses at
the end of the calendar year. That the oldest support is used first is assumed.
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
    """Return an amount in EUR as cents; raises ValueError for one that is no whole number of cents."""
    exact = amount * 100
    whole = int(exact)
    if exact != whole:
        raise ValueError(f"{amount} EUR is no whole number of cents; rules refuse such amounts before they are booked")
    return whole


@lru_cache(maxsize=8192)
def euro(amount: int) -> Decimal:
    """Return cents as an amount in EUR with two decimals."""
    return Decimal(amount).scaleb(-2)


@dataclass(frozen=True, slots=True)
class Grant:
    """Support that one discount document granted: the amount due for its period and its catch-up together, in EUR."""

    period: Period
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill, as a payout record reports it.

    ``order`` is the place of its payout document and the record's position in it; ``document`` is the document's id.
    """

    order: tuple[int, int]
    document: str
    record: PayoutRecord

    @property
    def key(self) -> tuple[date, Period, tuple[int, int]]:
        """Sort key of bills: by invoice date, then by period, then in the order of arrival."""
        return self.record.invoice_date, self.record.period, self.order


@dataclass(frozen=True, slots=True)
class Expected:
    """Figures for a bill, in EUR: the support available to it, and the values that its record must state.

    ``earlier`` is the part of ``available`` from earlier months; ``carried_over`` and ``remainder`` belong in the
    record.
    """

    available: Decimal
    earlier: Decimal
    carried_over: Decimal
    remainder: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """Totals of an account after a month, in EUR: ``granted`` = ``applied`` + ``carried`` + ``lapsed``.

    ``reversed`` is what cancelled bills had applied.
    """

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

    # -- changes

    def with_grant(self, grant: Grant) -> Account:
        """Return the account with the support of one more discount document."""
        return replace(self, grants=(*self.grants, grant))

    def with_bill(self, bill: Bill) -> Account:
        """Return the account with one more payout record, which may be a reversal."""
        if bill.record.reversal:
            return replace(self, reversals=tuple(sorted((*self.reversals, bill), key=lambda reversal: reversal.order)))
        return replace(self, bills=tuple(sorted((*self.bills, bill), key=lambda bill: bill.key)))

    def without_document(self, document: str) -> Account:
        """Return the account without the records of a payout document."""
        return replace(
            self,
            bills=tuple(bill for bill in self.bills if bill.document != document),
            reversals=tuple(reversal for reversal in self.reversals if reversal.document != document),
        )

    # -- contents

    def granted(self, through: Period) -> Decimal:
        """Return the support granted by the documents of all periods up to one, in EUR."""
        return _sum(grant.amount for grant in self.grants if grant.period <= through)

    def reversal_of(self, bill: Bill) -> Bill | None:
        """Return the reversal that cancelled a bill, None when it is not cancelled."""
        return self._cancelled().get(bill.order)

    def standing(self) -> tuple[Bill, ...]:
        """Return the bills that were not cancelled, in their order."""
        cancelled = self._cancelled()
        return tuple(bill for bill in self.bills if bill.order not in cancelled)

    def stray_reversals(self) -> tuple[Bill, ...]:
        """Return the reversals whose bill was withdrawn by a correction of its document."""
        used = {reversal.order for reversal in self._cancelled().values()}
        return tuple(reversal for reversal in self.reversals if reversal.order not in used)

    def expected(self, bill: Bill) -> Expected:
        """Return the figures for a bill of this account, or for one that is to be added.

        Available is all that was granted up to the bill's period less what earlier bills took; a bill that was
        cancelled took nothing from the bills that came in after its cancellation.
        """
        record, cancelled = bill.record, self._cancelled()
        before = [
            earlier_bill
            for earlier_bill in self.bills
            if earlier_bill.key < bill.key
            and not (earlier_bill.order in cancelled and cancelled[earlier_bill.order].order < bill.order)
        ]
        taken = _sum(bill.record.applied for bill in before)
        available = max(ZERO, self.granted(record.period) - taken)
        earlier = min(available, max(ZERO, self.granted(record.period - 1) - taken))
        return Expected(available, earlier, min(record.applied, earlier), available - record.applied)

    def room(self, bill: Bill) -> Decimal:
        """Return the most that a new bill may take, in EUR, so that later bills still find what they took."""
        later_bills = (standing for standing in self.standing() if standing.key > bill.key)
        slack = [self.expected(later).available - later.record.applied for later in later_bills]
        return max(ZERO, min([self.expected(bill).available, *slack]))

    def overdrawn(self) -> tuple[Bill, ...]:
        """Return the bills that took more than was available. Intake accepts none of them."""
        return tuple(bill for bill in self.standing() if bill.record.applied > self.expected(bill).available)

    def unbilled_before(self, bill: Bill) -> Period | None:
        """Return the first earlier month with support but without a bill: its payout may still arrive."""
        billed = {bill.record.period for bill in self.bills}
        open_months = (
            grant.period
            for grant in self.grants
            if grant.amount and grant.period < bill.record.period and grant.period not in billed
        )
        return min(open_months, default=None)

    def totals(self, through: Period) -> Totals:
        """Return the totals after a month; after December the rest has lapsed."""
        granted = self.granted(through)
        cancelled = self._cancelled()
        counted = [bill for bill in self.bills if bill.record.period <= through]
        applied = _sum(bill.record.applied for bill in counted if bill.order not in cancelled)
        taken_back = _sum(bill.record.applied for bill in counted if bill.order in cancelled)
        left, year_over = granted - applied, through.month == 12
        return Totals(granted, applied, ZERO if year_over else left, left if year_over else ZERO, taken_back)

    def _cancelled(self) -> dict[tuple[int, int], Bill]:
        """Return the reversal of each cancelled bill, by the bill's order.

        A reversal cancels the last bill of its invoice before it.
        """
        if not self.reversals:
            return {}
        cancelled: dict[tuple[int, int], Bill] = {}
        for reversal in self.reversals:
            candidates = [
                bill
                for bill in self.bills
                if bill.order not in cancelled
                and bill.order < reversal.order
                and bill.record.invoice_number == reversal.record.invoice_number
            ]
            if candidates:
                cancelled[max(candidates, key=lambda candidate: candidate.order).order] = reversal
        return cancelled


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)
