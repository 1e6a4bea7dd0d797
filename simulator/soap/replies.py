"""Writes what goes back: an envelope of either version, with the payloads put back where their references stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from lxml import etree

from simulator.documents.parsing import Element
from simulator.soap.contract import PREFIXES
from simulator.soap.versions import SoapVersion

_DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>\n'
_PLACE = re.compile(rb"<\?payload ([0-9a-f]{64})\?>")
_PAYLOAD_DECLARATION = re.compile(rb"\s*<\?xml\s[^>]*\?>\s*")
_NAMED_IN_TEXT = ("soap", "fault", "wsa", "strange")
"""Prefixes that a fault uses in text and attribute values, where lxml does not see that they are needed."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer on the wire. ``broken`` means that the connection is to break instead, as misbehaviour on purpose;
    ``cut`` that it breaks half-way through the body.
    """

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = field(default=())
    broken: bool = False
    cut: bool = False


def write_envelope(version: SoapVersion, headers: Iterable[Element], content: Element) -> bytes:
    """One envelope, UTF-8, references to payloads still in their places."""
    envelope = etree.Element(version.tag("Envelope"), nsmap={"soap": version.namespace})
    blocks = list(headers)
    if blocks:
        etree.SubElement(envelope, version.tag("Header")).extend(blocks)
    etree.SubElement(envelope, version.tag("Body")).append(content)
    used = {prefix: uri for prefix, uri in PREFIXES.items() if _uses(content, uri)}
    etree.cleanup_namespaces(envelope, top_nsmap={"soap": version.namespace, **used}, keep_ns_prefixes=_NAMED_IN_TEXT)
    return _DECLARATION + etree.tostring(envelope, encoding="utf-8")


def put_payloads_back(envelope: bytes, payload: Callable[[str], bytes]) -> bytes:
    """The envelope with each mark (:data:`dispatching.REFERENCE_MARK`) replaced by the document that it names.

    ``payload`` gives the bytes behind a reference (UTF-8). Nobody but us can have written a mark: processing
    instructions of a sender stand inside payloads, and those are not searched.
    """
    return b"".join(_pieces(envelope, payload))


def _pieces(envelope: bytes, payload: Callable[[str], bytes]) -> Iterator[bytes]:
    end = 0
    for place in _PLACE.finditer(envelope):
        yield envelope[end : place.start()]
        yield as_element(payload(place[1].decode("ascii")))
        end = place.end()
    yield envelope[end:]


def as_element(document: bytes) -> bytes:
    """A document (UTF-8) as it can stand inside another: without byte order mark and XML declaration."""
    document = document.removeprefix(_BYTE_ORDER_MARK)
    declaration = _PAYLOAD_DECLARATION.match(document)
    return document[declaration.end() :] if declaration else document


def _uses(content: Element, namespace: str) -> bool:
    return any(isinstance(each.tag, str) and each.tag.startswith(f"{{{namespace}}}") for each in content.iter())
