"""Random histories over 24 months through the real intake: amounts add up, and errors are found with their cause."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

from simulator.domain.model import Category, PayoutRecord, Period
from simulator.world.model import Arrears, Spell, World
from tests.simulator.aldis.country import Country, codes
from tests.simulator.aldis.people import ANNA, ILZE, JANIS, KAIMINS, PARAUGS, contract, payout, world

MONTHS = [Period(2026, 1) + n for n in range(24)]
RETAILERS = {"1": PARAUGS, "2": KAIMINS}
ON_CONTRACT = {"1": (ANNA.code, ILZE.code), "2": (JANIS.code,)}
ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Month:
    """A contract's month: the net bill in EUR, and the business event that it has."""

    net: Decimal
    fate: str


@dataclass
class Retailer:
    """A correct retailer with one contract, which keeps its own count of support granted and taken, bill after bill."""

    contract: str
    granted: dict[str, list[tuple[Period, Decimal]]] = field(default_factory=dict)
    taken: dict[tuple[str, int], Decimal] = field(default_factory=dict)
    waiting: list[PayoutRecord] = field(default_factory=list)

    def add_grant(self, person: str, period: Period, amount: Decimal) -> None:
        self.granted.setdefault(person, []).append((period, amount))

    def bill(self, period: Period, net: Decimal, invoice: str, day: date) -> list[PayoutRecord]:
        """The records of one bill: each person takes what is left of it."""
        left, records = net, []
        for person in ON_CONTRACT[self.contract]:
            grants = [grant for grant in self.granted.get(person, ()) if grant[0].year == period.year]
            so_far = sum((amount for month, amount in grants if month <= period), ZERO)
            before = sum((amount for month, amount in grants if month < period), ZERO)
            taken = self.taken.get((person, period.year), ZERO)
            if so_far - taken <= 0:
                continue
            applied = min(left, so_far - taken)
            carried = min(applied, max(ZERO, before - taken))
            left -= applied
            self.taken[person, period.year] = taken + applied
            amounts = (str(net), str(applied), str(carried), str(so_far - taken - applied))
            records.append(payout(self.contract, period, *amounts, person=person, invoice=invoice, day=day))
        return records

    def cancel(self, records: list[PayoutRecord]) -> list[PayoutRecord]:
        """The reversals of a bill; what it took is there again."""
        for record in records:
            self.taken[record.person_code, record.period.year] -= record.applied
        return [replace(record, reversal=True) for record in records]

    def month(self, period: Period, month: Month) -> list[PayoutRecord]:
        """Return the reports for a month in order; late reports come with the next month."""
        reported, self.waiting = self.waiting, []
        if month.fate == "no bill":
            return reported
        first = self.bill(period, month.net, f"R-{period}", period.last_day.replace(day=20))
        if month.fate == "cancelled":
            first += self.cancel(first)
            first += self.bill(period, month.net, f"R-{period}-2", period.last_day)
        if month.fate == "late" and period.month != 12:
            self.waiting = first
            return reported
        return reported + first


@contextmanager
def _country(of: World, **fields: Any) -> Iterator[Country]:
    country = Country(of, **fields)
    try:
        yield country
    finally:
        country.store.close()


def _spell(person: str) -> st.SearchStrategy[Spell]:
    return st.builds(
        lambda category, start, months, late, count: Spell(
            person,
            category,
            (Period(2025, 12) + start).first_day,
            (Period(2025, 12) + start + months).last_day if months < 20 else None,
            count if category in (Category.DISABLED_CHILD, Category.GUARDIAN) else 1,
            (Period(2025, 12) + start + late).first_day.replace(day=15) if late else None,
        ),
        st.sampled_from(list(Category)),
        st.integers(0, 12),
        st.integers(0, 24),
        st.integers(0, 3),
        st.integers(1, 3),
    )


_arrears = st.builds(
    lambda person, start, months: Arrears(person, (MONTHS[0] + start).first_day, (MONTHS[0] + start + months).last_day),
    st.sampled_from([ANNA.code, JANIS.code]),
    st.integers(0, 18),
    st.integers(0, 5),
)
_worlds = st.builds(
    lambda spells, arrears: world(*spells, arrears=tuple(arrears)),
    st.tuples(_spell(ANNA.code), _spell(ANNA.code), _spell(ILZE.code), _spell(JANIS.code)),
    st.lists(_arrears, max_size=1),
)
_months = st.builds(
    Month,
    st.integers(0, 9000).map(lambda cents: Decimal(cents) / 100 + ZERO),
    st.sampled_from(["billed", "billed", "billed", "no bill", "cancelled", "late"]),
)
_histories = st.lists(st.tuples(_months, _months), min_size=24, max_size=24)


def _simulate(country: Country, history: list[tuple[Month, Month]]) -> Iterator[tuple[Period, str, list[PayoutRecord]]]:
    """Simulate 24 months; yield the records of each retailer for each month, at the time when they are due."""
    retailers = {number: Retailer(number) for number in RETAILERS}
    country.send(contract("1", ANNA, sub_users=(ILZE,)))
    country.send(contract("2", JANIS), retailer=KAIMINS)
    read_documents = dict.fromkeys(RETAILERS, 0)
    for period, months in zip(MONTHS, history, strict=True):
        country.until((period + 1).first_day.replace(day=3))
        for (number, retailer), month in zip(retailers.items(), months, strict=True):
            documents = country.discounts(RETAILERS[number])
            for document in documents[read_documents[number] :]:
                for discount in document.discounts():
                    retailer.add_grant(discount.person_code, document.header.period, discount.total)
            read_documents[number] = len(documents)
            yield period, number, retailer.month(period, month)
    country.until((MONTHS[-1] + 1).first_day.replace(day=22))


