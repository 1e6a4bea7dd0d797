"""Chapter XML: sent documents are valid by their schemas, in UTF-8, and neatly written."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import timedelta

from conformance.requirements.verdicts import Breach, Evidence
from conformance.rules.case import Case
from conformance.rules.registry import PASSED, Check, rule
from conformance.rules.traffic import SEND, Call, Sent, is_report_elsewhere
from conformance.rules.values import tables, text
from simulator.documents.parsing import Complaint, ParsingError, parse, refusal
from simulator.domain.language import _
from simulator.domain.model import ChannelName, ContractRecord
from simulator.domain.provenance import Provenance

_SHOWN = 10  # complaints about one document that are shown
_CHARSET = "unsupported-charset"
_PAYLOAD = "invalid-payload"
_LINE = 160  # characters
_SLACK = timedelta(minutes=5)  # how far two clocks may be apart


@rule("XML-01")
def valid_by_schema(case: Case) -> Iterator[Check]:
    """Every sent document and error report is valid by the schema of its channel version."""
    for sent in case.traffic.sends:
        if sent.content is None or _undecodable(sent.content.data) is not None or is_misdirected(case, sent):
            continue
        if is_report_elsewhere(sent, case.profile):
            continue  # this breaks FTP-06
        if not sent.content.complaints:
            complaints = _refusal_complaints(sent) if sent.call.entry.fault_code == _PAYLOAD else ()
            if complaints:
                yield _invalid(sent, complaints)
            elif sent.channel is not None:
                yield PASSED
        else:
            yield _invalid(
                sent, tuple((_written(complaint), _evidence(sent, complaint)) for complaint in sent.content.complaints)
            )


def _refusal_complaints(sent: Sent) -> tuple[tuple[str, Evidence], ...]:
    """Return DIT's complaints about a document that it refused although our copy of the schema accepts it."""
    return tuple(
        (
            f"{text(fields.get('found'))}; expected {text(fields.get('expected'))}",
            Evidence(sent.number, text(fields.get("path"))),
        )
        for fields in tables(sent.call.entry.details.get("complaints"))
    )


def _invalid(sent: Sent, complaints: tuple[tuple[str, Evidence], ...]) -> Breach:
    first, more = complaints[0][0], len(complaints) - 1
    if sent.is_event:
        message = (
            _("A sent error report is not valid by its schema: {complaints}")
            if sent.call.done
            else _("A sent error report is not valid by its schema, and DIT refused it: {complaints}")
        )
    else:
        message = (
            _("A sent document is not valid by its schema: {complaints}")
            if sent.call.done
            else _("A sent document is not valid by its schema, and DIT refused it: {complaints}")
        )
    return Breach(
        message.filled(complaints=_("{first} (and {more} more)", first=first, more=more) if more else first),
        evidence=tuple(evidence for _complaint, evidence in complaints[:_SHOWN]),
    )


def _written(complaint: Complaint) -> str:
    return f"{complaint.found}; expected {complaint.expected} ({_source(complaint.provenance)})"


def _source(provenance: Provenance) -> str:
    return f"{provenance.basis.value}: {provenance.source}"


def _evidence(sent: Sent, complaint: Complaint) -> Evidence:
    excerpt = None
    if sent.content is not None and complaint.line is not None:
        lines = sent.content.data.split(b"\n", complaint.line)
        if complaint.line <= len(lines):
            line = lines[complaint.line - 1].decode("utf-8", "replace").strip()
            excerpt = f"line {complaint.line}: {line[:_LINE]}"
    return Evidence(sent.number, complaint.path, excerpt)


@rule("XML-02")
def utf8(case: Case) -> Iterator[Check]:
    """Documents, and the requests that carry them, are in UTF-8."""
    for call in case.traffic.calls:
        if call.operation not in (SEND, "") or call.our_trouble or call.by_ftps:
            continue  # FTP-01 is about files
        encoding = wrong_encoding(case, call)
        if encoding is not None:
            yield Breach(
                _("What was sent is not in UTF-8: {encoding}.", encoding=encoding),
                evidence=(Evidence(call.number),),
            )
        elif call.operation == SEND:
            yield PASSED


