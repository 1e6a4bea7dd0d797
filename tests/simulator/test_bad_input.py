"""Bad input by name, over the wire: a fault of the right kind, one journal entry that teaches, a healthy server.

Each case of the table is one call (or the last of a few) to a served simulator. The journal's cause must say what was
found, what was expected, and how to mend it; the words that have to be in it stand in the table.
"""

from __future__ import annotations

import copy
import http.client
import select
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from lxml import etree

from simulator.documents.profile import load_profile
from simulator.domain.clock import RIGA, Clock
from simulator.domain.provenance import Sourced
from simulator.http.server import Server
from simulator.http.simulation import Simulation
from simulator.journal import Entry, Kind, Outcome, StoredJournal
from simulator.security.authenticator import Security
from simulator.security.settings import Settings, load_settings
from simulator.soap.application import SERVICE
from simulator.soap.body import ENVELOPE_ALLOWANCE
from simulator.store import Store
from simulator.world.file import load_world
from tests.simulator.fuzzing.campaign import serving
from tests.simulator.fuzzing.genuine import MULTIPART, ROOT, packed
from tests.simulator.fuzzing.wire import Answer as Raw
from tests.simulator.fuzzing.wire import Line, NoAnswer
from tests.simulator.security.client import SOAP, WSSE, Answer, FederatedClient, Token
from tests.simulator.security.setting import LIST, secured_setting
from tests.simulator.soap.setting import (
    BVKB,
    RETAILER,
    basic,
    envelope,
    event_request,
    read_fault,
    request,
    selector,
    send_wrapper,
)

CONTRACTS = "URN:IVIS:100001:CHA-ALDIS_ProviderContract-v1-0-TYPE-DSK"
DISCOUNTS = "URN:IVIS:100001:CHA-ALDIS_ProviderDiscount-v1-1-TYPE-DIK"
OTHERS = "URN:IVIS:100001:CHA-ALDIS_ProviderDiscount-v1-2-TYPE-DIK"
GUARDED = f"{SERVICE}/ws2007FederationNoSct"
PLAIN = f"{SERVICE}/plain"
SOAP_TYPE = "application/soap+xml; charset=utf-8"
OPAQUE = "An error occurred when verifying security for the message."
SLOW = 0.4
"""Wall seconds for which the server of these tests waits for bytes; a real one waits for a minute."""


