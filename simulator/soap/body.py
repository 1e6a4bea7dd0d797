"""The bytes of a request: how many may come, and in which encoding they are."""

from __future__ import annotations

import codecs
import re
from typing import Protocol

from simulator.soap.refusals import EnvelopeRefusal, SoapRefusal, refuse

CHUNK = 64 * 1024
ENVELOPE_ALLOWANCE = 1024 * 1024
"""Bytes that a request may have beyond DIT's limit on the message, for the envelope around it (assumed)."""

_DECLARED = re.compile(rb"""<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._\-]+)["']""")
_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_ENCODINGS = {
    "utf-8": "utf-8",
    "us-ascii": "utf-8",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
}


class Readable(Protocol):
    """What a request's input stream can do."""

    def read(self, size: int, /) -> bytes:
        """Up to ``size`` bytes; none at the end."""
        ...


class BodyRefused(Exception):
    """The body is not as announced or not allowed; carries the refusal and the first bytes, for the journal."""

    def __init__(self, refusal: SoapRefusal, read: bytes) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal
        self.read = read


def read_body(stream: Readable, *, length: int | None, limit: int) -> bytes:
    """All bytes of a request's body.

    ``length`` is the announced number of bytes, None for a chunked body; ``limit`` is the largest number allowed.
    Raises BodyRefused for a body that is too large or that ends early. What is still under way of one that is too large
    is read and thrown away, as far as the limit once more: a client that writes before it reads gets its answer.
    """
    if length is not None and length > limit:
        _discard(stream, min(length, limit))
        raise BodyRefused(_too_large(length, limit), b"")
    parts: list[bytes] = []
    size = 0
    while length is None or size < length:
        try:
            part = stream.read(CHUNK if length is None else min(CHUNK, length - size))
        except ValueError as error:
            raise BodyRefused(_broken(f"the chunked body is broken: {error}"), b"".join(parts)) from error
        if not part:
            break
        parts.append(part)
        size += len(part)
        if size > limit:
            _discard(stream, limit)
            raise BodyRefused(_too_large(None, limit), b"".join(parts))
    data = b"".join(parts)
    if length is not None and size < length:
        raise BodyRefused(
            _broken(f"the body ended after {size} of the {length} bytes that Content-Length announced"), data
        )
    return data


def to_utf8(data: bytes, charset: str | None) -> bytes:
    """The same document in UTF-8, without a byte order mark; line ends and all else stay as they are.

    ``charset`` is the media type's parameter. A byte order mark counts for more than it, and it for more than the XML
    declaration (RFC 7303). Raises SoapRefusal for other encodings than UTF-8 and UTF-16, and for bytes that are not in
    the encoding named.
    """
    encoding, mark = _encoding(data, charset)
    known = _ENCODINGS.get(encoding)
    if known is None:
        raise refuse(
            EnvelopeRefusal.CHARSET,
            lv=f"Kodējumu “{encoding}” neatbalsta; sūtiet UTF-8.",
            en=f"The encoding {encoding!r} is not supported; send UTF-8.",
            cause=f"the request says that it is in {encoding!r}; DIT takes UTF-8 (integration instruction v1.09, 2.4), "
            "the simulator UTF-16 as well: set charset=utf-8 in Content-Type and in the XML declaration",
            http_status=415,
        )
    body = data[len(mark) :]
    if known == "utf-8":
        return body
    try:
        return body.decode(known).encode("utf-8")
    except UnicodeError as error:
        raise refuse(
            EnvelopeRefusal.MALFORMED,
            lv=f"Pieprasījuma baiti nav derīgs {encoding}.",
            en=f"The request's bytes are not valid {encoding}.",
            cause=f"the request says that it is in {encoding!r}, but cannot be decoded so: {error}",
        ) from error


def _encoding(data: bytes, charset: str | None) -> tuple[str, bytes]:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return encoding, mark
    if charset:
        return _canonical(charset), b""
    if data[:2] == b"<\x00":
        return "utf-16-le", b""
    if data[:2] == b"\x00<":
        return "utf-16-be", b""
    declared = _DECLARED.match(data)
    return (_canonical(declared[1].decode("ascii")) if declared else "utf-8"), b""


def _canonical(name: str) -> str:
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):  # the latter for names with a null character
        return name.lower()
    return "us-ascii" if found == "ascii" else found


def _discard(stream: Readable, size: int) -> None:
    while size > 0:
        try:
            part = stream.read(min(CHUNK, size))
        except (ValueError, OSError):
            return  # the client is gone or sends nonsense: nothing is left that an answer would have to wait for
        if not part:
            return
        size -= len(part)


def _too_large(length: int | None, limit: int) -> SoapRefusal:
    found = f"{length} bytes" if length is not None else f"more than {limit} bytes"
    return refuse(
        EnvelopeRefusal.TOO_LARGE,
        lv=f"Pieprasījums ir par lielu: atļauti ne vairāk kā {limit} baiti.",
        en=f"The request is too large: no more than {limit} bytes are allowed.",
        cause=f"the body has {found}; the limit is DIT's 500 MB a message (integration instruction v1.09, 2.4; the "
        f"profile's limits.message_bytes) and {ENVELOPE_ALLOWANCE} bytes for the envelope: split the document",
        http_status=413,
    )


def _broken(what: str) -> SoapRefusal:
    return refuse(
        EnvelopeRefusal.INCOMPLETE,
        lv="Pieprasījums nav saņemts pilnībā.",
        en="The request did not arrive whole.",
        cause=f"{what}; the connection broke, or Content-Length counts characters where it must count bytes",
        http_status=400,
    )
