"""Compares what was granted with what a retailer paid out, from the year's beginning to the end of a month. Pure.

Whether a contract was billed at all ALDIS cannot know; it compares the bills that it was told of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from simulator.aldis.account import NOTHING, Account, Bill, Totals
from simulator.aldis.balancing import Sums, add_up
from simulator.aldis.errors import ErrorCatalogue
from simulator.aldis.ledger import AccountKey
from simulator.aldis.payout_intake import remainders
from simulator.aldis.state import State
from simulator.documents.model import ChannelName, PayoutRecord, Period, RecordError


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that does not add up; ``expected`` and ``found`` are EUR, or words where it is not about an amount."""

    contract: str
    person: str
    invoice: str
    expected: str
    found: str
    error: RecordError


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A retailer's year up to a month: where its accounts stand together, and what does not add up."""

    provider: str
    period: Period
    totals: Totals
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """A standing bill with the account that it is of."""

    key: AccountKey
    bill: Bill

    @property
    def record(self) -> PayoutRecord:
        return self.bill.record


def reconcile(state: State, errors: ErrorCatalogue, provider: str, period: Period) -> Reconciliation:
    """Compare a retailer's accounts of the month's year with its payouts up to the month."""
    totals, sums = Totals(), Sums()
    found: list[Difference] = []
    for contract, balance in state.ledger.balanced(provider, period):
        if balance is not None:
            sums.granted += balance[0]
            sums.applied += balance[1]
            continue
        if add_up(state.ledger.packed(contract, period.year), period, sums):
            continue
        keys = state.ledger.on_contract(contract, period.year)
        found += compare(state, errors, keys, period)
        totals = sum((state.ledger.account(key).totals(period) for key in keys), totals)
    found += _refused(state, errors, provider, period)
    found.sort(key=lambda each: (each.contract, each.invoice, each.person, each.error.code))
    return Reconciliation(provider, period, totals + sums.totals(period), tuple(found))


def compare(state: State, errors: ErrorCatalogue, keys: Iterable[AccountKey], period: Period) -> tuple[Difference, ...]:
    """Everything that does not add up in the accounts of one contract and year, up to a month."""
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
    """Every record against what the account says now that all payouts of the month were due."""
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
    """Every invoice as a whole: all persons of the contract, and as much applied as could be."""
    invoices: dict[tuple[str, str], list[_Line]] = defaultdict(list)
    for line in lines:
        invoices[line.record.contract, line.record.invoice_number].append(line)
    for group in invoices.values():
        available = sum((accounts[each.key].expected(each.bill).available for each in group), NOTHING)
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
        applied = sum((each.record.applied for each in group), NOTHING)
        possible = min(group[0].record.net_bill, available)
        if applied < possible:
            yield _amount(errors, "applied-too-little", group[0], possible, applied)


def _left_out(accounts: Mapping[AccountKey, Account], group: list[_Line]) -> Iterator[tuple[AccountKey, Bill]]:
    """Persons of the invoice's contract with support available for it, of whom there is no record."""
    first = group[0]
    present = {each.key for each in group}
    for key, account in accounts.items():
        if key not in present and account.expected(first.bill).available > NOTHING:
            yield key, first.bill


def _strays(errors: ErrorCatalogue, accounts: Mapping[AccountKey, Account], period: Period) -> Iterator[Difference]:
    for key, account in accounts.items():
        for reversal in account.stray_reversals():
            if reversal.record.period <= period:
                yield _amount(errors, "reversal-of-nothing", _Line(key, reversal), NOTHING, reversal.record.applied)


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
