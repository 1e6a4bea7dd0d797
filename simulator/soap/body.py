"""The bytes of a request: how many may come, and in which encoding they are.

Part of a large request, in a file: looked at through small windows, never whole in memory.
"""

from __future__ import annotations

import codecs
import io
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from simulator.dit.refusals import Refused
from simulator.soap.refusals import EnvelopeCode, refuse
from simulator.store.errors import from_os_error

PIECE = 256 * 1024
"""Bytes that are held in memory at a time."""


@dataclass(frozen=True, slots=True)
class Window:
    """The bytes of a file from ``start`` to before ``end``. One thread at a time may look through a file's windows."""

    file: BinaryIO
    start: int
    end: int

    @classmethod
    def whole(cls, file: BinaryIO) -> Window:
        """All of a file."""
        return cls(file, 0, file.seek(0, 2))

    @property
    def size(self) -> int:
        """Bytes."""
        return self.end - self.start

    def read(self, start: int, end: int) -> bytes:
        """Some bytes; both places count from the window's start, and what lies outside of it is left out."""
        first = self.start + max(start, 0)
        self.file.seek(first)
        wanted = max(min(self.start + end, self.end) - first, 0)
        parts = []
        while wanted and (part := self.file.read(wanted)):
            parts.append(part)
            wanted -= len(part)
        return b"".join(parts)

    def all(self) -> bytes:
        """All bytes, in memory: for windows that are known to be small."""
        return self.read(0, self.size)

    def pieces(self, start: int = 0) -> Iterator[bytes]:
        """The bytes from a place on, a piece at a time."""
        for position in range(start, self.size, PIECE):
            yield self.read(position, position + PIECE)

    def part(self, start: int, end: int | None = None) -> Window:
        """A window inside this one."""
        return Window(self.file, self.start + start, self.start + end if end is not None else self.end)

    def find(self, wanted: bytes, start: int = 0) -> int:
        """Return the position at which some bytes begin, -1 when they do not occur."""
        kept = b""
        for position in range(start, self.size, PIECE):
            data = kept + self.read(position, position + PIECE)
            found = data.find(wanted)
            if found >= 0:
                return position - len(kept) + found
            kept = data[-(len(wanted) - 1) :] if len(wanted) > 1 else b""
        return -1


CHUNK = 64 * 1024
IN_MEMORY = 1024 * 1024
"""Bodies of more bytes than this wait in a file."""
PATIENCE = 60
"""Wall seconds that a client may take before its body has to come at :data:`SLOWEST` (assumed)."""
SLOWEST = 10_000
"""Bytes a second (assumed)."""
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
    """The methods of a request's input stream."""

    def read(self, size: int, /) -> bytes:
        """Up to ``size`` bytes; none at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Body:
    """A request's bytes: all in ``data``, or in ``file`` when they are many, with the first of them in ``data``."""

    data: bytes = b""
    file: BinaryIO | None = None
    size: int = 0

    @property
    def window(self) -> Window:
        """The bytes to be looked through."""
        return Window.whole(self.file if self.file is not None else io.BytesIO(self.data))

    def close(self) -> None:
        """Let go of the file."""
        if self.file is not None:
            self.file.close()


class BodyRefused(Exception):
    """The body is not as announced or not allowed; carries the refusal and the first bytes, for the journal."""

    def __init__(self, refusal: Refused, read: bytes) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal
        self.read = read


def read_body(
    stream: Readable,
    *,
    length: int | None,
    limit: int,
    spool: Callable[[], BinaryIO] = tempfile.TemporaryFile,
    seconds: Callable[[], float] = time.monotonic,
) -> Body:
    """All bytes of a request's body.

    ``length`` is the announced number of bytes, None for a chunked body; ``limit`` is the largest number allowed.
    ``spool`` makes the file for a body of more than :data:`IN_MEMORY` bytes, ``seconds`` is a clock of wall time.
    Raises BodyRefused for a body that is too large, as soon as that is known, ends early or comes too slowly. What is
    still under way of it is the server's to throw away.
    """
    if length is not None and length > limit:
        raise BodyRefused(_too_large(length, limit), b"")
    kept = _Kept(spool)
    try:
        _receive(stream, kept, length, limit, seconds)
    except TimeoutError as error:
        raise kept.refused(_too_slow(kept.size)) from error
    except ValueError as error:
        raise kept.refused(_broken(f"the chunked body is broken: {error}")) from error
    except OSError as error:
        raise kept.refused(_broken(f"the connection failed: {error.strerror or error}")) from error
    except BaseException:
        kept.close()
        raise
    return kept.body()


def _receive(stream: Readable, kept: _Kept, length: int | None, limit: int, seconds: Callable[[], float]) -> None:
    started = seconds()
    while length is None or kept.size < length:
        part = stream.read(CHUNK if length is None else min(CHUNK, length - kept.size))
        if not part:
            break
        kept.add(part)
        if kept.size > limit:
            raise kept.refused(_too_large(None, limit))
        if seconds() - started > PATIENCE + kept.size / SLOWEST:
            raise kept.refused(_too_slow(kept.size))
    if length is not None and kept.size < length:
        what = f"the body ended after {kept.size} of the {length} bytes that Content-Length announced"
        raise kept.refused(_broken(what))


