"""In which world and under which profile a data folder was made: kept in it, and checked when it is opened again.

A world as JSON and back, so that a simulation's data folder tells in which world its journal was made.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, cast

from simulator.domain.errors import UserError
from simulator.domain.model import Environment
from simulator.journal import Json
from simulator.store import Transaction
from simulator.store.store import archive_add, archive_rows
from simulator.world.model import World


def world_to_json(world: World) -> dict[str, Json]:
    """The world as a JSON object; dates as ISO 8601."""
    return cast("dict[str, Json]", _plain(world))


def world_from_json(value: object) -> World:
    """The world that ``world_to_json`` wrote; raises ValueError, KeyError or TypeError for anything else."""
    return cast("World", _typed(World, value))


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
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
        return _typed(next(arg for arg in typing.get_args(kind) if arg is not types.NoneType), value)
    if origin is tuple:
        return tuple(_typed(typing.get_args(kind)[0], each) for each in value)
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        known = {field.name for field in dataclasses.fields(kind)}
        return cast("type", kind)(**{name: _typed(hints[name], each) for name, each in value.items() if name in known})
    if kind is date:
        return date.fromisoformat(value)
    if issubclass(kind, StrEnum):
        return kind(value)
    if not isinstance(value, kind):
        raise TypeError(f"expected {kind.__name__}, found {value!r}")
    return value


_OWNER, _KIND, _KEY = "simulation", "setting", "setting"


class SettingError(UserError):
    """The data folder belongs to another world or profile; says which and what to do."""


@dataclass(frozen=True, slots=True)
class Setting:
    """World, profile name, the simulated moment at which the simulation first started, DIT's environment."""

    world: World
    profile: str
    started_at: datetime
    environment: Environment = Environment.TEST

    def must_equal(self, wanted: Setting) -> None:
        """Raise SettingError unless the same world, profile and environment are wanted again."""
        if self.profile != wanted.profile:
            raise SettingError(
                f"this data folder was made under profile {self.profile!r}, not {wanted.profile!r}; "
                f"start with --profile {self.profile} or choose an empty folder with --data"
            )
        if self.environment is not wanted.environment:
            raise SettingError(
                f"this data folder is of DIT's environment {self.environment}, not {wanted.environment}: each has "
                f"its own mailboxes; start with --environment {self.environment}, or choose an empty folder with --data"
            )
        if self.world != wanted.world:
            raise SettingError(
                f"this data folder was made in world {self.world.name!r}, which differs from {wanted.world.name!r} "
                "as it is now; give the world file that it was made with, or choose an empty folder with --data"
            )


def remember_setting(transaction: Transaction, setting: Setting) -> None:
    """Keep the setting; once a data folder has one, it stays."""
    archive_add(
        transaction,
        owner=_OWNER,
        kind=_KIND,
        key=_KEY,
        at=setting.started_at,
        body={"world": world_to_json(setting.world), "profile": setting.profile, "environment": setting.environment},
    )


def recorded_setting(transaction: Transaction) -> Setting | None:
    """The setting of this store, None when it is new; raises SettingError when it cannot be read."""
    for row in archive_rows(transaction, owner=_OWNER, kind=_KIND):
        body = row.body
        try:
            return Setting(
                world=world_from_json(body["world"]),
                profile=str(body["profile"]),
                started_at=row.at,
                environment=Environment(body.get("environment", Environment.TEST)),
            )
        except (KeyError, TypeError, ValueError) as reason:
            raise SettingError(f"the world recorded in this data folder cannot be read: {reason}") from reason
    return None
