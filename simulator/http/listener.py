"""The HTTP server of the simulator: Cheroot, with strict parsing and limits on what a faulty client may send.

A request that is not HTTP never reaches the services: the answer is 400, 408, 413 or 414 with a sentence. The body of a
request is read piece by piece as the application asks for it. After a refusal, what the client still sends is read and
discarded for a while, because closing the connection at once could destroy the answer before the client reads it.
"""

from __future__ import annotations

import contextlib
import io
import logging
import re
import socket
import ssl
import sys
import time
from typing import Any, cast

from cheroot import server, wsgi
from cheroot.ssl.builtin import BuiltinSSLAdapter

_log = logging.getLogger(__name__)
_LARGEST_HEAD = 128 * 1024  # bytes of the request line and the headers (assumed)
_LONGEST_LINE = 8 * 1024  # bytes of a line between chunks
_HANDSHAKE_SECONDS = 10.0
_DRAIN_SECONDS = 60.0
_DRAIN_SILENCE = 2.0  # wall seconds without a byte, after which the server stops waiting
_DRAIN_BYTES = 1024 * 1024 * 1024
_PIECE = 64 * 1024  # bytes
_NAME = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_DIGITS = re.compile(rb"[0-9]{1,18}")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?")
_REFUSED = {
    "501": ("400 Bad Request", "The only transfer coding is chunked."),
    "505": ("400 Bad Request", "The protocol is HTTP/1.1 or HTTP/1.0."),
}
"""Answers in place of Cheroot's 5xx, by status, where the mistake is the client's."""


class ClosingGateway(wsgi.Gateway_10):
    """Closes the connection when the answer has ``Connection: close``; the rest of the request's body is not read."""

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        """Begin an answer, as WSGI defines it."""
        if any(name.lower() == "connection" and value.lower() == "close" for name, value in headers):
            self.req.close_connection = True
        return super().start_response(status, headers, exc_info)


class _Counted(socket.SocketIO):
    """A socket that counts the bytes received from it."""

    received = 0

    def readinto(self, buffer: Any, /) -> int | None:
        count = super().readinto(buffer)
        self.received += count or 0
        return count


class _Reader(io.BufferedReader):
    """Buffered reader of a connection. Cheroot's own, in Python, takes four times as long for the head of a request.

    ``bytes_read`` counts the bytes that were read from it.
    """

    bytes_read = 0

    def __init__(self, source: socket.socket, size: int) -> None:
        self._counted = _Counted(source, "r")
        super().__init__(self._counted, size)

    def has_data(self) -> bool:
        """Return True when there are received bytes that were not read; Cheroot calls this before it waits for more."""
        return self._counted.received > self.bytes_read

    def read(self, size: int | None = -1, /) -> bytes:
        return self._count(super().read(size))

    def read1(self, size: int = -1, /) -> bytes:
        return self._count(super().read1(size))

    def readline(self, size: int | None = -1, /) -> bytes:
        return self._count(super().readline(size))

    def _count(self, data: bytes) -> bytes:
        self.bytes_read += len(data)
        return data


