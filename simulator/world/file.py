"""Loads a world by its name, from a TOML file, or from the generator."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from simulator.settings import SettingsError, SettingsFile, structure
from simulator.settings.files import data_root
from simulator.world.contradictions import contradictions
from simulator.world.generator import load_generated_world
from simulator.world.model import World


def load_world(name_or_path: str | Path) -> World:
    """Load a world: one of ``fixtures/worlds`` by its name, any TOML file by its path, or a generated one.

    ``made:1000`` is a generated world of 1000 residents with seed 0, ``made:1000:7`` one with seed 7; both numbers
    determine the world. Raises SettingsError with all mistakes and contradictions of the file, or when there is no such
    world.
    """
    if str(name_or_path).startswith("made:"):
        return load_generated_world(str(name_or_path))
    return read_world(world_path(name_or_path))


def world_path(name_or_path: str | Path) -> Path:
    """Return the file of a world by name or path; raises SettingsError, with the known names, when there is none."""
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
    """Read a world from a TOML file. Raises SettingsError with all mistakes and contradictions in it."""
    file = SettingsFile.open(path)
    world = structure(file, file.table, World)
    problems = list(contradictions(world, file.place))
    if problems:
        raise file.error(problems)
    return replace(world, description=world.description or "no description")
