"""Judges the records of a contract document one by one: what is wrong with each, against what ALDIS knows. Pure."""

from __future__ import annotations

from simulator.aldis.contracts import ContractKey
from simulator.aldis.errors import ErrorCatalogue
from simulator.aldis.filing import Filed
from simulator.aldis.register import Register
from simulator.aldis.state import State
from simulator.documents.identifiers import eic_valid, personal_code_valid
from simulator.documents.model import ContractRecord, Operation, RecordError


def judge_contract(
    state: State, errors: ErrorCatalogue, filed: Filed, position: int, record: ContractRecord
) -> list[RecordError]:
    """Everything wrong with one record; nothing when it can be taken."""
    found = [
        error
        for code in (record.holder.code, *(each.person.code for each in record.sub_users))
        if (error := judge_code(state.register, errors, position, code)) is not None
    ]
    if not eic_valid(record.metering_point):
        found.append(errors.error("eic-invalid", position, code=record.metering_point))
    found += _judge_dates(errors, position, record)
    found += _judge_operation(state, errors, filed, position, record)
    return found


def judge_code(register: Register, errors: ErrorCatalogue, position: int, code: str) -> RecordError | None:
    """What is wrong with a personal code, None when somebody has or had it."""
    if not personal_code_valid(code):
        return errors.error("personal-code-invalid", position, code=code)
    if register.person(code) is None:
        return errors.error("person-unknown", position, code=code)
    return None


def _judge_dates(errors: ErrorCatalogue, position: int, record: ContractRecord) -> list[RecordError]:
    if record.valid_to is None:
        if record.operation is Operation.END:
            return [errors.error("contract-end-date-missing", position, contract=record.contract)]
        return []
    # The end of a contract that never began lies a day before its first day: that is how a switch is withdrawn.
    if record.valid_to < record.valid_from and record.operation is not Operation.END:
        return [
            errors.error(
                "contract-dates",
                position,
                contract=record.contract,
                valid_from=record.valid_from,
                valid_to=record.valid_to,
            )
        ]
    return []


def _judge_operation(
    state: State, errors: ErrorCatalogue, filed: Filed, position: int, record: ContractRecord
) -> list[RecordError]:
    key = ContractKey(filed.provider, record.contract)
    current = state.contracts.current(key, before=(filed.place, position))
    if record.operation is not Operation.NEW:
        return [] if current is not None else [errors.error("contract-unknown", position, contract=record.contract)]
    if current is None:
        return []
    end = current.record.valid_to
    if end is None or end >= record.valid_from:
        return [errors.error("contract-already-active", position, contract=record.contract)]
    return []
