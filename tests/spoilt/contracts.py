"""Retailers that report their contracts wrongly."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from conformance.retailers.reference.contracts import Contract, Reporting
from conformance.retailers.reference.driver import Driver
from conformance.retailers.reference.outbox import Rejection
from conformance.retailers.reference.reports import ContractReports, Said
from simulator.documents.model import ContractRecord, Operation, Period
from tests.spoilt.variant import with_parts

if TYPE_CHECKING:
    pass


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


LatvianLettersLost = with_parts(reporting_type=_AsciiNames)
SubUsersUntold = with_parts(reporting_type=_NoSubUsers)


class _HoldersOfOneOnly(ContractReports):
    """Takes it that nobody has two contracts."""

    def changed(self, contract: Contract) -> Said | None:
        first = next(
            each for each in self.office.store.customers.contracts() if each.holder.code == contract.holder.code
        )
        return super().changed(contract) if first.number == contract.number else None


class _EndsUntold(ContractReports):
    def changed(self, contract: Contract) -> Said | None:
        return None if contract.ended else super().changed(contract)


class _NeverCorrects(ContractReports):
    def correct(self, rejection: Rejection) -> None:
        """Error events are filed and forgotten."""

    def changed(self, contract: Contract) -> Said | None:
        known = self.office.store.outbox.last_statement(self.channel, contract.number)
        return None if known is not None and not contract.ended else super().changed(contract)


class _AWeekLate(ContractReports):
    """Reports once a month, on the 6th."""

    def queue_new(self) -> None:
        if self.office.today().day >= 6:
            super().queue_new()


class _SignsForOthers(ContractReports):
    def queue(self, said: Any, period: Period, *, corrects: str | None = None) -> None:
        statement, record = said[0]
        invented = replace(record, contract=f"{record.contract}-2", operation=Operation.NEW)
        super().queue([*said, (replace(statement, subject=invented.contract), invented)], period, corrects=corrects)


SecondContractForgotten = with_parts(contract_reports_type=_HoldersOfOneOnly)
EndsUntold = with_parts(contract_reports_type=_EndsUntold)
NeverCorrects = with_parts(contract_reports_type=_NeverCorrects)
ContractsLate = with_parts(contract_reports_type=_AWeekLate)
ContractInvented = with_parts(contract_reports_type=_SignsForOthers)


class ZerosLost(Driver):
    """Keeps contract numbers as numbers."""

    def apply(self, *, events: Iterable[Mapping[str, Any]]) -> None:
        super().apply(events=[{**each, "contract": _number(each["contract"])} for each in events])

    def bill(self, *, period: str, invoices: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        return super().bill(
            period=period, invoices=[{**each, "contract": _number(each["contract"])} for each in invoices]
        )


def _number(contract: str) -> str:
    return str(int(contract)) if contract.isdecimal() else contract


class NewCodeNewCustomer(Driver):
    """Takes a new personal code for a new person: ends the contract and signs another."""

    def apply(self, *, events: Iterable[Mapping[str, Any]]) -> None:
        for event in events:
            if event["kind"] != "contract.change" or not event.get("previous_code"):
                super().apply(events=[event])
                continue
            today = self.clock().date().isoformat()
            super().apply(events=[{"kind": "contract.end", "contract": event["contract"], "valid_to": today}])
            self._exchange_contracts()
            super().apply(events=[{**event, "kind": "contract.new", "previous_code": None}])

    def _exchange_contracts(self) -> None:
        self.exchange(channels=["contract"])
