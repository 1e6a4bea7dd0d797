"""Amounts of support, and when it ends. EUR without VAT, worked out by hand."""

from __future__ import annotations

from datetime import date

from simulator.domain.model import DiscountRecord, Operation
from tests.simulator.aldis.situations.conftest import Play
from tests.simulator.aldis.situations.story import KAIMINS


def test_a_first_contract_and_the_first_discount(play: Play) -> None:
    story = play("first-contract")
    story.country.until(date(2026, 3, 2))
    story.sign()
    story.country.until(date(2026, 4, 2))
    # Nothing for February, when no retailer reports her. March: low income, 20.00.
    assert story.decisions() == ["2026-03 0077000001 20.00"]
    # March's bill: 31.40 net and 20.00 available: min(31.40, 20.00) = 20.00 come off, nothing is left.
    assert story.pay(story.bill("0077000001", "2026-03", "31.40", "20.00", "0.00", "0.00", of="Anna")) == []
    story.country.until(date(2026, 4, 22))
    assert story.books("2026-03") == "granted 20.00 applied 20.00 carried 0.00 lapsed 0.00 reversed 0.00"


def test_categories_add_up(play: Play) -> None:
    story = play("stacking")
    story.sign()
    story.country.until(date(2026, 2, 2))
    # Ilze: large family 25.00 + 1 child 20.00 = 45.00. Jānis is of the same family: nothing.
    # Marta: low income 20.00 + group I 20.00 + 2 wards of 20.00 = 80.00.
    assert story.decisions() == ["2026-01 0077000001 45.00", "2026-01 0077000003 80.00"]
    (document,) = story.country.discounts()
    counts = [[f"{c.category} {c.count}" for c in discount.categories] for discount in document.discounts()]
    assert counts == [["disabled_child 1", "large_family 1"], ["low_income 1", "disability_group_1 1", "guardian 2"]]
    # Ilze's bill of 60.00 takes 45.00; Marta's of 75.50 takes 75.50 and leaves 80.00 - 75.50 = 4.50.
    ilze = story.bill("0077000001", "2026-01", "60.00", "45.00", "0.00", "0.00", of="Ilze")
    marta = story.bill("0077000003", "2026-01", "75.50", "75.50", "0.00", "4.50", of="Marta", invoice="R-2")
    assert story.pay(ilze, marta) == []
    story.country.until(date(2026, 2, 22))
    # Granted 45.00 + 80.00 = 125.00; applied 45.00 + 75.50 = 120.50; carried 4.50.
    assert story.books("2026-01") == "granted 125.00 applied 120.50 carried 4.50 lapsed 0.00 reversed 0.00"


def test_support_ends_and_what_is_left_of_it_is_still_applied(play: Play) -> None:
    story = play("termination")
    story.sign()
    story.country.until(date(2026, 5, 2))
    # 20.00 for January, February and March; the end is sent once, in April.
    assert story.decisions() == [
        "2026-01 0077000001 20.00",
        "2026-02 0077000001 20.00",
        "2026-03 0077000001 20.00",
        "2026-04 0077000001 ended",
    ]
    end = story.country.discounts()[3].records[0]
    assert isinstance(end, DiscountRecord)
    assert end.reason == "Persona vairs nav aizsargātais lietotājs"
    # January and February take their 20.00; March's bill of 15.00 leaves 5.00; April's of 30.00 takes those 5.00.
    bills = [
        story.bill("0077000001", "2026-01", "40.00", "20.00", "0.00", "0.00", of="Zane"),
        story.bill("0077000001", "2026-02", "40.00", "20.00", "0.00", "0.00", of="Zane"),
        story.bill("0077000001", "2026-03", "15.00", "15.00", "0.00", "5.00", of="Zane"),
        story.bill("0077000001", "2026-04", "30.00", "5.00", "5.00", "0.00", of="Zane"),
    ]
    assert story.pay(*bills) == []
    # Nothing more comes off: 0.01 for May is 0.01 too much.
    story.country.until(date(2026, 6, 2))
    assert story.pay(story.bill("0077000001", "2026-05", "30.00", "0.01", of="Zane")) == [
        ("applied-above-available", 1)
    ]
    story.country.until(date(2026, 6, 22))
    assert story.books("2026-04") == "granted 60.00 applied 60.00 carried 0.00 lapsed 0.00 reversed 0.00"


