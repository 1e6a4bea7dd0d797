"""The fields of documents by the names that profiles use, and the conversion between their values and the records.

``Values`` holds the values of a document, a record or an item of a group, by the names of their fields.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from simulator.documents.values import Kind
from simulator.domain.model import (
    Address,
    CatchUp,
    Category,
    CategoryCount,
    ChannelName,
    ContractRecord,
    DiscountRecord,
    DiscountStatus,
    Document,
    ErrorReport,
    Header,
    Operation,
    PayoutRecord,
    Person,
    Record,
    RecordError,
    Severity,
    SubUser,
)

Values = dict[str, Any]

RECORDS = "records"
"""Name of the group of a document's records."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field: its kind of value. A field that is not required may be absent from documents and from profiles."""

    name: str
    kind: Kind = Kind.TEXT
    required: bool = True
    choice: type[StrEnum] | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A group of fields that repeat together. It may be absent from a profile unless it is required."""

    name: str
    members: tuple[Field | Group, ...]
    required: bool = False


HEADER = (
    Field("header.document_id", Kind.GUID),
    Field("header.provider"),
    Field("header.created_at", Kind.DATE_TIME),
    Field("header.period", Kind.PERIOD),
    Field("header.record_count", Kind.COUNT, required=False),
    Field("header.corrects", Kind.GUID, required=False),
)

_CONTRACT = (
    Field("operation", Kind.CHOICE, choice=Operation),
    Field("contract"),
    Field("metering_point"),
    Field("address.text"),
    Field("address.code", required=False),
    Field("holder.code"),
    Field("holder.given_name"),
    Field("holder.surname"),
    Group(
        "sub_users",
        (
            Field("person.code"),
            Field("person.given_name"),
            Field("person.surname"),
            Field("address.text"),
            Field("address.code", required=False),
        ),
    ),
    Field("valid_from", Kind.DATE),
    Field("valid_to", Kind.DATE, required=False),
)

_DISCOUNT = (
    Field("contract"),
    Field("person_code"),
    Group(
        "categories",
        (Field("category", Kind.CHOICE, choice=Category), Field("count", Kind.COUNT, required=False)),
    ),
    Field("amount_due", Kind.MONEY),
    Group("catch_up", (Field("period", Kind.PERIOD), Field("amount", Kind.MONEY), Field("reason", required=False))),
    Field("status", Kind.CHOICE, choice=DiscountStatus),
    Field("reason", required=False),
    Field("decision_id"),
    Field("decision_date", Kind.DATE),
)

_PAYOUT = (
    Field("contract"),
    Field("person_code"),
    Field("period", Kind.PERIOD),
    Field("invoice_number"),
    Field("invoice_date", Kind.DATE),
    Field("net_bill", Kind.MONEY),
    Field("applied", Kind.MONEY),
    Field("carried_over", Kind.MONEY),
    Field("remainder", Kind.MONEY),
    Field("reversal", Kind.BOOLEAN, required=False),
)

_ERROR = (
    Field("position", Kind.COUNT, required=False),
    Field("code"),
    Field("severity", Kind.CHOICE, choice=Severity),
    Field("text_lv"),
    Field("text_en", required=False),
)

DOCUMENTS: Mapping[ChannelName, tuple[Field | Group, ...]] = {
    ChannelName.CONTRACT: (*HEADER, Group(RECORDS, _CONTRACT, required=True)),
    ChannelName.DISCOUNT: (*HEADER, Group(RECORDS, _DISCOUNT, required=True)),
    ChannelName.PAYOUT: (*HEADER, Group(RECORDS, _PAYOUT, required=True)),
}
"""Fields and groups of a document of each channel."""

ERROR_REPORT: tuple[Field | Group, ...] = (
    Field("document_id", Kind.GUID, required=False),
    Group("errors", _ERROR, required=True),
)
"""Fields and groups of an error report."""


def document_from(channel: ChannelName, values: Values) -> Document:
    """Return a document from its values; absent fields that are not required get the domain's default."""
    records = tuple(_BUILD[channel](record) for record in values.get(RECORDS, ()))
    return Document(channel, header_from(values, len(records)), records)


def header_from(values: Values, records: int) -> Header:
    """Return a header from the values of a document with a number of ``records``."""
    return Header(
        document_id=values["header.document_id"],
        provider=values["header.provider"],
        created_at=values["header.created_at"],
        period=values["header.period"],
        record_count=values.get("header.record_count", records),
        corrects=values.get("header.corrects"),
    )


def record_from(channel: ChannelName, values: Values) -> Record:
    """Return a record of a channel from its values."""
    return _BUILD[channel](values)