class _Body(io.RawIOBase):
    """The body of a request; ``ended`` is True once all of it was read."""

    def __init__(self, request: _Request) -> None:
        self._request = request
        self._source: Any = request.conn.rfile

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        return b"".join(iter(lambda: self.read(_PIECE), b""))

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to ``size`` bytes, none at the end. Raises ValueError for a body that breaks the rules of HTTP."""
        if size is None or size < 0:
            return self.readall()
        self._request.send_continue()
        return self._take(size)

    def _take(self, size: int) -> bytes:
        raise NotImplementedError

    @property
    def ended(self) -> bool:
        raise NotImplementedError


class _KnownBody(_Body):
    """A body with a Content-Length."""

    def __init__(self, request: _Request, length: int) -> None:
        super().__init__(request)
        self.left = length

    def _take(self, size: int) -> bytes:
        wanted = min(size, self.left)
        # Only what has arrived, so that the caller can measure how slowly the client sends.
        data: bytes = self._source.read1(wanted) if wanted else b""
        self.left -= len(data)
        return data

    @property
    def ended(self) -> bool:
        return self.left == 0


class _ChunkedBody(_Body):
    """A chunked body. A chunk is never held in memory as a whole."""

    def __init__(self, request: _Request) -> None:
        super().__init__(request)
        self._left = 0
        self._first = True
        self._ended = False

    def _take(self, size: int) -> bytes:
        if self._ended or not size or not (self._left or self._next_chunk()):
            return b""
        data: bytes = self._source.read1(min(size, self._left))
        if not data:
            raise ValueError(f"the connection ended {self._left} bytes before the end of a chunk")
        self._left -= len(data)
        return data

    def _next_chunk(self) -> bool:
        """Read the head of the next chunk; returns False, with the trailers read, when it is the last one."""
        if not self._first and self._source.read(2) != b"\r\n":
            raise ValueError("a chunk is longer than it says, or the connection ended behind it")
        self._first = False
        line = self._line()
        size = _CHUNK_SIZE.fullmatch(line)
        if size is None:
            raise ValueError(f"bad chunk size {line[:40]!r}")
        self._left = int(size[1], 16)
        if not self._left:
            trailers = 0
            while line := self._line():
                trailers += len(line)
                if trailers > _LONGEST_LINE:
                    raise ValueError("the trailers are too long")
            self._ended = True
        return not self._ended

    def _line(self) -> bytes:
        line: bytes = self._source.readline(_LONGEST_LINE)
        if not line.endswith(b"\r\n"):
            raise ValueError("the connection ended between chunks, or a line between them has no end")
        return line[:-2]

    @property
    def ended(self) -> bool:
        return self._ended


class _Request(server.HTTPRequest):
    """A request with a strictly parsed head and a body that is read when the application asks for it."""

    conn: _Connection

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.header_reader = self._read_headers
        self._body: _Body | None = None
        self._waiting = False

    def parse_request(self) -> None:
        """Parse the head; a head that cannot be parsed is answered at once."""
        try:
            super().parse_request()
        except ValueError:
            self.simple_response("400 Bad Request", "Malformed Request-URI")

    def respond(self) -> None:
        """Pass the request to the application and write its answer."""
        if self.chunked_read:
            self._body = _ChunkedBody(self)
        else:
            self._body = _KnownBody(self, int(self.inheaders.get(b"Content-Length", 0)))
        self.rfile = self._body
        self.conn.unread = True
        self.server.gateway(self).respond()
        if self.ready:
            self.ensure_headers_sent()
        if self.chunked_write:
            self.conn.wfile.write(b"0\r\n\r\n")
        self.conn.unread = not self._body.ended

    def send_headers(self) -> None:
        """Write the head of the answer; the connection will be closed when the body was not read to its end."""
        if self._body is not None and not self._body.ended:
            self.close_connection = True
        super().send_headers()

    def simple_response(self, status: str, msg: str = "") -> None:
        """Answer with a status and a text, without the application, and close the connection."""
        status, msg = _REFUSED.get(status[:3], (status, msg))
        text = (msg or status).encode("latin-1", "replace")
        head = (
            f"HTTP/1.1 {status}\r\nContent-Length: {len(text)}\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
            "Connection: close\r\n\r\n"
        )
        self.close_connection = self.conn.unread = self.sent_headers = True
        try:
            self.conn.wfile.write(head.encode("ascii") + text)
        except OSError:
            _log.debug("the client closed the connection before this answer: %s", status)

    def send_continue(self) -> None:
        """Send 100 Continue, once, to a client that waits for it before it sends the body."""
        if self._waiting:
            self._waiting = False
            self.conn.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _read_headers(self, rfile: Any, headers: dict[bytes, bytes]) -> dict[bytes, bytes]:
        """Return the headers by name; raises ValueError for what HTTP does not allow (RFC 9110, 9112)."""
        while (line := rfile.readline()) != b"\r\n":
            if not line.endswith(b"\r\n"):
                raise ValueError("The headers do not end, or a line of them has no CRLF.")
            name, colon, value = line[:-2].partition(b":")
            value = value.strip(b" \t")
            if not colon or not _NAME.fullmatch(name) or _CONTROL.search(value):
                raise ValueError("Illegal header line.")
            name = name.title()
            if name in headers:
                if name in (b"Content-Length", b"Transfer-Encoding", b"Host"):
                    raise ValueError(f"{name.decode()} stands there twice.")
                separator = b"; " if name == b"Cookie" else b", "
                value = headers[name] + separator + value
            headers[name] = value
        if not _DIGITS.fullmatch(headers.get(b"Content-Length", b"0")):
            raise ValueError("Malformed Content-Length header.")
        if b"Content-Length" in headers and b"Transfer-Encoding" in headers:
            raise ValueError("Content-Length and Transfer-Encoding exclude each other.")
        coding = headers.get(b"Transfer-Encoding")
        if coding is not None and coding.lower() != b"chunked":
            raise ValueError("The only transfer coding is chunked.")
        # Cheroot would send 100 Continue before the announced length is checked.
        self._waiting = headers.pop(b"Expect", b"").lower() == b"100-continue"
        return headers


class _Connection(server.HTTPConnection):
    """A connection that is drained before it is closed; ``unread`` is True while the client may still be sending."""

    RequestHandlerClass = _Request
    rbufsize = _PIECE
    unread = False
    _shook_hands = False

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.rfile.close()
        self.rfile = _Reader(self.socket, self.rbufsize)

    def communicate(self) -> bool:
        """Serve the next request; returns True when the connection stays open."""
        if not self._shook_hands:
            self._shook_hands = True
            if isinstance(self.socket, ssl.SSLSocket) and not self._handshake(self.socket):
                return False
        kept: bool = super().communicate()  # type: ignore[no-untyped-call]
        return kept

    def _handshake(self, tls: ssl.SSLSocket) -> bool:
        """Complete the TLS handshake, on this connection's own thread; returns False when it failed."""
        adapter: Tls = self.server.ssl_adapter
        try:
            adapter.handshake(tls)
        except OSError as error:
            if speaks_no_tls(error):
                text = b"The client sent a plain HTTP request, but this server only speaks HTTPS on this port."
                head = b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\nContent-Type: text/plain\r\n\r\n" % len(text)
                with contextlib.suppress(OSError):  # the client is gone
                    socket.socket.sendall(tls, head + text)
                self.unread = True
            return False
        return True

    def close(self) -> None:
        """Close the connection. What the client still sends is read first, so that it can read its answer."""
        if self.unread:
            self._drain()
        super().close()
        # What the client did not take is not tried again when the writer is collected (Python 3.13 reports that).
        self.wfile._write_buf.clear()  # noqa: SLF001 - it has no other way to forget

    def _drain(self) -> None:
        until = time.monotonic() + _DRAIN_SECONDS
        left = _DRAIN_BYTES
        # The methods of the plain socket: the bytes are discarded, so they need no decryption.
        try:
            socket.socket.shutdown(self.socket, socket.SHUT_WR)
            self.socket.settimeout(_DRAIN_SILENCE)
            while left > 0 and time.monotonic() < until:
                data = socket.socket.recv(self.socket, _PIECE)
                if not data:
                    return
                left -= len(data)
        except OSError:
            return  # the client is gone