def test_support_comes_back(play: Play) -> None:
    story = play("re-grant")
    story.sign()
    story.country.until(date(2026, 7, 2))
    # February and March 20.00, ended in April, silent in May, 20.00 again in June.
    assert story.decisions() == [
        "2026-02 0077000001 20.00",
        "2026-03 0077000001 20.00",
        "2026-04 0077000001 ended",
        "2026-06 0077000001 20.00",
    ]
    # February's bill of 8.00 leaves 12.00; March's of 10.00 is paid from these and leaves 22.00: 2.00 + 20.00.
    # June: 22.00 + 20.00 = 42.00 available, the bill of 50.00 takes them, 22.00 of them from before.
    bills = [
        story.bill("0077000001", "2026-02", "8.00", "8.00", "0.00", "12.00", of="Zane"),
        story.bill("0077000001", "2026-03", "10.00", "10.00", "10.00", "22.00", of="Zane"),
        story.bill("0077000001", "2026-06", "50.00", "42.00", "22.00", "0.00", of="Zane"),
    ]
    assert story.pay(*bills) == []
    story.country.until(date(2026, 7, 22))
    assert story.books("2026-06") == "granted 60.00 applied 60.00 carried 0.00 lapsed 0.00 reversed 0.00"


def test_maintenance_arrears_exclude_while_they_last(play: Play) -> None:
    story = play("arrears")
    story.sign()
    story.country.until(date(2026, 6, 2))
    # January 20.00; arrears from February to April; May 20.00 again, and nothing is back-paid for the months between.
    assert story.decisions() == ["2026-01 0077000001 20.00", "2026-02 0077000001 ended", "2026-05 0077000001 20.00"]
    end = story.country.discounts()[1].discounts()[0]
    assert end.reason == "Atbalstu nepiemēro uzturlīdzekļu parāda dēļ"
    bills = [
        story.bill("0077000001", "2026-01", "33.00", "20.00", of="Marta"),
        story.bill("0077000001", "2026-05", "33.00", "20.00", of="Marta"),
    ]
    assert story.pay(*bills) == []
    story.country.until(date(2026, 6, 22))
    assert story.books("2026-05") == "granted 40.00 applied 40.00 carried 0.00 lapsed 0.00 reversed 0.00"


def test_group_1_is_exempt_since_january_2023(play: Play) -> None:
    story = play("group-1-exempt")
    story.sign()
    story.country.until(date(2023, 3, 2))
    # Excluded in November and December 2022; 15.00 in January and February 2023, the rate of then.
    assert story.decisions() == ["2023-01 0077000001 15.00", "2023-02 0077000001 15.00"]
    # January's bill of 12.00 leaves 3.00, February's of 18.00 takes 3.00 + 15.00.
    bills = [
        story.bill("0077000001", "2023-01", "12.00", "12.00", "0.00", "3.00", of="Pēteris"),
        story.bill("0077000001", "2023-02", "18.00", "18.00", "3.00", "0.00", of="Pēteris"),
    ]
    assert story.pay(*bills) == []
    story.country.until(date(2023, 3, 22))
    assert story.books("2023-02") == "granted 30.00 applied 30.00 carried 0.00 lapsed 0.00 reversed 0.00"


def test_a_rate_that_rises_for_a_month_already_determined(play: Play) -> None:
    story = play("retroactive-rate")
    story.sign()
    story.country.until(date(2023, 10, 8))
    # August 15.00 on the 7th; in September 20.00 and the 20.00 - 15.00 = 5.00 that August lacked.
    assert story.decisions() == [
        "2023-07 0077000001 15.00",
        "2023-08 0077000001 15.00",
        "2023-09 0077000001 20.00 + 5.00 for 2023-08",
        "2023-10 0077000001 20.00",
    ]
    # September's bill of 24.30 takes 24.30 of 25.00 (the catch-up is September's support, not carried over): 0.70 left.
    bills = [
        story.bill("0077000001", "2023-07", "40.00", "15.00", of="Anna"),
        story.bill("0077000001", "2023-08", "40.00", "15.00", of="Anna"),
        story.bill("0077000001", "2023-09", "24.30", "24.30", "0.00", "0.70", of="Anna"),
    ]
    assert story.pay(*bills) == []
    story.country.until(date(2023, 10, 22))
    assert story.books("2023-09") == "granted 55.00 applied 54.30 carried 0.70 lapsed 0.00 reversed 0.00"


