"""Grants and payouts, record by record: the decisions sent to the retailer, and its reports of payouts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from conformance.rules.business import Bill
from conformance.rules.traffic import Delivery, Traffic, ValidDocument
from conformance.rules.values import loosely, only
from simulator.documents.profile import Profile
from simulator.domain.identifiers import document_key
from simulator.domain.model import CategoryCount, ChannelName, DiscountRecord, DiscountStatus, PayoutRecord, Period

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Grant:
    """One decision as the retailer has it: known from entry ``known`` on, until entry ``until`` replaced it.

    ``person`` is canonical. ``by_category`` is what the amount due would be if the categories were not added up,
    in several wrong ways; all of them are less than ``due``. ``times`` is how often its document came.
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
    by_category: tuple[Decimal, ...]
    until: int | None = None
    times: int = 1

    @property
    def terminated(self) -> bool:
        """Tell whether it ends the support."""
        return self.record.status is DiscountStatus.TERMINATED

    def known_at(self, number: int) -> bool:
        """Tell whether the retailer had it when an entry was written."""
        return self.known < number and (self.until is None or self.until > number)


@dataclass(frozen=True, slots=True)
class Payout:
    """One payout record that stands, and where."""

    document: ValidDocument
    index: int
    record: PayoutRecord
    person: str

    @property
    def number(self) -> int:
        """Number of the journal entry that sent it."""
        return self.document.number


def grants_of(traffic: Traffic, profile: Profile, provider: str, person_of: Callable[[str], str]) -> tuple[Grant, ...]:
    """Return the decisions of the discount documents that a retailer has fetched; each document counts once.

    ``provider`` is the retailer's registration number. ``person_of`` returns the same code for a person whichever of
    the person's codes is written.
    """
    replaced: dict[str, int] = {}
    times: dict[str, int] = {}
    grants: list[tuple[str, Grant]] = []
    for fetched in traffic.fetched:
        document = fetched.document
        if document is None or document.channel is not ChannelName.DISCOUNT or document.header.provider != provider:
            continue
        header, key = document.header, document_key(document.header.document_id)
        times[key] = times.get(key, 0) + 1
        if times[key] > 1:
            continue
        if header.corrects is not None:
            replaced[document_key(header.corrects)] = fetched.number
        grants.extend(
            (
                key,
                Grant(
                    known=fetched.number,
                    delivery=fetched.delivery,
                    index=index,
                    record=record,
                    period=header.period,
                    contract=record.contract,
                    person=person_of(record.person_code),
                    due=record.amount_due,
                    catch_up=record.total - record.amount_due,
                    by_category=tuple(_by_category(profile, record, header.period)),
                ),
            )
            for index, record in enumerate(document.discounts())
        )
    return tuple(replace(grant, until=replaced.get(key), times=times[key]) for key, grant in grants)


def _by_category(profile: Profile, record: DiscountRecord, period: Period) -> Iterator[Decimal]:
    """The amounts of retailers that do not add categories up: one of them alone, or each only once."""
    whole = [_amount(profile, category, period) for category in record.categories]
    single = [_amount(profile, CategoryCount(category.category, 1), period) for category in record.categories]
    if not whole:
        return
    candidates = (max(whole), min(whole), whole[0], whole[-1], sum(single, ZERO), max(single), min(single))
    for candidate in candidates:
        yield min(candidate, record.amount_due) if candidate > ZERO else record.amount_due


def _amount(profile: Profile, category: CategoryCount, period: Period) -> Decimal:
    rate = profile.rate(category.category, period)
    return ZERO if rate is None else rate.amount * (category.count if rate.per_count else 1)


def payouts_of(traffic: Traffic, person_of: Callable[[str], str]) -> tuple[Payout, ...]:
    """Return the records of all payout documents but those that a later one corrects."""
    documents = traffic.documents(ChannelName.PAYOUT)
    corrected = {document.corrects for document in documents}
    return tuple(
        Payout(document, index, record, person_of(record.person_code))
        for document in documents
        if document.key not in corrected
        for index, record in enumerate(document.document.payouts())
    )


def bills_of_payouts(payouts: Iterable[Payout], bills: Iterable[Bill]) -> tuple[tuple[Payout, Bill | None], ...]:
    """Yield each payout record with the bill that it is about: by invoice number, else the nearest match."""
    issued = [bill for bill in bills if bill.reverses is None]
    exact = {bill.invoice: bill for bill in issued}
    records = list(payouts)
    named = {payout.record.invoice_number for payout in records}
    by_number: dict[Hashable, list[Bill]] = defaultdict(list)
    by_month: dict[Hashable, list[Bill]] = defaultdict(list)
    for bill in issued:
        by_number[loosely(bill.invoice)].append(bill)
        if bill.invoice not in named:
            by_month[loosely(bill.contract), bill.period].append(bill)
    return tuple(
        (payout, exact.get(payout.record.invoice_number) or _nearest(payout, by_number, by_month)) for payout in records
    )


def _nearest(
    payout: Payout, by_number: dict[Hashable, list[Bill]], by_month: dict[Hashable, list[Bill]]
) -> Bill | None:
    record = payout.record
    numbered = only(by_number.get(loosely(record.invoice_number), ()))
    return numbered or only(by_month.get((loosely(record.contract), record.period), ()))
