"""Writes what goes back: an envelope of either version, with the payloads put back where their references stand."""

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

IN_MEMORY = 1024 * 1024
"""Answers and payloads of more bytes than this are read as they leave."""

_ROOT = "envelope@aldis-conformance"
_DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>\n'
_PLACE = re.compile(rb"<\?payload ([0-9a-f]{64})\?>")
_PAYLOAD_DECLARATION = re.compile(rb"\s*<\?xml\s[^>]*\?>\s*")
_NAMED_IN_TEXT = ("soap", "fault", "wsa", "wsse", "wst", "strange")
"""Prefixes that a fault uses in text and attribute values, where lxml does not see that they are needed."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Stream:
    """A large answer: bytes, and blobs that are read as they leave (without their first ``skip`` bytes)."""

    parts: tuple[bytes | tuple[OpenBlob, int], ...]

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(len(part) if isinstance(part, bytes) else part[0].size - part[1] for part in self.parts)

    def __iter__(self) -> Iterator[bytes]:
        """The bytes, a piece at a time; raises StoreError when a blob cannot be read."""
        for part in self.parts:
            if isinstance(part, bytes):
                yield part
                continue
            blob, skip = part
            for piece in blob.pieces():
                yield piece[skip:]
                skip = max(skip - len(piece), 0)

    def joined(self) -> bytes:
        """All in memory: for answers that are known to be small."""
        return b"".join(self)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer on the wire.

    ``broken`` means that the connection breaks instead, as an injected fault, ``cut`` that it breaks half-way through.
    A large one has a ``stream`` in place of a ``body``. ``envelope`` is the answer without its payloads.
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
    """One envelope, UTF-8, references to payloads still in their places."""
    envelope = etree.Element(version.tag("Envelope"), nsmap={"soap": version.namespace})
    blocks = list(headers)
    if blocks:
        etree.SubElement(envelope, version.tag("Header")).extend(blocks)
    etree.SubElement(envelope, version.tag("Body")).append(content)
    used = {prefix: uri for prefix, uri in PREFIXES.items() if _uses(content, uri)}
    etree.cleanup_namespaces(envelope, top_nsmap={"soap": version.namespace, **used}, keep_ns_prefixes=_NAMED_IN_TEXT)
    return _DECLARATION + etree.tostring(envelope, encoding="utf-8")


def put_payloads_back(envelope: bytes, payload: Callable[[str], OpenBlob]) -> Stream:
    """The envelope with each mark (:data:`dispatching.REFERENCE_MARK`) replaced by the document that it names.

    ``payload`` gives the blob behind a reference (UTF-8). Nobody but us can have written a mark: processing
    instructions of a sender stand inside payloads, and those are not searched.
    """
    parts: list[bytes | tuple[OpenBlob, int]] = []
    end = 0
    for place in _PLACE.finditer(envelope):
        parts.append(envelope[end : place.start()])
        blob = payload(place[1].decode("ascii"))
        if blob.size <= IN_MEMORY:
            parts.append(as_element(b"".join(blob.pieces())))
        else:
            head = next(iter(blob.pieces()))
            parts.append((blob, len(head) - len(as_element(head))))
        end = place.end()
    return Stream((*parts, envelope[end:]))


def as_mtom(envelope: Stream, version: SoapVersion) -> tuple[str, Stream]:
    """Return an answer as MTOM: its Content-Type, and its bytes with the envelope as the root part, the only one.

    WCF writes XML content inside the envelope and optimises base64 values only (inferred for DIT), so no payload has a
    part of its own.
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
    """A document (UTF-8) as it can stand inside another: without byte order mark and XML declaration."""
    document = document.removeprefix(_BYTE_ORDER_MARK)
    declaration = _PAYLOAD_DECLARATION.match(document)
    return document[declaration.end() :] if declaration else document


def _uses(content: Element, namespace: str) -> bool:
    return any(
        isinstance(element.tag, str) and element.tag.startswith(f"{{{namespace}}}") for element in content.iter()
    )
