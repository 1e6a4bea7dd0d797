"""TOML files of settings: tables, the lines of keys, errors with file, line and key, and the folders of data."""

from __future__ import annotations

import functools
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from simulator.domain.errors import UserError
from simulator.domain.provenance import Basis, Provenance

KeyPath = tuple[str | int, ...]
"""Keys from the top of a file to a value; a number is the index, from 0, in an array."""

LABELS = ("basis", "source")
"""Keys of the basis and source of a table's values. They hold for the tables inside as well."""

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)")


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in a file. ``line`` counts from 1 and is None for a key without a line; ``key`` is dotted."""

    path: Path
    line: int | None
    key: str
    message: str

    def __str__(self) -> str:
        where = str(self.path) if self.line is None else f"{self.path}, line {self.line}"
        return ": ".join(part for part in (where, self.key, self.message) if part)


class SettingsError(UserError):
    """A settings file cannot be used. ``problems`` has all mistakes; the message has a line for each."""

    def __init__(self, *problems: Problem | str) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Labels:
    """The basis and source that hold at a place of a file; None where the file has none."""

    basis: Basis | None = None
    source: str | None = None

    def inside(self, values: Mapping[str, Any]) -> Labels:
        """Return the labels that hold inside a table with these values."""
        basis, source = values.get("basis"), values.get("source")
        return Labels(
            Basis(basis) if basis in set(Basis) else self.basis, source if isinstance(source, str) else self.source
        )

    def provenance(self) -> Provenance:
        """Return basis and source together; raises ValueError when one is missing."""
        if self.basis is None or self.source is None:
            missing = "basis" if self.basis is None else "source"
            raise ValueError(f"has no {missing}; write it here or in a table above")
        return Provenance(self.basis, self.source)


class Table(dict[str, Any]):
    """A table of a file at ``path``. ``labels`` hold for its values but for those in ``labels_of_key``."""

    def __init__(self, values: Mapping[str, Any], path: KeyPath, labels: Labels) -> None:
        super().__init__(values)
        self.path = path
        self.labels = labels
        self.labels_of_key: dict[str, Labels] = {}

    @classmethod
    def of(cls, values: Mapping[str, Any], above: Labels, path: KeyPath = ()) -> Self:
        """Return a table with all tables inside it; labels are inherited from ``above``."""
        labels = above.inside(values)
        return cls({key: cls._nested(value, labels, (*path, key)) for key, value in values.items()}, path, labels)

    @classmethod
    def _nested(cls, value: Any, above: Labels, path: KeyPath) -> Any:
        if isinstance(value, dict):
            return cls.of(value, above, path)
        if isinstance(value, list):
            return [cls._nested(item, above, (*path, index)) for index, item in enumerate(value)]
        return value

    def labels_at(self, key: str) -> Labels:
        """Return the labels of a value: its own (``{ value = ..., basis = ... }``) or those of this table."""
        value = self.get(key)
        return value.labels if isinstance(value, Table) else self.labels_of_key.get(key, self.labels)

    def only(self, *keys: str) -> Table:
        """Return this table with some of its keys, in the order of the file."""
        chosen = Table({key: value for key, value in self.items() if key in keys}, self.path, self.labels)
        chosen.labels_of_key = self.labels_of_key
        return chosen

    def overlaid_by(self, other: Table) -> Table:
        """Return a table in which values of ``other`` replace those of this one. Each value keeps its labels."""
        merged = Table(self, self.path, self.labels)
        merged.labels_of_key = dict(self.labels_of_key)
        for key, value in other.items():
            below = self.get(key)
            if isinstance(value, Table) and isinstance(below, Table) and "value" not in value:
                merged[key] = below.overlaid_by(value)
            else:
                merged[key] = value
                merged.labels_of_key[key] = other.labels
        return merged


class SettingsFile:
    """A TOML file that was read. ``over`` is a bundled file, with values for the keys that this one does not have.

    With ``over``, values of this file are assumed and have its name as their source, unless it has its own labels.
    """

    def __init__(self, path: Path, text: str, values: Mapping[str, Any], over: SettingsFile | None = None) -> None:
        self.path = path
        self._text = text
        self._over = over
        own = Table.of(values, Labels() if over is None else Labels(Basis.ASSUMED, f"set in {path.name}"))
        self.table: Table = own if over is None else over.table.overlaid_by(own)

    @classmethod
    def open(cls, path: Path, *, over: SettingsFile | None = None, if_missing: str = "") -> Self:
        """Read a file. Raises SettingsError; ``if_missing`` is the advice of its message for a missing file."""
        try:
            text = path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            advice = f"; {if_missing}" if if_missing else ""
            raise SettingsError(Problem(path, None, "", f"cannot be read: there is no such file{advice}")) from None
        except UnicodeDecodeError as error:
            message = f"not UTF-8 at byte {error.start}; save the file as UTF-8"
            raise SettingsError(Problem(path, None, "", message)) from None
        except OSError as error:
            raise SettingsError(Problem(path, None, "", f"cannot be read: {error.strerror or error}")) from None
        try:
            return cls(path, text, tomllib.loads(text), over)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise SettingsError(_not_toml(path, str(error))) from None

    @functools.cached_property
    def _lines(self) -> dict[KeyPath, int]:
        return lines_of_keys(self._text)

    def line(self, path: KeyPath) -> int | None:
        """Return the line of a key, or of the innermost table around it that has one; None at the top of the file."""
        cuts = (path[:length] for length in range(len(path), 0, -1))
        return next((self._lines[cut] for cut in cuts if cut in self._lines), None)

    def place(self, path: KeyPath) -> str:
        """Return a place in words, for an error elsewhere: ``residents[2] (line 41)``."""
        line = self.line(path)
        return dotted(path) if line is None else f"{dotted(path)} (line {line})"

    def problem(self, path: KeyPath, message: str) -> Problem:
        """Return a mistake at a place of this file, or of the file below when only that one has the key."""
        if self._over is not None and path not in self._lines and path in self._over._lines:  # noqa: SLF001
            return self._over.problem(path, message)
        return Problem(self.path, self.line(path), dotted(path), message)

    def error(self, problems: Iterable[tuple[KeyPath, str]]) -> SettingsError:
        """Return the error with these mistakes, in the order of the file."""
        placed = [self.problem(path, message) for path, message in problems]
        return SettingsError(*sorted(placed, key=lambda problem: problem.line or 0))


def dotted(path: KeyPath) -> str:
    """Return a path as text: ``rates[3].amount``. Array items count from 1."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step + 1}]"
        else:
            key = step if _BARE_KEY.fullmatch(step) else json.dumps(step, ensure_ascii=False)
            text += f".{key}" if text else key
    return text


