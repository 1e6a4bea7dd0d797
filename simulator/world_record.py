"""A world as JSON and back, so that a simulation's data folder tells in which world its journal was made."""

from __future__ import annotations

import dataclasses
import types
import typing
from datetime import date
from enum import StrEnum
from typing import Any, cast

from simulator.journal import Json
from simulator.world import World


def world_to_json(world: World) -> dict[str, Json]:
    """The world as a JSON object; dates as ISO 8601."""
    return cast("dict[str, Json]", _plain(world))


def world_from_json(value: object) -> World:
    """The world that ``world_to_json`` wrote; raises ValueError, KeyError or TypeError for anything else."""
    return cast("World", _typed(World, value))


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    return value


def _typed(kind: Any, value: Any) -> object:
    origin = typing.get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        if value is None:
            return None
        return _typed(next(each for each in typing.get_args(kind) if each is not types.NoneType), value)
    if origin is tuple:
        return tuple(_typed(typing.get_args(kind)[0], each) for each in value)
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        known = {each.name for each in dataclasses.fields(kind)}
        return cast("type", kind)(**{name: _typed(hints[name], each) for name, each in value.items() if name in known})
    if kind is date:
        return date.fromisoformat(value)
    if issubclass(kind, StrEnum):
        return kind(value)
    if not isinstance(value, kind):
        raise TypeError(f"expected {kind.__name__}, found {value!r}")
    return value
