"""Chapter ERR: corrections, resending after lost replies and refusals, and error messages."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.requirements.verdicts import Breach, Evidence
from conformance.rules.business import Run
from conformance.rules.case import Case
from conformance.rules.contract_records import copies_of, is_id_reused, is_sent_again, lost_documents
from conformance.rules.registry import PASSED, Check, rule
from conformance.rules.reporting import ContractReport, RequiredCorrection
from conformance.rules.traffic import (
    CONFIRM,
    DELETE,
    LIST,
    RECEIVE,
    Call,
    Delivery,
    Fetched,
    Sent,
    ValidDocument,
    is_same,
)
from simulator.domain.identifiers import document_key
from simulator.domain.language import Bilingual, Text, _
from simulator.domain.model import ChannelName, Document, ErrorReport


@rule("ERR-01")
def corrected(case: Case) -> Iterator[Check]:
    """A record that BVKB found wrong is put right by a document that corrects the whole of the earlier one."""
    known = {document.key for document in case.traffic.documents()}
    for required in case.reporting.required_corrections:
        contract, after = required.event.contract, required.event.number
        run = case.business.next_run_with(ChannelName.CONTRACT, after)
        if run is None or contract in case.business.indeterminate:
            continue
        if case.traffic.is_inconclusive(ChannelName.CONTRACT, after):
            continue
        later = [report for report in case.reporting.of(contract) if report.number > after]
        chain = _chain(case, required.rejected.document)
        # A correction of a document that was never sent breaks ERR-11.
        corrects_it = any(
            report.corrects is not None and (report.corrects in chain or report.corrects not in known)
            for report in later
        )
        yield PASSED if corrects_it else _uncorrected(case, required, later, run)


def _chain(case: Case, document: ValidDocument) -> set[str]:
    """Return the ids of a document and of all that correct it."""
    chain = {document.key}
    for later in case.traffic.documents(ChannelName.CONTRACT):
        if later.corrects in chain:
            chain.add(later.key)
    return chain


def _uncorrected(case: Case, required: RequiredCorrection, later: list[ContractReport], run: Run) -> Breach:
    number, rejected = required.event.contract, required.rejected
    identifier = rejected.document.header.document_id
    message = (
        _(
            "BVKB found the record of contract {contract} wrong ({error}); once the data were right, it was sent "
            "again without naming the document that it corrects."
        )
        if later
        else _(
            "BVKB found the record of contract {contract} wrong ({error}); once the data were right, it was not "
            "corrected."
        )
    )
    return Breach(
        message.filled(contract=number, error=Bilingual(required.error.text_lv, required.error.text_en)),
        expected=_(
            "a document that corrects {document}, whole, with the right record, in the run that follows",
            document=identifier,
        ),
        evidence=(
            Evidence(required.number),
            case.evidence_in_record(rejected),
            *(case.evidence_in_record(report) for report in later[:1]),
            *(() if later else (Evidence(run.ended),)),
        ),
    )


@rule("ERR-14")
def corrected_whole(case: Case) -> Iterator[Check]:
    """A correcting document holds all records of the one that it corrects, which it replaces whole."""
    for required in case.reporting.required_corrections:
        chain = _chain(case, required.rejected.document)
        corrections = (report for report in case.reporting.reports if report.number > required.event.number)
        correction = next((report for report in corrections if report.corrects in chain), None)
        if correction is not None:
            yield _whole(case, required.rejected.document, correction.document)


def _whole(case: Case, before: ValidDocument, after: ValidDocument) -> Check:
    kept = {record.contract for record in after.document.contracts()}
    left_out = [record.contract for record in before.document.contracts() if record.contract not in kept]
    if not left_out:
        return PASSED
    identifier = before.header.document_id
    return Breach(
        _(
            "The document that corrects {document} leaves out contract {contracts}, which thereby counts as "
            "not reported.",
            document=identifier,
            contracts=", ".join(left_out),
        ),
        evidence=(case.evidence_in(after), case.evidence_in(before)),
    )


@rule("ERR-02")
def sent_again(case: Case) -> Iterator[Check]:
    """A document whose reply was lost is sent again, as the same document."""
    for lost in lost_documents(case):
        copies = copies_of(case, lost)
        if copies:
            yield _renamed(case, lost, copies[0])
        elif is_sent_again(case, lost):
            yield PASSED
        elif is_id_reused(case, lost):
            continue  # this breaks CON-08
        elif case.business.next_run_after(lost.number, lost.channel) is not None:
            yield _never(case, lost)


def _renamed(case: Case, lost: ValidDocument, copy: ValidDocument) -> Breach:
    first, second = lost.header.document_id, copy.header.document_id
    return Breach(
        _(
            "The reply to document {document} was lost; its content was then sent as another document, {second}.",
            document=first,
            second=second,
        ),
        expected=_("the same document with the same id, {document}", document=first),
        evidence=(case.evidence_in(lost, field="document_id"), case.evidence_in(copy, field="document_id")),
    )


def _never(case: Case, lost: ValidDocument) -> Breach:
    first = lost.header.document_id
    return Breach(
        _("The reply to document {document} was lost, and the document was not sent again.", document=first),
        evidence=(case.evidence_in(lost, field="document_id"),),
    )


@rule("ERR-03")
def tried_again(case: Case) -> Iterator[Check]:
    """A document that DIT could not take is sent again, in the same run or the next."""
    for failed in case.traffic.sends:
        if not failed.call.our_trouble or failed.is_event or failed.channel is None:
            continue
        again = any(sent.number > failed.number and is_same(sent, failed) for sent in case.traffic.sends)
        if again:
            yield PASSED
        elif case.business.next_run_after(failed.number, failed.channel) is not None:
            yield Breach(
                _("A {channel} document could not be taken by DIT, and was not sent again.", channel=failed.channel),
                evidence=(Evidence(failed.number),),
            )


@rule("ERR-04")
def calls_tried_again(case: Case) -> Iterator[Check]:
    """A call about the mailbox that DIT could not carry out is tried again, in the same run or the next."""
    for failed in case.traffic.calls:
        if not failed.our_trouble or failed.operation not in (LIST, RECEIVE, CONFIRM, DELETE):
            continue
        channel = _channel_of(case, failed)
        later = (call for call in case.traffic.calls if call.number > failed.number)
        again = any(_replaces(case, call, failed, channel) for call in later)
        if again:
            yield PASSED
        elif channel is not None and case.business.next_run_after(failed.number, channel) is not None:
            yield Breach(
                _("{operation} could not be carried out by DIT, and was not tried again.", operation=failed.operation),
                expected=_("{operation} again, in the next run at the latest", operation=failed.operation),
                evidence=(Evidence(failed.number),),
            )


def _channel_of(case: Case, call: Call) -> ChannelName | None:
    version = call.selector.version
    if version is not None:
        known = case.profile.channel_of_version(version)
        return known.name if known is not None else None
    delivered = case.traffic.delivered
    return next((delivered[message].channel for message in call.messages if message in delivered), None)


def _replaces(case: Case, later: Call, failed: Call, channel: ChannelName | None) -> bool:
    """Tell whether a later call does what a failed one was to do; reading by version stands for listing and reading."""
    if failed.operation in (LIST, RECEIVE) and later.operation == RECEIVE and later.selector.version is not None:
        return _channel_of(case, later) is channel
    if failed.operation == LIST:
        return later.operation == LIST and later.selector.version == failed.selector.version
    return later.operation == failed.operation and bool(set(later.messages) & set(failed.messages))


@rule("ERR-05")
def invalid_list_answered(case: Case) -> Iterator[Check]:
    """A list that is not valid by its schema is answered with an error message."""
    for fetched in _lists(case):
        content = fetched.delivery.content
        if content is None or (content.document is None and not content.data):
            continue
        if content.document is None:
            yield _answered(
                case,
                fetched,
                _("Message {message} holds a list that is not valid by its schema, and BVKB was not told."),
            )


@rule("ERR-06")
def foreign_list_answered(case: Case) -> Iterator[Check]:
    """A list that is another retailer's is answered with an error message."""
    for fetched in _lists(case):
        document = fetched.document
        if document is not None and document.header.provider != case.retailer.registration_number:
            yield _answered(
                case, fetched, _("Message {message} holds a list that is another retailer's, and BVKB was not told.")
            )


