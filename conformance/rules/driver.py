"""DRV: whether the driver does what it is asked.

PRI: whose data the retailer sends.

FTP: whether a retailer that works by folders and files behaves as a client of DIT's FTPS must.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from conformance.requirements.verdicts import Breach, Evidence
from conformance.rules.access import Command
from conformance.rules.business import Request, plain
from conformance.rules.case import Case
from conformance.rules.mailbox import (
    LIST_NOT_READ,
    NOT_DELETED,
    TOO_OFTEN,
    asked_for,
    deleted,
    polled_too_soon,
    read_until,
    refused_for,
)
from conformance.rules.registry import PASSED, Check, rule
from conformance.rules.reporting import day_of
from conformance.rules.support import ZERO
from conformance.rules.traffic import LIST, SEND, Call, ValidDocument, is_nameless_reply, is_report_elsewhere
from conformance.rules.values import euro, money, table, tables, text
from conformance.rules.xml import wrong_encoding
from simulator.domain.model import ContractRecord, PayoutRecord, Period


@rule("DRV-01")
def answers(case: Case) -> Iterator[Check]:
    """Each request is answered, and carried out, unless the driver says that it cannot do such a thing."""
    for request in case.business.all_requests:
        if request.ended is None or request.unsupported:
            continue
        if request.ok:
            yield PASSED
        elif not _excused(case, request, request.ended):
            yield Breach(
                en=f"The driver answered {request.do!r} with an error: {request.error or 'no reason given'}",
                lv=f'Draiveris uz "{request.do}" atbildēja ar kļūdu: {request.error or "iemesls nav norādīts"}',
                evidence=(Evidence(request.number), Evidence(request.ended)),
            )


def _excused(case: Case, request: Request, ended: int) -> bool:
    """Tell whether a call of that run was refused or its reply lost: the error may be no more than word of that."""
    return any(request.number < call.number < ended and (call.lost or not call.done) for call in case.traffic.calls)


@rule("DRV-02")
def lines_of_the_bill(case: Case) -> Iterator[Check]:
    """The lines that a bill is answered with are of its own invoices."""
    for request in case.business.requests:
        said = table(request.said)
        if request.do != "bill" or not request.ok or "lines" not in said:
            continue
        asked = {text(fields.get("invoice")) for fields in tables(request.fields.get("invoices"))}
        strange = [name for fields in tables(said["lines"]) if (name := text(fields.get("invoice"))) not in asked]
        if not strange:
            yield PASSED
            continue
        yield Breach(
            en=f"The lines of a bill name invoice {strange[0]}, which was not asked for.",
            lv=f"Rēķina rindās nosaukts rēķins {strange[0]}, kas nav pieprasīts.",
            expected=f"invoices of the request: {', '.join(sorted(invoice for invoice in asked if invoice))}",
            expected_lv=f"pieprasījuma rēķini: {', '.join(sorted(invoice for invoice in asked if invoice))}",
            evidence=(Evidence(request.number), *([Evidence(request.ended)] if request.ended else [])),
        )


@rule("DRV-03")
def status_agrees(case: Case) -> Iterator[Check]:
    """The amount that the retailer says was granted on a contract this year is the amount that ALDIS granted."""
    for request in case.business.requests:
        contract, granted = text(request.fields.get("contract")), money(table(request.said).get("granted"))
        if request.do != "status" or not request.ok or contract is None or granted is None:
            continue
        month = Period.of(day_of(request.at))
        expected = sum(
            (
                grant.due + grant.catch_up
                for grant in case.support.grants
                if grant.contract == contract
                and grant.known_at(request.number)
                and grant.period.year == month.year
                and grant.period <= month
            ),
            ZERO,
        )
        if granted == expected:
            yield PASSED
            continue
        yield Breach(
            en=f"Asked for contract {contract}, the retailer says that {euro(granted)} were granted this year.",
            lv=f"Par līgumu {contract} tirgotājs saka, ka šogad piešķirti {euro(granted)}.",
            expected=euro(expected),
            expected_lv=euro(expected),
            evidence=(Evidence(request.number), *([Evidence(request.ended)] if request.ended else [])),
        )


@rule("DRV-04")
def calls_arrive(case: Case) -> Iterator[Check]:
    """A system that says that its exchanges are done has made calls, at the simulator and as itself."""
    done = [
        request
        for request in case.business.requests
        if request.do == "exchange" and request.ok and request.ended is not None
    ]
    if not done:
        return
    if case.traffic.calls or case.access.issues:
        yield PASSED
        return
    count = len(done)
    yield Breach(
        en=f"{count} {'exchange is' if count == 1 else 'exchanges are'} said to be done, but no call of the retailer's "
        "system has arrived.",
        lv=f"Tirgotāja sistēma saka, ka apmaiņa ir notikusi ({count}), bet neviens tās izsaukums nav pienācis.",
        expected=f"calls at the addresses that hello gave, as authority {case.retailer.authority}",
        expected_lv=f"izsaukumi uz adresēm, ko deva hello, iestādes {case.retailer.authority} vārdā",
        evidence=(Evidence(done[0].number), Evidence(done[-1].number)),
    )


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


_CLEAR = "clear-text"
_HANDSHAKE = "tls-handshake"


@rule("FTP-01")
def files_in_utf8(case: Case) -> Iterator[Check]:
    """Each file that is written is in UTF-8."""
    for call in case.traffic.calls:
        if not call.by_ftps or call.operation != SEND or call.our_trouble:
            continue
        found = wrong_encoding(case, call)
        if found is not None:
            yield Breach(
                en=f"The file {_path(call)} is not in UTF-8: {found}.",
                lv=f"Fails {_path(call)} nav UTF-8 kodējumā: {found}.",
                evidence=(Evidence(call.number),),
            )
        elif call.entry.payload is not None:
            yield PASSED


@rule("FTP-02")
def whole_folder_read(case: Case) -> Iterator[Check]:
    """Every file of a listing is got before the folder is listed again, and in the run that listed it."""
    for listings in _listings(case).values():
        kept = [listings[0]] if listings else []
        for listing in listings[1:]:
            if not polled_too_soon(case, kept[-1], listing):
                kept.append(listing)  # another within minutes breaks FTP-03
        for listing, following in zip(kept, [*kept[1:], None], strict=True):
            end = read_until(case, listing, following)
            if not listing.entry.message_ids or end is None:
                continue
            left = [message for message in listing.entry.message_ids if not asked_for(case, message, 0, end)]
            yield _left(listing, end, left) if left else PASSED
    yield from refused_for(case, LIST_NOT_READ, by_ftps=True)


def _left(listing: Call, end: int, left: list[str]) -> Breach:
    number, all_ = len(left), len(listing.entry.message_ids)
    return Breach(
        en=f"{number} of {all_} files of {_path(listing)} were not read: {', '.join(left[:3])}.",
        lv=f"No {all_} mapes {_path(listing)} failiem nav nolasīti {number}: {', '.join(left[:3])}.",
        evidence=(Evidence(listing.number), Evidence(end)),
    )


@rule("FTP-03")
def folder_not_too_often(case: Case) -> Iterator[Check]:
    """A folder is not listed again within five simulated minutes."""
    minutes = case.profile.limits.poll_seconds.value / 60
    for listings in _listings(case).values():
        for before, call in pairwise(listings):
            if not polled_too_soon(case, before, call):
                yield PASSED
                continue
            seconds = (call.at - before.at).total_seconds()
            yield Breach(
                en=f"The folder {_path(call)} was listed again after {seconds:.0f} seconds.",
                lv=f"Mape {_path(call)} skatīta atkārtoti pēc {seconds:.0f} sekundēm.",
                expected=f"at least {minutes:.0f} minutes between two listings of a folder",
                expected_lv=f"vismaz {minutes:.0f} minūtes starp mapes skatīšanas reizēm",
                evidence=(Evidence(before.number), Evidence(call.number)),
            )
    yield from refused_for(case, TOO_OFTEN, by_ftps=True)


def _listings(case: Case) -> dict[str, list[Call]]:
    """The listings of each folder of messages that were answered."""
    found: dict[str, list[Call]] = defaultdict(list)
    for call in case.traffic.calls:
        if call.by_ftps and call.operation == LIST and call.answered:
            found[_path(call)].append(call)
    return found


@rule("FTP-04")
def files_deleted(case: Case) -> Iterator[Check]:
    """A file that was got is deleted, in that run or the next."""
    yield from deleted(
        case,
        [fetched for fetched in case.traffic.fetched if fetched.call.by_ftps],
    )
    yield from refused_for(case, NOT_DELETED, by_ftps=True)


@rule("FTP-05")
def protected_by_tls(case: Case) -> Iterator[Check]:
    """Both connections use TLS, and the server's certificate is one that the client has been told to trust."""
    for command in case.access.ftp_commands:
        if command.fault == _CLEAR:
            yield _unprotected(
                command,
                f"{command.verb} was sent without TLS.",
                f"{command.verb} nosūtīts bez TLS.",
            )
        elif command.fault == _HANDSHAKE:
            yield _unprotected(
                command,
                f"TLS could not be agreed on: {command.entry.cause}",
                f"Par TLS nevarēja vienoties: {command.entry.cause}",
            )
        elif command.verb == "PASS" and command.done:
            yield PASSED


def _unprotected(command: Command, en: str, lv: str) -> Breach:
    return Breach(
        en=en,
        lv=lv,
        evidence=(Evidence(command.number),),
    )


@rule("FTP-06")
def errors_in_their_folder(case: Case) -> Iterator[Check]:
    """A reply with an error is written into WriteEvent/WriteEventError, under a name that tells what it is about."""
    for sent in case.traffic.sends:
        call = sent.call
        if not call.by_ftps or call.our_trouble:
            continue
        if is_report_elsewhere(sent, case.profile):
            found = f"The error report {_path(call)} was written where messages are sent."
            atrasts = f"Kļūdas ziņojums {_path(call)} ierakstīts ziņojumu sūtīšanas mapē."
        elif is_nameless_reply(call):
            found = f"The reply {_path(call)} has a name that does not tell what it is about."
            atrasts = f"Atbildes {_path(call)} nosaukums nepasaka, par ko tā ir."
        else:
            if sent.is_event and call.done:
                yield PASSED
            continue
        yield Breach(
            en=found,
            lv=atrasts,
            evidence=(Evidence(call.number),),
        )


def _path(call: Call) -> str:
    return call.path or ""
