"""The body of a request: reading its bytes from the connection within limits, and converting them to UTF-8.

A large body is written to a temporary file, and read from there as a :class:`FileSlice`, a piece at a time.
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

PIECE_BYTES = 256 * 1024
"""Bytes of a file that are held in memory at a time."""
READ_BYTES = 64 * 1024
"""Bytes that are read from a connection at a time."""
SPOOL_THRESHOLD = 1024 * 1024
"""Bodies of more bytes than this are written to a temporary file."""
BODY_GRACE_SECONDS = 60
"""Wall seconds that a body may take beyond its size divided by :data:`MIN_BYTES_PER_SECOND` (assumed)."""
MIN_BYTES_PER_SECOND = 10_000
"""Bytes per wall second at which a body must come after its first :data:`BODY_GRACE_SECONDS` (assumed)."""
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


@dataclass(frozen=True, slots=True)
class FileSlice:
    """The bytes of a file from ``start`` up to ``end``, which is not included.

    Slices of one file share its position, so only one thread at a time may use them.
    """

    file: BinaryIO
    start: int
    end: int

    @classmethod
    def whole(cls, file: BinaryIO) -> FileSlice:
        """Return the slice that covers a whole file."""
        return cls(file, 0, file.seek(0, 2))

    @property
    def size(self) -> int:
        """Length of the slice in bytes."""
        return self.end - self.start

    def read(self, start: int, end: int) -> bytes:
        """Return the bytes from ``start`` up to ``end``, positions in the slice; those outside of it are left out."""
        first = self.start + max(start, 0)
        self.file.seek(first)
        wanted = max(min(self.start + end, self.end) - first, 0)
        parts = []
        while wanted and (part := self.file.read(wanted)):
            parts.append(part)
            wanted -= len(part)
        return b"".join(parts)

    def all(self) -> bytes:
        """Return all bytes at once; for slices that are known to be small."""
        return self.read(0, self.size)

    def pieces(self, start: int = 0) -> Iterator[bytes]:
        """Yield the bytes from the position ``start`` on, :data:`PIECE_BYTES` at a time."""
        for position in range(start, self.size, PIECE_BYTES):
            yield self.read(position, position + PIECE_BYTES)

    def part(self, start: int, end: int | None = None) -> FileSlice:
        """Return the slice from ``start`` up to ``end`` (None: the end of this slice), positions in this slice."""
        return FileSlice(self.file, self.start + start, self.start + end if end is not None else self.end)

    def find(self, wanted: bytes, start: int = 0) -> int:
        """Return the position of the first ``wanted`` bytes from ``start`` on, -1 when they do not occur."""
        overlap = b""
        for position in range(start, self.size, PIECE_BYTES):
            data = overlap + self.read(position, position + PIECE_BYTES)
            index = data.find(wanted)
            if index >= 0:
                return position - len(overlap) + index
            overlap = data[-(len(wanted) - 1) :] if len(wanted) > 1 else b""
        return -1


class Readable(Protocol):
    """A request's input stream."""

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes; none at the end of the stream."""
        ...


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body of ``size`` bytes: in ``data``, or in ``file`` when it is large.

    With a file, ``data`` holds the first bytes only.
    """

    data: bytes = b""
    file: BinaryIO | None = None
    size: int = 0

    @property
    def file_slice(self) -> FileSlice:
        """All bytes of the body, as a slice of its file or of a file in memory."""
        return FileSlice.whole(self.file if self.file is not None else io.BytesIO(self.data))

    def close(self) -> None:
        """Close the file, if there is one."""
        if self.file is not None:
            self.file.close()


