"""The catalogue of errors that ALDIS reports, read from TOML.

The codes and texts of the real ALDIS are not public. These are assumed, so they are data that a file can replace.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any, Self, cast

from simulator.domain.model import RecordError, Severity
from simulator.settings import KeyPath, SettingsFile, Text, did_you_mean, structure

_OWN = Path(__file__).with_name("errors.toml")


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """One kind of error: the code that is sent, its severity, the texts with placeholders, and the source."""

    code: Text
    severity: Severity
    text_lv: Text
    text_en: Text
    source: Text

    @property
    def placeholders(self) -> frozenset[str]:
        """Names of the placeholders in either text."""
        parts = (*Formatter().parse(self.text_lv), *Formatter().parse(self.text_en))
        return frozenset(name for _, name, _, _ in parts if name is not None)


class ErrorCatalogue:
    """All kinds of errors by the names that the rules of ``simulator.aldis`` use for them."""

    def __init__(self, kinds: Mapping[str, ErrorKind]) -> None:
        self._kinds = dict(kinds)

    @classmethod
    def own(cls) -> Self:
        """Return the catalogue that comes with the simulator."""
        return cls(_read(SettingsFile.open(_OWN)))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a catalogue from a file; kinds that it leaves out are taken from the simulator's own.

        Raises SettingsError for a name that is not in the simulator's catalogue, or a placeholder that is not filled.
        """
        file = SettingsFile.open(path)
        own, given = _read(SettingsFile.open(_OWN)), _read(file)
        problems: list[tuple[KeyPath, str]] = []
        for name, kind in given.items():
            if name not in own:
                known = f"known are: {', '.join(own)}{did_you_mean(name, own)}"
                problems.append(((name,), f"is no error that ALDIS knows; {known}"))
                continue
            known = ", ".join(sorted(own[name].placeholders)) or "none"
            extra = sorted(kind.placeholders - own[name].placeholders)
            problems += [((name,), f"has the placeholder {{{key}}}; it may use: {known}") for key in extra]
        if problems:
            raise file.error(problems)
        return cls({**own, **given})

    def kind(self, name: str) -> ErrorKind:
        """Return the kind of a name; raises KeyError when the catalogue has none."""
        return self._kinds[name]

    def names(self) -> tuple[str, ...]:
        """Return the names of all kinds."""
        return tuple(self._kinds)

    def error(self, name: str, position: int | None = None, /, **facts: object) -> RecordError:
        """Return an error with its texts filled in from ``facts``.

        ``position`` counts records from 1; None means the whole document. Raises KeyError for an unknown name.
        """
        kind = self._kinds[name]
        return RecordError(
            code=kind.code,
            severity=kind.severity,
            text_lv=kind.text_lv.format_map(facts),
            text_en=kind.text_en.format_map(facts),
            position=position,
        )


def _read(file: SettingsFile) -> Mapping[str, ErrorKind]:
    kinds: Any = Mapping[str, ErrorKind]
    return cast("Mapping[str, ErrorKind]", structure(file, file.table, kinds))
