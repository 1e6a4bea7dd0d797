"""The reference retailer over real SOAP against the simulated state: one month, and a network that loses replies."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from conformance.retailers.command_driver import CommandDriver
from conformance.retailers.config import reference_config
from conformance.retailers.opening import open_driver
from simulator.fault_injection.faults import InjectedFault
from simulator.journal import Kind, Outcome
from tests.conformance.retailers.reference.live import RETAILER, State, bill, served_state, signed
from tests.conformance.retailers.reference.world import discount, granted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conformance.retailers.protocol import Answer, Driver

ALL = ["contract", "discount", "payout"]


@pytest.fixture
def state() -> Iterator[State]:
    with served_state() as served:
        yield served


@pytest.fixture
def retailer() -> Iterator[Driver]:
    driver = open_driver(reference_config())
    yield driver
    driver.close()


def well(answer: Answer) -> dict[str, object]:
    assert answer.error is None
    assert answer.ok
    return dict(answer.fields)


def month(driver: Driver, state: State, *, runs: int = 1) -> None:
    """March: contract, decision, discount, bill, payout, reconciliation; ``runs`` scheduled runs at each step."""

    def run(moment: str) -> None:
        for minute in range(0, 10 * runs, 10):
            well(driver.ask("now", at=state.at(f"{moment}:{minute:02d}")))
            well(driver.ask("exchange", channels=ALL))
            state.simulation.settle()

    well(driver.ask("hello", **state.hello()))
    well(driver.ask("reset"))
    well(driver.ask("apply", events=[signed()]))
    run("2026-03-02T10")
    run("2026-03-08T10")
    lines = well(driver.ask("bill", period="2026-03", invoices=[bill("17.30")]))["lines"]
    assert isinstance(lines, list)
    assert [(line["invoice"], line["applied"]) for line in lines] == [("R-1", "17.30")]
    run("2026-04-02T10")
    state.at("2026-04-22T10:00")


def test_a_month_adds_up(retailer: Driver, state: State) -> None:
    month(retailer, state)
    reconciled = state.reconciled()
    assert (reconciled["granted"], reconciled["applied"], reconciled["carried"]) == ("25.00", "17.30", "7.70")
    assert reconciled["differences"] == []
    assert [intake.details["errors"] for intake in state.intakes()] == [[], []]
    assert state.faults() == []


def test_the_same_month_through_the_program(state: State, tmp_path: Path) -> None:
    books = tmp_path / "books.sqlite"
    driver = CommandDriver(
        [sys.executable, "-m", "conformance.retailers.reference", str(books)], directory=tmp_path, timeout=60
    )
    try:
        month(driver, state)
    finally:
        driver.close()
    assert state.reconciled()["differences"] == []
    assert books.stat().st_size > 0


@pytest.mark.parametrize(
    "operation", ["SendMessage2", "ReceiveMessage2", "ReceiveMessageList", "ConfirmationAck", "DeleteMessage"]
)
def test_a_month_adds_up_though_replies_are_lost(retailer: Driver, state: State, operation: str) -> None:
    state.simulation.faults.arm(InjectedFault(kind="drop_reply", operation=operation, authority=RETAILER.authority))
    month(retailer, state, runs=2)
    reconciled = state.reconciled()
    assert (reconciled["granted"], reconciled["applied"]) == ("25.00", "17.30")
    assert reconciled["differences"] == []
    assert sum("misbehaviour" in entry.details for entry in state.entries(Kind.EXCHANGE)) == 1
    assert sum(bool(intake.details["duplicate"]) for intake in state.intakes()) == (operation == "SendMessage2")


def test_a_document_delivered_twice_counts_once(retailer: Driver, state: State) -> None:
    fault = InjectedFault(kind="duplicate_delivery", operation="SendMessage2", times=3)
    state.simulation.faults.arm(fault)
    month(retailer, state)
    reconciled = state.reconciled()
    assert (reconciled["granted"], reconciled["applied"]) == ("25.00", "17.30")
    assert reconciled["differences"] == []


def test_a_wrong_code_is_corrected_after_the_error_event(retailer: Driver, state: State) -> None:
    from simulator.domain.identifiers import synthetic_personal_code

    ask: Callable[..., Answer] = retailer.ask
    wrong = synthetic_personal_code(99)
    well(ask("hello", **state.hello()))
    well(ask("apply", events=[signed(code=wrong)]))
    for moment in ("2026-03-02T10:00", "2026-03-02T12:00"):
        well(ask("now", at=state.at(moment)))
        well(ask("exchange", channels=ALL))
        state.simulation.settle()
    well(ask("apply", events=[signed() | {"kind": "contract.change", "previous_code": wrong}]))
    well(ask("now", at=state.at("2026-03-03T10:00")))
    well(ask("exchange", channels=ALL))
    first, second = state.intakes()
    assert [each["code"] for each in first.details["errors"]] == ["person-unknown"]
    assert second.details["corrects"] == first.details["document_id"]
    assert (second.details["accepted"], second.details["errors"]) == (1, [])


def test_a_decision_on_an_unknown_contract_is_answered_over_the_wire(retailer: Driver, state: State) -> None:
    well(retailer.ask("hello", **state.hello()))
    well(retailer.ask("now", at=state.at("2026-03-08T10:00")))
    state.publish(discount(granted("20.00", contract="no such contract")))
    well(retailer.ask("exchange", channels=["discount"]))
    sent = state.entries(Kind.EXCHANGE, "SendMessage2")[-1]
    (delivered,) = state.entries(Kind.EXCHANGE, "ReceiveMessage2")[-1].message_ids
    assert (sent.outcome, sent.details["message_class"]) == (Outcome.OK, "error")
    assert sent.details["related_message"] == delivered
    assert state.faults() == []


def test_without_a_server_the_document_waits(retailer: Driver, state: State) -> None:
    nowhere = state.hello()
    nowhere["endpoints"]["message_service"] = "http://127.0.0.1:9/dit/v1-2/MessageService/plain"
    well(retailer.ask("hello", **nowhere))
    well(retailer.ask("now", at="2026-03-02T10:00:00+02:00"))
    well(retailer.ask("apply", events=[signed()]))
    problems = well(retailer.ask("exchange", channels=["contract"]))["problems"]
    assert problems
    well(retailer.ask("hello", **state.hello()))
    assert well(retailer.ask("exchange", channels=["contract"]))["problems"] == []
    assert [intake.details["accepted"] for intake in state.intakes()] == [1]


def test_an_unknown_user_is_told_by_the_run(retailer: Driver, state: State) -> None:
    stranger = state.hello() | {"credentials": {"user": "somebody-else", "password": ""}}
    well(retailer.ask("hello", **stranger))
    well(retailer.ask("now", at="2026-03-02T10:00:00+02:00"))
    well(retailer.ask("apply", events=[signed()]))
    problems = well(retailer.ask("exchange", channels=["contract"]))["problems"]
    assert isinstance(problems, list)
    assert len(problems) == 2  # listing and sending
    assert state.intakes() == []
