"""Judges a payout record by what ALDIS knows: contracts, decisions and the ledger, to the cent. Pure."""

from __future__ import annotations

from decimal import Decimal

from simulator.aldis.account import NOTHING, Account, Bill
from simulator.aldis.contract_intake import judge_code
from simulator.aldis.errors import ErrorCatalogue
from simulator.aldis.filing import Filed
from simulator.aldis.ledger import AccountKey
from simulator.aldis.state import State
from simulator.documents.model import PayoutRecord, Period, RecordError


def judge_payout(
    state: State, errors: ErrorCatalogue, filed: Filed, position: int, record: PayoutRecord, earliest: Period
) -> list[RecordError]:
    """Everything wrong with one record by what is known; only warnings, or nothing, when it can be taken.

    ``earliest`` is the first month that is not closed yet.
    """
    found = judge_code(state.register, errors, position, record.person_code)
    if record.period < earliest:
        found.append(errors.error("period-too-late", position, period=record.period, earliest=earliest))
    key = state.account_key(filed.provider, record)
    if key is None:
        return found
    if not state.contracts.knows(key.contract):
        return [*found, errors.error("contract-unknown", position, contract=record.contract)]
    account = state.ledger.account(key)
    if not account.granted(record.period):
        facts = {"code": record.person_code, "contract": record.contract, "period": record.period}
        return [*found, errors.error("decision-unknown", position, **facts)]
    bill = Bill((filed.place, position), filed.document_id, record)
    if record.reversal:
        return [*found, *_judge_reversal(errors, account, position, record)]
    return [*found, *_judge_bill(state, errors, key, account, position, bill)]


def _judge_reversal(errors: ErrorCatalogue, account: Account, position: int, record: PayoutRecord) -> list[RecordError]:
    bill = _standing_bill(account, record.invoice_number)
    if bill is None:
        facts = {"invoice": record.invoice_number, "code": record.person_code}
        return [errors.error("reversal-of-nothing", position, **facts)]
    if _amounts(bill.record) != _amounts(record):
        return [
            errors.error(
                "reversal-differs",
                position,
                invoice=record.invoice_number,
                expected=bill.record.applied,
                found=record.applied,
            )
        ]
    return []


def _amounts(record: PayoutRecord) -> tuple[Decimal, ...]:
    return record.net_bill, record.applied, record.carried_over, record.remainder


def _judge_bill(
    state: State, errors: ErrorCatalogue, key: AccountKey, account: Account, position: int, bill: Bill
) -> list[RecordError]:
    record = bill.record
    if _standing_bill(account, record.invoice_number) is not None:
        facts = {"invoice": record.invoice_number, "code": record.person_code}
        return [errors.error("invoice-repeated", position, **facts)]
    found = _judge_net(errors, position, record, _others_on_invoice(state, key, record))
    room = account.room(bill)
    if record.applied > room:
        found.append(
            errors.error(
                "applied-above-available",
                position,
                invoice=record.invoice_number,
                found=record.applied,
                expected=room,
            )
        )
        return found
    return [*found, *_judge_carry(errors, account, position, bill)]


def _judge_net(
    errors: ErrorCatalogue, position: int, record: PayoutRecord, others: list[PayoutRecord]
) -> list[RecordError]:
    """The persons of a contract share one bill: together they take no more than its net amount."""
    found = []
    differing = next((each for each in others if each.net_bill != record.net_bill), None)
    if differing is not None:
        facts = {"invoice": record.invoice_number, "found": record.net_bill, "expected": differing.net_bill}
        found.append(errors.error("net-bill-differs", position, **facts))
    applied = record.applied + sum((each.applied for each in others), NOTHING)
    if applied > record.net_bill:
        facts = {"invoice": record.invoice_number, "found": applied, "expected": record.net_bill}
        found.append(errors.error("applied-above-net", position, **facts))
    return found


def _judge_carry(errors: ErrorCatalogue, account: Account, position: int, bill: Bill) -> list[RecordError]:
    record, expected = bill.record, account.expected(bill)
    carried_right = record.carried_over == expected.carried_over
    remainder_right = record.remainder in remainders(record, expected.remainder)
    if carried_right and remainder_right:
        return []
    missing = account.unbilled_before(bill)
    could_be = record.carried_over <= expected.carried_over and record.remainder <= expected.remainder
    if missing is not None and could_be:
        return [
            errors.error(
                "carry-unconfirmed",
                position,
                missing=missing,
                expected_carried=expected.carried_over,
                expected_remainder=expected.remainder,
                carried=record.carried_over,
                remainder=record.remainder,
            )
        ]
    found = []
    if not carried_right:
        facts = {"found": record.carried_over, "expected": expected.carried_over}
        found.append(errors.error("carried-over-wrong", position, **facts))
    if not remainder_right:
        facts = {"found": record.remainder, "expected": expected.remainder}
        found.append(errors.error("remainder-wrong", position, **facts))
    return found


def remainders(record: PayoutRecord, left: Decimal) -> tuple[Decimal, ...]:
    """What a record may state as its remainder: what is left; in December also nothing, since it lapses (assumed)."""
    return (left, NOTHING) if record.period.month == 12 else (left,)


def _standing_bill(account: Account, invoice: str) -> Bill | None:
    return next((each for each in account.standing() if each.record.invoice_number == invoice), None)


def _others_on_invoice(state: State, key: AccountKey, record: PayoutRecord) -> list[PayoutRecord]:
    accounts = (state.ledger.account(each) for each in state.ledger.on_contract(key.contract, key.year) if each != key)
    return [
        each.record
        for account in accounts
        for each in account.standing()
        if each.record.invoice_number == record.invoice_number
    ]
