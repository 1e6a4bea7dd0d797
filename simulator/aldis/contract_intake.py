"""Judges a contract record by what ALDIS knows: the register and the contracts reported before. Pure."""

from __future__ import annotations

from simulator.aldis.contracts import ContractKey
from simulator.aldis.errors import ErrorCatalogue
from simulator.aldis.filing import Filed
from simulator.aldis.register import Register
from simulator.aldis.state import State
from simulator.documents.identifiers import personal_code_valid
from simulator.documents.model import ContractRecord, Operation, RecordError


def judge_contract(
    state: State, errors: ErrorCatalogue, filed: Filed, position: int, record: ContractRecord
) -> list[RecordError]:
    """Everything wrong with one record by what is known; nothing when it can be taken."""
    codes = (record.holder.code, *(each.person.code for each in record.sub_users))
    unknown = [each for code in codes for each in judge_code(state.register, errors, position, code)]
    return unknown + _judge_operation(state, errors, filed, position, record)


def judge_code(register: Register, errors: ErrorCatalogue, position: int, code: str) -> list[RecordError]:
    """Whether somebody has, or had, a personal code. One that is no code at all was told of before."""
    if register.person(code) is not None or not personal_code_valid(code):
        return []
    return [errors.error("person-unknown", position, code=code)]


def _judge_operation(
    state: State, errors: ErrorCatalogue, filed: Filed, position: int, record: ContractRecord
) -> list[RecordError]:
    key = ContractKey(filed.provider, record.contract)
    current = state.contracts.current(key, before=(filed.place, position))
    if record.operation is not Operation.NEW:
        return [] if current is not None else [errors.error("contract-unknown", position, contract=record.contract)]
    if current is None:
        return []
    if current.valid_to is None or current.valid_to >= record.valid_from:
        return [errors.error("contract-already-active", position, contract=record.contract)]
    return []
