"""Diagnosis of the amounts of a bill: the one simple mistake that explains them.

A mistake in money shows in many numbers at once. So each known mistake is tried in turn, and the one whose numbers are
the retailer's is named. Amounts that no known mistake explains are plainly too much, too little or wrongly split.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto

from conformance.rules.business import Bill
from conformance.rules.support import ZERO, Payout

DECEMBER = 12
_EURO = Decimal(1)


class AmountError(Enum):
    """The ways in which amounts are wrong."""

    ABOVE_NET = auto()
    GROSS = auto()  # the record's net bill includes VAT
    TOO_MUCH = auto()
    TOO_LITTLE = auto()
    SPLIT = auto()
    MISREPORTED = auto()  # the bill is right, the record says something else
    BILLED_OTHERWISE = auto()  # the record is right, the bill says something else
    PERSON = auto()


@dataclass(frozen=True, slots=True)
class AmountFinding:
    """A wrong amount: the requirement that is broken, in which way, the amount found and the one expected (EUR)."""

    requirement: str
    error: AmountError
    found: Decimal
    expected: Decimal
    payout: Payout | None
    field: str = "applied"


class ReportState(Enum):
    """The state of a bill's payout report."""

    GIVEN = auto()  # there is a record at least
    NEEDLESS = auto()  # nothing was available, or the bill was cancelled before anyone could report it
    PENDING = auto()  # no scheduled run has come since
    INCONCLUSIVE = auto()  # a payout document went wrong: another finding
    MISSING = auto()


@dataclass(frozen=True, slots=True)
class Share:
    """One person's part in a bill; amounts in EUR, of the bill's calendar year up to its period.

    ``earlier_granted`` counts earlier periods only. ``by_category`` is ``granted`` as calculated by those who do not
    add categories up; ``several_categories`` tells whether there was anything to add up. ``taken`` is what earlier
    bills took, ``restored`` what cancelled bills gave back, ``lapsed`` what the year before left.
    ``from_repeated_lists`` is the part of ``granted`` from lists that came twice, ``from_late_lists`` that from lists
    that came after the list of a later month. ``last_due`` is the last monthly amount before support ended,
    ``granted_later`` what was known when the record was sent. ``billed`` is what the bill itself says was taken, None
    when the retailer does not say.
    """

    person: str
    granted: Decimal
    earlier_granted: Decimal
    catch_up: Decimal
    by_category: tuple[Decimal, ...]
    taken: Decimal
    restored: Decimal
    lapsed: Decimal
    terminated: bool
    last_due: Decimal
    granted_later: Decimal
    several_categories: bool
    from_repeated_lists: Decimal = ZERO
    from_late_lists: Decimal = ZERO
    payout: Payout | None = None
    billed: Decimal | None = None

    @property
    def available(self) -> Decimal:
        """The most that a bill may take, EUR."""
        return max(ZERO, self.granted - self.taken)

    @property
    def earlier(self) -> Decimal:
        """The part of ``available`` that is from earlier months, EUR."""
        return min(self.available, max(ZERO, self.earlier_granted - self.taken))

    @property
    def applied(self) -> Decimal:
        """The amount that the record says was taken, EUR."""
        return self.payout.record.applied if self.payout is not None else ZERO


@dataclass(frozen=True, slots=True)
class Settlement:
    """One bill and everything about its support.

    ``strangers`` are records of persons to whom nothing was ever granted on the contract. ``trusted`` is false when an
    earlier bill is not known, so that what is left cannot be calculated. ``finding`` is the one thing wrong with the
    amounts. ``refused`` is the requirement (DIS-06, DIS-07) by which a list that came for the bill's month must not be
    used, if one did.
    """

    bill: Bill
    shares: tuple[Share, ...]
    strangers: tuple[Payout, ...]
    report: ReportState
    trusted: bool
    finding: AmountFinding | None = None
    refused: str | None = None

    @property
    def cap(self) -> Decimal:
        """The most that the bill can take: its net amount, nothing of a credit."""
        return max(ZERO, self.bill.net)

    @property
    def applied(self) -> Decimal:
        """The amount that all records together took, EUR."""
        return sum((share.applied for share in self.shares), ZERO) + sum(
            (payout.record.applied for payout in self.strangers), ZERO
        )

    @property
    def available(self) -> Decimal:
        """The support that all persons together have, EUR."""
        return sum((share.available for share in self.shares), ZERO)

    @property
    def due(self) -> Decimal:
        """The amount that must be taken, EUR. Nothing public says whether a rest is taken after support has ended."""
        return min(self.cap, sum((share.available for share in self.shares if not share.terminated), ZERO))

    @property
    def missing(self) -> tuple[Share, ...]:
        """Persons with support of whom there is no record."""
        return tuple(
            share for share in self.shares if share.payout is None and share.available and not share.terminated
        )

    @property
    def payouts(self) -> tuple[Payout, ...]:
        """The records of the bill."""
        return (*(share.payout for share in self.shares if share.payout is not None), *self.strangers)

    @property
    def is_reported(self) -> bool:
        """Tell whether there is a payout record at least."""
        return self.report is ReportState.GIVEN

    @property
    def judged(self) -> bool:
        """Tell whether its amounts could be calculated."""
        return self.trusted and self.report in (ReportState.GIVEN, ReportState.NEEDLESS)


