"""The JSON Schemas for editors are those of the dataclasses, and accept what the readers accept."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from conformance.settings_schemas import as_text, schema_path, schemas

ROOT = Path(__file__).parents[2]
SCHEMAS = schemas()
FILES = [
    *(("retailer", path) for path in sorted((ROOT / "docs" / "examples").glob("*/retailer.toml"))),
    ("retailer", ROOT / "conformance" / "commands" / "templates" / "retailer.toml"),
    *(("world", path) for path in sorted((ROOT / "fixtures" / "worlds").glob("*.toml"))),
    ("profile", ROOT / "schemas" / "profiles" / "reconstruction.toml"),
    ("ftps", ROOT / "schemas" / "dit" / "ftps.toml"),
    ("security", ROOT / "schemas" / "dit" / "security.toml"),
    ("errors", ROOT / "simulator" / "aldis" / "errors.toml"),
]


def _plain(value: Any) -> Any:
    """TOML values as an editor hands them to a JSON Schema: dates as text."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _validate(kind: str, text: str) -> None:
    Draft202012Validator(SCHEMAS[kind]).validate(_plain(tomllib.loads(text)))


@pytest.mark.parametrize("kind", SCHEMAS)
def test_the_file_is_up_to_date(kind: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[kind])
    file = schema_path(kind).read_text(encoding="utf-8")
    assert file == as_text(SCHEMAS[kind]), "run python -m conformance.settings_schemas"


@pytest.mark.parametrize(("kind", "path"), FILES, ids=lambda value: value if isinstance(value, str) else value.stem)
def test_what_the_project_ships_is_valid(kind: str, path: Path) -> None:
    _validate(kind, path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("retailer", "[retailer]\nname = 'x'\n"),
        ("waivers", "[[waiver]]\nrequirement = 'PAY-10'\nreason = 'x'\n"),
        ("waivers", "[[waivers]]\n"),
        ("ftps", "[tls]\nminimum = '1.1'\n"),
        ("ftps", "[tls]\nminimum = { value = '1.3', basis = 'sure' }\n"),
        ("security", "[sts]\nlifetime_seconds = 0\n"),
        ("security", "[claims.values]\n'urn:x' = 5\n"),
        ("world", "name = 'x'\nstart = 2026-01-01\nretailers = []\nbvkb = { id = '100500', name = 'B' }\n"),
        ("profile", "[limits]\nmessage_bytes = 1\n"),
        ("errors", "[unreadable]\ncode = 'x'\n"),
    ],
)
def test_mistakes_are_marked(kind: str, text: str) -> None:
    with pytest.raises(ValidationError):
        _validate(kind, text)


@pytest.mark.parametrize(
    "text", ["", "[sts]\nencrypt = { value = false, source = 'a letter' }\nbasis = 'documented'\n"]
)
def test_a_file_that_lies_over_another_may_be_partial(text: str) -> None:
    _validate("security", text)
