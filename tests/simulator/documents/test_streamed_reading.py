"""Reading a document in a stream gives the document and the complaints that reading it whole gives."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

import pytest

from conformance.payloads.domain.samples import sample_bytes
from simulator.documents.business import breaches
from simulator.documents.profile import Profile
from simulator.documents.reading import DocumentError, read_document, read_streamed
from simulator.domain.model import ChannelName, Document

PIECE = 700


def _pieces(data: bytes) -> Callable[[], Iterator[bytes]]:
    return lambda: (data[start : start + PIECE] for start in range(0, len(data), PIECE))


@pytest.fixture
def spool() -> Iterator[BinaryIO]:
    with tempfile.TemporaryFile(buffering=0) as file:
        yield cast("BinaryIO", file)


def _sample(channel: ChannelName, profile: Profile, records: int, seed: int = 1) -> bytes:
    return b"".join(sample_bytes(channel, profile, records=records, seed=seed))


@pytest.mark.parametrize("channel", list(ChannelName))
@pytest.mark.parametrize("records", [0, 1, 60])
@pytest.mark.parametrize("named", [True, False], ids=["channel given", "channel by the root"])
def test_streamed_and_whole_are_the_same_document(
    channel: ChannelName, records: int, named: bool, profile: Profile, spool: BinaryIO
) -> None:
    data = _sample(channel, profile, records)
    whole = read_document(data, profile)
    streamed = read_streamed(_pieces(data), profile, spool, channel if named else None)
    assert (streamed.channel, streamed.header, streamed.records) == (whole.channel, whole.header, whole.records)
    assert [streamed.records[n] for n in range(records)] == list(whole.records)
    assert streamed.records[1:-1] == whole.records[1:-1]
    assert breaches(streamed, profile) == breaches(whole, profile)


def _wrong(data: bytes) -> dict[str, bytes]:
    third = data.index(b"<ppriv:NetBill>", data.index(b"<ppriv:NetBill>", data.index(b"<ppriv:NetBill>") + 9) + 9)
    return {
        "an amount that is none": data[: third + 15] + b"daudz" + data[data.index(b"<", third + 15) :],
        "a header without a period": data.replace(b"ppriv:Period>", b"ppriv:Perioda>", 2),
        "cut off": data[: len(data) // 2],
        "nothing": b"",
        "a DTD": b"<!DOCTYPE a>" + data[data.index(b"?>") + 2 :],
        "another document": b"<a xmlns='urn:b'><c/></a>",
        "UTF-16": data.decode().encode("utf-16"),
    }


@pytest.mark.parametrize("what", list(_wrong(b"<ppriv:NetBill>1</>" * 3 + b"?>")))
def test_streamed_and_whole_say_the_same_of_a_wrong_document(what: str, profile: Profile, spool: BinaryIO) -> None:
    data = _wrong(_sample(ChannelName.PAYOUT, profile, 30))[what]
    with pytest.raises(DocumentError) as whole:
        read_document(data, profile, ChannelName.PAYOUT)
    with pytest.raises(DocumentError) as streamed:
        read_streamed(_pieces(data), profile, spool, ChannelName.PAYOUT)
    found = [
        {(complaint.code, complaint.path, complaint.line) for complaint in one.value.complaints}
        for one in (whole, streamed)
    ]
    if what != "cut off":  # where exactly a parser notices that hangs on how it was fed
        assert found[0] == found[1]


def test_records_in_a_file_differ_where_one_differs(profile: Profile, spool: BinaryIO) -> None:
    documents: list[Document] = []
    for seed in (1, 2):
        data = _sample(ChannelName.CONTRACT, profile, 5, seed)
        with tempfile.TemporaryFile(buffering=0) as file:
            document = read_streamed(_pieces(data), profile, cast("BinaryIO", file))
            documents.append(read_document(data, profile))
            assert document.records == documents[-1].records
            assert (document.records == documents[0].records) is (seed == 1)
            with pytest.raises(IndexError):
                document.records[5]
