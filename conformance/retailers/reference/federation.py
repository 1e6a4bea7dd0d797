"""Security of the retailer's calls: tokens of the state's token service (STS), Timestamps and signatures.

In a retailer's system a WS-Security library does this. A token is requested by WS-Trust 1.3 Issue, with a user name or
a certificate, and used until shortly before its end; each call carries it with a Timestamp that is signed with the
token's key (xmlsec). Addresses, realm and claims are documented (VRAA, DIT integration instruction v1.09, section
3.2.1); a key to which client and STS each contribute is the default of WCF and Apache CXF (inferred for DIT).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import requests
import xmlsec
from lxml import etree

from conformance.retailers.reference.customers import BusinessError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
DS = "http://www.w3.org/2000/09/xmldsig#"
EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
HMAC_SHA1 = f"{DS}hmac-sha1"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
REALM = "https://ivis.eps.gov.lv/DIT.WebService"
CLAIMS = (
    "http://www.oasis-open.org/RSA2004/attributes/AUTHORITY",
    "http://docs.oasis-open.org/wsfed/authorization/200706/claims/action",
)
SPARE = 12
"""A token is not used in the last twelfth of its lifetime (5 minutes of an hour): a call takes time, clocks differ."""
SKEW = timedelta(minutes=5)
"""Accepted difference between the clocks of client and STS."""

_VALIDITY = timedelta(minutes=5)
_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_WSA = "http://www.w3.org/2005/08/addressing"
_WSP = "http://schemas.xmlsoap.org/ws/2004/09/policy"
_WST = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
_IDENTITY = "http://schemas.xmlsoap.org/ws/2005/05/identity"
_TOKEN_PROFILE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0"  # noqa: S105
_MESSAGE_SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0"
_KEY = 32  # bytes
_SOAP_12 = "application/soap+xml; charset=utf-8"
_TIMEOUT = 30  # wall seconds


def with_text(parent: etree._Element, tag: str, text: str) -> etree._Element:
    """Add a child with a text to an element and return it."""
    child = etree.SubElement(parent, tag)
    child.text = text
    return child


def timestamp(now: datetime) -> etree._Element:
    """Return a wsu:Timestamp that is valid from ``now`` for five minutes."""
    stamp = etree.Element(f"{{{WSU}}}Timestamp", nsmap={"u": WSU})
    stamp.set(f"{{{WSU}}}Id", f"T-{uuid.uuid4()}")
    for name, at in (("Created", now), ("Expires", now + _VALIDITY)):
        with_text(stamp, f"{{{WSU}}}{name}", at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"))
    return stamp


def moment(text: str | None) -> datetime | None:
    """Convert an xs:dateTime with a zone; returns None for any other text."""
    try:
        at = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def sign(
    header: etree._Element, stamp: etree._Element, reference: etree._Element, key: xmlsec.Key, algorithm: str
) -> None:
    """Add a signature over the Timestamp to the security header; ``reference`` identifies the key in it."""
    signature = etree.SubElement(header, f"{{{DS}}}Signature")
    info = etree.SubElement(signature, f"{{{DS}}}SignedInfo")
    etree.SubElement(info, f"{{{DS}}}CanonicalizationMethod", Algorithm=EXC_C14N)
    etree.SubElement(info, f"{{{DS}}}SignatureMethod", Algorithm=algorithm)
    over = etree.SubElement(info, f"{{{DS}}}Reference", URI=f"#{stamp.get(f'{{{WSU}}}Id')}")
    etree.SubElement(etree.SubElement(over, f"{{{DS}}}Transforms"), f"{{{DS}}}Transform", Algorithm=EXC_C14N)
    etree.SubElement(over, f"{{{DS}}}DigestMethod", Algorithm=f"{DS}sha1")
    etree.SubElement(over, f"{{{DS}}}DigestValue")
    etree.SubElement(signature, f"{{{DS}}}SignatureValue")
    etree.SubElement(signature, f"{{{DS}}}KeyInfo").append(reference)
    context = xmlsec.SignatureContext()
    context.key = key
    context.register_id(stamp, "Id", WSU)
    context.sign(signature)


class NotIssued(Exception):
    """The STS did not answer with a token."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it was received, the reference to it in a signature, its key, and its lifetime."""

    assertion: bytes
    reference: bytes
    key: bytes
    created: datetime
    expires: datetime

    def holds(self, now: datetime) -> bool:
        """Return True when a call may still be made with the token."""
        return self.created - SKEW <= now < self.expires - (self.expires - self.created) / SPARE


class Credential(Protocol):
    """Proof of identity for the STS, in the security header of a token request."""

    def show(self, header: etree._Element, stamp: etree._Element) -> None:
        """Add the elements of the proof to the header, after its Timestamp."""
        ...


