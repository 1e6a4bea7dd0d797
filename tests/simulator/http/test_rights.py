"""Rights opened and closed while the simulator runs, and what that does to the exchange with ALDIS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from werkzeug.test import Client

from simulator.dit.model import Selector
from simulator.dit.refusals import Refused
from simulator.dit.rights import Options
from simulator.documents.profile import load_profile
from simulator.documents.reading import read_document
from simulator.domain.clock import RIGA, Clock
from simulator.domain.model import ChannelName, Environment, Period
from simulator.http.admin import AdminApplication
from simulator.http.simulation import Simulation
from simulator.journal import Kind
from simulator.journal.run_metadata import RunMetadataError
from simulator.world.file import load_world
from simulator.world.model import Right, World

PRODUCTION = Options(environment=Environment.PRODUCTION)
PROFILE = load_profile()
TOWN = load_world("town")


@contextmanager
def running(
    directory: Path, *, options: Options | None = None, world: World = TOWN
) -> Iterator[tuple[Simulation, Client]]:
    clock = Clock.frozen(datetime(2026, 3, 2, 8, tzinfo=RIGA))
    simulation = Simulation.open(world=world, profile=PROFILE, clock=clock, directory=directory, options=options)
    try:
        yield simulation, Client(AdminApplication(lambda: simulation))
    finally:
        simulation.close()


def _listed(simulation: Simulation, user: str = "kaimins") -> list[Period]:
    """Return the months of the lists in a user's mailbox for discounts; raises Refused without the right."""
    (retailer,) = (retailer for retailer in simulation.world.retailers if retailer.user == user)
    selector = Selector(version=PROFILE.channel(ChannelName.DISCOUNT).version_urn(retailer.discount_minor))
    with simulation.store.reading() as transaction:
        caller = simulation.network.caller(transaction, user)
        messages = simulation.network.list_messages(transaction, caller, selector)
    return [
        read_document(simulation.journal.blob(message.payload.reference), PROFILE).header.period for message in messages
    ]


def test_a_right_is_closed_and_opened_again_and_stays_so(tmp_path: Path) -> None:
    with running(tmp_path) as (simulation, client):
        assert client.get("/admin/rights").json == {"environment": "test", "today": "2026-03-02", "rights": []}
        closed = client.post("/admin/rights", json={"user": "kaimins", "channel": "discount", "close": True})
        assert [(right["right"], right["closed"], right["open"]) for right in closed.json["rights"]] == [
            ("receive", "2026-03-02", False),
            ("send", "2026-03-02", False),
        ]
        with pytest.raises(Refused, match="it was closed on 2026-03-02"):
            _listed(simulation)
        assert _listed(simulation, "paraugs") == []
    with running(tmp_path) as (simulation, client):
        with pytest.raises(Refused, match="it was closed on 2026-03-02"):
            _listed(simulation)
        client.post("/admin/rights", json={"user": "kaimins", "open": "2026-03-03"})
        with pytest.raises(Refused, match="it opens on 2026-03-03"):
            _listed(simulation)
        simulation.advance(datetime(2026, 3, 3, tzinfo=RIGA))
        assert _listed(simulation) == []
        changes = [entry for entry in simulation.journal.entries() if entry.kind is Kind.RIGHT]
    assert [change.operation for change in changes] == ["close"] * 2 + ["open"] * 6
    assert changes[-1].details == {
        "user": "kaimins",
        "channel": PROFILE.channel(ChannelName.PAYOUT).urn,
        "environment": "test",
        "right": "receive",
        "opened": "2026-03-03",
        "closed": None,
    }


def test_production_opened_while_it_runs_begins_the_exchange_a_month_later(tmp_path: Path) -> None:
    world = replace(TOWN, rights=(Right("kaimins", Environment.TEST, date(2025, 1, 1)),))
    with running(tmp_path, options=PRODUCTION, world=world) as (simulation, client):
        simulation.advance(datetime(2026, 3, 8, tzinfo=RIGA))
        assert _listed(simulation, "paraugs") == [Period(2026, 3)]
        with pytest.raises(Refused, match="never granted"):
            _listed(simulation)
        client.post("/admin/rights", json={"user": "kaimins", "open": "2026-03-10"})
        simulation.advance(datetime(2026, 3, 31, 23, 59, tzinfo=RIGA))
        with pytest.raises(Refused, match="granted on 2026-03-10 and can be used from 2026-04-01"):
            _listed(simulation)
        simulation.advance(datetime(2026, 4, 8, tzinfo=RIGA))
        assert _listed(simulation) == [Period(2026, 4)]


def test_the_world_opens_production_by_itself(tmp_path: Path) -> None:
    world = replace(TOWN, rights=(Right("kaimins", Environment.PRODUCTION, date(2026, 3, 5)),))
    with running(tmp_path, options=PRODUCTION, world=world) as (simulation, _client):
        simulation.advance(datetime(2026, 4, 8, tzinfo=RIGA))
        # March was published on the 7th, after the right was granted; but the exchange begins with April.
        assert _listed(simulation) == [Period(2026, 4)]
        assert _listed(simulation, "paraugs") == [Period(2026, 3), Period(2026, 4)]


def test_a_data_folder_is_of_one_environment(tmp_path: Path) -> None:
    with running(tmp_path, options=PRODUCTION):
        pass
    with pytest.raises(RunMetadataError, match="--environment production"), running(tmp_path):
        pass


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"user": "nobody", "open": True}, '"user" must be one of bvkb, kaimins, paraugs'),
        ({"user": "paraugs"}, 'one of "open" and "close"'),
        ({"user": "paraugs", "open": True, "close": True}, 'one of "open" and "close"'),
        ({"user": "paraugs", "open": "soon"}, "2026-03-10"),
        ({"user": "paraugs", "open": True, "channel": "bills"}, "contract, discount, payout, URN:"),
        ({"user": "paraugs", "open": True, "right": "write"}, "send, receive"),
        ({"user": "paraugs", "open": True, "environment": "live"}, "test, production"),
        ({"user": "paraugs", "open": True, "since": "now"}, "no field 'since'"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_may_stand_there(
    tmp_path: Path, body: dict[str, object], says: str
) -> None:
    with running(tmp_path) as (_, client):
        answer = client.post("/admin/rights", json=body)
        assert answer.status_code == 400
        assert says in answer.json["error"]
