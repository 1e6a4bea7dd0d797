"""One scheduled run of the reference retailer: all that came is fetched and processed, then all that is due is sent.

Discount documents: what is right is booked, what is wrong is told to BVKB, money in doubt is left alone.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from conformance.retailers.reference.client import ConnectionLost, Received, Refused
from conformance.retailers.reference.customers import Reporting
from conformance.retailers.reference.outbox import Outgoing
from conformance.retailers.reference.reports import ContractReports, PayoutReports, Reports
from conformance.retailers.reference.transfers import Fetching, Sending
from simulator.documents.reading import DocumentError, read_document, read_error_report
from simulator.documents.validation import validate
from simulator.documents.writing import write_error_report
from simulator.domain.identifiers import document_key
from simulator.domain.language import Text, _
from simulator.domain.model import ChannelName, DiscountRecord, Document, ErrorReport, RecordError, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.retailers.reference.office import Office
    from simulator.documents.parsing import Complaint


class Discounts:
    """Takes in one discount message at a time."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def take(self, message: Received) -> None:
        """Book a discount document, and queue an error event about what cannot be booked."""
        complaints = validate(message.payload, self.office.party.profile, ChannelName.DISCOUNT)
        if complaints:
            self.complain(message, self.document_id(message), self.invalid(complaints))
            return
        document = read_document(message.payload, self.office.party.profile, ChannelName.DISCOUNT)
        if self.is_foreign(document):
            self.complain(message, document.header.document_id, (_foreign(),))
            return  # nothing of it is kept: the retailer's own list may still come under the same id
        errors = self.errors(document)
        if not self.is_duplicate(document):
            self.book(document, {error.position for error in errors})
            if errors:
                self.complain(message, document.header.document_id, errors)

    def is_duplicate(self, document: Document) -> bool:
        """Whether this document was booked before; it may come again in another message."""
        return self.office.store.inbox.has(document_key(document.header.document_id))

    def book(self, document: Document, wrong: set[int | None]) -> None:
        """Book the records that are right; a corrected document takes the place of the earlier one."""
        header, store = document.header, self.office.store
        corrects = None if header.corrects is None else document_key(header.corrects)
        store.inbox.put(document_key(header.document_id), corrects)
        if corrects is not None:
            store.ledger.withdraw(corrects)
        for position, record in enumerate(document.discounts(), start=1):
            if None not in wrong and position not in wrong:
                self.book_record(document, record)

    def book_record(self, document: Document, record: DiscountRecord) -> None:
        """Book one decision: the amount of the period and all catch-up become available with the document's period."""
        person = self.office.store.customers.person(record.person_code)
        header = document.header
        self.office.store.ledger.grant(
            document_key(header.document_id), person, record.contract, header.period, record.total
        )

    def is_foreign(self, document: Document) -> bool:
        """Whether a document is meant for another retailer."""
        return document.header.provider != self.office.party.provider

    def errors(self, document: Document) -> tuple[RecordError, ...]:
        """What is wrong with the records of a valid document, as only its addressee can tell."""
        return tuple(
            _unknown_contract(position, record.contract)
            for position, record in enumerate(document.discounts(), start=1)
            if self.office.store.customers.contract(record.contract) is None
        )

    def invalid(self, complaints: Sequence[Complaint]) -> tuple[RecordError, ...]:
        """Complaints of the validation as record errors about the whole document."""
        return tuple(
            RecordError(
                code=complaint.code,
                severity=Severity.ERROR,
                text_lv=_("The document is not valid: {path} (line {line})")
                .filled(path=complaint.path, line=complaint.line)
                .in_language("lv"),
                text_en=f"{complaint.path} (line {complaint.line}): {complaint.found}; expected {complaint.expected}",
            )
            for complaint in complaints
        )

    def document_id(self, message: Received) -> str | None:
        """The document id of a document that may not be valid, None when it cannot be read."""
        try:
            return read_document(message.payload, self.office.party.profile).header.document_id
        except DocumentError:
            return None

    def complain(self, message: Received, document_id: str | None, errors: Sequence[RecordError]) -> None:
        """Queue an error event to BVKB about a message."""
        self.office.note(f"message {message.message_id}: {'; '.join(error.text_en for error in errors)}")
        report = write_error_report(ErrorReport(document_id, tuple(errors)), self.office.party.profile)
        self.office.store.outbox.queue(
            Outgoing(str(uuid.uuid4()), ChannelName.DISCOUNT, report, related_message=message.message_id)
        )


def _foreign() -> RecordError:
    return _error("foreign-provider", _("the document is another retailer's"))


def _unknown_contract(position: int, contract: str) -> RecordError:
    return _error("unknown-contract", _("there is no contract {contract}", contract=contract), position)


def _error(code: str, text: Text, position: int | None = None) -> RecordError:
    lv, en = text.in_language("lv"), text.in_language("en")
    return RecordError(code=code, severity=Severity.ERROR, text_lv=lv, text_en=en, position=position)


class Exchange:
    """Puts the parts of a run together; a variant of the retailer replaces a part, or a method of one."""

    fetching_type = Fetching
    sending_type = Sending
    discounts_type = Discounts
    reporting_type = Reporting
    contract_reports_type = ContractReports
    payout_reports_type = PayoutReports

    def __init__(self, office: Office) -> None:
        self.office = office
        self.sending = self.sending_type(office)
        self.discounts = self.discounts_type(office)
        self.fetching = self.fetching_type(office, self.take, self.sending.events)
        self.reports: dict[ChannelName, Reports] = {
            ChannelName.CONTRACT: self.contract_reports_type(office, self.reporting_type()),
            ChannelName.PAYOUT: self.payout_reports_type(office),
        }

    def run(self, channels: Sequence[ChannelName]) -> None:
        """Fetch, then send, so that an error is known before the next document is written.

        What goes wrong on one channel is noted, and the others are served all the same.
        """
        self.sending.begin()
        for step in (self.fetch, self.send):
            for channel in channels:
                try:
                    step(channel)
                except (ConnectionLost, Refused) as reason:
                    self.office.note(f"channel {channel}: {reason}")

    def fetch(self, channel: ChannelName) -> None:
        """Fetch what came on a channel: discounts, or error events about what was sent."""
        self.fetching.run(channel)

    def send(self, channel: ChannelName) -> None:
        """Send what is due on a channel, and what earlier runs left in the queue."""
        if channel in self.reports:
            self.reports[channel].queue_due()
        self.sending.run(channel)

    def take(self, channel: ChannelName, message: Received) -> None:
        """Process one message."""
        if message.is_event:
            self.take_event(message)
        elif channel is ChannelName.DISCOUNT:
            self.discounts.take(message)
        else:
            self.office.note(
                f"message {message.message_id}: a business message on channel {channel} is not for a retailer"
            )

    def take_event(self, message: Received) -> None:
        """Keep what BVKB found wrong with a document of ours."""
        try:
            report = read_error_report(message.payload, self.office.party.profile)
        except DocumentError as reason:
            self.office.note(f"message {message.message_id}: an error event that cannot be read: {reason}")
            return
        self.office.store.outbox.put_complaints(report.document_id, report.errors)
        for error in report.errors:
            self.office.note(f"BVKB on document {report.document_id}, record {error.position}: {error.text_en}")
