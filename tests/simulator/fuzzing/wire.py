"""HTTP over a bare socket, so that a request can be as wrong as one likes, and what comes back is seen as it is."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

_PATIENCE = 100
"""Seconds that an answer may take: the simulator waits for a minute for what a client owes it; more, and it hangs."""


@dataclass(frozen=True)
class Answer:
    """What came back; ``kept`` says that the connection can be used again."""

    status: int
    content_type: str
    body: bytes
    kept: bool


class NoAnswer(Exception):
    """The connection ended, or fell silent, without an answer; says how."""


class Line:
    """A connection to a base URL that is opened when it is needed; over TLS with the authority's certificates."""

    def __init__(self, base: str, authorities: str | None = None) -> None:
        parts = urlsplit(base)
        self._place = (str(parts.hostname), parts.port or 0)
        self._tls = ssl.create_default_context(cafile=authorities) if parts.scheme == "https" else None
        self._socket: socket.socket | None = None

    def ask(
        self,
        pieces: list[bytes],
        *,
        pause: float = 0,
        close_writing: bool = False,
        fresh: bool = False,
        method: str = "POST",
    ) -> Answer:
        """Send a request in pieces, with a pause (seconds) between them, and read its answer. Raises NoAnswer."""
        if fresh:
            self.close()
        connection = self._socket or self._open()
        self._socket = None
        try:
            broken = _send(connection, pieces, pause)
            if close_writing and not broken:
                broken = _finish(connection)
            answer = _read(connection, method)
        except BaseException:
            connection.close()
            raise
        if answer.kept and not (fresh or close_writing or broken):
            self._socket = connection
        else:
            connection.close()
        return answer

    def _open(self) -> socket.socket:
        connection = socket.create_connection(self._place, timeout=_PATIENCE)
        return connection if self._tls is None else self._tls.wrap_socket(connection, server_hostname=self._place[0])

    def close(self) -> None:
        """Let go of the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _send(connection: socket.socket, pieces: list[bytes], pause: float) -> bool:
    """Whether the server stopped reading before all was sent, which it may: its answer counts."""
    try:
        for number, each in enumerate(pieces):
            if number and pause:
                time.sleep(pause)
            connection.sendall(each)
    except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
        return True
    return False


def _finish(connection: socket.socket) -> bool:
    try:
        # Not SSLSocket's own, which would read the answer as if it were not encrypted.
        socket.socket.shutdown(connection, socket.SHUT_WR)
    except OSError:
        return True
    return False


def _read(connection: socket.socket, method: str) -> Answer:
    reply = http.client.HTTPResponse(connection, method=method)
    try:
        reply.begin()
        body = reply.read()
    except http.client.IncompleteRead as cut:
        raise NoAnswer(f"the answer {reply.status} ends after {len(cut.partial)} bytes") from cut
    except (OSError, http.client.HTTPException) as reason:
        raise NoAnswer(f"{type(reason).__name__}: {reason}") from reason
    finally:
        reply.close()
    return Answer(reply.status, reply.headers.get("Content-Type", ""), body, not reply.will_close)
