"""How the reference retailer reads its mailbox, and what it does when a reply is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.retailers.reference.driver import Driver
from conformance.retailers.reference.transfers import Fetching
from simulator.domain.model import ChannelName, RecordError, Severity
from tests.conformance.retailers.reference.world import JURIS, MARCH, Retailer, complaint, discount, granted

if TYPE_CHECKING:
    from pathlib import Path

DISCOUNT, CONTRACT = ChannelName.DISCOUNT, ChannelName.CONTRACT


def money(retailer: Retailer) -> str:
    granted_so_far: str = retailer.driver.status(contract="0007")["granted"]
    return granted_so_far


@pytest.fixture
def customer(retailer: Retailer) -> Retailer:
    retailer.signs()
    retailer.exchange("contract")
    retailer.at("2026-03-08")
    retailer.dit.calls.clear()
    return retailer


def test_every_listed_message_is_read_confirmed_and_deleted(customer: Retailer) -> None:
    messages = [customer.dit.put(DISCOUNT, discount(granted("20.00"))) for _ in range(3)]
    assert customer.exchange("discount") == []
    assert customer.dit.calls == ["list", *["receive", "confirm", "delete"] * 3]
    assert {customer.dit.of(message).status for message in messages} == {"deleted"}
    assert money(customer) == "60.00"


def test_error_events_are_not_confirmed_where_the_version_does_not_ask_for_it(customer: Retailer) -> None:
    warning = RecordError("document-repeated", Severity.WARNING, "Jau saņemts", "received before")
    customer.dit.put(CONTRACT, complaint("0" * 8 + "-0000-4000-8000-" + "0" * 12, warning), related="1" * 8)
    customer.exchange("contract")
    assert customer.dit.calls == ["list", "receive", "delete"]


def test_each_version_is_listed_once(customer: Retailer) -> None:
    customer.dit.put(DISCOUNT, discount(granted("20.00")))
    customer.exchange()
    assert customer.dit.calls.count("list") == 3


def test_the_same_document_in_another_message_changes_nothing(customer: Retailer) -> None:
    payload = discount(granted("20.00"))
    customer.dit.put(DISCOUNT, payload)
    second = customer.dit.put(DISCOUNT, payload)
    customer.exchange("discount")
    assert money(customer) == "20.00"
    assert customer.dit.of(second).status == "deleted"


def test_the_same_message_delivered_again_changes_nothing(customer: Retailer) -> None:
    message = customer.dit.put(DISCOUNT, discount(granted("20.00")))
    customer.exchange("discount")
    customer.dit.of(message).status = "delivered"
    customer.exchange("discount")
    assert money(customer) == "20.00"
    assert customer.dit.of(message).status == "deleted"


def test_a_lost_read_is_recovered_in_the_documented_order(customer: Retailer) -> None:
    lost = customer.dit.put(DISCOUNT, discount(granted("20.00")))
    other = customer.dit.put(DISCOUNT, discount(granted("5.00")))
    customer.dit.lose("receive")
    customer.exchange("discount")
    assert customer.dit.of(lost).status == "read"
    assert customer.dit.of(other).status == "deleted"  # the rest of the list is read all the same
    assert money(customer) == "5.00"
    customer.dit.calls.clear()
    new = customer.dit.put(DISCOUNT, discount(granted("1.00")))
    assert customer.exchange("discount") == []
    assert customer.dit.calls == ["list read", "restore", "receive version", *["confirm", "delete"] * 2]
    assert {customer.dit.of(each).status for each in (lost, new)} == {"deleted"}
    assert money(customer) == "26.00"
    customer.dit.calls.clear()
    customer.exchange("discount")
    assert customer.dit.calls == ["list"]


def test_a_request_that_never_arrived_is_recovered_too(customer: Retailer) -> None:
    message = customer.dit.put(DISCOUNT, discount(granted("20.00")))
    customer.dit.lose("receive", arrives=False)
    customer.exchange("discount")
    customer.dit.calls.clear()
    customer.exchange("discount")
    assert customer.dit.calls == ["list read", "receive version", "confirm", "delete"]
    assert customer.dit.of(message).status == "deleted"
    assert money(customer) == "20.00"


def test_a_recovery_that_is_lost_itself_is_done_again(customer: Retailer) -> None:
    customer.dit.put(DISCOUNT, discount(granted("20.00")))
    customer.dit.lose("receive")
    customer.exchange("discount")
    customer.dit.lose("receive version")
    assert len(customer.exchange("discount")) == 1
    customer.exchange("discount")
    assert money(customer) == "20.00"


def test_a_message_that_is_gone_is_given_up(customer: Retailer) -> None:
    message = customer.dit.put(DISCOUNT, discount(granted("20.00")))
    customer.dit.lose("receive")
    customer.exchange("discount")
    customer.dit.of(message).status = "deleted"
    (problem,) = customer.exchange("discount")
    assert "is not in the mailbox any more" in problem
    customer.dit.calls.clear()
    assert customer.exchange("discount") == []
    assert customer.dit.calls == ["list"]


@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize("operation", ["confirm", "delete"])
def test_what_could_not_be_removed_is_removed_in_the_next_run(
    customer: Retailer, operation: str, *, arrives: bool
) -> None:
    message = customer.dit.put(DISCOUNT, discount(granted("20.00")))
    customer.dit.lose(operation, arrives=arrives)
    assert len(customer.exchange("discount")) == 1
    customer.exchange("discount")
    assert customer.dit.of(message).status == "deleted"
    assert customer.dit.calls.count("receive") == 1
    assert money(customer) == "20.00"
    customer.dit.calls.clear()
    customer.exchange("discount")
    assert customer.dit.calls == ["list"]


def test_a_crash_between_reading_and_processing_loses_nothing(tmp_path: Path) -> None:
    class Crash(BaseException):
        pass

    class Crashing(Fetching):
        def process(self, *_: object) -> None:
            raise Crash

    books = tmp_path / "books.sqlite"
    with Retailer(Driver(books)) as before:
        before.signs()
        before.exchange("contract")
        message = before.dit.put(DISCOUNT, discount(granted("20.00")))
        exchange = before.driver._exchange
        assert exchange is not None
        exchange.fetching = Crashing(exchange.context, exchange.take, exchange.sending.events)
        with pytest.raises(Crash):
            before.exchange("discount")
    with Retailer(Driver(books), before.dit) as after:
        after.exchange("discount")
        assert money(after) == "20.00"
        assert after.dit.of(message).status == "deleted"


def test_a_listing_that_is_lost_stops_only_its_channel(customer: Retailer) -> None:
    customer.signs("0008", JURIS)
    customer.dit.lose("list")
    problems = customer.exchange()
    assert len(problems) == 1
    assert customer.dit.calls.count("list") == 3
    assert len(customer.documents(CONTRACT)) == 2


def test_an_unexpected_business_message_is_noted_and_removed(customer: Retailer) -> None:
    message = customer.dit.put(ChannelName.PAYOUT, discount(granted("20.00"), period=MARCH))
    (problem,) = customer.exchange("payout")
    assert "is not for a retailer" in problem
    assert customer.dit.of(message).status == "deleted"


def test_an_error_event_that_cannot_be_read_is_noted_and_removed(customer: Retailer) -> None:
    message = customer.dit.put(CONTRACT, b"<nonsense/>", related="1" * 8)
    (problem,) = customer.exchange("contract")
    assert "cannot be read" in problem
    assert customer.dit.of(message).status == "deleted"
