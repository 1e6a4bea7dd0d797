"""Chapter CON, records: each agrees with the signed contract and does not contradict itself.

Other chapters use the facts about sent documents: lost, sent again, copied under another id.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.requirements.verdicts import Breach
from conformance.rules.case import Case
from conformance.rules.registry import PASSED, Check, rule
from conformance.rules.reporting import ContractReport, Difference
from conformance.rules.traffic import ValidDocument
from simulator.documents.business import Breach as Contradiction
from simulator.documents.business import breaches
from simulator.domain.identifiers import eic_valid, personal_code_valid
from simulator.domain.language import _, joined
from simulator.domain.model import ChannelName, ContractRecord, Document, PayoutRecord, Record


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
        contradicting = [breach for breach in breaches(document.document, case.profile) if breach.code in codes]
        if not contradicting:
            yield PASSED
        for contradiction in contradicting:
            yield _contradiction(case, document, contradiction)


def _contradiction(case: Case, document: ValidDocument, contradiction: Contradiction) -> Breach:
    record, field = contradiction.record, contradiction.field
    if record is None:
        field, message = field.removeprefix("header."), _("A {channel} document: {contradiction}.")
    else:
        message = _("A {channel} document, record {position}: {contradiction}.", position=contradiction.position)
    return Breach(
        message.filled(channel=document.channel, contradiction=contradiction.found),
        expected=contradiction.expected,
        evidence=(case.evidence_in(document, record, field, contradiction.member),),
    )


_CONTRACT = ChannelName.CONTRACT


@rule("CON-03")
def names_as_signed(case: Case) -> Iterator[Check]:
    """Holders and sub-users are called as in the contract."""
    yield from _as_signed(
        case, "holder.given_name", "holder.surname", "sub_users.person.given_name", "sub_users.person.surname"
    )


@rule("CON-17")
def metering_point_as_signed(case: Case) -> Iterator[Check]:
    """The metering point is the contract's own."""
    yield from _as_signed(case, "metering_point")


@rule("CON-18")
def address_as_signed(case: Case) -> Iterator[Check]:
    """Addresses are those of the contract and its sub-users."""
    yield from _as_signed(case, "address.text", "address.code", "sub_users.address.text", "sub_users.address.code")


@rule("CON-19")
def dates_as_signed(case: Case) -> Iterator[Check]:
    """First and last day are those of the contract."""
    yield from _as_signed(case, "valid_from", "valid_to")


@rule("CON-20")
def code_as_signed(case: Case) -> Iterator[Check]:
    """The holder's personal code is the one that the retailer knows."""
    yield from _as_signed(case, "holder.code")


def _as_signed(case: Case, *fields: str) -> Iterator[Check]:
    for report in case.reporting.reports:
        if report.contract is None or report.contract in case.business.indeterminate:
            continue
        differences = [
            difference
            for difference in case.reporting.differences(report)
            if difference.field in fields and not _implausible(difference)
        ]
        yield _differs(case, report, differences) if differences else PASSED


def _implausible(difference: Difference) -> bool:
    """Tell whether a value is invalid by itself, which breaks another requirement."""
    if difference.field == "metering_point":
        return not eic_valid(difference.found)
    return (
        difference.field.endswith(".code")
        and "address" not in difference.field
        and not personal_code_valid(difference.found)
    )


def _differs(case: Case, report: ContractReport, differences: list[Difference]) -> Breach:
    reported = (
        _(
            "{field} is {found!r}, signed was {expected!r}",
            field=difference.field,
            found=difference.found,
            expected=difference.expected,
        )
        for difference in differences
    )
    signed = (
        _("{field} {expected!r}", field=difference.field, expected=difference.expected) for difference in differences
    )
    return Breach(
        _(
            "The record of contract {contract} differs from what was signed: {differences}.",
            contract=report.contract,
            differences=joined(reported, "; "),
        ),
        expected=joined(signed, "; "),
        evidence=tuple(
            case.evidence_in_record(report, difference.field, difference.member) for difference in differences
        ),
    )


@rule("CON-09")
def metering_points_valid(case: Case) -> Iterator[Check]:
    """A metering point's EIC has 16 characters of which the last checks the others."""
    yield from contradictions(case, frozenset({"metering-point"}), _CONTRACT)


@rule("CON-10")
def personal_codes_valid(case: Case) -> Iterator[Check]:
    """A personal code is of the old form with its check digit, or of the new form."""
    yield from contradictions(case, frozenset({"personal-code"}))


@rule("CON-11")
def days_fit_together(case: Case) -> Iterator[Check]:
    """A contract does not end before it begins, and an end has its last day."""
    yield from contradictions(case, frozenset({"validity", "end-date"}), _CONTRACT)


@rule("CON-12")
def contract_once(case: Case) -> Iterator[Check]:
    """A contract stands in a document once."""
    yield from contradictions(case, frozenset({"duplicate-contract"}), _CONTRACT)


@rule("CON-13")
def person_once(case: Case) -> Iterator[Check]:
    """A person stands in a contract's record once."""
    yield from contradictions(case, frozenset({"duplicate-person"}), _CONTRACT)
