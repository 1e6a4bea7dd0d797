"""Retailers that get the money wrong."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING

from conformance.retailers.reference.billing import NOTHING, Account, Billing, Booking, Invoice
from conformance.retailers.reference.discounts import Discounts
from conformance.retailers.reference.driver import Driver
from conformance.retailers.reference.reports import PayoutReports, Said
from simulator.documents.model import DiscountRecord, DiscountStatus, Document, Period
from tests.spoilt.variant import with_parts

if TYPE_CHECKING:
    from collections.abc import Sequence


class VatCovered(Driver):
    """Takes support off the whole bill, tax included."""

    class billing_type(Billing):
        def coverable(self, invoice: Invoice) -> Decimal:
            return invoice.net + invoice.vat


class WholeEuros(Driver):
    """Rounds what it takes off down to whole euros."""

    class billing_type(Billing):
        def applied(self, coverable: Decimal, available: Decimal) -> Decimal:
            return super().applied(coverable, available).quantize(Decimal(1), ROUND_DOWN)


class CarryOverLost(Driver):
    """Forgets at each month's end what the bill was too small for."""

    class billing_type(Billing):
        def available(self, account: Account, period: Period) -> Decimal:
            return max(NOTHING, self.granted(account, period, period) - self._taken_in(account, period))

        def earlier(self, account: Account, period: Period) -> Decimal:
            return NOTHING

        def _taken_in(self, account: Account, period: Period) -> Decimal:
            return sum((each.applied for each in account.bookings if each.period == period), NOTHING)


class LapseForgotten(Driver):
    """Goes on using last year's remainder in the new year."""

    class billing_type(Billing):
        def available(self, account: Account, period: Period) -> Decimal:
            return super().available(account, period) + self._left_of(account, period.year - 1)

        def earlier(self, account: Account, period: Period) -> Decimal:
            return super().earlier(account, period) + self._left_of(account, period.year - 1)

        def _left_of(self, account: Account, year: int) -> Decimal:
            return self.granted(account, Period(year, 1), Period(year, 12)) - self.taken(account, year)


class SpendsTwice(Driver):
    """Does not remember what earlier bills took of the support."""

    class billing_type(Billing):
        def taken(self, account: Account, year: int) -> Decimal:
            return NOTHING


class SplitUntold(Driver):
    """Never says that a part of what it took came from earlier months."""

    class billing_type(Billing):
        def carried_over(self, account: Account, period: Period, applied: Decimal) -> Decimal:
            return NOTHING


class _KeepsPaying(Discounts):
    def book_record(self, document: Document, record: DiscountRecord) -> None:
        if record.status is DiscountStatus.TERMINATED:
            record = replace(record, amount_due=Decimal("20.00"))
        super().book_record(document, record)


class _NoCatchUp(Discounts):
    def book_record(self, document: Document, record: DiscountRecord) -> None:
        super().book_record(document, replace(record, catch_up=()))


class _OneCategory(Discounts):
    def book_record(self, document: Document, record: DiscountRecord) -> None:
        worth = {each.category: each.amount for each in self.office.party.profile.rates if each.valid_to is None}
        if len(record.categories) > 1:
            record = replace(record, amount_due=worth[record.categories[0].category])
        super().book_record(document, record)


TerminationIgnored = with_parts(discounts_type=_KeepsPaying)
CatchUpIgnored = with_parts(discounts_type=_NoCatchUp)
FirstCategoryOnly = with_parts(discounts_type=_OneCategory)


class ReversalUntold(Driver):
    """Takes bills back and tells nobody."""

    def take_back(self, credit: Invoice, reverses: str) -> Sequence[Booking]:
        super().take_back(credit, reverses)
        return ()


class _FirstPersonOnly(PayoutReports):
    def queue(self, said: Sequence[Said], period: Period, *, corrects: str | None = None) -> None:
        super().queue(said[:1], period, corrects=corrects)


class _InvoiceRenumbered(PayoutReports):
    def said(self, number: str, booking: Booking) -> Said:
        return super().said(number, replace(booking, invoice=booking.invoice.removeprefix("R-")))


class _ReportsMore(PayoutReports):
    def said(self, number: str, booking: Booking) -> Said:
        return super().said(number, replace(booking, applied=booking.applied - Decimal("0.01")))


PayoutForgotten = with_parts(payout_reports_type=_FirstPersonOnly)
InvoiceRenumbered = with_parts(payout_reports_type=_InvoiceRenumbered)
OtherAmountReported = with_parts(payout_reports_type=_ReportsMore)


class _SilentWhenEmpty(PayoutReports):
    def empty_periods(self) -> Sequence[Period]:
        return ()


EmptyMonthUntold = with_parts(payout_reports_type=_SilentWhenEmpty)