class Tls(BuiltinSSLAdapter):
    """TLS adapter that leaves the handshake to ``handshake``, so that a slow client does not block the others."""

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, Any]]:
        """Wrap a new connection, before its handshake; returns the socket and entries for the WSGI environment."""
        return self.wrap_with(self.context, sock)

    def wrap_with(self, context: ssl.SSLContext, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, Any]]:
        """Wrap the socket with the given context, for a server certificate other than the default."""
        wrapped = context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return wrapped, {"wsgi.url_scheme": "https", "HTTPS": "on"}

    def handshake(self, tls: ssl.SSLSocket) -> None:
        """Complete the TLS handshake; raises OSError when the client does not."""
        timeout = tls.gettimeout()
        tls.settimeout(_HANDSHAKE_SECONDS)
        tls.do_handshake()
        tls.settimeout(timeout)


def speaks_no_tls(error: OSError) -> bool:
    """Return True when a handshake failed because the client sent plain HTTP."""
    return isinstance(error, ssl.SSLError) and "HTTP_REQUEST" in str(error.reason)


class HttpServer(wsgi.Server):
    """Cheroot's server with the requests and connections of this module. It reports to ``logging``."""

    ConnectionClass = _Connection
    max_request_header_size = _LARGEST_HEAD
    expiration_interval = 0.05
    """Wall seconds between two checks of idle connections; stopping the server takes up to as long."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.gateway = ClosingGateway

    @staticmethod
    def bind_socket(socket_: socket.socket, bind_addr: tuple[str, int]) -> socket.socket:
        """Bind the socket to an address; closes it and raises OSError when that fails."""
        try:
            return cast("socket.socket", cast("Any", wsgi.Server).bind_socket(socket_, bind_addr))
        except OSError:
            socket_.close()
            raise

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Log a report of Cheroot's; a client that broke TLS off is only worth the level DEBUG."""
        if isinstance(sys.exc_info()[1], ssl.SSLError):
            level, traceback = logging.DEBUG, False
        _log.log(level, msg, exc_info=traceback)
