"""Documents of any size: the same bytes as written whole, everywhere, and never whole in memory."""

from __future__ import annotations

import hashlib
import tracemalloc

import pytest

from conformance.payloads.domain.samples import RECORDS_IN_MEMORY, sample_bytes, sample_documents
from simulator.documents.profile import load_profile
from simulator.documents.writing import write_document
from simulator.domain.model import ChannelName

PROFILE = load_profile()
# Figures of the first run; on every supported Python they are the same, so a version may not draw otherwise.
HASHES = {
    ChannelName.CONTRACT: "74d3f5a18850d125d413131133807d0c7c7a1c60d368fe13ba249529eca5b6f0",
    ChannelName.DISCOUNT: "d3664df14ed54038c5bd566ae7967e349dde03c8e3fecdeee96a9a83f252457c",
    ChannelName.PAYOUT: "a4d04d764d12a042a72aa905946e5908b2151366ff76c13cc7ec92fbba8a44ac",
}


@pytest.mark.parametrize("channel", ChannelName)
@pytest.mark.parametrize("records", [0, 1, RECORDS_IN_MEMORY, RECORDS_IN_MEMORY + 1])
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

    peak(RECORDS_IN_MEMORY)  # names and addresses are made once
    assert peak(8 * RECORDS_IN_MEMORY) < 2 * peak(2 * RECORDS_IN_MEMORY)
