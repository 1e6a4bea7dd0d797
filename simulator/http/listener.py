"""The simulator's HTTP server: Cheroot, made strict and bounded in what it takes from a client that does wrong.

What is not HTTP never reaches the services: it is answered with 400, 408, 413 or 414 and a sentence. A request's body
is read as it is asked for, whatever its length, and what a client still sends when it has been refused is read and
thrown away for a while: its answer would be lost with the connection otherwise.
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
_LINGER_SECONDS = 60.0
_LINGER_SILENCE = 2.0  # wall seconds without a byte, after which nobody waits any longer
_LINGER_BYTES = 1024 * 1024 * 1024
_PIECE = 64 * 1024
_NAME = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_DIGITS = re.compile(rb"[0-9]{1,18}")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?")
_REFUSED = {
    "501": ("400 Bad Request", "The only transfer coding is chunked."),
    "505": ("400 Bad Request", "The protocol is HTTP/1.1 or HTTP/1.0."),
}
"""What Cheroot would answer with a 5xx, though the client is to blame."""


class ClosingGateway(wsgi.Gateway_10):
    """Closes the connection where an answer says so: what is left of a slow or broken body is not waited for."""

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        """WSGI's start_response."""
        if any(name.lower() == "connection" and value.lower() == "close" for name, value in headers):
            self.req.close_connection = True
        return super().start_response(status, headers, exc_info)


class _Counted(socket.SocketIO):
    """A socket's bytes, counted as they come."""

    came = 0

    def readinto(self, buffer: Any, /) -> int | None:
        count = super().readinto(buffer)
        self.came += count or 0
        return count


class _Reader(io.BufferedReader):
    """What comes on a connection. Cheroot's own reader is of Python, and takes four times as long for a request's head.

    ``bytes_read`` is what was taken from it.
    """

    bytes_read = 0

    def __init__(self, source: socket.socket, size: int) -> None:
        self._counted = _Counted(source, "r")
        super().__init__(self._counted, size)

    def has_data(self) -> bool:
        """Whether something has come that nobody has read: Cheroot asks before it waits for more."""
        return self._counted.came > self.bytes_read

    def read(self, size: int | None = -1, /) -> bytes:
        return self._took(super().read(size))

    def read1(self, size: int = -1, /) -> bytes:
        return self._took(super().read1(size))

    def readline(self, size: int | None = -1, /) -> bytes:
        return self._took(super().readline(size))

    def _took(self, data: bytes) -> bytes:
        self.bytes_read += len(data)
        return data


class _Body(io.RawIOBase):
    """A request's body; ``ended`` says whether all of it was read."""

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
        """Up to so many bytes; none at the end. Raises ValueError for a body that breaks HTTP's rules."""
        if size is None or size < 0:
            return self.readall()
        self._request.go_on()
        return self._take(size)

    def _take(self, size: int) -> bytes:
        raise NotImplementedError

    @property
    def ended(self) -> bool:
        raise NotImplementedError


class _KnownBody(_Body):
    """A body whose length was announced."""

    def __init__(self, request: _Request, length: int) -> None:
        super().__init__(request)
        self.left = length

    def _take(self, size: int) -> bytes:
        wanted = min(size, self.left)
        # What has come, not what is wanted: whoever reads has to see how slowly it comes.
        data: bytes = self._source.read1(wanted) if wanted else b""
        self.left -= len(data)
        return data

    @property
    def ended(self) -> bool:
        return self.left == 0


class _ChunkedBody(_Body):
    """A body in chunks, none of which is ever whole in memory."""

    def __init__(self, request: _Request) -> None:
        super().__init__(request)
        self._left = 0
        self._first = True
        self._ended = False

    def _take(self, size: int) -> bytes:
        if self._ended or not size or not (self._left or self._open()):
            return b""
        data: bytes = self._source.read1(min(size, self._left))
        if not data:
            raise ValueError(f"the connection ended {self._left} bytes before the end of a chunk")
        self._left -= len(data)
        return data

    def _open(self) -> bool:
        """Go on to the next chunk; false when there is none."""
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
    """A request whose head is read strictly, and whose body is read when it is asked for."""

    conn: _Connection

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.header_reader = self._read_headers
        self._body: _Body | None = None
        self._waiting = False

    def parse_request(self) -> None:
        """Read the head; it is answered at once when it cannot be read."""
        try:
            super().parse_request()
        except ValueError:
            self.simple_response("400 Bad Request", "Malformed Request-URI")

    def respond(self) -> None:
        """Have the application answer."""
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
        """Write the answer's head; the connection does not outlive a body that was not read."""
        if self._body is not None and not self._body.ended:
            self.close_connection = True
        super().send_headers()

    def simple_response(self, status: str, msg: str = "") -> None:
        """Answer without the application."""
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
            _log.debug("the client left before it could be told: %s", status)

    def go_on(self) -> None:
        """Tell a client that waits for it (Expect: 100-continue) that its body is wanted."""
        if self._waiting:
            self._waiting = False
            self.conn.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _read_headers(self, rfile: Any, headers: dict[bytes, bytes]) -> dict[bytes, bytes]:
        """The headers, by name; raises ValueError for what HTTP does not allow (RFC 9110, 9112)."""
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
        # Cheroot would tell the client to go on before anybody has looked at what it announces.
        self._waiting = headers.pop(b"Expect", b"").lower() == b"100-continue"
        return headers


