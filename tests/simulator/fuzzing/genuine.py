"""Requests as real clients send them, of every operation on every kind of address: what the fuzz makes worse."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from random import Random
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from lxml import etree

from simulator.documents.profile import Profile
from simulator.documents.writing import write_national
from simulator.domain.model import ChannelName
from simulator.http.provisioning import BVKB_USER
from simulator.settings.files import data_root
from simulator.soap.contract import CFG, CONFIGURATION, DIT, MESSAGES, SVC
from simulator.soap.refusals import SoapVersion
from tests.interop.stage import contract_document
from tests.simulator.security.client import SAML_1, SAML_2, STS, Answer, FederatedClient, Token
from tests.simulator.soap.setting import RETAILER, basic, event_request, request, selector, send_wrapper

IVIS = "http://ivis.eps.gov.lv/XMLSchemas/100001/IVIS/v1-0"
BVKB, AUTHORITY, PROVIDER = "100500", "100777", "40009990008"
_NAMES = f'xmlns:svc="{SVC}" xmlns:dit="{DIT}" xmlns:cfg="{CFG}" xmlns:ivis="{IVIS}"'
_LARGE = 1_200_000
"""Bytes of a large document: more than is kept in memory."""


@dataclass
class Request:
    """One HTTP request, before it is bytes. ``parts`` stand beside ``xml`` where it goes as MTOM.

    ``document`` is the identifier of the document that it sends, ``must_pass`` says that nothing in it may be refused,
    ``once`` that it holds only once (a guarded call). What a mutation decides about how it is sent: ``raw`` is the body
    where it is no longer what it was, ``length`` the announced length, ``pieces`` how many pieces it goes in.
    """

    name: str
    method: str
    target: str
    headers: list[tuple[str, str]]
    xml: bytes = b""
    parts: list[tuple[str, bytes]] | None = None
    document: str | None = None
    must_pass: bool = True
    once: bool = False
    raw: bytes | None = None
    length: str | None = None
    chunked: bool = False
    pieces: int = 1
    close_writing: bool = False
    fresh: bool = False
    head: Callable[[bytes], bytes] | None = None
    twice: bool = False
    done: list[str] = field(default_factory=list)

    @property
    def body(self) -> bytes:
        """The body's bytes."""
        if self.raw is not None:
            return self.raw
        if self.parts is None:
            return self.xml
        return packed((ROOT, self.xml), *self.parts)

    def bytes_in_pieces(self) -> list[bytes]:
        """All bytes of the request, as they are to be sent."""
        body = self.body
        lines = [f"{self.method} {self.target} HTTP/1.1", "Host: localhost"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.chunked:
            lines.append("Transfer-Encoding: chunked")
            if self.raw is None:
                body = chunks(body)
        elif self.method != "GET" or self.length is not None:
            lines.append(f"Content-Length: {len(body) if self.length is None else self.length}")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")
        if self.head is not None:
            head = self.head(head)
        if self.pieces == 1:
            return [head + body]
        step = len(body) // self.pieces + 1
        return [head, *(body[start : start + step] for start in range(0, len(body), step))]


def chunks(body: bytes, size: int = 300) -> bytes:
    """A chunked body."""
    step = max(size, len(body) // 20)
    parts = [body[start : start + step] for start in range(0, len(body), step)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


BOUNDARY = "uuid:4f1e8a"
ROOT = 'Content-ID: <root@x>\r\nContent-Type: application/xop+xml; charset=utf-8; type="application/soap+xml"\r\n'
PART = "Content-ID: <doc@x>\r\nContent-Type: text/xml\r\nContent-Transfer-Encoding: binary\r\n"
MULTIPART = (
    'multipart/related; type="application/xop+xml"; start="<root@x>"; start-info="application/soap+xml"; '
    f'boundary="{BOUNDARY}"'
)
_INCLUDE = b'<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:doc%40x"/>'


def packed(*parts: tuple[str, bytes]) -> bytes:
    """A multipart body."""
    return (
        b"".join(f"\r\n--{BOUNDARY}\r\n{head}\r\n".encode() + data for head, data in parts)[2:]
        + f"\r\n--{BOUNDARY}--\r\n".encode()
    )


@dataclass
class Genuine:
    """Makes requests to one server; ``keys`` is its folder of keys where it has guarded addresses."""

    profile: Profile
    keys: Path | None
    post: Callable[[str, bytes, str], Answer]
    known: list[str] = field(default_factory=list)
    """Identifiers of messages that were seen in answers."""

    def make(self, chance: Random) -> Request:
        """Any request."""
        kinds = [self.message, self.message, self.message, self.configuration, self.description]
        if self.keys is not None:
            kinds = [self.guarded, self.guarded, self.guarded, self.message, self.configuration, self.token, self.token]
        return chance.choice(kinds)(chance)

    def message(self, chance: Random) -> Request:
        """A call of the message service without security."""
        port = chance.choice(("plain", "plain", "plain11", "plainMtom"))
        name, content, parts, user, document, sure = self._content(chance, mtom=port == "plainMtom")
        version = SoapVersion.SOAP_11 if port == "plain11" else SoapVersion.SOAP_12
        content_type = version.content_type if parts is None else MULTIPART
        return Request(
            name=f"{name} {port}",
            method="POST",
            target=f"{MESSAGES.path}/{port}",
            headers=[("Content-Type", content_type), *basic(user).items()],
            xml=_enveloped(content, version),
            parts=parts,
            document=document,
            must_pass=sure,
        )

    def guarded(self, chance: Random) -> Request:
        """A call of the message or the configuration service with a token."""
        federated = chance.random() < 0.15
        mtom = not federated and chance.random() < 0.3
        if federated:
            name, content = self._setting_up(chance)
            parts, user, document, sure = None, RETAILER, None, not name.startswith("Insert")
            target = f"{CONFIGURATION.path}/ws2007FederationNoSct"
            action = name
        else:
            name, content, parts, user, document, sure = self._content(chance, mtom=mtom)
            target = f"{MESSAGES.path}/ws2007FederationNoSct{'Mtom' if mtom else ''}"
            action = name
        token = chance.choice(self.tokens[user])
        body = etree.fromstring(f"<root {_NAMES}>{content}</root>")[0]
        envelope = self._client.envelope(target, action, body, token)
        if federated:
            for element in envelope.iter("{http://www.w3.org/2005/08/addressing}Action"):
                element.text = f"{CFG}/{name}"
        return Request(
            name=f"{name} {target.rpartition('/')[2]}",
            method="POST",
            target=target,
            headers=[("Content-Type", SoapVersion.SOAP_12.content_type if parts is None else MULTIPART)],
            xml=etree.tostring(envelope),
            parts=parts,
            document=document,
            must_pass=sure,
            once=True,
        )

    def configuration(self, chance: Random) -> Request:
        """A call of the configuration service without security."""
        port = chance.choice(("plain", "plain11"))
        version = SoapVersion.SOAP_11 if port == "plain11" else SoapVersion.SOAP_12
        name, content = self._setting_up(chance)
        return Request(
            name=f"{name} {port}",
            method="POST",
            target=f"{CONFIGURATION.path}/{port}",
            headers=[("Content-Type", version.content_type), *basic(BVKB_USER).items()],
            xml=_enveloped(content, version),
            must_pass=not name.startswith("Insert"),
        )

    def token(self, chance: Random) -> Request:
        """A request for a token, by either credential, or for the metadata."""
        asked = {
            "key_type": chance.choice(("SymmetricKey", "Bearer")),
            "token_type": chance.choice((SAML_2, SAML_1)),
            "entropy": chance.random() < 0.7,
        }
        taken: list[tuple[str, bytes]] = []

        def take(path: str, body: bytes, _type: str) -> Answer:
            taken.append((path, body))
            return Answer(200, b"")

        client = FederatedClient(take)
        how = chance.choice(("usernamemixed", "certificatemixed"))
        if how == "usernamemixed":
            client.ask(RETAILER, self._password(RETAILER), **asked)
        else:
            client.ask_by_certificate(*self._certificate, **asked)
        ((path, body),) = taken
        return Request(
            name=f"Issue {how}",
            method="POST",
            target=path,
            headers=[("Content-Type", SoapVersion.SOAP_12.content_type)],
            xml=body,
            once=how == "certificatemixed",
        )

    def description(self, chance: Random) -> Request:
        """A WSDL, a schema or a page."""
        target = chance.choice(
            (
                *(f"{MESSAGES.path}?wsdl", f"{MESSAGES.path}?singleWsdl", f"{CONFIGURATION.path}?wsdl", MESSAGES.path),
                *(f"{MESSAGES.path}?xsd=DITTypes.xsd", f"{MESSAGES.path}/plain?wsdl", "/"),
            )
        )
        return Request(name=f"GET {target}", method="GET", target=target, headers=[])

    def _content(
        self, chance: Random, *, mtom: bool
    ) -> tuple[str, str, list[tuple[str, bytes]] | None, str, str | None, bool]:
        """Operation, content of the body, parts, user, document and whether it must pass."""
        contracts = self.profile.channel(ChannelName.CONTRACT).version_urn()
        discounts = self.profile.channel(ChannelName.DISCOUNT).version_urn(1)
        known = chance.choice(self.known) if self.known else str(uuid4())
        which = chance.random()
        parts: list[tuple[str, bytes]] | None = [] if mtom and chance.random() < 0.8 else None
        if which < 0.45:
            document = contract_document()
            identifier = _identifier(document)
            if chance.random() < 0.03:
                document = _grown(document)
            if parts is not None and chance.random() < 0.5:
                parts.append((PART, document))
                return "SendMessage2", send_wrapper(contracts, _INCLUDE), parts, RETAILER, identifier, True
            # DSK: the receiver filter may name the owner, who is the only receiver.
            return "SendMessage2", send_wrapper(contracts, document), parts, RETAILER, identifier, True
        if which < 0.55:
            national = write_national({PROVIDER: _discount()}, self.profile)
            version = self.profile.channel(ChannelName.DISCOUNT).version_urn()
            return "SendMessage2", send_wrapper(version, national), parts, BVKB_USER, None, True
        if which < 0.62:
            report = (data_root("fixtures") / "payloads/error/valid-report.xml").read_bytes()
            content = _inside(event_request(discounts, report, known, (BVKB,)))
            return "SendMessage2", content, parts, RETAILER, None, False
        version = chance.choice((contracts, discounts))
        kind = chance.choice((selector("ChannelVersionURN", version), selector("MessageID", known)))
        if which < 0.72:
            content = selector("ChannelVersionURN", version) + "<dit:ReadMessage>true</dit:ReadMessage>"
            content = _inside(request("ReceiveMessageList", "MessageListRequest", content))
            return "ReceiveMessageList", content, parts, RETAILER, None, True
        if which < 0.82:
            content = _inside(request("ReceiveMessage", "MessageRequest", kind))
            return "ReceiveMessage2", content, parts, RETAILER, None, "ChannelVersionURN" in kind
        if which < 0.88:
            content = f"<dit:MessageBasicInfo><dit:MessageID>{known}</dit:MessageID></dit:MessageBasicInfo>"
            content = _inside(request("RestoreMessageList", "MessageBasicInfoList", content))
            return "RestoreMessageList", content, parts, RETAILER, None, False
        if which < 0.94:
            content = _inside(request("DeleteMessage", "MessageRequest", selector("MessageID", known)))
            return "DeleteMessage", content, parts, RETAILER, None, False
        content = f"<svc:ConfirmationAck><svc:MessageSampleId>{known}</svc:MessageSampleId></svc:ConfirmationAck>"
        return "ConfirmationAck", content, parts, RETAILER, None, False

    def _setting_up(self, chance: Random) -> tuple[str, str]:
        """Operation of the configuration service and content of the body."""
        discount = self.profile.channel(ChannelName.DISCOUNT)
        name = f"Fuzz{chance.randrange(10**9)}"
        channel = (
            f"<dit:ChannelURN>URN:IVIS:100001:CHA-{name}-TYPE-DIK</dit:ChannelURN><dit:ChannelType>dik</dit:ChannelType>"
            f"<dit:OwnerAuthority><ivis:AuthorityID>{BVKB}</ivis:AuthorityID></dit:OwnerAuthority>"
            "<dit:ChannelName>Ziņas</dit:ChannelName>"
        )
        subscriber = (
            f"<dit:ChannelVersionURN>{discount.version_urn(1)}</dit:ChannelVersionURN><dit:SubscriberAuthority>"
            f"<ivis:AuthorityID>{AUTHORITY}</ivis:AuthorityID></dit:SubscriberAuthority>"
        )
        version = (
            "<dit:MessageType><dit:MessageClass><dit:CodeListCodeValue>1</dit:CodeListCodeValue></dit:MessageClass>"
            f"<dit:XMLSchemaURN>{discount.schema_urn}</dit:XMLSchemaURN></dit:MessageType>"
            f"<dit:Channel><dit:ChannelURN>{discount.urn}</dit:ChannelURN></dit:Channel><dit:MinorVersion>"
            f"{chance.randrange(9, 30000)}</dit:MinorVersion><dit:MajorVersion>1</dit:MajorVersion>"
        )
        return chance.choice(
            (
                ("SelectPostBox", _call("SelectPostBoxRequest", f"<cfg:AuthorityId>{AUTHORITY}</cfg:AuthorityId>")),
                (
                    "SearchChannelsPaged",
                    _call(
                        "SearchChannelsPaged",
                        f"<dit:ChannelSearch><dit:Channel><dit:ChannelURN>{discount.urn}</dit:ChannelURN></dit:Channel>"
                        "<dit:OnlyHeader>true</dit:OnlyHeader></dit:ChannelSearch>"
                        "<cfg:ChannelVersionStatus>active testing</cfg:ChannelVersionStatus>",
                    ),
                ),
                ("InsertChannel", _call("InsertChannel", f"<dit:Channel>{channel}</dit:Channel>")),
                (
                    "SearchChannelVersionsPaged",
                    _call(
                        "SearchChannelVersionsPaged",
                        "<dit:ChannelVersionSearch><dit:ChannelVersion><dit:Channel><dit:ChannelURN>"
                        f"{discount.urn}</dit:ChannelURN></dit:Channel></dit:ChannelVersion></dit:ChannelVersionSearch>",
                    ),
                ),
                (
                    "InsertChannelVersion",
                    _call("InsertChannelVersion", f"<dit:ChannelVersionData>{version}</dit:ChannelVersionData>"),
                ),
                (
                    "SearchSubscribersToChannelPaged",
                    _call(
                        "SearchSubscribersToChannelPaged",
                        f"<dit:ChannelSubscriberSearch><dit:ChannelSubscriber>{subscriber}</dit:ChannelSubscriber>"
                        "</dit:ChannelSubscriberSearch>",
                    ),
                ),
                (
                    "InsertSubscriberToChannel",
                    _call("InsertSubscriberToChannel", f"<dit:ChannelSubscriber>{subscriber}</dit:ChannelSubscriber>"),
                ),
            )
        )

    @cached_property
    def tokens(self) -> dict[str, list[Token]]:
        """Tokens of every kind, for each user."""
        kinds: tuple[dict[str, object], ...] = (
            {},
            {"token_type": SAML_1},
            {"key_type": "Bearer"},
            {"key_type": "PublicKey", "use_key": self._own_key},
        )
        return {
            user: [self._client.token(user, self._password(user), **kind) for kind in kinds]
            for user in (RETAILER, BVKB_USER)
        }

    @cached_property
    def _client(self) -> FederatedClient:
        return FederatedClient(self.post, lambda: datetime.now(UTC))

    @cached_property
    def _own_key(self) -> RSAPrivateKey:
        return rsa.generate_private_key(65537, 2048)

    def _password(self, user: str) -> str:
        assert self.keys is not None
        found = re.search(f'^"{user}" = "(.*)"$', (self.keys / "users.toml").read_text(), re.MULTILINE)
        assert found is not None
        return found[1]

    @cached_property
    def _certificate(self) -> tuple[object, RSAPrivateKey]:
        assert self.keys is not None
        folder = self.keys / "clients"
        key = load_pem_private_key((folder / f"{RETAILER}.key").read_bytes(), None)
        assert isinstance(key, RSAPrivateKey)
        return load_pem_x509_certificate((folder / f"{RETAILER}.pem").read_bytes()), key


def _call(wrapper: str, content: str) -> str:
    return f"<cfg:{wrapper}>{content}</cfg:{wrapper}>"


def _enveloped(content: str, version: SoapVersion) -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<soap:Envelope xmlns:soap="{version.namespace}" {_NAMES}>'
        f"<soap:Body>{content}</soap:Body></soap:Envelope>"
    ).encode()


def _inside(envelope: str) -> str:
    """The content of an envelope's body."""
    return envelope.partition("<soap:Body>")[2].rpartition("</soap:Body>")[0]


def _identifier(document: bytes) -> str:
    return document.partition(b"<DocumentIdentifier>")[2].partition(b"<")[0].decode()


def _discount() -> bytes:
    return (data_root("fixtures") / "payloads/discount/valid-stacked.xml").read_bytes()


def _grown(document: bytes) -> bytes:
    """The same document with so many records that it waits in a file."""
    root = etree.fromstring(document)
    records = [element for element in root if etree.QName(element).localname == "Contract"]
    count = _LARGE // len(etree.tostring(records[0])) + 1
    for each in records:
        root.remove(each)
    for number in range(count):
        record = copy.deepcopy(records[0])
        for element in record.iter("{*}ContractNumber"):
            element.text = f"{number:010d}"
        root.append(record)
    for element in root.iter("{*}RecordCount"):
        element.text = str(count)
    return etree.tostring(root)


__all__ = ["MULTIPART", "STS", "Genuine", "Request", "chunks"]
