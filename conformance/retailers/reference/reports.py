"""What the retailer tells BVKB, and when: contract documents, payout documents, and corrected ones after an error."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict
from typing import TYPE_CHECKING

from conformance.retailers.reference.outbox import Outgoing, Rejection, Statement
from simulator.documents.writing import write_document
from simulator.domain.model import ChannelName, ContractRecord, Document, Header, Operation, PayoutRecord, Period

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.retailers.reference.billing import Booking
    from conformance.retailers.reference.customers import Contract, Reporting
    from conformance.retailers.reference.office import Office

Said = tuple[Statement, ContractRecord | PayoutRecord]
"""A record, and what the books keep of it."""


class Reports:
    """What contract and payout documents have in common."""

    channel: ChannelName

    def __init__(self, office: Office) -> None:
        self.office = office

    def queue_due(self) -> None:
        """Put into the outbox whatever is due now: first corrected documents, then new ones."""
        with self.office.store.transaction():
            for rejection in self.office.store.outbox.rejections(self.channel):
                self.correct(rejection)
            self.queue_new()

    def queue_new(self) -> None:
        """Put new documents into the outbox, if there is something to say."""
        raise NotImplementedError

    def restate(self, statement: Statement) -> Said:
        """Say again what an earlier record said, as the retailer knows it now."""
        raise NotImplementedError

    def correct(self, rejection: Rejection) -> None:
        """Queue a corrected document, whole, once a record that was found wrong would read differently now."""
        before = self.office.store.outbox.statements(rejection.document_id)
        now = [self.restate(statement) for statement in before]
        mended = any(
            old.said != new.said and rejection.concerns(position)
            for position, (old, (new, _)) in enumerate(zip(before, now, strict=True), start=1)
        )
        if mended:
            self.queue(now, rejection.period, corrects=self.corrected(rejection))

    def corrected(self, rejection: Rejection) -> str | None:
        """Which earlier document a corrected one names."""
        return rejection.document_id

    def queue(self, said: Sequence[Said], period: Period, *, corrects: str | None = None) -> None:
        """Write a document and put it into the outbox; from now on it is never written anew."""
        document = self.document([record for _, record in said], period, corrects)
        self.office.store.outbox.queue(
            Outgoing(document.header.document_id, self.channel, self.written(document), period, corrects),
            [statement for statement, _ in said],
        )

    def document(
        self, records: Sequence[ContractRecord | PayoutRecord], period: Period, corrects: str | None
    ) -> Document:
        """The document of these records."""
        header = Header(
            document_id=self.new_document_id(),
            provider=self.office.party.provider,
            created_at=self.office.now().replace(microsecond=0),
            period=period,
            record_count=len(records),
            corrects=corrects,
        )
        return Document(self.channel, header, tuple(records))

    def written(self, document: Document) -> bytes:
        """A document as XML."""
        return write_document(document, self.office.party.profile)

    def new_document_id(self) -> str:
        """A document id that was never used before."""
        return str(uuid.uuid4())


class ContractReports(Reports):
    """One document with all contracts that are new, changed or ended since BVKB was last told."""

    channel = ChannelName.CONTRACT

    def __init__(self, office: Office, reporting: Reporting) -> None:
        super().__init__(office)
        self.reporting = reporting

    def queue_new(self) -> None:
        """Queue one document of all changes, or none when nothing changed."""
        changed = [said for contract in self.office.store.customers.contracts() if (said := self.changed(contract))]
        if changed:
            self.queue(changed, self.period())

    def period(self) -> Period:
        """The period of a contract document: the month in which it is made."""
        return Period.of(self.office.today())

    def changed(self, contract: Contract) -> Said | None:
        """What there is to say of a contract; None when BVKB knows all of it."""
        last = self.office.store.outbox.last_statement(self.channel, contract.number)
        operation = self.reporting.operation(contract, last.said if last else None)
        said = self.said(contract, operation)
        return None if last is not None and last.said == said[0].said else said

    def restate(self, statement: Statement) -> Said:
        """The contract as it is now, with the operation of the earlier record."""
        contract = self.office.store.customers.contract(statement.subject)
        assert contract is not None  # contracts are never thrown away
        assert statement.operation is not None  # a contract record has one
        return self.said(contract, statement.operation)

    def said(self, contract: Contract, operation: Operation) -> Said:
        """The contract's record now, and what the books keep of it."""
        record = self.reporting.record(contract, operation, self.office.today())
        return Statement(contract.number, self.reporting.said(record), record.operation), record


class PayoutReports(Reports):
    """Per period one document of all that bills took and is not told yet; one without records for an empty month."""

    channel = ChannelName.PAYOUT

    def queue_new(self) -> None:
        """Queue a document for each period that has something new, or was billed and has nothing to tell."""
        periods: dict[Period, list[Said]] = {empty_period: [] for empty_period in self.empty_periods()}
        for number, booking in self.office.store.unreported():
            periods.setdefault(booking.period, []).append(self.said(number, booking))
        for period in sorted(periods):
            self.queue(periods[period], period)

    def empty_periods(self) -> Sequence[Period]:
        """Periods that were billed and for which BVKB waits for a document, even of no records (assumed)."""
        return self.office.store.untold_periods()

    def restate(self, statement: Statement) -> Said:
        """The booking as it is now: its person may have another code."""
        return self.said(statement.subject, self.office.store.ledger.booking(statement.subject))

    def said(self, number: str, booking: Booking) -> Said:
        """A booking's record now, and what the books keep of it."""
        record = self.record(booking)
        return Statement(number, json.dumps(asdict(record), default=str)), record

    def record(self, booking: Booking) -> PayoutRecord:
        """A booking as a payout record."""
        return PayoutRecord(
            contract=booking.contract,
            person_code=self.office.store.customers.code_of(booking.person),
            period=booking.period,
            invoice_number=booking.invoice,
            invoice_date=booking.issued,
            net_bill=booking.net_bill,
            applied=booking.applied,
            carried_over=booking.carried_over,
            remainder=booking.remainder,
            reversal=booking.reversal,
        )
