"""Retailers whose documents say something wrong."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, date, timedelta
from typing import Any

from conformance.retailers.reference.billing import Booking
from conformance.retailers.reference.customers import Contract, Reporting
from conformance.retailers.reference.reports import ContractReports, PayoutReports
from simulator.domain.identifiers import synthetic_metering_point, synthetic_personal_code
from simulator.domain.model import Address, ContractRecord, Document, Operation, PayoutRecord, Period, Person, SubUser
from tests.mutants.variant import with_parts


class _Changed(ContractReports):
    """A contract document whose header is changed."""

    def document(self, records: Any, period: Period, corrects: str | None) -> Document:
        document = super().document(records, period, corrects)
        return replace(document, header=replace(document.header, **self.change(document)))

    def change(self, document: Document) -> dict[str, Any]:
        raise NotImplementedError


class _LocalTimeAsUtc(_Changed):
    def change(self, document: Document) -> dict[str, Any]:
        return {"created_at": document.header.created_at.replace(tzinfo=UTC)}


class _NextSeason(_Changed):
    def change(self, document: Document) -> dict[str, Any]:
        return {"period": document.header.period + 2}


class _LastYear(_Changed):
    def change(self, document: Document) -> dict[str, Any]:
        return {"period": document.header.period - 14}


class _Decomposed(ContractReports):
    def written(self, document: Document) -> bytes:
        return unicodedata.normalize("NFD", super().written(document).decode()).encode()


class _Twice(ContractReports):
    def document(self, records: Any, period: Period, corrects: str | None) -> Document:
        return super().document([*records, records[0]], period, corrects)


LocalTimeAsUtc = with_parts("Writes local time and marks it as UTC.", contract_reports_type=_LocalTimeAsUtc)
MonthToCome = with_parts("Names a month that is still to come.", contract_reports_type=_NextSeason)
MonthLongClosed = with_parts("Names a month of last year.", contract_reports_type=_LastYear)
DecomposedLetters = with_parts("Writes letters with diacritics as two characters.", contract_reports_type=_Decomposed)
ContractTwice = with_parts("Puts a contract into a document twice.", contract_reports_type=_Twice)


class _Record(Reporting):
    """A contract record that is changed."""

    def record(self, contract: Contract, operation: Operation, today: date) -> ContractRecord:
        return self.changed(super().record(contract, operation, today))

    def changed(self, record: ContractRecord) -> ContractRecord:
        raise NotImplementedError


class _DoubleBlanks(_Record):
    def changed(self, record: ContractRecord) -> ContractRecord:
        return replace(record, address=Address(record.address.text.replace(" ", "  "), record.address.code))


class _OtherPoint(_Record):
    def changed(self, record: ContractRecord) -> ContractRecord:
        return replace(record, metering_point=synthetic_metering_point(77_777))


class _MistypedPoint(_Record):
    def changed(self, record: ContractRecord) -> ContractRecord:
        point = record.metering_point
        return replace(record, metering_point=point[:-1] + ("A" if point[-1] != "A" else "B"))


class _PostalAddress(_Record):
    def changed(self, record: ContractRecord) -> ContractRecord:
        return replace(record, address=Address("a/k 12, Paraugciems"))


class _DayEarlier(_Record):
    def changed(self, record: ContractRecord) -> ContractRecord:
        return replace(record, valid_from=record.valid_from - timedelta(days=1))


class _OtherCode(_Record):
    def changed(self, record: ContractRecord) -> ContractRecord:
        return replace(record, holder=replace(record.holder, code=synthetic_personal_code(9_001)))


class _CutCode(_Record):
    def changed(self, record: ContractRecord) -> ContractRecord:
        code = record.holder.code
        return replace(record, holder=replace(record.holder, code=code[:-1] + str((int(code[-1]) + 1) % 10)))


class _EndWithoutDay(_Record):
    def changed(self, record: ContractRecord) -> ContractRecord:
        return replace(record, valid_to=None) if record.operation is Operation.END else record


class _HolderTwice(_Record):
    def changed(self, record: ContractRecord) -> ContractRecord:
        return replace(record, sub_users=(*record.sub_users, SubUser(record.holder, record.address)))


class _Household(_Record):
    def changed(self, record: ContractRecord) -> ContractRecord:
        child = Person(synthetic_personal_code(9_002), "Bērns", record.holder.surname)
        return replace(record, sub_users=(*record.sub_users, SubUser(child, record.address)))


class _FormerTenants(Reporting):
    def record(self, contract: Contract, operation: Operation, today: date) -> ContractRecord:
        record = super().record(contract, operation, today)
        return replace(record, sub_users=tuple(tenancy.sub_user for tenancy in contract.tenancies))


class _TellsLeaving(ContractReports):
    """Reports that somebody left, with the list as it was."""

    def changed(self, contract: Contract) -> Any:
        report = super().changed(contract)
        left = any(tenancy.until is not None and tenancy.until < self.context.today() for tenancy in contract.tenancies)
        if report is None and left:
            return self.report(contract, Operation.CHANGE)
        return report


def _with_records(reporting: type, fault: str) -> type:
    return with_parts(fault, reporting_type=reporting)


DoubleBlanks = _with_records(_DoubleBlanks, "Writes addresses with double blanks.")
OtherMeteringPoint = _with_records(_OtherPoint, "Names the metering point of another of the customer's premises.")
MistypedMeteringPoint = _with_records(_MistypedPoint, "Does not check the EIC that somebody typed in.")
PostalAddress = _with_records(_PostalAddress, "Hands over the postal address in place of the premises.")
DayEarlier = _with_records(_DayEarlier, "Takes dates through UTC and is a day early.")
OtherCode = _with_records(_OtherCode, "Writes the personal code of somebody else.")
MistypedCode = _with_records(_CutCode, "Does not check the personal code that somebody typed in.")
EndWithoutDay = _with_records(_EndWithoutDay, "Leaves the last day out of a record of a contract's end.")
HolderAsSubUser = _with_records(_HolderTwice, "Names the holder as a sub-user too.")
WholeHousehold = _with_records(_Household, "Names the whole household as sub-users.")
FormerTenantNamed = with_parts(
    "Goes on naming a tenant who has moved out.", reporting_type=_FormerTenants, contract_reports_type=_TellsLeaving
)


class _Withdrawn(ContractReports):
    def changed(self, contract: Contract) -> Any:
        last = self.context.store.outbox.last_statement(self.channel, contract.number)
        if last is not None and last.operation is Operation.END and not contract.ended:
            return None
        return super().changed(contract)


WithdrawalUntold = with_parts("Keeps to itself that a switch was withdrawn.", contract_reports_type=_Withdrawn)


class _Payout(PayoutReports):
    """A payout record that is changed."""

    def record(self, booking: Booking) -> PayoutRecord:
        return replace(super().record(booking), **self.change(booking))

    def change(self, booking: Booking) -> dict[str, Any]:
        raise NotImplementedError


class _DayBefore(_Payout):
    def change(self, booking: Booking) -> dict[str, Any]:
        return {"invoice_date": booking.issued - timedelta(days=1)}


class _MonthBefore(_Payout):
    def change(self, booking: Booking) -> dict[str, Any]:
        return {"period": booking.period - 1}


class _AfterSupport(_Payout):
    def change(self, booking: Booking) -> dict[str, Any]:
        return {"net_bill": booking.net_bill - booking.applied}


class _WithTax(_Payout):
    def change(self, booking: Booking) -> dict[str, Any]:
        found = self.context.store.ledger.invoice(booking.invoice)
        assert found is not None
        return {"net_bill": found[0].net + found[0].vat}


class _HoldersCode(_Payout):
    def change(self, booking: Booking) -> dict[str, Any]:
        contract = self.context.store.customers.contract(booking.contract)
        assert contract is not None
        return {"person_code": contract.holder.code}


class _ReversalDiffers(_Payout):
    def change(self, booking: Booking) -> dict[str, Any]:
        return {"remainder": booking.remainder - booking.remainder} if booking.reversal else {}


class _RemainderUntold(_Payout):
    def change(self, booking: Booking) -> dict[str, Any]:
        return {"remainder": booking.remainder - booking.remainder}


class _PeriodOfDocument(PayoutReports):
    def document(self, records: Any, period: Period, corrects: str | None) -> Document:
        return super().document(records, period - 1, corrects)


class _Forecasts(PayoutReports):
    def document(self, records: Any, period: Period, corrects: str | None) -> Document:
        forecast = [replace(records[0], invoice_number=f"AVANSS-{period}")] if records else []
        return super().document([*records, *forecast], period, corrects)


class _TakesBack(PayoutReports):
    def document(self, records: Any, period: Period, corrects: str | None) -> Document:
        return super().document([*records, *(replace(record, reversal=True) for record in records)], period, corrects)


def _with_payouts(reports: type, fault: str) -> type:
    return with_parts(fault, payout_reports_type=reports)


InvoiceDateMoved = _with_payouts(_DayBefore, "Writes another date than the bill's.")
MonthOfBillMoved = _with_payouts(_MonthBefore, "Writes the month before as the month of consumption.")
NetAfterSupport = _with_payouts(_AfterSupport, "States what is left of the bill after support.")
NetWithTax = _with_payouts(_WithTax, "States the bill with VAT.")
HolderInstead = _with_payouts(_HoldersCode, "Names the contract's holder instead of the tenant.")
ReversalDiffers = _with_payouts(_ReversalDiffers, "Reverses with other amounts than those reported.")
RemainderUntold = _with_payouts(_RemainderUntold, "Never says what remains for later months.")
DocumentOfMonthBefore = _with_payouts(_PeriodOfDocument, "Puts a month's payouts into a document of the month before.")
ForecastsReported = _with_payouts(_Forecasts, "Reports forecasts like bills.")
NeedlessReversals = _with_payouts(_TakesBack, "Reverses what stands.")


class _CountsBefore(_Changed):
    def change(self, document: Document) -> dict[str, Any]:
        return {"record_count": document.header.record_count + 1}


CountsBeforeLeavingOut = with_parts("Counts records of which it leaves some out.", contract_reports_type=_CountsBefore)


class _AllAgain(PayoutReports):
    def queue_new(self) -> None:
        periods: dict[Period, list[Any]] = {}
        for number, booking in self.context.store.ledger.bookings():
            periods.setdefault(booking.period, []).append(self.report(number, booking))
        for period, reports in periods.items():
            self.queue(reports, period)


class _AfterTheTwentieth(PayoutReports):
    def queue_due(self) -> None:
        if 20 < self.context.today().day < 31:
            super().queue_due()


ReportsAllAgain = _with_payouts(_AllAgain, "Reports all payouts in each run.")
PayoutsLate = _with_payouts(_AfterTheTwentieth, "Reports payouts after the 20th only.")
