"""The duties of a client towards its mailbox, by whichever way it comes: what chapters DIT and FTP have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from conformance.rules.business import Exchange
from conformance.rules.evidence import Case, Fetched
from conformance.rules.registry import PASSED, Check
from conformance.rules.traffic import DELETE, LIST, RECEIVE, SEND, Call
from conformance.verdicts import Breach

TOO_OFTEN, LIST_NOT_READ, NOT_DELETED = "polled-too-often", "list-not-read", "read-not-deleted"
DUTIES = frozenset({TOO_OFTEN, LIST_NOT_READ, NOT_DELETED})
"""What DIT says to a client that breaks a duty, where it enforces them."""


def refused_for(case: Case, duty: str, *, by_ftps: bool = False) -> Iterator[Breach]:
    """The calls by one of the two ways that DIT refused because a duty was broken, where it enforces duties."""
    for call in case.calls:
        if call.refused and call.entry.fault_code == duty and call.by_ftps is by_ftps:
            yield Breach(
                en=f"{call.operation} was refused: {cause_of(call)}",
                lv=f"{call.operation} nav pieņemts: {cause_of(call)}",
                expected="a client that keeps its duties, which DIT then has no need to refuse",
                expected_lv="klients, kas ievēro savus pienākumus",
                evidence=(case.entry(call.number),),
            )


def read_until(case: Case, listing: Call, following: Call | None) -> int | None:
    """The entry before which all of a list must be read; None when that cannot be said."""
    if following is not None:
        return following.number
    run = case.run_of(listing.number)
    return run.ended if run is not None else None


def asked_for(case: Case, message: str, after: int, before: int) -> bool:
    """Whether a message was read, or tried to be, between two entries."""
    return any(
        call.operation == RECEIVE and after < call.number < before and message in call.messages for call in case.calls
    )


def deleted(case: Case, read: Iterable[Fetched]) -> Iterator[Check]:
    """Whether each of some messages that were read is deleted, in that run or the next."""
    last = case.entries[-1].number if case.entries else 0
    for fetched in read:
        deadline = _deadline(case, fetched, last)
        if deadline is None:
            continue
        if any(deletes(call, fetched) for call in case.calls if fetched.number < call.number <= deadline):
            yield PASSED
        else:
            yield Breach(
                en=f"Message {fetched.delivery.message} was read and never deleted.",
                lv=f"Ziņojums {fetched.delivery.message} ir nolasīts, bet nav dzēsts.",
                evidence=(case.entry(fetched.number),),
            )


def _deadline(case: Case, fetched: Fetched, last: int) -> int | None:
    """The entry until which a read message must be gone; None when that cannot be said yet."""
    if not case.is_driven:
        # Nobody says when a run ends, but a retailer that has gone on to other calls is done with the message.
        later = [
            call for call in case.calls if call.number > fetched.number and call.operation in (LIST, RECEIVE, SEND)
        ]
        return last if any(call.at > fetched.call.at for call in later) else None
    channel = fetched.delivery.channel
    run = case.run_of(fetched.number)
    after = run.ended if run is not None else fetched.number
    troubles = _troubles(case, fetched.delivery.message)
    following = case.offer(channel, after) if channel is not None else None
    while channel is not None and following is not None and _within(following, troubles):
        following = case.offer(channel, following.ended)  # it may do the rest later
    if following is not None:
        return following.ended
    return last if run is not None and not troubles else None


def _within(run: Exchange, calls: tuple[int, ...]) -> bool:
    return any(run.number < each <= run.ended for each in calls)


def _troubles(case: Case, message: str) -> tuple[int, ...]:
    """The calls about a message that failed or were lost through no fault of the retailer."""
    return tuple(call.number for call in case.calls if (call.our_trouble or call.lost) and message in call.messages)


def deletes(call: Call, fetched: Fetched) -> bool:
    """Whether a call deletes a message that was read."""
    return call.operation == DELETE and fetched.delivery.message in call.messages


def polled_too_soon(case: Case, before: Call, call: Call) -> bool:
    """Within the limit, and not because the suite asked for another run."""
    limit = timedelta(seconds=case.profile.limits.poll_seconds.value)
    asked = any(each.do == "exchange" and before.number < each.number < call.number for each in case.all_requests)
    return call.at - before.at < limit and not asked


def cause_of(call: Call) -> str:
    """Why a call was refused, in words."""
    return call.entry.cause or call.entry.fault_code or "no reason is recorded"
