"""MTOM: requests in parts, valid and invalid, and replies in parts."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from simulator.soap.application import SERVICE
from simulator.soap.body import SPOOL_THRESHOLD
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
)
from tests.simulator.soap.test_large import canonical, large

PORT = f"{SERVICE}/plainMtom"
TYPE = (
    'multipart/related; type="application/xop+xml"; start="<root@x>"; start-info="application/soap+xml"; boundary="B"'
)
ROOT = 'Content-ID: <root@x>\r\nContent-Type: application/xop+xml; charset=utf-8; type="application/soap+xml"\r\n'
PART = "Content-ID: <doc@x>\r\nContent-Type: text/xml\r\nContent-Transfer-Encoding: binary\r\n"
XOP = 'xmlns:xop="http://www.w3.org/2004/08/xop/include"'


@pytest.fixture
def setting(tmp_path: Path) -> Iterator[Setting]:
    with open_setting(tmp_path) as opened:
        yield opened
        assert list((tmp_path / INCOMING_FOLDER).iterdir()) == []


def package(*parts: tuple[str, bytes]) -> bytes:
    return b"".join(f"\r\n--B\r\n{head}\r\n".encode() + data for head, data in parts)[2:] + b"\r\n--B--\r\n"


def including(setting: Setting, href: str = "cid:doc%40x") -> bytes:
    include = f'<xop:Include {XOP} href="{href}"/>'.encode()
    return envelope(send_wrapper(setting.version(), include)).encode()


def post(setting: Setting, body: bytes, *, content_type: str = TYPE, user: str = "paraugs"):  # type: ignore[no-untyped-def]
    return setting.post(body, path=PORT, content_type=content_type, user=user)


def received(setting: Setting) -> etree._Element:
    wanted = request("ReceiveMessage", "MessageRequest", selector("ChannelVersionURN", setting.version()))
    (message,) = body_of(setting.post(wanted, user=BVKB).data)[0]
    return elements(message)[1]


def elements(parent: etree._Element) -> list[etree._Element]:
    return [element for element in parent if isinstance(element.tag, str)]


@pytest.mark.parametrize("size", [1, SPOOL_THRESHOLD * 2])
def test_a_document_inside_the_envelope(setting: Setting, size: int) -> None:
    document = large(size)
    body = package((ROOT, send_request(setting.version(), document).encode()))
    assert post(setting, body).status_code == 200
    assert canonical(received(setting)) == canonical(document)


@pytest.mark.parametrize("size", [1, SPOOL_THRESHOLD * 2])
@pytest.mark.parametrize("first", ["envelope", "document"])
def test_a_document_in_a_part_of_its_own(setting: Setting, size: int, first: str) -> None:
    document = large(size)
    parts = [(ROOT, including(setting)), (PART, document)]
    body = package(*(parts if first == "envelope" else reversed(parts)))
    assert post(setting, body).status_code == 200
    assert canonical(received(setting)) == canonical(document)
    sent = setting.exchanges[0]
    assert setting.blob(sent.payload) == document
    assert (sent.details["size"], sent.outcome) == (len(document), "ok")


def test_without_start_the_first_part_is_the_envelope_and_line_ends_may_be_bare(setting: Setting) -> None:
    content_type = TYPE.replace('start="<root@x>"; ', "")
    body = package((ROOT, including(setting)), (PART, setting.contract_document())).replace(b"\r\n", b"\n")
    assert post(setting, b"A preamble\n" + body + b"and an epilogue", content_type=content_type).status_code == 200


def test_the_port_takes_plain_envelopes_too_and_answers_alike(setting: Setting) -> None:
    reply = setting.post(send_request(setting.version(), setting.contract_document()), path=PORT)
    assert (reply.status_code, reply.mimetype) == (200, "application/soap+xml")


def test_the_action_is_checked_wherever_it_stands(setting: Setting) -> None:
    body = package((ROOT, including(setting)), (PART, setting.contract_document()))
    wrong = TYPE.replace("application/soap+xml", 'application/soap+xml; action=\\"urn:x\\"')
    assert read_fault(post(setting, body, content_type=wrong).data).refusal == "action-mismatch"
    assert read_fault(post(setting, body, content_type=f"{TYPE}; action=urn:x").data).refusal == "action-mismatch"


def good(setting: Setting) -> bytes:
    return package((ROOT, including(setting)), (PART, setting.contract_document()))


@pytest.mark.parametrize(
    ("change", "refusal", "cause"),
    [
        (lambda body: body.replace(b"--B--", b""), "broken-mime", "cut short"),
        (lambda body: body[: len(body) // 2], "broken-mime", "cut short"),
        (lambda body: body.replace(b"--B", b"--C"), "broken-mime", "never has the boundary"),
        (lambda _: b"", "broken-mime", "never has the boundary"),
        (lambda _: b"--B--\r\n", "broken-mime", "no part"),
        (lambda body: body.replace(b"--B\r\n", b"--B junk\r\n"), "broken-mime", "followed by something else"),
        (lambda body: body.replace(b"\r\n\r\n", b"\r\n", 1), "broken-mime", "headers"),
        (lambda body: body.replace(b"binary", b"base64"), "broken-mime", "Content-Transfer-Encoding"),
        (lambda body: body.replace(b"Content-ID: <doc@x>\r\n", b""), "broken-mime", "no Content-ID"),
        (lambda body: body.replace(b"--B--", b"--B\r\n%b\r\nx\r\n--B--" % PART.encode()), "broken-mime", "two parts"),
        (lambda body: body.replace(b"cid:doc%40x", b"cid:other"), "missing-part", "doc@x"),
        (lambda body: body.replace(b"cid:doc%40x", b"http://h/"), "missing-part", "expected cid:"),
        (lambda body: body.replace(b"<root@x>", b"<toor@x>"), "missing-part", "root@x"),
        (lambda body: body.replace(b"application/xop+xml; ch", b"text/xml; ch"), "unsupported-media-type", "root part"),
    ],
)  # fmt: skip
def test_broken_packages_are_refused_and_journaled(setting: Setting, change, refusal: str, cause: str) -> None:  # type: ignore[no-untyped-def]
    reply = post(setting, change(good(setting)))
    assert read_fault(reply.data).refusal == refusal
    assert reply.status_code == (415 if "media" in refusal else 400)
    (entry,) = setting.exchanges
    assert (entry.outcome, entry.fault_code) == ("fault", refusal)
    assert cause in (entry.cause or "")
    assert post(setting, good(setting)).status_code == 200


@pytest.mark.parametrize(
    "content_type",
    [
        TYPE.replace("application/xop+xml", "text/xml"),
        TYPE.replace("application/soap+xml", "text/xml"),
        TYPE.replace("related", "form-data"),
    ],
)
def test_other_kinds_of_parts_are_415(setting: Setting, content_type: str) -> None:
    reply = post(setting, good(setting), content_type=content_type)
    assert (reply.status_code, read_fault(reply.data).refusal) == (415, "unsupported-media-type")


def test_no_boundary_named(setting: Setting) -> None:
    fault = read_fault(post(setting, good(setting), content_type=TYPE.replace('; boundary="B"', "")).data)
    assert (fault.refusal, "no boundary" in fault.texts["en"]) == ("broken-mime", True)


@pytest.mark.parametrize("large_part", [False, True])
@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", "malformed-xml"),
        (b"no document", "malformed-xml"),
        (b"<!DOCTYPE a><a/>", "doctype-not-allowed"),
        ('<?xml version="1.0" encoding="utf-16"?><a/>'.encode("utf-16"), "malformed-xml"),
        (b"<Other/>", "invalid-payload"),
        (b"<a><b></a>", "invalid-payload"),
    ],
)
def test_parts_that_are_no_proper_document(setting: Setting, content: bytes, refusal: str, large_part: bool) -> None:
    filling = b"\n" * (SPOOL_THRESHOLD * 2) if large_part else b""
    reply = post(setting, package((ROOT, including(setting)), (PART, content + filling)))
    expected = "malformed-xml" if large_part and content == b"<a><b></a>" else refusal
    assert read_fault(reply.data).refusal == expected


def test_a_large_part_that_breaks_off_is_not_well_formed(setting: Setting) -> None:
    reply = post(setting, package((ROOT, including(setting)), (PART, large()[:-20])))
    assert read_fault(reply.data).refusal == "malformed-xml"


@pytest.mark.parametrize("size", [1, SPOOL_THRESHOLD * 2])
def test_an_answer_as_mtom_has_its_documents_in_the_envelope(setting: Setting, size: int) -> None:
    document = large(size)
    assert post(setting, package((ROOT, including(setting)), (PART, document))).status_code == 200
    wanted = request("ReceiveMessage", "MessageRequest", selector("ChannelVersionURN", setting.version()))
    reply = post(setting, package((ROOT, wanted.encode())), user=BVKB)
    assert reply.status_code == 200
    head = f"Content-Type: {reply.content_type}\r\n\r\n".encode()
    root, *others = email.message_from_bytes(head + reply.data, policy=email.policy.HTTP).iter_parts()  # type: ignore[attr-defined]
    assert root["Content-Type"].startswith("application/xop+xml")
    (message,) = body_of(root.get_payload(decode=True).strip())[0]
    assert not others
    assert canonical(elements(message)[1]) == canonical(document)
