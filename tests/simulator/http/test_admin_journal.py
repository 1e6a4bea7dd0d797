"""The journal, page by page, as the admin call shows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import text
from werkzeug.test import Client

from simulator import journal
from simulator.documents.profile import load_profile
from simulator.domain.clock import RIGA, Clock
from simulator.http.admin import AdminApplication
from simulator.http.simulation import Simulation
from simulator.journal import Entry, Kind, wall_now
from simulator.world.file import load_world


@pytest.fixture
def simulation() -> Iterator[Simulation]:
    clock = Clock.frozen(datetime(2026, 3, 2, 8, tzinfo=RIGA))
    simulation = Simulation.open(world=load_world("town"), profile=load_profile(), clock=clock)
    entry = Entry(kind=Kind.CLOCK, at=clock.now(), wall=wall_now(), interface="admin", operation="advance")
    with simulation.store.transaction() as transaction:
        for _ in range(20):
            journal.append(transaction, entry)
    yield simulation
    simulation.close()


def numbers(simulation: Simulation, query: str = "") -> list[int]:
    answer = Client(AdminApplication(lambda: simulation)).get(f"/admin/journal{query}")
    assert answer.status_code == 200, answer.data
    return [entry["number"] for entry in answer.json or ()]


def test_pages_follow_each_other(simulation: Simulation) -> None:
    assert numbers(simulation) == list(range(1, 21))
    assert numbers(simulation, "?limit=8") == list(range(1, 9))
    assert numbers(simulation, "?limit=8&after=8") == list(range(9, 17))
    assert numbers(simulation, "?limit=8&after=16") == list(range(17, 21))
    assert numbers(simulation, "?limit=0") == []
    assert numbers(simulation, "?after=20") == []


def test_a_page_reads_no_entries_outside_it(simulation: Simulation) -> None:
    """Entries before and after the page are damaged, so reading them would fail."""
    with simulation.store.transaction() as transaction:
        transaction.connection.execute(text("update journal set details = 'damaged' where number < 5 or number > 10"))
    assert numbers(simulation, "?after=4&limit=6") == list(range(5, 11))
