"""Contract documents sent through DIT: records with errors are refused, the other records are accepted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from simulator.dit.model import MessageClass
from simulator.domain.model import ChannelName, ContractRecord, Operation, Severity
from tests.simulator.aldis.conftest import MakeCountry
from tests.simulator.aldis.country import Country, codes
from tests.simulator.aldis.people import ANNA, ILZE, JANIS, KAIMINS, NOBODY, PARAUGS, contract, poor, world

MARCH = date(2026, 3, 1)


@pytest.fixture
def country(make_country: MakeCountry) -> Country:
    return make_country(world(poor(ANNA), poor(JANIS), start=MARCH))


def test_a_good_document_is_taken_without_a_word(country: Country) -> None:
    found = country.send(contract("0071", ANNA), contract("0072", JANIS))
    assert (found["accepted"], found["errors"], found["event_message"]) == (2, [], None)
    assert (found["channel"], found["provider"], found["period"]) == ("contract", "40009990008", "2026-03")
    assert (found["duplicate"], found["late"], found["corrects"]) == (False, False, None)
    assert country.errors(ChannelName.CONTRACT) == []
    assert country.bvkb_waiting() == 0


BAD = [
    (contract("1", NOBODY), "person-unknown"),
    (contract("1", "010180-00013"), "personal-code"),
    (contract("1", ANNA, metering_point="43Z-STO00000001X"), "metering-point"),
    (contract("1", ANNA, Operation.CHANGE), "contract-unknown"),
    (contract("1", ANNA, Operation.END, valid_to=date(2026, 4, 30)), "contract-unknown"),
    (contract("1", ANNA, valid_from=date(2026, 3, 1), valid_to=date(2026, 2, 1)), "validity"),
    (contract("0072", JANIS), "contract-already-active"),
    (contract("0072", JANIS, Operation.END), "end-date"),
]


@pytest.mark.parametrize(("record", "code"), BAD, ids=[code for _, code in BAD])
def test_a_bad_record_is_refused_and_the_good_ones_are_taken(
    country: Country, record: ContractRecord, code: str
) -> None:
    country.send(contract("0072", JANIS))
    found = country.send(contract("0071", ANNA), record)
    assert codes(found) == [(code, 2)]
    assert found["accepted"] == 1
    country.until(date(2026, 3, 8))
    assert country.granted() == [("2026-03", "0071", Decimal("20.00")), ("2026-03", "0072", Decimal("20.00"))]


def test_the_retailer_gets_an_event_that_names_message_document_and_record(country: Country) -> None:
    document = country.document(contract("1", ANNA), contract("2", NOBODY))
    message = country.post(document)
    details = country.take()
    ((event, report),) = country.errors(ChannelName.CONTRACT)
    assert event.message_class is MessageClass.ERROR
    assert (event.id, event.related_message, event.sender) == (details["event_message"], message, "100500")
    assert report.document_id == document.header.document_id
    (error,) = report.errors
    assert (error.code, error.severity, error.position) == ("person-unknown", Severity.ERROR, 2)
    assert error.text_lv == f"Persona ar kodu {NOBODY} reģistrā nav atrasta"
    # Nobody else hears of it.
    assert country.mailbox(KAIMINS, ChannelName.CONTRACT) == []


def test_everything_wrong_with_a_record_is_told_at_once(country: Country) -> None:
    bad = contract("1", NOBODY, Operation.CHANGE, metering_point="43Z-STO00000001X", sub_users=(ILZE,))
    assert codes(country.send(bad)) == [("metering-point", 1), ("person-unknown", 1), ("contract-unknown", 1)]


def test_a_contract_can_be_new_again_after_its_end(country: Country) -> None:
    country.send(contract("1"))
    country.send(contract("1", operation=Operation.END, valid_to=date(2026, 3, 31)))
    assert codes(country.send(contract("1", valid_from=date(2026, 3, 31)))) == [("contract-already-active", 1)]
    assert codes(country.send(contract("1", valid_from=date(2026, 4, 1)))) == []


def test_two_retailers_may_use_one_contract_number(country: Country) -> None:
    country.send(contract("1", ANNA))
    assert codes(country.send(contract("1", JANIS), retailer=KAIMINS)) == []
    assert codes(country.send(contract("2", JANIS, Operation.CHANGE), retailer=KAIMINS)) == [("contract-unknown", 1)]


@pytest.mark.parametrize(
    ("period", "code"),
    [
        ("2025-02", "period-too-late"),
        ("2025-03", None),
        ("2026-04", None),
        ("2026-05", "period-too-early"),
    ],
)
def test_a_document_for_an_implausible_period_is_refused_whole(country: Country, period: str, code: str | None) -> None:
    document = country.document(contract("1"), period=period)
    country.post(document)
    found = country.take()
    assert found["accepted"] == (0 if code else 1)
    assert (code in [error for error, _ in codes(found)]) is (code is not None)


def test_a_document_after_its_day_is_late_and_taken(country: Country) -> None:
    country.until(date(2026, 3, 4), 23)
    assert country.send(contract("1", ANNA))["late"] is False
    country.until(date(2026, 3, 5), 0)
    found = country.send(contract("2", JANIS))
    assert (found["late"], found["accepted"], found["errors"]) == (True, 1, [])


def test_a_wrong_count_refuses_the_document_whole(country: Country) -> None:
    found = country.send(contract("1", ANNA), record_count=2)
    assert codes(found) == [("record-count", None)]
    assert found["accepted"] == 0
    country.until(date(2026, 3, 8))
    assert country.granted() == []


def test_a_retailer_speaks_for_itself_alone(country: Country) -> None:
    found = country.send(contract("1", ANNA), provider=KAIMINS.registration_number)
    assert codes(found) == [("provider-not-sender", None)]
    country.until(date(2026, 3, 8))
    assert country.granted(KAIMINS) == []


def test_the_same_document_again_changes_nothing(country: Country) -> None:
    document = country.document(contract("1", ANNA))
    country.post(document)
    country.take()
    country.post(document)
    again = country.take()
    assert (again["duplicate"], again["accepted"]) == (True, 0)
    assert [(error["code"], error["severity"]) for error in again["errors"]] == [("document-repeated", "warning")]
    assert again["event_message"] is not None


def test_the_same_document_written_otherwise_is_a_repetition_too(country: Country) -> None:
    document = country.document(contract("1", ANNA))
    country.post(document)
    message = country.post_bytes(_compact(country, document), ChannelName.CONTRACT)
    assert country.aldis.wake() == 2
    assert country.acts("intake")[-1]["message"] == message
    assert country.acts("intake")[-1]["duplicate"] is True


def test_the_same_document_with_a_new_time_of_creation_is_a_repetition_too(country: Country) -> None:
    document = country.document(contract("1", ANNA))
    country.post(document)
    country.take()
    later = document.header.created_at + timedelta(minutes=10)
    country.post(replace(document, header=replace(document.header, created_at=later)))
    again = country.take()
    assert (again["duplicate"], again["accepted"]) == (True, 0)
    assert [(error["code"], error["severity"]) for error in again["errors"]] == [("document-repeated", "warning")]


def _compact(country: Country, document: object) -> bytes:
    from lxml import etree

    from simulator.documents.writing import write_document

    parser = etree.XMLParser(remove_blank_text=True)
    return etree.tostring(etree.fromstring(write_document(document, country.profile), parser))  # type: ignore[arg-type]


def test_an_identifier_with_other_content_is_refused(country: Country) -> None:
    first = country.document(contract("1", ANNA))
    country.post(first)
    country.take()
    found = country.send(contract("2", JANIS), document_id=first.header.document_id.upper())
    assert codes(found) == [("document-id-reused", None)]
    country.until(date(2026, 3, 8))
    assert country.granted() == [("2026-03", "1", Decimal("20.00"))]


def test_a_correction_replaces_the_earlier_document_whole(country: Country) -> None:
    first = country.document(contract("1", ANNA), contract("2", NOBODY), contract("3", JANIS))
    country.post(first)
    assert codes(country.take()) == [("person-unknown", 2)]
    # The corrected document mends record 2 and leaves out record 3: contract 3 is not known any more.
    found = country.send(contract("1", ANNA), contract("2", JANIS), corrects=first.header.document_id)
    assert (found["accepted"], found["errors"], found["corrects"]) == (2, [], first.header.document_id)
    assert codes(country.send(contract("3", JANIS, Operation.CHANGE))) == [("contract-unknown", 1)]
    country.until(date(2026, 3, 8))
    assert [granted[1] for granted in country.granted()] == ["1", "2"]


def test_a_correction_is_judged_in_the_place_of_what_it_corrects(country: Country) -> None:
    first = country.document(contract("1", ANNA))
    country.post(first)
    country.take()
    country.send(contract("1", ANNA, Operation.CHANGE, sub_users=(JANIS,)))
    # Contract 1 is new in this document, although a later one has changed it since.
    assert codes(country.send(contract("1", ANNA), corrects=first.header.document_id)) == []
    country.until(date(2026, 3, 8))
    assert len(country.granted()) == 2


@pytest.mark.parametrize("fault", ["unknown", "other retailer's", "other period", "replaced", "itself"])
def test_a_correction_must_name_a_document_that_stands(country: Country, fault: str) -> None:
    first = country.document(contract("1", ANNA), retailer=KAIMINS if fault == "other retailer's" else PARAUGS)
    country.post(first, KAIMINS if fault == "other retailer's" else PARAUGS)
    country.take()
    named, period = first.header.document_id, "2026-03"
    if fault == "unknown":
        named = "00000000-0000-4000-8000-999999999999"
    if fault == "other period":
        period = "2026-04"
    if fault == "replaced":
        country.send(contract("1", ANNA), corrects=named)
    expected = {"other period": "corrects-other-period", "replaced": "corrects-replaced"}.get(fault, "corrects-unknown")
    if fault == "itself":
        own = "00000000-0000-4000-8000-888888888888"
        found = country.send(contract("9", JANIS), corrects=own, document_id=own)
        assert codes(found) == [("corrects-itself", None), ("corrects-unknown", None)]
        return
    found = country.send(contract("9", JANIS), corrects=named, period=period)
    assert codes(found) == [(expected, None)]
    assert found["accepted"] == 0


def test_a_document_refused_whole_can_be_corrected(country: Country) -> None:
    first = country.document(contract("1", ANNA), record_count=5)
    country.post(first)
    country.take()
    found = country.send(contract("1", ANNA), corrects=first.header.document_id)
    assert (found["accepted"], found["errors"]) == (1, [])


def test_an_empty_document_is_taken(country: Country) -> None:
    country.post(country.document(channel=ChannelName.CONTRACT))
    assert (country.take()["accepted"], country.acts("intake")[0]["errors"]) == (0, [])


def test_what_cannot_be_read_gets_an_event_too(make_country: MakeCountry) -> None:
    country = make_country(world(start=MARCH), validate_on_send=False)
    message = country.post_bytes(b"<Nonsense/>", ChannelName.PAYOUT)
    found = country.take()
    assert codes(found) == [("unreadable", None)]
    assert (found["document_id"], found["provider"], found["channel"]) == (None, "40009990008", "payout")
    ((event, report),) = country.errors(ChannelName.PAYOUT)
    assert (event.related_message, report.document_id) == (message, None)
    assert country.bvkb_waiting() == 0


def test_a_document_on_the_wrong_channel_cannot_be_read(make_country: MakeCountry) -> None:
    from simulator.documents.writing import write_document

    country = make_country(world(start=MARCH), validate_on_send=False)
    data = write_document(country.document(contract("1")), country.profile)
    country.post_bytes(data, ChannelName.PAYOUT)
    assert codes(country.take()) == [("unreadable", None)]
