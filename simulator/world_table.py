"""A table of a world's TOML file, read field by field, so that whatever is wrong can be named with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from simulator.world import WorldError

_HEADER = re.compile(r"\s*(?:\[\[\s*([A-Za-z_.]+)\s*\]\]|\[\s*([A-Za-z_.]+)\s*\])\s*(?:#.*)?")


@dataclass(slots=True)
class Table:
    """One table: what it holds, and where it stands for the words of an error."""

    file: str
    place: str
    values: Mapping[str, Any]
    _asked: set[str] = field(default_factory=set)

    def fail(self, reason: str) -> WorldError:
        """The error to raise about this table."""
        return WorldError(self.file, self.place, reason)

    def consider(self, key: str) -> None:
        """Say that a field is known here though it is read elsewhere."""
        self._asked.add(key)

    def text(self, key: str, *, default: str | None = None, pattern: str | None = None, expected: str = "") -> str:
        """A text that is not empty; ``pattern`` is a regular expression for all of it, ``expected`` its words."""
        value = self._take(key, default)
        if not isinstance(value, str) or not value.strip():
            raise self.fail(f"{key} = {_shown(value)} must be text in quotes that is not empty")
        if pattern is not None and re.fullmatch(pattern, value, re.ASCII) is None:
            raise self.fail(f"{key} = {_shown(value)} must be {expected}")
        return value

    def has(self, key: str) -> bool:
        """Whether an optional field is given."""
        self._asked.add(key)
        return key in self.values

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, none of them empty or twice; without the field an empty one."""
        self._asked.add(key)
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in value):
            raise self.fail(f'{key} must be a list of texts, for example {key} = ["010180-00012"]')
        twice = next((each for n, each in enumerate(value) if each in value[:n]), None)
        if twice is not None:
            raise self.fail(f"{key} names {twice} twice")
        return tuple(value)

    def number(self, key: str, *, default: int | None = None, least: int) -> int:
        """A whole number that is not below ``least``."""
        value = self._take(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise self.fail(f"{key} = {_shown(value)} must be a whole number from {least} on")
        return value

    def day(self, key: str) -> date:
        """A date that must be there."""
        value = self.day_or_none(key)
        if value is None:
            raise self.fail(f"{key} is missing; give a date, for example {key} = 2026-01-01")
        return value

    def day_or_none(self, key: str) -> date | None:
        """A date, or None when there is none."""
        self._asked.add(key)
        value = self.values.get(key)
        if isinstance(value, str):
            try:
                return date.fromisoformat(value)
            except ValueError:
                raise self.fail(f"{key} = {_shown(value)} is not a date of the calendar; expected YYYY-MM-DD") from None
        if value is not None and (not isinstance(value, date) or isinstance(value, datetime)):
            raise self.fail(f"{key} = {_shown(value)} must be a date without a time, for example {key} = 2026-01-01")
        return value

    def days(self) -> tuple[date, date | None]:
        """``valid_from`` and ``valid_to``, the second not before the first."""
        start, end = self.day("valid_from"), self.day_or_none("valid_to")
        if end is not None and end < start:
            raise self.fail(f"valid_to = {end} lies before valid_from = {start}")
        return start, end

    def done(self) -> None:
        """Raise WorldError for a field that nobody asked for: a misspelt one would otherwise be lost in silence."""
        unknown = sorted(set(self.values) - self._asked)
        if unknown:
            known = ", ".join(sorted(self._asked))
            raise self.fail(f"there is no field {unknown[0]!r} here; known are: {known}")

    def tables(self, key: str, lines: Mapping[str, list[int]]) -> list[Table]:
        """The tables of an array of tables, each with its number and line."""
        self._asked.add(key)
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise self.fail(f"{key} must be tables, each headed [[{key}]]")
        found = lines.get(key, [])
        # Tables written inline have no header of their own, and then no line can be told for sure.
        known = found if len(found) == len(value) else [None] * len(value)
        return [
            Table(self.file, place_of(key, number, line), each)
            for number, (each, line) in enumerate(zip(value, known, strict=True), start=1)
        ]

    def children(self, key: str) -> list[Table]:
        """The tables of an array inside this table, placed by their number."""
        self._asked.add(key)
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise self.fail(f"{key} must be a list of tables")
        return [Table(self.file, f"{self.place}, {key} {n}", each) for n, each in enumerate(value, start=1)]

    def _take(self, key: str, default: object) -> object:
        self._asked.add(key)
        if key not in self.values and default is None:
            raise self.fail(f"{key} is missing")
        return self.values.get(key, default)


def place_of(table: str, number: int, line: int | None) -> str:
    """How a place is written: ``residents 3 (line 41)``."""
    return f"{table} {number}" if line is None else f"{table} {number} (line {line})"


def header_lines(text: str) -> dict[str, list[int]]:
    """The lines, counted from 1, at which the tables of each name begin."""
    found: dict[str, list[int]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        match = _HEADER.fullmatch(line)
        if match is not None:
            found.setdefault(match[1] or match[2], []).append(number)
    return found


def _shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
