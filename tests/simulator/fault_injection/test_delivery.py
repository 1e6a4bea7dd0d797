"""Faults injected into calls and deliveries, on real sockets, and their journal entries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import pytest

from conformance.retailers.reference.client import ConnectionLost, DitClient
from conformance.scenarios.population import OtherRetailer
from simulator.documents.profile import load_profile
from simulator.documents.reading import read_document
from simulator.documents.validation import validate
from simulator.documents.writing import write_document
from simulator.domain.clock import RIGA, Clock
from simulator.domain.identifiers import synthetic_metering_point
from simulator.domain.model import Address, ChannelName, ContractRecord, Document, Header, Operation, Period, Person
from simulator.fault_injection.faults import AFTER, BEFORE, TAMPERING, InjectedFault
from simulator.http.server import Server
from simulator.http.simulation import Simulation
from simulator.journal import Entry, Kind, Outcome
from simulator.world.file import load_world

PROFILE = load_profile("reconstruction")
OURS, BVKB = "100777", "100500"
DISCOUNT = PROFILE.channel(ChannelName.DISCOUNT).version_urn(1)
CONTRACT = PROFILE.channel(ChannelName.CONTRACT).version_urn()


@dataclass
class State:
    simulation: Simulation
    client: DitClient

    def go_wrong(self, kind: str, operation: str, **changes: object) -> None:
        self.simulation.faults.arm(InjectedFault(kind, operation, **changes))  # type: ignore[arg-type]

    def calls(self) -> list[Entry]:
        return [entry for entry in self.simulation.journal.entries() if entry.kind is Kind.EXCHANGE]

    def decide(self, month: int) -> None:
        self.simulation.advance(datetime(2026, month, 7, 12, tzinfo=RIGA))

    def fetched(self) -> list[bytes]:
        return [received.payload for received in self.client.receive_version(DISCOUNT)]


@pytest.fixture
def state() -> Iterator[State]:
    world = load_world("town")
    simulation = Simulation.open(
        world=world, profile=PROFILE, clock=Clock.frozen(datetime(2026, 1, 5, 8, tzinfo=RIGA)), deferred_intake=True
    )
    server = Server(simulation)
    server.start()
    client = DitClient(f"{server.base_url}/dit/v1-2/MessageService/plain", OURS, "")
    retailer = world.retailer(OURS)
    assert retailer is not None
    person = world.residents[0]
    OtherRetailer(retailer, simulation).report(
        ContractRecord(
            Operation.NEW,
            "0012345678",
            synthetic_metering_point(1),
            Address(person.address),
            Person(person.code, person.given_name, person.surname),
            (),
            date(2026, 1, 1),
        )
    )
    yield State(simulation, client)
    client.close()
    server.stop()
    simulation.close()


def _document() -> bytes:
    header = Header(
        "11111111-2222-4333-8444-555555555555", "40009990008", datetime(2026, 1, 5, 9, tzinfo=RIGA), Period(2026, 1), 0
    )
    return write_document(Document(ChannelName.CONTRACT, header, ()), PROFILE)


@pytest.mark.parametrize("kind", sorted((BEFORE | AFTER) - {"slow_reply"}))
def test_a_call_goes_wrong_and_the_journal_knows_whether_it_was_carried_out(kind: str, state: State) -> None:
    state.go_wrong(kind, "SendMessage2")
    with pytest.raises(ConnectionLost):
        state.client.send(CONTRACT, _document())
    (entry,) = state.calls()
    assert entry.details["misbehaviour"] == kind
    assert (entry.outcome is Outcome.OK) == (kind in AFTER)
    assert bool(entry.message_ids) == (kind in AFTER)
    assert entry.channel_version == CONTRACT
    assert entry.payload is not None  # what was sent can be seen either way
    state.client.send(CONTRACT, _document())  # and then all is well again
    assert state.calls()[-1].outcome is Outcome.OK


@pytest.mark.parametrize("kind", sorted(BEFORE - {"slow_reply"}))
def test_a_read_that_was_not_carried_out_changes_nothing(kind: str, state: State) -> None:
    state.decide(1)
    (message,) = state.client.list_messages(DISCOUNT)
    state.go_wrong(kind, "ReceiveMessage2")
    with pytest.raises(ConnectionLost):
        state.client.receive_message(message)
    entry = state.calls()[-1]
    assert entry.message_ids == (message,)
    assert entry.details["selector"] == {"channel": None, "version": None, "message": message}
    assert state.client.list_messages(DISCOUNT) == (message,)


def test_a_slow_reply_comes_all_the_same(state: State) -> None:
    state.go_wrong("slow_reply", "ReceiveMessageList", seconds=0.01)
    assert state.client.list_messages(DISCOUNT) == ()
    assert "misbehaviour" not in state.calls()[-1].details


@pytest.mark.parametrize("kind", sorted(TAMPERING))
def test_a_delivered_list_is_wrong_for_one_retailer_only(kind: str, state: State) -> None:
    state.go_wrong(kind, "SendMessage2", authority=BVKB, recipient=OURS)
    state.decide(1)
    state.decide(2)
    wrong, right = state.fetched()
    assert not validate(right, PROFILE, ChannelName.DISCOUNT)
    deliveries = [entry for entry in state.simulation.journal.entries() if entry.kind is Kind.DELIVERY]
    assert {delivery.authority for delivery in deliveries if "misbehaviour" in delivery.details} == {OURS}
    complaints = validate(wrong, PROFILE, ChannelName.DISCOUNT)
    assert bool(complaints) == (kind in ("invalid_document", "odd_decimals"))
    if kind == "odd_decimals":
        assert b"20.005" in wrong
    if not complaints:
        document = read_document(wrong, PROFILE)
        assert (document.header.provider == "40009990008") == (kind != "other_retailer")
        count = {"empty_list": 0, "unknown_contract": 2}.get(kind, 1)
        assert len(document.records) == document.header.record_count == count


def test_lists_come_in_the_wrong_order(state: State) -> None:
    state.go_wrong("out_of_order", "SendMessage2", authority=BVKB, recipient=OURS)
    state.decide(1)
    assert state.client.list_messages(DISCOUNT) == ()
    state.decide(2)
    assert [str(read_document(data, PROFILE).header.period) for data in state.fetched()] == ["2026-02", "2026-01"]


def test_a_list_comes_twice_to_one_retailer(state: State) -> None:
    state.go_wrong("duplicate_delivery", "SendMessage2", authority=BVKB, recipient=OURS)
    state.decide(1)
    first, second = state.fetched()
    assert first == second
    theirs = [entry for entry in state.simulation.journal.entries() if entry.authority == "100778"]
    assert len([their for their in theirs if their.kind is Kind.DELIVERY]) == 1
