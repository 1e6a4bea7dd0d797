"""Payout documents sent through DIT, checked against decisions and ledger. Amounts in EUR, worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from simulator.domain.model import ChannelName, Operation, PayoutRecord
from simulator.world.model import Spell
from tests.simulator.aldis.conftest import MakeCountry
from tests.simulator.aldis.country import Country, codes
from tests.simulator.aldis.people import (
    ANNA,
    EDGARS_NEW,
    EDGARS_OLD,
    ILZE,
    JANIS,
    KAIMINS,
    NOBODY,
    PARAUGS,
    contract,
    edgars,
    payout,
    poor,
    world,
)


@pytest.fixture
def country(make_country: MakeCountry) -> Country:
    """February 2026 is over: Anna on contract 1 and Jānis on contract 2 had 20.00 in January and 20.00 in February."""
    country = make_country(world(poor(ANNA), poor(JANIS)))
    country.send(contract("1", ANNA), contract("2", JANIS))
    country.until(date(2026, 3, 2))
    return country


def _january(**fields: Any) -> PayoutRecord:
    """Anna's bill of January: 12.35 net, so 12.35 of 20.00 are applied and 7.65 remain."""
    return replace(payout("1", "2026-01", "12.35", "12.35", "0.00", "7.65"), **fields)


def _february(**fields: Any) -> PayoutRecord:
    """Anna's bill of February: 25.10 net of 7.65 + 20.00 available; 7.65 carried over, 2.55 remain."""
    return replace(payout("1", "2026-02", "25.10", "25.10", "7.65", "2.55"), **fields)


def test_payouts_are_taken_without_a_word(country: Country) -> None:
    found = country.send(_january(), period="2026-01")
    assert (found["accepted"], found["errors"], found["event_message"]) == (1, [], None)
    found = country.send(_february())
    assert (found["accepted"], found["errors"], found["late"]) == (1, [], False)


def test_a_bill_of_nothing_but_vat_takes_nothing(country: Country) -> None:
    # Net 0.00: nothing can be applied, all 20.00 remain.
    assert codes(country.send(payout("1", "2026-01", "0.00", "0.00", "0.00", "20.00"))) == []


BAD: list[tuple[str, PayoutRecord]] = [
    ("person-unknown", _february(person_code=NOBODY)),
    ("personal-code", _february(person_code="010180-00013")),
    ("contract-unknown", _february(contract="404")),
    ("decision-unknown", _february(person_code=ILZE.code)),
    ("decision-unknown", _february(contract="2", invoice_number="R-9")),  # a contract that Anna is not on
    ("applied-over-net", _february(net_bill=Decimal("25.09"))),
    ("applied-above-available", _february(net_bill=Decimal(99), applied=Decimal("27.66"))),
    ("invoice-repeated", _february(invoice_number="R-2026-01")),
    ("carried-over-wrong", _february(carried_over=Decimal("7.64"))),
    ("carried-over-wrong", _february(carried_over=Decimal("7.66"))),
    ("remainder-wrong", _february(remainder=Decimal("2.54"))),
    ("remainder-wrong", _february(remainder=Decimal("0.00"))),  # not December
    ("reversal-of-nothing", _february(reversal=True)),
    ("reversal-differs", _january(reversal=True, applied=Decimal("12.34"))),
    ("payout-period", payout("1", "2026-03", "20.00", "20.00", "0.00", "0.00", day=date(2026, 3, 2))),
    ("money-negative", _february(remainder=Decimal("-2.55"))),
]


@pytest.mark.parametrize(("code", "record"), BAD, ids=[code for code, _ in BAD])
def test_a_bad_record_is_refused_and_the_good_ones_are_taken(country: Country, code: str, record: PayoutRecord) -> None:
    country.send(_january())
    good = payout("2", "2026-02", "40.00", "40.00", "20.00", "0.00", person=JANIS)
    found = country.send(good, record, period="2026-02")
    assert codes(found) == [(code, 2)]
    assert found["accepted"] == 1
    # What was refused changed nothing: Anna's right record is taken afterwards.
    assert codes(country.send(_february())) == []


def test_the_texts_name_the_amounts(country: Country) -> None:
    record = _february(invoice_number="R-77", net_bill=Decimal(99), applied=Decimal("40.01"))
    (error,) = country.send(record)["errors"]
    assert error["text_en"] == "Invoice R-77 took 40.01 EUR of support, but 40.00 EUR are available"
    assert error["text_lv"] == "Rēķinam R-77 piemēroti 40.01 EUR, bet pieejami ir 40.00 EUR"


def test_another_retailers_contract_is_none_of_ours(country: Country) -> None:
    assert codes(country.send(_january(), retailer=KAIMINS)) == [("contract-unknown", 1)]


def test_two_months_can_land_on_one_bill(country: Country) -> None:
    # No bill in January; February's of 38.00 takes January's 20.00 and 18.00 of February's.
    assert codes(country.send(payout("1", "2026-02", "38.00", "38.00", "20.00", "2.00"))) == []


