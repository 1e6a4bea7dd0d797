"""Documents of any size: the same bytes as written whole, everywhere, and never whole in memory."""

from __future__ import annotations

import hashlib
import tracemalloc

import pytest

from conformance.payloads.domain.samples import AT_ONCE, sample_bytes, sample_documents
from simulator.documents.model import ChannelName
from simulator.documents.profile import load_profile
from simulator.documents.writing import write_document

PROFILE = load_profile()
# Figures of the first run; on every supported Python they are the same, so a version may not draw otherwise.
HASHES = {
    ChannelName.CONTRACT: "3b9b1e382de4034f21272e45c22152b8a7b6bcdc1be5caf90df95bf4959f49f5",
    ChannelName.DISCOUNT: "256c99c6dd577f965cca21f36a4142b185cb93a4f795b69a0794f40b2e6cc0db",
    ChannelName.PAYOUT: "af5354a58cb8fdad172c94b4cc3da7299db607b7c7f946076c7ba163b567c23f",
}


@pytest.mark.parametrize("channel", ChannelName)
@pytest.mark.parametrize("records", [0, 1, AT_ONCE, AT_ONCE + 1])
def test_the_same_bytes_as_written_whole(channel: ChannelName, records: int) -> None:
    whole = next(sample_documents(channel, PROFILE, count=1, records=records, seed=3))
    assert b"".join(sample_bytes(channel, PROFILE, records=records, seed=3)) == write_document(whole, PROFILE)


@pytest.mark.parametrize("channel", ChannelName)
def test_the_same_bytes_on_every_python(channel: ChannelName) -> None:
    data = b"".join(sample_bytes(channel, PROFILE, records=1200, seed=7))
    assert hashlib.sha256(data).hexdigest() == HASHES[channel]


def test_memory_does_not_grow_with_the_records() -> None:
    def peak(records: int) -> int:
        tracemalloc.start()
        for _ in sample_bytes(ChannelName.CONTRACT, PROFILE, records=records, seed=1):
            pass
        try:
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(AT_ONCE)  # names and addresses are made once
    assert peak(8 * AT_ONCE) < 2 * peak(2 * AT_ONCE)
