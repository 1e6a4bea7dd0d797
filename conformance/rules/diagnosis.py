"""The one thing that is wrong with the amounts of a bill: whichever simple mistake explains them.

A mistake in money shows in many numbers at once. So each known mistake is tried in turn: whose numbers come out as the
retailer's, is named; what no known mistake explains, is plainly too much, too little or wrongly split.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from typing import TYPE_CHECKING

from conformance.rules.support import NOTHING, Payout

if TYPE_CHECKING:
    from conformance.rules.settlement import Settlement, Share

DECEMBER = 12
_EURO = Decimal(1)


class Wrong(Enum):
    """In which way amounts are wrong."""

    ABOVE_NET = auto()
    GROSS = auto()  # the record's net bill includes VAT
    TOO_MUCH = auto()
    TOO_LITTLE = auto()
    SPLIT = auto()
    MISREPORTED = auto()  # the bill is right, the record says something else
    BILLED_OTHERWISE = auto()  # the record is right, the bill says something else
    PERSON = auto()


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong: the requirement that is broken, in which way, the amount found and the one expected (EUR)."""

    requirement: str
    wrong: Wrong
    found: Decimal
    expected: Decimal
    payout: Payout | None
    field: str = "applied"


def diagnose(settlement: Settlement, *, tainted: bool) -> Fault | None:
    """What is wrong with the amounts of a bill, None when nothing is.

    ``tainted``: an earlier bill of the year was wrong, so that a wrong split may be no more than what follows from it.
    """
    if not settlement.payouts:
        return None
    misreported = _misreported(settlement)
    if misreported is not None:
        return misreported
    above = _above_net(settlement)
    if above is not None or not settlement.trusted:
        return above
    for find in (_too_much, _wrong_person, _too_little):
        fault = find(settlement)
        if fault is not None:
            return fault
    if settlement.missing:
        return None
    return next(_splits(settlement, tainted=tainted), None) or next(_other_lines(settlement), None)


def _misreported(settlement: Settlement) -> Fault | None:
    """A record that differs from a bill whose own lines are right."""
    if not settlement.trusted or settlement.missing or settlement.strangers:
        return None
    wrong = list(_other_lines(settlement, Wrong.MISREPORTED))
    lines = [each.line for each in settlement.shares if each.payout is not None]
    told = [each for each in lines if each is not None]
    most = min(settlement.cap, settlement.available)
    if not wrong or len(told) < len(lines) or not settlement.due <= sum(told, NOTHING) <= most:
        return None
    if any(each.line is not None and each.line > each.available for each in settlement.shares):
        return None
    return wrong[0]


def _other_lines(settlement: Settlement, wrong: Wrong = Wrong.BILLED_OTHERWISE) -> Iterator[Fault]:
    """Records that do not say what the bill itself says was taken."""
    for each in settlement.shares:
        if each.payout is not None and each.line is not None and each.line != each.applied:
            yield Fault("PAY-12", wrong, each.applied, each.line, each.payout)


def _above_net(settlement: Settlement) -> Fault | None:
    first = settlement.payouts[0]
    if settlement.applied > settlement.cap:
        return Fault("PAY-01", Wrong.ABOVE_NET, settlement.applied, settlement.cap, first)
    gross = settlement.bill.net + settlement.bill.vat
    for each in settlement.payouts:
        if settlement.bill.vat and each.record.net_bill == gross:
            return Fault("PAY-26", Wrong.GROSS, gross, settlement.bill.net, each, "net_bill")
    return None


def _too_much(settlement: Settlement) -> Fault | None:
    for share in settlement.shares:
        if share.applied > share.available:
            return Fault(_why_too_much(settlement, share), Wrong.TOO_MUCH, share.applied, share.available, share.payout)
    return None


def _why_too_much(settlement: Settlement, share: Share) -> str:
    excess = share.applied - share.available
    goes_on = share.terminated and share.applied == min(settlement.cap, share.available + share.last_due)
    if goes_on:
        return "DIS-01"
    if share.taken and share.applied == min(settlement.cap, share.granted):
        return "PAY-02"  # what earlier bills took was not deducted
    if share.repeated and share.applied == min(settlement.cap, share.available + share.repeated):
        return "DIS-05"
    if excess <= share.lapsed:
        return "PAY-05"
    return "DIS-01" if share.terminated else settlement.refused or "PAY-02"


