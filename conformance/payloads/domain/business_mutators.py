"""Mutators that break the business rules: check digits, sums, dates and duplicates. Each breaks exactly one rule."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

from conformance.payloads.domain.mutators import ALL_CHANNELS, InvalidDocument, Mutator, Original
from simulator.domain import business_rules as rules
from simulator.domain.business_rules import BusinessRule
from simulator.domain.identifiers import synthetic_customer_eic, synthetic_personal_code
from simulator.domain.model import (
    CatchUp,
    Category,
    CategoryCount,
    ChannelName,
    ContractRecord,
    DiscountRecord,
    DiscountStatus,
    Document,
    Header,
    Operation,
    PayoutRecord,
    Period,
    Record,
    SubUser,
)

Mutation = tuple[Document, str, int | None, int | None]
"""Changed document, name of the field at fault, index of its record (None: the header), index within its group."""
_R = TypeVar("_R", ContractRecord, DiscountRecord, PayoutRecord)
_CHANNELS: dict[type[Record], ChannelName] = {
    ContractRecord: ChannelName.CONTRACT,
    DiscountRecord: ChannelName.DISCOUNT,
    PayoutRecord: ChannelName.PAYOUT,
}
_CENT = Decimal("0.01")
_ZERO = Decimal("0.00")
_5_EUR = Decimal("5.00")
_20_EUR = Decimal("20.00")
_OTHER_PERSON = 777_777  # serial number of a person whom other records name with a chance of one in millions


def _mutator(
    kind: str,
    channels: frozenset[ChannelName],
    rule: BusinessRule,
    why: str,
    change: Callable[[Original], Mutation | None],
) -> Mutator:
    def mutate(original: Original) -> InvalidDocument | None:
        mutation = change(original)
        if mutation is None:
            return None
        data, path = original.locate(*mutation)
        return InvalidDocument(kind, data, rule.code, path, why)

    return Mutator(kind, channels, mutate)


# ---- mutators of the header


def _header(
    kind: str,
    rule: BusinessRule,
    why: str,
    change: Callable[[Header], Header],
    *,
    field: str,
    without_records: bool = False,
) -> Mutator:
    """A mutator of a header field. ``without_records`` keeps records from breaking other rules with it."""

    def mutate(original: Original) -> Mutation | None:
        document = original.document
        if f"header.{field}" not in original.profile.channel(document.channel).tree.names:
            return None  # the schema has no such field
        header = change(document.header)
        if without_records:
            document, header = replace(document, records=()), replace(header, record_count=0)
        return replace(document, header=header), f"header.{field}", None, None

    return _mutator(kind, ALL_CHANNELS, rule, why, mutate)


def _with_wrong_last_digit(digits: str) -> str:
    return digits[:-1] + str((int(digits[-1]) + 1) % 10)


_HEADER_MUTATORS = (
    _header(
        "provider-check", rules.PROVIDER, "a registration number with a wrong check digit",
        lambda header: replace(header, provider=_with_wrong_last_digit(header.provider)), field="provider",
    ),
    _header(
        "record-count", rules.RECORD_COUNT, "the record count is one too high",
        lambda header: replace(header, record_count=header.record_count + 1), field="record_count",
    ),
    _header(
        "period-early", rules.PERIOD_EARLY, "a month before the support scheme began",
        lambda header: replace(header, period=rules.FIRST_PERIOD - 1), field="period", without_records=True,
    ),
    _header(
        "period-late", rules.PERIOD_LATE, "two months ahead",
        lambda header: replace(header, period=Period.of(header.created_at.date()) + 2), field="period",
        without_records=True,
    ),
    _header(
        "corrects-itself", rules.CORRECTS_ITSELF, "names itself as the document to correct",
        lambda header: replace(header, corrects=header.document_id.upper()), field="corrects",
    ),
)  # fmt: skip


# ---- mutators of one record


def _records_of(document: Document, record_type: type[_R]) -> list[tuple[int, _R]]:
    return [(index, record) for index, record in enumerate(document.records) if isinstance(record, record_type)]


def _with_record(document: Document, index: int, record: Record) -> Document:
    return replace(document, records=(*document.records[:index], record, *document.records[index + 1 :]))


def _with_added(document: Document, record: Record) -> Document:
    records = (*document.records, record)
    return replace(document, records=records, header=replace(document.header, record_count=len(records)))


def _is_alone_on_its_invoice(record: _R, document: Document) -> bool:
    """False for a payout record that shares its invoice with another one: a change would break their common rules."""
    if not isinstance(record, PayoutRecord):
        return True
    return sum(other.invoice_number == record.invoice_number for other in document.payouts()) == 1


def _record(
    record_type: type[_R],
    kind: str,
    rule: BusinessRule,
    why: str,
    field: str,
    change: Callable[[_R, Header], _R],
    *,
    fits: Callable[[_R, Header], bool] = lambda _record, _header: True,
    member: Callable[[_R], int] | None = None,
) -> Mutator:
    """A mutator of one record that ``fits``; ``member`` gives the index within the group that ``field`` is in."""

    def mutate(original: Original) -> Mutation | None:
        document = original.document
        candidates = [
            (index, record)
            for index, record in _records_of(document, record_type)
            if fits(record, document.header) and _is_alone_on_its_invoice(record, document)
        ]
        if not candidates:
            return None
        index, record = original.random.choice(candidates)
        changed = change(record, document.header)
        return _with_record(document, index, changed), field, index, member(changed) if member else None

    return _mutator(kind, frozenset({_CHANNELS[record_type]}), rule, why, mutate)


def _duplicate(
    record_type: type[_R], kind: str, rule: BusinessRule, why: str, field: str, change: Callable[[_R, Original], _R]
) -> Mutator:
    """A mutator that adds a changed copy of one record."""

    def mutate(original: Original) -> Mutation | None:
        candidates = _records_of(original.document, record_type)
        if not candidates:
            return None
        _, record = original.random.choice(candidates)
        copied = change(record, original)
        return _with_added(original.document, copied), field, len(original.document.records), None

    return _mutator(kind, frozenset({_CHANNELS[record_type]}), rule, why, mutate)


_WRONG_CODE = _with_wrong_last_digit(synthetic_personal_code(_OTHER_PERSON))


def _with_other_check_character(eic: str) -> str:
    return eic[:-1] + ("A" if eic[-1] != "A" else "B")


def _with_holder_code(record: ContractRecord, code: str) -> ContractRecord:
    return replace(record, holder=replace(record.holder, code=code))


_CONTRACT_MUTATORS = (
    _record(
        ContractRecord, "holder-check", rules.PERSONAL_CODE, "a personal code with a wrong check digit",
        "holder.code", lambda record, _: _with_holder_code(record, _WRONG_CODE),
    ),
    _record(
        ContractRecord, "holder-date", rules.PERSONAL_CODE, "a personal code with 31 February", "holder.code",
        lambda record, _: _with_holder_code(record, "310280-00012"),
    ),
    _record(
        ContractRecord, "metering-point-check", rules.METERING_POINT, "an EIC with a wrong check character",
        "metering_point",
        lambda record, _: replace(record, metering_point=_with_other_check_character(record.metering_point)),
    ),
    _record(
        ContractRecord, "metering-point-kind", rules.METERING_POINT, "the EIC of a customer, not of a metering point",
        "metering_point", lambda record, _: replace(record, metering_point=synthetic_customer_eic(7)),
    ),
    _record(
        ContractRecord, "validity", rules.VALIDITY, "ends before it begins", "valid_to",
        lambda record, _: replace(record, valid_to=record.valid_from - timedelta(days=1)),
        fits=lambda record, _: record.valid_from > date(1900, 1, 1),
    ),
    _record(
        ContractRecord, "end-date", rules.END_DATE, "ends without a last day", "valid_to",
        lambda record, _: replace(record, operation=Operation.END, valid_to=None),
    ),
    _record(
        ContractRecord, "duplicate-person", rules.DUPLICATE_PERSON, "the holder is also a sub-user",
        "sub_users.person.code",
        lambda record, _: replace(record, sub_users=(*record.sub_users, SubUser(record.holder, record.address))),
        member=lambda record: len(record.sub_users) - 1,
    ),
    _duplicate(
        ContractRecord, "duplicate-contract", rules.DUPLICATE_CONTRACT, "the same contract twice", "contract",
        lambda record, _: record,
    ),
)  # fmt: skip


# ---- mutators of discounts


def _is_granted(record: DiscountRecord, header: Header) -> bool:
    del header
    return record.status is DiscountStatus.GRANTED


def _is_terminated(record: DiscountRecord, header: Header) -> bool:
    return not _is_granted(record, header)


def _category_count(original: Original) -> Mutation | None:
    """Count a category twice that the profile counts once."""
    document = original.document
    rate = original.profile.rate(Category.LOW_INCOME, document.header.period)
    granted = [
        (index, record)
        for index, record in _records_of(document, DiscountRecord)
        if _is_granted(record, document.header)
    ]
    if rate is None or rate.per_count or not granted:
        return None
    index, record = original.random.choice(granted)
    changed = replace(record, categories=(CategoryCount(Category.LOW_INCOME, 2),))
    return _with_record(document, index, changed), "categories.count", index, 0


def _random_uuid(original: Original) -> str:
    return str(uuid.UUID(int=original.random.getrandbits(128)))


_DISCOUNT_MUTATORS = (
    _record(
        DiscountRecord, "discount-person", rules.PERSONAL_CODE, "a personal code with a wrong check digit",
        "person_code", lambda record, _: replace(record, person_code=_WRONG_CODE),
    ),
    _record(
        DiscountRecord, "due-negative", rules.MONEY_NEGATIVE, "a negative amount is granted", "amount_due",
        lambda record, _: replace(record, amount_due=-_CENT), fits=_is_granted,
    ),
    _record(
        DiscountRecord, "terminated-amount", rules.TERMINATED_AMOUNT, "support that has ended has an amount",
        "amount_due", lambda record, _: replace(record, amount_due=_CENT), fits=_is_terminated,
    ),
    _record(
        DiscountRecord, "terminated-reason", rules.TERMINATED_REASON, "support ends without a reason", "reason",
        lambda record, _: replace(record, reason=None), fits=_is_terminated,
    ),
    _record(
        DiscountRecord, "no-category", rules.NO_CATEGORY, "support without a category", "amount_due",
        lambda record, _: replace(record, categories=(), amount_due=_CENT), fits=_is_granted,
    ),
    _record(
        DiscountRecord, "duplicate-category", rules.DUPLICATE_CATEGORY, "the same category twice",
        "categories.category",
        lambda record, _: replace(record, categories=(CategoryCount(Category.DISABLED_CHILD, 1),) * 2),
        fits=_is_granted, member=lambda _: 1,
    ),
    _mutator(
        "category-count", frozenset({ChannelName.DISCOUNT}), rules.CATEGORY_COUNT,
        "a category is counted twice that counts only once", _category_count,
    ),
    _record(
        DiscountRecord, "catch-up-period", rules.CATCH_UP_PERIOD, "a catch-up for the document's own month",
        "catch_up.period",
        lambda record, header: replace(record, catch_up=(CatchUp(header.period, _CENT, "Dati saņemti vēlāk"),)),
        member=lambda _: 0,
    ),
    _record(
        DiscountRecord, "decision-date", rules.DECISION_DATE, "decided after the document was created",
        "decision_date",
        lambda record, header: replace(record, decision_date=header.created_at.date() + timedelta(days=1)),
    ),
    _duplicate(
        DiscountRecord, "duplicate-decision", rules.DUPLICATE_DECISION, "two decisions on one person and contract",
        "person_code",
        lambda record, original: replace(record, decision_id=_random_uuid(original)),
    ),
)  # fmt: skip


# ---- mutators of payouts


def _line(record: PayoutRecord, net: str, applied: str, person: str | None = None) -> PayoutRecord:
    """The record as one person's line of an invoice of ``net`` EUR."""
    return replace(
        record,
        net_bill=Decimal(net),
        applied=Decimal(applied),
        carried_over=_ZERO,
        person_code=person or record.person_code,
        reversal=False,
    )


