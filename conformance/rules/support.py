"""What the retailer was granted and what it says it paid out, record by record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from conformance.rules.traffic import Delivery, Sent
from simulator.documents.identity import document_key
from simulator.documents.model import CategoryCount, ChannelName, DiscountRecord, DiscountStatus, PayoutRecord, Period
from simulator.documents.profile import Profile

if TYPE_CHECKING:
    from conformance.rules.evidence import Case

NOTHING = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Grant:
    """One decision as the retailer has it: known from entry ``known`` on, until entry ``until`` replaced it.

    ``person`` is canonical. ``parts`` are what the amount due would be if the categories were not added up, in several
    wrong ways; all of them are less than ``due``. ``times`` is how often its document came.
    """

    known: int
    delivery: Delivery
    index: int
    record: DiscountRecord
    period: Period
    contract: str
    person: str
    due: Decimal
    catch_up: Decimal
    parts: tuple[Decimal, ...]
    until: int | None = None
    times: int = 1

    @property
    def terminated(self) -> bool:
        """Whether it ends the support."""
        return self.record.status is DiscountStatus.TERMINATED

    def known_at(self, number: int) -> bool:
        """Whether the retailer had it when an entry was written."""
        return self.known < number and (self.until is None or self.until > number)


@dataclass(frozen=True, slots=True)
class Payout:
    """One payout record that stands, and where."""

    sent: Sent
    index: int
    record: PayoutRecord
    person: str

    @property
    def number(self) -> int:
        """Number of the journal entry that sent it."""
        return self.sent.number


def grants_of(case: Case) -> tuple[Grant, ...]:
    """The decisions of the discount documents that the retailer has fetched; each document counts once."""
    replaced: dict[str, int] = {}
    seen: dict[str, int] = {}
    grants: list[Grant] = []
    for each in case.fetched:
        delivery = each.delivery
        document = delivery.content.document if delivery.content is not None and not delivery.is_event else None
        if document is None or document.channel is not ChannelName.DISCOUNT:
            continue
        header = document.header
        if header.provider != case.retailer.registration_number:
            continue
        key = document_key(header.document_id)
        seen[key] = seen.get(key, 0) + 1
        if seen[key] > 1:
            continue
        if header.corrects is not None:
            replaced[document_key(header.corrects)] = each.number
        grants.extend(
            _grant(case, each.number, delivery, index, record, header.period)
            for index, record in enumerate(document.discounts())
        )
    return tuple(replace(_until(each, replaced), times=seen[_document_id(each)]) for each in grants)


def _document_id(grant: Grant) -> str:
    document = grant.delivery.content.document if grant.delivery.content is not None else None
    return document_key(document.header.document_id) if document is not None else ""


def _until(grant: Grant, replaced: dict[str, int]) -> Grant:
    return replace(grant, until=replaced.get(_document_id(grant)))


def _grant(case: Case, known: int, delivery: Delivery, index: int, record: DiscountRecord, period: Period) -> Grant:
    return Grant(
        known=known,
        delivery=delivery,
        index=index,
        record=record,
        period=period,
        contract=record.contract,
        person=case.person(record.person_code),
        due=record.amount_due,
        catch_up=record.total - record.amount_due,
        parts=tuple(_parts(case.profile, record, period)),
    )


def _parts(profile: Profile, record: DiscountRecord, period: Period) -> Iterator[Decimal]:
    """The amounts of retailers that do not add categories up: one of them alone, or each only once."""
    whole = [_amount(profile, each, period) for each in record.categories]
    single = [_amount(profile, CategoryCount(each.category, 1), period) for each in record.categories]
    if not whole:
        return
    candidates = (max(whole), min(whole), whole[0], whole[-1], sum(single, NOTHING), max(single), min(single))
    for candidate in candidates:
        yield min(candidate, record.amount_due) if candidate > NOTHING else record.amount_due


def _amount(profile: Profile, category: CategoryCount, period: Period) -> Decimal:
    rate = profile.rate(category.category, period)
    return NOTHING if rate is None else rate.amount * (category.count if rate.per_count else 1)


def payouts_of(case: Case) -> tuple[Payout, ...]:
    """The records of all payout documents but those that a later one corrects."""
    documents = case.documents(ChannelName.PAYOUT)
    corrected = {
        document_key(each.document.header.corrects)
        for each in documents
        if each.document is not None and each.document.header.corrects is not None
    }
    return tuple(
        Payout(each, index, record, case.person(record.person_code))
        for each in documents
        if each.document is not None and document_key(each.document.header.document_id) not in corrected
        for index, record in enumerate(each.document.payouts())
    )
