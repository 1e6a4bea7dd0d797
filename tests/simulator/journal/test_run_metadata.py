from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.journal.run_metadata import world_from_json, world_to_json
from simulator.world.file import load_world
from simulator.world.model import Resident, Spell, World


def test_the_bundled_world_comes_back_whole() -> None:
    town = load_world("town")
    assert world_from_json(json.loads(json.dumps(world_to_json(town)))) == town


@given(st.builds(Resident, code=st.text(), given_name=st.text(), surname=st.text(), address=st.text()), st.dates())
def test_any_resident_comes_back(resident: Resident, since: date) -> None:
    town = load_world("town")
    spells = (Spell(resident.code, town.spells[0].category, since),)
    world = World(town.name, since, town.bvkb, town.retailers, (resident,), spells)
    assert world_from_json(json.loads(json.dumps(world_to_json(world)))) == world


def test_what_is_no_world_is_refused() -> None:
    broken = world_to_json(load_world("town")) | {"start": "the 1st of March"}
    with pytest.raises(ValueError, match="Invalid isoformat"):
        world_from_json(broken)
