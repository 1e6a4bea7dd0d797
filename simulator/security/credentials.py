"""Credentials: the signature of a call by its token's key, and the password or certificate shown to the STS.

A call is signed over its Timestamp with the proof key of its token. The STS identifies a user by user name and
password, or by a certificate whose key signs the Timestamp.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from simulator.dit.refusals import Refused
from simulator.documents.parsing import Element
from simulator.domain.provenance import Basis, Provenance
from simulator.security.encryption import Assertion, public_pem, read_certificate
from simulator.security.errors import BINDING, SAML_PROFILE, WSS, Check, refuse
from simulator.security.keys import Account, Material
from simulator.security.names import DS, HMAC_SHA1, HMAC_SHA256, PASSWORD_TEXT, SAML1_ID, SAML_ID, WSSE, KeyType
from simulator.security.settings import CallSettings, Settings
from simulator.security.signatures import (
    ID_ATTRIBUTES,
    Signature,
    children,
    hmac_key,
    name_of,
    named_elements,
    only,
    public_key,
    read_signature,
    signature_holds,
    text_of,
)

SIGNATURE = "soap:Header/wsse:Security/ds:Signature"
"""Path of a call's signature, as refusals name it."""

_HEADER = "soap:Header/wsse:Security"
_DOCUMENTED = Provenance(
    Basis.DOCUMENTED, "VRAA, DIT integration instruction v1.09, 3.2.1: usernamemixed, certificatemixed"
)
_HMAC = (HMAC_SHA1, HMAC_SHA256)


def signature_in(header: Element, settings: CallSettings, *, expected: str) -> Signature:
    """Return the one signature of a wsse:Security header; raises Refused.

    ``expected`` names the key that should have made it, for the message.
    """
    signatures = children(header, DS, "Signature")
    if len(signatures) != 1:
        raise refuse(
            Check.SIGNATURE,
            SIGNATURE,
            "it is missing" if not signatures else f"there are {len(signatures)} of them",
            expected=f"one ds:Signature over the wsu:Timestamp, made with {expected}",
            remedy="have the client sign the Timestamp (an endorsing token of the policy; WCF: issuedKeyType "
            "and the proof token of the STS's answer)",
            source=BINDING,
        )
    return read_signature(
        signatures[0],
        SIGNATURE,
        algorithms=settings.signature_algorithms.value,
        digests=settings.digest_algorithms.value,
        enveloped=False,
    )


def check_signed_parts(signature: Signature, header: Element, timestamp: Element, *, body_whole: bool) -> list[Element]:
    """Return the elements that the signature covers, which include the Timestamp of this header; raises Refused.

    The others may be header blocks, children of wsse:Security, and the body if it is ``body_whole``: complete in the
    envelope.
    """
    root = header.getroottree().getroot()
    elements_by_id = named_elements(root)
    targets: list[Element] = []
    for reference in signature.references:
        target = elements_by_id.get(reference.target)
        if target is None:
            raise _parts(
                f"a ds:Reference points at #{reference.target}, which no element of the message has as its id",
                "the wsu:Id of an element of this message",
                "sign after all header blocks have their wsu:Id, and change nothing afterwards",
            )
        _check_place(target, header, root, body_whole=body_whole)
        targets.append(target)
    if not any(target is timestamp for target in targets):
        covered = ", ".join(name_of(target) for target in targets)
        raise _parts(
            f"it covers {covered}, not the wsu:Timestamp of this wsse:Security",
            "a ds:Reference to soap:Header/wsse:Security/wsu:Timestamp",
            "sign the Timestamp that is sent; one that stands elsewhere in the message does not count",
        )
    return targets


def _check_place(target: Element, header: Element, root: Element, *, body_whole: bool) -> None:
    parent = target.getparent()
    if parent is header or (parent is not None and parent is header.getparent()):
        return
    if parent is root and etree.QName(target).localname == "Body":
        if body_whole:
            return
        raise _parts(
            "it covers soap:Body, whose payload travels apart from the envelope",
            "a signature over the wsu:Timestamp, and over header blocks where wanted",
            "do not sign the body: TLS protects it, and this binding (TransportWithMessageCredential) signs the "
            "Timestamp only",
        )
    raise _parts(
        f"it covers {target.getroottree().getpath(target)} ({name_of(target)}), which is no part of this call's header",
        "elements in their own places: wsu:Timestamp in wsse:Security, header blocks in soap:Header",
        "do not move signed elements (this is what signature wrapping looks like)",
    )


