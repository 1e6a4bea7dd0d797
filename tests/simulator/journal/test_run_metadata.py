from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.journal import Json
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


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"start": "the 1st of March"}, ValueError, "Invalid isoformat"),
        ({"name": 7}, TypeError, "expected str, found 7"),
        ({"spells": [{"person": "x", "category": "rich", "valid_from": "2026-01-01"}]}, ValueError, "'rich'"),
        ({"residents": [7]}, TypeError, "int"),
        ({"residents": None}, TypeError, "NoneType"),
    ],
)
def test_what_is_no_world_is_refused(change: dict[str, Json], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        world_from_json(world_to_json(load_world("town")) | change)


def test_keys_of_other_versions_are_ignored() -> None:
    town = load_world("town")
    assert world_from_json(world_to_json(town) | {"mayor": "Anna"}) == town


def test_a_missing_field_is_refused() -> None:
    with pytest.raises(KeyError, match="name"):
        world_from_json({})
