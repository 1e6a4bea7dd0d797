"""The pipeline of a call, with an interface of the tests whose answers are texts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from simulator.dit import calls
from simulator.dit.calls import CallRecord, SimulationServices
from simulator.dit.model import Caller, RefusalCode
from simulator.dit.refusals import NO_SOURCE, Refusal, refuse
from simulator.fault_injection.faults import AFTER, BEFORE, DROP_REPLY, LOSE_REQUEST, SLOW_REPLY, InjectedFault
from simulator.journal import Entry, Outcome
from simulator.store import StorageFull, Transaction
from tests.simulator.dit.setting import FIRST, Setting, setting


@dataclass
class TextCall:
    """A call by user ``first`` that does what ``action`` does."""

    setting: Setting
    action: Callable[[Transaction, Caller], str]
    keep_raises: Exception | None = None
    record: CallRecord = field(default_factory=lambda: CallRecord(operation="SendMessage2", user="first"))
    interface: str = "test"

    def identify(self, transaction: Transaction) -> Caller:
        return self.setting.network.caller(transaction, self.record.user or "")

    def act(self, transaction: Transaction, caller: Caller) -> str:
        return self.action(transaction, caller)

    def keep(self, transaction: Transaction) -> None:
        if self.keep_raises is not None:
            raise self.keep_raises
        self.record.payload = transaction.put_blob(b"kept")

    def refused(self, refusal: Refusal) -> str:
        return f"refused: {refusal.code}"

    def replaced(self, fault: InjectedFault) -> str:
        return f"instead: {fault.kind}"

    def broken_off(self, answer: str, fault: InjectedFault) -> str:
        return f"{answer}, {fault.kind}"

    def complete(self, transaction: Transaction | None, entry: Entry, answer: str) -> Entry:
        return replace(entry, details={**entry.details, "answer": answer, "bytes": transaction is not None})


def act(transaction: Transaction, caller: Caller) -> str:
    transaction.put_blob(b"done")
    return f"done for {caller.authority}"


def act_and_fail(transaction: Transaction, caller: Caller) -> str:
    act(transaction, caller)
    raise refuse(RefusalCode.NO_RIGHT, "no right", found="Found.", expected="other.", source=NO_SOURCE, remedy="ask.")


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Setting]:
    with setting(tmp_path) as opened:
        yield opened


def carry_out(net: Setting, action: Callable[[Transaction, Caller], str] = act, **choices: Any) -> tuple[str, Entry]:
    """Carry a call out; return its answer and its only journal entry."""
    before = len(list(net.journal.entries()))
    call = TextCall(net, action, **choices)
    answer = calls.carry_out(services(net), call)
    (entry,) = list(net.journal.entries())[before:]
    return answer, entry


def services(net: Setting) -> SimulationServices:
    return SimulationServices(net.store, net.network, net.clock, None, net.faults)  # type: ignore[arg-type]


def test_a_call_is_carried_out_and_journaled(net: Setting) -> None:
    answer, entry = carry_out(net)
    assert answer == f"done for {FIRST}"
    assert (entry.interface, entry.operation, entry.authority) == ("test", "SendMessage2", FIRST)
    assert entry.outcome is Outcome.OK
    assert entry.details == {"user": "first", "answer": answer, "bytes": True}


def test_a_refused_call_is_rolled_back_and_journaled(net: Setting) -> None:
    answer, entry = carry_out(net, act_and_fail)
    assert answer == "refused: no-right"
    assert (entry.outcome, entry.fault_code) == (Outcome.FAULT, "no-right")
    assert entry.cause == f"Found. Expected: other. Source: {NO_SOURCE.source} (assumed). What to do: ask."
    assert net.journal.blob(entry.payload or "") == b"kept"


def test_a_mistake_of_the_simulators_own_is_an_incident(net: Setting) -> None:
    def broken(_transaction: Transaction, _caller: Caller) -> str:
        raise ZeroDivisionError

    answer, entry = carry_out(net, broken)
    assert answer == "refused: internal-error"
    assert entry.details["incident"] in str(entry.cause)


def test_without_room_for_its_bytes_a_refused_call_is_journaled_all_the_same(net: Setting) -> None:
    answer, entry = carry_out(net, act_and_fail, keep_raises=StorageFull("full"))
    assert answer == "refused: no-right"
    assert (entry.details["bytes"], entry.payload) == (False, None)


def test_a_call_that_is_committed_is_acknowledged_although_a_listener_fails(net: Setting) -> None:
    def act_and_notify(transaction: Transaction, caller: Caller) -> str:
        transaction.after_commit(lambda: 1 // 0)
        return act(transaction, caller)

    answer, entry = carry_out(net, act_and_notify)
    assert answer == f"done for {FIRST}"
    assert entry.outcome is Outcome.OK


@pytest.mark.parametrize("kind", sorted(BEFORE - {SLOW_REPLY}))
def test_a_fault_before_the_call_stands_in_for_it(net: Setting, kind: str) -> None:
    net.faults.arm(InjectedFault(kind))
    answer, entry = carry_out(net, act_and_fail)
    assert answer == f"instead: {kind}"
    assert (entry.outcome, entry.fault_code, entry.details["misbehaviour"]) == (Outcome.FAULT, kind, kind)
    assert net.faults.armed() == ()


@pytest.mark.parametrize("kind", sorted(AFTER))
def test_a_fault_after_the_call_breaks_its_answer_off(net: Setting, kind: str) -> None:
    net.faults.arm(InjectedFault(kind))
    answer, entry = carry_out(net)
    assert answer == f"done for {FIRST}, {kind}"
    assert (entry.outcome, entry.details["misbehaviour"]) == (Outcome.OK, kind)


def test_a_slow_reply_holds_up_nobody_else(net: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        with net.store.transaction():  # would be refused inside of the call's transaction
            slept.append(seconds)

    monkeypatch.setattr(time, "sleep", sleep)
    net.faults.arm(InjectedFault(SLOW_REPLY, seconds=5))
    assert carry_out(net)[0] == f"done for {FIRST}"
    assert slept == [5]


@pytest.mark.parametrize("kind", [LOSE_REQUEST, DROP_REPLY, SLOW_REPLY])
def test_a_fault_stays_armed_when_the_call_could_not_be_stored(
    net: Setting, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = InjectedFault(kind)
    net.faults.arm(fault)
    with monkeypatch.context() as patched:
        patched.setattr(TextCall, "complete", fail_once(TextCall.complete))
        answer, entry = carry_out(net)
    assert (answer, entry.fault_code) == ("refused: storage-full", "storage-full")
    assert "misbehaviour" not in entry.details
    assert (net.faults.armed(), net.faults.taken(kind)) == (((fault, 1),), 0)


def fail_once(complete: Callable[..., Entry]) -> Callable[..., Entry]:
    failures = [StorageFull("full")]

    def completed(*arguments: Any) -> Entry:
        if failures:
            raise failures.pop()
        return complete(*arguments)

    return completed
