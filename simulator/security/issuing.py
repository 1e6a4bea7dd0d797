"""Makes a token and the answer that carries it (WS-Trust 1.3, RequestSecurityTokenResponse)."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass

from simulator.documents.parsing import Element
from simulator.security import saml1, saml2
from simulator.security.accounts import Account
from simulator.security.encryption import encrypt_element
from simulator.security.material import Material
from simulator.security.moments import Reading, later, write_moment
from simulator.security.names import (
    NONCE,
    PSHA1,
    SAML1_ID,
    SAML2,
    SAML_ID,
    WSA,
    WSP,
    WSSE,
    WSSE11,
    WST,
    WSU,
    KeyType,
    TokenType,
)
from simulator.security.psha1 import p_sha1
from simulator.security.settings import Settings
from simulator.security.signatures import sign_enveloped
from simulator.security.token_request import TokenRequest, no_public_key
from simulator.security.tokens import Assertion, ProofKey
from simulator.security.trees import add, make, to_base64


@dataclass(frozen=True, slots=True)
class Issued:
    """A token that was made, as it travels, and the content of the body that carries it."""

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
) -> Issued:
    """Make the token that is asked for; raises SecurityError.

    ``reading`` is the clock that the caller lives by. ``certificate_key`` is the public key of the certificate by which
    the caller is known, if it is (PEM, SPKI).
    """
    key, server_entropy = _key(request, certificate_key)
    assertion = _assertion(request, account, reading, settings, key)
    writer = saml2 if request.token_type is TokenType.SAML_2 else saml1
    token = writer.write(assertion, material.service.certificate, by_certificate=certificate_key is not None)
    place = saml2.SIGNATURE_PLACE if request.token_type is TokenType.SAML_2 else len(token)
    sign_enveloped(token, place, material.sts, settings.sts.signature_digest.value)
    if settings.sts.encrypt.value:
        data = encrypt_element(token, material.service.certificate)
        token = data
        if request.token_type is TokenType.SAML_2:
            token = make(SAML2, "EncryptedAssertion")
            token.append(data)
    return Issued(assertion, token, _answer(request, assertion, token, server_entropy))


def _key(request: TokenRequest, certificate_key: bytes | None) -> tuple[ProofKey, bytes | None]:
    """The token's key, and our part of it."""
    if request.key_type is KeyType.BEARER:
        return ProofKey(), None
    if request.key_type is KeyType.PUBLIC:
        public = request.use_key or certificate_key
        if public is None:
            raise no_public_key()
        return ProofKey(public=public), None
    size = request.key_size // 8
    ours = os.urandom(size)
    return ProofKey(secret=p_sha1(request.entropy, ours, size) if request.entropy else ours), ours


def _assertion(
    request: TokenRequest, account: Account, reading: Reading, settings: Settings, key: ProofKey
) -> Assertion:
    begins = request.created if request.created is not None and request.created > reading.now else reading.now
    longest = later(begins, settings.sts.maximum_lifetime_seconds.value)
    wanted = request.expires or later(begins, settings.sts.lifetime_seconds.value)
    known = settings.claims.values
    names = tuple(known) if settings.claims.issue_all.value or not request.claims else request.claims
    words = {"user": account.user, "authority": account.authority, "organisation": account.organisation}
    return Assertion(
        token_type=request.token_type,
        id=f"_{uuid.uuid4()}",
        issuer=settings.sts.issuer.value,
        issued_at=reading.now,
        not_before=begins,
        not_on_or_after=min(wanted, longest),
        audiences=(request.applies_to,),
        subject=account.user,
        key_type=request.key_type,
        key=key,
        claims={name: (known[name].value.format(**words),) for name in names if name in known},
        lives_by=reading.clock,
    )


def _answer(request: TokenRequest, assertion: Assertion, token: Element, entropy: bytes | None) -> Element:
    collection = make(WST, "RequestSecurityTokenResponseCollection")
    answer = add(collection, WST, "RequestSecurityTokenResponse")
    if request.context is not None:
        answer.set("Context", request.context)
    add(answer, WST, "TokenType", request.token_type.value)
    add(answer, WST, "RequestedSecurityToken").append(token)
    for name in ("RequestedAttachedReference", "RequestedUnattachedReference"):
        add(answer, WST, name).append(token_reference(assertion))
    applies_to = add(answer, WSP, "AppliesTo")
    add(add(applies_to, WSA, "EndpointReference"), WSA, "Address", request.applies_to)
    if assertion.key.secret is not None and entropy is not None:
        proof = add(answer, WST, "RequestedProofToken")
        if request.entropy is not None:
            add(proof, WST, "ComputedKey", PSHA1)
            add(add(answer, WST, "Entropy"), WST, "BinarySecret", to_base64(entropy), Type=NONCE)
        else:
            add(proof, WST, "BinarySecret", to_base64(assertion.key.secret), Type=f"{WST}/SymmetricKey")
    lifetime = add(answer, WST, "Lifetime")
    for name, moment in (("Created", assertion.not_before), ("Expires", assertion.not_on_or_after)):
        if moment is not None:
            add(lifetime, WSU, name, write_moment(moment))
    add(answer, WST, "KeyType", request.key_type.value)
    if assertion.key.secret is not None:
        add(answer, WST, "KeySize", str(request.key_size))
    return collection


def token_reference(assertion: Assertion) -> Element:
    """A wsse:SecurityTokenReference to a token, by its assertion's id (SAML Token Profile 1.1)."""
    second = assertion.token_type is TokenType.SAML_2
    reference = make(WSSE, "SecurityTokenReference")
    reference.set(f"{{{WSSE11}}}TokenType", assertion.token_type.value)
    add(reference, WSSE, "KeyIdentifier", assertion.id, ValueType=SAML_ID if second else SAML1_ID)
    return reference
