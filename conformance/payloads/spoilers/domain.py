"""Faults that the schema cannot see: check digits, sums, dates, and what stands twice. Each breaks one rule alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

from conformance.payloads.spoilers.spoilt import Spoiler, Spoilt, Subject
from simulator.documents.business import rules
from simulator.documents.business.breach import BusinessRule
from simulator.documents.identifiers import synthetic_customer_eic, synthetic_personal_code
from simulator.documents.model import (
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

Made = tuple[Document, str, int | None, int | None]
"""A document, the field at fault, the record (counted from 0; None: the header), and the member of its group."""
_R = TypeVar("_R", ContractRecord, DiscountRecord, PayoutRecord)
_CENT = Decimal("0.01")
_STRANGER = 777_777  # a person whom no other record names, but by a chance of one in millions


# -- the header


def _header(document: Document, field: str, *, records: bool = True, **changes: object) -> Made:
    header = replace(document.header, **changes)  # type: ignore[arg-type]
    if not records:  # so that what they say of periods and dates does not break with it
        document, header = replace(document, records=()), replace(header, record_count=0)
    return replace(document, header=header), f"header.{field}", None, None


def _provider(subject: Subject) -> Made:
    number = subject.document.header.provider
    return _header(subject.document, "provider", provider=number[:-1] + str((int(number[-1]) + 1) % 10))


def _record_count(subject: Subject) -> Made | None:
    if "header.record_count" not in subject.profile.channel(subject.document.channel).tree.names:
        return None  # a schema may have no such field
    return _header(subject.document, "record_count", record_count=len(subject.document.records) + 1)


def _period_early(subject: Subject) -> Made:
    return _header(subject.document, "period", records=False, period=rules.FIRST_PERIOD - 1)


def _period_late(subject: Subject) -> Made:
    late = Period.of(subject.document.header.created_at.date()) + 2
    return _header(subject.document, "period", records=False, period=late)


def _corrects_itself(subject: Subject) -> Made:
    return _header(subject.document, "corrects", corrects=subject.document.header.document_id.upper())


# -- records, one of them changed


def _changed(document: Document, index: int, record: Record) -> Document:
    return replace(document, records=(*document.records[:index], record, *document.records[index + 1 :]))


def _added(document: Document, record: Record) -> Document:
    records = (*document.records, record)
    return replace(document, records=records, header=replace(document.header, record_count=len(records)))


def _one(
    subject: Subject, records: Iterable[_R], *, fits: Callable[[_R], bool] = lambda _: True
) -> tuple[int, _R] | None:
    found = [(index, each) for index, each in enumerate(records) if fits(each)]
    return subject.chance.choice(found) if found else None


def _wrong_check(number: int) -> str:
    code = synthetic_personal_code(number)
    return code[:-1] + str((int(code[-1]) + 1) % 10)


def _contract(
    subject: Subject,
    field: str,
    change: Callable[[ContractRecord], ContractRecord],
    fits: Callable[[ContractRecord], bool] = lambda _: True,
    member: Callable[[ContractRecord], int] | None = None,
) -> Made | None:
    found = _one(subject, subject.document.contracts(), fits=fits)
    if found is None:
        return None
    index, record = found
    spoilt = change(record)
    return _changed(subject.document, index, spoilt), field, index, member(spoilt) if member else None


def _holder_check(subject: Subject) -> Made | None:
    return _contract(
        subject, "holder.code", lambda each: replace(each, holder=replace(each.holder, code=_wrong_check(_STRANGER)))
    )


def _holder_date(subject: Subject) -> Made | None:
    return _contract(
        subject, "holder.code", lambda each: replace(each, holder=replace(each.holder, code="310280-00012"))
    )


def _metering_point_check(subject: Subject) -> Made | None:
    def other(point: str) -> str:
        return point[:-1] + ("A" if point[-1] != "A" else "B")

    return _contract(subject, "metering_point", lambda each: replace(each, metering_point=other(each.metering_point)))


def _metering_point_kind(subject: Subject) -> Made | None:
    return _contract(subject, "metering_point", lambda each: replace(each, metering_point=synthetic_customer_eic(7)))


def _validity(subject: Subject) -> Made | None:
    return _contract(
        subject,
        "valid_to",
        lambda each: replace(each, valid_to=each.valid_from - timedelta(days=1)),
        fits=lambda each: each.valid_from > date(1900, 1, 1),
    )


def _end_date(subject: Subject) -> Made | None:
    return _contract(subject, "valid_to", lambda each: replace(each, operation=Operation.END, valid_to=None))


def _duplicate_person(subject: Subject) -> Made | None:
    return _contract(
        subject,
        "sub_users.person.code",
        lambda each: replace(each, sub_users=(*each.sub_users, SubUser(each.holder, each.address))),
        member=lambda each: len(each.sub_users) - 1,
    )


def _duplicate_contract(subject: Subject) -> Made | None:
    found = _one(subject, subject.document.contracts())
    if found is None:
        return None
    return _added(subject.document, found[1]), "contract", len(subject.document.records), None


# -- discounts


def _discount(
    subject: Subject,
    field: str,
    change: Callable[[DiscountRecord, Header], DiscountRecord],
    fits: Callable[[DiscountRecord], bool] = lambda _: True,
    member: int | None = None,
) -> Made | None:
    found = _one(subject, subject.document.discounts(), fits=fits)
    if found is None:
        return None
    index, record = found
    return _changed(subject.document, index, change(record, subject.document.header)), field, index, member


def _is_granted(record: DiscountRecord) -> bool:
    return record.status is DiscountStatus.GRANTED


def _is_terminated(record: DiscountRecord) -> bool:
    return record.status is DiscountStatus.TERMINATED


def _discount_person(subject: Subject) -> Made | None:
    return _discount(subject, "person_code", lambda each, _: replace(each, person_code=_wrong_check(_STRANGER)))


def _due_negative(subject: Subject) -> Made | None:
    return _discount(subject, "amount_due", lambda each, _: replace(each, amount_due=-_CENT), fits=_is_granted)


def _terminated_amount(subject: Subject) -> Made | None:
    return _discount(subject, "amount_due", lambda each, _: replace(each, amount_due=_CENT), fits=_is_terminated)


def _terminated_reason(subject: Subject) -> Made | None:
    return _discount(subject, "reason", lambda each, _: replace(each, reason=None), fits=_is_terminated)


def _no_category(subject: Subject) -> Made | None:
    return _discount(
        subject, "amount_due", lambda each, _: replace(each, categories=(), amount_due=_CENT), fits=_is_granted
    )


def _duplicate_category(subject: Subject) -> Made | None:
    one = CategoryCount(Category.DISABLED_CHILD, 1)
    return _discount(
        subject,
        "categories.category",
        lambda each, _: replace(each, categories=(one, one)),
        fits=_is_granted,
        member=1,
    )


def _category_count(subject: Subject) -> Made | None:
    rate = subject.profile.rate(Category.LOW_INCOME, subject.document.header.period)
    if rate is None or rate.per_count:
        return None
    twice = CategoryCount(Category.LOW_INCOME, 2)
    return _discount(
        subject, "categories.count", lambda each, _: replace(each, categories=(twice,)), fits=_is_granted, member=0
    )


def _catch_up_period(subject: Subject) -> Made | None:
    def change(record: DiscountRecord, header: Header) -> DiscountRecord:
        return replace(record, catch_up=(CatchUp(header.period, _CENT, "Dati saņemti vēlāk"),))

    return _discount(subject, "catch_up.period", change, member=0)


def _decision_date(subject: Subject) -> Made | None:
    return _discount(
        subject,
        "decision_date",
        lambda each, header: replace(each, decision_date=header.created_at.date() + timedelta(days=1)),
    )


def _duplicate_decision(subject: Subject) -> Made | None:
    found = _one(subject, subject.document.discounts())
    if found is None:
        return None
    again = replace(found[1], decision_id=str(uuid.UUID(int=subject.chance.getrandbits(128))))
    return _added(subject.document, again), "person_code", len(subject.document.records), None


# -- payouts


def _payout(
    subject: Subject,
    field: str,
    change: Callable[[PayoutRecord, Header], PayoutRecord],
    fits: Callable[[PayoutRecord], bool] = lambda _: True,
) -> Made | None:
    def alone(record: PayoutRecord) -> bool:
        return (
            fits(record)
            and sum(each.invoice_number == record.invoice_number for each in subject.document.payouts()) == 1
        )

    found = _one(subject, subject.document.payouts(), fits=alone)
    if found is None:
        return None
    index, record = found
    return _changed(subject.document, index, change(record, subject.document.header)), field, index, None


def _payout_person(subject: Subject) -> Made | None:
    return _payout(subject, "person_code", lambda each, _: replace(each, person_code=_wrong_check(_STRANGER)))


def _remainder_negative(subject: Subject) -> Made | None:
    return _payout(subject, "remainder", lambda each, _: replace(each, remainder=-_CENT))


def _applied_over_net(subject: Subject) -> Made | None:
    return _payout(
        subject, "applied", lambda each, _: replace(each, net_bill=Decimal("20.00"), applied=Decimal("24.20"), carried_over=Decimal("0.00"))
    )  # fmt: skip


def _carried_over_applied(subject: Subject) -> Made | None:
    return _payout(
        subject, "carried_over", lambda each, _: replace(each, net_bill=Decimal("20.00"), applied=Decimal("5.00"), carried_over=Decimal("5.01"))
    )  # fmt: skip


def _payout_period(subject: Subject) -> Made | None:
    def change(record: PayoutRecord, header: Header) -> PayoutRecord:
        period = header.period + 1
        return replace(record, period=period, invoice_date=header.created_at.date())

    created = subject.document.header.created_at.date()
    if created < (subject.document.header.period + 1).first_day:
        return None
    return _payout(subject, "period", change)


def _invoice_before(subject: Subject) -> Made | None:
    return _payout(
        subject, "invoice_date", lambda each, _: replace(each, invoice_date=each.period.first_day - timedelta(days=1))
    )


def _invoice_after(subject: Subject) -> Made | None:
    return _payout(
        subject,
        "invoice_date",
        lambda each, header: replace(each, invoice_date=header.created_at.date() + timedelta(days=1)),
    )


def _second(
    subject: Subject, field: str, change: Callable[[PayoutRecord], tuple[PayoutRecord, PayoutRecord]]
) -> Made | None:
    """A record put in another's place with a second one on the same bill."""
    made = _payout(subject, field, lambda each, _: change(each)[0])
    if made is None:
        return None
    document, _, index, _ = made
    assert index is not None  # it is about a record
    second = change(subject.document.payouts()[index])[1]
    return _added(document, second), field, len(document.records), None


