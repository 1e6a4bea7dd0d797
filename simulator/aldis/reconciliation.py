"""Compares what was granted with what a retailer paid out, from the year's beginning to the end of a month. Pure.

Whether a contract was billed at all ALDIS cannot know; it compares the bills that it was told of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from simulator.aldis.account import NOTHING, Bill, Totals
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
    lines = [
        _Line(key, bill)
        for key in state.ledger.of_provider(provider, period.year)
        for bill in state.ledger.account(key).standing()
        if bill.record.period <= period
    ]
    found = [*_carry(state, errors, lines), *_invoices(state, errors, lines), *_strays(state, errors, provider, period)]
    found += _refused(state, errors, provider, period)
    found.sort(key=lambda each: (each.contract, each.invoice, each.person, each.error.code))
    return Reconciliation(provider, period, state.ledger.totals(provider, period), tuple(found))


def _carry(state: State, errors: ErrorCatalogue, lines: Iterable[_Line]) -> Iterator[Difference]:
    """Every record against what the account says now that all payouts of the month were due."""
    for line in lines:
        record, expected = line.record, state.ledger.account(line.key).expected(line.bill)
        if record.applied > expected.available:
            yield _amount(errors, "applied-above-available", line, expected.available, record.applied)
        if record.carried_over != expected.carried_over:
            yield _amount(errors, "carried-over-wrong", line, expected.carried_over, record.carried_over)
        if record.remainder not in remainders(record, expected.remainder):
            yield _amount(errors, "remainder-wrong", line, expected.remainder, record.remainder)


def _invoices(state: State, errors: ErrorCatalogue, lines: Iterable[_Line]) -> Iterator[Difference]:
    """Every invoice as a whole: all persons of the contract, and as much applied as could be."""
    invoices: dict[tuple[str, str], list[_Line]] = defaultdict(list)
    for line in lines:
        invoices[line.record.contract, line.record.invoice_number].append(line)
    for group in invoices.values():
        available = sum((_available(state, each.key, each.bill) for each in group), NOTHING)
        for key, bill in _left_out(state, group):
            missing = _available(state, key, bill)
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


def _left_out(state: State, group: list[_Line]) -> Iterator[tuple[AccountKey, Bill]]:
    """Persons of the invoice's contract with support available for it, of whom there is no record."""
    first = group[0]
    present = {each.key for each in group}
    for key in state.ledger.on_contract(first.key.contract, first.key.year):
        if key not in present and _available(state, key, first.bill) > NOTHING:
            yield key, first.bill


def _available(state: State, key: AccountKey, bill: Bill) -> Decimal:
    return state.ledger.account(key).expected(bill).available


def _strays(state: State, errors: ErrorCatalogue, provider: str, period: Period) -> Iterator[Difference]:
    for key in state.ledger.of_provider(provider, period.year):
        for reversal in state.ledger.account(key).stray_reversals():
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
