"""The catalogue of what ALDIS can find wrong, read from TOML: codes and texts are assumed, so they are data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Self

from simulator.documents.model import RecordError, Severity

_OWN = Path(__file__).with_name("errors.toml")


class ErrorCatalogueError(Exception):
    """A catalogue of errors cannot be used; says which file, which entry and why."""


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """One thing that can be wrong: the code that travels, the texts with their placeholders, and whose word it is."""

    code: str
    severity: Severity
    text_lv: str
    text_en: str
    source: str

    @property
    def placeholders(self) -> frozenset[str]:
        """What the texts leave open."""
        parts = (*Formatter().parse(self.text_lv), *Formatter().parse(self.text_en))
        return frozenset(name for _, name, _, _ in parts if name is not None)


class ErrorCatalogue:
    """All kinds of errors by the names that ALDIS's own rules use for them."""

    def __init__(self, kinds: Mapping[str, ErrorKind]) -> None:
        self._kinds = dict(kinds)

    @classmethod
    def own(cls) -> Self:
        """The catalogue that comes with the simulator."""
        return cls(_read(_OWN))

    @classmethod
    def load(cls, path: Path) -> Self:
        """A catalogue of one's own; what it leaves out is taken from the simulator's. Raises ErrorCatalogueError."""
        own, given = _read(_OWN), _read(path)
        unknown = sorted(set(given) - set(own))
        if unknown:
            raise ErrorCatalogueError(
                f"{path}: [{unknown[0]}] is no error that ALDIS knows; known are: {', '.join(own)}"
            )
        for name, kind in given.items():
            extra = sorted(kind.placeholders - own[name].placeholders)
            if extra:
                known = ", ".join(sorted(own[name].placeholders)) or "none"
                raise ErrorCatalogueError(f"{path}: [{name}] has the placeholder {{{extra[0]}}}; it may use: {known}")
        return cls({**own, **given})

    def kind(self, name: str) -> ErrorKind:
        """One kind; raises KeyError for a name that no catalogue has."""
        return self._kinds[name]

    def names(self) -> tuple[str, ...]:
        """The names of all kinds."""
        return tuple(self._kinds)

    def error(self, name: str, position: int | None = None, /, **facts: object) -> RecordError:
        """An error with its texts filled in; ``position`` counts records from 1, None means the whole document."""
        kind = self._kinds[name]
        return RecordError(
            code=kind.code,
            severity=kind.severity,
            text_lv=kind.text_lv.format_map(facts),
            text_en=kind.text_en.format_map(facts),
            position=position,
        )


def _read(path: Path) -> Mapping[str, ErrorKind]:
    try:
        with path.open("rb") as file:
            entries = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as reason:
        raise ErrorCatalogueError(f"{path}: cannot be read: {reason}") from reason
    return {name: _kind(path, name, entry) for name, entry in entries.items()}


def _kind(path: Path, name: str, entry: object) -> ErrorKind:
    if not isinstance(entry, dict):
        raise ErrorCatalogueError(f"{path}: {name} must be a table with code, severity, text_lv, text_en and source")
    try:
        return ErrorKind(**{**entry, "severity": Severity(entry["severity"])})
    except (KeyError, TypeError, ValueError) as reason:
        raise ErrorCatalogueError(f"{path}: [{name}] is incomplete or has something unknown: {reason}") from reason