class _Kept:
    """The bytes that have come so far: in memory while they are few, then in a file."""

    def __init__(self, spool: Callable[[], BinaryIO]) -> None:
        self.size = 0
        self._spool = spool
        self._parts: list[bytes] = []
        self._file: BinaryIO | None = None

    def add(self, part: bytes) -> None:
        self.size += len(part)
        if self._file is None:
            self._parts.append(part)
            if self.size > IN_MEMORY:
                self._file = self._spool()
                for each in self._parts:
                    _write(self._file, each)
        else:
            _write(self._file, part)

    def head(self) -> bytes:
        return b"".join(self._parts)

    def body(self) -> Body:
        return Body(self.head(), self._file, self.size)

    def refused(self, refusal: Refused) -> BodyRefused:
        self.close()
        return BodyRefused(refusal, self.head())

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def _write(file: BinaryIO, data: bytes) -> None:
    view = memoryview(data)
    try:
        while view:
            view = view[file.write(view) :]
    except OSError as error:
        raise from_os_error(error, "keeping a large request until it is read") from error


def to_utf8(data: bytes, charset: str | None) -> bytes:
    """Convert a document to UTF-8 without a byte order mark; line ends and all else stay as they are.

    ``charset`` is the media type's parameter. A byte order mark counts for more than it, and it for more than the XML
    declaration (RFC 7303). Raises Refused for other encodings than UTF-8 and UTF-16, and for bytes that are not in
    the encoding named.
    """
    encoding, mark = _encoding(data, charset)
    known = _ENCODINGS.get(encoding)
    if known is None:
        raise refuse(
            EnvelopeCode.CHARSET,
            latvian=f"Kodējumu “{encoding}” neatbalsta; sūtiet UTF-8.",
            text=f"The encoding {encoding!r} is not supported; send UTF-8.",
            found=f"the request says that it is in {encoding!r}",
            remedy="DIT takes UTF-8 (integration instruction v1.09, 2.4), the simulator UTF-16 as well: set "
            "charset=utf-8 in Content-Type and in the XML declaration",
            http_status=415,
        )
    body = data[len(mark) :]
    if known == "utf-8":
        return body
    try:
        return body.decode(known).encode("utf-8")
    except UnicodeError as error:
        raise _undecodable(encoding, error) from error


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


def window_to_utf8(window: Window, charset: str | None, spool: Callable[[], BinaryIO]) -> Window:
    """Convert a large document in a file to UTF-8; one that is UTF-8 already is not copied. Raises Refused."""
    encoding, mark = _encoding(window.read(0, CHUNK), charset)
    if _ENCODINGS.get(encoding) in {None, "utf-8"}:
        # An empty document says what there is to say against the encoding.
        to_utf8(b"", encoding)
        return window.part(len(mark))
    decoder = codecs.getincrementaldecoder(_ENCODINGS[encoding])()
    file = spool()
    try:
        for piece in window.pieces(len(mark)):
            _write(file, decoder.decode(piece).encode("utf-8"))
        _write(file, decoder.decode(b"", final=True).encode("utf-8"))
    except UnicodeError as error:
        file.close()
        raise _undecodable(encoding, error) from error
    except BaseException:
        file.close()
        raise
    return Window.whole(file)


def _undecodable(encoding: str, error: UnicodeError) -> Refused:
    return refuse(
        EnvelopeCode.MALFORMED,
        latvian=f"Pieprasījuma baiti nav derīgs {encoding}.",
        text=f"The request's bytes are not valid {encoding}.",
        found=f"the request says that it is in {encoding!r}, but cannot be decoded so: {error}",
        expected="bytes in the encoding that the byte order mark, Content-Type or the XML declaration names",
        remedy="write the request in UTF-8",
    )


def _canonical(name: str) -> str:
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):  # the latter for names with a null character
        return name.lower()
    return "us-ascii" if found == "ascii" else found


def _too_large(length: int | None, limit: int) -> Refused:
    found = f"{length} bytes" if length is not None else f"more than {limit} bytes"
    return refuse(
        EnvelopeCode.TOO_LARGE,
        latvian=f"Pieprasījums ir par lielu: atļauti ne vairāk kā {limit} baiti.",
        text=f"The request is too large: no more than {limit} bytes are allowed.",
        found=f"the body has {found}",
        remedy="the limit is DIT's 500 MB a message (integration instruction v1.09, 2.4; the profile's "
        f"limits.message_bytes) and {ENVELOPE_ALLOWANCE} bytes for the envelope: split the document",
        http_status=413,
    )


def _too_slow(size: int) -> Refused:
    return refuse(
        EnvelopeCode.TOO_SLOW,
        latvian="Pieprasījums nāk pārāk lēni.",
        text="The request comes too slowly.",
        found=f"after {size} bytes the rest of the body did not come in time",
        remedy=f"it has to begin at once and to come at {SLOWEST} bytes a second or faster after the first {PATIENCE} "
        "seconds (assumed): send it in one go",
        http_status=408,
    )


def _broken(what: str) -> Refused:
    return refuse(
        EnvelopeCode.INCOMPLETE,
        latvian="Pieprasījums nav saņemts pilnībā.",
        text="The request did not arrive whole.",
        found=what,
        expected="the whole body",
        remedy="the connection broke, Content-Length counts characters where it must count bytes, or chunks are not "
        "as long as they say",
        http_status=400,
    )
