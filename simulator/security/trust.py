"""Verification of tokens: decryption, the STS's signature and the conditions. Verified tokens are remembered."""

from __future__ import annotations

import copy
import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from simulator.dit.refusals import Refused
from simulator.documents.parsing import Element
from simulator.domain.provenance import Basis, Provenance
from simulator.fault_injection.faults import digest_of
from simulator.security import saml1, saml2
from simulator.security.encryption import Assertion, certificate_in, decrypt_element
from simulator.security.errors import SAML_PROFILE, WS_TRUST, XML_SIGNATURE, Check, refuse
from simulator.security.header import Reading, later, write_moment
from simulator.security.keys import Material
from simulator.security.names import DS, RSA_SHA1, RSA_SHA256, RSA_SHA512, SAML1, SAML2, SHA1, SHA256, SHA512, XENC
from simulator.security.settings import Settings
from simulator.security.signatures import (
    certificate_key,
    children,
    elements,
    named_elements,
    only,
    read_signature,
    signature_holds,
    text_of,
)

TOKENS = {
    f"{{{SAML2}}}Assertion": "saml2:Assertion",
    f"{{{SAML1}}}Assertion": "saml:Assertion",
    f"{{{SAML2}}}EncryptedAssertion": "saml2:EncryptedAssertion",
    f"{{{XENC}}}EncryptedData": "xenc:EncryptedData",
}
"""Clark names of the elements of wsse:Security that may hold a token, and their names in messages."""

_MAX_REMEMBERED = 10_000
_ASK_AGAIN = (
    "ask the STS for a new token, and pass it on exactly as it comes: no re-formatting, no re-serializing by hand"
)
_CONDITIONS = Provenance(Basis.DOCUMENTED, "OASIS, SAML 2.0 core 2.5.1 and SAML 1.1 core 2.3.2.1")


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """A token that this simulator's STS signed; ``digest`` names it in the journal."""

    assertion: Assertion
    encrypted: bool
    digest: str


class TokenVerifier:
    """Verifies tokens of the STS with the given keys. Safe to share between threads."""

    def __init__(self, settings: Settings, material: Material) -> None:
        self._settings = settings
        self._material = material
        self._sts_key = certificate_key(material.sts.certificate_pem)
        self._lock = threading.Lock()
        self._verified: OrderedDict[bytes, VerifiedToken] = OrderedDict()

    def verify(self, token: Element) -> VerifiedToken:
        """Decrypt a token and check its signature; raises Refused.

        The result does not change over time, so it is remembered. :func:`check_conditions` checks the validity period.
        """
        # The digest covers the whole token, so a token that differs in one character is verified separately.
        digest = hashlib.sha256(_canonical(token)).digest()
        with self._lock:
            remembered = self._verified.get(digest)
            if remembered is not None:
                self._verified.move_to_end(digest)
                return remembered
        verified = self._verify(token)
        with self._lock:
            self._verified[digest] = verified
            while len(self._verified) > _MAX_REMEMBERED:
                self._verified.popitem(last=False)
        return verified

    def _verify(self, token: Element) -> VerifiedToken:
        assertion, encrypted = self._opened(token)
        if assertion.tag not in (f"{{{SAML2}}}Assertion", f"{{{SAML1}}}Assertion"):
            raise refuse(
                Check.TOKEN,
                f"soap:Header/wsse:Security/{TOKENS[str(token.tag)]}",
                f"it holds {assertion.tag!s}",
                expected="a SAML assertion",
                remedy=_ASK_AGAIN,
                source=SAML_PROFILE,
                credential=True,
            )
        name = TOKENS[str(assertion.tag)]
        saml2_token = assertion.tag == f"{{{SAML2}}}Assertion"
        self._check_issuer(
            text_of(only(assertion, SAML2, "Issuer")) if saml2_token else assertion.get("Issuer", ""), name
        )
        self._check_signature(assertion, name)
        read = saml2.read if saml2_token else saml1.read
        return VerifiedToken(read(assertion, self._material.service.key), encrypted, digest_of(token))

    def _opened(self, token: Element) -> tuple[Element, bool]:
        """Return the assertion as a document of its own, which has no other ids, and whether it was encrypted."""
        where = f"soap:Header/wsse:Security/{TOKENS[str(token.tag)]}"
        if token.tag == f"{{{SAML2}}}EncryptedAssertion":
            data = only(token, XENC, "EncryptedData")
            if data is None:
                raise refuse(
                    Check.TOKEN_ENCRYPTION,
                    where,
                    "it has no xenc:EncryptedData",
                    expected="exactly one",
                    remedy=_ASK_AGAIN,
                    source=SAML_PROFILE,
                    credential=True,
                )
            key_beside_data = only(token, XENC, "EncryptedKey") is not None
            return self._decrypted(data, token if key_beside_data else data, f"{where}/xenc:EncryptedData"), True
        if token.tag == f"{{{XENC}}}EncryptedData":
            return self._decrypted(token, token, where), True
        return copy.deepcopy(token), False

    def _decrypted(self, data: Element, holder: Element, where: str) -> Element:
        info = only(holder, DS, "KeyInfo")
        keys = holder if children(holder, XENC, "EncryptedKey") or info is None else info
        return decrypt_element(data, keys, self._material.service.key, where)

    def _check_issuer(self, issuer: str, name: str) -> None:
        expected = self._settings.sts.issuer
        if issuer != expected.value:
            place = f"{name}/saml2:Issuer" if name == "saml2:Assertion" else f"{name}/@Issuer"
            raise refuse(
                Check.TOKEN_ISSUER,
                place,
                f"it is {issuer!r}",
                expected=f"{expected.value!r}, the one STS that DIT trusts here",
                remedy="take the token from the STS that the WSDL's policy names; to speak for another issuer, "
                "set sts.issuer of the security settings",
                source=expected.provenance,
                credential=True,
            )

    def _check_signature(self, assertion: Element, name: str) -> None:
        signatures = children(assertion, DS, "Signature")
        if len(signatures) != 1:
            raise self._unsigned(
                name, f"it has {len(signatures)} ds:Signature", "one ds:Signature of the STS as its child"
            )
        where = f"{name}/ds:Signature"
        signature = read_signature(
            signatures[0],
            where,
            algorithms=(RSA_SHA256, RSA_SHA1, RSA_SHA512),
            digests=(SHA256, SHA1, SHA512),
            enveloped=True,
        )
        named_elements(assertion)
        assertion_id = assertion.get("ID") or assertion.get("AssertionID") or ""
        if [reference.target for reference in signature.references] != [assertion_id]:
            targets = ", ".join(f"#{reference.target}" for reference in signature.references)
            raise self._unsigned(
                where, f"it signs {targets}", f"one ds:Reference, to the assertion itself (#{assertion_id})"
            )
        if signature_holds(signature, self._sts_key, [assertion]):
            return
        info = signature.key_info
        signer = certificate_in(info) if info is not None else None
        sts_certificate = self._material.sts.certificate
        if signer is not None and signer.public_bytes(Encoding.DER) != sts_certificate.public_bytes(Encoding.DER):
            raise refuse(
                Check.TOKEN_ISSUER,
                f"{where}/ds:KeyInfo",
                f"it was made with the key of {signer.subject.rfc4514_string()!r}, serial number "
                f"{signer.serial_number:x}",
                expected="the STS's signing key (sts.pem in the simulator's folder of keys)",
                remedy="take the token from this simulator's STS; a token of an earlier run with other keys "
                "does not hold either",
                source=WS_TRUST,
                credential=True,
            )
        raise self._unsigned(
            where, "its value does not fit the assertion", "the assertion exactly as the STS signed it"
        )

    def _unsigned(self, element: str, found: str, expected: str) -> Refused:
        return refuse(
            Check.TOKEN_SIGNATURE,
            element,
            found,
            expected=expected,
            remedy=_ASK_AGAIN,
            source=SAML_PROFILE,
            credential=True,
        )


