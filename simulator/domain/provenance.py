"""Provenance of facts about DIT and ALDIS: their basis and their source."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Basis(StrEnum):
    """The certainty of a fact: documented, inferred from documents, or assumed."""

    DOCUMENTED = "documented"
    INFERRED = "inferred"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Provenance:
    """The basis of a fact and, in words, its source with the section."""

    basis: Basis
    source: str


@dataclass(frozen=True, slots=True)
class Sourced(Generic[T]):
    """A value with its basis and source."""

    value: T
    provenance: Provenance
