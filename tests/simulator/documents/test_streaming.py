"""Validation in a stream agrees with validation in memory, for pieces of any size."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.documents.catalogue import Catalogue
from simulator.documents.parsing import Pieces, well_formed
from simulator.settings.files import data_root

URN = "URN:IVIS:100001:XSD-PPriv-ALISProvider-v1-0"
FOLDER = data_root("fixtures") / "payloads" / "contract"
DOCUMENTS = sorted(path.name for path in FOLDER.glob("*.xml"))


def in_pieces(data: bytes, size: int) -> Pieces:
    def pieces() -> Iterator[bytes]:
        for start in range(0, len(data), size):
            yield data[start : start + size]

    return pieces


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("size", [7, 100, 100_000])
def test_the_verdict_is_that_of_the_catalogue(name: str, size: int) -> None:
    data = (FOLDER / name).read_bytes()
    expected = Catalogue.default().validate(URN, data)
    found = Catalogue.default().validate_stream(URN, in_pieces(data, size))
    if expected and expected[0].code in {"dtd", "encoding"}:
        return  # the caller's to refuse
    assert bool(found) == bool(expected), found
    if expected and expected[0].code == "schema":
        assert {complaint.line for complaint in found} <= {*(complaint.line for complaint in expected), found[0].line}


def document(*numbers: str) -> bytes:
    text = (FOLDER / "valid-new.xml").read_text(encoding="utf-8")
    start, end = text.index("  <Contract>"), text.index("</Contract>") + len("</Contract>\n")
    record = text[start:end]
    return (
        text[:start] + "".join(record.replace("0012345678", number) for number in numbers) + "</ProviderContract>"
    ).encode()


@given(st.lists(st.sampled_from(["1", ""]), min_size=1, max_size=30), st.integers(50, 5000))
def test_each_bad_record_is_told_with_its_line_as_far_as_one_piece_reaches(numbers: list[str], size: int) -> None:
    data = document(*numbers)
    lines = [count for count, line in enumerate(data.split(b"\n"), 1) if b"<ContractNumber></ContractNumber>" in line]
    found = Catalogue.default().validate_stream(URN, in_pieces(data, size))
    reported = list(dict.fromkeys(complaint.line for complaint in found))
    assert reported == lines[: len(reported)]
    assert bool(reported) == bool(lines)
    assert all(complaint.path == "//ContractNumber" for complaint in found)


def test_no_more_than_the_first_errors_are_told() -> None:
    found = Catalogue.default().validate_stream(URN, in_pieces(document(*[""] * 500), 1_000_000))
    assert len(found) == 20


def test_a_wrong_document_element_is_reported_at_once() -> None:
    def never() -> Iterator[bytes]:
        raise AssertionError

    (found,) = Catalogue.default().validate_stream(URN, never, root="{urn:x}Other", element="{urn:x}Right")
    assert (found.path, found.expected) == ("/", "{urn:x}Right")


@pytest.mark.parametrize(
    ("data", "words", "line"),
    [
        (b"", "no element", 1),
        (b"<a>\n<b></a>", "mismatch", 2),
        (b"<a/><b/>", "junk", 1),
        (b"<a>\n\n&x;</a>", "undefined entity", 3),
        (b"<a>\xff</a>", "invalid token", 1),
        (b"<a>" * 3000 + b"</a>" * 3000, "deep", 1),
    ],
)
@pytest.mark.parametrize("size", [3, 100_000])
def test_what_is_not_one_well_formed_document(data: bytes, words: str, line: int | None, size: int) -> None:
    complaint = well_formed(in_pieces(data, size))
    assert complaint is not None
    assert words in complaint.found
    assert line is None or complaint.line == line


@pytest.mark.parametrize(
    "data", [b"<a/>", b"\xef\xbb\xbf<?xml version='1.0'?><!-- c --><a>\n</a>\n<!-- d -->", document("1")]
)
def test_what_is(data: bytes) -> None:
    assert well_formed(in_pieces(data, 5)) is None
