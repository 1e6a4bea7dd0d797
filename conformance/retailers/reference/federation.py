"""The security of DIT's calls: a token of the STS, kept until shortly before its end, and a signature with its key.

What WS-Security calls have in common: a Timestamp of now, and a signature over it (xmlsec).

Tokens of the state's token service (STS): WS-Trust 1.3 Issue, by user name or by certificate.

Addresses, realm and claims are documented (VRAA, DIT integration instruction v1.09, section 3.2.1); a key of which each
side gives a part is the default of WCF and Apache CXF (inferred for DIT).
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

_HOLDS = timedelta(minutes=5)


def with_text(parent: etree._Element, tag: str, text: str) -> etree._Element:
    """A new child with a text."""
    child = etree.SubElement(parent, tag)
    child.text = text
    return child


def timestamp(now: datetime) -> etree._Element:
    """A wsu:Timestamp from ``now`` on."""
    stamp = etree.Element(f"{{{WSU}}}Timestamp", nsmap={"u": WSU})
    stamp.set(f"{{{WSU}}}Id", f"T-{uuid.uuid4()}")
    for name, at in (("Created", now), ("Expires", now + _HOLDS)):
        with_text(stamp, f"{{{WSU}}}{name}", at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"))
    return stamp


def moment(text: str | None) -> datetime | None:
    """An xs:dateTime with its zone; None when it is none."""
    try:
        found = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def sign(
    header: etree._Element, stamp: etree._Element, reference: etree._Element, key: xmlsec.Key, algorithm: str
) -> None:
    """Add a signature over the Timestamp to the security header; ``reference`` says which key made it."""
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


REALM = "https://ivis.eps.gov.lv/DIT.WebService"
CLAIMS = (
    "http://www.oasis-open.org/RSA2004/attributes/AUTHORITY",
    "http://docs.oasis-open.org/wsfed/authorization/200706/claims/action",
)
SPARE = 12
"""For the last twelfth of its time (5 minutes of an hour) a token is not used: a call takes a while, clocks differ."""
SKEW = timedelta(minutes=5)
"""By so much two clocks may differ."""

_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_WSA = "http://www.w3.org/2005/08/addressing"
_WSP = "http://schemas.xmlsoap.org/ws/2004/09/policy"
_WST = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
_IDENTITY = "http://schemas.xmlsoap.org/ws/2005/05/identity"
_TOKEN_PROFILE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0"  # noqa: S105
_MESSAGE_SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0"
_KEY = 32  # bytes


class NotIssued(Exception):
    """The STS answered something else than a token."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it came, how a signature names it, its key, and from when until when it holds."""

    assertion: bytes
    reference: bytes
    key: bytes
    created: datetime
    expires: datetime

    def holds(self, now: datetime) -> bool:
        """Whether a call may still be made with it."""
        return self.created - SKEW <= now < self.expires - (self.expires - self.created) / SPARE


class Credential(Protocol):
    """By what the STS knows us: adds it to the security header of a request, behind its Timestamp."""

    def show(self, header: etree._Element, stamp: etree._Element) -> None:
        """Add the elements that prove who asks."""
        ...


@dataclass(frozen=True, slots=True)
class Password:
    """User name and password (usernamemixed); TLS protects them."""

    user: str
    password: str

    def show(self, header: etree._Element, stamp: etree._Element) -> None:  # noqa: ARG002 - of the protocol
        """Add a UsernameToken."""
        token = etree.SubElement(header, f"{{{WSSE}}}UsernameToken")
        with_text(token, f"{{{WSSE}}}Username", self.user)
        with_text(token, f"{{{WSSE}}}Password", self.password)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key (certificatemixed), both in PEM files."""

    certificate: Path
    key: Path

    def show(self, header: etree._Element, stamp: etree._Element) -> None:
        """Add the certificate, and a signature over the Timestamp made with its key."""
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
    """A request for a token of DIT's realm, and our part of its key."""
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
    body.append(_asked(entropy))
    credential.show(security, stamp)
    return etree.tostring(envelope), entropy


def _asked(entropy: bytes) -> etree._Element:
    asked = etree.Element(f"{{{_WST}}}RequestSecurityToken", nsmap={"t": _WST})
    with_text(asked, f"{{{_WST}}}RequestType", f"{_WST}/Issue")
    place = etree.SubElement(etree.SubElement(asked, f"{{{_WSP}}}AppliesTo"), f"{{{_WSA}}}EndpointReference")
    with_text(place, f"{{{_WSA}}}Address", REALM)
    with_text(asked, f"{{{_WST}}}KeyType", f"{_WST}/SymmetricKey")
    with_text(asked, f"{{{_WST}}}KeySize", str(8 * _KEY))
    ours = etree.SubElement(asked, f"{{{_WST}}}Entropy")
    with_text(ours, f"{{{_WST}}}BinarySecret", base64.b64encode(entropy).decode()).set("Type", f"{_WST}/Nonce")
    claims = etree.SubElement(asked, f"{{{_WST}}}Claims", Dialect=_IDENTITY)
    for name in CLAIMS:
        etree.SubElement(claims, f"{{{_IDENTITY}}}ClaimType", Uri=name)
    return asked