def _wrong_person(settlement: Settlement) -> Fault | None:
    for each in settlement.strangers:
        if each.record.applied > NOTHING:
            if settlement.missing and settlement.applied <= settlement.available:
                return Fault("PAY-18", Wrong.PERSON, each.record.applied, NOTHING, each, "person_code")
            return Fault(settlement.refused or "PAY-02", Wrong.TOO_MUCH, each.record.applied, NOTHING, each)
    return None


def _too_little(settlement: Settlement) -> Fault | None:
    if settlement.applied >= settlement.due or settlement.missing:
        return None
    told = [each for each in settlement.shares if each.payout is not None]
    least = max(told, key=lambda each: each.available - each.applied, default=None)
    why = next(_why_too_little(settlement), "PAY-03")
    return Fault(why, Wrong.TOO_LITTLE, settlement.applied, settlement.due, least.payout if least is not None else None)


def _why_too_little(settlement: Settlement) -> Iterator[str]:
    shares, cap, applied = settlement.shares, settlement.cap, settlement.applied
    if any(each.catch_up for each in shares) and applied == min(
        cap, sum((_without_catch_up(s) for s in shares), NOTHING)
    ):
        yield "DIS-02"
    for way in range(max(len(each.parts) for each in shares)):
        if any(each.stacked for each in shares) and applied == min(
            cap, sum((_in_part(s, way) for s in shares), NOTHING)
        ):
            yield "DIS-03"
    if any(each.restored for each in shares) and applied == min(cap, sum((_not_restored(s) for s in shares), NOTHING)):
        yield "PAY-21"
    if any(each.late for each in shares) and applied == min(cap, sum((_without_late(s) for s in shares), NOTHING)):
        yield "DIS-08"
    if any(each.earlier for each in shares) and applied == min(cap, sum((_this_month(s) for s in shares), NOTHING)):
        yield "PAY-25"
    if NOTHING < settlement.due - applied < _EURO:
        yield "PAY-24"


def _without_catch_up(share: Share) -> Decimal:
    return max(NOTHING, share.granted - share.catch_up - share.taken)


def _in_part(share: Share, way: int) -> Decimal:
    granted = share.parts[way] if way < len(share.parts) else share.granted
    return max(NOTHING, granted - share.taken)


def _without_late(share: Share) -> Decimal:
    return max(NOTHING, share.granted - share.late - share.taken)


def _this_month(share: Share) -> Decimal:
    return share.available - share.earlier


def _not_restored(share: Share) -> Decimal:
    return max(NOTHING, share.available - share.restored)


def _splits(settlement: Settlement, *, tainted: bool) -> Iterator[Fault]:
    for share in settlement.shares:
        payout = share.payout
        if payout is None:
            continue
        record = payout.record
        carried = min(record.applied, share.earlier)
        allowed = _remainders(settlement, share)
        right_remainder = record.remainder in allowed
        if record.carried_over == carried and right_remainder:
            continue
        why = next(_why_split(share, payout), "PAY-04")
        if why == "PAY-04" and tainted:
            continue
        if right_remainder:
            yield Fault(why, Wrong.SPLIT, record.carried_over, carried, payout, "carried_over")
        else:
            why = "PAY-14" if why == "PAY-04" else why
            yield Fault(why, Wrong.SPLIT, record.remainder, allowed[0], payout, "remainder")


def _remainders(settlement: Settlement, share: Share) -> tuple[Decimal, ...]:
    """What may stand as remainder. In December, and when support has ended, also nothing: what the record then says is
    not public. A record that is written later may count what was granted since the bill."""
    left = share.available - share.applied
    later = max(NOTHING, share.granted_later - share.taken) - share.applied
    over = settlement.bill.period.month == DECEMBER or share.terminated
    return (left, later, NOTHING) if over else (left, later)


def _why_split(share: Share, payout: Payout) -> Iterator[str]:
    record = payout.record
    left = record.remainder + record.applied  # what the retailer thought was available
    if share.lapsed and left == share.available + share.lapsed:
        yield "PAY-05"
    if share.terminated and share.last_due and left == share.available + share.last_due:
        yield "DIS-01"
    if share.catch_up and left == _without_catch_up(share):
        yield "DIS-02"
    if share.stacked and any(left == _in_part(share, way) for way in range(len(share.parts))):
        yield "DIS-03"
    if share.restored and left == _not_restored(share):
        yield "PAY-21"
    if share.repeated and left == share.available + share.repeated:
        yield "DIS-05"
    if share.late and left == _without_late(share):
        yield "DIS-08"
    if share.taken and left == share.granted:
        yield "PAY-02"
    if share.earlier and left == share.available - share.earlier:
        yield "PAY-25"