@dataclass
class World:
    """The served simulator, and clients for it."""

    server: Server
    simulation: Simulation
    keys: Path
    settings: Settings

    def post(self, path: str, body: bytes, content_type: str, user: str | None = None) -> Answer:
        headers = {"Content-Type": content_type, **(basic(user) if user is not None else {})}
        got = requests.post(
            self.server.base_url + path, data=body, headers=headers, verify=str(self.keys / "ca.pem"), timeout=30
        )
        return Answer(got.status_code, got.content)

    def plain(self, body: bytes | str, *, user: str = RETAILER, content_type: str = SOAP_TYPE) -> Answer:
        return self.post(PLAIN, body.encode() if isinstance(body, str) else body, content_type, user)

    def raw(self, head: list[str], body: bytes, *, close_writing: bool = True) -> Answer:
        """A request whose framing is our own, over an address that stays open without TLS's own framing."""
        lines = [f"POST {PLAIN} HTTP/1.1", "Host: localhost", f"Content-Type: {SOAP_TYPE}", *head]
        lines.append(f"Authorization: {basic(RETAILER)['Authorization']}")
        line = Line(self.server.base_url, str(self.keys / "ca.pem"))
        got: Raw = line.ask(["\r\n".join((*lines, "", "")).encode() + body], close_writing=close_writing, fresh=True)
        return Answer(got.status, got.body)

    @property
    def client(self) -> FederatedClient:
        return FederatedClient(self.post, self.simulation.clock.now)

    def token(self, **asked: object) -> Token:
        return self.client.token(RETAILER, self.password, **asked)

    @property
    def password(self) -> str:
        text = (self.keys / "users.toml").read_text()
        return text.partition(f'"{RETAILER}" = "')[2].partition('"')[0]

    def list(self, token: Token, **wrong: object) -> Answer:
        return self.client.call(GUARDED, "ReceiveMessageList", LIST.format(version=CONTRACTS), token, **wrong)

    def changed(self, token: Token, change: Callable[[etree._Element], None]) -> Answer:
        """A call that is changed after it was signed."""
        content = LIST.format(version=CONTRACTS)
        whole = self.client.envelope(GUARDED, "ReceiveMessageList", content, token)
        change(whole)
        return self.post(GUARDED, etree.tostring(whole), SOAP_TYPE)

    @property
    def entries(self) -> list[Entry]:
        """What the journal has of calls and requests for tokens."""
        return [entry for entry in self.simulation.journal.entries() if entry.kind in (Kind.EXCHANGE, Kind.TOKEN)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("bad-input")
    known = load_settings()
    settings = replace(
        known,
        # Tokens that can be read can be spoilt.
        sts=replace(known.sts, encrypt=replace(known.sts.encrypt, value=False)),
        call=replace(known.call, plain=replace(known.call.plain, value=True)),
    )
    simulation = Simulation.open(
        world=load_world("town"),
        profile=load_profile(),
        clock=Clock.frozen(datetime(2026, 3, 2, 8, tzinfo=RIGA)),
        directory=folder / "data",
    )
    server = Server(simulation, security=Security(folder / "keys", settings))
    server.start()
    yield World(server, simulation, folder / "keys", settings)
    server.stop()
    simulation.close()


def security_of(whole: etree._Element) -> etree._Element:
    found = whole.find(f"{{{SOAP}}}Header/{{{WSSE}}}Security")
    assert found is not None
    return found


# Tokens and signatures


def expired(world: World) -> Answer:
    token = world.token()
    world.simulation.clock.advance(world.simulation.clock.now() + timedelta(hours=2))
    return world.list(token)


def not_yet_valid(world: World) -> Answer:
    begins = world.simulation.clock.now() + timedelta(hours=1)
    return world.list(world.token(lifetime=(begins, begins + timedelta(hours=1))))


def replayed(world: World) -> Answer:
    whole = world.client.envelope(GUARDED, "ReceiveMessageList", LIST.format(version=CONTRACTS), world.token())
    assert world.post(GUARDED, etree.tostring(whole), SOAP_TYPE).status == 200
    return world.post(GUARDED, etree.tostring(whole), SOAP_TYPE)


def wrongly_signed(world: World) -> Answer:
    token = world.token()
    value = token.element.find(".//{*}AttributeStatement//{*}AttributeValue")
    assert value is not None
    value.text = "100001"
    return world.list(token)


def wrong_call_signature(world: World) -> Answer:
    return world.list(replace(world.token(), secret=b"0" * 32))


def wrapped_token(world: World) -> Answer:
    token = world.token()
    forged = copy.deepcopy(token.element)
    forged.set("ID", "_forged")
    signature = forged.find("{*}Signature")
    assert signature is not None
    etree.SubElement(signature, "{http://www.w3.org/2000/09/xmldsig#}Object").append(copy.deepcopy(token.element))
    return world.list(replace(token, element=forged))


def wrapped_call(world: World) -> Answer:
    def wrap(whole: etree._Element) -> None:
        header = security_of(whole)
        old, parent = header[0], header.getparent()
        fresh = copy.deepcopy(old)
        fresh.attrib.update({str(name): "fresh" for name in fresh.attrib})
        header.replace(old, fresh)
        assert parent is not None
        etree.SubElement(parent, "{urn:x}Keep").append(old)

    return world.changed(world.token(), wrap)


def foreign(world: World, **sts: object) -> Token:
    """A token of a service that shares nothing with the simulator but its keys."""
    settings = replace(world.settings, sts=replace(world.settings.sts, **sts))
    with secured_setting(world.keys, settings) as other:
        other.setting.clock.advance(world.simulation.clock.now())
        wanted = settings.sts.applies_to.value[0]
        return other.token(applies_to=wanted)


def foreign_issuer(world: World) -> Answer:
    known = world.settings.sts.issuer
    return world.list(foreign(world, issuer=Sourced("https://sts.example.org/", known.provenance)))


def wrong_audience(world: World) -> Answer:
    known = world.settings.sts.applies_to
    return world.list(foreign(world, applies_to=Sourced(("https://ivis.eps.gov.lv/Other",), known.provenance)))


def clock_behind(world: World) -> Answer:
    return world.list(world.token(), shift=-700)


def clock_ahead(world: World) -> Answer:
    return world.list(world.token(), shift=700)


def wrong_key_reference(world: World) -> Answer:
    token = world.token()
    other = copy.deepcopy(token.reference)
    other[0].text = "_another-token"
    return world.list(token, reference=other)


def missing_timestamp(world: World) -> Answer:
    return world.list(world.token(), timestamp=False)


SECURITY = {
    "an expired token": (expired, ("token-expired", "NotOnOrAfter")),
    "a token that is not valid yet": (not_yet_valid, ("token-early", "NotBefore")),
    "a replayed call": (replayed, ("replay", "SignatureValue")),
    "a wrongly signed token": (wrongly_signed, ("token-signature", "Signature")),
    "a wrongly signed call": (wrong_call_signature, ("signature-value", "SignatureValue")),
    "a wrapped token": (wrapped_token, ("token-signature", "Signature")),
    "a wrapped call": (wrapped_call, ("signed-parts", "Reference")),
    "a foreign issuer": (foreign_issuer, ("token-issuer", "https://sts.example.org/")),
    "a wrong audience": (wrong_audience, ("token-audience", "https://ivis.eps.gov.lv/Other")),
    "a clock that is behind": (clock_behind, ("timestamp-expired", "Timestamp")),
    "a clock that is ahead": (clock_ahead, ("timestamp-early", "Timestamp")),
    "a wrong key reference": (wrong_key_reference, ("key-reference", "_another-token")),
    "no Timestamp": (missing_timestamp, ("timestamp", "Timestamp")),
}


@pytest.mark.parametrize("case", SECURITY)
def test_security(world: World, case: str) -> None:
    make, (check, word) = SECURITY[case]
    before = len(world.entries)
    answer = make(world)
    assert (answer.status, answer.subcode) == (500, "InvalidSecurity"), answer.body
    assert [element.text for element in answer.root.iter(f"{{{SOAP}}}Text")] == [OPAQUE]
    entry = refused(world, before, answer, "security")
    (complaint,) = entry.details["complaints"]  # type: ignore[misc]
    assert complaint["code"] == check  # type: ignore[index,call-overload]
    assert word in (entry.cause or "")
    healthy(world)


# The request


def send(payload: bytes = b"<x/>", version: str = CONTRACTS) -> str:
    return envelope(send_wrapper(version, payload))


def declared(encoding: str) -> str:
    return send().replace("utf-8", encoding, 1)


def multipart(world: World, body: bytes, content_type: str = MULTIPART) -> Answer:
    return world.post(f"{SERVICE}/plainMtom", body, content_type, RETAILER)


def including(href: str) -> bytes:
    include = f'<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="{href}"/>'
    return send(include.encode()).encode()


def listing(kind: str, value: str) -> str:
    return request("ReceiveMessageList", "MessageListRequest", selector(kind, value))


def deep(levels: int) -> str:
    return send(b"<a>" * levels + b"</a>" * levels)


def with_dtd(dtd: str) -> str:
    return f"<!DOCTYPE x [{dtd}]>" + send(b"<x>&a;</x>").partition("?>\n")[2]


BOMB = '<!ENTITY z "zzzzzzzzzz">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("zabcdefgh", "abcdefghi", strict=True)
)
NOBODY = "999999"
REPORT = b'<x xmlns="urn:x"/>'
MESSAGE = "00000000-0000-0000-0000-000000000000"
CUT = b'<?xml version="1.0"?><soap:Envelope'

