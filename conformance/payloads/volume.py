"""Documents of any size, written as they are made: the memory that it takes does not grow with them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from conformance.payloads.samples import Sampler
from simulator.documents.model import ChannelName, Document, Period
from simulator.documents.profile import Profile
from simulator.documents.writing import document_parts, write_document

AT_ONCE = 500
"""Records in memory at a time."""


def sample_bytes(
    channel: ChannelName, profile: Profile, *, records: int, seed: int, number: int = 1, period: Period | None = None
) -> Iterator[bytes]:
    """The bytes, piece by piece, of the ``number``-th sample document of a seed; the same as written whole.

    Raises WritingError when the profile cannot write it, ProfileError when it has no rates for the ``period``.
    """
    sampler = Sampler(f"{channel} {seed} {number}", channel, profile, period)
    made, header = sampler.records(records), sampler.header(records)
    if not records:
        yield write_document(Document(channel, header, ()), profile)
        return
    first, after = True, b""
    while some := tuple(islice(made, AT_ONCE)):
        before, body, between, after = document_parts(Document(channel, header, some), profile)
        yield (before if first else between) + body
        first = False
    yield after