def _lists(case: Case) -> Iterator[Fetched]:
    """The lists of discounts that the retailer got, in runs that are over."""
    for fetched in case.traffic.fetched:
        is_list = fetched.delivery.channel is ChannelName.DISCOUNT and not fetched.delivery.is_event
        if is_list and case.business.is_over(fetched.number, ChannelName.DISCOUNT):
            yield fetched


def is_answered(case: Case, message: str) -> bool:
    """Tell whether an error message is about a message, or about one that was never delivered, which breaks ERR-08."""
    return any(
        sent.is_event and (sent.related == message or sent.related not in case.traffic.delivered)
        for sent in case.traffic.sends
    )


def _answered(case: Case, fetched: Fetched, unanswered: Text) -> Check:
    if is_answered(case, fetched.message):
        return PASSED
    return Breach(
        unanswered.filled(message=fetched.message),
        expected=_("an EventMessage with RelatedMessageID of that message and an error report"),
        evidence=(Evidence(fetched.delivery.number),),
    )


@rule("ERR-07")
def right_list_not_refused(case: Case) -> Iterator[Check]:
    """A correct list is not answered with an error message."""
    if not case.business.was_asked_to("apply"):
        return
    own = case.own_contracts
    for fetched in _lists(case):
        document = fetched.document
        if document is None or document.header.provider != case.retailer.registration_number:
            continue
        if any(record.contract not in own for record in document.discounts()):
            continue
        message = fetched.message
        refusal = _error_about(case, message)
        if refusal is None:
            yield PASSED
            continue
        yield Breach(
            _("Message {message} holds a correct list, and was answered with an error.", message=message),
            evidence=(Evidence(fetched.delivery.number), Evidence(refusal.number)),
        )


