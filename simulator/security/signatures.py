"""XML signatures: reading, verifying and making them (libxmlsec1), and helpers for elements of many namespaces.

The elements to which a signature may refer are registered with the library one by one, and it can find no others. So a
moved element is never mistaken for the one that took its place (signature wrapping).
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
XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
"""Attribute that is an id in any element. Nothing is signed by it, but a duplicate of an id in it is refused."""
ID_ATTRIBUTES = (f"{{{WSU}}}Id", "Id", "ID", "AssertionID")
"""Attributes that give an element the id by which signatures refer to it."""

_CANONICAL = (EXC_C14N, C14N)
_BLANK = re.compile(r"\s+")


def make(namespace: str, name: str, text: str | None = None, /, **attributes: str) -> Element:
    """Create an element with the usual prefix of its namespace."""
    element = etree.Element(f"{{{namespace}}}{name}", attributes, nsmap={PREFIXES.get(namespace): namespace})
    element.text = text
    return element


def add(parent: Element, namespace: str, name: str, text: str | None = None, /, **attributes: str) -> Element:
    """Create an element as the last child of ``parent``."""
    element = make(namespace, name, text, **attributes)
    parent.append(element)
    return element


def children(parent: Element, namespace: str, name: str) -> list[Element]:
    """Return the children of this name."""
    return parent.findall(f"{{{namespace}}}{name}")


def only(parent: Element, namespace: str, name: str) -> Element | None:
    """Return the only child of this name, None when there is none or more than one."""
    matching = children(parent, namespace, name)
    return matching[0] if len(matching) == 1 else None


def text_of(element: Element | None) -> str:
    """Return the text of an element without white space around it; empty for None."""
    return (element.text or "").strip() if element is not None else ""


def elements(parent: Element) -> Iterator[Element]:
    """Yield the children that are elements, without comments and processing instructions."""
    return (element for element in parent if isinstance(element.tag, str))


def name_of(element: Element) -> str:
    """Return the name of an element for messages, ``prefix:Local`` with the usual prefix."""
    name = etree.QName(element)
    prefix = PREFIXES.get(name.namespace or "", element.prefix)
    return f"{prefix}:{name.localname}" if prefix else name.localname


def from_base64(text: str) -> bytes | None:
    """Decode Base64; None when the text is invalid."""
    try:
        return base64.b64decode(_BLANK.sub("", text), validate=True)
    except (binascii.Error, ValueError):
        return None


def to_base64(data: bytes) -> str:
    """Encode bytes as Base64 in one line."""
    return base64.b64encode(data).decode("ascii")


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference of a signature: the id of the signed element, its transforms and its digest algorithm."""

    target: str
    transforms: tuple[str, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Signature:
    """The content of a ds:Signature, which is not verified yet."""

    element: Element
    algorithm: str
    references: tuple[Reference, ...]
    value: str

    @property
    def key_info(self) -> Element | None:
        """The ds:KeyInfo, None when there is none."""
        return only(self.element, DS, "KeyInfo")


def read_signature(
    element: Element, where: str, *, algorithms: Iterable[str], digests: Iterable[str], enveloped: bool
) -> Signature:
    """Read a signature; raises Refused when it is incomplete, or uses an algorithm or transform that is not allowed.

    ``where`` names it in messages. An ``enveloped`` signature signs the element of which it is a child.
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
    """Return all elements of a document that have an id, by id; raises Refused when two have the same one."""
    elements_by_id: dict[str, Element] = {}
    for element in root.iter("*"):
        for attribute in (*ID_ATTRIBUTES, XML_ID):
            name = element.get(attribute)
            if name is None:
                continue
            if elements_by_id.setdefault(name, element) is not element:
                raise refuse(
                    Check.DUPLICATE_ID,
                    f"soap:Envelope//*[@Id='{name}']",
                    f"two elements have the id {name!r} ({elements_by_id[name].tag!s} and {element.tag!s})",
                    expected="every id once, so that a signature means one element (a copy beside the signed "
                    "one is how signatures are wrapped)",
                    remedy="give each element an id of its own; do not copy elements of an earlier message into "
                    "a new one",
                    source=XML_SIGNATURE,
                )
    return elements_by_id


def signature_holds(signature: Signature, key: xmlsec.Key, targets: Iterable[Element]) -> bool:
    """Return True when value and digests match under the key; references can refer to ``targets`` only."""
    context = xmlsec.SignatureContext()
    context.key = key
    for target in targets:
        _register_ids(context, target)
    try:
        context.verify(signature.element)
    except xmlsec.Error:
        return False
    return True


def hmac_key(secret: bytes) -> xmlsec.Key:
    """Return the key of an HMAC for a shared secret."""
    return xmlsec.Key.from_binary_data(xmlsec.constants.KeyDataHmac, secret)


def public_key(pem: bytes) -> xmlsec.Key:
    """Return a public key from PEM (SubjectPublicKeyInfo)."""
    return xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatPem)


def certificate_key(pem: bytes) -> xmlsec.Key:
    """Return the public key of a certificate in PEM."""
    return xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatCertPem)


def sign_enveloped(element: Element, index: int, identity: Identity, digest: str) -> None:
    """Sign an element; the signature becomes its child number ``index``. ``digest`` is sha256 or sha1."""
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
    element.insert(index, signature)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(identity.key_pem, xmlsec.constants.KeyDataFormatPem)
    _register_ids(context, element)
    context.sign(signature)


def _register_ids(context: xmlsec.SignatureContext, element: Element) -> None:
    for attribute in ID_ATTRIBUTES:
        if element.get(attribute) is not None:
            name = etree.QName(attribute)
            context.register_id(element, name.localname, name.namespace)


def _certificate_text(identity: Identity) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    return to_base64(identity.certificate.public_bytes(Encoding.DER))


def _algorithm(method: Element | None) -> str:
    return "missing" if method is None else repr(method.get("Algorithm"))


def _refused(element: str, found: str, expected: str, advice: str) -> Refused:
    return refuse(Check.SIGNATURE, element, found, expected=expected, remedy=advice, source=XML_SIGNATURE)