def test_a_late_payout_explains_what_could_not_be_confirmed(country: Country) -> None:
    # February's record comes before January's: 7.65 carried over and 2.55 left are less than ALDIS can see
    # (25.10 of 40.00: 20.00 carried over, 14.90 left), and January is still missing.
    found = country.send(_february())
    assert [(error["code"], error["severity"]) for error in found["errors"]] == [("carry-unconfirmed", "warning")]
    assert found["accepted"] == 1
    assert codes(country.send(_january(), period="2026-01")) == []
    country.until(date(2026, 3, 22))
    assert [act["differences"] for act in country.acts("reconcile") if act["period"] == "2026-02"] == [[], []]


def test_the_order_of_the_records_in_a_document_does_not_matter(country: Country) -> None:
    assert codes(country.send(_february(), _january())) == []


def test_more_than_a_missing_payout_can_explain_is_an_error(country: Country) -> None:
    # A missing payout can only make less be left, never more than 14.90.
    assert codes(country.send(_february(carried_over=Decimal(20), remainder=Decimal("14.91")))) == [
        ("remainder-wrong", 1)
    ]


def test_a_late_payout_cannot_take_what_a_later_bill_took(country: Country) -> None:
    country.send(payout("1", "2026-02", "50.00", "40.00", "20.00", "0.00"))
    # February's bill took all 40.00; nothing can have come off January's.
    found = country.send(_january(), period="2026-01")
    assert codes(found) == [("applied-above-available", 1)]
    assert "0.00 EUR are available" in found["errors"][0]["text_en"]


def test_a_reversal_gives_back_exactly_what_was_applied(country: Country) -> None:
    country.send(_january())
    country.send(_january(reversal=True))
    assert codes(country.send(_january(reversal=True))) == [("reversal-of-nothing", 1)]
    # January is billed again: 18.00 of the 20.00.
    assert codes(country.send(payout("1", "2026-01", "18.00", "18.00", "0.00", "2.00", invoice="R-2"))) == []
    # February then finds 2.00 + 20.00.
    assert codes(country.send(payout("1", "2026-02", "30.00", "22.00", "2.00", "0.00"))) == []


def test_bill_reversal_and_new_bill_in_one_document(country: Country) -> None:
    again = payout("1", "2026-01", "18.00", "18.00", "0.00", "2.00", invoice="R-2")
    found = country.send(_january(), _january(reversal=True), again)
    assert (found["accepted"], found["errors"]) == (3, [])


def test_an_earlier_bill_is_reversed_after_a_later_one(country: Country) -> None:
    country.send(_january())
    country.send(_february())
    country.send(_january(reversal=True), period="2026-02")
    country.until(date(2026, 4, 2))
    # 20.00 of March, 2.55 left by February and 12.35 given back by January: 34.90, of which 14.90 are from before.
    march = payout("1", "2026-03", "50.00", "34.90", "14.90", "0.00")
    assert codes(country.send(march)) == []
    country.until(date(2026, 4, 22))
    ours = [act for act in country.acts("reconcile") if act["provider"] == PARAUGS.registration_number]
    # 60.00 granted to Anna and 60.00 to Jānis, of whom there is no payout; 25.10 + 34.90 applied.
    assert ours[-1] == {
        "period": "2026-03",
        "provider": "40009990008",
        "granted": "120.00",
        "applied": "60.00",
        "carried": "60.00",
        "lapsed": "0.00",
        "reversed": "12.35",
        "differences": [],
    }


def test_the_persons_of_a_contract_share_its_bill(make_country: MakeCountry) -> None:
    country = make_country(world(poor(ANNA), poor(JANIS)))
    country.send(contract("1", ILZE, sub_users=(ANNA, JANIS)))
    country.until(date(2026, 2, 2))
    # 30.00 net, 40.00 available: Anna's 20.00 are used up, of Jānis's 10.00 remain.
    anna = payout("1", "2026-01", "30.00", "20.00", "0.00", "0.00")
    janis = payout("1", "2026-01", "30.00", "10.00", "0.00", "10.00", person=JANIS)
    assert codes(country.send(anna, janis)) == []


def test_together_they_take_no_more_than_the_bill(make_country: MakeCountry) -> None:
    country = make_country(world(poor(ANNA), poor(JANIS)))
    country.send(contract("1", ILZE, sub_users=(ANNA, JANIS)))
    country.until(date(2026, 2, 2))
    country.send(payout("1", "2026-01", "30.00", "20.00", "0.00", "0.00"))
    # In a second document; 20.00 + 10.01 are more than 30.00. And the bill's net must be the same.
    janis = payout("1", "2026-01", "30.00", "10.01", "0.00", "9.99", person=JANIS)
    assert codes(country.send(janis)) == [("applied-above-net", 1)]
    other = payout("1", "2026-01", "31.00", "10.00", "0.00", "10.00", person=JANIS)
    assert codes(country.send(other)) == [("net-bill-differs", 1)]
    assert codes(country.send(replace(other, net_bill=Decimal(30)))) == []


