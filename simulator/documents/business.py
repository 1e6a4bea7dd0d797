"""The business rules that a schema cannot express: check digits, sums, duplicates, dates that fit together.

``breaches`` checks a document: its header, then its records by the functions for contracts, discounts and payouts. Each
rule is defined, with its texts and source, in ``simulator.domain.business_rules``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

from simulator.documents.profile import Profile
from simulator.domain import business_rules as rules
from simulator.domain.business_rules import RULES, Breach, BusinessRule
from simulator.domain.identifiers import (
    eic_valid,
    personal_code_canonical,
    personal_code_valid,
    registration_number_valid,
)
from simulator.domain.language import Bilingual
from simulator.domain.model import (
    Category,
    ChannelName,
    ContractRecord,
    DiscountRecord,
    DiscountStatus,
    Document,
    Header,
    Operation,
    PayoutRecord,
    Period,
)

__all__ = ["RULES", "Breach", "BusinessRule", "breaches"]

_METERING_POINT = "43Z"  # start of the EIC of a metering point in Latvia
_AMOUNTS = ("net_bill", "applied", "carried_over", "remainder")


def breaches(document: Document, profile: Profile) -> tuple[Breach, ...]:
    """Return all breaches of the business rules in a document, those of the header first, then record by record."""
    unordered = [*about_header(document), *_about_records(document, profile)]
    return tuple(sorted(unordered, key=lambda breach: -1 if breach.record is None else breach.record))


def _about_records(document: Document, profile: Profile) -> Iterator[Breach]:
    match document.channel:
        case ChannelName.CONTRACT:
            return about_contracts(document)
        case ChannelName.DISCOUNT:
            return about_discounts(document, profile)
        case ChannelName.PAYOUT:
            return about_payouts(document)


def about_header(document: Document) -> Iterator[Breach]:
    """Yield the breaches in the header of a document."""
    header = document.header
    if not registration_number_valid(header.provider):
        yield rules.PROVIDER.broken("header.provider", {"value": header.provider})
    if header.record_count != len(document.records):
        words = {"value": header.record_count, "actual": len(document.records)}
        yield rules.RECORD_COUNT.broken("header.record_count", words)
    if header.created_at.tzinfo is None:
        yield rules.TIME_ZONE.broken("header.created_at", {"value": header.created_at.isoformat()})
    if header.period < rules.FIRST_PERIOD:
        yield rules.PERIOD_EARLY.broken("header.period", {"value": header.period, "first": rules.FIRST_PERIOD})
    created = header.created_at.date()
    latest = Period.of(created) + 1
    if header.period > latest:
        yield rules.PERIOD_LATE.broken("header.period", {"value": header.period, "latest": latest, "created": created})
    if header.corrects is not None and header.corrects.lower() == header.document_id.lower():
        yield rules.CORRECTS_ITSELF.broken("header.corrects", {"value": header.corrects})


def about_contracts(document: Document) -> Iterator[Breach]:
    """Yield the breaches in the records of a contract document."""
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


def about_money(amount: Decimal, field: str, *, record: int, member: int | None = None) -> Iterator[Breach]:
    """Yield the breaches of one amount in EUR: more than two decimals, or negative."""
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -2 and any(amount.as_tuple().digits[exponent + 2 :]):
        yield rules.MONEY_DECIMALS.broken(field, {"value": amount}, record=record, member=member)
    if amount < 0:
        yield rules.MONEY_NEGATIVE.broken(field, {"value": amount}, record=record, member=member)


def about_discounts(document: Document, profile: Profile) -> Iterator[Breach]:
    """Yield the breaches in the records of a discount document."""
    seen: dict[tuple[str, str], int] = {}
    for index, record in enumerate(document.discounts()):
        yield from _about_decision(index, record, document.header)
        yield from _about_categories(index, record, document.header.period, profile)
        yield from _about_catch_up(index, record, document.header.period)
        first = seen.setdefault((record.contract, personal_code_canonical(record.person_code)), index)
        if first != index:
            words = {"value": record.contract, "person": record.person_code, "first": first + 1}
            yield rules.DUPLICATE_DECISION.broken("person_code", words, record=index)


def _about_decision(index: int, record: DiscountRecord, header: Header) -> Iterator[Breach]:
    if not personal_code_valid(record.person_code):
        yield rules.PERSONAL_CODE.broken("person_code", {"value": record.person_code}, record=index)
    yield from about_money(record.amount_due, "amount_due", record=index)
    if record.status is DiscountStatus.TERMINATED:
        if record.amount_due != 0:
            yield rules.TERMINATED_AMOUNT.broken("amount_due", {"value": record.amount_due}, record=index)
        if not record.reason:
            yield rules.TERMINATED_REASON.broken("reason", {}, record=index)
    created = header.created_at.date()
    if record.decision_date > created:
        words = {"value": record.decision_date, "created": created}
        yield rules.DECISION_DATE.broken("decision_date", words, record=index)


def _about_categories(index: int, record: DiscountRecord, period: Period, profile: Profile) -> Iterator[Breach]:
    if record.status is DiscountStatus.GRANTED and record.amount_due > 0 and not record.categories:
        yield rules.NO_CATEGORY.broken("amount_due", {"value": record.amount_due}, record=index)
    seen: set[Category] = set()
    for number, counted in enumerate(record.categories):
        if counted.category in seen:
            yield rules.DUPLICATE_CATEGORY.broken(
                "categories.category", {"category": _name(counted.category)}, record=index, member=number
            )
        seen.add(counted.category)
        rate = profile.rate(counted.category, period)
        if rate is not None and not rate.per_count and counted.count != 1:
            words = {"value": counted.count, "category": _name(counted.category)}
            yield rules.CATEGORY_COUNT.broken("categories.count", words, record=index, member=number)


def _about_catch_up(index: int, record: DiscountRecord, period: Period) -> Iterator[Breach]:
    for number, part in enumerate(record.catch_up):
        yield from about_money(part.amount, "catch_up.amount", record=index, member=number)
        if not rules.FIRST_PERIOD <= part.period < period:
            words = {"value": part.period, "first": rules.FIRST_PERIOD, "last": period - 1}
            yield rules.CATCH_UP_PERIOD.broken("catch_up.period", words, record=index, member=number)


def _name(category: Category) -> Bilingual:
    return Bilingual(rules.CATEGORIES[category].in_language("lv"), category)  # in English by its name in the model


def about_payouts(document: Document) -> Iterator[Breach]:
    """Yield the breaches in the records of a payout document."""
    for index, record in _payouts(document):
        yield from _about_amounts(index, record)
        yield from _about_dates(index, record, document.header)
    yield from _about_duplicates(_payouts(document))
    yield from _about_invoices(_payouts(document))


def _payouts(document: Document) -> Iterator[tuple[int, PayoutRecord]]:
    """Iterate over the payout records with their index, without a list: there may be more than fit in memory."""
    return ((index, record) for index, record in enumerate(document.records) if isinstance(record, PayoutRecord))


def _about_amounts(index: int, record: PayoutRecord) -> Iterator[Breach]:
    if not personal_code_valid(record.person_code):
        yield rules.PERSONAL_CODE.broken("person_code", {"value": record.person_code}, record=index)
    for name in _AMOUNTS:
        yield from about_money(getattr(record, name), name, record=index)
    if record.applied > record.net_bill:
        words = {"value": record.applied, "net": record.net_bill}
        yield rules.APPLIED_OVER_NET.broken("applied", words, record=index)
    if record.carried_over > record.applied:
        words = {"value": record.carried_over, "applied": record.applied}
        yield rules.CARRIED_OVER_APPLIED.broken("carried_over", words, record=index)


def _about_dates(index: int, record: PayoutRecord, header: Header) -> Iterator[Breach]:
    if record.period > header.period:
        yield rules.PAYOUT_PERIOD.broken("period", {"value": record.period, "period": header.period}, record=index)
    elif record.period < rules.FIRST_PERIOD:
        yield rules.PERIOD_EARLY.broken("period", {"value": record.period, "first": rules.FIRST_PERIOD}, record=index)
    first, last = record.period.first_day, header.created_at.date()
    if not first <= record.invoice_date <= last:
        words = {"value": record.invoice_date, "first": first, "last": last}
        yield rules.INVOICE_DATE.broken("invoice_date", words, record=index)


def _about_duplicates(payouts: Iterable[tuple[int, PayoutRecord]]) -> Iterator[Breach]:
    seen: dict[tuple[str, str, str, bool], int] = {}
    for index, record in payouts:
        person = personal_code_canonical(record.person_code)
        first = seen.setdefault((record.contract, person, record.invoice_number, record.reversal), index)
        if first != index:
            words = {"value": record.invoice_number, "person": record.person_code, "first": first + 1}
            yield rules.DUPLICATE_PAYOUT.broken("invoice_number", words, record=index)


def _about_invoices(payouts: Iterable[tuple[int, PayoutRecord]]) -> Iterator[Breach]:
    """Yield the breaches in the records of one invoice taken together; reversals are not added up."""
    applied: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    first: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for index, record in payouts:
        invoice = (record.contract, record.invoice_number)
        earlier, net_bill = first.setdefault(invoice, (index, record.net_bill))
        if net_bill != record.net_bill:
            words = {"value": record.net_bill, "other": net_bill, "first": earlier + 1}
            yield rules.INVOICE_NET.broken("net_bill", {**words, "invoice": record.invoice_number}, record=index)
        if record.reversal:
            continue
        before = applied[invoice]
        applied[invoice] += record.applied
        # Reported once, at the record that exceeds the bill; a single record that does is applied-over-net.
        if before <= record.net_bill < applied[invoice] and before > 0 and record.applied <= record.net_bill:
            words = {"value": applied[invoice], "net": record.net_bill}
            yield rules.INVOICE_OVERDRAWN.broken("applied", {**words, "invoice": record.invoice_number}, record=index)
