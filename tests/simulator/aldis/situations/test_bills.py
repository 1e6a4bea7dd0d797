"""Support on bills: carry-over, lapse, one bill for two months, reversals. EUR without VAT, worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tests.simulator.aldis.situations.conftest import Play

ANNAS = "0077000001"


def test_what_a_small_bill_leaves_is_carried_over(play: Play) -> None:
    story = play("carry-over")
    story.sign()
    story.country.until(date(2026, 4, 2))
    bills = [
        # 20.00 available; 12.35 applied; 20.00 - 12.35 = 7.65 left.
        story.bill(ANNAS, "2026-01", "12.35", "12.35", "0.00", "7.65", of="Anna"),
        # 7.65 + 20.00 = 27.65 available; 25.10 applied, 7.65 of it from January; 2.55 left.
        story.bill(ANNAS, "2026-02", "25.10", "25.10", "7.65", "2.55", of="Anna"),
        # 2.55 + 20.00 = 22.55 available and all applied to 60.00.
        story.bill(ANNAS, "2026-03", "60.00", "22.55", "2.55", "0.00", of="Anna"),
    ]
    assert story.pay(*bills) == []
    story.country.until(date(2026, 4, 22))
    assert story.books("2026-01") == "granted 20.00 applied 0.00 carried 20.00 lapsed 0.00 reversed 0.00"
    # 3 x 20.00 = 60.00 = 12.35 + 25.10 + 22.55.
    assert story.books("2026-03") == "granted 60.00 applied 60.00 carried 0.00 lapsed 0.00 reversed 0.00"


def test_the_rest_lapses_with_the_calendar_year(play: Play) -> None:
    story = play("year-end")
    story.sign()
    story.country.until(date(2027, 1, 5))
    # November: 5.00 of 20.00, 15.00 left. December: 35.00 available, 18.00 applied, 15.00 from before, 17.00 left.
    november = story.bill(ANNAS, "2026-11", "5.00", "5.00", "0.00", "15.00", of="Anna")
    december = story.bill(ANNAS, "2026-12", "18.00", "18.00", "15.00", "17.00", of="Anna")
    assert story.pay(november, december) == []
    story.country.until(date(2027, 2, 2))
    # January has its own 20.00 and nothing of the 17.00.
    much = story.bill(ANNAS, "2027-01", "50.00", "20.01", of="Anna")
    assert story.pay(much) == [("applied-above-available", 1)]
    assert story.pay(story.bill(ANNAS, "2027-01", "50.00", "20.00", "0.00", "0.00", of="Anna"), period="2027-01") == []
    story.country.until(date(2027, 2, 22))
    # 40.00 = 23.00 applied + 17.00 lapsed.
    assert story.books("2026-12") == "granted 40.00 applied 23.00 carried 0.00 lapsed 17.00 reversed 0.00"
    assert story.books("2027-01").startswith("granted 20.00 applied 20.00 carried 0.00 lapsed 0.00 reversed 0.00")


def test_vat_is_never_covered(play: Play) -> None:
    story = play("vat-only")
    story.sign()
    story.country.until(date(2026, 3, 2))
    # Net 0.00: to take even a cent would cover VAT.
    assert story.pay(story.bill(ANNAS, "2026-01", "0.00", "0.01", "0.00", "19.99", of="Anna")) == [
        ("applied-over-net", 1)
    ]
    # So 0.00 is applied and 20.00 are left; February's bill of 32.00 takes 32.00 of 40.00, 20.00 of it from January.
    bills = [
        story.bill(ANNAS, "2026-01", "0.00", "0.00", "0.00", "20.00", of="Anna"),
        story.bill(ANNAS, "2026-02", "32.00", "32.00", "20.00", "8.00", of="Anna"),
    ]
    assert story.pay(*bills) == []
    story.country.until(date(2026, 3, 22))
    # The refused record stands as a difference until a corrected document replaces it.
    assert story.books("2026-02") == (
        "granted 40.00 applied 32.00 carried 8.00 lapsed 0.00 reversed 0.00; record-refused , not applied-over-net"
    )


def test_two_months_on_one_bill(play: Play) -> None:
    story = play("two-months-one-bill")
    story.sign()
    story.country.until(date(2026, 3, 2))
    # No bill in January. February's of 38.00 finds 20.00 of January and 20.00 of February: 38.00 applied, the oldest
    # first, so 20.00 carried over and 18.00 of February's; 2.00 left.
    assert story.pay(story.bill(ANNAS, "2026-02", "38.00", "38.00", "20.00", "2.00", of="Anna")) == []
    story.country.until(date(2026, 3, 22))
    assert story.books("2026-02") == "granted 40.00 applied 38.00 carried 2.00 lapsed 0.00 reversed 0.00"


def test_payouts_that_arrive_late(play: Play) -> None:
    story = play("late-payouts")
    story.sign()
    story.country.until(date(2026, 3, 18))
    # February's come in time (by 20 March) and say that 7.65 were carried over and 2.55 are left; ALDIS knows of no
    # bill of January and would expect 20.00 and 14.90: it warns and takes them.
    february = story.bill(ANNAS, "2026-02", "25.10", "25.10", "7.65", "2.55", of="Anna")
    assert story.pay(february) == [("carry-unconfirmed", 1)]
    # January's were due by 20 February: late, and taken. 12.35 of 20.00: 7.65 left.
    january = story.country.send(story.bill(ANNAS, "2026-01", "12.35", "12.35", "0.00", "7.65", of="Anna"))
    assert (january["late"], january["accepted"], january["errors"]) == (True, 1, [])
    story.country.until(date(2026, 3, 22))
    # 40.00 - 12.35 - 25.10 = 2.55.
    assert story.books("2026-02") == "granted 40.00 applied 37.45 carried 2.55 lapsed 0.00 reversed 0.00"


def test_payouts_that_are_repeated(play: Play) -> None:
    story = play("repeated-payouts")
    story.sign()
    story.country.until(date(2026, 2, 2))
    bill = story.bill(ANNAS, "2026-01", "12.35", "12.35", "0.00", "7.65", of="Anna")
    document = story.country.document(bill)
    story.country.post(document)
    assert story.country.take()["accepted"] == 1
    # The same document: nothing changes, and ALDIS says so.
    story.country.post(document)
    again = story.country.take()
    assert (again["duplicate"], again["accepted"]) == (True, 0)
    # The same invoice in another document: refused.
    assert story.pay(bill) == [("invoice-repeated", 1)]
    story.country.until(date(2026, 2, 22))
    # 12.35 once, not 24.70.
    assert story.books("2026-01").startswith("granted 20.00 applied 12.35 carried 7.65 lapsed 0.00 reversed 0.00")


def test_a_cancelled_bill_gives_back_exactly_what_it_took(play: Play) -> None:
    story = play("reversed-payouts")
    story.sign()
    story.country.until(date(2026, 2, 10))
    wrong = story.bill(ANNAS, "2026-01", "12.35", "12.35", "0.00", "7.65", of="Anna")
    assert story.pay(wrong) == []
    # January is cancelled (7.65 + 12.35 = 20.00 again) and billed again with 10.00: 10.00 left.
    reissued = story.bill(ANNAS, "2026-01", "10.00", "10.00", "0.00", "10.00", of="Anna", invoice="R-2026-01-B")
    assert story.pay(replace(wrong, reversal=True), reissued) == []
    story.country.until(date(2026, 3, 2))
    # February: 10.00 + 20.00 = 30.00 available, 25.10 applied, 10.00 of it from January, 4.90 left.
    february = story.bill(ANNAS, "2026-02", "25.10", "25.10", "10.00", "4.90", of="Anna")
    assert story.pay(february) == []
    # February's bill is cancelled, too, and its consumption billed with March's.
    story.country.until(date(2026, 4, 2))
    assert story.pay(replace(february, reversal=True), period="2026-03") == []
    assert story.pay(replace(february, reversal=True), period="2026-03") == [("reversal-of-nothing", 1)]
    # March: 60.00 - 10.00 = 50.00 available, 30.00 of it from before; the bill of 45.00 leaves 5.00.
    assert story.pay(story.bill(ANNAS, "2026-03", "45.00", "45.00", "30.00", "5.00", of="Anna")) == []
    story.country.until(date(2026, 4, 22))
    # Applied 10.00 + 45.00; reversed 12.35 + 25.10 = 37.45. The second reversal was refused and is not corrected.
    assert story.books("2026-03") == (
        "granted 60.00 applied 55.00 carried 5.00 lapsed 0.00 reversed 37.45; record-refused , not reversal-of-nothing"
    )
