"""Issuing of tokens (WS-Trust 1.3): reading a RequestSecurityToken, and making the token and its response."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from datetime import datetime

from simulator.dit.refusals import Refused
from simulator.documents.parsing import Element
from simulator.domain.provenance import Basis, Provenance
from simulator.security import saml1, saml2
from simulator.security.encryption import Assertion, ProofKey, encrypt_element, p_sha1, public_key_in
from simulator.security.errors import WS_TRUST, Check, refuse
from simulator.security.header import Reading, later, read_moment, write_moment
from simulator.security.keys import Account, Material
from simulator.security.names import (
    IC,
    ISSUE,
    NONCE,
    PSHA1,
    SAML1_ID,
    SAML2,
    SAML_ID,
    TOKEN_TYPES,
    WSA,
    WSP,
    WSP15,
    WSSE,
    WSSE11,
    WST,
    WSU,
    KeyType,
    TokenType,
)
from simulator.security.settings import Settings
from simulator.security.signatures import add, from_base64, make, only, sign_enveloped, text_of, to_base64

_REQUEST = "soap:Body/wst:RequestSecurityToken"
_KEY_SIZES = range(128, 513, 8)
_DEFAULT_KEY_SIZE = 256
_ENTROPY = range(8, 129)  # bytes; more than a hash's block add nothing
_NO_PROOF = "http://schemas.xmlsoap.org/ws/2005/05/identity/NoProofKey"
_ASSUMED = Provenance(Basis.ASSUMED, "WCF's defaults, where WS-Trust 1.3 leaves it to the service")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """The content of a request for a token.

    ``key_size`` is in bits; ``claims`` are claim types; ``entropy`` is the client's; ``use_key`` is the public key for
    the token (PEM, SPKI); ``created`` and ``expires`` are the wanted period of validity.
    """

    context: str | None
    token_type: TokenType
    key_type: KeyType
    key_size: int
    applies_to: str
    entropy: bytes | None
    claims: tuple[str, ...]
    created: datetime | None
    expires: datetime | None
    use_key: bytes | None


def read_request(root: Element | None, settings: Settings) -> TokenRequest:
    """Read a request from the content of its body; raises Refused for a request that the STS does not support."""
    if root is None or root.tag != f"{{{WST}}}RequestSecurityToken":
        content = "nothing" if root is None else str(root.tag)
        raise _refused(
            _REQUEST,
            f"the body holds {content}",
            f"wst:RequestSecurityToken of {WST} (WS-Trust 1.3)",
            "set WS-Trust 1.3",
        )
    request_type = text_of(only(root, WST, "RequestType"))
    if request_type != ISSUE:
        raise _refused(
            f"{_REQUEST}/wst:RequestType",
            f"it is {request_type!r}",
            ISSUE,
            "ask for a new token: others are not served",
        )
    token_type = _token_type(text_of(_parameter(root, "TokenType")), settings)
    key_type = _key_type(text_of(_parameter(root, "KeyType")))
    claims = _parameter(root, "Claims")
    claim_types = list(claims.iter(f"{{{IC}}}ClaimType")) if claims is not None else []
    lifetime = _parameter(root, "Lifetime")
    created, expires = (
        read_moment(text_of(only(lifetime, WSU, name))) if lifetime is not None else None
        for name in ("Created", "Expires")
    )
    use_key = _parameter(root, "UseKey")
    return TokenRequest(
        context=root.get("Context"),
        token_type=token_type,
        key_type=key_type,
        key_size=_key_size(text_of(_parameter(root, "KeySize"))),
        applies_to=_applies_to(root, settings),
        entropy=_entropy(_parameter(root, "Entropy")),
        claims=tuple(element.get("Uri", "") for element in claim_types),
        created=created,
        expires=expires,
        use_key=public_key_in(use_key) if use_key is not None else None,
    )


def _parameter(root: Element, name: str) -> Element | None:
    """Return a parameter of the request, or of the policy that the client passes on (wst:SecondaryParameters)."""
    own = only(root, WST, name)
    if own is not None:
        return own
    secondary = only(root, WST, "SecondaryParameters")
    return only(secondary, WST, name) if secondary is not None else None


def _token_type(found: str, settings: Settings) -> TokenType:
    if not found:
        return TokenType.SAML_2 if settings.sts.token_type.value == "2.0" else TokenType.SAML_1
    if found in TOKEN_TYPES:
        return TOKEN_TYPES[found]
    expected = f"{TokenType.SAML_2.value} or {TokenType.SAML_1.value}"
    raise _refused(f"{_REQUEST}/wst:TokenType", f"it is {found!r}", expected, "ask for SAML 2.0 or 1.1")


def _key_type(found: str) -> KeyType:
    if not found:
        return KeyType.SYMMETRIC
    if found == _NO_PROOF:
        return KeyType.BEARER
    try:
        return KeyType(found)
    except ValueError:
        expected = ", ".join(key_type.value for key_type in KeyType)
        raise _refused(f"{_REQUEST}/wst:KeyType", f"it is {found!r}", expected, "ask for one of these") from None


def _key_size(found: str) -> int:
    if not found:
        return _DEFAULT_KEY_SIZE
    if found.isdecimal() and len(found) <= 4:
        size = int(found)
        if size in _KEY_SIZES or size >= 1024:  # the size of a public key
            return size if size in _KEY_SIZES else _DEFAULT_KEY_SIZE
    raise _refused(f"{_REQUEST}/wst:KeySize", f"it is {found!r}", "128 to 512 bits, whole bytes", "ask for 256")


def _applies_to(root: Element, settings: Settings) -> str:
    accepted = settings.sts.applies_to
    holder = next(
        (
            element
            for element in (only(root, namespace, "AppliesTo") for namespace in (WSP, WSP15))
            if element is not None
        ),
        None,
    )
    address = next(holder.iter(f"{{{WSA}}}Address"), None) if holder is not None else None
    if address is not None and text_of(address) in accepted.value:
        return text_of(address)
    raise refuse(
        Check.APPLIES_TO,
        f"{_REQUEST}/wsp:AppliesTo",
        "it is missing" if holder is None else f"its wsa:Address is {text_of(address)!r}",
        expected=" or ".join(accepted.value),
        remedy="name the realm of DIT there, not the address that is called (CXF: ws-security.sts.applies-to; WCF: the "
        "endpoint's identity of the issued token parameters)",
        source=accepted.provenance,
    )


def _entropy(holder: Element | None) -> bytes | None:
    if holder is None:
        return None
    secret = from_base64(text_of(only(holder, WST, "BinarySecret")))
    if secret and len(secret) in _ENTROPY:
        return secret
    raise _refused(
        f"{_REQUEST}/wst:Entropy/wst:BinarySecret",
        "it is missing, no Base64, or of a wrong size",
        "8 to 128 random bytes in Base64",
        "send wst:BinarySecret of the type Nonce, with as many bytes as the key is to have",
    )


def _refused(element: str, found: str, expected: str, advice: str) -> Refused:
    return refuse(Check.REQUEST, element, found, expected=expected, remedy=advice, source=WS_TRUST)


def _no_public_key() -> Refused:
    """Return the refusal of a request for a PublicKey token without a key."""
    return refuse(
        Check.REQUEST,
        f"{_REQUEST}/wst:UseKey",
        "it holds no RSA key or certificate, and the request was not signed with one",
        expected="the public key to put into the token, as ds:KeyValue or ds:X509Data in ds:KeyInfo",
        remedy="give the client a certificate for the token's key, or ask for the KeyType SymmetricKey",
        source=_ASSUMED,
    )


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """An issued token: its assertion, the element as sent (encrypted or not), and the response that carries it."""

    assertion: Assertion
    token: Element
    content: Element


def issue(
    request: TokenRequest,
    account: Account,
    reading: Reading,
    *,
    settings: Settings,
    material: Material,
    certificate_key: bytes | None,
) -> IssuedToken:
    """Make the requested token for an account; raises Refused when the request lacks a public key.

    ``reading`` is the present time of the caller's clock. ``certificate_key`` is the public key of the certificate that
    identified the caller (PEM, SPKI), None when a password did.
    """
    key, server_entropy = _key(request, certificate_key)
    assertion = _assertion(request, account, reading, settings, key)
    writer = saml2 if request.token_type is TokenType.SAML_2 else saml1
    token = writer.write(assertion, material.service.certificate, by_certificate=certificate_key is not None)
    signature_index = saml2.SIGNATURE_INDEX if request.token_type is TokenType.SAML_2 else len(token)
    sign_enveloped(token, signature_index, material.sts, settings.sts.signature_digest.value)
    if settings.sts.encrypt.value:
        data = encrypt_element(token, material.service.certificate)
        token = data
        if request.token_type is TokenType.SAML_2:
            token = make(SAML2, "EncryptedAssertion")
            token.append(data)
    return IssuedToken(assertion, token, _response(request, assertion, token, server_entropy))


def _key(request: TokenRequest, certificate_key: bytes | None) -> tuple[ProofKey, bytes | None]:
    """Return the token's key, and the server's entropy for a symmetric one."""
    if request.key_type is KeyType.BEARER:
        return ProofKey(), None
    if request.key_type is KeyType.PUBLIC:
        public = request.use_key or certificate_key
        if public is None:
            raise _no_public_key()
        return ProofKey(public=public), None
    size = request.key_size // 8
    entropy = os.urandom(size)
    return ProofKey(secret=p_sha1(request.entropy, entropy, size) if request.entropy else entropy), entropy


def _assertion(
    request: TokenRequest, account: Account, reading: Reading, settings: Settings, key: ProofKey
) -> Assertion:
    begins = request.created if request.created is not None and request.created > reading.now else reading.now
    latest_end = later(begins, settings.sts.maximum_lifetime_seconds.value)
    requested_end = request.expires or later(begins, settings.sts.lifetime_seconds.value)
    templates = settings.claims.values
    names = tuple(templates) if settings.claims.issue_all.value or not request.claims else request.claims
    words = {"user": account.user, "authority": account.authority, "organisation": account.organisation}
    return Assertion(
        token_type=request.token_type,
        id=f"_{uuid.uuid4()}",
        issuer=settings.sts.issuer.value,
        issued_at=reading.now,
        not_before=begins,
        not_on_or_after=min(requested_end, latest_end),
        audiences=(request.applies_to,),
        subject=account.user,
        key_type=request.key_type,
        key=key,
        claims={name: (templates[name].value.format(**words),) for name in names if name in templates},
        clock=reading.clock,
    )


def _response(request: TokenRequest, assertion: Assertion, token: Element, entropy: bytes | None) -> Element:
    collection = make(WST, "RequestSecurityTokenResponseCollection")
    response = add(collection, WST, "RequestSecurityTokenResponse")
    if request.context is not None:
        response.set("Context", request.context)
    add(response, WST, "TokenType", request.token_type.value)
    add(response, WST, "RequestedSecurityToken").append(token)
    for name in ("RequestedAttachedReference", "RequestedUnattachedReference"):
        add(response, WST, name).append(token_reference(assertion))
    applies_to = add(response, WSP, "AppliesTo")
    add(add(applies_to, WSA, "EndpointReference"), WSA, "Address", request.applies_to)
    if assertion.key.secret is not None and entropy is not None:
        proof = add(response, WST, "RequestedProofToken")
        if request.entropy is not None:
            add(proof, WST, "ComputedKey", PSHA1)
            add(add(response, WST, "Entropy"), WST, "BinarySecret", to_base64(entropy), Type=NONCE)
        else:
            add(proof, WST, "BinarySecret", to_base64(assertion.key.secret), Type=f"{WST}/SymmetricKey")
    lifetime = add(response, WST, "Lifetime")
    for name, moment in (("Created", assertion.not_before), ("Expires", assertion.not_on_or_after)):
        if moment is not None:
            add(lifetime, WSU, name, write_moment(moment))
    add(response, WST, "KeyType", request.key_type.value)
    if assertion.key.secret is not None:
        add(response, WST, "KeySize", str(request.key_size))
    return collection


def token_reference(assertion: Assertion) -> Element:
    """Return a wsse:SecurityTokenReference to a token by its assertion's id (SAML Token Profile 1.1)."""
    is_saml2 = assertion.token_type is TokenType.SAML_2
    reference = make(WSSE, "SecurityTokenReference")
    reference.set(f"{{{WSSE11}}}TokenType", assertion.token_type.value)
    add(reference, WSSE, "KeyIdentifier", assertion.id, ValueType=SAML_ID if is_saml2 else SAML1_ID)
    return reference