def diagnose(settlement: Settlement, *, after_wrong_bill: bool) -> AmountFinding | None:
    """Return the finding on the amounts of a bill, None when nothing is wrong.

    With ``after_wrong_bill`` an earlier bill of the year was wrong, so a wrong split may only follow from that.
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
        finding = find(settlement)
        if finding is not None:
            return finding
    if settlement.missing:
        return None
    return next(_splits(settlement, after_wrong_bill=after_wrong_bill), None) or next(_other_lines(settlement), None)


def _misreported(settlement: Settlement) -> AmountFinding | None:
    """Return the finding on a record that differs from a bill whose own lines are right."""
    if not settlement.trusted or settlement.missing or settlement.strangers:
        return None
    wrong = list(_other_lines(settlement, AmountError.MISREPORTED))
    lines = [share.billed for share in settlement.shares if share.payout is not None]
    stated = [line for line in lines if line is not None]
    most = min(settlement.cap, settlement.available)
    if not wrong or len(stated) < len(lines) or not settlement.due <= sum(stated, ZERO) <= most:
        return None
    if any(share.billed is not None and share.billed > share.available for share in settlement.shares):
        return None
    return wrong[0]


def _other_lines(settlement: Settlement, wrong: AmountError = AmountError.BILLED_OTHERWISE) -> Iterator[AmountFinding]:
    """Yield a finding for each record with another amount than the bill itself states."""
    for share in settlement.shares:
        if share.payout is not None and share.billed is not None and share.billed != share.applied:
            yield AmountFinding("PAY-12", wrong, share.applied, share.billed, share.payout)


def _above_net(settlement: Settlement) -> AmountFinding | None:
    first = settlement.payouts[0]
    if settlement.applied > settlement.cap:
        return AmountFinding("PAY-01", AmountError.ABOVE_NET, settlement.applied, settlement.cap, first)
    gross = settlement.bill.net + settlement.bill.vat
    for payout in settlement.payouts:
        if settlement.bill.vat and payout.record.net_bill == gross:
            return AmountFinding("PAY-26", AmountError.GROSS, gross, settlement.bill.net, payout, "net_bill")
    return None


def _too_much(settlement: Settlement) -> AmountFinding | None:
    for share in settlement.shares:
        if share.applied > share.available:
            return AmountFinding(
                _why_too_much(settlement, share), AmountError.TOO_MUCH, share.applied, share.available, share.payout
            )
    return None


def _why_too_much(settlement: Settlement, share: Share) -> str:
    excess = share.applied - share.available
    goes_on = share.terminated and share.applied == min(settlement.cap, share.available + share.last_due)
    if goes_on:
        return "DIS-01"
    if share.taken and share.applied == min(settlement.cap, share.granted):
        return "PAY-02"  # what earlier bills took was not deducted
    if share.from_repeated_lists and share.applied == min(settlement.cap, share.available + share.from_repeated_lists):
        return "DIS-05"
    if excess <= share.lapsed:
        return "PAY-05"
    return "DIS-01" if share.terminated else settlement.refused or "PAY-02"


def _wrong_person(settlement: Settlement) -> AmountFinding | None:
    for payout in settlement.strangers:
        if payout.record.applied > ZERO:
            if settlement.missing and settlement.applied <= settlement.available:
                return AmountFinding("PAY-18", AmountError.PERSON, payout.record.applied, ZERO, payout, "person_code")
            return AmountFinding(
                settlement.refused or "PAY-02", AmountError.TOO_MUCH, payout.record.applied, ZERO, payout
            )
    return None


def _too_little(settlement: Settlement) -> AmountFinding | None:
    if settlement.applied >= settlement.due or settlement.missing:
        return None
    reported = [share for share in settlement.shares if share.payout is not None]
    least = max(reported, key=lambda share: share.available - share.applied, default=None)
    why = next(_why_too_little(settlement), "PAY-03")
    return AmountFinding(
        why, AmountError.TOO_LITTLE, settlement.applied, settlement.due, least.payout if least is not None else None
    )


def _why_too_little(settlement: Settlement) -> Iterator[str]:
    shares, cap, applied = settlement.shares, settlement.cap, settlement.applied
    if any(share.catch_up for share in shares) and applied == min(
        cap, sum((_without_catch_up(s) for s in shares), ZERO)
    ):
        yield "DIS-02"
    for way in range(max(len(share.by_category) for share in shares)):
        if any(share.several_categories for share in shares) and applied == min(
            cap, sum((_in_part(s, way) for s in shares), ZERO)
        ):
            yield "DIS-03"
    if any(share.restored for share in shares) and applied == min(cap, sum((_not_restored(s) for s in shares), ZERO)):
        yield "PAY-21"
    if any(share.from_late_lists for share in shares) and applied == min(
        cap, sum((_without_late(s) for s in shares), ZERO)
    ):
        yield "DIS-08"
    if any(share.earlier for share in shares) and applied == min(cap, sum((_this_month(s) for s in shares), ZERO)):
        yield "PAY-25"
    if ZERO < settlement.due - applied < _EURO:
        yield "PAY-24"


def _without_catch_up(share: Share) -> Decimal:
    return max(ZERO, share.granted - share.catch_up - share.taken)


def _in_part(share: Share, way: int) -> Decimal:
    granted = share.by_category[way] if way < len(share.by_category) else share.granted
    return max(ZERO, granted - share.taken)


def _without_late(share: Share) -> Decimal:
    return max(ZERO, share.granted - share.from_late_lists - share.taken)


def _this_month(share: Share) -> Decimal:
    return share.available - share.earlier


def _not_restored(share: Share) -> Decimal:
    return max(ZERO, share.available - share.restored)


def _splits(settlement: Settlement, *, after_wrong_bill: bool) -> Iterator[AmountFinding]:
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
        if why == "PAY-04" and after_wrong_bill:
            continue
        if right_remainder:
            yield AmountFinding(why, AmountError.SPLIT, record.carried_over, carried, payout, "carried_over")
        else:
            why = "PAY-14" if why == "PAY-04" else why
            yield AmountFinding(why, AmountError.SPLIT, record.remainder, allowed[0], payout, "remainder")


def _remainders(settlement: Settlement, share: Share) -> tuple[Decimal, ...]:
    """Return the remainders that a record may state. In December, and when support has ended, 0.00 is one of them: what
    the record then says is not public. A record that is written later may count what was granted since the bill."""
    left = share.available - share.applied
    later = max(ZERO, share.granted_later - share.taken) - share.applied
    over = settlement.bill.period.month == DECEMBER or share.terminated
    return (left, later, ZERO) if over else (left, later)


def _why_split(share: Share, payout: Payout) -> Iterator[str]:
    record = payout.record
    left = record.remainder + record.applied  # what the retailer thought was available
    if share.lapsed and left == share.available + share.lapsed:
        yield "PAY-05"
    if share.terminated and share.last_due and left == share.available + share.last_due:
        yield "DIS-01"
    if share.catch_up and left == _without_catch_up(share):
        yield "DIS-02"
    if share.several_categories and any(left == _in_part(share, way) for way in range(len(share.by_category))):
        yield "DIS-03"
    if share.restored and left == _not_restored(share):
        yield "PAY-21"
    if share.from_repeated_lists and left == share.available + share.from_repeated_lists:
        yield "DIS-05"
    if share.from_late_lists and left == _without_late(share):
        yield "DIS-08"
    if share.taken and left == share.granted:
        yield "PAY-02"
    if share.earlier and left == share.available - share.earlier:
        yield "PAY-25"
