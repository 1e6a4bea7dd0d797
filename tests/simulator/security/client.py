"""A client that writes WS-Trust and WS-Security itself (lxml, xmlsec), so that a test can falsify each part."""

from __future__ import annotations

import base64
import copy
import hmac
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha1

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree

SOAP = "http://www.w3.org/2003/05/soap-envelope"
WSA = "http://www.w3.org/2005/08/addressing"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
WST = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
WSP = "http://schemas.xmlsoap.org/ws/2004/09/policy"
DS = "http://www.w3.org/2000/09/xmldsig#"
IC = "http://schemas.xmlsoap.org/ws/2005/05/identity"
SVC = "http://ivis.eps.gov.lv/ISS/DITService/v1-0"
EXC = "http://www.w3.org/2001/10/xml-exc-c14n#"
X509 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"
STS = "/STS/Viss.Pfas.STS/sts/Issue.svc/trust/13"
REALM = "https://ivis.eps.gov.lv/DIT.WebService"
SAML_2 = "http://docs.oasis-open.org/wss/oasis-wss-saml-token-profile-1.1#SAMLV2.0"
SAML_1 = "http://docs.oasis-open.org/wss/oasis-wss-saml-token-profile-1.1#SAMLV1.1"
CLAIMS = (
    "http://www.oasis-open.org/RSA2004/attributes/AUTHORITY",
    "http://docs.oasis-open.org/wsfed/authorization/200706/claims/action",
)
HMAC_SHA1 = f"{DS}hmac-sha1"
HMAC_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
RSA_SHA1 = f"{DS}rsa-sha1"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"

Post = Callable[[str, bytes, str], "Answer"]


@dataclass(frozen=True)
class Answer:
    """An HTTP reply."""

    status: int
    body: bytes

    @property
    def root(self) -> etree._Element:
        return etree.fromstring(self.body)

    @property
    def subcode(self) -> str | None:
        """Local name of a fault's subcode."""
        value = self.root.find(f".//{{{SOAP}}}Subcode/{{{SOAP}}}Value")
        return (value.text or "").rpartition(":")[2] if value is not None else None


@dataclass(frozen=True)
class Token:
    """A token as a client has it: the element as received, its key, and the reference to it."""

    element: etree._Element
    reference: etree._Element
    secret: bytes | None
    key: RSAPrivateKey | None
    expires: str

    @property
    def encrypted(self) -> bool:
        return "Encrypted" in str(self.element.tag)


