"""Scheduled run of the reference retailer: fetch and process every message, then send every document that is due.

In a retailer's system this is the job that a scheduler starts. ``Discounts`` books the correct records of a discount
document and reports the others to BVKB; an uncertain amount is not booked.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from conformance.retailers.reference.client import ConnectionLost, Received, Refused
from conformance.retailers.reference.customers import Reporting
from conformance.retailers.reference.messages import Outgoing
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

    from conformance.retailers.reference.context import Context
    from simulator.documents.parsing import Complaint


class Discounts:
    """Processing of discount documents."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def take(self, message: Received) -> None:
        """Book a discount document, and queue an error event about the records that cannot be booked."""
        complaints = validate(message.payload, self.context.identity.profile, ChannelName.DISCOUNT)
        if complaints:
            self.complain(message, self.document_id(message), self.invalid(complaints))
            return
        document = read_document(message.payload, self.context.identity.profile, ChannelName.DISCOUNT)
        if self.is_foreign(document):
            self.complain(message, document.header.document_id, (_foreign(),))
            return  # nothing of it is kept: the retailer's own list may still come under the same id
        errors = self.errors(document)
        if not self.is_duplicate(document):
            self.book(document, {error.position for error in errors})
            if errors:
                self.complain(message, document.header.document_id, errors)

    def is_duplicate(self, document: Document) -> bool:
        """Return True when this document was booked before; it may come again in another message."""
        return self.context.store.inbox.has(document_key(document.header.document_id))

    def book(self, document: Document, wrong: set[int | None]) -> None:
        """Book the correct records. ``wrong`` has the positions of the others, None for the whole document.

        A corrected document takes the place of the earlier one.
        """
        header, store = document.header, self.context.store
        corrects = None if header.corrects is None else document_key(header.corrects)
        store.inbox.put(document_key(header.document_id), corrects)
        if corrects is not None:
            store.ledger.withdraw(corrects)
        for position, record in enumerate(document.discounts(), start=1):
            if None not in wrong and position not in wrong:
                self.book_record(document, record)

    def book_record(self, document: Document, record: DiscountRecord) -> None:
        """Book one decision: amount and catch-up become available in the document's period."""
        person = self.context.store.customers.person(record.person_code)
        header = document.header
        self.context.store.ledger.grant(
            document_key(header.document_id), person, record.contract, header.period, record.total
        )

    def is_foreign(self, document: Document) -> bool:
        """Return True when a document is meant for another retailer."""
        return document.header.provider != self.context.identity.provider

    def errors(self, document: Document) -> tuple[RecordError, ...]:
        """Return errors in the records of a valid document that only the retailer can detect: unknown contracts."""
        return tuple(
            _unknown_contract(position, record.contract)
            for position, record in enumerate(document.discounts(), start=1)
            if self.context.store.customers.contract(record.contract) is None
        )

    def invalid(self, complaints: Sequence[Complaint]) -> tuple[RecordError, ...]:
        """Return the validator's complaints as record errors about the whole document."""
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
        """Return the id of a document that may not be valid, None when it cannot be read."""
        try:
            return read_document(message.payload, self.context.identity.profile).header.document_id
        except DocumentError:
            return None

    def complain(self, message: Received, document_id: str | None, errors: Sequence[RecordError]) -> None:
        """Queue an error event to BVKB about a message."""
        self.context.note(f"message {message.message_id}: {'; '.join(error.text_en for error in errors)}")
        report = write_error_report(ErrorReport(document_id, tuple(errors)), self.context.identity.profile)
        self.context.store.outbox.queue(
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
    """A scheduled run, put together from its parts; a variant of the retailer replaces one named ``..._type``."""

    fetching_type = Fetching
    sending_type = Sending
    discounts_type = Discounts
    reporting_type = Reporting
    contract_reports_type = ContractReports
    payout_reports_type = PayoutReports

    def __init__(self, context: Context) -> None:
        self.context = context
        self.sending = self.sending_type(context)
        self.discounts = self.discounts_type(context)
        self.fetching = self.fetching_type(context, self.take, self.sending.events)
        self.reports: dict[ChannelName, Reports] = {
            ChannelName.CONTRACT: self.contract_reports_type(context, self.reporting_type()),
            ChannelName.PAYOUT: self.payout_reports_type(context),
        }

    def run(self, channels: Sequence[ChannelName]) -> None:
        """Fetch, then send, so that an error is known before the next document is written.

        A failure on one channel is noted, and the run continues with the others.
        """
        self.sending.begin()
        for step in (self.fetch, self.send):
            for channel in channels:
                try:
                    step(channel)
                except (ConnectionLost, Refused) as reason:
                    self.context.note(f"channel {channel}: {reason}")

    def fetch(self, channel: ChannelName) -> None:
        """Fetch the messages of a channel: discounts, or error events about sent documents."""
        self.fetching.run(channel)

    def send(self, channel: ChannelName) -> None:
        """Send the documents that are due on a channel, and those that earlier runs left in the queue."""
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
            self.context.note(
                f"message {message.message_id}: a business message on channel {channel} is not for a retailer"
            )

    def take_event(self, message: Received) -> None:
        """Store the errors that BVKB found in a document of this retailer."""
        try:
            report = read_error_report(message.payload, self.context.identity.profile)
        except DocumentError as reason:
            self.context.note(f"message {message.message_id}: an error event that cannot be read: {reason}")
            return
        self.context.store.outbox.put_complaints(report.document_id, report.errors)
        for error in report.errors:
            self.context.note(f"BVKB on document {report.document_id}, record {error.position}: {error.text_en}")
