"""Settings in TOML: read into dataclasses, with every mistake named by file, line, key and expectation."""

from simulator.settings.files import KeyPath, Problem, SettingsError, SettingsFile, Table
from simulator.settings.reading import Check, Convert, SourceOf, Text, did_you_mean, expected, read, shown, structure
from simulator.settings.schema import json_schema

__all__ = [
    "Check",
    "Convert",
    "KeyPath",
    "Problem",
    "SettingsError",
    "SettingsFile",
    "SourceOf",
    "Table",
    "Text",
    "did_you_mean",
    "expected",
    "json_schema",
    "read",
    "shown",
    "structure",
]