@dataclass(frozen=True, slots=True)
class Password:
    """User name and password (usernamemixed), protected by TLS."""

    user: str
    password: str

    def show(self, header: etree._Element, stamp: etree._Element) -> None:  # noqa: ARG002 - of the protocol
        """Add a UsernameToken."""
        token = etree.SubElement(header, f"{{{WSSE}}}UsernameToken")
        with_text(token, f"{{{WSSE}}}Username", self.user)
        with_text(token, f"{{{WSSE}}}Password", self.password)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key (certificatemixed), in PEM files."""

    certificate: Path
    key: Path

    def show(self, header: etree._Element, stamp: etree._Element) -> None:
        """Add the certificate, and a signature over the Timestamp with its key."""
        lines = self.certificate.read_text("ascii").splitlines()
        token = with_text(
            header, f"{{{WSSE}}}BinarySecurityToken", "".join(line for line in lines if not line.startswith("-----"))
        )
        token.set(f"{{{WSU}}}Id", f"C-{uuid.uuid4()}")
        token.set("ValueType", f"{_TOKEN_PROFILE}#X509v3")
        token.set("EncodingType", f"{_MESSAGE_SECURITY}#Base64Binary")
        reference = etree.Element(f"{{{WSSE}}}SecurityTokenReference")
        named = etree.SubElement(reference, f"{{{WSSE}}}Reference", URI=f"#{token.get(f'{{{WSU}}}Id')}")
        named.set("ValueType", f"{_TOKEN_PROFILE}#X509v3")
        key = xmlsec.Key.from_file(str(self.key), xmlsec.constants.KeyDataFormatPem)
        sign(header, stamp, reference, key, RSA_SHA256)


def request_for(address: str, credential: Credential, now: datetime) -> tuple[bytes, bytes]:
    """Return a request for a token of DIT's realm, and the client's part of the token's key."""
    entropy = os.urandom(_KEY)
    envelope = etree.Element(f"{{{_SOAP}}}Envelope", nsmap={"s": _SOAP, "a": _WSA})
    header = etree.SubElement(envelope, f"{{{_SOAP}}}Header")
    with_text(header, f"{{{_WSA}}}Action", f"{_WST}/RST/Issue")
    with_text(header, f"{{{_WSA}}}MessageID", f"urn:uuid:{uuid.uuid4()}")
    with_text(header, f"{{{_WSA}}}To", address)
    security = etree.SubElement(header, f"{{{WSSE}}}Security", nsmap={"o": WSSE, "u": WSU, "ds": DS})
    security.set(f"{{{_SOAP}}}mustUnderstand", "1")
    stamp = timestamp(now)
    security.append(stamp)
    body = etree.SubElement(envelope, f"{{{_SOAP}}}Body")
    body.append(_token_request(entropy))
    credential.show(security, stamp)
    return etree.tostring(envelope), entropy


def _token_request(entropy: bytes) -> etree._Element:
    request = etree.Element(f"{{{_WST}}}RequestSecurityToken", nsmap={"t": _WST})
    with_text(request, f"{{{_WST}}}RequestType", f"{_WST}/Issue")
    place = etree.SubElement(etree.SubElement(request, f"{{{_WSP}}}AppliesTo"), f"{{{_WSA}}}EndpointReference")
    with_text(place, f"{{{_WSA}}}Address", REALM)
    with_text(request, f"{{{_WST}}}KeyType", f"{_WST}/SymmetricKey")
    with_text(request, f"{{{_WST}}}KeySize", str(8 * _KEY))
    own_part = etree.SubElement(request, f"{{{_WST}}}Entropy")
    with_text(own_part, f"{{{_WST}}}BinarySecret", base64.b64encode(entropy).decode()).set("Type", f"{_WST}/Nonce")
    claims = etree.SubElement(request, f"{{{_WST}}}Claims", Dialect=_IDENTITY)
    for name in CLAIMS:
        etree.SubElement(claims, f"{{{_IDENTITY}}}ClaimType", Uri=name)
    return request