class BodyRefused(Exception):
    """The body differs from its announcement or exceeds a limit.

    ``refusal`` is for the client, ``read`` the first bytes of the body, for the journal.
    """

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
    """Read the body of a request.

    ``length`` is the announced number of bytes, None for a chunked body; ``limit`` is the largest number allowed.
    ``spool`` opens the file for a body of more than :data:`SPOOL_THRESHOLD` bytes; ``seconds`` reads a clock of wall
    time. Raises BodyRefused for a body that is too large, as soon as that is known, for one that ends early and for one
    that comes too slowly. The server must then discard the rest of the body. Raises StoreError when the file cannot be
    written.
    """
    if length is not None and length > limit:
        raise BodyRefused(_too_large(length, limit), b"")
    received = _ReceivedBytes(spool)
    try:
        _receive(stream, received, length, limit, seconds)
    except TimeoutError as error:
        raise received.refused(_too_slow(received.size)) from error
    except ValueError as error:
        raise received.refused(_broken(f"the chunked body is broken: {error}")) from error
    except OSError as error:
        raise received.refused(_broken(f"the connection failed: {error.strerror or error}")) from error
    except BaseException:
        received.close()
        raise
    return received.body()


def _receive(
    stream: Readable, received: _ReceivedBytes, length: int | None, limit: int, seconds: Callable[[], float]
) -> None:
    started = seconds()
    while length is None or received.size < length:
        part = stream.read(READ_BYTES if length is None else min(READ_BYTES, length - received.size))
        if not part:
            break
        received.add(part)
        if received.size > limit:
            raise received.refused(_too_large(None, limit))
        if seconds() - started > BODY_GRACE_SECONDS + received.size / MIN_BYTES_PER_SECOND:
            raise received.refused(_too_slow(received.size))
    if length is not None and received.size < length:
        what = f"the body ended after {received.size} of the {length} bytes that Content-Length announced"
        raise received.refused(_broken(what))


class _ReceivedBytes:
    """The bytes received so far: in memory up to SPOOL_THRESHOLD, then in a file."""

    def __init__(self, spool: Callable[[], BinaryIO]) -> None:
        self.size = 0
        self._spool = spool
        self._parts: list[bytes] = []
        self._file: BinaryIO | None = None

    def add(self, part: bytes) -> None:
        self.size += len(part)
        if self._file is None:
            self._parts.append(part)
            if self.size > SPOOL_THRESHOLD:
                self._file = self._spool()
                for spooled_part in self._parts:
                    _write(self._file, spooled_part)
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
    """Convert a document to UTF-8 without a byte order mark; nothing else changes, line ends included.

    ``charset`` is the media type's parameter. A byte order mark takes precedence over it, and it over the XML
    declaration (RFC 7303). Raises Refused for encodings other than UTF-8 and UTF-16, and for bytes that are invalid in
    the named encoding.
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


def slice_to_utf8(file_slice: FileSlice, charset: str | None, spool: Callable[[], BinaryIO]) -> FileSlice:
    """Convert a large document in a file to UTF-8, as :func:`to_utf8` does; UTF-8 is not copied.

    ``spool`` opens the file for the converted document. Raises Refused, StoreError.
    """
    encoding, mark = _encoding(file_slice.read(0, READ_BYTES), charset)
    if _ENCODINGS.get(encoding) in {None, "utf-8"}:
        to_utf8(b"", encoding)  # raises for an unsupported encoding
        return file_slice.part(len(mark))
    decoder = codecs.getincrementaldecoder(_ENCODINGS[encoding])()
    file = spool()
    try:
        for piece in file_slice.pieces(len(mark)):
            _write(file, decoder.decode(piece).encode("utf-8"))
        _write(file, decoder.decode(b"", final=True).encode("utf-8"))
    except UnicodeError as error:
        file.close()
        raise _undecodable(encoding, error) from error
    except BaseException:
        file.close()
        raise
    return FileSlice.whole(file)


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
        canonical_name = codecs.lookup(name).name
    except (LookupError, ValueError):  # the latter for names with a null character
        return name.lower()
    return "us-ascii" if canonical_name == "ascii" else canonical_name


def _too_large(length: int | None, limit: int) -> Refused:
    size = f"{length} bytes" if length is not None else f"more than {limit} bytes"
    return refuse(
        EnvelopeCode.TOO_LARGE,
        latvian=f"Pieprasījums ir par lielu: atļauti ne vairāk kā {limit} baiti.",
        text=f"The request is too large: no more than {limit} bytes are allowed.",
        found=f"the body has {size}",
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
        remedy=f"it has to begin at once and to come at {MIN_BYTES_PER_SECOND} bytes a second or faster after the "
        f"first {BODY_GRACE_SECONDS} seconds (assumed): send it in one go",
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
