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


class _Found(NamedTuple):
    """A bill of an account as it stands in the order of bills, with what it found available."""

    line: Line
    available: int


def add_up(accounts: Sequence[Packed], through: Period, sums: Sums) -> bool:
    """Whether all bills up to a month of a contract's accounts in one year add up; then they are added to the sums.

    Also no for accounts with reversals, or with an invoice that stands twice: those are worth the longer way.
    """
    month = month_number(through)
    books = []
    for account in accounts:
        found = _follow(account, month)
        if found is None:
            return False
        books.append(found)
    if len(books) == 1:  # nearly always: worth a shorter way
        for line, available in books[0]:
            if line.period <= month and line.applied < min(line.net, available):
                return False
    elif not all(_is_whole(line, books, accounts) for found in books for line, _ in found if line.period <= month):
        return False
    sums.granted += sum([amount for account in accounts for period, amount in account.grants if period <= month])
    sums.applied += sum([line.applied for found in books for line, _ in found if line.period <= month])
    return True


def _follow(account: Packed, month: int) -> list[_Found] | None:
    """The bills one after another; None when one does not find what it says, or the account is not a plain one."""
    if len({line.invoice for line in account.lines}) < len(account.lines):
        return None
    found: list[_Found] = []
    taken = 0
    granted = earlier = place = 0
    reached = -1  # the month up to which ``granted`` counts the grants, of which ``place`` are the first
    for line in account.lines:
        period, applied = line.period, line.applied
        if line.reversal:
            return None
        if period < reached:  # bills of one month and then of one before it: count from the beginning
            granted = earlier = place = 0
        if period != reached:
            reached, earlier = period, granted
            while place < len(account.grants) and account.grants[place][0] <= period:
                granted += account.grants[place][1]
                if account.grants[place][0] < period:
                    earlier = granted
                place += 1
        available = max(0, granted - taken)
        if period <= month:
            carried = min(applied, available, max(0, earlier - taken))
            left = available - applied
            lapsed = line.remainder == 0 and period % 12 == 11
            if left < 0 or line.carried != carried or not (line.remainder == left or lapsed):
                return None
        taken += applied
        found.append(_Found(line, available))
    return found


def _is_whole(line: Line, books: list[list[_Found]], accounts: Sequence[Packed]) -> bool:
    """Whether a bill took as much as it could for all persons of its contract, and says something of each."""
    applied = available = 0
    for found, account in zip(books, accounts, strict=True):
        own = next((each for each in found if each.line.invoice == line.invoice), None)
        if own is not None:
            if own.line[:2] != line[:2] or own.line.net != line.net:
                return False  # not one bill; the longer way tells what it is
            applied += own.line.applied
            available += own.available
            continue
        before = sum(each.line.applied for each in found if each.line[:4] < line[:4])
        if sum(amount for period, amount in account.grants if period <= line.period) > before:
            return False
    return applied >= min(line.net, available)