def token_of(answer: bytes, entropy: bytes) -> Token:
    """Return the token in the STS's answer; raises NotIssued when there is none."""
    try:
        root = etree.fromstring(answer, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as reason:
        raise NotIssued(f"the STS's answer is no XML: {reason}") from reason
    carried = root.find(f".//{{{_WST}}}RequestedSecurityToken")
    reference = root.find(f".//{{{_WST}}}RequestedAttachedReference")
    sts_part = root.findtext(f".//{{{_WST}}}Entropy/{{{_WST}}}BinarySecret")
    lifetime = [root.findtext(f".//{{{_WST}}}Lifetime/{{{WSU}}}{name}") for name in ("Created", "Expires")]
    if carried is None or not len(carried) or reference is None or not len(reference) or sts_part is None:
        fault = " ".join("".join(element.itertext()) for element in root.iter(f"{{{_SOAP}}}Text"))
        raise NotIssued(f"the STS gave no token: {fault or 'an answer of another kind'}")
    begins, ends = (moment(text) for text in lifetime)
    if begins is None or ends is None:
        raise NotIssued("the STS gave a token without a lifetime")
    key = b"".join(_p_sha1(entropy, base64.b64decode(sts_part), _KEY))[:_KEY]
    return Token(etree.tostring(carried[0]), etree.tostring(reference[0]), key, begins, ends)


def _p_sha1(secret: bytes, seed: bytes, size: int) -> Iterator[bytes]:
    """Yield the key that both parts result in (WS-Trust 1.3, PSHA1), in pieces."""
    length, link = 0, seed
    while length < size:
        link = hmac.new(secret, link, hashlib.sha1).digest()
        piece = hmac.new(secret, link + seed, hashlib.sha1).digest()
        length += len(piece)
        yield piece


@dataclass(frozen=True, slots=True)
class Access:
    """Settings of token requests: address of the STS, credential, and path of the trusted authority's certificate."""

    sts: str
    credential: Credential
    trusted: str

    @classmethod
    def of(cls, endpoints: Mapping[str, Any], credentials: Mapping[str, Any]) -> Access:
        """Return the settings in a hello request; raises BusinessError when one is missing."""
        lacking = [name for name, place in (("sts", endpoints), ("ca", credentials)) if not place.get(name)]
        if lacking:
            raise BusinessError(
                f"hello switches security on, but has no {' and no '.join(lacking)}; expected endpoints.sts and "
                "credentials.ca with it (docs/reference/driver-protocol.md)"
            )
        credential: Credential
        if credentials.get("certificate"):
            credential = Certificate(Path(credentials["certificate"]), Path(credentials["key"]))
        else:
            credential = Password(credentials["user"], credentials["password"])
        return cls(endpoints["sts"], credential, credentials["ca"])


class Federation:
    """Plugin that secures each call (zeep's ``wsse``). Requests a token when it has none that is valid."""

    def __init__(self, access: Access, session: requests.Session, clock: Callable[[], datetime]) -> None:
        self.access = access
        self.session = session
        self.clock = clock
        self.token: Token | None = None

    def forget(self) -> None:
        """Discard the token: DIT does not accept it."""
        self.token = None

    def current(self) -> Token:
        """Return the token, a new one when necessary; raises NotIssued, requests.RequestException."""
        if self.token is None or not self.holds(self.token):
            self.token = self.ask()
        return self.token

    def holds(self, token: Token) -> bool:
        """Return True when a token may still be used."""
        return token.holds(self.clock())

    def ask(self) -> Token:
        """Request a token from the STS."""
        request, entropy = self.request()
        answer = self.session.post(
            self.access.sts, request, headers={"Content-Type": _SOAP_12}, timeout=_TIMEOUT, auth=_without_basic
        )
        if answer.status_code >= requests.codes.bad_request and b"Envelope" not in answer.content:
            raise NotIssued(f"the STS answered with HTTP {answer.status_code}")
        return token_of(answer.content, entropy)

    def request(self) -> tuple[bytes, bytes]:
        """Return the request for a token, and the client's part of the token's key."""
        return request_for(self.access.sts, self.access.credential, self.clock())

    def apply(self, envelope: Any, headers: Any) -> tuple[Any, Any]:
        """Add Timestamp, token and signature to a call."""
        token = self.current()
        # Parsed as one text: moved between trees, the token would change its prefixes.
        written = etree.tostring(self.stamp()) + token.assertion
        header = etree.fromstring(b'<o:Security xmlns:o="%s">%s</o:Security>' % (WSSE.encode(), written))
        _header_of(envelope).append(header)
        self.prove(header, header[0], token)
        return envelope, headers

    def stamp(self) -> etree._Element:
        """Return the Timestamp of a call."""
        return timestamp(self.clock())

    def prove(self, header: etree._Element, stamp: etree._Element, token: Token) -> None:
        """Sign the Timestamp with the token's key."""
        key = xmlsec.Key.from_binary_data(xmlsec.constants.KeyDataHmac, token.key)
        sign(header, stamp, etree.fromstring(token.reference), key, HMAC_SHA1)

    def verify(self, envelope: Any) -> Any:
        """Return the answer unchecked: DIT does not sign answers, TLS authenticates the server."""
        return envelope


def _header_of(envelope: etree._Element) -> etree._Element:
    namespace = etree.QName(envelope).namespace
    header = envelope.find(f"{{{namespace}}}Header")
    if header is None:
        header = etree.Element(f"{{{namespace}}}Header")
        envelope.insert(0, header)
    return header


def _without_basic(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Send no HTTP Basic to the STS: the credential is in the envelope."""
    return request
