"""Tests of refusals before and by the parser; nothing is ever fetched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.documents.parsing import Complaint, ParsingError, parse
from simulator.documents.profile import Profile
from simulator.documents.reading import DocumentError, read_document
from simulator.documents.validation import validate

LAUGHS = b"""<?xml version="1.0"?>
<!-- <!DOCTYPE none> -->
<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>
<a>&c;</a>"""


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b"", "well-formed", 1),
        (b" \n ", "well-formed", 1),
        (b"\x00\x01\x02", "encoding", 1),
        (b"{}", "well-formed", 1),
        (b"<a><b></a>", "well-formed", 1),
        (b"<a>\n<b>\n</a>", "well-formed", 3),
        (b"<a>&ilze;</a>", "well-formed", 1),
        (b"<a>\xe0\xe2</a>", "well-formed", 1),
        (b"<a/><b/>", "well-formed", 1),
        (b"<!-- never ends", "well-formed", 1),
        (LAUGHS, "dtd", 3),
        (b'<!DOCTYPE a SYSTEM "http://192.0.2.1/a.dtd"><a/>', "dtd", 1),
        ("<a/>".encode("utf-16"), "encoding", 1),
        ("<a/>".encode("utf-16-le"), "encoding", 1),
        ("<a/>".encode("utf-32"), "encoding", 1),
        (b"<?xml version='1.0' encoding='windows-1257'?><a/>", "encoding", 1),
        (b"<a>" * 300 + b"</a>" * 300, "depth", 1),
    ],
)
def test_refused(profile: Profile, data: bytes, code: str, line: int) -> None:
    with pytest.raises(ParsingError) as caught:
        parse(data)
    assert (caught.value.complaint.code, caught.value.complaint.line) == (code, line)
    assert caught.value.complaint.expected
    # the same through every door
    assert [complaint.code for complaint in validate(data, profile)] == [code]
    with pytest.raises(DocumentError):
        read_document(data, profile)
    urn = profile.error_schema_urn
    assert [complaint.code for complaint in profile.catalogue.validate(urn, data)] == [code]


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?><a/>",
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<!-- <!DOCTYPE a> --><?note <!DOCTYPE a>?><a/>',
        b"<a><![CDATA[<!DOCTYPE a>]]></a>",
        b"<a>" * 200 + b"</a>" * 200,
    ],
)
def test_taken(data: bytes) -> None:
    assert parse(data).getroot().tag == "a"


def test_comments_do_not_cut_values(profile: Profile) -> None:
    data = b"<a>12<!-- -->34<?p?>56</a>"
    assert parse(data).getroot().text == "123456"


@given(st.binary(max_size=200))
def test_any_bytes_are_either_taken_or_refused(data: bytes) -> None:
    refusal = _refusal(data)
    assert refusal is None or refusal.found


def _refusal(data: bytes) -> Complaint | None:
    try:
        parse(data)
    except ParsingError as error:
        return error.complaint
    return None


@given(st.binary(max_size=60))
def test_any_bytes_in_place_of_a_value(profile: Profile, junk: bytes) -> None:
    head = b'<DefaultMessageError xmlns="http://ivis.eps.gov.lv/XMLSchemas/100001/DIT/v1-0"><Error><Code>'
    data = head + junk + b"</Code></Error></DefaultMessageError>"
    assert profile.catalogue.validate(profile.error_schema_urn, data)
