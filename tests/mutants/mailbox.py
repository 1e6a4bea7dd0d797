"""Retailers that handle their mailbox and its messages wrongly."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from conformance.retailers.reference.client import ConnectionLost, DitClient, Received, Refused
from conformance.retailers.reference.driver import Driver
from conformance.retailers.reference.exchange import Discounts, Exchange
from conformance.retailers.reference.messages import Outgoing, ReadState, Rejection
from conformance.retailers.reference.reports import ContractReports, Report
from conformance.retailers.reference.transfers import Fetching, Sending
from simulator.documents.parsing import parse
from simulator.documents.reading import DocumentError, read_document, read_located
from simulator.documents.writing import write_error_report
from simulator.domain.model import ChannelName, DiscountRecord, Document, ErrorReport, Period, RecordError, Severity
from tests.mutants.variant import with_parts


class _DeletesTwice(Fetching):
    def delete(self, channel: ChannelName, message_id: str) -> None:
        super().delete(channel, message_id)
        super().delete(channel, message_id)


class _MadeUpIds(Fetching):
    def delete(self, channel: ChannelName, message_id: str) -> None:
        with contextlib.suppress(Refused):
            self.context.client.delete(str(uuid.uuid4()))
        super().delete(channel, message_id)


class _Tidies(Fetching):
    def read_new(self, channel: ChannelName) -> None:
        self.context.client._command("DeleteMessage", MessageRequest={"ChannelVersionURN": self.version(channel)})
        super().read_new(channel)


class _ReadsTwice(Fetching):
    def read(self, channel: ChannelName, message_id: str) -> None:
        self.context.client.receive_message(message_id)
        super().read(channel, message_id)


class _Backwards(Fetching):
    def to_read(self, listed: Sequence[str]) -> Sequence[str]:
        return listed[::-1]


class _GivesUpDeleting(Fetching):
    def delete(self, channel: ChannelName, message_id: str) -> None:
        try:
            super().delete(channel, message_id)
        except ConnectionLost:
            self.note(channel, message_id, ReadState.DELETED)


DeletesTwice = with_parts("Deletes each message twice.", fetching_type=_DeletesTwice)
MadeUpIds = with_parts("Makes message ids up.", fetching_type=_MadeUpIds)
MailboxTidied = with_parts("Empties its mailbox before it looks into it.", fetching_type=_Tidies)
ReadsTwice = with_parts("Reads each message twice.", fetching_type=_ReadsTwice)
ReadsBackwards = with_parts("Reads the latest message first.", fetching_type=_Backwards)
GivesUpDeleting = with_parts("Takes a failed deletion for done.", fetching_type=_GivesUpDeleting)


class _OldClient(DitClient):
    def __init__(self, address: str, *arguments: Any, **named: Any) -> None:
        super().__init__(address.replace("/plain", "/plain11"), *arguments, **named)

    def _proxy(self) -> Any:
        if self._client is None:
            super()._proxy()
            assert self._client is not None
            name = "{http://ivis.eps.gov.lv/ISS/DITService/v1-0}DITMessageService_Plain11"
            self._service = self._client.create_service(name, self._address)  # type: ignore[no-untyped-call]
        return self._service


class OldSoap(Driver):
    """Calls in SOAP 1.1."""

    client_type = _OldClient


# -- sending


class _TakesForSent(Sending):
    def send(self, outgoing: Outgoing) -> bool:
        try:
            self.transmit(outgoing)
        except ConnectionLost as reason:
            self.context.note(str(reason))
        with self.context.store.transaction():
            self.context.store.outbox.note_sent(outgoing.document_id)
        return True


class _SendsTwice(Sending):
    def transmit(self, outgoing: Outgoing) -> None:
        super().transmit(outgoing)
        if outgoing.related_message is None:
            super().transmit(outgoing)


class _KeepsTrying(Sending):
    def refused(self, outgoing: Outgoing, reason: Refused) -> bool:
        self.context.note(f"{outgoing.document_id}: {reason}")
        return False


class _NoHyphens(ContractReports):
    def document(self, records: Any, period: Period, corrects: str | None) -> Document:
        document = super().document(records, period, corrects)
        return replace(document, header=replace(document.header, document_id=uuid.uuid4().hex))


class _OneChannel(Sending):
    def transmit(self, outgoing: Outgoing) -> None:
        self.context.client.send(self.context.identity.versions[ChannelName.CONTRACT], outgoing.data)


class _RelatedLost(Sending):
    def transmit(self, outgoing: Outgoing) -> None:
        related = outgoing.related_message
        super().transmit(replace(outgoing, related_message=str(uuid.uuid4()) if related else None))


TakesForSent = with_parts("Takes a failed send for done.", sending_type=_TakesForSent)
SendsTwice = with_parts("Sends each document twice to be sure.", sending_type=_SendsTwice)
KeepsTryingRefused = with_parts(
    "Sends what DIT refused again and again.", sending_type=_KeepsTrying, contract_reports_type=_NoHyphens
)
OneChannelForAll = with_parts("Sends payouts on the contract channel.", sending_type=_OneChannel)
RelatedIdLost = with_parts("Makes up the id of the message that an error is about.", sending_type=_RelatedLost)


# -- discounts and errors about them


class _SilentOnInvalid(Discounts):
    def complain(self, message: Received, document_id: str | None, errors: Sequence[RecordError]) -> None:
        if document_id is not None and errors[0].code in ("foreign-provider", "unknown-contract"):
            super().complain(message, document_id, errors)


class _SilentOnForeign(Discounts):
    def complain(self, message: Received, document_id: str | None, errors: Sequence[RecordError]) -> None:
        if errors[0].code != "foreign-provider":
            super().complain(message, document_id, errors)


class _BooksInvalid(Discounts):
    def take(self, message: Received) -> None:
        super().take(message)
        try:
            document = read_located(parse(message.payload), self.context.identity.profile).document
        except DocumentError:
            return
        if not self.is_duplicate(document):
            rounded = [
                replace(discount, amount_due=discount.amount_due.quantize(Decimal("0.01"), ROUND_HALF_UP))
                for discount in document.discounts()
            ]
            self.book(replace(document, records=tuple(rounded)), set())


class _BooksForeign(Discounts):
    def take(self, message: Received) -> None:
        super().take(message)
        document = read_document(message.payload, self.context.identity.profile)
        if self.is_foreign(document):
            self.book(document, set())


class _LatestOnly(Discounts):
    latest: Period | None = None

    def book_record(self, document: Document, record: DiscountRecord) -> None:
        period = document.header.period
        if self.latest is None or period >= self.latest:
            self.latest = period
            super().book_record(document, record)


class _BooksTwice(Discounts):
    def take(self, message: Received) -> None:
        super().take(message)
        document = read_document(message.payload, self.context.identity.profile)
        seen = self.context.store.inbox.has(f"again {document.header.document_id}")
        if seen:
            for discount in document.discounts():
                self.book_record(document, discount)
        else:
            self.context.store.inbox.put(f"again {document.header.document_id}")


class _AlwaysComplains(Discounts):
    def take(self, message: Received) -> None:
        super().take(message)
        document = read_document(message.payload, self.context.identity.profile)
        note = RecordError("received", Severity.WARNING, "Saraksts saņemts", "The list was received")
        self.complain(message, document.header.document_id, (note,))


class _InventsId(Discounts):
    def complain(self, message: Received, document_id: str | None, errors: Sequence[RecordError]) -> None:
        super().complain(message, str(uuid.uuid4()), errors)


class _CountsTheHeader(Discounts):
    def complain(self, message: Received, document_id: str | None, errors: Sequence[RecordError]) -> None:
        moved = [replace(error, position=(error.position or 0) + 1) for error in errors]
        super().complain(message, document_id, moved)


class _TellsWho(Discounts):
    def complain(self, message: Received, document_id: str | None, errors: Sequence[RecordError]) -> None:
        document = read_document(message.payload, self.context.identity.profile)
        code = document.discounts()[0].person_code
        named = [replace(error, text_en=f"{error.text_en} ({code})") for error in errors]
        super().complain(message, document_id, named)


class _AnswersErrors(Exchange):
    def take_event(self, message: Received) -> None:
        super().take_event(message)
        unclear = RecordError("unclear", Severity.ERROR, "Ziņojums nav saprotams", "The message is unclear")
        report = write_error_report(ErrorReport(None, (unclear,)), self.context.identity.profile)
        self.context.store.outbox.queue(
            Outgoing(str(uuid.uuid4()), ChannelName.CONTRACT, report, related_message=message.message_id)
        )


SilentOnInvalid = with_parts("Drops an invalid list without a word.", discounts_type=_SilentOnInvalid)
SilentOnForeign = with_parts("Drops another retailer's list without a word.", discounts_type=_SilentOnForeign)
BooksInvalid = with_parts("Rounds what an invalid list says and books it.", discounts_type=_BooksInvalid)
BooksForeign = with_parts("Books another retailer's list.", discounts_type=_BooksForeign)
LateListIgnored = with_parts("Drops a list that comes after a later one.", discounts_type=_LatestOnly)
BooksTwice = with_parts("Books a list that comes twice twice.", discounts_type=_BooksTwice)
AlwaysComplains = with_parts("Acknowledges each list by an error message.", discounts_type=_AlwaysComplains)
InventsDocumentId = with_parts("Invents the id of the document that is wrong.", discounts_type=_InventsId)
CountsTheHeader = with_parts("Counts the header as the first record.", discounts_type=_CountsTheHeader)
TellsWho = with_parts("Names people in error texts.", discounts_type=_TellsWho)


class AnswersErrors(Driver):
    """Answers error messages with error messages."""

    exchange_type = _AnswersErrors


# -- corrections


class _Corrects(ContractReports):
    def corrected(self, rejection: Rejection) -> str | None:
        return str(uuid.uuid4())


class _CorrectsTheFirst(ContractReports):
    first: str | None = None

    def corrected(self, rejection: Rejection) -> str | None:
        self.first = self.first or rejection.document_id
        return self.first


class _CorrectsLater(ContractReports):
    def queue(self, reports: Sequence[Report], period: Period, *, corrects: str | None = None) -> None:
        super().queue(reports, period + 1 if corrects else period, corrects=corrects)


class _MendedOnly(ContractReports):
    def queue(self, reports: Sequence[Report], period: Period, *, corrects: str | None = None) -> None:
        super().queue(reports[:1] if corrects else reports, period, corrects=corrects)


CorrectsNothing = with_parts(
    "Names a document that it never sent as the one it corrects.", contract_reports_type=_Corrects
)
CorrectsTheFirst = with_parts("Goes on correcting the first version.", contract_reports_type=_CorrectsTheFirst)
CorrectsLater = with_parts("Corrects under the month of the day.", contract_reports_type=_CorrectsLater)
MendedOnly = with_parts("Sends only the mended record again.", contract_reports_type=_MendedOnly)


class _SilentOnUnknown(Discounts):
    def complain(self, message: Received, document_id: str | None, errors: Sequence[RecordError]) -> None:
        if errors[0].code != "unknown-contract":
            super().complain(message, document_id, errors)


class _NeverRestores(Fetching):
    def recover(self, channel: ChannelName) -> None:
        for message_id in self.context.client.list_messages(self.version(channel), read=True):
            for message in self.context.client.receive_message(message_id):
                self.process(channel, message)


SilentOnUnknown = with_parts("Skips decisions on contracts that it does not have.", discounts_type=_SilentOnUnknown)
NeverRestores = with_parts("Reads a lost message again without restoring it.", fetching_type=_NeverRestores)
