"""What the retailer did when it sent something and no reply came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.rules.traffic import Sent, is_same
from simulator.documents.identity import document_key
from simulator.documents.model import ChannelName, ContractRecord, Document, PayoutRecord, Record

if TYPE_CHECKING:
    from conformance.rules.evidence import Case


def lost_sends(case: Case) -> list[Sent]:
    """Documents that arrived although their sender never learned of it; each once."""
    found: dict[str, Sent] = {}
    for each in case.sends:
        if each.call.lost and each.document is not None:
            found.setdefault(document_key(each.document.header.document_id), each)
    return list(found.values())


def resends_of(case: Case, lost: Sent) -> list[Sent]:
    """The sends that carry the lost document again."""
    return [
        each for each in case.sends if each.number > lost.number and each.document is not None and is_same(each, lost)
    ]


def is_id_reused(case: Case, lost: Sent) -> bool:
    """Tell whether the lost document's id was used later for another document."""
    return any(each.number > lost.number and _id(each) == _id(lost) and not is_same(each, lost) for each in case.sends)


def copies_of(case: Case, lost: Sent) -> list[Sent]:
    """Other documents that say again what the lost one said."""
    return [
        each
        for each in case.documents(lost.channel)
        if each.number > lost.number and _id(each) != _id(lost) and _repeats(lost.document, each.document)
    ]


def is_copy_after_loss(case: Case, sent: Sent) -> bool:
    """Whether a document repeats a lost one under another id; that is ERR-02's finding and no other's."""
    return any(sent.number == each.number for lost in lost_sends(case) for each in copies_of(case, lost))


def _id(sent: Sent) -> str | None:
    return document_key(sent.document.header.document_id) if sent.document is not None else None


def _repeats(lost: Document | None, later: Document | None) -> bool:
    if lost is None or later is None or later.header.corrects is not None:
        return False
    if not lost.records and not later.records:
        return lost.channel is ChannelName.PAYOUT and lost.header.period == later.header.period
    return bool({_key(each) for each in lost.records} & {_key(each) for each in later.records})


def _key(record: Record) -> tuple[object, ...]:
    match record:
        case ContractRecord():
            return record.operation, record.contract, record.holder, record.valid_from, record.valid_to
        case PayoutRecord():
            return record.invoice_number, record.person_code, record.reversal, record.applied
        case _:
            return (record,)
