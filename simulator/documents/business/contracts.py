"""Rules about contract records."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.documents.business import rules
from simulator.documents.business.breach import Breach
from simulator.documents.identifiers import eic_valid, personal_code_canonical, personal_code_valid
from simulator.documents.model import ContractRecord, Document, Operation

_METERING_POINT = "43Z"


def about_contracts(document: Document) -> Iterator[Breach]:
    """Breaches by the records of a contract document."""
    seen: dict[str, int] = {}
    for index, record in enumerate(document.records):
        if not isinstance(record, ContractRecord):
            continue
        yield from _about_contract(index, record)
        yield from _about_persons(index, record)
        first = seen.setdefault(record.contract, index)
        if first != index:
            yield rules.DUPLICATE_CONTRACT.broken(
                "contract", {"value": record.contract, "first": first + 1}, record=index
            )


def _about_contract(index: int, record: ContractRecord) -> Iterator[Breach]:
    point = record.metering_point
    if not (point.startswith(_METERING_POINT) and eic_valid(point)):
        yield rules.METERING_POINT.broken("metering_point", {"value": point}, record=index)
    if record.valid_to is not None and record.valid_to < record.valid_from:
        yield rules.VALIDITY.broken("valid_to", {"value": record.valid_to, "start": record.valid_from}, record=index)
    if record.operation is Operation.END and record.valid_to is None:
        yield rules.END_DATE.broken("valid_to", {}, record=index)


def _about_persons(index: int, record: ContractRecord) -> Iterator[Breach]:
    if not personal_code_valid(record.holder.code):
        yield rules.PERSONAL_CODE.broken("holder.code", {"value": record.holder.code}, record=index)
    seen = {personal_code_canonical(record.holder.code)}
    for number, sub_user in enumerate(record.sub_users):
        code = sub_user.person.code
        field = "sub_users.person.code"
        if not personal_code_valid(code):
            yield rules.PERSONAL_CODE.broken(field, {"value": code}, record=index, member=number)
        if personal_code_canonical(code) in seen:
            yield rules.DUPLICATE_PERSON.broken(field, {"value": code}, record=index, member=number)
        seen.add(personal_code_canonical(code))
