"""Settings that say how each of them is known: a bundled TOML file, overlaid by a file of the user's."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.documents.model import Basis, Provenance
from simulator.documents.profile_model import Known

_LABELS = ("basis", "source")


class SettingsError(Exception):
    """A settings file cannot be used; says which, where, why and what was expected."""


@dataclass(frozen=True, slots=True)
class Value:
    """A setting as a file has it: what was found, how it is known, in which file it stands."""

    found: Any
    provenance: Provenance
    file: Path


class SettingsReader:
    """Values by dotted name (``table.key``), those of the user's file in place of the bundled ones.

    ``free`` is a table whose keys are the user's own: its values are named ``table:key``. Raises SettingsError for a
    file that cannot be read, and for a name that the bundled file does not have.
    """

    def __init__(self, bundled: Path, path: Path | None = None, *, free: str | None = None) -> None:
        self._free = free
        self.values = self._flat(bundled)
        if path is not None:
            self._overlay(self._flat(path))

    def text(self, name: str) -> Known[str]:
        """A text that is not empty; raises SettingsError."""
        return self.known(name, lambda found: isinstance(found, str) and found != "", "a text")

    def choice(self, name: str, allowed: Iterable[str]) -> Known[str]:
        """One of some words; raises SettingsError."""
        among = tuple(allowed)
        return self.known(name, lambda found: found in among, f"one of {', '.join(among)}")

    def switch(self, name: str) -> Known[bool]:
        """True or false; raises SettingsError."""
        return self.known(name, lambda found: isinstance(found, bool), "true or false")

    def count(self, name: str, *, least: int = 0) -> Known[int]:
        """A whole number; raises SettingsError."""

        def sound(found: object) -> bool:
            return isinstance(found, int) and not isinstance(found, bool) and found >= least

        return self.known(name, sound, f"a whole number from {least}")

    def texts(self, name: str) -> Known[tuple[str, ...]]:
        """One or more texts; raises SettingsError."""

        def sound(found: object) -> bool:
            return isinstance(found, list) and bool(found) and all(isinstance(each, str) and each for each in found)

        known: Known[list[str]] = self.known(name, sound, "a list of one or more texts")
        return Known(tuple(known.value), known.provenance)

    def known(self, name: str, sound: Callable[[Any], bool], expected: str) -> Known[Any]:
        """A value that is ``sound``; raises SettingsError, with what was expected, when it is not."""
        value = self.values[name]
        if not sound(value.found):
            raise SettingsError(f"{value.file}: {name} is {value.found!r}; expected {expected}")
        return Known(value.found, value.provenance)

    def _overlay(self, values: dict[str, Value]) -> None:
        for name, value in values.items():
            if name not in self.values and not self._is_free(name):
                known = ", ".join(each for each in self.values if not self._is_free(each))
                raise SettingsError(f"{value.file}: {name} is not a setting; there are {known}")
        self.values |= values

    def _is_free(self, name: str) -> bool:
        return self._free is not None and name.startswith(f"{self._free}:")

    def _flat(self, file: Path) -> dict[str, Value]:
        """Values by their name; what a user's file does not say of its values is assumed, by that file."""
        found: dict[str, Value] = {}
        for name, table in _parsed(file).items():
            if not isinstance(table, dict):
                raise SettingsError(f"{file}: {name} stands outside of a table; put it below the [table] that it is of")
            self._flatten(name, table, file, found)
        return found

    def _flatten(self, prefix: str, table: Mapping[str, Any], file: Path, found: dict[str, Value]) -> None:
        provenance = _provenance(prefix, table, file)
        for key, value in table.items():
            if key in _LABELS:
                continue
            name = f"{prefix}:{key}" if prefix == self._free else f"{prefix}.{key}"
            if isinstance(value, dict) and "value" in value:
                found[name] = Value(value["value"], _provenance(name, value, file, provenance), file)
            elif isinstance(value, dict):
                self._flatten(name, value, file, found)
            else:
                found[name] = Value(value, provenance, file)


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as reason:
        raise SettingsError(f"{path} cannot be read: {reason.strerror or reason}") from reason
    except ValueError as reason:
        raise SettingsError(f"{path} is not TOML in UTF-8: {reason}") from reason


def _provenance(name: str, table: Mapping[str, Any], file: Path, default: Provenance | None = None) -> Provenance:
    before = default or Provenance(Basis.ASSUMED, f"set in {file.name}")
    try:
        basis = Basis(table.get("basis", before.basis))
    except ValueError:
        raise SettingsError(f"{file}: the basis of {name} is none of {', '.join(Basis)}") from None
    return Provenance(basis, str(table.get("source", before.source)))
