"""The TLS of the server, which for one connection can show another authority's certificate on purpose."""

from __future__ import annotations

import socket
import ssl
import threading
import weakref
from collections.abc import Callable
from typing import Any

from cheroot.errors import NoSSLError
from cheroot.ssl.builtin import BuiltinSSLAdapter

from simulator.security.material import Material

FOREIGN = "aldis.foreign_certificate"
"""Set in the environment of a request that came although the certificate was not ours."""

SHOWN, HANDSHAKE, PLAIN = "shown", "handshake", "plain"
_PATIENCE = 10  # wall seconds for a handshake: all other connections wait meanwhile

Note = Callable[[str, str], None]
"""Told what came instead of a call, and the library's words for it: a client is shown a wrong certificate (SHOWN, told
before it can know), it broke the handshake off (HANDSHAKE), or spoke plain HTTP (PLAIN)."""


class Doorway(BuiltinSSLAdapter):
    """Cheroot's TLS. ``strike`` tells whether the next connection is to meet the impostor's certificate."""

    def __init__(
        self, material: Material, impostor: Callable[[], Material], strike: Callable[[], bool], note: Note
    ) -> None:
        super().__init__(str(material.server_certificate), str(material.server_key))
        self._impostor = impostor
        self._strike = strike
        self._note = note
        self._foreign: ssl.SSLContext | None = None
        self._lock = threading.Lock()
        self._open: weakref.WeakSet[ssl.SSLSocket] = weakref.WeakSet()

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, Any]]:
        """Shake hands; called on the one thread that accepts connections."""
        own, foreign = self.context, self._strike()
        patience = sock.gettimeout()
        sock.settimeout(_PATIENCE)
        try:
            if foreign:
                self._note(SHOWN, "")
                self._context = self._foreign_context()
            wrapped, environ = super().wrap(sock)  # type: ignore[no-untyped-call]
        except NoSSLError as reason:
            self._note(PLAIN, str(reason))
            raise
        except Exception as reason:
            if foreign:
                self._note(HANDSHAKE, str(reason))
            raise
        finally:
            self._context = own
        wrapped.settimeout(patience)
        with self._lock:
            self._open.add(wrapped)
        return wrapped, {**environ, FOREIGN: "1"} if foreign else environ

    def hang_up(self) -> None:
        """Break all connections, so that who comes next has to shake hands anew."""
        with self._lock:
            connections = list(self._open)
            self._open.clear()
        for each in connections:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it is closed already

    def _foreign_context(self) -> ssl.SSLContext:
        if self._foreign is None:
            material = self._impostor()
            self._foreign = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._foreign.load_cert_chain(material.server_certificate, material.server_key)
        return self._foreign
