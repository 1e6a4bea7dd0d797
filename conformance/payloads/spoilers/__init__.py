"""Invalid on purpose: a valid document with one fault at a time, and the complaint that it must get."""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import partial

from hypothesis import strategies as st

from conformance.payloads.refinements import documents
from conformance.payloads.spoilers import bytes as of_bytes
from conformance.payloads.spoilers import domain, facets, structure
from conformance.payloads.spoilers.spoilt import Spoiler, Spoilt, Subject
from simulator.documents.model import ChannelName, Document
from simulator.documents.profile import Profile

SPOILERS: Mapping[str, Spoiler] = {
    each.kind: each for each in (*of_bytes.SPOILERS, *structure.SPOILERS, *facets.SPOILERS, *domain.SPOILERS)
}
"""Every kind of fault by its name."""


def kinds(channel: ChannelName) -> tuple[str, ...]:
    """The kinds of fault that a document of a channel can have."""
    return tuple(each.kind for each in SPOILERS.values() if channel in each.channels)


def spoil(document: Document, profile: Profile, kind: str, *, seed: int = 0) -> Spoilt | None:
    """The document with one fault of a kind, at a place chosen by ``seed``; None when it has no place for it."""
    return SPOILERS[kind].spoil(Subject(document, profile, random.Random(f"{kind} {seed}")))  # noqa: S311


def spoilt(channel: ChannelName, profile: Profile, kind: str) -> st.SearchStrategy[Spoilt]:
    """A strategy of documents with a fault of one kind; raises PayloadError like ``documents``."""
    whole = documents(channel, profile, least=1, most=4)
    made = st.builds(partial(_spoil, profile, kind), whole, st.integers(0, 999))
    return made.filter(lambda each: each is not None)  # type: ignore[return-value]


def _spoil(profile: Profile, kind: str, document: Document, seed: int) -> Spoilt | None:
    return spoil(document, profile, kind, seed=seed)


__all__ = ["SPOILERS", "Spoiler", "Spoilt", "kinds", "spoil", "spoilt"]