def _second_line(
    kind: str,
    rule: BusinessRule,
    why: str,
    field: str,
    lines: Callable[[PayoutRecord], tuple[PayoutRecord, PayoutRecord]],
) -> Mutator:
    """A mutator that replaces one record by two lines of the same invoice."""

    def mutate(original: Original) -> Mutation | None:
        document = original.document
        candidates = [
            (index, record)
            for index, record in _records_of(document, PayoutRecord)
            if _is_alone_on_its_invoice(record, document)
        ]
        if not candidates:
            return None
        index, record = original.random.choice(candidates)
        first, second = lines(record)
        return _with_added(_with_record(document, index, first), second), field, len(document.records), None

    return _mutator(kind, frozenset({ChannelName.PAYOUT}), rule, why, mutate)


_OTHER_CODE = synthetic_personal_code(_OTHER_PERSON)
_PAYOUT_MUTATORS = (
    _record(
        PayoutRecord, "payout-person", rules.PERSONAL_CODE, "a personal code with a wrong check digit", "person_code",
        lambda record, _: replace(record, person_code=_WRONG_CODE),
    ),
    _record(
        PayoutRecord, "remainder-negative", rules.MONEY_NEGATIVE, "a negative remainder", "remainder",
        lambda record, _: replace(record, remainder=-_CENT),
    ),
    _record(
        PayoutRecord, "applied-over-net", rules.APPLIED_OVER_NET, "support also covers the VAT", "applied",
        lambda record, _: replace(record, net_bill=_20_EUR, applied=Decimal("24.20"), carried_over=_ZERO),
    ),
    _record(
        PayoutRecord, "carried-over-applied", rules.CARRIED_OVER_APPLIED, "more is carried over than applied",
        "carried_over",
        lambda record, _: replace(record, net_bill=_20_EUR, applied=_5_EUR, carried_over=_5_EUR + _CENT),
    ),
    _record(
        PayoutRecord, "payout-period", rules.PAYOUT_PERIOD, "a month after the document's", "period",
        lambda record, header: replace(record, period=header.period + 1, invoice_date=header.created_at.date()),
        fits=lambda _, header: header.created_at.date() >= (header.period + 1).first_day,
    ),
    _record(
        PayoutRecord, "invoice-before", rules.INVOICE_DATE, "billed before the month began", "invoice_date",
        lambda record, _: replace(record, invoice_date=record.period.first_day - timedelta(days=1)),
    ),
    _record(
        PayoutRecord, "invoice-after", rules.INVOICE_DATE, "billed after the document was created", "invoice_date",
        lambda record, header: replace(record, invoice_date=header.created_at.date() + timedelta(days=1)),
    ),
    _second_line(
        "invoice-net", rules.INVOICE_NET, "one invoice with two net amounts", "net_bill",
        lambda record: (_line(record, "50.00", "20.00"), _line(record, "50.01", "20.00", _OTHER_CODE)),
    ),
    _second_line(
        "invoice-overdrawn", rules.INVOICE_OVERDRAWN, "two persons together take more than the invoice", "applied",
        lambda record: (_line(record, "30.00", "20.00"), _line(record, "30.00", "10.01", _OTHER_CODE)),
    ),
    _second_line(
        "duplicate-payout", rules.DUPLICATE_PAYOUT, "the same person twice on one invoice", "invoice_number",
        lambda record: (_line(record, "50.00", "20.00"), _line(record, "50.00", "20.00")),
    ),
)  # fmt: skip
MUTATORS = (*_HEADER_MUTATORS, *_CONTRACT_MUTATORS, *_DISCOUNT_MUTATORS, *_PAYOUT_MUTATORS)
