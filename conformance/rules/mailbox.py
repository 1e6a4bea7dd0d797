"""The duties of a client towards its mailbox, by SOAP or FTPS: list, read, delete, and recover a read that was lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from conformance.requirements.verdicts import Breach, Evidence
from conformance.rules.business import Run
from conformance.rules.case import Case
from conformance.rules.registry import PASSED, Check
from conformance.rules.traffic import DELETE, LIST, RECEIVE, RESTORE, SEND, Call, Fetched
from simulator.domain.language import Text, _

TOO_OFTEN, LIST_NOT_READ, NOT_DELETED = "polled-too-often", "list-not-read", "read-not-deleted"
DUTIES = frozenset({TOO_OFTEN, LIST_NOT_READ, NOT_DELETED})
"""Fault codes for a client that breaks a duty, where DIT enforces duties."""


def refused_for(case: Case, duty: str, *, by_ftps: bool = False) -> Iterator[Breach]:
    """Yield a breach for each call, by FTPS or else by SOAP, that DIT refused because a duty was broken."""
    for call in case.traffic.calls:
        if call.refused and call.entry.fault_code == duty and call.by_ftps is by_ftps:
            yield Breach(
                _("{operation} was refused: {cause}", operation=call.operation, cause=cause_of(call)),
                expected=_("a client that keeps its duties, which DIT then has no need to refuse"),
                evidence=(Evidence(call.number),),
            )


def read_listings(case: Case, listings: Iterable[Sequence[Call]]) -> Iterator[tuple[Call, int, list[str]]]:
    """Yield the listings that had to be read to the end, with the entry until which, and the messages left unread.

    Each item of ``listings`` holds the listings of one selection or folder. One that came too soon after another
    is left out; it breaks DIT-04 or FTP-03.
    """
    for same_selection in listings:
        kept: list[Call] = []
        for listing in same_selection:
            if not kept or not polled_too_soon(case, kept[-1], listing):
                kept.append(listing)
        for listing, following in zip(kept, [*kept[1:], None], strict=True):
            messages, until = listing.entry.message_ids, _read_until(case, listing, following)
            if messages and until is not None:
                after = 0 if listing.by_ftps else listing.number
                yield listing, until, [message for message in messages if not _asked_for(case, message, after, until)]


def _read_until(case: Case, listing: Call, following: Call | None) -> int | None:
    """Return the entry before which all of a list must be read; None when it is not known."""
    if following is not None:
        return following.number
    run = case.business.run_of(listing.number)
    return run.ended if run is not None else None


def _asked_for(case: Case, message: str, after: int, before: int) -> bool:
    """Tell whether a message was read, or tried to be, between two entries."""
    return any(
        call.operation == RECEIVE and after < call.number < before and message in call.messages
        for call in case.traffic.calls
    )


def deleted(case: Case, read: Iterable[Fetched]) -> Iterator[Check]:
    """Check that messages that were read are deleted, in that run or the next."""
    last = case.entries[-1].number if case.entries else 0
    for fetched in read:
        deadline = _deadline(case, fetched, last)
        if deadline is None:
            continue
        if any(deletes(call, fetched) for call in case.traffic.calls if fetched.number < call.number <= deadline):
            yield PASSED
        else:
            yield Breach(
                _("Message {message} was read and never deleted.", message=fetched.delivery.message),
                evidence=(Evidence(fetched.number),),
            )


def _deadline(case: Case, fetched: Fetched, last: int) -> int | None:
    """Return the entry until which a read message must be deleted; None when it is not known yet."""
    if not case.business.is_driven:
        # Nobody says when a run ends, but a retailer that has gone on to other calls is done with the message.
        later = [
            call
            for call in case.traffic.calls
            if call.number > fetched.number and call.operation in (LIST, RECEIVE, SEND)
        ]
        return last if any(call.at > fetched.call.at for call in later) else None
    channel = fetched.delivery.channel
    run = case.business.run_of(fetched.number)
    after = run.ended if run is not None else fetched.number
    troubles = _troubles(case, fetched.delivery.message)
    following = case.business.next_run_with(channel, after) if channel is not None else None
    while channel is not None and following is not None and _within(following, troubles):
        following = case.business.next_run_with(channel, following.ended)  # it may do the rest later
    if following is not None:
        return following.ended
    return last if run is not None and not troubles else None


def _within(run: Run, calls: tuple[int, ...]) -> bool:
    return any(run.number < call <= run.ended for call in calls)


def _troubles(case: Case, message: str) -> tuple[int, ...]:
    """Return the calls about a message that failed or were lost through no fault of the retailer."""
    return tuple(
        call.number for call in case.traffic.calls if (call.our_trouble or call.lost) and message in call.messages
    )


def deletes(call: Call, fetched: Fetched) -> bool:
    """Tell whether a call deletes a message that was read."""
    return call.operation == DELETE and fetched.delivery.message in call.messages


def polled_too_soon(case: Case, before: Call, call: Call) -> bool:
    """Tell whether a call came within the limit after another, and not because the suite asked for another run."""
    limit = timedelta(seconds=case.profile.limits.poll_seconds.value)
    asked = any(
        request.do == "exchange" and before.number < request.number < call.number
        for request in case.business.all_requests
    )
    return call.at - before.at < limit and not asked


def cause_of(call: Call) -> str:
    """Return the reason of a refusal in words."""
    return call.entry.cause or call.entry.fault_code or "no reason is recorded"


def recoveries(case: Case) -> Iterator[Check]:
    """Check messages whose read was lost, once they could have been read again, and messages that were restored."""
    lost = dict(_lost_reads(case))
    for message, call in lost.items():
        delivery = case.traffic.delivered.get(message)
        if delivery is None or delivery.channel is None:
            continue
        run = case.business.run_of(call.number)
        again = case.business.next_run_with(delivery.channel, run.ended if run is not None else call.number)
        if again is not None or _received(case, message, call.number) is not None:
            yield _recovery(case, message, call)
    for call in case.traffic.calls:
        if call.operation == RESTORE:
            for message in call.messages:
                if message not in lost:
                    yield _restoring(case, message, call)


def _lost_reads(case: Case) -> Iterator[tuple[str, Call]]:
    for call in case.traffic.calls:
        if call.operation == RECEIVE and call.done and call.lost and not call.by_ftps:
            for message in call.messages:
                if not any(other.answered and message in other.messages for other in _receives_before(case, call)):
                    yield message, call


def _receives_before(case: Case, call: Call) -> Iterator[Call]:
    return (other for other in case.traffic.calls if other.operation == RECEIVE and other.number < call.number)


def _received(case: Case, message: str, after: int) -> Call | None:
    return next(
        (
            call
            for call in case.traffic.calls
            if call.operation == RECEIVE and call.answered and call.number > after and message in call.messages
        ),
        None,
    )


def _before(case: Case, message: str, operation: str, after: int, until: int, *, read: bool = False) -> Call | None:
    return next(
        (
            call
            for call in case.traffic.calls
            if call.operation == operation and call.done and after < call.number < until and message in call.messages
            if not read or call.read
        ),
        None,
    )


def _recovery(case: Case, message: str, lost: Call) -> Check:
    received = _received(case, message, lost.number)
    if received is None:
        return _not_recovered(
            _("The reply with message {message} was lost, and the message was never read again.", message=message),
            lost,
        )
    restored = _before(case, message, RESTORE, lost.number, received.number)
    if restored is None:
        return _not_recovered(
            _("Message {message} was read again after a lost reply without restoring it first.", message=message),
            received,
        )
    if _before(case, message, LIST, lost.number, restored.number, read=True) is None:
        return _unlisted(message, restored)
    return PASSED


def _restoring(case: Case, message: str, restored: Call) -> Check:
    if _before(case, message, LIST, 0, restored.number, read=True) is None:
        return _unlisted(message, restored)
    last = restored.number
    deleted = next(
        (c for c in case.traffic.calls if c.operation == DELETE and c.number > last and message in c.messages), None
    )
    if deleted is not None and _before(case, message, RECEIVE, last, deleted.number) is None:
        return _not_recovered(
            _("Message {message} was restored and then deleted without being read.", message=message),
            deleted,
        )
    return PASSED


def _unlisted(message: str, restored: Call) -> Breach:
    return _not_recovered(
        _("Message {message} was restored without having been listed as read.", message=message),
        restored,
    )


def _not_recovered(message: Text, call: Call) -> Breach:
    return Breach(message, evidence=(Evidence(call.number),))
