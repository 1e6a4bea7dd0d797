"""CON, PRI and CAL-01, about contracts: each fault is found by its own rule and by no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from simulator.domain.model import Address, Operation, Person
from tests.conformance.rules.builder import (
    ANNA,
    HOME,
    ILZE,
    JANIS,
    NEW_CODE,
    NUMBER,
    OURS,
    THEIRS,
    Story,
    contract,
    payout,
    renamed_anna,
    tenant,
)

CHANGE, END = Operation.CHANGE, Operation.END


def reported(story: Story, *records: Any, day: str | None = None, **options: Any) -> Story:
    if day is not None:
        story.at(day)
    with story.run("contract"):
        story.fetch("contract")
        if records:
            story.report(*records, **options)
    return story


def signed() -> Story:
    story = Story()
    story.sign()
    return story


# -- CON-01


def test_a_new_contract_is_reported() -> None:
    story = Story().first_contract()
    assert story.broken() == {}
    for judged in ("CON-01", "CON-02", "CON-03", "CON-07", "CON-08", "CAL-01", "PRI-01", "XML-03"):
        assert story.verdicts()[judged].checked == 1, judged


def test_a_new_contract_is_not_reported() -> None:
    assert reported(signed()).broken() == {"CON-01": 1}


def test_no_run_no_verdict() -> None:
    assert signed().verdicts()["CON-01"].checked == 0


def test_a_run_that_the_driver_failed_is_no_occasion() -> None:
    story = signed()
    with story.run("contract", answer={"ok": False, "error": "out of memory"}):
        pass
    assert story.broken() == {"DRV-01": 1}


def test_reported_in_a_later_run_is_reported() -> None:
    story = reported(reported(signed()), contract())
    assert story.broken() == {}


def test_one_of_two_contracts_is_left_out() -> None:
    story = signed()
    story.sign("555", JANIS)
    assert reported(story, contract()).broken() == {"CON-01": 1}


def test_new_is_reported_as_a_change() -> None:
    assert reported(signed(), contract(operation=CHANGE)).broken() == {"CON-01": 1}


def test_a_refused_document_is_not_two_faults() -> None:
    story = signed()
    with story.run("contract"):
        story.fetch("contract")
        story.report(contract(), fault="no-right")
    assert story.broken() == {"DIT-05": 1}


def test_an_event_that_the_driver_refused_never_happened() -> None:
    story = Story()
    story.sign(answer=None)
    story.apply({"ok": False, "error": "no"}, kind="contract.end", contract=NUMBER, valid_to="2026-03-31")
    assert reported(story).broken() == {"DRV-01": 1}


# -- CON-02


@pytest.mark.parametrize("number", ["12345678", "00-1234-5678", " 0012345678".strip() + "0"])
def test_the_number_is_written_otherwise(number: str) -> None:
    story = reported(signed(), contract(contract=number, metering_point=contract().metering_point))
    assert story.broken() == {"CON-02": 1}


def test_a_misspelt_contract_says_nothing_of_money() -> None:
    story = reported(signed(), contract(contract="12345678", metering_point=contract().metering_point))
    story.month("2026-03", (), "35.40", payout("R-2026-03", "35.40", "20.00", number="12345678"))
    assert story.broken() == {"CON-02": 1}


# -- CON-03


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"metering_point": contract("X99").metering_point}, {"CON-17": 1}),
        ({"holder": replace(ANNA, surname="Berzina")}, {"CON-03": 1}),
        ({"holder": replace(ANNA, given_name="ANNA")}, {"CON-03": 1}),
        ({"holder": replace(ANNA, code=JANIS.code)}, {"CON-20": 1}),
        ({"address": Address("Paraugu iela 2, Paraugciems", HOME.code)}, {"CON-18": 1}),
        ({"address": Address(HOME.text, None)}, {"CON-18": 1}),
        ({"valid_from": date(2026, 2, 28)}, {"CON-19": 1}),
        ({"valid_to": date(2026, 12, 31)}, {"CON-19": 1}),
    ],
)
def test_content_is_not_as_signed(change: dict[str, Any], broken: dict[str, int]) -> None:
    assert reported(signed(), contract(**change)).broken() == broken


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"metering_point": "43Z-STO00000001X"}, {"CON-09": 1}),
        ({"holder": replace(ANNA, code="010180-00011")}, {"CON-10": 1}),
        ({"valid_to": date(2026, 1, 31)}, {"CON-11": 1, "CON-19": 1}),
        ({"sub_users": (tenant(ANNA),)}, {"CON-13": 1}),
        ({"sub_users": (tenant(ILZE),)}, {"PRI-02": 1}),
        ({"address": Address(HOME.text.replace(" ", "  "), HOME.code)}, {"XML-06": 1}),
    ],
)
def test_a_record_that_cannot_be_right_by_itself(change: dict[str, Any], broken: dict[str, int]) -> None:
    assert reported(signed(), contract(**change)).broken() == broken


def test_the_hyphen_of_a_personal_code_is_optional() -> None:
    story = reported(signed(), contract(holder=replace(ANNA, code=ANNA.code.replace("-", ""))))
    assert story.broken() == {}


def test_an_address_code_may_be_added() -> None:
    story = Story()
    story.sign(address={"text": HOME.text, "code": None})
    assert reported(story, contract()).broken() == {}


def test_a_sub_user_is_misspelt() -> None:
    story = signed()
    story.join(ILZE)
    wrong = Person(ILZE.code, ILZE.given_name, "Krumina")
    assert reported(story, contract(sub_users=(tenant(wrong),))).broken() == {"CON-03": 1}


# -- CON-04


def test_an_end_is_reported() -> None:
    story = Story().first_contract()
    story.end("2026-03-31")
    reported(story, contract(operation=END, valid_to=date(2026, 3, 31)))
    assert story.broken() == {}
    assert story.verdicts()["CON-04"].checked == 1


def test_an_end_is_not_reported() -> None:
    story = Story().first_contract()
    story.end("2026-03-31")
    assert reported(story).broken() == {"CON-04": 1}


def test_an_end_with_another_day() -> None:
    story = Story().first_contract()
    story.end("2026-03-31")
    assert reported(story, contract(operation=END, valid_to=date(2026, 4, 1))).broken() == {"CON-04": 1}


def test_signed_and_ended_between_two_runs() -> None:
    story = signed()
    story.end("2026-03-31")
    assert reported(story, contract(valid_to=date(2026, 3, 31))).broken() == {}


# -- CON-05


def moved(story: Story) -> Story:
    story.sign(kind="contract.change", address={"text": "Jaunā iela 5, Paraugciems", "code": "987654321"})
    return story


NEW_HOME = Address("Jaunā iela 5, Paraugciems", "987654321")


def test_a_change_is_reported() -> None:
    story = reported(moved(Story().first_contract()), contract(operation=CHANGE, address=NEW_HOME))
    assert story.broken() == {}
    assert story.verdicts()["CON-14"].checked == 1


@pytest.mark.parametrize("records", [(), (contract(operation=CHANGE),)])
def test_a_change_is_not_reported_or_says_the_old(records: tuple[Any, ...]) -> None:
    assert reported(moved(Story().first_contract()), *records).broken() == {"CON-14": 1}


def test_a_change_before_the_first_report_goes_with_it() -> None:
    assert reported(moved(signed()), contract(address=NEW_HOME)).broken() == {}


def test_a_change_that_was_undone_needs_no_report() -> None:
    story = moved(Story().first_contract())
    story.sign(kind="contract.change")
    assert reported(story).broken() == {}


RENAMED = replace(ANNA, code=NEW_CODE)


def renamed() -> Story:
    story = Story(residents=renamed_anna()).first_contract().at("2026-04-01")
    story.sign(holder=RENAMED, kind="contract.change", previous_code=ANNA.code)
    return story


def test_a_new_code_is_a_change() -> None:
    assert reported(renamed(), contract(holder=RENAMED, operation=CHANGE), period="2026-04").broken() == {}


def test_a_new_code_is_told_as_end_and_new() -> None:
    end = contract(operation=END, valid_to=date(2026, 3, 31))
    assert reported(renamed(), end, contract(holder=RENAMED), period="2026-04").broken() == {"CON-05": 1, "CON-12": 1}


# -- CON-06


def test_a_sub_user_is_reported() -> None:
    story = Story().first_contract()
    story.join(ILZE)
    reported(story, contract(operation=CHANGE, sub_users=(tenant(ILZE),)))
    assert story.broken() == {}
    assert story.verdicts()["CON-06"].checked == 1


def test_a_sub_user_is_not_reported() -> None:
    story = Story().first_contract()
    story.join(ILZE)
    assert reported(story).broken() == {"CON-06": 1}


def test_a_contract_is_reported_without_its_sub_user() -> None:
    story = signed()
    story.join(ILZE)
    assert reported(story, contract()).broken() == {"CON-06": 1}


def left() -> Story:
    story = signed()
    story.join(ILZE)
    reported(story, contract(sub_users=(tenant(ILZE),)))
    story.leave(ILZE, "2026-03-20")
    return story


def test_a_sub_user_leaves() -> None:
    assert reported(left(), contract(operation=CHANGE), day="2026-03-25").broken() == {}


def test_a_sub_user_who_leaves_later_may_still_be_named() -> None:
    assert reported(left(), day="2026-03-15").broken() == {}


def test_a_sub_user_who_left_is_not_reported() -> None:
    assert reported(left(), day="2026-03-25").broken() == {"CON-16": 1}


def test_a_sub_user_who_left_is_still_named() -> None:
    story = moved(left())
    record = contract(operation=CHANGE, address=NEW_HOME, sub_users=(tenant(ILZE),))
    assert reported(story, record, day="2026-03-25").broken() == {"CON-16": 1}


# -- CON-07


def test_a_contract_that_was_never_signed() -> None:
    assert reported(Story().first_contract(), contract("99999", JANIS)).broken() == {"CON-07": 1}


def test_an_end_that_never_was() -> None:
    record = contract(operation=END, valid_to=date(2026, 3, 31))
    assert reported(Story().first_contract(), record).broken() == {"CON-07": 1}


def test_new_a_second_time() -> None:
    assert reported(Story().first_contract(), contract()).broken() == {"CON-07": 1}


def test_a_change_without_news() -> None:
    assert reported(Story().first_contract(), contract(operation=CHANGE)).broken() == {"CON-07": 1}


# -- CON-08


def test_a_document_id_is_used_again() -> None:
    story = signed()
    with story.run("contract"):
        story.fetch("contract")
        first = story.report(contract())
    story.sign("555", JANIS)
    assert reported(story, contract("555", JANIS), document=first).broken() == {"CON-08": 1}


def test_a_resend_may_carry_a_new_time_of_writing() -> None:
    story = signed()
    with story.run("contract"):
        story.fetch("contract")
        first = story.report(contract())
        story.report(contract(), document=first)
    assert story.broken() == {"ERR-17": 1}


# -- PRI-01


def test_in_the_name_of_another() -> None:
    assert reported(signed(), contract(), provider=THEIRS.registration_number).broken() == {"PRI-05": 1}


def test_data_of_another_retailers_contract() -> None:
    story = Story().first_contract()
    story.neighbour_reports(contract("5550", JANIS))
    assert reported(story, contract("5550", JANIS)).broken() == {"PRI-01": 1}


def test_the_same_number_at_two_retailers_is_no_breach() -> None:
    story = signed()
    story.neighbour_reports(contract(NUMBER, JANIS))
    assert reported(story, contract()).broken() == {}


def test_our_own_documents_in_bvkbs_mailbox_are_not_a_neighbours() -> None:
    assert OURS.authority != THEIRS.authority
    assert Story().first_contract().case().contracts_of_others == frozenset()


# -- CAL-01: the last working day before 5 March 2026 is the 4th


def test_a_contract_is_late() -> None:
    story = reported(signed())
    assert reported(story, contract(), day="2026-03-06").broken() == {"CAL-01": 1}


def test_on_the_due_day_is_in_time() -> None:
    story = reported(signed())
    assert reported(story, contract(), day="2026-03-04").broken() == {}


def test_without_an_earlier_run_nobody_is_late() -> None:
    story = reported(signed(), contract(), day="2026-03-06")
    assert story.broken() == {}
    assert story.verdicts()["CAL-01"].checked == 0


@pytest.mark.parametrize(("day", "broken"), [("2026-04-30", {}), ("2026-05-04", {"CAL-01": 1})])
def test_what_takes_effect_later_is_due_later(day: str, broken: dict[str, int]) -> None:
    """The 1st and the 4th of May are holidays, and a weekend lies between them."""
    story = Story()
    story.sign(valid_from="2026-05-01")
    reported(story)
    assert reported(story, contract(valid_from=date(2026, 5, 1)), day=day).broken() == broken