def _error_about(case: Case, message: str) -> Sent | None:
    """Return the retailer's first error message about a message."""
    return next((sent for sent in case.traffic.sends if sent.is_event and sent.related == message), None)


@rule("ERR-08")
def about_received_messages(case: Case) -> Iterator[Check]:
    """An error message is about a message that the retailer received."""
    for sent in case.traffic.sends:
        if not sent.is_event or sent.call.our_trouble:
            continue
        if sent.related in case.traffic.delivered:
            yield PASSED
            continue
        yield Breach(
            _(
                "An error message is about message {message}, which the retailer did not receive.",
                message=sent.related or _("(none)"),
            ),
            evidence=(Evidence(sent.number),),
        )


@rule("ERR-09")
def names_the_document(case: Case) -> Iterator[Check]:
    """An error message names the document that is wrong by its id."""
    for sent, delivery, report, document in _complaints(case):
        named, expected = report.document_id, document.header.document_id
        if named is not None and document_key(named) == document_key(expected):
            yield PASSED
            continue
        yield Breach(
            _(
                "An error message names document {named}; the message that it is about holds {expected}.",
                named=named or _("(none)"),
                expected=expected,
            ),
            expected=_("the document's own id, {expected}", expected=expected),
            evidence=(Evidence(sent.number), Evidence(delivery.number)),
        )


@rule("ERR-10")
def names_the_record(case: Case) -> Iterator[Check]:
    """An error message about an unknown contract names the record by its place, counted from 1."""
    if not case.business.was_asked_to("apply"):
        return
    own = case.own_contracts
    for sent, _delivery, report, document in _complaints(case):
        if document.header.provider != case.retailer.registration_number:
            continue
        expected = {place for place, record in enumerate(document.discounts(), 1) if record.contract not in own}
        named = {error.position for error in report.errors}
        if not expected:
            continue
        if expected <= named:
            yield PASSED
            continue
        wrong, right = ", ".join(map(str, named)), ", ".join(map(str, sorted(expected)))
        yield Breach(
            _(
                "An error message names record {wrong}; the contract that is not there stands in record {right}.",
                wrong=wrong,
                right=right,
            ),
            expected=_("record {right}, counted from 1", right=right),
            evidence=(Evidence(sent.number),),
        )


