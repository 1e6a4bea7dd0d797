"""docs/reference/worlds.md says which tables and fields a world has, and lists every bundled world."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulator.domain.identifiers import synthetic_personal_code
from simulator.domain.model import Category
from simulator.settings import SettingsError
from simulator.world.file import load_world
from tests.simulator.aldis.situations.test_every_situation import SITUATIONS

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "worlds.md").read_text(encoding="utf-8")
TABLES = dict(re.findall(r"^\| `\[\[(\w+)\]\]` \| ([^|]+) \|", PAGE, re.MULTILINE))


def _fields(cell: str) -> set[str]:
    return set(re.findall(r"\w+", re.sub(r": [\w, ]+", "", cell)))


@pytest.mark.parametrize("table", TABLES)
def test_the_page_names_the_fields_that_the_reader_knows(tmp_path: Path, table: str) -> None:
    """A field that nobody knows is answered with those that are known."""
    town = (Path(__file__).parents[3] / "fixtures" / "worlds" / "town.toml").read_text(encoding="utf-8")
    person, provider = "010180-00012", "40009990008"
    values = {
        "name": '"N"',
        "registration_number": '"40009990027"',
        "authority": '"100779"',
        "user": '"paraugs"' if table == "rights" else '"n"',
        "discount_minor": "3",
        "code": f'"{synthetic_personal_code(5)}"',
        "given_name": '"G"',
        "surname": '"S"',
        "address": '"A"',
        "person": f'"{person}"',
        "category": '"low_income"',
        "valid_from": "2026-01-01",
        "beneficiary": f'"{person}"',
        "guardian": '"140284-00020"',
        "provider": f'"{provider}"',
        "contract": '"1"',
        "number": '"1"',
        "holder": f'"{person}"',
        "metering_point": '"43Z-STO00000001Y"',
        "environment": '"test"',
        "opened": "2026-01-01",
    }
    lines = [f"{name} = {values[name]}" for name in sorted(_fields(TABLES[table])) if name in values]
    path = tmp_path / "world.toml"
    path.write_text(town + f"\n[[{table}]]\n" + "\n".join([*lines, "nonsense = 1"]) + "\n", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_world(path)
    known = re.search(r"\.nonsense: unknown key; known are ([\w, ]*)", str(caught.value))
    assert known is not None, str(caught.value)
    assert set(known[1].split(", ")) == _fields(TABLES[table])


def test_the_page_lists_every_bundled_world_with_its_description() -> None:
    rows = re.findall(r"^\| ([^|]+) \| `([a-z0-9-]+)` \| ([^|]+) \|$", PAGE, re.MULTILINE)
    assert {situation: world for situation, world, _ in rows} == SITUATIONS
    assert all(load_world(world).description == description for _, world, description in rows)
    categories = re.search(r"^Categories: (.*?)\. A", PAGE, re.MULTILINE)
    assert categories is not None
    assert categories[1].split(", ") == list(Category)
