"""XML signatures: what one says about itself, making one over a token, and checking one with a key (libxmlsec1).

What a signature covers is decided here and not by the library: it is told which elements its references may mean, and
no other element can be found by it. So an element that was moved and one that took its place are never confused.

Small helpers for building and reading elements of many namespaces.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import xmlsec
from lxml import etree

from simulator.dit.refusals import Refused
from simulator.documents.parsing import Element
from simulator.security.errors import XML_SIGNATURE, Check, refuse
from simulator.security.keys import Identity
from simulator.security.names import (
    C14N,
    DS,
    ENVELOPED,
    EXC_C14N,
    RSA_SHA1,
    RSA_SHA256,
    SAML1,
    SAML2,
    SHA1,
    SHA256,
    WSA,
    WSSE,
    WSSE11,
    WST,
    WSU,
    XENC,
)

PREFIXES = {
    WSSE: "wsse",
    WSSE11: "wsse11",
    WSU: "wsu",
    WST: "wst",
    WSA: "wsa",
    DS: "ds",
    XENC: "xenc",
    SAML1: "saml",
    SAML2: "saml2",
}
_BLANK = re.compile(r"\s+")


def make(namespace: str, name: str, text: str | None = None, /, **attributes: str) -> Element:
    """An element with the usual prefix of its namespace."""
    element = etree.Element(f"{{{namespace}}}{name}", attributes, nsmap={PREFIXES.get(namespace): namespace})
    element.text = text
    return element


def add(parent: Element, namespace: str, name: str, text: str | None = None, /, **attributes: str) -> Element:
    """A new last child."""
    element = make(namespace, name, text, **attributes)
    parent.append(element)
    return element


def children(parent: Element, namespace: str, name: str) -> list[Element]:
    """The children of that name."""
    return parent.findall(f"{{{namespace}}}{name}")


def only(parent: Element, namespace: str, name: str) -> Element | None:
    """The child of that name, None when there is none or more than one."""
    found = children(parent, namespace, name)
    return found[0] if len(found) == 1 else None


def text_of(element: Element | None) -> str:
    """The text without white space around it; empty when there is no element."""
    return (element.text or "").strip() if element is not None else ""


def elements(parent: Element) -> Iterator[Element]:
    """Children that are elements, no comments or instructions."""
    return (element for element in parent if isinstance(element.tag, str))


def name_of(element: Element) -> str:
    """``prefix:Local`` with the usual prefix: how people call it."""
    name = etree.QName(element)
    prefix = PREFIXES.get(name.namespace or "", element.prefix)
    return f"{prefix}:{name.localname}" if prefix else name.localname


def from_base64(text: str) -> bytes | None:
    """The bytes, None when it is not Base64."""
    try:
        return base64.b64decode(_BLANK.sub("", text), validate=True)
    except (binascii.Error, ValueError):
        return None


def to_base64(data: bytes) -> str:
    """As XML has it, in one line."""
    return base64.b64encode(data).decode("ascii")


XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
"""An id wherever it stands; nothing of ours is signed by it, but another's must not be taken for it."""
ID_ATTRIBUTES = (f"{{{WSU}}}Id", "Id", "ID", "AssertionID")
"""Attributes that give an element the name by which signatures refer to it."""