def token_in(header: Element) -> Element:
    """Return the one token of a wsse:Security header; raises Refused."""
    tokens = [element for element in elements(header) if element.tag in TOKENS]
    if len(tokens) == 1:
        return tokens[0]
    place = "soap:Header/wsse:Security"
    others = ", ".join(sorted({etree.QName(element).localname for element in elements(header)})) or "nothing"
    raise refuse(
        Check.TOKEN,
        f"{place}/{TOKENS[str(tokens[0].tag)]}" if tokens else f"{place}/saml2:Assertion",
        f"there are {len(tokens)} tokens" if tokens else f"there is no SAML token; the header holds {others}",
        expected=f"one of {', '.join(TOKENS.values())}",
        remedy="ask the STS for a token (WS-Trust Issue) and put it into wsse:Security; a user name or a certificate "
        "is shown to the STS only",
        source=SAML_PROFILE,
    )


def check_conditions(assertion: Assertion, reading: Reading, settings: Settings) -> None:
    """Check that a token is valid at ``reading``, and issued for this service; raises Refused."""
    name = "saml2:Conditions" if assertion.token_type.label == "SAML 2.0" else "saml:Conditions"
    skew = settings.call.skew_seconds.value
    ends, begins = assertion.not_on_or_after, assertion.not_before
    if ends is not None and later(reading.now, -skew) >= ends:
        raise refuse(
            Check.TOKEN_EXPIRED,
            f"{name}/@NotOnOrAfter",
            f"the token held until {write_moment(ends)}; it is {reading}",
            expected=f"a token that is in force ({skew} seconds of difference are allowed)",
            remedy="ask the STS for a new token before the old one ends (wst:Lifetime of its answer says when)",
            source=_CONDITIONS,
            credential=True,
        )
    if begins is not None and later(reading.now, skew) < begins:
        raise refuse(
            Check.TOKEN_EARLY,
            f"{name}/@NotBefore",
            f"the token holds from {write_moment(begins)}; it is {reading}",
            expected=f"a token that is in force ({skew} seconds of difference are allowed)",
            remedy="set the clock of the client's machine, and ask for a token that holds from now (wst:Lifetime)",
            source=_CONDITIONS,
            credential=True,
        )
    accepted = settings.sts.applies_to
    if not set(assertion.audiences) & set(accepted.value):
        raise refuse(
            Check.TOKEN_AUDIENCE,
            f"{name}//{name.partition(':')[0]}:Audience",
            f"the token is for {', '.join(assertion.audiences) or 'nobody'}",
            expected=" or ".join(accepted.value),
            remedy="ask the STS for a token with this address in wsp:AppliesTo (the realm, not the address called)",
            source=accepted.provenance,
            credential=True,
        )


def _canonical(token: Element) -> bytes:
    try:
        return etree.tostring(token, method="c14n", exclusive=True, with_comments=True)
    except etree.C14NError:
        raise refuse(
            Check.TOKEN,
            f"soap:Header/wsse:Security/{TOKENS[str(token.tag)]}",
            "it has no canonical form; a namespace in it is a relative URI",
            expected="a SAML assertion as the STS has written it",
            remedy=_ASK_AGAIN,
            source=XML_SIGNATURE,
        ) from None
