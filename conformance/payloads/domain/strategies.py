"""Hypothesis strategies of the three channels' documents, valid and invalid."""

from __future__ import annotations

from hypothesis import strategies as st

from conformance.payloads.domain.edges import EdgeGenerator, FieldTexts
from conformance.payloads.domain.invalid import make_invalid
from conformance.payloads.domain.mutators import InvalidDocument
from conformance.payloads.engine.strategies import HypothesisSource
from simulator.documents.profile import Profile
from simulator.documents.writing import write_document
from simulator.domain.model import ChannelName, Document

MOST_RECORDS = 20


def documents(
    channel: ChannelName, profile: Profile, *, least: int = 0, most: int = MOST_RECORDS
) -> st.SearchStrategy[Document]:
    """A strategy of a channel's documents of ``least`` to ``most`` records; examples shrink to the simplest.

    ``validate`` finds nothing wrong with any of them, and all their people are synthetic. Raises PayloadError if the
    profile's schema has no text for a field.
    """
    texts = FieldTexts(profile, profile.channel(channel))

    @st.composite
    def document(draw: st.DrawFn) -> Document:
        return EdgeGenerator(channel, profile, texts, HypothesisSource(draw)).document(least, most)

    return document()


def payloads(
    channel: ChannelName, profile: Profile, *, least: int = 0, most: int = MOST_RECORDS
) -> st.SearchStrategy[bytes]:
    """A strategy of the ``documents`` as bytes. Raises PayloadError like ``documents``."""
    return documents(channel, profile, least=least, most=most).map(lambda document: write_document(document, profile))


def invalid_documents(channel: ChannelName, profile: Profile, kind: str) -> st.SearchStrategy[InvalidDocument]:
    """A strategy of documents with one fault, of one of the ``fault_kinds``. Raises PayloadError like ``documents``."""

    def mutated(document: Document, seed: int) -> InvalidDocument | None:
        return make_invalid(document, profile, kind, seed=seed)

    valid = documents(channel, profile, least=1, most=4)
    made = st.builds(mutated, valid, st.integers(0, 999))
    return made.filter(lambda document: document is not None)  # type: ignore[return-value]
