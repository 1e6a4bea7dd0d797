"""The statement of a person's year, made from the journal, has the ledger's figures, whatever the order of events."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from conformance.accounts.statement import NobodyError, Statement, statement, totals_of
from simulator.domain.model import Operation, Period
from simulator.journal import StoredJournal
from simulator.world.file import load_world
from tests.simulator.aldis.conftest import MakeCountry
from tests.simulator.aldis.people import KAIMINS
from tests.simulator.aldis.situations.story import Story

ANNAS = "0077000001"


def _statement(story: Story, code: str, year: int = 2026, *, with_world: bool = True) -> Statement:
    world = story.country.world if with_world else None
    return statement(StoredJournal(story.country.store), story.country.profile, code, year, world)


def _figures(found: Statement) -> str:
    totals = totals_of(found)
    return (
        f"granted {totals.granted} applied {totals.applied} carried {totals.carried} lapsed {totals.lapsed} "
        f"reversed {totals.reversed}"
    )


@pytest.fixture
def story(make_country: MakeCountry) -> Story:
    story = Story(make_country(load_world("carry-over")))
    story.sign()
    return story


def test_a_year_bill_by_bill(story: Story) -> None:
    story.country.until(date(2026, 3, 2))
    january = story.bill(ANNAS, "2026-01", "12.35", "12.35", "0.00", "7.65", of="Anna")
    assert story.pay(january, story.bill(ANNAS, "2026-02", "25.10", "25.10", "7.65", "2.55", of="Anna")) == []
    story.country.until(date(2026, 3, 22))
    found = _statement(story, story.person("Anna").code)
    assert (found.name, found.code, found.year) == ("Anna Bērziņa", "010180-00012", 2026)
    (contract,) = found.contracts
    assert (contract.retailer, contract.contract, contract.through) == ("Paraugs Enerģija", ANNAS, Period(2026, 3))
    # January 20.00 - 12.35 = 7.65; February 7.65 + 20.00 - 25.10 = 2.55; March 2.55 + 20.00, not billed yet.
    assert [(str(month.period), month.left) for month in contract.months] == [
        ("2026-01", Decimal("7.65")),
        ("2026-02", Decimal("2.55")),
        ("2026-03", Decimal("22.55")),
    ]
    (february,) = contract.months[1].bills
    assert (february.applied, february.earlier, february.cancelled) == (Decimal("25.10"), Decimal("7.65"), None)
    assert contract.differences == ()
    # The reconciliation of February says the same of the retailer, whose only customer she is.
    assert story.books("2026-02") == "granted 40.00 applied 37.45 carried 2.55 lapsed 0.00 reversed 0.00"
    assert _figures(found) == "granted 60.00 applied 37.45 carried 22.55 lapsed 0.00 reversed 0.00"
    assert (
        next(bilingual.en for bilingual in contract.months[0].granted[0].why) == "poor or low-income since 2025-06-01"
    )
    assert contract.months[0].granted[0].why[0].lv == "trūcīga vai maznodrošināta mājsaimniecība no 2025-06-01"


def test_what_was_refused_repeated_corrected_or_cancelled(story: Story) -> None:
    story.country.until(date(2026, 3, 2))
    january = story.bill(ANNAS, "2026-01", "12.35", "12.35", "0.00", "7.65", of="Anna")
    wrong = story.country.document(replace(january, remainder=Decimal("9.99")))
    story.country.post(wrong)
    story.country.take()
    found = _statement(story, story.person("Anna").code)
    (refused,) = found.contracts[0].months[0].refused
    assert (refused.invoice, refused.why[0].en) == (
        "R-2026-01",
        "9.99 EUR are stated as remainder, expected are 7.65 EUR",
    )
    # Its correction takes its place, comes twice, and is cancelled: 12.35 are back.
    right = story.country.document(january, corrects=wrong.header.document_id)
    story.country.post(right)
    story.country.post(right)
    story.country.aldis.wake()
    assert story.pay(replace(january, reversal=True)) == []
    story.country.until(date(2026, 3, 22))
    found = _statement(story, story.person("Anna").code)
    month = found.contracts[0].months[0]
    assert month.refused == ()
    (bill,) = month.bills
    assert (bill.applied, bill.reported, bill.cancelled) == (Decimal("12.35"), date(2026, 3, 2), date(2026, 3, 2))
    assert _figures(found) == "granted 60.00 applied 0.00 carried 60.00 lapsed 0.00 reversed 12.35"


def test_the_year_ends_and_the_next_is_another(make_country: MakeCountry) -> None:
    story = Story(make_country(load_world("year-end")))
    story.sign()
    story.country.until(date(2027, 1, 5))
    assert story.pay(story.bill(ANNAS, "2026-12", "18.00", "18.00", "18.00", "22.00", of="Anna")) == []
    story.country.until(date(2027, 2, 22))
    # November and December 40.00 - 18.00 = 22.00 lapse; January and February 2027 have 40.00 of their own.
    assert _figures(_statement(story, "010180-00012", 2026)) == (
        "granted 40.00 applied 18.00 carried 0.00 lapsed 22.00 reversed 0.00"
    )
    assert _figures(_statement(story, "010180-00012", 2027)) == (
        "granted 40.00 applied 0.00 carried 40.00 lapsed 0.00 reversed 0.00"
    )


def test_a_person_is_found_under_both_codes_when_the_world_is_known(make_country: MakeCountry) -> None:
    story = Story(make_country(load_world("code-change")))
    edgars = story.person("Edgars")
    old = edgars.code_changes[0].earlier
    story.sign()
    story.country.until(date(2026, 2, 11))
    story.country.send(story.record(ANNAS, Operation.CHANGE))
    story.country.until(date(2026, 3, 8))
    assert _figures(_statement(story, old)) == _figures(_statement(story, edgars.code))
    assert _statement(story, old.replace("-", "")).contracts[0].totals.granted == Decimal("60.00")
    # The journal alone knows two codes.
    assert _statement(story, old, with_world=False).contracts[0].totals.granted == Decimal("40.00")
    assert _statement(story, old, with_world=False).name is None


def test_two_retailers_in_one_year(make_country: MakeCountry) -> None:
    story = Story(make_country(load_world("supplier-switch")))
    story.sign()
    story.country.until(date(2026, 3, 25))
    story.country.send(story.record(ANNAS, Operation.END, valid_to=date(2026, 3, 31)))
    story.sign(retailer=KAIMINS, period="2026-04")
    story.country.until(date(2026, 4, 8))
    first, second = _statement(story, "010180-00012").contracts
    assert (first.totals.granted, second.totals.granted) == (Decimal("40.00"), Decimal("20.00"))
    assert first.months[-1].granted[0].ended


def test_what_does_not_add_up_is_named(story: Story) -> None:
    story.country.until(date(2026, 2, 2))
    assert story.pay(story.bill(ANNAS, "2026-01", "30.00", "15.00", "0.00", "5.00", of="Anna")) == []
    story.country.until(date(2026, 2, 22))
    (difference,) = _statement(story, "010180-00012").contracts[0].differences
    assert difference.en == "Invoice R-2026-01 took 15.00 EUR of support, it should have taken 20.00 EUR"
    assert difference.lv.startswith("Rēķinam R-2026-01 piemēroti 15.00 EUR")


def test_of_nobody_the_journal_says_nothing(story: Story) -> None:
    story.country.until(date(2026, 2, 2))
    with pytest.raises(NobodyError, match="nothing was granted to or paid out for 190385-00140 in 2026") as caught:
        _statement(story, "19038500140")
    assert "codes of that year are 010180-00012" in str(caught.value)
    with pytest.raises(NobodyError):
        _statement(story, "010180-00012", 2025)
