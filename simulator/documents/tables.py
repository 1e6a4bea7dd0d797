"""Reads TOML tables with errors that say which file, table and key; basis and source come from the table above."""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from simulator.documents.model import Basis, Period, Provenance
from simulator.domain.errors import UserError

_PROVENANCE = {"basis", "source"}


class ProfileError(UserError):
    """A profile cannot be used. ``problems`` has one sentence for each thing wrong, with file, place and what to do."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; raises ProfileError with the line of a syntax error."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProfileError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ProfileError(f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"{path}: not valid TOML: {error}") from error


def line_of(text: str, place: str) -> int | None:
    """The line, counted from 1, at which a place such as ``rates[3].amount`` stands in a TOML text; None if unknown.

    A key that is missing stands where its table begins.
    """
    names = place.split(".")
    for cut in range(len(names), -1, -1):
        found = _header(text, ".".join(names[:cut]))
        if found is not None:
            return _key(text, found, ".".join(names[cut:])) or found or None
    return None


def _header(text: str, table: str) -> int | None:
    """The line of a table's header, 0 for the top of the file, None when it has no header of its own."""
    if not table:
        return 0
    match = re.fullmatch(r"(.+?)(?:\[(\d+)\])?", table)
    assert match is not None
    name, number = re.escape(match[1]), int(match[2] or 1)
    header = rf"\s*\[\[\s*{name}\s*\]\].*" if match[2] else rf"\s*\[\s*{name}\s*\].*"
    lines = [n for n, line in enumerate(text.splitlines(), 1) if re.fullmatch(header, line)]
    return lines[number - 1] if number <= len(lines) else None


def _key(text: str, header: int, key: str) -> int | None:
    wanted = re.compile(rf"\s*{re.escape(key)}\s*=")
    for number, line in enumerate(text.splitlines()[header:], header + 1):
        if line.lstrip().startswith("["):
            return None
        if key and wanted.match(line):
            return number
    return None


class Table:
    """One table of a profile, its place in words, and the basis and source that hold for what is inside."""

    def __init__(self, data: dict[str, Any], file: Path, place: str = "", above: Table | None = None) -> None:
        self.data = data
        self.file = file
        self.place = place
        self.basis: str | None = self._own("basis") or (above.basis if above else None)
        self.source: str | None = self._own("source") or (above.source if above else None)

    def _own(self, key: str) -> str | None:
        value = self.data.get(key)
        if value is not None and not isinstance(value, str):
            raise self.error(key, "must be text")
        return value

    def at(self, key: str) -> str:
        """The place of a key, such as ``limits.message_bytes``."""
        return f"{self.place}.{key}" if self.place else key

    def error(self, key: str, problem: str) -> ProfileError:
        """An error about one key."""
        try:
            line = line_of(self.file.read_text(encoding="utf-8"), self.at(key))
        except OSError:
            line = None  # the file has gone since it was read; the place says enough
        where = self.at(key) if line is None else f"{self.at(key)} (line {line})"
        return ProfileError(f"{self.file}: {where}: {problem}")

    def provenance(self, key: str) -> Provenance:
        """Basis and source of what stands under a key, its own or this table's; raises ProfileError."""
        own = self.data.get(key)
        words = own if isinstance(own, dict) else {}
        basis, source = words.get("basis", self.basis), words.get("source", self.source)
        if not isinstance(basis, str) or not isinstance(source, str):
            missing = "basis" if not isinstance(basis, str) else "source"
            raise self.error(key, f"has no {missing}; write it here or in a table above")
        try:
            return Provenance(Basis(basis), source)
        except ValueError:
            known = ", ".join(Basis)
            raise self.error(key, f"unknown basis {basis!r}; use one of {known}") from None

    def value(self, key: str) -> Any:
        """What stands under a key, or under ``value`` in the key's own table; raises ProfileError when missing."""
        if key not in self.data:
            raise self.error(key, "is missing")
        found = self.data[key]
        if isinstance(found, dict):
            if "value" not in found:
                raise self.error(f"{key}.value", "is missing")
            return found["value"]
        return found

    def text(self, key: str, default: str | None = None) -> str:
        """Text that is not empty."""
        if default is not None and key not in self.data:
            return default
        found = self.value(key)
        if not isinstance(found, str) or not found:
            raise self.error(key, f"must be text, found {found!r}")
        return found

    def number(self, key: str) -> int:
        """A whole number above zero."""
        found = self.value(key)
        if not isinstance(found, int) or isinstance(found, bool) or found < 1:
            raise self.error(key, f"must be a whole number above 0, found {found!r}")
        return found

    def flag(self, key: str) -> bool:
        """True or false."""
        found = self.value(key)
        if not isinstance(found, bool):
            raise self.error(key, f"must be true or false, found {found!r}")
        return found

    def choice(self, key: str, allowed: tuple[str, ...]) -> str:
        """One of a few words."""
        found = self.text(key)
        if found not in allowed:
            raise self.error(key, f"must be one of {', '.join(allowed)}, found {found!r}")
        return found

    def money(self, key: str) -> Decimal:
        """An amount in EUR, written as text so that no digit is lost."""
        found = self.text(key)
        try:
            amount = Decimal(found)
            if amount.is_finite() and amount >= 0:
                return amount.quantize(Decimal("0.01"))
        except InvalidOperation:
            pass
        raise self.error(key, f'must be an amount in EUR as text, such as "20.00", found {found!r}')

    def period(self, key: str) -> Period:
        """A month, YYYY-MM."""
        found = self.value(key)
        try:
            return Period.parse(found if isinstance(found, str) else str(found))
        except ValueError as error:
            raise self.error(key, str(error)) from None

    def day(self, key: str) -> datetime.date:
        """A calendar day, a TOML date."""
        found = self.value(key)
        if not isinstance(found, datetime.date) or isinstance(found, datetime.datetime):
            raise self.error(key, f"must be a date such as 2026-01-31, found {found!r}")
        return found

    def table(self, key: str) -> Table:
        """The table under a key."""
        found = self.data.get(key)
        if not isinstance(found, dict):
            problem = "is missing" if found is None else "must be a table"
            raise self.error(key, f"{problem}; write [{self.at(key)}]")
        return Table(found, self.file, self.at(key), self)

    def tables(self, key: str) -> Iterator[Table]:
        """The tables of a list of tables."""
        found = self.data.get(key, [])
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise self.error(key, f"must be a list of tables, each headed [[{self.at(key)}]]")
        for number, each in enumerate(found, 1):
            yield Table(each, self.file, f"{self.at(key)}[{number}]", self)

    def without(self, *keys: str) -> Table:
        """The same table with some keys left out."""
        rest = {key: value for key, value in self.data.items() if key not in keys}
        return Table(rest, self.file, self.place, self)

    def only(self, *known: str) -> None:
        """Refuse keys that mean nothing here, for they are misspellings."""
        for key in self.data:
            if key not in _PROVENANCE and key not in known:
                raise self.error(key, f"is not known here; known are {', '.join(known)}")
