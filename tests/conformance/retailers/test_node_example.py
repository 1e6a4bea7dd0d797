"""The example of docs/examples/node does what it says: a month with another language's driver."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.retailers.config import load_retailer
from conformance.retailers.opening import open_driver
from simulator.fault_injection.faults import InjectedFault
from tests.conformance.retailers.reference.live import RETAILER, State, bill, served_state, signed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.retailers.protocol import Driver

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "node" / "retailer.toml"
ALL = ["contract", "discount", "payout"]

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="needs node 20 or later on the PATH")


@pytest.fixture
def state() -> Iterator[State]:
    with served_state() as served:
        yield served


@pytest.fixture
def example(state: State) -> Iterator[Driver]:
    driver = open_driver(load_retailer(EXAMPLE))
    well(driver, "hello", **state.hello())
    well(driver, "reset")
    yield driver
    driver.close()


def well(driver: Driver, do: str, **fields: Any) -> dict[str, Any]:
    answer = driver.ask(do, **fields)
    assert answer.error is None, f"{answer.error}\n{driver.log}"
    assert answer.ok
    return dict(answer.fields)


def run(driver: Driver, state: State, moment: str, *channels: str) -> None:
    well(driver, "now", at=state.at(moment))
    well(driver, "exchange", channels=list(channels or ALL))
    state.simulation.settle()


def test_the_first_month(example: Driver, state: State) -> None:
    well(example, "apply", events=[signed()])
    run(example, state, "2026-03-02T10:00")
    run(example, state, "2026-03-08T10:00")
    lines = well(example, "bill", period="2026-03", invoices=[bill("17.30")])["lines"]
    assert [(line["invoice"], line["applied"]) for line in lines] == [("R-1", "17.30")]
    run(example, state, "2026-04-02T10:00")
    run(example, state, "2026-04-08T10:00")
    well(example, "bill", period="2026-04", invoices=[bill("100.00", "R-2", issued="2026-05-01")])
    run(example, state, "2026-05-02T10:00")
    state.at("2026-05-22T10:00")
    reconciled = state.reconciled()
    assert (reconciled["granted"], reconciled["applied"], reconciled["carried"]) == ("50.00", "50.00", "0.00")
    assert reconciled["differences"] == []
    assert [intake.details["errors"] for intake in state.intakes()] == [[], [], []]
    assert state.faults() == []


def test_changes_and_the_end_of_a_contract(example: Driver, state: State) -> None:
    well(example, "apply", events=[signed("00 <&> \"'1")])
    run(example, state, "2026-03-02T10:00")
    changed = signed("00 <&> \"'1") | {
        "kind": "contract.change",
        "address": {"text": "Ķiršu iela 2", "code": "101234567"},
    }
    well(example, "apply", events=[changed])
    run(example, state, "2026-03-03T10:00")
    well(example, "apply", events=[{"kind": "contract.end", "contract": "00 <&> \"'1", "valid_to": "2026-03-31"}])
    run(example, state, "2026-03-03T12:00")
    run(example, state, "2026-03-04T12:00")
    assert [(intake.details["accepted"], intake.details["errors"]) for intake in state.intakes()] == [(1, [])] * 3


def test_a_lost_reply_is_answered_by_the_same_document(example: Driver, state: State) -> None:
    fault = InjectedFault(kind="drop_reply", operation="SendMessage2", authority=RETAILER.authority)
    state.simulation.faults.arm(fault)
    well(example, "apply", events=[signed()])
    run(example, state, "2026-03-02T10:00")
    assert [(intake.details["accepted"], intake.details["duplicate"]) for intake in state.intakes()] == [
        (1, False),
        (0, True),
    ]


def test_a_lost_read_is_recovered(example: Driver, state: State) -> None:
    well(example, "apply", events=[signed()])
    run(example, state, "2026-03-02T10:00")
    fault = InjectedFault(kind="drop_reply", operation="ReceiveMessage2", authority=RETAILER.authority)
    state.simulation.faults.arm(fault)
    run(example, state, "2026-03-08T10:00", "discount")
    before = len(state.calls())
    run(example, state, "2026-03-08T12:00", "discount")
    assert state.calls()[before:] == [
        "ReceiveMessageList",
        "RestoreMessageList",
        "ReceiveMessage2",
        "ConfirmationAck",
        "DeleteMessage",
    ]
    lines = well(example, "bill", period="2026-03", invoices=[bill("17.30")])["lines"]
    assert [line["applied"] for line in lines] == ["17.30"]


def test_an_empty_month(example: Driver, state: State) -> None:
    well(example, "apply", events=[signed()])
    run(example, state, "2026-03-02T10:00")
    well(example, "bill", period="2026-03", invoices=[])
    run(example, state, "2026-04-01T10:00", "payout")
    assert [intake.details["channel"] for intake in state.intakes()] == ["contract", "payout"]
    assert state.intakes()[1].details["errors"] == []


def test_what_it_cannot_do_it_says(example: Driver, state: State) -> None:
    assert example.ask("status", contract="0007").unsupported
    assert example.ask("constructor").unsupported
    well(example, "apply", events=[signed()])
    assert example.ask("apply", events=[{"kind": "sub_user.add", "contract": "0007"}]).unsupported
    assert example.ask("bill", period="2026-03", invoices=[bill("1.00") | {"reverses": "R-0"}]).unsupported
    assert example.ask("apply", events=[{"kind": "contract.end", "contract": "1"}]).error == "there is no contract 1"
    example.close()
    assert "there is no contract 1" in example.log
