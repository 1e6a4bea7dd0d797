from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from simulator.world.file import load_world
from tests.simulator.aldis.conftest import MakeCountry
from tests.simulator.aldis.situations.story import Story

Play = Callable[..., Story]


@pytest.fixture
def play(make_country: MakeCountry) -> Play:
    """Return a function that begins the story of a bundled world by its name."""

    def begin(name: str, **fields: Any) -> Story:
        return Story(make_country(load_world(name), **fields))

    return begin
