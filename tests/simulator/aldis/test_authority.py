"""Tests of ALDIS over several months: determination, publication, reconciliation, restart, kill."""

from __future__ import annotations

import dataclasses
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from simulator.documents.timetable import Duty, DutyKind
from simulator.domain.clock import RIGA
from simulator.domain.model import (
    Category,
    ChannelName,
    DiscountRecord,
    DiscountStatus,
    ErrorReport,
    Operation,
    Period,
    RecordError,
    Severity,
)
from simulator.store import Store, Transaction
from simulator.world.file import load_world
from simulator.world.model import Claim, Spell
from tests.simulator.aldis.conftest import MakeCountry
from tests.simulator.aldis.country import Country, codes
from tests.simulator.aldis.people import ANNA, ILZE, JANIS, KAIMINS, PARAUGS, contract, payout, poor, world

MARCH = date(2026, 3, 1)


def test_every_retailer_hears_of_its_own_contracts_and_of_no_others(make_country: MakeCountry) -> None:
    country = make_country(world(poor(ANNA), poor(JANIS), start=MARCH))
    country.send(contract("0071", ANNA))
    country.send(contract("0077", JANIS), retailer=KAIMINS)
    country.until(date(2026, 3, 8))
    assert country.granted(PARAUGS) == [("2026-03", "0071", Decimal("20.00"))]
    assert country.granted(KAIMINS) == [("2026-03", "0077", Decimal("20.00"))]
    for retailer, other in ((PARAUGS, (JANIS.code, "0077")), (KAIMINS, (ANNA.code, "0071"))):
        (message,) = country.mailbox(retailer, ChannelName.DISCOUNT)
        payload = country.blob(message.payload.reference).decode()
        assert not [text for text in other if text in payload]


def test_a_retailer_with_nothing_to_hear_gets_an_empty_document(make_country: MakeCountry) -> None:
    country = make_country(world(start=MARCH))
    country.until(date(2026, 4, 8))
    for retailer in (PARAUGS, KAIMINS):
        documents = country.discounts(retailer)
        assert [(document.header.period, document.header.record_count) for document in documents] == [
            (Period(2026, 3), 0),
            (Period(2026, 4), 0),
        ]


def test_a_discount_document_is_dated_and_numbered(make_country: MakeCountry) -> None:
    spells = (
        Spell(ANNA.code, Category.LARGE_FAMILY, date(2025, 1, 1)),
        Spell(ANNA.code, Category.DISABLED_CHILD, date(2025, 1, 1)),
    )
    country = make_country(world(*spells, start=MARCH))
    country.send(contract("0071", ANNA))
    country.until(date(2026, 3, 8))
    (document,) = country.discounts()
    assert document.header.created_at == datetime(2026, 3, 7, 9, tzinfo=RIGA)
    assert document.header.provider == PARAUGS.registration_number
    (record,) = document.records
    assert isinstance(record, DiscountRecord)
    # Large family 25.00 + one child with a disability 20.00.
    assert (record.contract, record.amount_due, record.status) == ("0071", Decimal("45.00"), DiscountStatus.GRANTED)
    assert record.decision_date == date(2026, 3, 7)


def test_ids_are_the_same_in_every_run(make_country: MakeCountry) -> None:
    def ids() -> list[str]:
        country = make_country(world(poor(ANNA), start=MARCH))
        country.send(contract("1", ANNA))
        country.until(date(2026, 3, 8))
        (document,) = country.discounts()
        return [document.header.document_id, *(discount.decision_id for discount in document.discounts())]

    assert ids() == ids()


def test_the_journal_says_what_was_decided_and_why(make_country: MakeCountry) -> None:
    country = make_country(world(poor(ANNA), start=MARCH))
    country.send(contract("1", ANNA))
    country.until(date(2026, 3, 8))
    (entry,) = country.entries("determine")
    (details,) = country.acts("determine")
    assert (details["period"], details["decisions"]) == ("2026-03", 1)
    assert details["providers"] == {"40009990008": 1, "40009990012": 0}
    (decided,) = details["decided"]
    why, why_lv = decided.pop("why"), decided.pop("why_lv")
    assert len(why) == len(why_lv) == 3
    assert decided == {
        "provider": "40009990008",
        "contract": "1",
        "person": ANNA.code,
        "amount_due": "20.00",
        "catch_up": [],
        "status": "granted",
    }
    assert any("poor or low-income since 2025-01-01" in line for line in why)
    assert any("Cabinet Regulation No. 345" in line for line in why)
    assert (entry.authority, entry.interface, len(entry.message_ids)) == ("100500", "aldis", 1)