REQUESTS: dict[str, tuple[Callable[[World], Answer], int, str, tuple[str, ...]]] = {
    "broken MIME": (
        lambda world: multipart(world, packed((ROOT, send().encode()))[:-20]),
        400,
        "broken-mime",
        ("cut short", "expected", "boundary"),
    ),
    "no boundary": (
        lambda world: multipart(
            world, packed((ROOT, send().encode())), 'multipart/related; type="application/xop+xml"'
        ),
        400,
        "broken-mime",
        ("no boundary", "expected", "MTOM"),
    ),
    "a missing part": (
        lambda world: multipart(world, packed((ROOT, including("cid:doc%40x")))),
        400,
        "missing-part",
        ("'doc@x'", "expected", "Content-ID"),
    ),
    "a wrong content type": (
        lambda world: world.plain(send(), content_type="application/json"),
        415,
        "unsupported-media-type",
        ("application/json", "expected", "application/soap+xml"),
    ),
    "SOAP 1.1 at the address of SOAP 1.2": (
        lambda world: world.plain(send(), content_type="text/xml; charset=utf-8"),
        415,
        "unsupported-media-type",
        ("text/xml", "expected", ".../plain11"),
    ),
    "a slow body": (
        lambda world: world.raw(["Content-Length: 5000"], CUT, close_writing=False),
        408,
        "body-too-slow",
        ("35 bytes", "has to", "send it in one go"),
    ),
    "a body whose chunk is longer than it says": (
        lambda world: world.raw(
            ["Transfer-Encoding: chunked"], b"5\r\n<soap:Envelope\r\n0\r\n\r\n", close_writing=False
        ),
        400,
        "incomplete-body",
        ("a chunk is longer", "expected", "Content-Length"),
    ),
    "501 MB announced": (
        lambda world: world.raw([f"Content-Length: {502 * 2**20}"], b"", close_writing=False),
        413,
        "too-large",
        (f"{502 * 2**20} bytes", "the limit is", "split the document"),
    ),
    "10,000-deep XML": (lambda world: world.plain(deep(10_000)), 400, "too-deep", ("256", "expected", "flatten")),
    "an entity bomb": (lambda world: world.plain(with_dtd(BOMB)), 400, "doctype-not-allowed", ("DOCTYPE", "expected")),
    "an external entity": (
        lambda world: world.plain(with_dtd('<!ENTITY a SYSTEM "file:///etc/passwd">')),
        400,
        "doctype-not-allowed",
        ("DOCTYPE", "expected", "write"),
    ),
    "an external DTD": (
        lambda world: world.plain('<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">' + send().partition("?>\n")[2]),
        400,
        "doctype-not-allowed",
        ("DOCTYPE", "expected"),
    ),
    "a wrong encoding": (
        lambda world: world.plain(send("<x>ā</x>".encode()).encode("cp1257")),
        400,
        "malformed-xml",
        ("expected", "UTF-8"),
    ),
    "an encoding that DIT does not take": (
        lambda world: world.plain(declared("windows-1257"), content_type="application/soap+xml"),
        415,
        "unsupported-charset",
        ("cp1257", "UTF-8", "set charset=utf-8"),
    ),
    "a byte order mark of another encoding": (
        lambda world: world.plain(b"\xff\xfe" + send().encode()),
        400,
        "malformed-xml",
        ("utf-16", "expected", "UTF-8"),
    ),
    "a lone surrogate in UTF-8": (
        lambda world: world.plain(send(b"<x>@</x>").encode().replace(b"@", b"\xed\xa0\x80")),
        400,
        "malformed-xml",
        ("invalid token", "expected", "UTF-8"),
    ),
    "a lone surrogate in UTF-16": (
        lambda world: world.plain(
            send(b"<x>@</x>").replace("@", "\ud800").encode("utf-16", "surrogatepass"),
            content_type="application/soap+xml",
        ),
        400,
        "malformed-xml",
        ("utf-16", "surrogate", "UTF-8"),
    ),
    "a lone surrogate by reference": (
        lambda world: world.plain(send(b"<x>&#xD800;</x>")),
        400,
        "malformed-xml",
        ("reference to invalid character number", "expected"),
    ),
    "an unknown channel": (
        lambda world: world.plain(listing("ChannelURN", "URN:IVIS:100001:CHA-Nothing-TYPE-DSK")),
        400,
        "unknown-channel",
        ("CHA-Nothing", "Expected"),
    ),
    "an unknown channel version": (
        lambda world: world.plain(send(version="URN:IVIS:100001:CHA-Nothing-v1-0-TYPE-DSK")),
        400,
        "unknown-channel-version",
        ("CHA-Nothing", "Expected"),
    ),
    "a foreign channel to send on": (
        lambda world: world.plain(send(version=OTHERS)),
        400,
        "no-right",
        ("100777", OTHERS, "Expected"),
    ),
    "a foreign channel to read": (
        lambda world: world.plain(listing("ChannelVersionURN", OTHERS)),
        400,
        "no-right",
        ("100777", OTHERS, "Expected"),
    ),
    "an unknown authority in the filter": (
        lambda world: world.plain(event_request(CONTRACTS, REPORT, MESSAGE, (NOBODY,)), user=BVKB),
        400,
        "unknown-authority",
        (NOBODY, "Expected"),
    ),
}


