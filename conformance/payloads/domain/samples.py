"""Sample documents of ``aldis generate``: the same seed and version give the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from conformance.payloads.domain.generator import DocumentGenerator
from conformance.payloads.engine.choices import SeededSource
from simulator.documents.profile import Profile
from simulator.documents.writing import document_parts, write_document
from simulator.domain.model import ChannelName, Document, Period
from simulator.settings import SettingsError

RECORDS_IN_MEMORY = 500


def sample_documents(
    channel: ChannelName, profile: Profile, *, count: int, records: int, seed: int, period: Period | None = None
) -> Iterator[Document]:
    """Yield ``count`` typical documents of a channel with ``records`` records each.

    Without ``period`` each is about a month of 2026, chosen by the seed. Raises SettingsError if the profile has no
    rates for the period.
    """
    for number in range(1, count + 1):
        generator = _generator(channel, profile, seed, number, period)
        yield Document(channel, generator.header(records), tuple(generator.records(records)))


def sample_bytes(
    channel: ChannelName, profile: Profile, *, records: int, seed: int, number: int = 1, period: Period | None = None
) -> Iterator[bytes]:
    """Yield, in pieces, the bytes of the ``number``-th of the ``sample_documents``.

    Takes the same memory for any number of records. Raises WritingError if the profile cannot write the document, and
    SettingsError like ``sample_documents``.
    """
    generator = _generator(channel, profile, seed, number, period)
    header, made = generator.header(records), generator.records(records)
    if not records:
        yield write_document(Document(channel, header, ()), profile)
        return
    first, after = True, b""
    while some := tuple(islice(made, RECORDS_IN_MEMORY)):
        before, body, between, after = document_parts(Document(channel, header, some), profile)
        yield (before if first else between) + body
        first = False
    yield after


def _generator(
    channel: ChannelName, profile: Profile, seed: int, number: int, period: Period | None
) -> DocumentGenerator:
    generator = DocumentGenerator(channel, profile, SeededSource(f"{channel} {seed} {number}"), period)
    if not generator.categories:
        first = min(rate.valid_from for rate in profile.rates)
        raise SettingsError(f"the profile {profile.name} has no rates for {generator.period}; its first are of {first}")
    return generator
