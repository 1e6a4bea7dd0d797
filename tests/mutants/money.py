"""Retailers that get the money wrong."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Any

from conformance.retailers.reference.billing import ZERO, Account, Billing, Booking, Invoice
from conformance.retailers.reference.driver import Driver
from conformance.retailers.reference.exchange import Discounts
from conformance.retailers.reference.reports import PayoutReports, Report
from simulator.domain.model import DiscountRecord, DiscountStatus, Document, Period
from tests.mutants.variant import with_parts

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
            return max(ZERO, self.granted(account, period, period) - self._taken_in(account, period))

        def earlier(self, account: Account, period: Period) -> Decimal:
            return ZERO

        def _taken_in(self, account: Account, period: Period) -> Decimal:
            return sum((booking.applied for booking in account.bookings if booking.period == period), ZERO)


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
            return ZERO


class SplitUntold(Driver):
    """Never says that a part of what it took came from earlier months."""

    class billing_type(Billing):
        def carried_over(self, account: Account, period: Period, applied: Decimal) -> Decimal:
            return ZERO


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
        worth = {rate.category: rate.amount for rate in self.context.identity.profile.rates if rate.valid_to is None}
        if len(record.categories) > 1:
            record = replace(record, amount_due=worth[record.categories[0].category])
        super().book_record(document, record)


TerminationIgnored = with_parts("Goes on paying after support has ended.", discounts_type=_KeepsPaying)
CatchUpIgnored = with_parts("Leaves catch-up amounts out.", discounts_type=_NoCatchUp)
FirstCategoryOnly = with_parts("Reckons with a person's first category only.", discounts_type=_OneCategory)


class ReversalUntold(Driver):
    """Takes bills back and tells nobody."""

    def take_back(self, credit: Invoice, reverses: str) -> Sequence[Booking]:
        super().take_back(credit, reverses)
        return ()


class _FirstPersonOnly(PayoutReports):
    def queue(self, reports: Sequence[Report], period: Period, *, corrects: str | None = None) -> None:
        super().queue(reports[:1], period, corrects=corrects)


class _InvoiceRenumbered(PayoutReports):
    def report(self, number: str, booking: Booking) -> Report:
        return super().report(number, replace(booking, invoice=booking.invoice.removeprefix("R-")))


class _ReportsMore(PayoutReports):
    def report(self, number: str, booking: Booking) -> Report:
        return super().report(number, replace(booking, applied=booking.applied - Decimal("0.01")))


PayoutForgotten = with_parts("Reports the first person's payout only.", payout_reports_type=_FirstPersonOnly)
InvoiceRenumbered = with_parts("Shortens invoice numbers.", payout_reports_type=_InvoiceRenumbered)
OtherAmountReported = with_parts("Reports a cent less than it took off.", payout_reports_type=_ReportsMore)


class _SilentWhenEmpty(PayoutReports):
    def empty_periods(self) -> Sequence[Period]:
        return ()


EmptyMonthUntold = with_parts("Says nothing of a month without payouts.", payout_reports_type=_SilentWhenEmpty)


class HalfOnly(Driver):
    """Takes off half of what it could."""

    class billing_type(Billing):
        def applied(self, coverable: Decimal, available: Decimal) -> Decimal:
            return (super().applied(coverable, available) / 2).quantize(Decimal("0.01"))


class CancelledLost(Driver):
    """Does not give back what a cancelled bill took."""

    class billing_type(Billing):
        def taken(self, account: Account, year: int) -> Decimal:
            return sum(
                (
                    booking.applied
                    for booking in account.bookings
                    if booking.period.year == year and not booking.reversal
                ),
                ZERO,
            )


class ZeroRecords(Driver):
    """Makes a payout record of 0.00 also for customers without support."""

    def support(self, period: Period, invoice: Invoice) -> Sequence[Booking]:
        found = super().support(period, invoice)
        contract = self.store.customers.contract(invoice.contract)
        if found or contract is None:
            return found
        person = self.store.customers.person(contract.holder.code)
        account = Account(person, invoice.contract)
        return [self.billing.booking(invoice, period, account, ZERO, ZERO)]


class StrangeLines(Driver):
    """Answers a bill with lines of last month too."""

    def bill(self, *, period: str, invoices: Any) -> dict[str, Any]:
        answer = super().bill(period=period, invoices=invoices)
        answer["lines"].append({"invoice": "R-2025-12-0001", "person": "010180-00012", "applied": "1.00"})
        return answer


class StatusOfLastMonth(Driver):
    """Tells the state of last month when asked for today's."""

    def status(self, *, contract: str) -> dict[str, Any]:
        return {**super().status(contract=contract), "granted": "20.00"}


class NothingUntold(Driver):
    """Makes no record of a bill that took nothing of an available support."""

    def support(self, period: Period, invoice: Invoice) -> Sequence[Booking]:
        return [booking for booking in super().support(period, invoice) if booking.applied]
