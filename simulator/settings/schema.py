"""JSON Schemas of settings files, with which an editor completes keys and marks mistakes."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Mapping
from datetime import date
from types import NoneType
from typing import Annotated, Any

from simulator.domain.provenance import Basis, Provenance, Sourced
from simulator.settings.files import Table
from simulator.settings.reading import Check, Convert, bare_type, choices, fields_of, labelled

_TYPES: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    date: {"type": "string", "format": "date"},
    Table: {"type": "object"},
}
_LABELS: dict[str, Any] = {
    "basis": {"enum": list(Basis), "description": "How well the values here are known."},
    "source": {"type": "string", "description": "Where the values here come from."},
}


def json_schema(kind: Any, title: str, *, partial: bool = False) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a settings file that is read into a dataclass or a mapping.

    A ``partial`` file is read over a bundled one, so no key in it is required.
    """
    schema = _schema(kind, partial=partial)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **schema}


def _schema(hint: Any, *, partial: bool) -> dict[str, Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return _annotated(arguments[0], arguments[1:], partial=partial)
    if origin is Sourced:
        return _or_with_labels(_schema(arguments[0], partial=partial), always=True)
    words = choices(hint)
    if words is not None:
        return {"enum": list(words)}
    if origin is tuple:
        return {"type": "array", "items": _schema(arguments[0], partial=partial)}
    if origin is Mapping:
        schema = {"type": "object", "additionalProperties": _schema(arguments[1], partial=partial)}
        return {**schema, "properties": _LABELS} if labelled(arguments[1]) else schema
    if dataclasses.is_dataclass(hint):
        return _object(hint, partial=partial)
    if hint in _TYPES:
        return _TYPES[hint]
    return _schema(next(member for member in arguments if member is not NoneType), partial=partial)  # X | None


def _annotated(hint: Any, marks: tuple[Any, ...], *, partial: bool) -> dict[str, Any]:
    converted = any(isinstance(mark, Convert) for mark in marks)
    schema = {} if converted else dict(_schema(hint, partial=partial))
    described = [mark for mark in marks if isinstance(mark, (Check, Convert))]
    for mark in described:
        schema.update(mark.schema)
    if described and "description" not in schema:
        schema["description"] = f"Expected: {described[0].expected}."
    return schema


def _object(kind: Any, *, partial: bool) -> dict[str, Any]:
    with_labels = labelled(kind)
    hints = {name: hint for name, hint in fields_of(kind).items() if bare_type(hint) is not Provenance}
    properties: dict[str, Any] = {name: _schema(hint, partial=partial) for name, hint in hints.items()}
    if with_labels:
        properties = {name: _or_with_labels(schema) for name, schema in properties.items()} | _LABELS
    schema: dict[str, Any] = {
        "type": "object",
        "description": (inspect.getdoc(kind) or "").replace("``", "").partition("\n\n")[0].replace("\n", " "),
        "properties": properties,
        "additionalProperties": False,
    }
    required = [
        field.name
        for field in dataclasses.fields(kind)
        if field.name in hints and field.default is field.default_factory is dataclasses.MISSING
    ]
    return schema if partial or not required else {**schema, "required": required}


def _or_with_labels(schema: dict[str, Any], *, always: bool = False) -> dict[str, Any]:
    """Return the schema of a value or of a table with it and its labels; tables and arrays stay unless ``always``."""
    if "anyOf" in schema or (not always and schema.get("type") in ("object", "array")):
        return schema
    table = {
        "type": "object",
        "properties": {"value": schema, **_LABELS},
        "required": ["value"],
        "additionalProperties": False,
    }
    return {"anyOf": [schema, table]}
