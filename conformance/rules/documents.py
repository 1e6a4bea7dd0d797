"""Facts about sent documents: lost, sent again, copied under another id, or contradicting themselves."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.rules.case import Case
from conformance.rules.registry import PASSED, Check
from conformance.rules.traffic import ValidDocument
from conformance.verdicts import Breach
from simulator.documents.business import Breach as Contradiction
from simulator.documents.business import breaches
from simulator.documents.model import ChannelName, ContractRecord, Document, PayoutRecord, Record


def lost_documents(case: Case) -> list[ValidDocument]:
    """Return the documents that arrived although their sender never learned of it; each once."""
    lost: dict[str, ValidDocument] = {}
    for document in case.traffic.accepted:
        if document.sent.call.lost:
            lost.setdefault(document.key, document)
    return list(lost.values())


def is_sent_again(case: Case, lost: ValidDocument) -> bool:
    """Tell whether a lost document was sent again."""
    return any(later.number > lost.number and later.is_same(lost) for later in case.traffic.accepted)


def is_id_reused(case: Case, lost: ValidDocument) -> bool:
    """Tell whether the id of a lost document was used later for another document."""
    return any(later.number > lost.number and later.key == lost.key for later in case.traffic.accepted)


def copies_of(case: Case, lost: ValidDocument) -> list[ValidDocument]:
    """Return the documents of other ids that say again what a lost one said."""
    return [
        later
        for later in case.traffic.documents(lost.sent.channel)
        if later.number > lost.number and later.key != lost.key and _repeats(lost.document, later.document)
    ]


def is_copy_after_loss(case: Case, document: ValidDocument) -> bool:
    """Tell whether a document repeats a lost one under another id, which breaks ERR-02 and no other requirement."""
    return any(document.number == copy.number for lost in lost_documents(case) for copy in copies_of(case, lost))


def _repeats(lost: Document, later: Document) -> bool:
    if later.header.corrects is not None:
        return False
    if not lost.records and not later.records:
        return lost.channel is ChannelName.PAYOUT and lost.header.period == later.header.period
    return bool({_key(record) for record in lost.records} & {_key(record) for record in later.records})


def _key(record: Record) -> tuple[object, ...]:
    match record:
        case ContractRecord():
            return record.operation, record.contract, record.holder, record.valid_from, record.valid_to
        case PayoutRecord():
            return record.invoice_number, record.person_code, record.reversal, record.applied
        case _:
            return (record,)


def contradictions(case: Case, codes: frozenset[str], channel: ChannelName | None = None) -> Iterator[Check]:
    """Check the sent documents (of a channel) for contradictions of some codes, which no schema can tell."""
    for document in case.traffic.documents(channel):
        found = [breach for breach in breaches(document.document, case.profile) if breach.code in codes]
        if not found:
            yield PASSED
        for contradiction in found:
            yield _contradiction(case, document, contradiction)


def _contradiction(case: Case, document: ValidDocument, found: Contradiction) -> Breach:
    field = found.field.removeprefix("header.") if found.record is None else found.field
    where = f", record {found.position}" if found.position else ""
    kur = f", {found.position}. ieraksts" if found.position else ""
    return Breach(
        en=f"A {document.channel} document{where}: {found.found}.",
        lv=f"Dokuments ({document.channel}){kur}: {found.found.in_language('lv')}.",
        expected=str(found.expected),
        expected_lv=found.expected.in_language("lv"),
        evidence=(case.evidence_in(document, found.record, field, found.member),),
    )