@dataclass
class FederatedClient:
    """Gets tokens and makes calls; ``post`` sends (path, body, content type), ``clock`` reads the client's clock."""

    post: Post
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def token(
        self,
        user: str,
        password: str,
        **asked: object,
    ) -> Token:
        answer, entropy = self.ask(user, password, **asked)
        assert answer.status == 200, answer.body
        key = asked.get("use_key")
        return read_token(answer, entropy, key if isinstance(key, RSAPrivateKey) else None)

    def ask(self, user: str, password: str, **asked: object) -> tuple[Answer, bytes | None]:
        """Ask for a token with a user name; returns the reply and the client's entropy."""
        header = self.security()
        token = add(header, WSSE, "UsernameToken")
        add(token, WSSE, "Username", user)
        add(token, WSSE, "Password", password)
        request, entropy = token_request(**asked)
        return self._send(f"{STS}/usernamemixed", f"{WST}/RST/Issue", header, request), entropy

    def ask_by_certificate(
        self, certificate: x509.Certificate, key: RSAPrivateKey, **asked: object
    ) -> tuple[Answer, bytes | None]:
        header = self.security()
        token = add(
            header, WSSE, "BinarySecurityToken", base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
        )
        token.set("ValueType", X509)
        token.set(f"{{{WSU}}}Id", "cert-1")
        reference = etree.Element(f"{{{WSSE}}}SecurityTokenReference", nsmap={"wsse": WSSE})
        add(reference, WSSE, "Reference").set("URI", "#cert-1")
        request, entropy = token_request(**asked)
        envelope = envelope_of(f"{STS}/certificatemixed", f"{WST}/RST/Issue", header, request)
        sign(header, header[0], reference, rsa_key(key), RSA_SHA256)
        return self.post(f"{STS}/certificatemixed", etree.tostring(envelope), "application/soap+xml"), entropy

    def security(self, *, shift: float = 0, lasts: float = 300, timestamp: bool = True) -> etree._Element:
        """Return a wsse:Security header with a Timestamp, ``shift`` seconds from now."""
        header = etree.Element(f"{{{WSSE}}}Security", nsmap={"wsse": WSSE, "wsu": WSU, "soap": SOAP})
        header.set(f"{{{SOAP}}}mustUnderstand", "true")
        if timestamp:
            stamp = add(header, WSU, "Timestamp")
            stamp.set(f"{{{WSU}}}Id", f"ts-{uuid.uuid4()}")
            now = self.clock() + timedelta(seconds=shift)
            add(stamp, WSU, "Created", moment(now))
            add(stamp, WSU, "Expires", moment(now + timedelta(seconds=lasts)))
        return header

    def envelope(
        self,
        path: str,
        operation: str,
        content: etree._Element | str,
        token: Token,
        *,
        shift: float = 0,
        timestamp: bool = True,
        algorithm: str | None = None,
        signed: bool = True,
        also: str | None = None,
        reference: etree._Element | None = None,
    ) -> etree._Element:
        """Return the envelope of a valid federated call, with the deviations that the arguments name."""
        header = self.security(shift=shift, timestamp=timestamp)
        header.append(copy.deepcopy(token.element))
        body = etree.fromstring(content) if isinstance(content, str) else content
        envelope = envelope_of(path, f"{SVC}/{operation}", header, body)
        if signed and (token.secret is not None or token.key is not None):
            if token.secret is not None:
                key, default = xmlsec.Key.from_binary_data(xmlsec.constants.KeyDataHmac, token.secret), HMAC_SHA1
            else:
                assert token.key is not None
                key, default = rsa_key(token.key), RSA_SHA1
            place = header[0] if timestamp else envelope.find(f"{{{SOAP}}}Header/{{{WSA}}}To")
            assert place is not None
            if not timestamp:
                place.set(f"{{{WSU}}}Id", "to-1")
            named = copy.deepcopy(token.reference if reference is None else reference)
            sign(header, place, named, key, algorithm or default)
        return envelope

    def call(self, path: str, operation: str, content: str, token: Token, **wrong: object) -> Answer:
        envelope = self.envelope(path, operation, content, token, **wrong)  # type: ignore[arg-type]
        return self.post(path, etree.tostring(envelope), "application/soap+xml; charset=utf-8")

    def _send(self, path: str, action: str, header: etree._Element, body: etree._Element) -> Answer:
        return self.post(path, etree.tostring(envelope_of(path, action, header, body)), "application/soap+xml")


