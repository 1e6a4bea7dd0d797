"""Discount documents: what is right is booked, what is wrong is told to BVKB, money in doubt is left alone."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from conformance.retailers.reference.outbox import Outgoing
from simulator.documents.identity import document_key
from simulator.documents.model import (
    ChannelName,
    DiscountRecord,
    Document,
    ErrorReport,
    RecordError,
    Severity,
)
from simulator.documents.reading import DocumentError, read_document
from simulator.documents.validation import validate
from simulator.documents.writing import write_error_report
from simulator.domain.language import Text, _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.retailers.reference.client import Received
    from conformance.retailers.reference.office import Office
    from simulator.documents.complaints import Complaint


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
            self.book(document, {each.position for each in errors})
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
        self.office.note(f"message {message.message_id}: {'; '.join(each.text_en for each in errors)}")
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