def token_of(answer: bytes, entropy: bytes) -> Token:
    """The token that the STS's answer carries; raises NotIssued when there is none."""
    try:
        root = etree.fromstring(answer, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as reason:
        raise NotIssued(f"the STS's answer is no XML: {reason}") from reason
    carried = root.find(f".//{{{_WST}}}RequestedSecurityToken")
    reference = root.find(f".//{{{_WST}}}RequestedAttachedReference")
    theirs = root.findtext(f".//{{{_WST}}}Entropy/{{{_WST}}}BinarySecret")
    lifetime = [root.findtext(f".//{{{_WST}}}Lifetime/{{{WSU}}}{name}") for name in ("Created", "Expires")]
    if carried is None or not len(carried) or reference is None or not len(reference) or theirs is None:
        fault = " ".join("".join(element.itertext()) for element in root.iter(f"{{{_SOAP}}}Text"))
        raise NotIssued(f"the STS gave no token: {fault or 'an answer of another kind'}")
    begins, ends = (moment(each) for each in lifetime)
    if begins is None or ends is None:
        raise NotIssued("the STS gave a token without a lifetime")
    key = b"".join(_p_sha1(entropy, base64.b64decode(theirs), _KEY))[:_KEY]
    return Token(etree.tostring(carried[0]), etree.tostring(reference[0]), key, begins, ends)


def _p_sha1(secret: bytes, seed: bytes, size: int) -> Iterator[bytes]:
    """The key that both parts make (WS-Trust 1.3, PSHA1), piece by piece."""
    made, link = 0, seed
    while made < size:
        link = hmac.new(secret, link, hashlib.sha1).digest()
        piece = hmac.new(secret, link + seed, hashlib.sha1).digest()
        made += len(piece)
        yield piece


_SOAP_12 = "application/soap+xml; charset=utf-8"
_TIMEOUT = 30  # wall seconds


@dataclass(frozen=True, slots=True)
class Access:
    """How to come by tokens: the STS's address, by what it knows us, and the certificate of who may stand behind it."""

    sts: str
    credential: Credential
    trusted: str

    @classmethod
    def of(cls, endpoints: Mapping[str, Any], credentials: Mapping[str, Any]) -> Access:
        """The access that hello tells of; raises BusinessError when it lacks something."""
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
    """Puts itself into each call (zeep's ``wsse``). Asks for a token when it has none that holds."""

    def __init__(self, access: Access, session: requests.Session, clock: Callable[[], datetime]) -> None:
        self.access = access
        self.session = session
        self.clock = clock
        self.token: Token | None = None

    def forget(self) -> None:
        """Throw the token away: DIT does not accept it."""
        self.token = None

    def current(self) -> Token:
        """The token, a new one where need be; raises NotIssued, requests.RequestException."""
        if self.token is None or not self.holds(self.token):
            self.token = self.ask()
        return self.token

    def holds(self, token: Token) -> bool:
        """Whether a token may still be used."""
        return token.holds(self.clock())

    def ask(self) -> Token:
        """Ask the STS for a token."""
        request, entropy = self.request()
        answer = self.session.post(
            self.access.sts, request, headers={"Content-Type": _SOAP_12}, timeout=_TIMEOUT, auth=_nobody
        )
        if answer.status_code >= requests.codes.bad_request and b"Envelope" not in answer.content:
            raise NotIssued(f"the STS answered with HTTP {answer.status_code}")
        return token_of(answer.content, entropy)

    def request(self) -> tuple[bytes, bytes]:
        """The request for a token, and our part of the token's key."""
        return request_for(self.access.sts, self.access.credential, self.clock())

    def apply(self, envelope: Any, headers: Any) -> tuple[Any, Any]:
        """Put Timestamp, token and signature into a call."""
        token = self.current()
        # Read as one text: moved from tree to tree, the token would be written with other prefixes than it came with.
        written = etree.tostring(self.stamp()) + token.assertion
        header = etree.fromstring(b'<o:Security xmlns:o="%s">%s</o:Security>' % (WSSE.encode(), written))
        _header_of(envelope).append(header)
        self.prove(header, header[0], token)
        return envelope, headers

    def stamp(self) -> etree._Element:
        """The Timestamp of a call."""
        return timestamp(self.clock())

    def prove(self, header: etree._Element, stamp: etree._Element, token: Token) -> None:
        """Sign the Timestamp with the token's key."""
        key = xmlsec.Key.from_binary_data(xmlsec.constants.KeyDataHmac, token.key)
        sign(header, stamp, etree.fromstring(token.reference), key, HMAC_SHA1)

    def verify(self, envelope: Any) -> Any:
        """Answers are not signed: TLS has shown who answers."""
        return envelope


def _header_of(envelope: etree._Element) -> etree._Element:
    namespace = etree.QName(envelope).namespace
    header = envelope.find(f"{{{namespace}}}Header")
    if header is None:
        header = etree.Element(f"{{{namespace}}}Header")
        envelope.insert(0, header)
    return header


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """No HTTP Basic on the way to the STS: what it needs to know stands in the envelope."""
    return request