class _Connection(server.HTTPConnection):
    """A connection that is not cut while its client may still be writing; ``unread`` says that it may be."""

    RequestHandlerClass = _Request
    rbufsize = _PIECE
    unread = False
    _greeted = False

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.rfile.close()
        self.rfile = _Reader(self.socket, self.rbufsize)

    def communicate(self) -> bool:
        """Serve the next request; whether the connection stays open."""
        if not self._greeted:
            self._greeted = True
            if isinstance(self.socket, ssl.SSLSocket) and not self._greet(self.socket):
                return False
        kept: bool = super().communicate()  # type: ignore[no-untyped-call]
        return kept

    def _greet(self, tls: ssl.SSLSocket) -> bool:
        """TLS's handshake, here where only this client waits for it; whether it came about."""
        adapter: Tls = self.server.ssl_adapter
        try:
            adapter.greet(tls)
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
        """Close it, when its client has had the chance to read its answer."""
        if self.unread:
            self._linger()
        super().close()
        # What the client did not take is not tried again when the writer is collected (Python 3.13 reports that).
        self.wfile._write_buf.clear()  # noqa: SLF001 - it has no other way to forget

    def _linger(self) -> None:
        until = time.monotonic() + _LINGER_SECONDS
        left = _LINGER_BYTES
        # The bare socket's methods: what comes is thrown away, so it need not be decrypted.
        try:
            socket.socket.shutdown(self.socket, socket.SHUT_WR)
            self.socket.settimeout(_LINGER_SILENCE)
            while left > 0 and time.monotonic() < until:
                data = socket.socket.recv(self.socket, _PIECE)
                if not data:
                    return
                left -= len(data)
        except OSError:
            return  # the client is gone


class Tls(BuiltinSSLAdapter):
    """TLS whose handshake does not keep other clients from being accepted: ``greet`` makes it."""

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, Any]]:
        """The socket, with its handshake still to be made, and what a request's environment has of it."""
        return self.wrap_with(self.context, sock)

    def wrap_with(self, context: ssl.SSLContext, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, Any]]:
        """The same with another certificate than the adapter's own."""
        wrapped = context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return wrapped, {"wsgi.url_scheme": "https", "HTTPS": "on"}

    def greet(self, tls: ssl.SSLSocket) -> None:
        """Shake hands; raises OSError when the client does not."""
        patience = tls.gettimeout()
        tls.settimeout(_HANDSHAKE_SECONDS)
        tls.do_handshake()
        tls.settimeout(patience)


def speaks_no_tls(error: OSError) -> bool:
    """Whether a handshake failed because plain HTTP came."""
    return isinstance(error, ssl.SSLError) and "HTTP_REQUEST" in str(error.reason)


class HttpServer(wsgi.Server):
    """Cheroot with our requests and connections, its reports sent to our log, and no socket left open on failure."""

    ConnectionClass = _Connection
    max_request_header_size = _LARGEST_HEAD
    expiration_interval = 0.05
    """How often it looks at idle connections, in wall seconds; it stops no sooner either, and a suite stops many."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.gateway = ClosingGateway

    @staticmethod
    def bind_socket(socket_: socket.socket, bind_addr: tuple[str, int]) -> socket.socket:
        """Bind, or close the socket."""
        try:
            return cast("socket.socket", cast("Any", wsgi.Server).bind_socket(socket_, bind_addr))
        except OSError:
            socket_.close()
            raise

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Cheroot's report; that a client broke TLS off is none of a server's failures."""
        if isinstance(sys.exc_info()[1], ssl.SSLError):
            level, traceback = logging.DEBUG, False
        _log.log(level, msg, exc_info=traceback)