def wrong_encoding(case: Case, call: Call) -> str | None:
    """Return a description of the bytes of a call that are not in UTF-8; None when all are."""
    if call.entry.fault_code == _CHARSET:
        return call.entry.cause or "DIT does not know the encoding"
    for reference in (call.entry.request, call.entry.payload):
        data = case.traffic.bytes_of(reference)
        encoding = _undecodable(data) if data is not None else None
        if encoding is not None:
            return encoding
    return None


def is_misencoded(case: Case, call: Call) -> bool:
    """Tell whether a call's bytes are in another encoding than UTF-8; a refusal is then no other chapter's matter."""
    return wrong_encoding(case, call) is not None


def _undecodable(data: bytes) -> str | None:
    complaint = refusal(data)
    if complaint is not None and complaint.code == "encoding":
        return complaint.found
    if data.lstrip()[:1] != b"<":
        return None  # a request in several parts: its payload is looked at by itself
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as reason:
        return f"byte {reason.start} ({data[reason.start]:#04x}) is no UTF-8"
    return None


@rule("XML-03")
def record_count(case: Case) -> Iterator[Check]:
    """The header counts the records rightly."""
    for document in case.traffic.documents():
        stated, actual = document.header.record_count, len(document.records)
        if stated == actual:
            yield PASSED
        else:
            yield Breach(
                _(
                    "Document {document} states {stated} records, but has {actual}.",
                    document=document.header.document_id,
                    stated=stated,
                    actual=actual,
                ),
                expected=_("a record count of {actual}", actual=actual),
                evidence=(case.evidence_in(document, None, "record_count"),),
            )


def is_misdirected(case: Case, sent: Sent) -> bool:
    """Tell whether a document was sent on the channel of another kind of document; this breaks DIT-10."""
    return kind_of(case, sent) not in (None, sent.channel)


def kind_of(case: Case, sent: Sent) -> ChannelName | None:
    """Return the channel that a sent document belongs to by its document element; None when it is of none."""
    if sent.is_event or sent.content is None or sent.channel is None:
        return None
    try:
        channel = case.profile.channel_of_root(str(parse(sent.content.data).getroot().tag))
    except ParsingError:
        return None
    return channel.name if channel is not None else None


@rule("XML-04")
def created_before_sent(case: Case) -> Iterator[Check]:
    """A document was not created after it was sent. Judged only where the retailer uses the suite's clock."""
    if not any(request.do == "now" and request.ok for request in case.business.all_requests):
        return
    for document in case.traffic.documents():
        created = document.header.created_at
        if created.tzinfo is None or created <= document.at + _SLACK:
            yield PASSED
            continue
        yield Breach(
            _(
                "A document sent at {sent} says that it was created at {created}.",
                sent=document.at.isoformat(),
                created=created.isoformat(),
            ),
            evidence=(case.evidence_in(document, None, "created_at"),),
        )


@rule("XML-05")
def composed_letters(case: Case) -> Iterator[Check]:
    """Letters with diacritics are written as one character each (Unicode NFC)."""
    for document in case.traffic.documents():
        if document.sent.content is None:
            continue
        text = document.sent.content.data.decode("utf-8", "replace")
        if unicodedata.is_normalized("NFC", text):
            yield PASSED
            continue
        line = next(other for other in text.splitlines() if not unicodedata.is_normalized("NFC", other))
        yield Breach(
            _("A document writes letters with diacritics as two characters (Unicode NFD)."),
            evidence=(Evidence(document.number, excerpt=line.strip()[:_LINE]),),
        )


@rule("XML-06")
def no_needless_blanks(case: Case) -> Iterator[Check]:
    """Names and addresses have no blanks at their ends and no two in a row."""
    for document in case.traffic.documents(ChannelName.CONTRACT):
        for index, record in enumerate(document.document.contracts()):
            wrong = {name: value for name, value in _written_texts(record) if value != " ".join(value.split())}
            if not wrong:
                yield PASSED
                continue
            described = "; ".join(f"{name} {value!r}" for name, value in wrong.items())
            yield Breach(
                _(
                    "Texts of contract {contract} have superfluous blanks: {texts}.",
                    contract=record.contract,
                    texts=described,
                ),
                evidence=tuple(case.evidence_in(document, index, name) for name in wrong),
            )


def _written_texts(record: ContractRecord) -> Iterator[tuple[str, str]]:
    yield "holder.given_name", record.holder.given_name
    yield "holder.surname", record.holder.surname
    yield "address.text", record.address.text