def test_an_incomplete_month_is_made_good(play: Play) -> None:
    story = play("catch-up")
    story.sign()
    story.country.until(date(2026, 4, 2))
    # Known since 20 February: March's list has 20.00 + 20.00 for January + 20.00 for February = 60.00.
    assert story.decisions() == ["2026-03 0077000001 20.00 + 20.00 for 2026-01 + 20.00 for 2026-02"]
    # March's bill of 52.10 takes 52.10 of 60.00: 7.90 are left.
    assert story.pay(story.bill("0077000001", "2026-03", "52.10", "52.10", "0.00", "7.90", of="Līga")) == []
    story.country.until(date(2026, 4, 22))
    assert story.books("2026-03") == "granted 60.00 applied 52.10 carried 7.90 lapsed 0.00 reversed 0.00"


def test_a_personal_code_changes(play: Play) -> None:
    story = play("code-change")
    edgars = story.person("Edgars")
    old = edgars.code_changes[0].earlier
    story.sign()
    story.country.until(date(2026, 2, 11))
    # January's bill, under the old code: 6.00 of 20.00, 14.00 left.
    assert story.pay(story.bill("0077000001", "2026-01", "6.00", "6.00", "0.00", "14.00", of="Edgars")) == []
    change = story.record("0077000001", Operation.CHANGE)
    assert (change.holder.code, story.country.discounts()[1].discounts()[0].person_code) == (edgars.code, old)
    story.country.send(change)
    story.country.until(date(2026, 4, 2))
    # 20.00 a month throughout; from March's list on under the new code, which the retailer has reported.
    assert [line.split()[-1] for line in story.decisions()] == ["20.00", "20.00", "20.00"]
    named = [discount.discounts()[0].person_code for discount in story.country.discounts()]
    assert named == [old, old, edgars.code]
    # February under the new code: 14.00 + 20.00 = 34.00 available, the bill of 30.00 takes 30.00, 14.00 from before.
    assert story.pay(story.bill("0077000001", "2026-02", "30.00", "30.00", "14.00", "4.00", of="Edgars")) == []
    story.country.until(date(2026, 4, 22))
    # Granted 60.00 to one person; 36.00 applied; 24.00 carried: 4.00 + March's 20.00.
    assert story.books("2026-03") == "granted 60.00 applied 36.00 carried 24.00 lapsed 0.00 reversed 0.00"


def test_the_exchange_begins_with_the_month_after_access(play: Play) -> None:
    story = play("production-month")
    story.sign()
    story.country.until(date(2026, 3, 12))
    # Access was opened on 10 March; a document for March is refused, one for April taken.
    early = story.sign(retailer=KAIMINS, period="2026-03")
    assert [error["code"] for error in early["errors"]] == ["before-production"]
    assert (
        early["errors"][0]["text_en"]
        == "Period 2026-03 is before the regular exchange begins; the first month is 2026-04"
    )
    assert story.sign(retailer=KAIMINS, period="2026-04")["errors"] == []
    story.country.until(date(2026, 5, 2))
    # Jānis 20.00 for March and April. Anna 20.00 from April on; March is not back-paid, although her contract was
    # known in March: the exchange had not begun.
    assert story.decisions() == ["2026-03 0077000001 20.00", "2026-04 0077000001 20.00"]
    assert story.decisions(KAIMINS) == ["2026-04 0078000001 20.00"]
    assert len(story.country.discounts(KAIMINS)) == 1
    assert story.pay(story.bill("0078000001", "2026-04", "25.00", "20.00", of="Anna"), retailer=KAIMINS) == []
    story.country.until(date(2026, 5, 22))
    assert story.books("2026-04", KAIMINS) == "granted 20.00 applied 20.00 carried 0.00 lapsed 0.00 reversed 0.00"
    assert [act["period"] for act in story.country.acts("reconcile") if act["provider"] == "40009990012"] == ["2026-04"]
