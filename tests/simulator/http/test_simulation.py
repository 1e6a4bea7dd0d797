from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from simulator.dit.model import Payload, RefusalCode, Selector, SendRequest
from simulator.dit.refusals import Refused
from simulator.documents.profile import Profile, load_profile
from simulator.documents.reading import read_document
from simulator.documents.writing import write_document
from simulator.domain.clock import RIGA, Clock, ClockError
from simulator.domain.model import ChannelName, Document, Header, Period
from simulator.http.simulation import Simulation
from simulator.journal import Kind
from simulator.journal.run_metadata import RunMetadataError
from simulator.world.file import load_world
from simulator.world.model import World

MARCH_2 = datetime(2026, 3, 2, 8, tzinfo=RIGA)


@pytest.fixture(scope="module")
def world() -> World:
    return load_world("town")


@pytest.fixture(scope="module")
def profile() -> Profile:
    return load_profile()


def _open(directory: Path, world: World, profile: Profile, at: datetime = MARCH_2) -> Simulation:
    return Simulation.open(world=world, profile=profile, clock=Clock.frozen(at), directory=directory)


def _discounts(simulation: Simulation, retailer: int) -> list[str]:
    chosen = simulation.world.retailers[retailer]
    channel = simulation.profile.channel(ChannelName.DISCOUNT)
    with simulation.store.reading() as transaction:
        caller = simulation.network.caller(transaction, chosen.user)
        selector = Selector(version=channel.version_urn(chosen.discount_minor))
        listed = simulation.network.list_messages(transaction, caller, selector)
    return [mailbox_message.payload.reference for mailbox_message in listed]


def test_every_retailer_gets_its_own_cut_each_month(tmp_path: Path, world: World, profile: Profile) -> None:
    simulation = _open(tmp_path, world, profile)
    simulation.advance(datetime(2026, 4, 8, tzinfo=RIGA))
    for index, retailer in enumerate(world.retailers):
        documents = [
            read_document(simulation.journal.blob(discount), profile) for discount in _discounts(simulation, index)
        ]
        assert [document.header.period for document in documents] == [Period(2026, 3), Period(2026, 4)]
        assert {document.header.provider for document in documents} == {retailer.registration_number}
    simulation.close()


def test_time_goes_on_where_it_ended_and_nothing_is_published_twice(
    tmp_path: Path, world: World, profile: Profile
) -> None:
    first = _open(tmp_path, world, profile)
    first.advance(datetime(2026, 3, 8, tzinfo=RIGA))
    first.close()
    again = _open(tmp_path, world, profile)
    assert again.clock.now() == datetime(2026, 3, 8, tzinfo=RIGA)
    assert len(_discounts(again, 0)) == 1
    again.close()


def test_another_world_in_the_same_folder_is_refused(tmp_path: Path, world: World, profile: Profile) -> None:
    _open(tmp_path, world, profile).close()
    smaller = World(world.name, world.start, world.bvkb, world.retailers[:1])
    with pytest.raises(RunMetadataError, match="empty folder"):
        _open(tmp_path, smaller, profile)


def test_time_does_not_go_back(tmp_path: Path, world: World, profile: Profile) -> None:
    simulation = _open(tmp_path, world, profile)
    with pytest.raises(ClockError):
        simulation.advance(MARCH_2 - timedelta(minutes=1))
    simulation.close()


def test_every_step_of_time_is_journaled(tmp_path: Path, world: World, profile: Profile) -> None:
    simulation = _open(tmp_path, world, profile)
    simulation.advance(MARCH_2 + timedelta(hours=1))
    (entry,) = [entry for entry in simulation.journal.entries() if entry.kind is Kind.CLOCK]
    assert entry.details == {
        "from": MARCH_2.isoformat(),
        "to": (MARCH_2 + timedelta(hours=1)).isoformat(),
    }
    simulation.close()


def test_rights_begin_when_access_is_opened_and_data_with_the_month_after(
    tmp_path: Path, world: World, profile: Profile
) -> None:
    opened = replace(world.retailers[1], access_opened=date(2026, 3, 10))
    later = replace(world, retailers=(world.retailers[0], opened))
    simulation = _open(tmp_path, later, profile)

    def may_send() -> bool:
        channel = profile.channel(ChannelName.CONTRACT)
        now = simulation.clock.now()
        header = Header(str(uuid.uuid4()), opened.registration_number, now, Period(2026, 4), 0)
        data = write_document(Document(ChannelName.CONTRACT, header, ()), profile)
        with simulation.store.transaction() as transaction:
            payload = Payload(transaction.put_blob(data), len(data), channel.root)
            caller = simulation.network.caller(transaction, opened.user)
            try:
                simulation.network.send(transaction, caller, SendRequest(channel.version_urn(), payload))
            except Refused as refused:
                if refused.refusal.code is not RefusalCode.NO_RIGHT:
                    raise
                return False
        return True

    simulation.advance(datetime(2026, 3, 9, 23, 59, tzinfo=RIGA))
    assert not may_send()
    simulation.advance(datetime(2026, 3, 10, tzinfo=RIGA))
    assert may_send()
    simulation.close()
    simulation = _open(tmp_path, later, profile)
    assert may_send()
    simulation.advance(datetime(2026, 4, 8, tzinfo=RIGA))
    # March's list went to the first retailer alone; the second's exchange begins with April.
    assert len(_discounts(simulation, 0)) == 2
    (only,) = _discounts(simulation, 1)
    assert read_document(simulation.journal.blob(only), profile).header.period == Period(2026, 4)
    simulation.close()


def test_dit_keeps_a_message_for_ninety_days(tmp_path: Path, world: World, profile: Profile) -> None:
    simulation = _open(tmp_path, world, profile)
    simulation.advance(datetime(2026, 3, 8, tzinfo=RIGA))
    assert len(_discounts(simulation, 0)) == 1
    simulation.advance(datetime(2026, 6, 5, 8, tzinfo=RIGA))  # the first list was published on 7 March at 9
    assert len(_discounts(simulation, 0)) == 3
    simulation.advance(datetime(2026, 6, 5, 11, tzinfo=RIGA))
    assert len(_discounts(simulation, 0)) == 2
    purged = [entry for entry in simulation.journal.entries() if entry.operation == "purge"]
    assert {entry.authority for entry in purged} >= {retailer.authority for retailer in world.retailers}
    simulation.close()
