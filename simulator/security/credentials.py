"""Who asks the STS: by user name and password, or by a certificate that signs the Timestamp."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import Encoding

from simulator.dit.refusals import Refused
from simulator.documents.model import Basis, Provenance
from simulator.documents.parsing import Element
from simulator.security import proof
from simulator.security.accounts import Account
from simulator.security.errors import WSS, Check, refuse
from simulator.security.key_info import public_pem, read_certificate
from simulator.security.material import Material
from simulator.security.names import PASSWORD_TEXT, WSSE
from simulator.security.settings import Settings
from simulator.security.signatures import ID_ATTRIBUTES, public_key, signature_holds
from simulator.security.trees import children, only, text_of

_HEADER = "soap:Header/wsse:Security"
_DOCUMENTED = Provenance(
    Basis.DOCUMENTED, "VRAA, DIT integration instruction v1.09, 3.2.1: usernamemixed, certificatemixed"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """Who asks. ``public_key`` is the certificate's (PEM, SPKI); ``once`` what no other call has."""

    account: Account
    public_key: bytes | None = None
    once: str | None = None


def by_password(header: Element, material: Material, accounts: Mapping[str, Account]) -> Shown:
    """The user whom a wsse:UsernameToken names; raises Refused."""
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
    found = (password.text or "") if password is not None else ""
    if not hmac.compare_digest(found.encode(), expected.encode()):
        raise _refused(
            f"{place}/wsse:Password",
            f"it is not the password of {name!r}",
            "the password in users.toml of the simulator's folder of keys",
            "copy it from there; mind blanks at its ends, and the characters & and < in XML",
        )
    return Shown(accounts[name])


def by_certificate(
    header: Element, timestamp: Element, material: Material, accounts: Mapping[str, Account], settings: Settings
) -> Shown:
    """The user to whom the certificate belongs that signed the Timestamp; raises Refused."""
    place = f"{_HEADER}/wsse:BinarySecurityToken"
    token = _only(header, "BinarySecurityToken", "certificatemixed wants the certificate in the header")
    certificate = read_certificate(text_of(token))
    if certificate is None:
        raise _refused(place, "it is no X.509 certificate with an RSA key", "its DER in Base64", "send the certificate")
    signature = proof.signature_in(header, settings.call, expected="the key of the certificate")
    targets = proof.check_signed_parts(signature, header, timestamp, body_whole=True)
    reference = next(signature.element.iter(f"{{{WSSE}}}Reference"), None)
    named = reference.get("URI", "").removeprefix("#") if reference is not None else ""
    if reference is not None and named not in {token.get(each) for each in ID_ATTRIBUTES}:
        raise refuse(
            Check.KEY_REFERENCE,
            f"{proof.PLACE}/ds:KeyInfo//wsse:Reference",
            f"its URI is {reference.get('URI')!r}",
            expected="the wsu:Id of the wsse:BinarySecurityToken in the same header",
            remedy="sign with the certificate that is sent",
            source=WSS,
        )
    if not signature_holds(signature, public_key(public_pem(certificate)), targets):
        raise refuse(
            Check.SIGNATURE_VALUE,
            f"{proof.PLACE}/ds:SignatureValue",
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
    return Shown(accounts[user], public_pem(certificate), signature.value)


def _only(header: Element, name: str, why: str) -> Element:
    found = children(header, WSSE, name)
    if len(found) == 1:
        return found[0]
    raise _refused(
        f"{_HEADER}/wsse:{name}",
        "it is missing" if not found else f"there are {len(found)} of them",
        f"one wsse:{name}: {why}",
        "choose the address of the STS that fits the credential: .../trust/13/usernamemixed or .../certificatemixed",
    )


def _refused(element: str, found: str, expected: str, advice: str) -> Refused:
    return refuse(
        Check.CREDENTIAL, element, found, expected=expected, remedy=advice, source=_DOCUMENTED, credential=True
    )
