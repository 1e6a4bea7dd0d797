"""Invalid documents: a valid document with one fault, and the finding that validation must report for it."""

from __future__ import annotations

import random
from collections.abc import Mapping

from conformance.payloads.domain import business_mutators, mutators
from conformance.payloads.domain.mutators import InvalidDocument, Mutator, Original
from simulator.documents.profile import Profile
from simulator.domain.model import ChannelName, Document

MUTATORS: Mapping[str, Mutator] = {
    mutator.kind: mutator for mutator in (*mutators.MUTATORS, *business_mutators.MUTATORS)
}
"""Every mutator by its kind of fault."""


def fault_kinds(channel: ChannelName) -> tuple[str, ...]:
    """Return the kinds of fault that documents of a channel can have."""
    return tuple(mutator.kind for mutator in MUTATORS.values() if channel in mutator.channels)


def make_invalid(document: Document, profile: Profile, kind: str, *, seed: int = 0) -> InvalidDocument | None:
    """Return the document with one fault of a kind, at a place chosen by ``seed``.

    Returns None if the document has no place for such a fault. Raises KeyError for an unknown kind.
    """
    chance = random.Random(f"{kind} {seed}")  # noqa: S311 - chooses a place, guards nothing
    return MUTATORS[kind].mutate(Original(document, profile, chance))
