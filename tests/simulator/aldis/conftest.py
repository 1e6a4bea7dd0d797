from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.world.model import World
from tests.simulator.aldis.country import Country

MakeCountry = Callable[..., Country]


@pytest.fixture
def make_country(tmp_path: Path) -> Iterator[MakeCountry]:
    """Makes countries whose stores are closed when the test is over."""
    made: list[Country] = []

    def make(world: World, **fields: Any) -> Country:
        made.append(Country(world, tmp_path / f"country-{len(made)}", **fields))
        return made[-1]

    yield make
    for country in made:
        country.store.close()