def test_august_2023_is_made_good_in_september(make_country: MakeCountry) -> None:
    country = make_country(world(poor(ANNA), poor(JANIS, date(2020, 1, 1)), start=date(2023, 7, 1)))
    country.send(contract("1", JANIS, valid_from=date(2023, 7, 1)))
    country.until(date(2023, 10, 8))
    # 15.00 in July and August, 20.00 + 5.00 for August in September, then 20.00.
    assert [amount for _, _, amount in country.granted()] == [
        Decimal("15.00"),
        Decimal("15.00"),
        Decimal("25.00"),
        Decimal("20.00"),
    ]
    country.send(payout("1", "2023-07", "10.00", "10.00", "0.00", "5.00", person=JANIS))
    country.send(payout("1", "2023-08", "10.00", "10.00", "5.00", "10.00", person=JANIS))
    # September: 10.00 left of before, 25.00 by its document: 35.00.
    found = country.send(payout("1", "2023-09", "50.00", "35.00", "10.00", "0.00", person=JANIS))
    assert codes(found) == []


def test_a_person_at_two_retailers_is_supported_at_one(make_country: MakeCountry) -> None:
    claim = Claim(ANNA.code, KAIMINS.registration_number, "77")
    country = make_country(world(poor(ANNA), start=MARCH, claims=(claim,)))
    country.send(contract("1", ANNA))
    country.until(date(2026, 3, 8))
    # Until Kaimiņš reports the contract that she chose, the one that is known gets the support.
    country.send(contract("77", ANNA), retailer=KAIMINS)
    country.until(date(2026, 4, 8))
    assert country.granted(PARAUGS) == [("2026-03", "1", Decimal("20.00")), ("2026-04", "1", Decimal("0.00"))]
    assert country.granted(KAIMINS) == [("2026-04", "77", Decimal("20.00"))]


def test_the_town_over_half_a_year(make_country: MakeCountry) -> None:
    """Every rule at once. All contracts are Paraugs's and known since January but Dace's second one."""
    town = load_world("town")
    country = make_country(town)
    people = {resident.given_name: resident for resident in town.residents}
    old_code = people["Edgars"].code_changes[0].earlier
    holders = [person for person in people if person not in ("Rihards", "Edgars")]
    records = [contract(f"C-{name}", people[name]) for name in holders if name != "Uldis"]
    records.append(contract("C-Uldis", people["Uldis"], sub_users=(people["Rihards"],)))
    records.append(contract("C-Edgars", old_code))
    country.send(*records)
    country.send(contract("0078000011", people["Dace"]), retailer=KAIMINS)
    country.until(date(2026, 6, 8))
    paraugs: dict[str, list[str]] = {}
    for period, number, total in country.granted(PARAUGS):
        paraugs.setdefault(number.removeprefix("C-"), []).append(f"{period[-2:]}:{total}")
    months = ["01", "02", "03", "04", "05", "06"]
    assert paraugs == {
        "Anna": [f"{month}:20.00" for month in months],
        "Jānis": [f"{month}:25.00" for month in months],
        "Ilze": [f"{month}:45.00" for month in months],  # 25.00 + 20.00
        "Pēteris": [f"{month}:20.00" for month in months],  # group I, exempt
        "Marta": ["01:20.00", "02:0.00", "05:20.00", "06:20.00"],  # excluded from February to April
        "Andris": [f"{month}:40.00" for month in months],  # two wards
        "Līga": ["03:60.00", "04:20.00", "05:20.00", "06:20.00"],  # January and February back-paid
        "Edgars": [f"{month}:20.00" for month in months],
        "Zane": ["01:20.00", "02:20.00", "03:20.00", "04:0.00", "06:20.00"],  # ended, and back
        "Uldis": [f"{month}:20.00" for month in months],  # Rihards, his tenant
        "Velta": [f"{month}:20.00" for month in months],  # the contract that the municipality named is unknown
    }
    # Two children with disabilities, on the contract that Dace chose.
    assert country.granted(KAIMINS) == [(f"2026-{month}", "0078000011", Decimal("40.00")) for month in months]


# -- reconciliation


def _reconciled(country: Country, period: str) -> dict[str, Any]:
    ours = [act for act in country.acts("reconcile") if act["provider"] == PARAUGS.registration_number]
    return next(our for our in ours if our["period"] == period)


