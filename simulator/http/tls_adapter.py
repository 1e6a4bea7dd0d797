"""TLS adapter of the server, which can show an untrusted certificate to one connection, as an injected fault."""

from __future__ import annotations

import socket
import ssl
import threading
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from simulator.http.listener import Tls, speaks_no_tls

if TYPE_CHECKING:
    from simulator.security.keys import Material

FOREIGN = "aldis.foreign_certificate"
"""Key in the WSGI environment of a request that was made although the certificate was untrusted."""

SHOWN, HANDSHAKE, PLAIN = "shown", "handshake", "plain"

Note = Callable[[str, str], None]
"""Takes an event of a connection and the message of the TLS library. Events: a wrong certificate will be shown (SHOWN,
before the handshake), the client broke the handshake off (HANDSHAKE), the client sent plain HTTP (PLAIN)."""


class TlsAdapter(Tls):
    """TLS adapter with the server's certificate.

    ``is_triggered`` returns True when the next connection is to get the certificate of ``untrusted``; ``note`` takes
    the events of connections.
    """

    def __init__(
        self, material: Material, untrusted: Callable[[], Material], is_triggered: Callable[[], bool], note: Note
    ) -> None:
        super().__init__(str(material.server_certificate), str(material.server_key))
        self._untrusted = untrusted
        self._is_triggered = is_triggered
        self._note = note
        self._foreign: ssl.SSLContext | None = None
        self._lock = threading.Lock()
        self._open: weakref.WeakSet[ssl.SSLSocket] = weakref.WeakSet()
        self._shown_foreign: weakref.WeakSet[ssl.SSLSocket] = weakref.WeakSet()

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, Any]]:
        """Wrap a new connection with one of the two certificates; called on the one thread that accepts connections."""
        foreign = self._is_triggered()
        if foreign:
            self._note(SHOWN, "")
        wrapped, environ = self.wrap_with(self._foreign_context() if foreign else self.context, sock)
        with self._lock:
            self._open.add(wrapped)
            if foreign:
                self._shown_foreign.add(wrapped)
        return wrapped, {**environ, FOREIGN: "1"} if foreign else environ

    def handshake(self, tls: ssl.SSLSocket) -> None:
        """Complete the TLS handshake; raises OSError when the client does not, and notes it if the reason is known."""
        try:
            super().handshake(tls)
        except OSError as reason:
            if speaks_no_tls(reason):
                self._note(PLAIN, str(reason))
            elif tls in self._shown_foreign:
                self._note(HANDSHAKE, str(reason))
            raise

    def hang_up(self) -> None:
        """Close all connections, so that each client needs a new handshake."""
        with self._lock:
            connections = list(self._open)
            self._open.clear()
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it is closed already

    def _foreign_context(self) -> ssl.SSLContext:
        if self._foreign is None:
            material = self._untrusted()
            self._foreign = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._foreign.load_cert_chain(material.server_certificate, material.server_key)
        return self._foreign
