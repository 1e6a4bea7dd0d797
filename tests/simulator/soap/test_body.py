"""Reading a request's body within its limits, and converting it to UTF-8."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.dit.refusals import Refused
from simulator.soap.body import READ_BYTES, SPOOL_THRESHOLD, BodyRefused, read_body, to_utf8
from simulator.soap.refusals import as_fault


def test_an_announced_body_is_read_as_announced() -> None:
    assert read_body(io.BytesIO(b"abcdef"), length=4, limit=10).data == b"abcd"


def test_a_chunked_body_is_read_to_its_end() -> None:
    data = b"x" * (READ_BYTES * 2 + 1)
    assert read_body(io.BytesIO(data), length=None, limit=len(data)).data == data


@pytest.mark.parametrize("length", [None, 11])
def test_one_byte_too_many_is_refused(length: int | None) -> None:
    with pytest.raises(BodyRefused) as refused:
        read_body(io.BytesIO(b"x" * 11), length=length, limit=10)
    assert as_fault(refused.value.refusal.refusal).http_status == 413
    assert refused.value.refusal.refusal.code == "too-large"


def test_what_is_too_large_is_refused_as_soon_as_that_is_known() -> None:
    stream = io.BytesIO(b"x" * 1_000_000)
    with pytest.raises(BodyRefused):
        read_body(stream, length=1_000_000, limit=10)
    assert stream.tell() == 0
    with pytest.raises(BodyRefused):
        read_body(stream, length=None, limit=10)
    assert stream.tell() <= READ_BYTES


def test_a_body_that_ends_early_is_refused_with_what_came() -> None:
    with pytest.raises(BodyRefused) as refused:
        read_body(io.BytesIO(b"abc"), length=5, limit=10)
    assert refused.value.read == b"abc"
    assert refused.value.refusal.refusal.code == "incomplete-body"
    assert "3 of the 5 bytes" in refused.value.refusal.refusal.cause


def test_broken_chunks_are_refused() -> None:
    class Broken:
        def read(self, _size: int) -> bytes:
            raise ValueError("Bad chunked transfer size")

    with pytest.raises(BodyRefused, match="chunked body is broken"):
        read_body(Broken(), length=None, limit=10)


def test_a_large_body_waits_in_a_file() -> None:
    data = bytes(range(256)) * (SPOOL_THRESHOLD // 256 + 1)
    body = read_body(io.BytesIO(data), length=len(data), limit=len(data))
    assert body.file is not None
    assert (body.size, body.file_slice.all()) == (len(data), data)
    assert data.startswith(body.data)
    body.close()
    assert body.file.closed


class Slow:
    """Gives one byte at a time, after some wall seconds."""

    def __init__(self, seconds: float) -> None:
        self.now = 0.0
        self._seconds = seconds

    def read(self, _size: int) -> bytes:
        self.now += self._seconds
        return b"x"


def test_a_body_that_comes_too_slowly_is_refused() -> None:
    slow = Slow(1.0)
    with pytest.raises(BodyRefused) as refused:
        read_body(slow, length=100, limit=100, seconds=lambda: slow.now)
    assert (as_fault(refused.value.refusal.refusal).http_status, refused.value.refusal.refusal.code) == (
        408,
        "body-too-slow",
    )
    assert refused.value.read == b"x" * 61
    steady = Slow(0.5)
    assert read_body(steady, length=100, limit=100, seconds=lambda: steady.now).size == 100


@pytest.mark.parametrize(
    ("error", "refusal"), [(TimeoutError("timed out"), "body-too-slow"), (OSError(104, "reset"), "incomplete-body")]
)
def test_a_connection_that_stalls_or_breaks_is_a_refusal(error: OSError, refusal: str) -> None:
    class Failing:
        def read(self, _size: int) -> bytes:
            raise error

    with pytest.raises(BodyRefused) as refused:
        read_body(Failing(), length=5, limit=10)
    assert refused.value.refusal.refusal.code == refusal


DOCUMENT = '<?xml version="1.0"?><a>ģ</a>'


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        (DOCUMENT.encode(), None),
        (DOCUMENT.encode(), "utf-8"),
        (DOCUMENT.encode(), "UTF8"),
        (DOCUMENT.encode("utf-8-sig"), None),
        (DOCUMENT.encode("utf-8-sig"), "utf-16"),
        (DOCUMENT.encode("utf-16"), None),
        (DOCUMENT.encode("utf-16"), "utf-16"),
        (DOCUMENT.encode("utf-16"), "utf-8"),
        (DOCUMENT.encode("utf-16-le"), "utf-16le"),
        (DOCUMENT.encode("utf-16-be"), "utf-16be"),
        (DOCUMENT.encode("utf-16-le"), None),
        (DOCUMENT.encode("utf-16-be"), None),
        (DOCUMENT.encode(), "us-ascii"),
    ],
)
def test_unicode_comes_out_as_utf_8(data: bytes, charset: str | None) -> None:
    assert to_utf8(data, charset) == DOCUMENT.encode()


@pytest.mark.parametrize(
    ("data", "charset", "refusal", "status"),
    [
        (DOCUMENT.encode("windows-1257"), "windows-1257", "unsupported-charset", 415),
        (b"<?xml version='1.0' encoding='ISO-8859-4'?><a/>", None, "unsupported-charset", 415),
        (b"<a/>", "no-such-charset", "unsupported-charset", 415),
        (b"<a/>x", "utf-16-le", "malformed-xml", None),
        (b"\xff\xfe<", None, "malformed-xml", None),
    ],
)
def test_other_encodings_are_refused(data: bytes, charset: str | None, refusal: str, status: int | None) -> None:
    with pytest.raises(Refused) as refused:
        to_utf8(data, charset)
    assert refused.value.refusal.code == refusal
    assert as_fault(refused.value.refusal).http_status == status


@given(st.binary(max_size=60), st.none() | st.text(max_size=12))
def test_any_bytes_are_decoded_or_refused(data: bytes, charset: str | None) -> None:
    try:
        outcome: object = to_utf8(data, charset).decode
    except Refused as refused:
        outcome = refused.refusal.code
    assert callable(outcome) or outcome in {"unsupported-charset", "malformed-xml"}
