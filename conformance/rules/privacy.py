"""PRI: whose data the retailer sends."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.rules.business import plain
from conformance.rules.case import Case
from conformance.rules.registry import PASSED, Check, rule
from conformance.rules.traffic import ValidDocument
from conformance.verdicts import Breach, Evidence
from simulator.documents.model import ContractRecord, PayoutRecord


@rule("PRI-01")
def own_contracts_only(case: Case) -> Iterator[Check]:
    """A document is about the retailer's own contracts."""
    for document in case.traffic.documents():
        foreign = _foreign(case, document)
        yield _broken(document, foreign) if foreign else PASSED


@rule("PRI-05")
def own_name_only(case: Case) -> Iterator[Check]:
    """A document is in the retailer's own name."""
    own = case.retailer.registration_number
    for document in case.traffic.documents():
        found = document.header.provider
        if found == own:
            yield PASSED
            continue
        yield Breach(
            en=f"A document was sent in the name of {found}; the sender is {own}.",
            lv=f"Dokuments nosūtīts tirgotāja {found} vārdā; sūtītājs ir {own}.",
            expected=f"the sender's own registration number, {own}",
            expected_lv=f"sūtītāja reģistrācijas numurs {own}",
            evidence=(case.evidence_in(document, None, "provider"),),
        )


@rule("PRI-02")
def people_of_the_contract_only(case: Case) -> Iterator[Check]:
    """A contract's record names its holder and its sub-users, and nobody else."""
    for report in case.reporting.reports:
        if report.contract is None or report.contract in case.business.indeterminate:
            continue
        states = case.reporting.states_until(report.contract, report.number)
        own = {plain(user.person.code) for state in states for user in state.tenancies}
        others = [
            (place, user)
            for place, user in enumerate(report.record.sub_users)
            if plain(user.person.code) not in own and plain(user.person.code) != plain(report.record.holder.code)
        ]
        if not others:
            yield PASSED
            continue
        names = ", ".join(f"{user.person.given_name} {user.person.surname}" for _, user in others)
        yield Breach(
            en=f"The record of contract {report.contract} names {names}, who never were its sub-users.",
            lv=f"Līguma {report.contract} ierakstā nosaukts {names}, kas nekad nav bijis tā apakšlietotājs.",
            evidence=tuple(
                case.evidence_in(report.document, report.index, "sub_users.person.code", place) for place, _ in others
            ),
        )


@rule("PRI-03")
def no_people_in_error_texts(case: Case) -> Iterator[Check]:
    """The texts of an error message name no personal code."""
    for sent in case.traffic.sends:
        answer = sent.content.report if sent.content is not None and sent.is_event else None
        if answer is None or not sent.call.done:
            continue
        told = [found for error in answer.errors for found in _CODE.findall(f"{error.text_lv} {error.text_en}")]
        if not told:
            yield PASSED
            continue
        yield Breach(
            en=f"The texts of an error message name a personal code: {told[0]}.",
            lv=f"Kļūdas ziņojuma tekstā ir personas kods: {told[0]}.",
            evidence=(Evidence(sent.number),),
        )


_CODE = re.compile(r"\b\d{6}-\d{5}\b")


@rule("PRI-04")
def payouts_of_protected_only(case: Case) -> Iterator[Check]:
    """No payout record is about a person to whom nothing was ever granted on the contract."""
    for settlement in case.support.settlements:
        if not settlement.trusted or settlement.missing:
            continue
        needless = [payout for payout in settlement.strangers if not payout.record.applied]
        if not needless:
            if settlement.payouts:
                yield PASSED
            continue
        yield Breach(
            en=f"Invoice {settlement.bill.invoice}: a payout record of 0.00 names {needless[0].record.person_code}, to "
            "whom nothing was granted.",
            lv=f"Rēķins {settlement.bill.invoice}: izmaksas ierakstā ar 0.00 nosaukta persona "
            f"{needless[0].record.person_code}, kurai nekas nav piešķirts.",
            evidence=tuple(case.evidence_in(payout.document, payout.index, "person_code") for payout in needless),
        )


def _foreign(case: Case, document: ValidDocument) -> list[tuple[str, Evidence]]:
    own = {*case.reporting.history, *case.business.indeterminate}
    if not own:
        return []  # without business nobody can say which contracts are the retailer's
    return [
        (record.contract, case.evidence_in(document, index, "contract"))
        for index, record in enumerate(document.records)
        if isinstance(record, (ContractRecord, PayoutRecord))
        and record.contract not in own
        and record.contract in case.contracts_of_others
    ]


def _broken(document: ValidDocument, foreign: list[tuple[str, Evidence]]) -> Breach:
    numbers = ", ".join(sorted({number for number, _ in foreign}))
    return Breach(
        en=f"A {document.channel} document holds data of another retailer's contract: {numbers}.",
        lv=f"Dokumentā ({document.channel}) ir cita tirgotāja līguma dati: {numbers}.",
        evidence=tuple(evidence for _, evidence in foreign[:3]),
    )
