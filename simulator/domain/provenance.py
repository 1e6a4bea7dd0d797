"""How well a fact about DIT or ALDIS is known, and from where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Basis(StrEnum):
    """How well a fact is known."""

    DOCUMENTED = "documented"
    INFERRED = "inferred"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a fact comes from: its basis and, in words, its source with the section."""

    basis: Basis
    source: str


@dataclass(frozen=True, slots=True)
class Sourced(Generic[T]):
    """A value with its basis and source."""

    value: T
    provenance: Provenance
