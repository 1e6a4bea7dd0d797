"""What goes wrong when a strategy is built from a schema; each error says where in the schema and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a schema: file (None when the schema was given as text), line from 1 (None when unknown)."""

    file: str | None
    line: int | None

    def __str__(self) -> str:
        name = "the schema" if self.file is None else self.file
        return name if self.line is None else f"{name}:{self.line}"

    @classmethod
    def of_file(cls, path: Path, line: int | None = None) -> Place:
        """A line of a file."""
        return cls(str(path), line)


NOWHERE = Place(None, None)


class PayloadError(Exception):
    """Why no strategy can be made; ``place`` is where in the schema, ``reason`` the sentence without the place."""

    def __init__(self, reason: str, place: Place = NOWHERE) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason


class SchemaUnusable(PayloadError):
    """The schema does not load: a file is missing, it is not well-formed, or it is not a schema."""


class Unsatisfiable(PayloadError):
    """No valid document can exist: a pattern matches nothing, facets contradict each other, a key cannot be kept."""


class Unsupported(PayloadError):
    """A construct that generation does not know; it is named, so that nothing invalid is made in silence."""
