"""Documents that the retailer sends to BVKB: contracts, payouts, and corrected documents after an error.

In a retailer's system this is the job that compares the books with what was reported and queues the difference.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict
from typing import TYPE_CHECKING

from conformance.retailers.reference.messages import Outgoing, Rejection, Statement
from simulator.documents.writing import write_document
from simulator.domain.model import ChannelName, ContractRecord, Document, Header, Operation, PayoutRecord, Period

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.retailers.reference.billing import Booking
    from conformance.retailers.reference.context import Context
    from conformance.retailers.reference.customers import Contract, Reporting

Report = tuple[Statement, ContractRecord | PayoutRecord]
"""A record, and its statement in the message books."""


class Reports:
    """Behaviour that contract and payout documents have in common."""

    channel: ChannelName

    def __init__(self, context: Context) -> None:
        self.context = context

    def queue_due(self) -> None:
        """Put every document that is due into the outbox: first corrected documents, then new ones."""
        with self.context.store.transaction():
            for rejection in self.context.store.outbox.rejections(self.channel):
                self.correct(rejection)
            self.queue_new()

    def queue_new(self) -> None:
        """Put new documents into the outbox, if there is something to report."""
        raise NotImplementedError

    def restate(self, statement: Statement) -> Report:
        """Return an earlier record again, with the data of now."""
        raise NotImplementedError

    def correct(self, rejection: Rejection) -> None:
        """Queue the whole document again, corrected, once the data of a rejected record has changed."""
        before = self.context.store.outbox.statements(rejection.document_id)
        now = [self.restate(statement) for statement in before]
        is_corrected = any(
            old.content != new.content and rejection.concerns(position)
            for position, (old, (new, _)) in enumerate(zip(before, now, strict=True), start=1)
        )
        if is_corrected:
            self.queue(now, rejection.period, corrects=self.corrected(rejection))

    def corrected(self, rejection: Rejection) -> str | None:
        """Return the id of the document that a corrected one replaces (its ``corrects``)."""
        return rejection.document_id

    def queue(self, reports: Sequence[Report], period: Period, *, corrects: str | None = None) -> None:
        """Write a document and put it into the outbox. It is written once: a repetition sends the stored bytes."""
        document = self.document([record for _, record in reports], period, corrects)
        self.context.store.outbox.queue(
            Outgoing(document.header.document_id, self.channel, self.written(document), period, corrects),
            [statement for statement, _ in reports],
        )

    def document(
        self, records: Sequence[ContractRecord | PayoutRecord], period: Period, corrects: str | None
    ) -> Document:
        """Return a document of these records, under a new document id."""
        header = Header(
            document_id=self.new_document_id(),
            provider=self.context.identity.provider,
            created_at=self.context.now().replace(microsecond=0),
            period=period,
            record_count=len(records),
            corrects=corrects,
        )
        return Document(self.channel, header, tuple(records))

    def written(self, document: Document) -> bytes:
        """Return a document as XML."""
        return write_document(document, self.context.identity.profile)

    def new_document_id(self) -> str:
        """Return a document id that was never used before."""
        return str(uuid.uuid4())


class ContractReports(Reports):
    """One document with all contracts that are new, changed or ended since they were last reported."""

    channel = ChannelName.CONTRACT

    def __init__(self, context: Context, reporting: Reporting) -> None:
        super().__init__(context)
        self.reporting = reporting

    def queue_new(self) -> None:
        """Queue one document of all changes, or none when nothing changed."""
        changed = [
            report for contract in self.context.store.customers.contracts() if (report := self.changed(contract))
        ]
        if changed:
            self.queue(changed, self.period())

    def period(self) -> Period:
        """Return the period of a contract document: the current month."""
        return Period.of(self.context.today())

    def changed(self, contract: Contract) -> Report | None:
        """Return the report on a contract, None when its current state was reported before."""
        last = self.context.store.outbox.last_statement(self.channel, contract.number)
        operation = self.reporting.operation(contract, last.content if last else None)
        report = self.report(contract, operation)
        return None if last is not None and last.content == report[0].content else report

    def restate(self, statement: Statement) -> Report:
        """Return the current state of the contract, with the operation of the earlier record."""
        contract = self.context.store.customers.contract(statement.subject)
        assert contract is not None  # contracts are never thrown away
        assert statement.operation is not None  # a contract record has one
        return self.report(contract, statement.operation)

    def report(self, contract: Contract, operation: Operation) -> Report:
        """Return the contract's record as of today, and its statement."""
        record = self.reporting.record(contract, operation, self.context.today())
        return Statement(contract.number, self.reporting.content(record), record.operation), record


class PayoutReports(Reports):
    """One document for each period with the bookings that are not reported yet; without records for an empty month."""

    channel = ChannelName.PAYOUT

    def queue_new(self) -> None:
        """Queue a document for each period that has new bookings, or was billed without any."""
        periods: dict[Period, list[Report]] = {empty_period: [] for empty_period in self.empty_periods()}
        for number, booking in self.context.store.unreported_bookings():
            periods.setdefault(booking.period, []).append(self.report(number, booking))
        for period in sorted(periods):
            self.queue(periods[period], period)

    def empty_periods(self) -> Sequence[Period]:
        """Return the billed periods without a document; BVKB expects one even without records (assumed)."""
        return self.context.store.unreported_periods()

    def restate(self, statement: Statement) -> Report:
        """Return the booking again; its person may have another code by now."""
        return self.report(statement.subject, self.context.store.ledger.booking(statement.subject))

    def report(self, number: str, booking: Booking) -> Report:
        """Return a booking's record, and its statement."""
        record = self.record(booking)
        return Statement(number, json.dumps(asdict(record), default=str)), record

    def record(self, booking: Booking) -> PayoutRecord:
        """Return a booking as a payout record."""
        return PayoutRecord(
            contract=booking.contract,
            person_code=self.context.store.customers.code_of(booking.person),
            period=booking.period,
            invoice_number=booking.invoice,
            invoice_date=booking.issued,
            net_bill=booking.net_bill,
            applied=booking.applied,
            carried_over=booking.carried_over,
            remainder=booking.remainder,
            reversal=booking.reversal,
        )
