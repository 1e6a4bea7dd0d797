"""Small helpers for building and reading elements of many namespaces."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from lxml import etree

from simulator.documents.parsing import Element
from simulator.security.names import DS, SAML1, SAML2, WSA, WSSE, WSSE11, WST, WSU, XENC

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
    return (each for each in parent if isinstance(each.tag, str))


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
