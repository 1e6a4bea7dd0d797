"""Reconciliation of a retailer's month: compares granted support with reported payouts since the start of the year.

ALDIS cannot know if a contract was billed at all, so it compares only the bills that were reported.

``add_up`` is a quick check in cents: it returns True when the accounts of a contract add up, which nearly all of the
hundreds of thousands of a country do. ``compare`` finds what is wrong in the accounts of the other contracts. A test
holds the two together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from simulator.aldis.account import ZERO, Account, Bill, Totals, euro
from simulator.aldis.columns import Line
from simulator.aldis.errors import ErrorCatalogue
from simulator.aldis.intake import remainders
from simulator.aldis.ledger import AccountKey, Packed, month_number
from simulator.aldis.state import State
from simulator.domain.model import ChannelName, PayoutRecord, Period, RecordError


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


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between granted support and payouts.

    ``expected`` and ``found`` are amounts in EUR, or texts where the difference is not about an amount.
    """

    contract: str
    person: str
    invoice: str
    expected: str
    found: str
    error: RecordError


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Result for a retailer from the start of the year to the end of ``period``: totals and differences."""

    provider: str
    period: Period
    totals: Totals
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """A bill that is not cancelled, with the key of its account."""

    key: AccountKey
    bill: Bill

    @property
    def record(self) -> PayoutRecord:
        return self.bill.record


def reconcile(state: State, errors: ErrorCatalogue, provider: str, period: Period) -> Reconciliation:
    """Compare a retailer's accounts of the month's year with its payouts up to the month, and return the result."""
    totals, sums = Totals(), Sums()
    differences: list[Difference] = []
    for contract, balance in state.ledger.balanced(provider, period):
        if balance is not None:
            sums.granted += balance[0]
            sums.applied += balance[1]
            continue
        if add_up(state.ledger.packed(contract, period.year), period, sums):
            continue
        keys = state.ledger.on_contract(contract, period.year)
        differences += compare(state, errors, keys, period)
        totals = sum((state.ledger.account(key).totals(period) for key in keys), totals)
    differences += _refused(state, errors, provider, period)
    differences.sort(
        key=lambda difference: (difference.contract, difference.invoice, difference.person, difference.error.code)
    )
    return Reconciliation(provider, period, totals + sums.totals(period), tuple(differences))


def compare(state: State, errors: ErrorCatalogue, keys: Iterable[AccountKey], period: Period) -> tuple[Difference, ...]:
    """Return the differences in the accounts of one contract and year, up to a month."""
    accounts = {key: state.ledger.account(key) for key in keys}
    lines = [
        _Line(key, bill)
        for key, account in accounts.items()
        for bill in account.standing()
        if bill.record.period <= period
    ]
    return (
        *_carry(errors, accounts, lines),
        *_invoices(errors, accounts, lines),
        *_strays(errors, accounts, period),
    )


def _carry(
    errors: ErrorCatalogue, accounts: Mapping[AccountKey, Account], lines: Iterable[_Line]
) -> Iterator[Difference]:
    """Compare each record with its account, now that all payouts of the month are due."""
    for line in lines:
        record, expected = line.record, accounts[line.key].expected(line.bill)
        if record.applied > expected.available:
            yield _amount(errors, "applied-above-available", line, expected.available, record.applied)
        if record.carried_over != expected.carried_over:
            yield _amount(errors, "carried-over-wrong", line, expected.carried_over, record.carried_over)
        if record.remainder not in remainders(record, expected.remainder):
            yield _amount(errors, "remainder-wrong", line, expected.remainder, record.remainder)


def _invoices(
    errors: ErrorCatalogue, accounts: Mapping[AccountKey, Account], lines: Iterable[_Line]
) -> Iterator[Difference]:
    """Check each invoice as a whole: it covers all persons of the contract and applies as much as it could."""
    invoices: dict[tuple[str, str], list[_Line]] = defaultdict(list)
    for line in lines:
        invoices[line.record.contract, line.record.invoice_number].append(line)
    for group in invoices.values():
        available = sum((accounts[line.key].expected(line.bill).available for line in group), ZERO)
        for key, bill in _left_out(accounts, group):
            missing = accounts[key].expected(bill).available
            available += missing
            facts = {"invoice": bill.record.invoice_number, "code": key.person, "expected": missing}
            yield Difference(
                contract=key.contract.contract,
                person=key.person,
                invoice=bill.record.invoice_number,
                expected=f"{missing:.2f}",
                found="",
                error=errors.error("payout-missing", **facts),
            )
        applied = sum((line.record.applied for line in group), ZERO)
        possible = min(group[0].record.net_bill, available)
        if applied < possible:
            yield _amount(errors, "applied-too-little", group[0], possible, applied)


def _left_out(accounts: Mapping[AccountKey, Account], group: list[_Line]) -> Iterator[tuple[AccountKey, Bill]]:
    """Yield the accounts of the contract that have support for the invoice but no record of it."""
    first = group[0]
    present = {line.key for line in group}
    for key, account in accounts.items():
        if key not in present and account.expected(first.bill).available > ZERO:
            yield key, first.bill


def _strays(errors: ErrorCatalogue, accounts: Mapping[AccountKey, Account], period: Period) -> Iterator[Difference]:
    for key, account in accounts.items():
        for reversal in account.stray_reversals():
            if reversal.record.period <= period:
                yield _amount(errors, "reversal-of-nothing", _Line(key, reversal), ZERO, reversal.record.applied)


def _refused(state: State, errors: ErrorCatalogue, provider: str, period: Period) -> Iterator[Difference]:
    for filed in state.files.standing(provider, ChannelName.PAYOUT):
        if filed.period.year != period.year or filed.period > period:
            continue
        for refusal in filed.refused:
            facts = {"document": filed.document_id, "position": refusal.position or "-", "cause": refusal.code}
            yield Difference(
                contract="",
                person="",
                invoice="",
                expected="",
                found=refusal.code,
                error=errors.error("record-refused", refusal.position, **facts),
            )


def _amount(errors: ErrorCatalogue, name: str, line: _Line, expected: Decimal, found: Decimal) -> Difference:
    facts = {
        "invoice": line.record.invoice_number,
        "code": line.record.person_code,
        "expected": expected,
        "found": found,
    }
    return Difference(
        contract=line.record.contract,
        person=line.key.person,
        invoice=line.record.invoice_number,
        expected=f"{expected:.2f}",
        found=f"{found:.2f}",
        error=errors.error(name, **facts),
    )
