"""Replies: an envelope of either SOAP version, in which payloads replace their references, plain or as MTOM."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from lxml import etree

from simulator.documents.parsing import Element
from simulator.soap.contract import PREFIXES
from simulator.soap.refusals import SoapVersion
from simulator.store import OpenBlob

STREAM_THRESHOLD = 1024 * 1024
"""Replies and payloads of more bytes than this are streamed from the blob store."""

_ROOT = "envelope@aldis-conformance"
_DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>\n'
_MARK = re.compile(rb"<\?payload ([0-9a-f]{64})\?>")
_PAYLOAD_DECLARATION = re.compile(rb"\s*<\?xml\s[^>]*\?>\s*")
_NAMED_IN_TEXT = ("soap", "fault", "wsa", "wsse", "wst", "strange")
"""Prefixes that a fault uses in text and attribute values, where lxml does not detect their use."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Stream:
    """The body of a reply: bytes, and blobs that are read while it is sent (without their first bytes: the number)."""

    parts: tuple[bytes | tuple[OpenBlob, int], ...]

    @property
    def size(self) -> int:
        """Length of the body in bytes."""
        return sum(len(part) if isinstance(part, bytes) else part[0].size - part[1] for part in self.parts)

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes, a piece at a time; raises StoreError when a blob cannot be read."""
        for part in self.parts:
            if isinstance(part, bytes):
                yield part
                continue
            blob, skip = part
            for piece in blob.pieces():
                yield piece[skip:]
                skip = max(skip - len(piece), 0)

    def joined(self) -> bytes:
        """Return all bytes at once; for replies that are known to be small."""
        return b"".join(self)


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply to a call, before it is sent.

    A large reply has a ``stream`` instead of a ``body``. ``envelope`` is the reply without its payloads. As injected
    faults, ``broken`` means that the connection is closed without the reply, ``cut`` that it is closed half-way.
    """

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = field(default=())
    broken: bool = False
    cut: bool = False
    stream: Stream | None = None
    envelope: bytes = b""


def write_envelope(version: SoapVersion, headers: Iterable[Element], content: Element) -> bytes:
    """Return an envelope in UTF-8, which has references in place of payloads."""
    envelope = etree.Element(version.tag("Envelope"), nsmap={"soap": version.namespace})
    blocks = list(headers)
    if blocks:
        etree.SubElement(envelope, version.tag("Header")).extend(blocks)
    etree.SubElement(envelope, version.tag("Body")).append(content)
    used = {prefix: uri for prefix, uri in PREFIXES.items() if _uses(content, uri)}
    etree.cleanup_namespaces(envelope, top_nsmap={"soap": version.namespace, **used}, keep_ns_prefixes=_NAMED_IN_TEXT)
    return _DECLARATION + etree.tostring(envelope, encoding="utf-8")


def put_payloads_back(envelope: bytes, payload: Callable[[str], OpenBlob]) -> Stream:
    """Replace each mark (:data:`dispatching.REFERENCE_MARK`) in an envelope by the document to which it refers.

    ``payload`` returns the blob of a reference (UTF-8). A sender cannot forge a mark: its processing instructions are
    inside payloads, and those are not searched. Raises StoreError.
    """
    parts: list[bytes | tuple[OpenBlob, int]] = []
    end = 0
    for mark in _MARK.finditer(envelope):
        parts.append(envelope[end : mark.start()])
        blob = payload(mark[1].decode("ascii"))
        if blob.size <= STREAM_THRESHOLD:
            parts.append(as_element(b"".join(blob.pieces())))
        else:
            head = next(iter(blob.pieces()))
            parts.append((blob, len(head) - len(as_element(head))))
        end = mark.end()
    return Stream((*parts, envelope[end:]))


def as_mtom(envelope: Stream, version: SoapVersion) -> tuple[str, Stream]:
    """Return the Content-Type and the body of a reply as MTOM, with the envelope as its root part.

    It has no other part: WCF writes XML content inside the envelope and optimises base64 values only (inferred for
    DIT).
    """
    boundary = f"aldis-{uuid.uuid4().hex}"
    content_type = (
        f'multipart/related; type="application/xop+xml"; start="<{_ROOT}>"; start-info="{version.media_type}"; '
        f'boundary="{boundary}"'
    )
    kind = f'application/xop+xml; charset=utf-8; type="{version.media_type}"'
    head = f"--{boundary}\r\nContent-ID: <{_ROOT}>\r\nContent-Transfer-Encoding: binary\r\nContent-Type: {kind}\r\n\r\n"
    return content_type, Stream((head.encode(), *envelope.parts, f"\r\n--{boundary}--\r\n".encode()))


def as_element(document: bytes) -> bytes:
    """Return a document (UTF-8) without byte order mark and XML declaration, for use inside another document."""
    document = document.removeprefix(_BYTE_ORDER_MARK)
    declaration = _PAYLOAD_DECLARATION.match(document)
    return document[declaration.end() :] if declaration else document


def _uses(content: Element, namespace: str) -> bool:
    return any(
        isinstance(element.tag, str) and element.tag.startswith(f"{{{namespace}}}") for element in content.iter()
    )
