"""Whether a contract's accounts add up, told quickly: nearly all of them do, and a country has hundreds of thousands.

It says yes or no and gives the sums; what is wrong where, and why, is ``reconciliation``'s to find, which looks at the
contracts that do not add up. A test holds the two together. Amounts are cents here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from simulator.aldis.account import Totals, euro
from simulator.aldis.columns import Line
from simulator.aldis.ledger import Packed, month_number
from simulator.documents.model import Period


@dataclass(slots=True)
class Sums:
    """The totals of many accounts after a month, in cents."""

    granted: int = 0
    applied: int = 0

    def totals(self, through: Period) -> Totals:
        """The same as totals; in December what is left lapses."""
        left, year_over = self.granted - self.applied, through.month == 12
        nothing = euro(0)
        carried, lapsed = (nothing, euro(left)) if year_over else (euro(left), nothing)
        return Totals(euro(self.granted), euro(self.applied), carried, lapsed, nothing)


class _Followed(NamedTuple):
    """An account gone through: what each of its bills found available, and the sums up to a month.

    ``whole``: each bill up to the month took by itself as much as it could.
    """

    account: Packed
    available: list[int]
    granted: int
    applied: int
    whole: bool


def add_up(accounts: Sequence[Packed], through: Period, sums: Sums) -> bool:
    """Whether all bills up to a month of a contract's accounts in one year add up; then they are added to the sums.

    Also no for accounts with reversals, or with an invoice that stands twice: those are worth the longer way.
    """
    month = month_number(through)
    books = []
    for account in accounts:
        followed = _follow(account, month)
        if followed is None:
            return False
        books.append(followed)
    if len(books) == 1:  # nearly always: worth a shorter way
        if not books[0].whole:
            return False
    elif not all(_is_whole(line, books) for account in accounts for line in account.lines if line.period <= month):
        return False
    for followed in books:
        sums.granted += followed.granted
        sums.applied += followed.applied
    return True


def _follow(account: Packed, month: int) -> _Followed | None:
    """The bills one after another; None when one does not find what it says, or the account is not a plain one."""
    found: list[int] = []
    invoices: set[str] = set()
    counted = taken = 0
    whole = True
    # ``granted`` is what was granted up to the month ``reached``, ``earlier`` what before it; of the account's grants
    # the first ``place`` are in it.
    grants, last = account.grants, len(account.grants)
    reached, granted, earlier, place = -1, 0, 0, 0
    for _, period, _, _, _, invoice, net, applied, carried, remainder, reversal, _ in account.lines:
        if reversal or invoice in invoices:
            return None
        invoices.add(invoice)
        if period < reached:  # a bill of a month before that of the bill before: count from the beginning
            granted = place = 0
        if period != reached:
            reached, earlier = period, granted
            while place < last and grants[place][0] <= period:
                granted += grants[place][1]
                if grants[place][0] < period:
                    earlier = granted
                place += 1
        available = granted - taken if granted > taken else 0
        if period <= month:
            counted += applied
            left = available - applied
            if left < 0:
                return None
            before = earlier - taken if earlier > taken else 0
            if carried != (min(before, applied)):
                return None
            if remainder != left and not (remainder == 0 and period % 12 == 11):  # nothing is left over at year's end
                return None
            if applied < net and applied < available:
                whole = False
        taken += applied
        found.append(available)
    return _Followed(account, found, sum([each for period, each in grants if period <= month]), counted, whole)


def _is_whole(line: Line, books: list[_Followed]) -> bool:
    """Whether a bill took as much as it could for all persons of its contract, and says something of each."""
    applied = available = 0
    for account, found, *_ in books:
        place = next((place for place, each in enumerate(account.lines) if each.invoice == line.invoice), None)
        if place is not None:
            own = account.lines[place]
            if own[:2] != line[:2] or own.net != line.net:
                return False  # not one bill; the longer way tells what it is
            applied += own.applied
            available += found[place]
            continue
        before = sum(each.applied for each in account.lines if each[:4] < line[:4])
        if sum(amount for period, amount in account.grants if period <= line.period) > before:
            return False
    return applied >= min(line.net, available)
