"""A request for a token (WS-Trust 1.3, RequestSecurityToken): what it asks for, in our own words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from simulator.dit.refusals import Refused
from simulator.documents.model import Basis, Provenance
from simulator.documents.parsing import Element
from simulator.security.errors import WS_TRUST, Check, refuse
from simulator.security.key_info import public_key_in
from simulator.security.moments import read_moment
from simulator.security.names import IC, ISSUE, TOKEN_TYPES, WSA, WSP, WSP15, WST, WSU, KeyType, TokenType
from simulator.security.settings import Settings
from simulator.security.trees import from_base64, only, text_of

_PLACE = "soap:Body/wst:RequestSecurityToken"
_KEY_SIZES = range(128, 513, 8)
_DEFAULT_KEY_SIZE = 256
_ENTROPY = range(8, 129)  # bytes; more than a hash's block adds nothing
_NO_PROOF = "http://schemas.xmlsoap.org/ws/2005/05/identity/NoProofKey"
_ASSUMED = Provenance(Basis.ASSUMED, "WCF's defaults, where WS-Trust 1.3 leaves it to the service")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """What is asked for. ``key_size`` is in bits; ``claims`` are claim types, those that are required first or not.

    ``entropy`` is the client's; ``use_key`` the public key to put into the token (PEM, SPKI).
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
    """Read the content of a request's body; raises Refused for anything that the STS does not issue."""
    if root is None or root.tag != f"{{{WST}}}RequestSecurityToken":
        found = "nothing" if root is None else str(root.tag)
        raise _refused(
            _PLACE, f"the body holds {found}", f"wst:RequestSecurityToken of {WST} (WS-Trust 1.3)", "set WS-Trust 1.3"
        )
    kind = text_of(only(root, WST, "RequestType"))
    if kind != ISSUE:
        raise _refused(
            f"{_PLACE}/wst:RequestType", f"it is {kind!r}", ISSUE, "ask for a new token: others are not served"
        )
    token_type = _token_type(text_of(_parameter(root, "TokenType")), settings)
    key_type = _key_type(text_of(_parameter(root, "KeyType")))
    claims = _parameter(root, "Claims")
    asked = list(claims.iter(f"{{{IC}}}ClaimType")) if claims is not None else []
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
        claims=tuple(each.get("Uri", "") for each in asked),
        created=created,
        expires=expires,
        use_key=public_key_in(use_key) if use_key is not None else None,
    )


def _parameter(root: Element, name: str) -> Element | None:
    """A parameter of the request, or of the policy that the client passes on (wst:SecondaryParameters)."""
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
    raise _refused(f"{_PLACE}/wst:TokenType", f"it is {found!r}", expected, "ask for SAML 2.0 or 1.1")


def _key_type(found: str) -> KeyType:
    if not found:
        return KeyType.SYMMETRIC
    if found == _NO_PROOF:
        return KeyType.BEARER
    try:
        return KeyType(found)
    except ValueError:
        expected = ", ".join(each.value for each in KeyType)
        raise _refused(f"{_PLACE}/wst:KeyType", f"it is {found!r}", expected, "ask for one of these") from None


def _key_size(found: str) -> int:
    if not found:
        return _DEFAULT_KEY_SIZE
    if found.isdecimal() and len(found) <= 4:
        size = int(found)
        if size in _KEY_SIZES or size >= 1024:  # for public keys it is the size of those
            return size if size in _KEY_SIZES else _DEFAULT_KEY_SIZE
    raise _refused(f"{_PLACE}/wst:KeySize", f"it is {found!r}", "128 to 512 bits, whole bytes", "ask for 256")


def _applies_to(root: Element, settings: Settings) -> str:
    accepted = settings.sts.applies_to
    holder = next(
        (each for each in (only(root, namespace, "AppliesTo") for namespace in (WSP, WSP15)) if each is not None), None
    )
    address = next(holder.iter(f"{{{WSA}}}Address"), None) if holder is not None else None
    if address is not None and text_of(address) in accepted.value:
        return text_of(address)
    raise refuse(
        Check.APPLIES_TO,
        f"{_PLACE}/wsp:AppliesTo",
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
        f"{_PLACE}/wst:Entropy/wst:BinarySecret",
        "it is missing, no Base64, or of a wrong size",
        "8 to 128 random bytes in Base64",
        "send wst:BinarySecret of the type Nonce, with as many bytes as the key is to have",
    )


def _refused(element: str, found: str, expected: str, advice: str) -> Refused:
    return refuse(Check.REQUEST, element, found, expected=expected, remedy=advice, source=WS_TRUST)


def no_public_key() -> Refused:
    """The refusal of a PublicKey request that shows no key."""
    return refuse(
        Check.REQUEST,
        f"{_PLACE}/wst:UseKey",
        "it holds no RSA key or certificate, and the request was not signed with one",
        expected="the public key to put into the token, as ds:KeyValue or ds:X509Data in ds:KeyInfo",
        remedy="give the client a certificate for the token's key, or ask for the KeyType SymmetricKey",
        source=_ASSUMED,
    )
