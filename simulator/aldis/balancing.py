"""Whether a contract's accounts add up, told quickly: nearly all of them do, and a country has hundreds of thousands.

It says yes or no and gives the sums; what is wrong where, and why, is ``reconciliation``'s to find, which looks at the
contracts that do not add up. A test holds the two together. Amounts are cents here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.aldis.account import Totals, euro
from simulator.aldis.ledger import Line, Packed, month_number
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


@dataclass(slots=True)
class _Found:
    """A bill of an account as it stands in the order of bills, with what it found available."""

    line: Line
    available: int


def add_up(accounts: Sequence[Packed], through: Period, sums: Sums) -> bool:
    """Whether all bills up to a month of a contract's accounts in one year add up; then they are added to the sums.

    Also no for accounts with reversals, or with an invoice that stands twice: those are worth the longer way.
    """
    month = month_number(through)
    granted = applied = 0
    books = []
    for account in accounts:
        found = _follow(account, month)
        if found is None:
            return False
        books.append(found)
        granted += sum(amount for period, amount in _grants(account) if period <= month)
        applied += sum(each.line.applied for each in found if each.line.period <= month)
    if not all(_is_whole(each.line, books, accounts) for found in books for each in found if each.line.period <= month):
        return False
    sums.granted += granted
    sums.applied += applied
    return True


def _follow(account: Packed, month: int) -> list[_Found] | None:
    """The bills one after another; None when one does not find what it says, or the account is not a plain one."""
    found: list[_Found] = []
    grants, taken = _grants(account), 0
    for fields in account.unpacked():
        line = Line(*fields)
        if line.reversal or any(each.line.invoice == line.invoice for each in found):
            return None
        granted = earlier = 0
        for period, amount in grants:
            if period <= line.period:
                granted += amount
                if period < line.period:
                    earlier += amount
        available = max(0, granted - taken)
        if line.period <= month:
            carried = min(line.applied, available, max(0, earlier - taken))
            left = available - line.applied
            lapsed = line.remainder == 0 and line.period % 12 == 11
            if left < 0 or line.carried != carried or not (line.remainder == left or lapsed):
                return None
        taken += line.applied
        found.append(_Found(line, available))
    return found


def _is_whole(line: Line, books: list[list[_Found]], accounts: Sequence[Packed]) -> bool:
    """Whether a bill took as much as it could for all persons of its contract, and says something of each."""
    if len(books) == 1:
        (found,) = books
        available = next(each.available for each in found if each.line is line)
        return line.applied >= min(line.net, available)
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
        if sum(amount for period, amount in _grants(account) if period <= line.period) > before:
            return False
    return applied >= min(line.net, available)


def _grants(account: Packed) -> list[tuple[int, int]]:
    return list(zip(account.grants[::2], account.grants[1::2], strict=True))
