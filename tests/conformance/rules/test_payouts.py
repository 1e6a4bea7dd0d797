"""PAY and the amounts of DIS: each fault is found by its own rule and by no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from simulator.documents.writing import write_document
from simulator.domain.model import Category, CategoryCount, ChannelName, DiscountRecord, PayoutRecord, Period, Person
from tests.conformance.rules.builder import (
    ANNA,
    ILZE,
    JANIS,
    NEW_CODE,
    NUMBER,
    PROFILE,
    Story,
    catch_up,
    contract,
    grant,
    payout,
    renamed_anna,
    tenant,
    termination,
)


def march(*paid: PayoutRecord, net: str = "35.40") -> Story:
    return Story().first_contract().month("2026-03", (grant(),), net, *paid)


def good_march(net: str = "12.34") -> Story:
    applied = min(Decimal(net), Decimal("20.00"))
    return march(payout("R-2026-03", net, str(applied), remainder=str(Decimal("20.00") - applied)), net=net)


def april(
    story: Story, *paid: PayoutRecord, net: str = "50.00", records: tuple[DiscountRecord, ...] | None = None
) -> Story:
    return story.month("2026-04", (grant(),) if records is None else records, net, *paid)


def test_a_good_month_breaks_nothing() -> None:
    verdicts = march(payout("R-2026-03", "35.40", "20.00")).verdicts()
    assert not [verdict for verdict in verdicts.values() if verdict.breaches]
    for judged in ("PAY-02", "PAY-03", "PAY-04", "PAY-06", "PAY-07", "PAY-08", "PAY-11"):
        assert verdicts[judged].checked > 0, judged


def test_only_a_bill_smaller_than_the_support_shows_that_tax_is_not_covered() -> None:
    assert march(payout("R-2026-03", "35.40", "20.00")).verdicts()["PAY-01"].checked == 0
    assert good_march("12.34").verdicts()["PAY-01"].checked == 1


def test_what_is_carried_over_comes_first() -> None:
    story = good_march()
    april(story, payout("R-2026-04", "26.99", "26.99", "7.66", "0.67", period="2026-04"), net="26.99")
    assert story.broken() == {}
    assert story.verdicts()["PAY-04"].checked == 2


def test_vat_is_covered() -> None:
    story = march(payout("R-2026-03", "12.34", "14.93", remainder="5.07"), net="12.34")
    assert story.broken() == {"PAY-01": 1}


def test_vat_is_in_the_net_bill() -> None:
    story = march(payout("R-2026-03", "121.00", "20.00"), net="100.00")
    assert story.broken() == {"PAY-26": 1}


def test_more_than_was_granted() -> None:
    assert march(payout("R-2026-03", "35.40", "25.00")).broken() == {"PAY-02": 1}


def test_after_too_much_the_next_bill_is_judged_from_what_really_is_left() -> None:
    story = march(payout("R-2026-03", "35.40", "25.00"))
    april(story, payout("R-2026-04", "50.00", "20.00", period="2026-04"))
    assert story.broken() == {"PAY-02": 1}


def test_support_for_a_person_without_any() -> None:
    story = Story().first_contract().month("2026-03", (), "35.40", payout("R-2026-03", "35.40", "20.00"))
    assert story.broken() == {"PAY-02": 1}


def test_next_months_support_is_used_too_early() -> None:
    story = Story().first_contract()
    for period in ("2026-03", "2026-04"):
        story.decide(period, grant())
        with story.run("discount"):
            story.fetch("discount")
    story.bill("2026-03", ("R-2026-03", "50.00"))
    with story.run("payout"):
        story.fetch("payout")
        story.pay("2026-03", payout("R-2026-03", "50.00", "40.00", issued=None))
    assert story.broken() == {"PAY-02": 1}


def test_too_little_by_rounding_down() -> None:
    story = march(payout("R-2026-03", "12.34", "12.00", remainder="8.00"), net="12.34")
    assert story.broken() == {"PAY-24": 1}


def test_carry_over_forgotten() -> None:
    story = good_march()
    april(story, payout("R-2026-04", "50.00", "20.00", period="2026-04"))
    assert story.broken() == {"PAY-25": 1}


def test_support_that_was_delivered_but_not_fetched_is_not_expected() -> None:
    story = Story().first_contract()
    story.decide("2026-03", grant())
    story.bill("2026-03", ("R-1", "35.40"))
    with story.run("payout"):
        story.fetch("payout")
        story.pay("2026-03")
    assert story.broken() == {}


@pytest.mark.parametrize(("field", "requirement"), [("carried_over", "PAY-04"), ("remainder", "PAY-14")])
def test_wrongly_split(field: str, requirement: str) -> None:
    story = good_march()
    right = payout("R-2026-04", "26.99", "26.99", "7.66", "0.67", period="2026-04")
    april(story, replace(right, **{field: getattr(right, field) + Decimal("0.50")}), net="26.99")
    assert story.broken() == {requirement: 1}


def year_end(january: PayoutRecord, net: str) -> Story:
    story = Story().first_contract()
    story.month(
        "2026-12", (grant(),), "10.01", payout("R-2026-12", "10.01", "10.01", remainder="9.99", period="2026-12")
    )
    return story.month("2027-01", (grant(),), net, january)


def test_what_is_left_lapses_with_the_year() -> None:
    story = year_end(payout("R-2027-01", "77.00", "20.00", period="2027-01"), "77.00")
    assert story.broken() == {}
    assert story.verdicts()["PAY-05"].checked == 1


def test_december_may_state_nothing_as_remainder() -> None:
    story = Story().first_contract()
    story.month("2026-12", (grant(),), "10.01", payout("R-2026-12", "10.01", "10.01", period="2026-12"))
    assert story.broken() == {}


def test_lapsed_support_is_used() -> None:
    story = year_end(payout("R-2027-01", "77.00", "29.99", "9.99", period="2027-01"), "77.00")
    assert story.broken() == {"PAY-05": 1}


def test_lapsed_support_is_only_shown() -> None:
    story = year_end(payout("R-2027-01", "15.00", "15.00", "9.99", "14.99", period="2027-01"), "15.00")
    assert story.broken() == {"PAY-05": 1}


def test_no_payout_reported() -> None:
    assert march().broken() == {"PAY-06": 1}


def test_a_missing_payout_says_nothing_of_the_next_months() -> None:
    story = march()
    april(story, payout("R-2026-04", "50.00", "40.00", "20.00", period="2026-04"))
    assert story.broken() == {"PAY-06": 1}


def test_one_of_two_persons_is_not_reported() -> None:
    story = Story()
    story.sign()
    story.join(ILZE)
    with story.run("contract"):
        story.fetch("contract")
        story.report(contract(sub_users=(tenant(ILZE),)))
    story.month(
        "2026-03",
        (grant(), grant(person=ILZE.code)),
        "80.00",
        payout("R-2026-03", "80.00", "20.00"),
    )
    assert story.broken() == {"PAY-06": 1}


def two_persons(*paid: PayoutRecord, net: str) -> Story:
    story = Story()
    story.sign()
    story.join(ILZE)
    with story.run("contract"):
        story.fetch("contract")
        story.report(contract(sub_users=(tenant(ILZE),)))
    return story.month("2026-03", (grant(), grant(person=ILZE.code)), net, *paid)


@pytest.mark.parametrize(("first", "second"), [(ANNA, ILZE), (ILZE, ANNA)])
def test_persons_of_one_bill_may_come_in_any_order(first: Person, second: Person) -> None:
    one = payout("R-2026-03", "31.70", "20.00", person=first.code)
    other = payout("R-2026-03", "31.70", "11.70", remainder="8.30", person=second.code)
    assert two_persons(one, other, net="31.70").broken() == {}


def test_persons_together_take_more_than_the_bill() -> None:
    one = payout("R-2026-03", "31.70", "20.00")
    assert two_persons(one, replace(one, person_code=ILZE.code), net="31.70").broken() == {"PAY-01": 1}


def test_nothing_applied_is_reported_too() -> None:
    story = march(payout("R-2026-03", "0.00", "0.00", remainder="20.00"), net="0.00")
    assert story.broken() == {}
    assert story.verdicts()["PAY-13"].checked == 1


def test_nothing_applied_is_not_reported() -> None:
    story = march(net="0.00")
    assert story.broken() == {"PAY-13": 1}


def test_paid_out_twice() -> None:
    record = payout("R-2026-03", "35.40", "20.00")
    story = march(record)
    with story.run("payout"):
        story.fetch("payout")
        story.pay("2026-03", record)
    assert story.broken() == {"PAY-07": 1}


@pytest.mark.parametrize("spelling", [str.lower, str.upper])
def test_a_correction_names_the_document_in_small_letters_or_capitals(spelling: Callable[[str], str]) -> None:
    record = payout("R-2026-03", "35.40", "20.00")
    story = march()
    with story.run("payout"):
        story.fetch("payout")
        first = story.pay("2026-03", record, document="0a0b0c0d-0000-4000-8000-0000000000ef")
        story.pay("2026-03", record, corrects=spelling(first))
    assert story.broken() == {}


def test_an_invoice_number_is_reversed_and_issued_again_twice() -> None:
    record = payout("R-2026-03", "12.34", "12.34", remainder="7.66")
    story = march(record, net="12.34")
    for credit in ("K-1", "K-2"):
        story.bill("2026-03", (credit, "12.34"), reverses="R-2026-03")
        with story.run("payout"):
            story.fetch("payout")
            story.pay("2026-03", replace(record, reversal=True))
        story.bill("2026-03", ("R-2026-03", "12.34"))
        with story.run("payout"):
            story.fetch("payout")
            story.pay("2026-03", record)
    assert story.broken() == {}
    assert story.verdicts()["PAY-07"].checked == 3


def test_an_invoice_number_is_reversed_once_and_paid_twice_more() -> None:
    record = payout("R-2026-03", "12.34", "12.34", remainder="7.66")
    story = march(record, net="12.34")
    story.bill("2026-03", ("K-1", "12.34"), reverses="R-2026-03")
    story.bill("2026-03", ("R-2026-03", "12.34"))
    for paid in (replace(record, reversal=True), record, record):
        with story.run("payout"):
            story.fetch("payout")
            story.pay("2026-03", paid)
    assert story.broken() == {"PAY-07": 1}


def test_the_same_document_again_is_no_second_payout() -> None:
    record = payout("R-2026-03", "35.40", "20.00")
    story = Story().first_contract()
    story.decide("2026-03", grant())
    with story.run("discount"):
        story.fetch("discount")
    story.bill("2026-03", ("R-2026-03", "35.40"))
    data = write_document(story.document(ChannelName.PAYOUT, "2026-03", (record,)), PROFILE)
    for _ in range(2):
        with story.run("payout"):
            story.fetch("payout")
            story.send_bytes(ChannelName.PAYOUT, data)
    assert story.broken() == {"ERR-17": 1}


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"invoice_number": "R-2026-3"}, {"PAY-08": 1}),
        ({"invoice_number": "2026/77"}, {"PAY-08": 1}),
        ({"invoice_date": date(2026, 4, 1)}, {"PAY-15": 1}),
        ({"period": Period(2026, 2)}, {"PAY-16": 1}),
        ({"net_bill": Decimal("35.41")}, {"PAY-17": 1}),
        ({"contract": "12345678"}, {"PAY-08": 1}),
    ],
)
def test_not_as_billed(change: dict[str, object], broken: dict[str, int]) -> None:
    record = replace(payout("R-2026-03", "35.40", "20.00"), **change)
    assert march(record).broken() == broken


def test_a_payout_for_the_wrong_person() -> None:
    assert march(payout("R-2026-03", "35.40", "20.00", person=JANIS.code)).broken() == {"PAY-18": 1}


def test_a_payout_for_a_bill_that_never_was() -> None:
    story = march(
        payout("R-2026-03", "35.40", "20.00"), payout("R-2026-03-B", "35.40", "0.00", number="777", period="2026-01")
    )
    assert story.broken() == {"PAY-23": 1}


# -- cancelled bills


def cancelled(*back: PayoutRecord) -> Story:
    story = good_march()
    story.bill("2026-03", ("K-1", "12.34"), reverses="R-2026-03")
    with story.run("payout"):
        story.fetch("payout")
        story.pay("2026-03", *back)
    return story


REVERSAL = payout("R-2026-03", "12.34", "12.34", remainder="7.66", reversal=True)


def test_a_cancelled_bill_gives_back_what_it_took() -> None:
    story = cancelled(REVERSAL)
    april(story, payout("R-2026-04", "50.00", "40.00", "20.00", period="2026-04"))
    assert story.broken() == {}
    assert story.verdicts()["PAY-21"].checked == 1


def test_a_reversal_is_missing() -> None:
    story = good_march()
    story.bill("2026-03", ("K-1", "12.34"), reverses="R-2026-03")
    with story.run("payout"):
        story.fetch("payout")
    assert story.broken() == {"PAY-09": 1}


def test_a_reversal_of_other_amounts() -> None:
    assert cancelled(replace(REVERSAL, applied=Decimal("12.00"))).broken() == {"PAY-19": 1}


def test_a_reversal_of_a_bill_that_stands() -> None:
    story = march(payout("R-2026-03", "35.40", "20.00"))
    with story.run("payout"):
        story.fetch("payout")
        story.pay("2026-03", payout("R-2026-03", "35.40", "20.00", reversal=True))
    assert story.broken() == {"PAY-20": 1}


def test_what_was_cancelled_is_not_given_back() -> None:
    story = cancelled(REVERSAL)
    april(story, payout("R-2026-04", "50.00", "27.66", "7.66", period="2026-04"))
    assert story.broken() == {"PAY-21": 1}


def test_billed_and_cancelled_before_any_run_needs_no_payout() -> None:
    story = Story().first_contract()
    story.decide("2026-03", grant())
    with story.run("discount"):
        story.fetch("discount")
    story.bill("2026-03", ("R-1", "12.34"))
    story.bill("2026-03", ("K-1", "12.34"), reverses="R-1")
    story.bill("2026-03", ("R-2", "35.40"))
    with story.run("payout"):
        story.fetch("payout")
        story.pay("2026-03", payout("R-2", "35.40", "20.00"))
    assert story.broken() == {}


# -- empty months, decimals, the customer's bill


def test_an_empty_month_has_its_document() -> None:
    story = Story().first_contract().month("2026-03", (), "61.07")
    assert story.broken() == {}
    assert story.verdicts()["PAY-10"].checked == 1


def test_an_empty_month_is_not_told() -> None:
    story = Story().first_contract()
    story.bill("2026-03", ("R-1", "61.07"))
    with story.run("payout"):
        story.fetch("payout")
    assert story.broken() == {"PAY-10": 1}


def test_amounts_without_two_decimals() -> None:
    story = Story().first_contract()
    story.decide("2026-03", grant())
    with story.run("discount"):
        story.fetch("discount")
    story.bill("2026-03", ("R-1", "35.40"))
    record = payout("R-1", "35.40", "20.00")
    data = write_document(story.document(ChannelName.PAYOUT, "2026-03", (record,)), PROFILE)
    with story.run("payout"):
        story.fetch("payout")
        story.send_bytes(ChannelName.PAYOUT, data.replace(b">20.00<", b">20<"))
    assert story.broken() == {"PAY-11": 1}


def with_line(applied: str) -> Story:
    story = Story().first_contract()
    story.decide("2026-03", grant())
    with story.run("discount"):
        story.fetch("discount")
    story.bill("2026-03", ("R-1", "35.40"), lines=[{"invoice": "R-1", "person": ANNA.code, "applied": applied}])
    with story.run("payout"):
        story.fetch("payout")
        story.pay("2026-03", payout("R-1", "35.40", "20.00"))
    return story


def test_the_bill_says_what_is_reported() -> None:
    story = with_line("20.00")
    assert story.broken() == {}
    assert story.verdicts()["PAY-12"].checked == 1


def test_the_bill_says_otherwise() -> None:
    assert with_line("15.00").broken() == {"PAY-12": 1}


# -- decisions


def test_support_has_ended_and_goes_on() -> None:
    story = march(payout("R-2026-03", "35.40", "20.00"))
    april(story, payout("R-2026-04", "50.00", "20.00", period="2026-04"), records=(termination(),))
    assert story.broken() == {"DIS-01": 1}


@pytest.mark.parametrize("applied", ["7.66", "0.00"])
def test_what_is_left_after_the_end_may_be_applied_or_not(applied: str) -> None:
    story = good_march()
    left = str(Decimal("7.66") - Decimal(applied))
    april(story, payout("R-2026-04", "50.00", applied, applied, left, period="2026-04"), records=(termination(),))
    assert story.broken() == {}
    assert story.verdicts()["DIS-01"].checked == 1


LATE = grant(catch_up=(catch_up("2026-03", "20.00"),))


def test_catch_up_is_applied() -> None:
    story = Story().first_contract().month("2026-03", (), "55.55")
    april(story, payout("R-2026-04", "55.55", "40.00", period="2026-04"), net="55.55", records=(LATE,))
    assert story.broken() == {}
    assert story.verdicts()["DIS-02"].checked == 1


def test_catch_up_is_left_out() -> None:
    story = Story().first_contract().month("2026-03", (), "55.55")
    april(story, payout("R-2026-04", "55.55", "20.00", period="2026-04"), net="55.55", records=(LATE,))
    story.month("2026-05", (grant(),), "90.00", payout("R-2026-05", "90.00", "20.00", period="2026-05"))
    assert story.broken() == {"DIS-02": 2}


def test_catch_up_is_not_counted_in_the_remainder() -> None:
    story = Story().first_contract().month("2026-03", (), "55.55")
    april(story, payout("R-2026-04", "5.00", "5.00", remainder="15.00", period="2026-04"), net="5.00", records=(LATE,))
    assert story.broken() == {"DIS-02": 1}


STACKED = grant(
    "45.00", categories=(CategoryCount(Category.LARGE_FAMILY, 1), CategoryCount(Category.DISABLED_CHILD, 1))
)


@pytest.mark.parametrize(("applied", "broken"), [("45.00", {}), ("25.00", {"DIS-03": 1}), ("20.00", {"DIS-03": 1})])
def test_categories_add_up(applied: str, broken: dict[str, int]) -> None:
    story = Story().first_contract()
    story.month("2026-03", (STACKED,), "88.88", payout("R-2026-03", "88.88", applied))
    if not broken:
        assert story.verdicts()["DIS-03"].checked == 1
    assert story.broken() == broken


def test_every_child_counts() -> None:
    twice = grant("40.00", categories=(CategoryCount(Category.DISABLED_CHILD, 2),))
    story = Story().first_contract().month("2026-03", (twice,), "88.88", payout("R-2026-03", "88.88", "20.00"))
    assert story.broken() == {"DIS-03": 1}


def test_a_person_with_a_new_code_keeps_what_is_left() -> None:
    story = good_march_of_renamed()
    story.month(
        "2026-04",
        (grant(person=NEW_CODE),),
        "24.50",
        payout("R-2026-04", "24.50", "24.50", "7.66", "3.16", period="2026-04", person=NEW_CODE),
    )
    assert story.broken() == {}


def good_march_of_renamed() -> Story:
    story = Story(residents=renamed_anna()).first_contract()
    return story.month("2026-03", (grant(),), "12.34", payout("R-2026-03", "12.34", "12.34", remainder="7.66"))


def test_a_corrected_decision_replaces_the_first() -> None:
    story = Story().first_contract()
    first = "00000000-0000-4000-8000-000000000001"
    story.decide("2026-03", grant("15.00"), document=first)
    story.decide("2026-03", grant("20.00"), corrects=first)
    with story.run("discount"):
        story.fetch("discount")
    story.bill("2026-03", ("R-1", "35.40"))
    with story.run("payout"):
        story.fetch("payout")
        story.pay("2026-03", payout("R-1", "35.40", "20.00"))
    assert story.broken() == {}


def test_a_decision_that_comes_twice_counts_once() -> None:
    story = Story().first_contract()
    same = "00000000-0000-4000-8000-000000000001"
    story.decide("2026-03", grant(), document=same)
    story.decide("2026-03", grant(), document=same)
    with story.run("discount"):
        story.fetch("discount")
    story.bill("2026-03", ("R-1", "85.40"))
    with story.run("payout"):
        story.fetch("payout")
        story.pay("2026-03", payout("R-1", "85.40", "40.00"))
    assert story.broken() == {"DIS-05": 1}


def test_recorded_traffic_alone_is_judged_by_its_own_bills() -> None:
    story = Story()
    story.report(contract())
    story.decide("2026-03", grant())
    story.fetch("discount")
    story.at("2026-04-02")
    story.pay("2026-03", payout("R-1", "35.40", "25.00", number=NUMBER))
    assert story.broken() == {"PAY-02": 1}
