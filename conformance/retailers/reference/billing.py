"""Calculation of the support that a bill takes: exact to the cent, without files, clocks or messages.

In a retailer's system this is a step of billing.

Support covers the net bill (electricity, system services, OIK), never VAT; the rest is carried over to
later bills of the same calendar year and lapses with it (Cabinet Regulation No. 345, documented). It is assumed that
the oldest support is used first, and that the calendar year is the one of the consumption period.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from simulator.domain.model import Period

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Invoice:
    """One bill: ``net`` is the amount that support may cover, ``vat`` the tax on top; both in EUR."""

    contract: str
    number: str
    issued: date
    net: Decimal
    vat: Decimal


@dataclass(frozen=True, slots=True)
class Grant:
    """Support in EUR from one discount document: the amount of its ``period`` and all catch-up that came with it."""

    period: Period
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Booking:
    """Support that one bill took from one person's account, in EUR. A reversal repeats the booking that it reverses."""

    person: str
    contract: str
    period: Period
    invoice: str
    issued: date
    net_bill: Decimal
    applied: Decimal
    carried_over: Decimal
    remainder: Decimal
    reversal: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """One person's support on one contract: everything granted and everything booked so far."""

    person: str
    contract: str
    grants: tuple[Grant, ...] = ()
    bookings: tuple[Booking, ...] = ()

    def with_booking(self, booking: Booking) -> Account:
        """Return the account after one more booking."""
        return replace(self, bookings=(*self.bookings, booking))


class Billing:
    """The rules of billing, one method each; a variant of the retailer replaces one."""

    def money(self, amount: Decimal) -> Decimal:
        """Round to whole cents."""
        return amount.quantize(CENT, ROUND_HALF_UP)

    def support(self, invoice: Invoice, period: Period, accounts: Sequence[Account]) -> tuple[Booking, ...]:
        """Return the bookings of one bill: one for each person with support, even when the bill takes nothing of it."""
        bookings: list[Booking] = []
        left = self.coverable(invoice)
        for account in self.in_order(accounts):
            available = self.available(account, period)
            if available > 0:
                applied = self.applied(left, available)
                left -= applied
                bookings.append(self.booking(invoice, period, account, available, applied))
        return tuple(bookings)

    def booking(
        self, invoice: Invoice, period: Period, account: Account, available: Decimal, applied: Decimal
    ) -> Booking:
        """Return the booking of the amount that one bill took from one account."""
        return Booking(
            person=account.person,
            contract=account.contract,
            period=period,
            invoice=invoice.number,
            issued=invoice.issued,
            net_bill=invoice.net,
            applied=self.money(applied),
            carried_over=self.money(self.carried_over(account, period, applied)),
            remainder=self.money(self.remainder(available, applied)),
        )

    def coverable(self, invoice: Invoice) -> Decimal:
        """Return the amount of a bill that support may cover: the net amount, never VAT; nothing of a credit."""
        return max(ZERO, invoice.net)

    def in_order(self, accounts: Sequence[Account]) -> Sequence[Account]:
        """Return the accounts in the order in which a bill uses them when it is too small for all."""
        return sorted(accounts, key=lambda account: account.person)

    def available(self, account: Account, period: Period) -> Decimal:
        """Return the support for a bill of this period: granted in its year up to it, less the amounts taken."""
        granted = self.granted(account, Period(period.year, 1), period)
        return max(ZERO, granted - self.taken(account, period.year))

    def earlier(self, account: Account, period: Period) -> Decimal:
        """Return the support that is left of earlier months of the same calendar year."""
        if period.month == 1:
            return ZERO
        granted = self.granted(account, Period(period.year, 1), period - 1)
        return max(ZERO, granted - self.taken(account, period.year))

    def granted(self, account: Account, first: Period, last: Period) -> Decimal:
        """Return the support that the discount documents of these periods granted."""
        return sum((grant.amount for grant in account.grants if first <= grant.period <= last), ZERO)

    def taken(self, account: Account, year: int) -> Decimal:
        """Return the support that bills of a calendar year's periods took, less reversals."""
        own = (booking for booking in account.bookings if booking.period.year == year)
        return sum((-booking.applied if booking.reversal else booking.applied for booking in own), ZERO)

    def applied(self, coverable: Decimal, available: Decimal) -> Decimal:
        """Return the amount to take off: the smaller of the bill's coverable amount and the support available."""
        return min(coverable, available)

    def carried_over(self, account: Account, period: Period, applied: Decimal) -> Decimal:
        """Return the part of the amount taken off that is from earlier months: the oldest support is used first."""
        return min(applied, self.earlier(account, period))

    def remainder(self, available: Decimal, applied: Decimal) -> Decimal:
        """Return the support that is left for later bills; after the year's last bill it lapses."""
        return available - applied

    def reversal(self, booking: Booking) -> Booking:
        """Return the reversal of a booking: equal amounts, marked."""
        return replace(booking, reversal=True)
