"""How support comes off a bill: exact to the cent, and free of files, clocks and messages.

Support covers the net bill (electricity, system services, OIK), never VAT; what a bill cannot take is carried over to
later bills of the same calendar year and lapses with it (Cabinet Regulation No. 345, documented). That what was granted
first is used first, and that the calendar year is the one of the consumption period, is assumed.
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
    """One bill: ``net`` is what support may cover, ``vat`` the tax on top; EUR."""

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
    """What one bill took of one person's support; a reversal repeats the booking that it undoes."""

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
        """The account after one more booking."""
        return replace(self, bookings=(*self.bookings, booking))


class Billing:
    """The rules, one small method each."""

    def money(self, amount: Decimal) -> Decimal:
        """Round to whole cents."""
        return amount.quantize(CENT, ROUND_HALF_UP)

    def support(self, invoice: Invoice, period: Period, accounts: Sequence[Account]) -> tuple[Booking, ...]:
        """Take support off one bill: a booking for each person who has some, even if the bill takes nothing of it."""
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
        """The record of what one bill took of one account."""
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
        """How much of a bill support may cover: the net amount, never VAT; nothing of a credit."""
        return max(ZERO, invoice.net)

    def in_order(self, accounts: Sequence[Account]) -> Sequence[Account]:
        """Whose support a bill takes first when it is too small for all."""
        return sorted(accounts, key=lambda account: account.person)

    def available(self, account: Account, period: Period) -> Decimal:
        """What is there for a bill of this period: granted up to it in its calendar year, less what bills took."""
        granted = self.granted(account, Period(period.year, 1), period)
        return max(ZERO, granted - self.taken(account, period.year))

    def earlier(self, account: Account, period: Period) -> Decimal:
        """What is left of the support of earlier months of the same calendar year."""
        if period.month == 1:
            return ZERO
        granted = self.granted(account, Period(period.year, 1), period - 1)
        return max(ZERO, granted - self.taken(account, period.year))

    def granted(self, account: Account, first: Period, last: Period) -> Decimal:
        """What the discount documents of these periods gave."""
        return sum((grant.amount for grant in account.grants if first <= grant.period <= last), ZERO)

    def taken(self, account: Account, year: int) -> Decimal:
        """What bills of a calendar year's periods took, less what was reversed."""
        own = (booking for booking in account.bookings if booking.period.year == year)
        return sum((-booking.applied if booking.reversal else booking.applied for booking in own), ZERO)

    def applied(self, coverable: Decimal, available: Decimal) -> Decimal:
        """How much comes off: as much as there is, and no more than the bill can take."""
        return min(coverable, available)

    def carried_over(self, account: Account, period: Period, applied: Decimal) -> Decimal:
        """How much of what comes off is from earlier months: the oldest is used first."""
        return min(applied, self.earlier(account, period))

    def remainder(self, available: Decimal, applied: Decimal) -> Decimal:
        """What is left for later bills; after the year's last bill it lapses."""
        return available - applied

    def reversal(self, booking: Booking) -> Booking:
        """What undoes a booking: the same amounts, marked."""
        return replace(booking, reversal=True)
