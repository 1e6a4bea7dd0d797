"""Chapters DRV (answers of the driver), PRI (data of the retailer's own customers only) and FTP (duties by FTPS)."""

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
    deleted,
    polled_too_soon,
    read_listings,
    refused_for,
)
from conformance.rules.registry import PASSED, Check, rule
from conformance.rules.reporting import day_of
from conformance.rules.support import ZERO
from conformance.rules.traffic import LIST, SEND, Call, ValidDocument, is_nameless_reply, is_report_elsewhere
from conformance.rules.values import euro, money, table, tables, text
from conformance.rules.xml import wrong_encoding
from simulator.domain.language import Bilingual, Text, _, ngettext
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
                _(
                    "The driver answered {request!r} with an error: {reason}",
                    request=request.do,
                    reason=request.error or _("no reason given"),
                ),
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
            _("The lines of a bill name invoice {invoice}, which was not asked for.", invoice=strange[0]),
            expected=_(
                "invoices of the request: {invoices}",
                invoices=", ".join(sorted(invoice for invoice in asked if invoice)),
            ),
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
            _(
                "Asked for contract {contract}, the retailer says that {amount} were granted this year.",
                contract=contract,
                amount=euro(granted),
            ),
            expected=Bilingual(euro(expected), euro(expected)),
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
    yield Breach(
        ngettext(
            "{number} exchange is said to be done, but no call of the retailer's system has arrived.",
            "{number} exchanges are said to be done, but no call of the retailer's system has arrived.",
            len(done),
        ),
        expected=_(
            "calls at the addresses that hello gave, as authority {authority}", authority=case.retailer.authority
        ),
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
        provider = document.header.provider
        if provider == own:
            yield PASSED
            continue
        yield Breach(
            _("A document was sent in the name of {provider}; the sender is {own}.", provider=provider, own=own),
            expected=_("the sender's own registration number, {own}", own=own),
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
        names = ", ".join(f"{user.person.given_name} {user.person.surname}" for _place, user in others)
        yield Breach(
            _(
                "The record of contract {contract} names {names}, who never were its sub-users.",
                contract=report.contract,
                names=names,
            ),
            evidence=tuple(case.evidence_in_record(report, "sub_users.person.code", place) for place, _user in others),
        )


@rule("PRI-03")
def no_people_in_error_texts(case: Case) -> Iterator[Check]:
    """The texts of an error message name no personal code."""
    for sent in case.traffic.sends:
        answer = sent.content.report if sent.content is not None and sent.is_event else None
        if answer is None or not sent.call.done:
            continue
        codes = [code for error in answer.errors for code in _CODE.findall(f"{error.text_lv} {error.text_en}")]
        if not codes:
            yield PASSED
            continue
        yield Breach(
            _("The texts of an error message name a personal code: {code}.", code=codes[0]),
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
            _(
                "Invoice {invoice}: a payout record of 0.00 names {person}, to whom nothing was granted.",
                invoice=settlement.bill.invoice,
                person=needless[0].record.person_code,
            ),
            evidence=tuple(case.evidence_in_record(payout, "person_code") for payout in needless),
        )


def _foreign(case: Case, document: ValidDocument) -> list[tuple[str, Evidence]]:
    own = case.own_contracts
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
    numbers = ", ".join(sorted({number for number, _evidence in foreign}))
    return Breach(
        _(
            "A {channel} document holds data of another retailer's contract: {numbers}.",
            channel=document.channel,
            numbers=numbers,
        ),
        evidence=tuple(evidence for _number, evidence in foreign[:3]),
    )


_CLEAR = "clear-text"
_HANDSHAKE = "tls-handshake"


@rule("FTP-01")
def files_in_utf8(case: Case) -> Iterator[Check]:
    """Each file that is written is in UTF-8."""
    for call in case.traffic.calls:
        if not call.by_ftps or call.operation != SEND or call.our_trouble:
            continue
        encoding = wrong_encoding(case, call)
        if encoding is not None:
            yield Breach(
                _("The file {path} is not in UTF-8: {encoding}.", path=_path(call), encoding=encoding),
                evidence=(Evidence(call.number),),
            )
        elif call.entry.payload is not None:
            yield PASSED


@rule("FTP-02")
def whole_folder_read(case: Case) -> Iterator[Check]:
    """Every file of a listing is got before the folder is listed again, and in the run that listed it."""
    for listing, until, unread in read_listings(case, _listings(case).values()):
        yield _left(listing, until, unread) if unread else PASSED
    yield from refused_for(case, LIST_NOT_READ, by_ftps=True)


def _left(listing: Call, end: int, left: list[str]) -> Breach:
    number, all_ = len(left), len(listing.entry.message_ids)
    return Breach(
        _(
            "{number} of {all} files of {path} were not read: {files}.",
            number=number,
            all=all_,
            path=_path(listing),
            files=", ".join(left[:3]),
        ),
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
                _("The folder {path} was listed again after {seconds:.0f} seconds.", path=_path(call), seconds=seconds),
                expected=_("at least {minutes:.0f} minutes between two listings of a folder", minutes=minutes),
                evidence=(Evidence(before.number), Evidence(call.number)),
            )
    yield from refused_for(case, TOO_OFTEN, by_ftps=True)


def _listings(case: Case) -> dict[str, list[Call]]:
    """Return the listings that were answered, by folder."""
    listings: dict[str, list[Call]] = defaultdict(list)
    for call in case.traffic.calls:
        if call.by_ftps and call.operation == LIST and call.answered:
            listings[_path(call)].append(call)
    return listings


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
    """Both connections use TLS, and the server's certificate is one that the client trusts."""
    for command in case.access.ftp_commands:
        if command.fault == _CLEAR:
            yield _unprotected(command, _("{command} was sent without TLS.", command=command.verb))
        elif command.fault == _HANDSHAKE:
            yield _unprotected(command, _("TLS could not be agreed on: {cause}", cause=command.entry.cause))
        elif command.verb == "PASS" and command.done:
            yield PASSED


def _unprotected(command: Command, message: Text) -> Breach:
    return Breach(message, evidence=(Evidence(command.number),))


@rule("FTP-06")
def errors_in_their_folder(case: Case) -> Iterator[Check]:
    """A reply with an error is written into WriteEvent/WriteEventError, under a name that tells what it is about."""
    for sent in case.traffic.sends:
        call = sent.call
        if not call.by_ftps or call.our_trouble:
            continue
        if is_report_elsewhere(sent, case.profile):
            message = _("The error report {path} was written where messages are sent.")
        elif is_nameless_reply(call):
            message = _("The reply {path} has a name that does not tell what it is about.")
        else:
            if sent.is_event and call.done:
                yield PASSED
            continue
        yield Breach(message.filled(path=_path(call)), evidence=(Evidence(call.number),))


def _path(call: Call) -> str:
    return call.path or ""