def token_request(
    *,
    token_type: str | None = SAML_2,
    key_type: str | None = "SymmetricKey",
    applies_to: str | None = REALM,
    entropy: bool = True,
    claims: tuple[str, ...] = CLAIMS,
    use_key: RSAPrivateKey | None = None,
    lifetime: tuple[datetime, datetime] | None = None,
    request_type: str = f"{WST}/Issue",
    secondary: bool = False,
) -> tuple[etree._Element, bytes | None]:
    root = etree.Element(f"{{{WST}}}RequestSecurityToken", nsmap={"wst": WST})
    add(root, WST, "RequestType", request_type)
    if applies_to is not None:
        add(add(add(root, WSP, "AppliesTo"), WSA, "EndpointReference"), WSA, "Address", applies_to)
    place = add(root, WST, "SecondaryParameters") if secondary else root
    if token_type is not None:
        add(place, WST, "TokenType", token_type)
    if key_type is not None:
        add(place, WST, "KeyType", f"{WST}/{key_type}")
    if claims:
        holder = add(place, WST, "Claims")
        holder.set("Dialect", IC)
        for claim in claims:
            add(holder, IC, "ClaimType").set("Uri", claim)
    if lifetime is not None:
        holder = add(root, WST, "Lifetime")
        add(holder, WSU, "Created", moment(lifetime[0]))
        add(holder, WSU, "Expires", moment(lifetime[1]))
    random = os.urandom(32) if entropy and key_type == "SymmetricKey" else None
    if random is not None:
        add(add(root, WST, "Entropy"), WST, "BinarySecret", base64.b64encode(random).decode()).set(
            "Type", f"{WST}/Nonce"
        )
    if use_key is not None:
        numbers = use_key.public_key().public_numbers()
        value = add(add(add(add(root, WST, "UseKey"), DS, "KeyInfo"), DS, "KeyValue"), DS, "RSAKeyValue")
        for name, number in (("Modulus", numbers.n), ("Exponent", numbers.e)):
            add(value, DS, name, base64.b64encode(number.to_bytes((number.bit_length() + 7) // 8)).decode())
    return root, random


def read_token(answer: Answer, entropy: bytes | None, key: RSAPrivateKey | None = None) -> Token:
    """Read the token of the STS's reply; its key is computed by WS-Trust 1.3, 4.4.4, without the simulator's code."""
    root = answer.root
    token = root.find(f".//{{{WST}}}RequestedSecurityToken")
    reference = root.find(f".//{{{WST}}}RequestedAttachedReference")
    assert token is not None
    assert reference is not None
    secret = None
    proof = root.find(f".//{{{WST}}}RequestedProofToken")
    if proof is not None:
        if proof.find(f"{{{WST}}}ComputedKey") is not None:
            assert proof.findtext(f"{{{WST}}}ComputedKey") == f"{WST}/CK/PSHA1"
            assert entropy is not None
            server = base64.b64decode(root.findtext(f".//{{{WST}}}Entropy/{{{WST}}}BinarySecret") or "")
            size = int(root.findtext(f".//{{{WST}}}KeySize") or 256) // 8
            secret = computed_key(entropy, server, size)
        else:
            secret = base64.b64decode(proof.findtext(f"{{{WST}}}BinarySecret") or "")
    expires = root.findtext(f".//{{{WST}}}Lifetime/{{{WSU}}}Expires") or ""
    return Token(token[0], reference[0], secret, key, expires)


def computed_key(client: bytes, server: bytes, size: int) -> bytes:
    """Return ``size`` bytes of P_SHA1 (RFC 2246, 5), without the simulator's code."""
    blocks, a = b"", server
    for _ in range(-(-size // 20)):
        a = hmac.new(client, a, sha1).digest()
        blocks += hmac.new(client, a + server, sha1).digest()
    return blocks[:size]


def envelope_of(path: str, action: str, header: etree._Element, body: etree._Element) -> etree._Element:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP, "wsa": WSA})
    head = etree.SubElement(envelope, f"{{{SOAP}}}Header")
    add(head, WSA, "Action", action)
    add(head, WSA, "MessageID", f"urn:uuid:{uuid.uuid4()}")
    add(add(head, WSA, "ReplyTo"), WSA, "Address", f"{WSA}/anonymous")
    add(head, WSA, "To", f"https://localhost{path}")
    head.append(header)
    etree.SubElement(envelope, f"{{{SOAP}}}Body").append(body)
    return envelope


def sign(
    header: etree._Element, target: etree._Element, reference: etree._Element, key: xmlsec.Key, algorithm: str
) -> None:
    """Add a ds:Signature over one element to a header that is in its envelope already."""
    signature = add(header, DS, "Signature")
    info = add(signature, DS, "SignedInfo")
    add(info, DS, "CanonicalizationMethod").set("Algorithm", EXC)
    add(info, DS, "SignatureMethod").set("Algorithm", algorithm)
    pointer = add(info, DS, "Reference")
    pointer.set("URI", f"#{target.get(f'{{{WSU}}}Id')}")
    add(add(pointer, DS, "Transforms"), DS, "Transform").set("Algorithm", EXC)
    add(pointer, DS, "DigestMethod").set("Algorithm", f"{DS}sha1")
    add(pointer, DS, "DigestValue")
    add(signature, DS, "SignatureValue")
    add(signature, DS, "KeyInfo").append(reference)
    context = xmlsec.SignatureContext()
    context.key = key
    context.register_id(target, "Id", WSU)
    context.sign(signature)


def rsa_key(key: RSAPrivateKey) -> xmlsec.Key:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatPem)


def add(parent: etree._Element, namespace: str, name: str, text: str | None = None) -> etree._Element:
    prefix = {WSSE: "wsse", WSU: "wsu", WST: "wst", WSA: "wsa", DS: "ds", WSP: "wsp", IC: "ic"}[namespace]
    element = etree.SubElement(parent, f"{{{namespace}}}{name}", nsmap={prefix: namespace})
    element.text = text
    return element


def moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


__all__ = ["Answer", "FederatedClient", "Token", "replace"]