def values_of(document: Document) -> Values:
    """Return the values of a document."""
    header = document.header
    return {
        "header.document_id": header.document_id,
        "header.provider": header.provider,
        "header.created_at": header.created_at,
        "header.period": header.period,
        "header.record_count": header.record_count,
        "header.corrects": header.corrects,
        RECORDS: [_take(record) for record in document.records],
    }


def report_from(values: Values) -> ErrorReport:
    """Return an error report from its values."""
    errors = tuple(
        RecordError(
            code=error["code"],
            severity=error["severity"],
            text_lv=error["text_lv"],
            text_en=error.get("text_en", ""),
            position=error.get("position"),
        )
        for error in values.get("errors", ())
    )
    return ErrorReport(values.get("document_id"), errors)


def values_of_report(report: ErrorReport) -> Values:
    """Return the values of an error report."""
    errors = [
        {
            "position": error.position,
            "code": error.code,
            "severity": error.severity,
            "text_lv": error.text_lv,
            "text_en": error.text_en or None,
        }
        for error in report.errors
    ]
    return {"document_id": report.document_id, "errors": errors}


def _contract(values: Values) -> ContractRecord:
    return ContractRecord(
        operation=values["operation"],
        contract=values["contract"],
        metering_point=values["metering_point"],
        address=_address(values),
        holder=_person(values, "holder"),
        sub_users=tuple(SubUser(_person(user, "person"), _address(user)) for user in values.get("sub_users", ())),
        valid_from=values["valid_from"],
        valid_to=values.get("valid_to"),
    )


def _person(values: Values, name: str) -> Person:
    return Person(values[f"{name}.code"], values[f"{name}.given_name"], values[f"{name}.surname"])


def _address(values: Values) -> Address:
    return Address(values["address.text"], values.get("address.code"))


def _discount(values: Values) -> DiscountRecord:
    return DiscountRecord(
        contract=values["contract"],
        person_code=values["person_code"],
        categories=tuple(
            CategoryCount(counted["category"], counted.get("count", 1)) for counted in values.get("categories", ())
        ),
        amount_due=values["amount_due"],
        catch_up=tuple(
            CatchUp(part["period"], part["amount"], part.get("reason", "")) for part in values.get("catch_up", ())
        ),
        status=values["status"],
        decision_id=values["decision_id"],
        decision_date=values["decision_date"],
        reason=values.get("reason"),
    )


def _payout(values: Values) -> PayoutRecord:
    return PayoutRecord(
        contract=values["contract"],
        person_code=values["person_code"],
        period=values["period"],
        invoice_number=values["invoice_number"],
        invoice_date=values["invoice_date"],
        net_bill=values["net_bill"],
        applied=values["applied"],
        carried_over=values["carried_over"],
        remainder=values["remainder"],
        reversal=values.get("reversal", False),
    )


_BUILD: Mapping[ChannelName, Callable[[Values], Record]] = {
    ChannelName.CONTRACT: _contract,
    ChannelName.DISCOUNT: _discount,
    ChannelName.PAYOUT: _payout,
}


def _take(record: Record) -> Values:
    match record:
        case ContractRecord():
            return _take_contract(record)
        case DiscountRecord():
            return _take_discount(record)
        case PayoutRecord():
            return {name: getattr(record, name) for name in PayoutRecord.__slots__}


def _take_contract(record: ContractRecord) -> Values:
    return {
        "operation": record.operation,
        "contract": record.contract,
        "metering_point": record.metering_point,
        **_take_address(record.address),
        **_take_person(record.holder, "holder"),
        "sub_users": [
            {**_take_person(sub_user.person, "person"), **_take_address(sub_user.address)}
            for sub_user in record.sub_users
        ],
        "valid_from": record.valid_from,
        "valid_to": record.valid_to,
    }


def _take_person(person: Person, name: str) -> Values:
    return {f"{name}.code": person.code, f"{name}.given_name": person.given_name, f"{name}.surname": person.surname}


def _take_address(address: Address) -> Values:
    return {"address.text": address.text, "address.code": address.code}


def _take_discount(record: DiscountRecord) -> Values:
    return {
        "contract": record.contract,
        "person_code": record.person_code,
        "categories": [{"category": category.category, "count": category.count} for category in record.categories],
        "amount_due": record.amount_due,
        "catch_up": [
            {"period": catch_up.period, "amount": catch_up.amount, "reason": catch_up.reason or None}
            for catch_up in record.catch_up
        ],
        "status": record.status,
        "reason": record.reason,
        "decision_id": record.decision_id,
        "decision_date": record.decision_date,
    }