def check_proof(signature: Signature, assertion: Assertion, token: Element, targets: list[Element]) -> None:
    """Check that the signature refers to this token and was made with its key; raises Refused."""
    _check_reference(signature, assertion, token)
    symmetric = assertion.key_type is KeyType.SYMMETRIC
    if symmetric is not (signature.algorithm in _HMAC):
        raise refuse(
            Check.SIGNATURE,
            f"{SIGNATURE}/ds:SignedInfo/ds:SignatureMethod",
            f"it is {signature.algorithm}, while the token's key is of the type {assertion.key_type.label}",
            expected="an HMAC with a SymmetricKey token, RSA with a PublicKey token",
            remedy="sign with the token's own proof key, not with another key or certificate",
            source=SAML_PROFILE,
        )
    key = (
        hmac_key(assertion.key.secret) if assertion.key.secret is not None else public_key(assertion.key.public or b"")
    )
    if not signature_holds(signature, key, targets):
        raise refuse(
            Check.SIGNATURE_VALUE,
            f"{SIGNATURE}/ds:SignatureValue",
            "value or digests do not fit the signed elements under the token's key",
            expected="P_SHA1(client entropy, server entropy) of the token's request as key (wst:ComputedKey), or the "
            "wst:BinarySecret of the answer"
            if symmetric
            else "the private key that belongs to the wst:UseKey of the token's request",
            remedy="derive the key with the client's entropy first, of wst:KeySize bits; use the entropies of "
            "this very token; change nothing in the signed elements after signing (no pretty-printing)",
            source=SAML_PROFILE,
        )


def _check_reference(signature: Signature, assertion: Assertion, token: Element) -> None:
    info = signature.key_info
    reference = only(info, WSSE, "SecurityTokenReference") if info is not None else None
    place = f"{SIGNATURE}/ds:KeyInfo/wsse:SecurityTokenReference"
    wanted = f"wsse:KeyIdentifier of {SAML_ID} ({SAML1_ID} for SAML 1.1) with the assertion's id {assertion.id}"
    if reference is None:
        raise _key(place, "it is missing", wanted)
    identifier, direct = only(reference, WSSE, "KeyIdentifier"), only(reference, WSSE, "Reference")
    if identifier is not None:
        if identifier.get("ValueType") not in (SAML_ID, SAML1_ID):
            raise _key(f"{place}/wsse:KeyIdentifier", f"its ValueType is {identifier.get('ValueType')!r}", wanted)
        if text_of(identifier) != assertion.id:
            raise _key(f"{place}/wsse:KeyIdentifier", f"it names {text_of(identifier)!r}", wanted)
        return
    if direct is not None:
        ids = {assertion.id, *(token.get(id_attribute) for id_attribute in ID_ATTRIBUTES if token.get(id_attribute))}
        if direct.get("URI", "").removeprefix("#") not in ids:
            raise _key(f"{place}/wsse:Reference", f"its URI is {direct.get('URI')!r}", wanted)
        return
    raise _key(place, "it holds neither wsse:KeyIdentifier nor wsse:Reference", wanted)


def _parts(found: str, expected: str, advice: str) -> Refused:
    return refuse(
        Check.SIGNED_PARTS,
        f"{SIGNATURE}/ds:SignedInfo/ds:Reference",
        found,
        expected=expected,
        remedy=advice,
        source=WSS,
    )


def _key(element: str, found: str, expected: str) -> Refused:
    return refuse(
        Check.KEY_REFERENCE,
        element,
        found,
        expected=expected,
        remedy="use the wst:RequestedAttachedReference of the STS's answer as it comes",
        source=SAML_PROFILE,
    )


@dataclass(frozen=True, slots=True)
class Requester:
    """A user who asks the STS for a token.

    With a certificate, ``public_key`` is its key (PEM, SPKI), and ``replay_value`` the value of the request's
    signature, by which a replay is detected.
    """

    account: Account
    public_key: bytes | None = None
    replay_value: str | None = None