def lines_of_keys(text: str) -> dict[KeyPath, int]:
    """Return the line, counted from 1, on which each table and value of a valid TOML text begins.

    tomllib does not report lines. This function gives it each header and each assignment separately, so that every
    notation of TOML is understood; a text that is incomplete is continued with the next line.
    """
    lines: dict[KeyPath, int] = {}
    last_index: dict[KeyPath, int] = {}
    table: KeyPath = ()
    statement, start = "", 1
    for number, line in enumerate(text.split("\n"), 1):
        start = start if statement else number
        statement += line + "\n"
        try:
            values = tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue
        if statement.lstrip().startswith("["):
            table = _opened_table(values, last_index)
            paths: Iterable[KeyPath] = (table[:length] for length in range(1, len(table) + 1))
        else:
            paths = (table + path for path in _paths(values))
        for path in paths:
            lines.setdefault(path, start)
        statement = ""
    return lines


def _opened_table(header: Any, last_index: dict[KeyPath, int]) -> KeyPath:
    """Return the path of the table that a header opens; ``last_index`` has the last item of each array so far."""
    path: KeyPath = ()
    while header:
        ((name, header),) = header.items()
        path = (*path, name)
        if isinstance(header, list):
            last_index[path] = last_index.get(path, -1) + 1
            header = None
        if path in last_index:
            path = (*path, last_index[path])
    return path


def _paths(value: Any) -> Iterator[KeyPath]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in items:
        yield (step,)
        yield from ((step, *path) for path in _paths(item))


def _not_toml(path: Path, message: str) -> Problem:
    match = _LINE.search(message)
    hint = "; is this day in the calendar?" if "date" in message.lower() else ""
    notation = "; see https://toml.io for the notation"
    line = int(match[1]) if match else None
    return Problem(path, line, "", f"not TOML: {_LINE.sub('', message)}{hint or notation}")


_PACKAGE = Path(__file__).resolve().parent.parent


def data_root(name: str) -> Path:
    """Return the folder ``schemas`` or ``fixtures``: in a wheel inside the package, in a checkout beside it.

    Raises FileNotFoundError when the installation lacks it.
    """
    for candidate in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"the folder {name}/ is missing from this installation; install aldis-conformance again")
