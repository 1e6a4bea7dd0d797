"""The TLS of the server, which for one connection can show another authority's certificate on purpose."""

from __future__ import annotations

import socket
import ssl
import threading
import weakref
from collections.abc import Callable
from typing import Any

from simulator.listening import Tls, speaks_no_tls
from simulator.security.material import Material

FOREIGN = "aldis.foreign_certificate"
"""Set in the environment of a request that came although the certificate was not ours."""

SHOWN, HANDSHAKE, PLAIN = "shown", "handshake", "plain"

Note = Callable[[str, str], None]
"""Told what came instead of a call, and the library's words for it: a client is shown a wrong certificate (SHOWN, told
before it can know), it broke the handshake off (HANDSHAKE), or spoke plain HTTP (PLAIN)."""


class Doorway(Tls):
    """TLS with our certificate. ``strike`` tells whether the next connection is to meet the impostor's certificate."""

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
        self._fooled: weakref.WeakSet[ssl.SSLSocket] = weakref.WeakSet()

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, Any]]:
        """Decide which certificate is shown; called on the one thread that accepts connections."""
        foreign = self._strike()
        if foreign:
            self._note(SHOWN, "")
        wrapped, environ = self.wrap_with(self._foreign_context() if foreign else self.context, sock)
        with self._lock:
            self._open.add(wrapped)
            if foreign:
                self._fooled.add(wrapped)
        return wrapped, {**environ, FOREIGN: "1"} if foreign else environ

    def greet(self, tls: ssl.SSLSocket) -> None:
        """Shake hands; raises OSError when the client does not, which is noted where it tells something."""
        try:
            super().greet(tls)
        except OSError as reason:
            if speaks_no_tls(reason):
                self._note(PLAIN, str(reason))
            elif tls in self._fooled:
                self._note(HANDSHAKE, str(reason))
            raise

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
