"""FTP: whether a retailer that works by folders and files behaves as a client of DIT's FTPS must."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from conformance.rules.access import Command
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
from conformance.rules.traffic import LIST, SEND, Call, is_nameless_reply, is_report_elsewhere
from conformance.rules.xml import wrong_encoding
from conformance.verdicts import Breach, Evidence

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
