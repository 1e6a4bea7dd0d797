"""Finds and reads the TOML file of a world."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from simulator.documents.locations import data_root
from simulator.settings import SettingsError, SettingsFile, structure
from simulator.world import World
from simulator.world_contradictions import contradictions


def world_path(name_or_path: str | Path) -> Path:
    """The file of a world; raises SettingsError when there is none, with the names that there are."""
    text = str(name_or_path)
    if re.fullmatch(r"[A-Za-z0-9_-]+", text) is None or Path(text).is_file():
        return Path(text)
    worlds = data_root("fixtures") / "worlds"
    path = worlds / f"{text}.toml"
    if not path.is_file():
        names = ", ".join(sorted(world.stem for world in worlds.glob("*.toml"))) or "none"
        raise SettingsError(
            f"{text}: there is no world of this name; there are: {names}. A file of your own needs .toml; "
            "made:1000 makes one of 1000 residents"
        )
    return path


def read_world(path: Path) -> World:
    """The world in a file. Raises SettingsError with everything that is wrong in it or contradicts itself."""
    file = SettingsFile.open(path)
    world = structure(file, file.table, World)
    problems = list(contradictions(world, file.place))
    if problems:
        raise file.error(problems)
    return replace(world, description=world.description or "no description")
