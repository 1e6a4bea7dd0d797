"""Metadata of a run in its data folder: the world, the profile and the environment, checked when it is opened again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from cattrs import Converter

from simulator.domain.errors import UserError
from simulator.domain.model import Environment
from simulator.journal import Json
from simulator.store import Transaction
from simulator.store.store import archive_add, archive_rows
from simulator.world.model import World

_OWNER, _KIND, _KEY = "simulation", "setting", "setting"  # as in data folders of earlier versions


class RunMetadataError(UserError):
    """The data folder belongs to another world or profile, or its metadata cannot be read; says what to do."""


@dataclass(frozen=True, slots=True)
class RunMetadata:
    """The world, the name of the profile, the simulated time of the first start, and DIT's environment."""

    world: World
    profile: str
    started_at: datetime
    environment: Environment = Environment.TEST

    def must_equal(self, wanted: RunMetadata) -> None:
        """Raise RunMetadataError unless world, profile and environment are those that are wanted now."""
        if self.profile != wanted.profile:
            raise RunMetadataError(
                f"this data folder was made under profile {self.profile!r}, not {wanted.profile!r}; "
                f"start with --profile {self.profile} or choose an empty folder with --data"
            )
        if self.environment is not wanted.environment:
            raise RunMetadataError(
                f"this data folder is of DIT's environment {self.environment}, not {wanted.environment}: each has "
                f"its own mailboxes; start with --environment {self.environment}, or choose an empty folder with --data"
            )
        if self.world != wanted.world:
            raise RunMetadataError(
                f"this data folder was made in world {self.world.name!r}, which differs from {wanted.world.name!r} "
                "as it is now; give the world file that it was made with, or choose an empty folder with --data"
            )


def record_run(transaction: Transaction, run: RunMetadata) -> None:
    """Store the metadata of a run. A data folder keeps the first that is recorded in it."""
    archive_add(
        transaction,
        owner=_OWNER,
        kind=_KIND,
        key=_KEY,
        at=run.started_at,
        body={"world": world_to_json(run.world), "profile": run.profile, "environment": run.environment},
    )


def recorded_run(transaction: Transaction) -> RunMetadata | None:
    """Return the metadata in this store, None when it is new. Raises RunMetadataError when it cannot be read."""
    for row in archive_rows(transaction, owner=_OWNER, kind=_KIND):
        body = row.body
        try:
            return RunMetadata(
                world=world_from_json(body["world"]),
                profile=str(body["profile"]),
                started_at=row.at,
                environment=Environment(body.get("environment", Environment.TEST)),
            )
        except (KeyError, TypeError, ValueError) as reason:
            raise RunMetadataError(f"the world recorded in this data folder cannot be read: {reason}") from reason
    return None


def world_to_json(world: World) -> dict[str, Json]:
    """Return a world as a JSON object, with dates in ISO 8601."""
    value: dict[str, Json] = _converter().unstructure(world)
    return value


def world_from_json(value: object) -> World:
    """Return the world that ``world_to_json`` wrote; raises ValueError, KeyError or TypeError for anything else."""
    return _converter().structure(value, World)


@cache
def _converter() -> Converter:
    converter = Converter(detailed_validation=False, unstruct_collection_overrides={tuple: list})
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
    for kind in (str, int):
        converter.register_structure_hook(kind, _checked)  # cattrs itself would convert any value
    return converter


def _checked(value: Any, kind: type) -> Any:
    if issubclass(kind, StrEnum):
        return kind(value)
    if not isinstance(value, kind):
        raise TypeError(f"expected {kind.__name__}, found {value!r}")
    return value
