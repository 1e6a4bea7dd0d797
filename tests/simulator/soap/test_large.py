"""Large messages, which pass through files, and have the same effects as small ones."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from simulator.dit.sending import MAX_EXPLAINED_BYTES
from simulator.settings.files import data_root
from simulator.soap.body import PIECE_BYTES, SPOOL_THRESHOLD, FileSlice
from simulator.soap.contract import DIT
from simulator.soap.extraction import MAX_ENVELOPE_BYTES, LargePayload, extract_payload, extract_payload_from_file
from simulator.soap.refusals import SoapVersion
from simulator.store import Store
from simulator.store.store import INCOMING_FOLDER
from tests.simulator.soap.setting import (
    BVKB,
    Setting,
    body_of,
    envelope,
    open_setting,
    read_fault,
    request,
    selector,
    send_request,
    send_wrapper,
    without_declaration,
)

CONTRACT = "<Contract>"


@pytest.fixture
def setting(tmp_path: Path) -> Iterator[Setting]:
    with open_setting(tmp_path) as opened:
        yield opened
        assert list((tmp_path / INCOMING_FOLDER).iterdir()) == []


def large(size: int = SPOOL_THRESHOLD * 2, *, replacement: str = "", at: int = 0) -> bytes:
    """Return a valid contract document of at least ``size`` bytes.

    ``replacement`` replaces the contract number of the record number ``at``, which makes it invalid.
    """
    text = (data_root("fixtures") / "payloads" / "contract" / "valid-new.xml").read_text(encoding="utf-8")
    start, end = text.index("  <Contract>"), text.index("</Contract>") + len("</Contract>\n")
    record = text[start:end]
    count = size // len(record) + 1
    head = text[:start].replace("<RecordCount>2<", f"<RecordCount>{count}<")
    records = [record.replace("0012345678", f"{number:010d}") for number in range(count)]
    if replacement:
        records[at] = records[at].replace(f"<ContractNumber>{at:010d}</ContractNumber>", replacement)
    return (head + "".join(records) + "</ProviderContract>\n").encode()


def receive(setting: Setting, **choices: object) -> bytes:
    wanted = request("ReceiveMessage", "MessageRequest", selector("ChannelVersionURN", setting.version()))
    reply = setting.post(wanted, user=BVKB, **choices)  # type: ignore[arg-type]
    assert reply.status_code == 200, reply.data[:2000]
    return reply.data


def canonical(document: bytes | etree._Element) -> bytes:
    # As a document of its own: libxml2's C14N of a node inside another one is not always sound.
    root = etree.fromstring(document if isinstance(document, bytes) else etree.tostring(document, with_tail=False))
    return bytes(etree.tostring(root, method="c14n", exclusive=True, with_comments=False))


def test_a_large_document_arrives_as_it_was_sent(setting: Setting) -> None:
    document = large()
    assert setting.send(document).status_code == 200
    received = body_of(receive(setting))[0][0]
    assert canonical(received[1]) == canonical(document)


def test_it_is_stored_whole_and_journaled_without_its_bytes_in_the_request(setting: Setting) -> None:
    document = large()
    setting.send(document)
    receive(setting)
    sent, fetched = setting.exchanges
    assert setting.blob(sent.payload) == without_declaration(document).partition("-->")[2].strip().encode()
    assert sent.details["request_bytes"] > SPOOL_THRESHOLD
    assert len(setting.blob(sent.request)) < 2000
    assert len(setting.blob(fetched.reply)) < 2000
    assert b"<?payload " in setting.blob(fetched.reply)
    assert [entry.payload for entry in setting.journal if entry.kind == "delivery"] == [sent.payload]


def test_several_large_messages_come_back_in_one_answer(setting: Setting) -> None:
    documents = [large(replacement=f"<ContractNumber>{name}</ContractNumber>") for name in ("A", "B")]
    for document in documents:
        setting.send(document)
    answer = body_of(receive(setting))[0]
    assert [canonical(element[1]) for element in answer] == [canonical(document) for document in documents]


@pytest.mark.parametrize("version", list(SoapVersion))
def test_a_wrong_record_is_named_with_its_line(setting: Setting, version: SoapVersion) -> None:
    document = large(replacement="<ContractNumbr/>", at=700)
    reply = setting.post(send_request(setting.version(), document, version=version), version=version)
    fault = read_fault(reply.data)
    assert fault.refusal == "invalid-payload"
    line = without_declaration(document).partition("-->")[2].lstrip().partition("<ContractNumbr/>")[0].count("\n") + 1
    assert fault.complaints[0]["line"] == str(line)
    assert "Contract[701]" in fault.complaints[0]["path"]
    assert not [entry for entry in setting.journal if entry.kind == "delivery"]
    assert setting.exchanges[0].payload is not None


@pytest.mark.slow
def test_a_very_large_one_is_refused_with_line_and_element_only(setting: Setting) -> None:
    document = large(MAX_EXPLAINED_BYTES + 1_000_000, replacement="<ContractNumbr/>", at=9000)
    fault = read_fault(setting.send(document).data)
    line = without_declaration(document).partition("-->")[2].lstrip().partition("<ContractNumbr/>")[0].count("\n") + 1
    assert fault.complaints[0]["line"] == str(line)
    assert fault.complaints[0]["path"] == "//ContractNumbr"


def test_what_is_not_well_formed_is_refused_with_its_line(setting: Setting) -> None:
    text = send_request(setting.version(), large(replacement="<ContractNumber>&nonsense;</ContractNumber>", at=700))
    reply = setting.post(text)
    fault = read_fault(reply.data)
    assert (reply.status_code, fault.refusal) == (400, "malformed-xml")
    assert f"line {text.partition('&nonsense')[0].count(chr(10)) + 1}" in fault.texts["en"]


@pytest.mark.parametrize(
    "ending", ["</ProviderContract><!-- </ProviderContract> -->", "</ProviderContract><?x </ProviderContract>?>"]
)
def test_end_tags_in_comments_and_instructions_deceive_nobody(setting: Setting, ending: str) -> None:
    text = send_request(setting.version(), large()).replace("</ProviderContract>", ending)
    assert setting.post(text).status_code == 200
    assert canonical(body_of(receive(setting))[0][0][1]) == canonical(large())


def test_a_second_document_is_not_smuggled_in(setting: Setting) -> None:
    text = send_wrapper(setting.version(), large(), inside='<x:ProviderContract xmlns:x="urn:x"></x:ProviderContract>')
    fault = read_fault(setting.post(envelope(text)).data)
    assert fault.refusal in {"schema", "malformed-xml"}
    again = without_declaration(setting.contract_document()).strip()
    twice = send_wrapper(setting.version(), large(), inside=again)
    assert read_fault(setting.post(envelope(twice)).data).refusal in {"schema", "malformed-xml"}


def test_a_doctype_in_a_large_request_is_refused(setting: Setting) -> None:
    text = send_request(setting.version(), large()).replace(
        "<soap:Envelope", '<!DOCTYPE x [<!ENTITY e "e">]><soap:Envelope', 1
    )
    assert read_fault(setting.post(text).data).refusal == "doctype-not-allowed"
    inside = send_request(setting.version(), large()).replace("<Contract>", "<!DOCTYPE x><Contract>", 1)
    assert read_fault(setting.post(inside).data).refusal == "malformed-xml"


def test_a_large_envelope_around_a_small_document_is_refused(setting: Setting) -> None:
    header = f"<x:Filling xmlns:x='urn:x'>{'x' * (MAX_ENVELOPE_BYTES + PIECE_BYTES + 10)}</x:Filling>"
    reply = setting.post(send_request(setting.version(), setting.contract_document(), header=header))
    assert (reply.status_code, read_fault(reply.data).refusal) == (413, "too-large")


@pytest.mark.parametrize("closed", [True, False])
def test_a_large_document_that_nests_too_deep_is_refused(setting: Setting, closed: bool) -> None:
    deep = b"<a>" * 400_000 + (b"</a>" * 400_000 if closed else b"")
    fault = read_fault(setting.post(send_request(setting.version(), deep)).data)
    assert fault.refusal == "too-deep"


@pytest.mark.parametrize(("encoding", "charset"), [("utf-16", "utf-16"), ("utf-8-sig", "utf-8")])
def test_other_encodings_of_a_large_request(setting: Setting, encoding: str, charset: str) -> None:
    text = send_request(setting.version(), large()).replace('encoding="utf-8"', f'encoding="{charset}"')
    reply = setting.post(text.encode(encoding), content_type=f"application/soap+xml; charset={charset}")
    assert reply.status_code == 200, reply.data
    assert canonical(body_of(receive(setting))[0][0][1]) == canonical(large())


@pytest.mark.parametrize(
    ("charset", "data", "refusal"),
    [("koi8-r", b"", "unsupported-charset"), ("utf-16-le", b"\x00\xd8", "malformed-xml")],
)
def test_encodings_that_a_large_request_cannot_have(setting: Setting, charset: str, data: bytes, refusal: str) -> None:
    body = data + send_request(setting.version(), large()).encode("utf-8")
    reply = setting.post(body, content_type=f"application/soap+xml; charset={charset}")
    assert read_fault(reply.data).refusal == refusal


def test_unknown_callers_and_strangers_are_refused_before_anything_is_validated(setting: Setting) -> None:
    document = large(replacement="<ContractNumbr/>")
    assert read_fault(setting.send(document, user="nobody").data).refusal == "unknown-user"
    assert read_fault(setting.post(send_request("URN:IVIS:100001:CHA-No-v1-0-TYPE-DSK", document)).data).refusal == (
        "unknown-channel-version"
    )
    assert read_fault(setting.send(document, user=BVKB).data).refusal == "no-right"


@given(st.binary(max_size=60), st.binary(min_size=1, max_size=3), st.integers(0, 60))
def test_a_file_slice_finds_what_bytes_find(data: bytes, wanted: bytes, start: int) -> None:
    file_slice = FileSlice.whole(io.BytesIO(b"<<" + data + b">>")).part(2, 2 + len(data))
    assert file_slice.all() == data
    assert file_slice.find(wanted, start) == data.find(wanted, start)


def test_what_is_looked_for_is_found_across_pieces() -> None:
    data = b"x" * (PIECE_BYTES - 2) + b"abcd" + b"x" * PIECE_BYTES
    assert FileSlice.whole(io.BytesIO(data)).find(b"abcd") == PIECE_BYTES - 2
    assert FileSlice.whole(io.BytesIO(data)).find(b"abcde") == -1


SCOPE = 'xmlns:q="urn:q" xmlns:z="urn:z" xmlns="urn:d"'


@given(
    st.sampled_from(
        ["<Doc/>", "<q:Doc>q</q:Doc>", "<Doc><Doc>z:t</Doc></Doc>", '<q:Doc a="&gt;"><!-- </q:Doc> --></q:Doc >']
    ),
    st.sampled_from(["", "\n", "<!-- c -->", "<dit:Name>n</dit:Name>", "<q:Doc/>", "<!-- </Doc> -->"]),
)
def test_both_ways_of_extraction_take_the_same_payload_out(payload: str, behind: str) -> None:
    text = send_wrapper("URN", b"").replace(
        "<dit:BussinesMessage>", f"<dit:BussinesMessage {SCOPE}>\n{payload}{behind}"
    )
    data = envelope(text).encode()
    small = extract_payload(data)
    with Store.open() as store:
        for exact in (False, True):
            extracted = extract_payload_from_file(FileSlice.whole(io.BytesIO(data)), store.incoming, exact=exact)
            assert isinstance(extracted.payload, LargePayload)
            with extracted.payload.incoming:
                payload = b"".join(extracted.payload.pieces())
            assert small.payload is not None
            assert (extracted.payload.element, extracted.payload.line) == (small.payload.element, small.payload.line)
            if not exact:
                assert (payload, extracted.envelope, extracted.lines) == (
                    small.payload.data,
                    small.envelope,
                    small.lines,
                )
            else:  # comments after the payload are counted as part of it
                assert payload.startswith(small.payload.data)
                assert etree.fromstring(extracted.envelope).find(f".//{{{DIT}}}BussinesMessage") is not None
