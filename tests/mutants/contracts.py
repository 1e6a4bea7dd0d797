"""Retailers that report their contracts wrongly."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from conformance.retailers.reference.customers import Contract, Reporting
from conformance.retailers.reference.driver import Driver
from conformance.retailers.reference.messages import Rejection
from conformance.retailers.reference.reports import ContractReports, Report
from simulator.domain.model import ContractRecord, Document, Operation, Period
from tests.mutants.variant import with_parts


class _AsciiNames(Reporting):
    def record(self, contract: Contract, operation: Operation, today: date) -> ContractRecord:
        record = super().record(contract, operation, today)
        holder = record.holder
        return replace(
            record, holder=replace(holder, given_name=_plain(holder.given_name), surname=_plain(holder.surname))
        )


class _NoSubUsers(Reporting):
    def record(self, contract: Contract, operation: Operation, today: date) -> ContractRecord:
        return replace(super().record(contract, operation, today), sub_users=())


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()


LatvianLettersLost = with_parts("Writes names in plain ASCII.", reporting_type=_AsciiNames)
SubUsersUntold = with_parts("Leaves sub-users out.", reporting_type=_NoSubUsers)


class _HoldersOfOneOnly(ContractReports):
    """Takes it that nobody has two contracts."""

    def changed(self, contract: Contract) -> Report | None:
        first = next(
            each for each in self.context.store.customers.contracts() if each.holder.code == contract.holder.code
        )
        return super().changed(contract) if first.number == contract.number else None


class _EndsUntold(ContractReports):
    def changed(self, contract: Contract) -> Report | None:
        return None if contract.ended else super().changed(contract)


class _NeverCorrects(ContractReports):
    def correct(self, rejection: Rejection) -> None:
        """Error events are filed and forgotten."""

    def changed(self, contract: Contract) -> Report | None:
        return None if contract.number in self._rejected() else super().changed(contract)

    def _rejected(self) -> set[str]:
        outbox = self.context.store.outbox
        return {
            statement.subject
            for rejection in outbox.rejections(self.channel)
            for position, statement in enumerate(outbox.statements(rejection.document_id), start=1)
            if rejection.concerns(position)
        }


class _TwoARun(ContractReports):
    """Has room for two records in a document; the rest waits for the next run."""

    def queue(self, reports: Sequence[Report], period: Period, *, corrects: str | None = None) -> None:
        super().queue(reports if corrects else reports[:2], period, corrects=corrects)


class _NewCodesUntold(ContractReports):
    """Keeps to itself that a holder has a new personal code."""

    def changed(self, contract: Contract) -> Report | None:
        report = super().changed(contract)
        return None if report is not None and report[1].operation is Operation.CHANGE else report


class _SignsForOthers(ContractReports):
    """Reports the offers that it made like contracts."""

    def document(self, records: Any, period: Period, corrects: str | None) -> Document:
        signed = [record for record in records if record.operation is Operation.NEW]
        offers = [replace(each, contract=f"PIEDAVAJUMS {n}") for n, each in enumerate(signed, 71)]
        return super().document([*records, *offers], period, corrects)


SecondContractForgotten = with_parts("Takes it that nobody has two contracts.", contract_reports_type=_HoldersOfOneOnly)
EndsUntold = with_parts("Never reports that a contract ended.", contract_reports_type=_EndsUntold)
NeverCorrects = with_parts("Files error messages and forgets them.", contract_reports_type=_NeverCorrects)
ContractsLate = with_parts(
    "Has room for two records in a document; the rest waits for the next run.", contract_reports_type=_TwoARun
)
NewCodesUntold = with_parts(
    "Keeps to itself that a holder has a new personal code.", contract_reports_type=_NewCodesUntold
)
ChangesUntold = with_parts("Keeps to itself that a contract changed.", contract_reports_type=_NewCodesUntold)
ContractInvented = with_parts("Reports offers like contracts.", contract_reports_type=_SignsForOthers)


class ZerosLost(Driver):
    """Keeps contract numbers as numbers."""

    def apply(self, *, events: Iterable[Mapping[str, Any]]) -> None:
        super().apply(events=[{**event, "contract": _number(event["contract"])} for event in events])

    def bill(self, *, period: str, invoices: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        return super().bill(
            period=period, invoices=[{**invoice, "contract": _number(invoice["contract"])} for invoice in invoices]
        )


def _number(contract: str) -> str:
    return str(int(contract)) if contract.isdecimal() else contract
