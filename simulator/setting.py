"""In which world and under which profile a data folder was made: kept in it, and checked when it is opened again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from simulator.documents.access import Environment
from simulator.domain.errors import UserError
from simulator.store import Unit
from simulator.store.archive import archive_add, archive_rows
from simulator.world import World
from simulator.world_record import world_from_json, world_to_json

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


def remember_setting(unit: Unit, setting: Setting) -> None:
    """Keep the setting; once a data folder has one, it stays."""
    archive_add(
        unit,
        owner=_OWNER,
        kind=_KIND,
        key=_KEY,
        at=setting.started_at,
        body={"world": world_to_json(setting.world), "profile": setting.profile, "environment": setting.environment},
    )


def recorded_setting(unit: Unit) -> Setting | None:
    """The setting of this store, None when it is new; raises SettingError when it cannot be read."""
    for row in archive_rows(unit, owner=_OWNER, kind=_KIND):
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