@pytest.mark.parametrize("case", REQUESTS)
def test_requests(world: World, case: str) -> None:
    make, status, refusal, words = REQUESTS[case]
    world.server._http.timeout = SLOW if case == "a slow body" else 30
    before = len(world.entries)
    answer = make(world)
    fault = read_fault(answer.body)
    assert (answer.status, fault.refusal) == (status, refusal), answer.body
    assert fault.code == f"{{{SOAP}}}Sender"
    assert set(fault.texts) == {"lv", "en"}
    entry = refused(world, before, answer, refusal)
    assert [word for word in words if word not in (entry.cause or "")] == [], entry.cause
    healthy(world)


def test_a_truncated_body(world: World) -> None:
    """Over TLS a client that is cut off cannot be answered (without TLS: test_sockets.py); the journal tells of it."""
    before = len(world.entries)
    line = Line(world.server.base_url, str(world.keys / "ca.pem"))
    head = f"POST {PLAIN} HTTP/1.1\r\nHost: x\r\nContent-Type: {SOAP_TYPE}\r\nContent-Length: 5000\r\n\r\n"
    with pytest.raises(NoAnswer):
        line.ask([head.encode() + CUT], close_writing=True, fresh=True)
    until = time.monotonic() + 30
    while not (new := world.entries[before:]) and time.monotonic() < until:
        time.sleep(0.01)
    (entry,) = new
    assert entry.fault_code == "incomplete-body"
    assert "35 of the 5000 bytes" in (entry.cause or "")
    healthy(world)