def _differences(details: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [
        (difference["code"], difference["contract"], difference["expected"], difference["found"])
        for difference in details["differences"]
    ]


def test_a_month_that_adds_up(make_country: MakeCountry) -> None:
    country = make_country(world(poor(ANNA), start=MARCH))
    country.send(contract("1", ANNA))
    country.until(date(2026, 4, 2))
    country.send(payout("1", "2026-03", "12.35", "12.35", "0.00", "7.65"))
    country.until(date(2026, 4, 22))
    found = _reconciled(country, "2026-03")
    assert (found["granted"], found["applied"], found["carried"]) == ("20.00", "12.35", "7.65")
    assert found["differences"] == []


def test_too_little_off_the_bill_is_a_difference(make_country: MakeCountry) -> None:
    country = make_country(world(poor(ANNA), start=MARCH))
    country.send(contract("1", ANNA))
    country.until(date(2026, 4, 2))
    # 30.00 net and 20.00 available, but only 15.00 came off.
    country.send(payout("1", "2026-03", "30.00", "15.00", "0.00", "5.00"))
    country.until(date(2026, 4, 22))
    assert _differences(_reconciled(country, "2026-03")) == [("applied-too-little", "1", "20.00", "15.00")]


def test_a_person_without_a_record_is_a_difference(make_country: MakeCountry) -> None:
    country = make_country(world(poor(ANNA), poor(JANIS), start=MARCH))
    country.send(contract("1", ILZE, sub_users=(ANNA, JANIS)))
    country.until(date(2026, 4, 2))
    # 20.00 net: Anna's support pays for all of it, but of Jānis's 20.00 there must be a record of 0.00 applied.
    country.send(payout("1", "2026-03", "20.00", "20.00"))
    country.until(date(2026, 4, 22))
    assert _differences(_reconciled(country, "2026-03")) == [("payout-missing", "1", "20.00", "")]


def test_a_refused_record_that_was_never_mended_is_a_difference(make_country: MakeCountry) -> None:
    country = make_country(world(poor(ANNA), start=MARCH))
    country.send(contract("1", ANNA))
    country.until(date(2026, 4, 2))
    document = country.document(payout("1", "2026-03", "30.00", "21.00"))
    country.post(document)
    country.take()
    country.until(date(2026, 4, 22))
    (difference,) = _reconciled(country, "2026-03")["differences"]
    assert difference["code"] == "record-refused"
    country.send(payout("1", "2026-03", "30.00", "20.00"), corrects=document.header.document_id)
    country.until(date(2026, 5, 22))
    assert _reconciled(country, "2026-04")["differences"] == []


def test_carry_over_that_never_got_its_explanation_is_a_difference(make_country: MakeCountry) -> None:
    country = make_country(world(poor(ANNA), start=MARCH))
    country.send(contract("1", ANNA))
    country.until(date(2026, 5, 2))
    # 40.00 available, as far as ALDIS knows: 20.00 carried over and 10.00 left, not 5.00 and 0.00.
    assert codes(country.send(payout("1", "2026-04", "30.00", "30.00", "5.00", "0.00"))) == [("carry-unconfirmed", 1)]
    country.until(date(2026, 5, 22))
    assert _differences(_reconciled(country, "2026-04")) == [
        ("carried-over-wrong", "1", "20.00", "5.00"),
        ("remainder-wrong", "1", "10.00", "0.00"),
    ]


def test_a_reversal_that_lost_its_bill_is_a_difference(make_country: MakeCountry) -> None:
    country = make_country(world(poor(ANNA), start=MARCH))
    country.send(contract("1", ANNA))
    country.until(date(2026, 4, 2))
    bill = payout("1", "2026-03", "12.35", "12.35", "0.00", "7.65")
    document = country.document(bill)
    country.post(document)
    country.take()
    country.send(dataclasses.replace(bill, reversal=True))
    country.send(channel=ChannelName.PAYOUT, period="2026-03", corrects=document.header.document_id)
    country.until(date(2026, 4, 22))
    assert _differences(_reconciled(country, "2026-03")) == [("reversal-of-nothing", "1", "0.00", "12.35")]


# -- events from retailers


def test_an_error_event_about_a_discount_document_is_noted(make_country: MakeCountry) -> None:
    country = make_country(world(poor(ANNA), start=MARCH))
    country.until(date(2026, 3, 8))
    (message,) = country.mailbox(PARAUGS, ChannelName.DISCOUNT)
    error = RecordError("unknown-contract", Severity.ERROR, "Līgums nav zināms", "Contract not known", 1)
    about = country.discounts()[0].header.document_id
    country.complain(message, ErrorReport(about, (error,)))
    found = country.take()
    assert (found["channel"], found["provider"], found["document_id"]) == ("discount", "40009990008", about)
    assert codes(found) == [("unknown-contract", 1)]
    assert found["event_message"] is None
    assert country.bvkb_waiting() == 0


# -- restart


def _snapshot(country: Country) -> list[object]:
    """Return everything visible that ALDIS would do next, to compare two states."""
    start, end = country.clock.now(), country.clock.now() + timedelta(days=70)
    return [country.aldis.duties(start - timedelta(days=400), end), country.granted(), country.granted(KAIMINS)]


def test_a_restart_at_any_moment_changes_nothing(make_country: MakeCountry) -> None:
    def play(*, restart: bool) -> list[object]:
        country = make_country(world(poor(ANNA, date(2026, 1, 1), known_from=date(2026, 2, 10)), poor(JANIS)))

        def pause() -> None:
            if restart:
                country.store.close()
                country.open()

        first = country.document(contract("1", ANNA), contract("2", "190385-00140"))
        country.post(first)
        pause()
        country.take()
        pause()
        country.send(contract("1", ANNA), contract("2", JANIS), corrects=first.header.document_id)
        pause()
        country.until(date(2026, 3, 2))
        pause()
        bill = payout("2", "2026-01", "12.35", "12.35", "0.00", "7.65", person=JANIS)
        country.send(bill)
        pause()
        country.send(dataclasses.replace(bill, reversal=True))
        pause()
        country.send(payout("2", "2026-02", "35.00", "35.00", "20.00", "5.00", person=JANIS))
        pause()
        country.send(contract("2", JANIS, Operation.END, valid_to=date(2026, 3, 31)))
        pause()
        country.until(date(2026, 4, 22))
        pause()
        intakes = [codes(act) for act in country.acts("intake")]
        decided = [act["decided"] for act in country.acts("determine")]
        return [*_snapshot(country), intakes, decided, country.acts("reconcile")]

    assert play(restart=True) == play(restart=False)


def test_a_duty_is_done_once(make_country: MakeCountry) -> None:
    country = make_country(world(poor(ANNA), start=MARCH))
    duty = Duty(datetime(2026, 3, 7, 9, tzinfo=RIGA), DutyKind.DETERMINE, Period(2026, 3))
    assert country.aldis.duties(country.clock.now(), duty.at) == (duty,)
    country.perform(duty)
    country.aldis.perform(duty)
    again = country.fresh_aldis()
    again.perform(duty)
    assert again.duties(duty.at - timedelta(days=5), duty.at) == ()
    assert len(country.discounts()) == 1
    assert len(country.acts("determine")) == 1


def test_months_before_the_world_began_are_not_reconciled(make_country: MakeCountry) -> None:
    country = make_country(world(start=MARCH))
    country.until(date(2026, 4, 30))
    assert {act["period"] for act in country.acts("reconcile")} == {"2026-03"}


class _Stop(Exception):
    """Failures that replace a commit."""


@pytest.mark.parametrize("moment", ["document", "determination"])
def test_what_is_not_committed_never_happened(
    make_country: MakeCountry, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    country = make_country(world(poor(ANNA), start=MARCH))
    if moment == "document":
        country.post(country.document(contract("1", ANNA), contract("2", "190385-00140")))
    else:
        country.send(contract("1", ANNA), contract("2", "190385-00140"))
    act = country.aldis.wake if moment == "document" else lambda: country.until(date(2026, 3, 8))
    original = Store.transaction

    @contextmanager
    def failing(self: Store) -> Iterator[Transaction]:
        with original(self) as transaction:
            yield transaction
            raise _Stop

    with monkeypatch.context() as patch:
        patch.setattr(Store, "transaction", failing)
        with pytest.raises(_Stop):
            act()
    assert country.discounts() == []
    if moment == "document":
        assert country.acts("intake") == []
        assert country.errors(ChannelName.CONTRACT) == []
        # The next wake-up does it whole: the record is not taken for known already.
        assert codes(country.take()) == [("person-unknown", 2)]
    country.until(date(2026, 3, 9))
    assert country.granted() == [("2026-03", "1", Decimal("20.00"))]
    assert len(country.errors(ChannelName.CONTRACT)) == 1


@pytest.mark.parametrize(("moment", "left"), [("before", 3), ("after", 2)])
def test_killed_around_a_commit_each_document_is_taken_once(make_country: MakeCountry, moment: str, left: int) -> None:
    country = make_country(world(poor(ANNA), start=MARCH))
    for number in range(4):
        country.post(country.document(contract(f"{number}", ANNA), contract("x", "190385-00140")))
    country.store.close()
    script = Path(__file__).with_name("kill_process.py")
    command = [sys.executable, str(script), str(country.directory), "2", moment]
    killed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    country.open()
    assert country.bvkb_waiting() == left
    country.aldis.wake()
    assert country.bvkb_waiting() == 0
    documents = [act["document_id"] for act in country.acts("intake")]
    assert len(documents) == len(set(documents)) == 4
    assert [codes(act) for act in country.acts("intake")] == [[("person-unknown", 2)]] * 4
    assert len(country.errors(ChannelName.CONTRACT)) == 4
