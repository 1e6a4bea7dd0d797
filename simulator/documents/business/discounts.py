"""Rules about discount records."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.documents.business import rules
from simulator.documents.business.breach import Breach
from simulator.documents.business.money import about_money
from simulator.documents.identifiers import personal_code_canonical, personal_code_valid
from simulator.documents.model import Category, DiscountRecord, DiscountStatus, Document, Header, Period
from simulator.documents.profile import Profile
from simulator.domain.language import Bilingual


def about_discounts(document: Document, profile: Profile) -> Iterator[Breach]:
    """Breaches by the records of a discount document."""
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
    for number, each in enumerate(record.categories):
        if each.category in seen:
            yield rules.DUPLICATE_CATEGORY.broken(
                "categories.category", {"category": _name(each.category)}, record=index, member=number
            )
        seen.add(each.category)
        rate = profile.rate(each.category, period)
        if rate is not None and not rate.per_count and each.count != 1:
            words = {"value": each.count, "category": _name(each.category)}
            yield rules.CATEGORY_COUNT.broken("categories.count", words, record=index, member=number)


def _about_catch_up(index: int, record: DiscountRecord, period: Period) -> Iterator[Breach]:
    for number, each in enumerate(record.catch_up):
        yield from about_money(each.amount, "catch_up.amount", record=index, member=number)
        if not rules.FIRST_PERIOD <= each.period < period:
            words = {"value": each.period, "first": rules.FIRST_PERIOD, "last": period - 1}
            yield rules.CATCH_UP_PERIOD.broken("catch_up.period", words, record=index, member=number)


def _name(category: Category) -> Bilingual:
    return Bilingual(rules.CATEGORIES[category].in_language("lv"), category)  # in English by its name in the model
