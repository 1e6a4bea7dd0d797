"""Settings in TOML: reads files into dataclasses, and reports all mistakes with file, line, key and expected value."""

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