def test_payouts_go_on_under_a_changed_code(make_country: MakeCountry) -> None:
    country = make_country(world(edgars(date(2026, 2, 10)), Spell(EDGARS_NEW, poor(ANNA).category, date(2025, 1, 1))))
    country.send(contract("1", EDGARS_OLD))
    country.until(date(2026, 2, 15))
    country.send(payout("1", "2026-01", "5.00", "5.00", "0.00", "15.00", person=EDGARS_OLD))
    country.send(contract("1", EDGARS_NEW, Operation.CHANGE))
    country.until(date(2026, 3, 2))
    # One account: 15.00 of January and 20.00 of February.
    assert codes(country.send(payout("1", "2026-02", "99.00", "35.00", "15.00", "0.00", person=EDGARS_NEW))) == []


def test_what_is_left_lapses_with_the_year(make_country: MakeCountry) -> None:
    country = make_country(world(poor(ANNA), start=date(2026, 11, 1)))
    country.send(contract("1", ANNA))
    country.until(date(2027, 1, 5))
    country.send(payout("1", "2026-11", "5.00", "5.00", "0.00", "15.00"), period="2026-11")
    # December: 15.00 + 20.00 available, 18.00 applied, 17.00 are left and lapse.
    country.send(payout("1", "2026-12", "18.00", "18.00", "15.00", "17.00"))
    country.until(date(2027, 2, 2))
    # January begins with its own 20.00 alone.
    assert codes(country.send(payout("1", "2027-01", "50.00", "35.00", "15.00", "0.00"))) == [
        ("applied-above-available", 1)
    ]
    assert codes(country.send(payout("1", "2027-01", "50.00", "20.00", "0.00", "0.00"))) == []
    december = next(act for act in country.acts("reconcile") if act["period"] == "2026-12")
    assert (december["granted"], december["applied"], december["carried"], december["lapsed"]) == (
        "40.00",
        "23.00",
        "0.00",
        "17.00",
    )
    assert december["differences"] == []


@pytest.mark.parametrize("remainder", ["0.00", "17.00"])
def test_decembers_remainder_may_be_told_before_or_after_it_lapsed(make_country: MakeCountry, remainder: str) -> None:
    country = make_country(world(poor(ANNA), start=date(2026, 12, 1)))
    country.send(contract("1", ANNA))
    country.until(date(2027, 1, 5))
    assert codes(country.send(payout("1", "2026-12", "3.00", "3.00", "0.00", remainder))) == []


def test_a_corrected_document_replaces_its_payouts(country: Country) -> None:
    first = country.document(_january(), payout("2", "2026-01", "20.00", "20.00", person=JANIS))
    country.post(first)
    country.take()
    # Anna's bill was really 10.00; Jānis had none.
    right = payout("1", "2026-01", "10.00", "10.00", "0.00", "10.00")
    assert codes(country.send(right, corrects=first.header.document_id)) == []
    assert codes(country.send(payout("1", "2026-02", "31.00", "30.00", "10.00", "0.00"))) == []
    assert codes(country.send(payout("2", "2026-02", "40.00", "40.00", "20.00", "0.00", person=JANIS))) == []


def test_a_correction_of_a_refused_record_is_taken(country: Country) -> None:
    first = country.document(_january(remainder=Decimal("9.99")))
    country.post(first)
    assert codes(country.take()) == [("remainder-wrong", 1)]
    assert codes(country.send(_january(), corrects=first.header.document_id)) == []
    assert codes(country.send(_february())) == []


def test_the_same_payout_document_again_pays_nothing_twice(country: Country) -> None:
    document = country.document(_january())
    country.post(document)
    country.take()
    country.post(document)
    assert country.take()["duplicate"] is True
    assert codes(country.send(_february())) == []


def test_payouts_after_the_20th_are_late_and_taken(country: Country) -> None:
    found = country.send(_january())
    # January's were due by 20 February.
    assert (found["late"], found["accepted"]) == (True, 1)
    country.until(date(2026, 3, 20), 23)
    assert country.send(_february())["late"] is False


def test_a_month_that_has_not_begun_is_not_paid_out(country: Country) -> None:
    found = country.send(payout("1", "2026-04", "20.00", "20.00", "0.00", "0.00"), period="2026-04")
    assert ("period-too-early", None) in codes(found)
    assert found["accepted"] == 0


def test_a_month_is_closed_after_a_year(country: Country) -> None:
    country.until(date(2027, 2, 2))
    assert codes(country.send(_january())) == [("period-too-late", None)]
    found = country.send(_january(), period="2026-02")
    assert codes(found) == [("period-too-late", 1)]


def test_an_empty_month_is_taken(country: Country) -> None:
    country.post(country.document(channel=ChannelName.PAYOUT, period="2026-02"))
    found = country.take()
    assert (found["accepted"], found["errors"], found["period"]) == (0, [], "2026-02")