def by_password(header: Element, material: Material, accounts: Mapping[str, Account]) -> Requester:
    """Identify the user of a wsse:UsernameToken by the password; raises Refused."""
    place = f"{_HEADER}/wsse:UsernameToken"
    token = _only(header, "UsernameToken", "usernamemixed wants the user's name and password")
    name, password = text_of(only(token, WSSE, "Username")), only(token, WSSE, "Password")
    kind = password.get("Type", PASSWORD_TEXT) if password is not None else ""
    if kind != PASSWORD_TEXT:
        raise _refused(
            f"{place}/wsse:Password",
            "it is missing" if password is None else f"its Type is {kind!r}",
            f"wsse:Password of the Type {PASSWORD_TEXT}",
            "send the password as text: TLS protects it",
        )
    expected = material.passwords.get(name)
    if name not in accounts or expected is None:
        raise _refused(
            f"{place}/wsse:Username",
            f"it is {name!r}, whom the STS does not know",
            f"one of {', '.join(sorted(accounts))}",
            "take user and password from users.toml in the simulator's folder of keys",
        )
    shown = (password.text or "") if password is not None else ""
    if not hmac.compare_digest(shown.encode(), expected.encode()):
        raise _refused(
            f"{place}/wsse:Password",
            f"it is not the password of {name!r}",
            "the password in users.toml of the simulator's folder of keys",
            "copy it from there; mind blanks at its ends, and the characters & and < in XML",
        )
    return Requester(accounts[name])


def by_certificate(
    header: Element, timestamp: Element, material: Material, accounts: Mapping[str, Account], settings: Settings
) -> Requester:
    """Identify the user by the certificate of a wsse:BinarySecurityToken that signed the Timestamp; raises Refused."""
    place = f"{_HEADER}/wsse:BinarySecurityToken"
    token = _only(header, "BinarySecurityToken", "certificatemixed wants the certificate in the header")
    certificate = read_certificate(text_of(token))
    if certificate is None:
        raise _refused(place, "it is no X.509 certificate with an RSA key", "its DER in Base64", "send the certificate")
    signature = signature_in(header, settings.call, expected="the key of the certificate")
    targets = check_signed_parts(signature, header, timestamp, body_whole=True)
    reference = next(signature.element.iter(f"{{{WSSE}}}Reference"), None)
    target = reference.get("URI", "").removeprefix("#") if reference is not None else ""
    if reference is not None and target not in {token.get(id_attribute) for id_attribute in ID_ATTRIBUTES}:
        raise refuse(
            Check.KEY_REFERENCE,
            f"{SIGNATURE}/ds:KeyInfo//wsse:Reference",
            f"its URI is {reference.get('URI')!r}",
            expected="the wsu:Id of the wsse:BinarySecurityToken in the same header",
            remedy="sign with the certificate that is sent",
            source=WSS,
        )
    if not signature_holds(signature, public_key(public_pem(certificate)), targets):
        raise refuse(
            Check.SIGNATURE_VALUE,
            f"{SIGNATURE}/ds:SignatureValue",
            "value or digests do not fit the signed elements under the certificate's key",
            expected="a signature over the wsu:Timestamp with the key that belongs to the certificate",
            remedy="check that certificate and key are a pair; change nothing in the header after signing",
            source=WSS,
        )
    user = material.clients.get(certificate.public_bytes(Encoding.DER))
    if user is None or user not in accounts:
        raise _refused(
            place,
            f"it is of {certificate.subject.rfc4514_string()!r}, serial number {certificate.serial_number:x}, whom the "
            "STS does not know",
            "a certificate of the folder clients/ of the simulator's folder of keys",
            "use <user>.pem and <user>.key from there, or put your own certificate there as <user>.pem and start anew",
        )
    return Requester(accounts[user], public_pem(certificate), signature.value)


def _only(header: Element, name: str, why: str) -> Element:
    tokens = children(header, WSSE, name)
    if len(tokens) == 1:
        return tokens[0]
    raise _refused(
        f"{_HEADER}/wsse:{name}",
        "it is missing" if not tokens else f"there are {len(tokens)} of them",
        f"one wsse:{name}: {why}",
        "choose the address of the STS that fits the credential: .../trust/13/usernamemixed or .../certificatemixed",
    )


def _refused(element: str, found: str, expected: str, advice: str) -> Refused:
    return refuse(
        Check.CREDENTIAL, element, found, expected=expected, remedy=advice, source=_DOCUMENTED, credential=True
    )
