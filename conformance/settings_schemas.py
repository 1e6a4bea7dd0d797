"""The JSON Schemas of all settings files, kept in ``schemas/settings`` for editors.

``python -m conformance.settings_schemas`` writes them again after a change of the dataclasses that they come from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.retailers.config import RetailerFile
from conformance.run.waivers import WaiverFile
from simulator.aldis.errors import ErrorKind
from simulator.documents.profile import ProfileFile
from simulator.ftps.settings import FtpsSettings
from simulator.security.settings import Settings
from simulator.settings import json_schema
from simulator.settings.files import data_root
from simulator.world.model import World


def schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON Schema of each kind of settings file, by the kind's name."""
    return {
        "errors": json_schema(Mapping[str, ErrorKind], "Errors that ALDIS reports"),
        "ftps": json_schema(FtpsSettings, "Settings of the FTPS interface", partial=True),
        "profile": json_schema(ProfileFile, "A profile"),
        "retailer": json_schema(RetailerFile, "retailer.toml"),
        "security": json_schema(Settings, "Settings of the security", partial=True),
        "waivers": json_schema(WaiverFile, "Waivers"),
        "world": json_schema(World, "A world"),
    }


def schema_path(kind: str) -> Path:
    """Return the path of the JSON Schema of a kind of settings file."""
    return data_root("schemas") / "settings" / f"{kind}.schema.json"


def as_text(schema: Mapping[str, Any]) -> str:
    """Return a JSON Schema as the text of its file."""
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def main() -> None:
    """Write every schema to its file."""
    for kind, schema in schemas().items():
        schema_path(kind).parent.mkdir(exist_ok=True)
        schema_path(kind).write_text(as_text(schema), encoding="utf-8")


if __name__ == "__main__":
    main()