def _books(country: Country) -> list[dict[str, Any]]:
    return [{**act, "differences": list(act["differences"])} for act in country.acts("reconcile")]


def _check_books(
    country: Country, granted: dict[tuple[str, int], Decimal], taken: dict[tuple[str, int], Decimal]
) -> None:
    for book in _books(country):
        assert book["differences"] == []
        amounts = {name: Decimal(book[name]) for name in ("granted", "applied", "carried", "lapsed")}
        assert amounts["granted"] == amounts["applied"] + amounts["carried"] + amounts["lapsed"]
        assert min(amounts.values()) >= 0
        period = Period.parse(book["period"])
        if period.month == 12:
            assert amounts["carried"] == 0
            assert amounts["granted"] == granted.get((book["provider"], period.year), ZERO)
            assert amounts["applied"] == taken.get((book["provider"], period.year), ZERO)


def _check_accounts(country: Country) -> None:
    """Account by account: no bill took more than it found, its persons together no more than its net amount (so never
    VAT), and nothing was applied twice; at the year's end all that was granted was applied or has lapsed.
    """
    ledger, seen = country.state().ledger, 0
    for retailer in RETAILERS.values():
        for year in (2026, 2027):
            invoices: dict[tuple[str, str], list[PayoutRecord]] = {}
            for key in ledger.of_provider(retailer.registration_number, year):
                account, seen = ledger.account(key), seen + 1
                assert account.overdrawn() == ()
                totals = account.totals(Period(year, 12))
                assert totals.granted == totals.applied + totals.lapsed
                assert totals.carried == 0
                for bill in account.standing():
                    invoice = (bill.record.contract, bill.record.invoice_number)
                    invoices.setdefault(invoice, []).append(bill.record)
            for records in invoices.values():
                assert sum((record.applied for record in records), ZERO) <= records[0].net_bill
                assert len({record.person_code for record in records}) == len(records)
    event(f"accounts: {seen}")


@settings(deadline=None, max_examples=6)
@given(_worlds, _histories)
def test_whatever_happens_the_money_adds_up(of: World, history: list[tuple[Month, Month]]) -> None:
    with _country(of) as country:
        taken: dict[tuple[str, int], Decimal] = {}
        for period, number, records in _simulate(country, history):
            assert all(record.applied <= record.net_bill for record in records)
            if records:
                details = country.send(*records, retailer=RETAILERS[number], period=str(period))
                assert codes(details) == []
            for record in records:
                key = (RETAILERS[number].registration_number, record.period.year)
                taken[key] = taken.get(key, ZERO) + (-record.applied if record.reversal else record.applied)
        granted: dict[tuple[str, int], Decimal] = {}
        for retailer in RETAILERS.values():
            for document in country.discounts(retailer):
                for discount in document.discounts():
                    key = (retailer.registration_number, document.header.period.year)
                    granted[key] = granted.get(key, ZERO) + discount.total
        _check_books(country, granted, taken)
        _check_accounts(country)


CENT = Decimal("0.01")


def _spoil(record: PayoutRecord, how: str) -> PayoutRecord | None:
    """The record with one thing wrong, None when it cannot be wrong in that way without being wrong in another."""
    match how:
        case "applied-above-available" if record.net_bill > record.applied:
            return replace(record, applied=record.applied + CENT)
        case "applied-over-net" if record.net_bill == record.applied and record.remainder > 0:
            return replace(record, applied=record.applied + CENT)
        case "carried-over-wrong" if record.carried_over >= CENT:
            return replace(record, carried_over=record.carried_over - CENT)
        case "remainder-wrong":
            return replace(record, remainder=record.remainder + CENT)
        case "applied-too-little" if record.applied >= CENT and record.carried_over == 0:
            return replace(record, applied=record.applied - CENT, remainder=record.remainder + CENT)
        case _:
            return None


def _life_of(cause: str) -> list[tuple[Month, Month]]:
    """Bills of Jānis's contract that can be wrong in one way only, over 24 months: all of the support is taken, or less
    than all, as the cause needs it.
    """
    large, small = Month(Decimal("40.00"), "billed"), Month(Decimal("12.34"), "billed")
    own = large if cause in ("applied-above-available", "applied-too-little") else small
    return [(large, own)] * 24


@pytest.mark.parametrize(
    "cause",
    ["applied-above-available", "applied-over-net", "carried-over-wrong", "remainder-wrong", "applied-too-little"],
)
@settings(deadline=None, max_examples=2, phases=[Phase.generate])
@given(month=st.integers(1, 10))
def test_what_a_retailer_gets_wrong_is_named_with_its_cause(cause: str, month: int) -> None:
    """One bill of Jānis's contract is wrong by a cent; ALDIS says so at once or when it reconciles."""
    of = world(Spell(JANIS.code, Category.LOW_INCOME, date(2025, 1, 1)))
    with _country(of) as country:
        for period, number, records in _simulate(country, _life_of(cause)):
            due = number == "2" and period >= MONTHS[month]
            wrong = _spoil(records[0], cause) if due and records else None
            if wrong is None:
                if records:
                    country.send(*records, retailer=RETAILERS[number], period=str(period))
                continue
            found = codes(country.send(wrong, retailer=KAIMINS, period=str(period)))
            country.until((period + 1).first_day.replace(day=22))
            (books,) = [
                book
                for book in _books(country)
                if (book["period"], book["provider"]) == (str(period), KAIMINS.registration_number)
            ]
            named = {code for code, _ in found} | {difference["code"] for difference in books["differences"]}
            assert cause in named
            assert named <= {cause, "record-refused"}
            return
    raise AssertionError(f"no bill could be wrong by {cause}")