def _complaints(case: Case) -> Iterator[tuple[Sent, Delivery, ErrorReport, Document]]:
    """Yield the retailer's error messages that DIT accepted, each with the delivered document that it is about."""
    for sent in case.traffic.sends:
        if sent.is_event and sent.call.done and sent.related in case.traffic.delivered:
            delivery = case.traffic.delivered[sent.related]
            report = sent.content.report if sent.content is not None else None
            if report is not None and delivery.document is not None:
                yield sent, delivery, report, delivery.document


@rule("ERR-11")
def corrects_own(case: Case) -> Iterator[Check]:
    """A correcting document names a document that was sent before on the channel."""
    for document, earlier in _corrections(case):
        if earlier is not None:
            yield PASSED
            continue
        yield Breach(
            _(
                "A document corrects {document}, which was never sent on this channel.",
                document=document.header.corrects,
            ),
            evidence=(case.evidence_in(document, field="corrects"),),
        )


@rule("ERR-12")
def corrects_the_latest(case: Case) -> Iterator[Check]:
    """A document that was corrected before is not corrected again; its correction is."""
    seen: dict[str, ValidDocument] = {}
    for document, earlier in _corrections(case):
        if earlier is None:
            continue
        before = seen.setdefault(earlier.key, document)
        if before is document:
            yield PASSED
            continue
        yield Breach(
            _(
                "Document {document} was corrected twice; the second correction had to name the first.",
                document=earlier.key,
            ),
            evidence=(case.evidence_in(before, field="corrects"), case.evidence_in(document, field="corrects")),
        )


@rule("ERR-13")
def correction_keeps_period(case: Case) -> Iterator[Check]:
    """A correcting document is about the month of the one that it corrects."""
    for document, earlier in _corrections(case):
        if earlier is None:
            continue
        period, expected = document.header.period, earlier.header.period
        if period == expected:
            yield PASSED
            continue
        yield Breach(
            _(
                "A correcting document is about {period}, the one that it corrects about {expected}.",
                period=period,
                expected=expected,
            ),
            expected=_("period {expected}", expected=expected),
            evidence=(case.evidence_in(document, field="period"), case.evidence_in(earlier, field="period")),
        )


def _corrections(case: Case) -> Iterator[tuple[ValidDocument, ValidDocument | None]]:
    """Yield the correcting documents, each with the one that it names, None when there is none."""
    sent_before: dict[tuple[ChannelName, str], ValidDocument] = {}
    for document in case.traffic.documents():
        if document.corrects is not None:
            yield document, sent_before.get((document.channel, document.corrects))
        sent_before[document.channel, document.key] = document


@rule("ERR-15")
def no_answer_to_errors(case: Case) -> Iterator[Check]:
    """An error message is not answered with an error message."""
    events = {delivery.message for delivery in case.traffic.deliveries if delivery.is_event}
    for fetched in case.traffic.fetched:
        if fetched.message not in events:
            continue
        answer = _error_about(case, fetched.message)
        if answer is None:
            yield PASSED
            continue
        yield Breach(
            _("Error message {message} was answered with an error message.", message=fetched.message),
            evidence=(Evidence(fetched.delivery.number), Evidence(answer.number)),
        )


@rule("ERR-16")
def refused_not_repeated(case: Case) -> Iterator[Check]:
    """A document that DIT refused as invalid is not sent again unchanged, byte for byte."""
    refused: dict[str, Sent] = {}
    for sent in case.traffic.sends:
        payload = sent.call.entry.payload
        if payload is None or sent.is_event:
            continue
        before = refused.get(payload)
        if before is not None:
            yield Breach(
                _("A {channel} document that DIT had refused was sent again unchanged.", channel=sent.channel),
                evidence=(Evidence(before.number), Evidence(sent.number)),
            )
        elif sent.call.refused:
            refused[payload] = sent
        else:
            yield PASSED


@rule("ERR-17")
def not_repeated(case: Case) -> Iterator[Check]:
    """A document that DIT has acknowledged is not sent again."""
    acknowledged: dict[str, ValidDocument] = {}
    for document in case.traffic.accepted:
        before = acknowledged.get(document.key)
        if before is not None and before.is_same(document):
            yield Breach(
                _("Document {document} was sent again although DIT had acknowledged it.", document=document.key),
                evidence=(Evidence(before.number), Evidence(document.number)),
            )
            continue
        yield PASSED
        if document.sent.call.answered:
            acknowledged[document.key] = document