_CANONICAL = (EXC_C14N, C14N)


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference of a signature: the id that it points at, and how what it found was digested."""

    target: str
    transforms: tuple[str, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Signature:
    """What a ds:Signature says of itself."""

    element: Element
    algorithm: str
    references: tuple[Reference, ...]
    value: str

    @property
    def key_info(self) -> Element | None:
        """The ds:KeyInfo, if there is one."""
        return only(self.element, DS, "KeyInfo")


def read_signature(
    element: Element, where: str, *, algorithms: Iterable[str], digests: Iterable[str], enveloped: bool
) -> Signature:
    """Read a signature; raises Refused when it is incomplete or uses what is not allowed.

    ``where`` is what to call it. With ``enveloped`` it signs the element that it stands in.
    """
    info, value = only(element, DS, "SignedInfo"), only(element, DS, "SignatureValue")
    if info is None or value is None:
        raise _refused(where, "it has no ds:SignedInfo or no ds:SignatureValue", "one of each", "sign again")
    canonical, method = only(info, DS, "CanonicalizationMethod"), only(info, DS, "SignatureMethod")
    if canonical is None or canonical.get("Algorithm") not in _CANONICAL:
        raise _refused(
            f"{where}/ds:SignedInfo/ds:CanonicalizationMethod",
            f"it is {_algorithm(canonical)}",
            f"one of {', '.join(_CANONICAL)}",
            "set exclusive canonicalization in the client",
        )
    allowed = tuple(algorithms)
    if method is None or method.get("Algorithm") not in allowed:
        raise _refused(
            f"{where}/ds:SignedInfo/ds:SignatureMethod",
            f"it is {_algorithm(method)}",
            f"one of {', '.join(allowed)}",
            "choose one of these in the client (or allow it: call.signature_algorithms of the security settings)",
        )
    if len(method):
        raise _refused(
            f"{where}/ds:SignedInfo/ds:SignatureMethod",
            "it has parameters (a shortened HMAC proves little)",
            "no child elements",
            "send the whole HMAC: no ds:HMACOutputLength",
        )
    references = tuple(_reference(child, where, tuple(digests), enveloped) for child in children(info, DS, "Reference"))
    if not references:
        raise _refused(f"{where}/ds:SignedInfo", "it signs nothing", "at least one ds:Reference", "sign again")
    return Signature(element, method.get("Algorithm", ""), references, text_of(value))


def _reference(element: Element, where: str, digests: tuple[str, ...], enveloped: bool) -> Reference:
    place = f"{where}/ds:SignedInfo/ds:Reference"
    uri = element.get("URI", "")
    if not uri.startswith("#") or len(uri) < 2 or "(" in uri:
        raise _refused(
            place,
            f"its URI is {uri!r}",
            "URI='#' and the id of an element",
            "sign elements by their id, not the whole message",
        )
    method = only(element, DS, "DigestMethod")
    if method is None or method.get("Algorithm") not in digests:
        raise _refused(
            f"{place}/ds:DigestMethod",
            f"it is {_algorithm(method)}",
            f"one of {', '.join(digests)}",
            "choose one of these in the client (or allow it: call.digest_algorithms of the security settings)",
        )
    holder = only(element, DS, "Transforms")
    transforms = tuple(
        child.get("Algorithm", "") for child in (children(holder, DS, "Transform") if holder is not None else ())
    )
    known = (*_CANONICAL, ENVELOPED) if enveloped else _CANONICAL
    strange = [transform for transform in transforms if transform not in known]
    if strange or (enveloped and transforms.count(ENVELOPED) != 1):
        raise _refused(
            f"{place}/ds:Transforms",
            f"they are {', '.join(transforms) or '(none)'}",
            f"none but {', '.join(known)}" + (", the last one once" if enveloped else ""),
            "take the other transforms out of the client's configuration",
        )
    return Reference(uri[1:], transforms, method.get("Algorithm", ""))


def named_elements(root: Element) -> dict[str, Element]:
    """All elements of an envelope by id; raises Refused when an id is given twice."""
    found: dict[str, Element] = {}
    for element in root.iter("*"):
        for attribute in (*ID_ATTRIBUTES, XML_ID):
            name = element.get(attribute)
            if name is None:
                continue
            if found.setdefault(name, element) is not element:
                raise refuse(
                    Check.DUPLICATE_ID,
                    f"soap:Envelope//*[@Id='{name}']",
                    f"two elements have the id {name!r} ({found[name].tag!s} and {element.tag!s})",
                    expected="every id once, so that a signature means one element (a copy beside the signed "
                    "one is how "
                    "signatures are wrapped)",
                    remedy="give each element an id of its own; do not copy elements of an earlier message into "
                    "a new one",
                    source=XML_SIGNATURE,
                )
    return found


def signature_holds(signature: Signature, key: xmlsec.Key, targets: Iterable[Element]) -> bool:
    """Whether value and digests are right under the key; references can mean the given elements only."""
    context = xmlsec.SignatureContext()
    context.key = key
    for target in targets:
        for attribute in ID_ATTRIBUTES:
            if target.get(attribute) is not None:
                name = etree.QName(attribute)
                context.register_id(target, name.localname, name.namespace)
    try:
        context.verify(signature.element)
    except xmlsec.Error:
        return False
    return True


def hmac_key(secret: bytes) -> xmlsec.Key:
    """A shared key."""
    return xmlsec.Key.from_binary_data(xmlsec.constants.KeyDataHmac, secret)


def public_key(pem: bytes) -> xmlsec.Key:
    """A public key (SubjectPublicKeyInfo)."""
    return xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatPem)


def certificate_key(pem: bytes) -> xmlsec.Key:
    """The public key of a certificate."""
    return xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatCertPem)


def sign_enveloped(element: Element, place: int, identity: Identity, digest: str) -> None:
    """Put a signature over the element into it, as its child number ``place``; ``digest`` is sha256 or sha1."""
    name = next(element.get(id_attribute) for id_attribute in ID_ATTRIBUTES if element.get(id_attribute) is not None)
    signature = make(DS, "Signature")
    info = add(signature, DS, "SignedInfo")
    add(info, DS, "CanonicalizationMethod", Algorithm=EXC_C14N)
    add(info, DS, "SignatureMethod", Algorithm=RSA_SHA1 if digest == "sha1" else RSA_SHA256)
    reference = add(info, DS, "Reference", URI=f"#{name}")
    transforms = add(reference, DS, "Transforms")
    add(transforms, DS, "Transform", Algorithm=ENVELOPED)
    add(transforms, DS, "Transform", Algorithm=EXC_C14N)
    add(reference, DS, "DigestMethod", Algorithm=SHA1 if digest == "sha1" else SHA256)
    add(reference, DS, "DigestValue")
    add(signature, DS, "SignatureValue")
    data = add(add(signature, DS, "KeyInfo"), DS, "X509Data")
    add(data, DS, "X509Certificate", _certificate_text(identity))
    element.insert(place, signature)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(identity.key_pem, xmlsec.constants.KeyDataFormatPem)
    for attribute in ID_ATTRIBUTES:
        if element.get(attribute) is not None:
            context.register_id(element, etree.QName(attribute).localname, etree.QName(attribute).namespace)
    context.sign(signature)


def _certificate_text(identity: Identity) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    return to_base64(identity.certificate.public_bytes(Encoding.DER))


def _algorithm(method: Element | None) -> str:
    return "missing" if method is None else repr(method.get("Algorithm"))


def _refused(element: str, found: str, expected: str, advice: str) -> Refused:
    return refuse(Check.SIGNATURE, element, found, expected=expected, remedy=advice, source=XML_SIGNATURE)