def _bill(record: PayoutRecord, net: str, applied: str, person: str | None = None) -> PayoutRecord:
    return replace(
        record,
        net_bill=Decimal(net),
        applied=Decimal(applied),
        carried_over=Decimal("0.00"),
        person_code=person or record.person_code,
        reversal=False,
    )


def _invoice_net(subject: Subject) -> Made | None:
    other = synthetic_personal_code(_STRANGER)
    return _second(
        subject, "net_bill", lambda each: (_bill(each, "50.00", "20.00"), _bill(each, "50.01", "20.00", other))
    )


def _invoice_overdrawn(subject: Subject) -> Made | None:
    other = synthetic_personal_code(_STRANGER)
    return _second(
        subject, "applied", lambda each: (_bill(each, "30.00", "20.00"), _bill(each, "30.00", "10.01", other))
    )


def _duplicate_payout(subject: Subject) -> Made | None:
    return _second(
        subject, "invoice_number", lambda each: (_bill(each, "50.00", "20.00"), _bill(each, "50.00", "20.00"))
    )


_EVERYWHERE = tuple(ChannelName)
_CONTRACTS, _DISCOUNTS, _PAYOUTS = ((each,) for each in ChannelName)
_MADE: tuple[tuple[str, tuple[ChannelName, ...], BusinessRule, Callable[[Subject], Made | None], str], ...] = (
    ("provider-check", _EVERYWHERE, rules.PROVIDER, _provider, "a registration number with a wrong check digit"),
    ("record-count", _EVERYWHERE, rules.RECORD_COUNT, _record_count, "one record more is counted than there is"),
    ("period-early", _EVERYWHERE, rules.PERIOD_EARLY, _period_early, "a month before support began"),
    ("period-late", _EVERYWHERE, rules.PERIOD_LATE, _period_late, "two months ahead"),
    ("corrects-itself", _EVERYWHERE, rules.CORRECTS_ITSELF, _corrects_itself, "names itself as the document to correct"),
    ("holder-check", _CONTRACTS, rules.PERSONAL_CODE, _holder_check, "a personal code with a wrong check digit"),
    ("holder-date", _CONTRACTS, rules.PERSONAL_CODE, _holder_date, "a personal code with 31 February"),
    ("metering-point-check", _CONTRACTS, rules.METERING_POINT, _metering_point_check, "an EIC with a wrong check character"),
    ("metering-point-kind", _CONTRACTS, rules.METERING_POINT, _metering_point_kind, "the EIC of a customer, not of a meter"),
    ("validity", _CONTRACTS, rules.VALIDITY, _validity, "ends before it begins"),
    ("end-date", _CONTRACTS, rules.END_DATE, _end_date, "ends without a last day"),
    ("duplicate-person", _CONTRACTS, rules.DUPLICATE_PERSON, _duplicate_person, "the holder is a sub-user too"),
    ("duplicate-contract", _CONTRACTS, rules.DUPLICATE_CONTRACT, _duplicate_contract, "the same contract twice"),
    ("discount-person", _DISCOUNTS, rules.PERSONAL_CODE, _discount_person, "a personal code with a wrong check digit"),
    ("due-negative", _DISCOUNTS, rules.MONEY_NEGATIVE, _due_negative, "less than nothing is granted"),
    ("terminated-amount", _DISCOUNTS, rules.TERMINATED_AMOUNT, _terminated_amount, "support that has ended has an amount"),
    ("terminated-reason", _DISCOUNTS, rules.TERMINATED_REASON, _terminated_reason, "support ends without a reason"),
    ("no-category", _DISCOUNTS, rules.NO_CATEGORY, _no_category, "support without a category"),
    ("duplicate-category", _DISCOUNTS, rules.DUPLICATE_CATEGORY, _duplicate_category, "the same category twice"),
    ("category-count", _DISCOUNTS, rules.CATEGORY_COUNT, _category_count, "a category counts twice that counts once"),
    ("catch-up-period", _DISCOUNTS, rules.CATCH_UP_PERIOD, _catch_up_period, "catch-up for the month itself"),
    ("decision-date", _DISCOUNTS, rules.DECISION_DATE, _decision_date, "decided after the document was made"),
    ("duplicate-decision", _DISCOUNTS, rules.DUPLICATE_DECISION, _duplicate_decision, "two decisions on one person and contract"),
    ("payout-person", _PAYOUTS, rules.PERSONAL_CODE, _payout_person, "a personal code with a wrong check digit"),
    ("remainder-negative", _PAYOUTS, rules.MONEY_NEGATIVE, _remainder_negative, "less than nothing is left"),
    ("applied-over-net", _PAYOUTS, rules.APPLIED_OVER_NET, _applied_over_net, "VAT is covered too"),
    ("carried-over-applied", _PAYOUTS, rules.CARRIED_OVER_APPLIED, _carried_over_applied, "more carried over than applied"),
    ("payout-period", _PAYOUTS, rules.PAYOUT_PERIOD, _payout_period, "a month after the document's"),
    ("invoice-before", _PAYOUTS, rules.INVOICE_DATE, _invoice_before, "billed before the month began"),
    ("invoice-after", _PAYOUTS, rules.INVOICE_DATE, _invoice_after, "billed after the document was made"),
    ("invoice-net", _PAYOUTS, rules.INVOICE_NET, _invoice_net, "one bill with two net amounts"),
    ("invoice-overdrawn", _PAYOUTS, rules.INVOICE_OVERDRAWN, _invoice_overdrawn, "two persons take more than the bill"),
    ("duplicate-payout", _PAYOUTS, rules.DUPLICATE_PAYOUT, _duplicate_payout, "the same person twice on one bill"),
)  # fmt: skip


def _spoiler(
    kind: str, channels: tuple[ChannelName, ...], rule: BusinessRule, make: Callable[[Subject], Made | None], why: str
) -> Spoiler:
    def spoil(subject: Subject) -> Spoilt | None:
        made = make(subject)
        if made is None:
            return None
        document, field, record, member = made
        data, path = subject.where(document, field, record, member)
        return Spoilt(kind, data, rule.code, path, why)

    return Spoiler(kind, frozenset(channels), spoil)


SPOILERS = tuple(_spoiler(*each) for each in _MADE)
