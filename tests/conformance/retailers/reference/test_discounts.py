"""Discount documents: booked when right, answered with an error event when wrong, never half believed."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest

from simulator.domain.identifiers import synthetic_new_personal_code
from simulator.domain.model import ChannelName, Severity
from tests.conformance.retailers.reference.world import ANNA, JURIS, MARCH, ZANE, Retailer, discount, granted, paper

DISCOUNT = ChannelName.DISCOUNT


@pytest.fixture
def customer(retailer: Retailer) -> Retailer:
    retailer.signs()
    retailer.at("2026-03-08")
    return retailer


def available(retailer: Retailer) -> dict[str, Decimal]:
    """What each person of contract 0007 has for a bill of March."""
    driver = retailer.driver
    return {
        driver.store.customers.code_of(account.person): driver.billing.available(account, MARCH)
        for account in driver.store.ledger.accounts("0007")
    }


def test_amount_and_catch_up_are_booked_together(customer: Retailer) -> None:
    record = granted("25.00", catch_up={MARCH - 1: "25.00", MARCH - 2: "20.00"})
    customer.dit.put(DISCOUNT, discount(record, granted("15.00", JURIS)))
    assert customer.exchange("discount") == []
    assert available(customer) == {ANNA: Decimal("70.00"), JURIS: Decimal("15.00")}
    assert customer.driver.status(contract="0007") == {"due": "85.00", "carried": "0.00", "granted": "85.00"}
    assert customer.events() == []


def test_an_unknown_contract_is_answered_and_the_rest_booked(customer: Retailer) -> None:
    document_id = str(uuid.uuid4())
    payload = discount(granted("25.00"), granted("15.00", JURIS, contract="0008"), document_id=document_id)
    message = customer.dit.put(DISCOUNT, payload)
    customer.dit.calls.clear()
    (problem,) = customer.exchange("discount")
    assert "there is no contract 0008" in problem
    ((related, report),) = customer.events()
    assert related == message
    assert report.document_id == document_id
    (error,) = report.errors
    assert (error.position, error.code, error.severity) == (2, "unknown-contract", Severity.ERROR)
    assert available(customer) == {ANNA: Decimal("25.00")}
    assert customer.dit.calls == ["list", "receive", "send_event", "confirm", "delete"]


def test_another_retailers_document_is_answered_and_left_alone(customer: Retailer) -> None:
    customer.dit.put(DISCOUNT, discount(granted("25.00"), provider="40009990012"))
    customer.exchange("discount")
    assert [error.code for _, report in customer.events() for error in report.errors] == ["foreign-provider"]
    assert available(customer) == {}


def test_an_invalid_document_is_answered_and_left_alone(customer: Retailer) -> None:
    document_id = str(uuid.uuid4())
    payload = discount(granted("25.00"), document_id=document_id).replace(b"25.00", b"25.005")
    message = customer.dit.put(DISCOUNT, payload)
    customer.exchange("discount")
    ((related, report),) = customer.events()
    assert (related, report.document_id) == (message, document_id)
    assert report.errors
    assert available(customer) == {}
    assert customer.dit.of(message).status == "deleted"


def test_something_that_is_no_document_is_answered_without_an_id(customer: Retailer) -> None:
    customer.dit.put(DISCOUNT, b"<nonsense xmlns='urn:x'/>")
    customer.exchange("discount")
    ((_, report),) = customer.events()
    assert report.document_id is None


def test_an_answer_that_is_lost_is_sent_again_later(customer: Retailer) -> None:
    message = customer.dit.put(DISCOUNT, discount(granted("15.00", contract="0008")))
    customer.dit.lose("send_event", times=3, arrives=False)
    customer.exchange("discount")
    assert customer.events() == []
    assert customer.dit.of(message).status == "deleted"
    customer.exchange("discount")
    assert [related for related, _ in customer.events()] == [message]


def test_a_corrected_document_takes_the_place_of_the_earlier_one(customer: Retailer) -> None:
    earlier = str(uuid.uuid4())
    customer.dit.put(DISCOUNT, discount(granted("25.00"), document_id=earlier))
    customer.dit.put(DISCOUNT, discount(granted("20.00"), corrects=earlier))
    customer.exchange("discount")
    assert available(customer) == {ANNA: Decimal("20.00")}
    # The earlier one coming late, after its correction, changes nothing either.
    customer.dit.put(DISCOUNT, discount(granted("25.00"), document_id=earlier))
    customer.exchange("discount")
    assert available(customer) == {ANNA: Decimal("20.00")}


def test_an_old_and_a_new_code_are_one_person(customer: Retailer) -> None:
    new = synthetic_new_personal_code(7)
    customer.dit.put(DISCOUNT, discount(granted("20.00")))
    customer.dit.put(DISCOUNT, discount(granted("5.00", new)))  # BVKB may know before the retailer does
    customer.exchange("discount")
    assert available(customer) == {ANNA: Decimal("20.00"), new: Decimal("5.00")}
    customer.happens("contract.change", **paper(new, previous_code=ANNA.replace("-", "")))
    assert available(customer) == {new: Decimal("25.00")}
    (line,) = customer.bills("2026-03", "100.00")
    assert (line["person"], line["applied"]) == (new, "25.00")


def test_a_code_is_the_same_with_and_without_hyphen(customer: Retailer) -> None:
    customer.dit.put(DISCOUNT, discount(granted("20.00", ANNA.replace("-", ""))))
    customer.dit.put(DISCOUNT, discount(granted("5.00", ANNA)))
    customer.exchange("discount")
    assert available(customer) == {ANNA: Decimal("25.00")}


def test_a_person_who_is_not_on_the_contract_is_booked_as_decided(customer: Retailer) -> None:
    customer.dit.put(DISCOUNT, discount(granted("20.00", ZANE)))
    assert customer.exchange("discount") == []
    assert available(customer) == {ZANE: Decimal("20.00")}