MEGABYTE = 1_000_000
LIMIT = 500 * MEGABYTE + ENVELOPE_ALLOWANCE


@pytest.mark.slow
def test_501_megabytes_of_which_nobody_says_beforehand(tmp_path: Path) -> None:
    """In one chunk: refused as soon as the limit is passed, with little memory, and the next call is served."""
    piece = b" " * MEGABYTE
    with serving(tmp_path / "served", secured=False) as served:
        parts = urlsplit(served.base)
        with socket.create_connection((parts.hostname, parts.port), timeout=60) as connection:
            head = (
                f"POST {PLAIN} HTTP/1.1\r\nHost: x\r\nContent-Type: {SOAP_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            connection.sendall(head.encode() + b"%x\r\n" % (600 * MEGABYTE))
            sent = 0
            while not select.select([connection], [], [], 0)[0]:
                assert sent < LIMIT + 50 * MEGABYTE, "it should have been refused by now"
                connection.sendall(piece)
                sent += MEGABYTE
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            assert (answer.status, answer.headers["Connection"]) == (413, "close")
            assert read_fault(answer.read()).refusal == "too-large"
        assert sent >= LIMIT
        assert served.memory() <= 256 * MEGABYTE
        line = served.line()
        got = line.ask([call(listing("ChannelVersionURN", DISCOUNTS))])
        assert got.status == 200
        line.close()
    with Store.open(tmp_path / "served" / "data") as store:
        (entry, _) = StoredJournal(store).entries()
    assert (entry.fault_code, entry.http_status) == ("too-large", 413)
    assert "split the document" in (entry.cause or "")


def call(body: str) -> bytes:
    head = [f"POST {PLAIN} HTTP/1.1", "Host: x", f"Content-Type: {SOAP_TYPE}", f"Content-Length: {len(body)}"]
    return "\r\n".join((*head, f"Authorization: {basic(RETAILER)['Authorization']}", "", body)).encode()


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
def test_a_byte_order_mark_of_utf_8_is_no_mistake(world: World, mark: bytes) -> None:
    answer = world.plain(mark + listing("ChannelVersionURN", DISCOUNTS).encode())
    assert answer.status == 200, answer.body
    healthy(world)


def refused(world: World, before: int, answer: Answer, refusal: str) -> Entry:
    """The one entry of a refusal, which is the last of those that a case leaves."""
    new = world.entries[before:]
    (entry,) = [each for each in new if each.outcome is Outcome.FAULT]
    assert entry is new[-1]
    assert (entry.fault_code, entry.http_status) == (refusal, answer.status)
    return entry


def healthy(world: World) -> None:
    """The simulator serves the next call as if nothing had been."""
    before = len(world.entries)
    answer = world.plain(listing("ChannelVersionURN", DISCOUNTS), user=RETAILER)
    assert answer.status == 200, answer.body
    (entry,) = world.entries[before:]
    assert (entry.operation, entry.outcome) == ("ReceiveMessageList", Outcome.OK)
