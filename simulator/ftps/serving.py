"""The FTPS server: listens on loopback, a thread for each session."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from typing import Any

from OpenSSL import SSL
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import ThreadedFTPServer

from simulator.ftps.calls import FtpsBackend
from simulator.ftps.session import Session
from simulator.ftps.settings import FtpsSettings
from simulator.security.material import Material

HOST = "127.0.0.1"
"""FTPS listens nowhere else: it is for programs on the same machine."""

_TICK = 0.1  # wall seconds between looks at whether to stop
_SESSIONS = 64
_VERSIONS = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}

# What a client does wrong is in the journal. Without a handler pyftpdlib would set up logging of its own.
logging.getLogger("pyftpdlib").setLevel(logging.ERROR)
logging.getLogger("pyftpdlib").addHandler(logging.NullHandler())


class FtpsServer:
    """pyftpdlib behind what the rest of the simulator calls; ``backend`` gives what is served now.

    Raises OSError when the port cannot be listened on. Port 0 picks a free one.
    """

    def __init__(
        self, backend: Callable[[], FtpsBackend], material: Material, settings: FtpsSettings, port: int
    ) -> None:
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_min_proto_version(_VERSIONS[settings.tls.minimum.value])
        context.use_certificate_chain_file(str(material.server_certificate))
        context.use_privatekey_file(str(material.server_key))
        handler = type("Session", (Session,), {"backend": staticmethod(backend), "ssl_context": context})
        self._server = _Server(socket.create_server((HOST, port)), handler)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="ftps", daemon=True)

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._server.address[1])

    def start(self) -> None:
        """Accept sessions, on a thread."""
        self._thread.start()

    def stop(self) -> None:
        """End all sessions; a transfer in hand is broken off, and the journal says so."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()
        else:
            self._server.close_all()

    def _serve(self) -> None:
        while not self._stopped.is_set():
            self._server.serve_forever(timeout=_TICK, blocking=False, handle_exit=False)
        self._server.close_all()


class _Server(ThreadedFTPServer):
    """Apart from other servers of the process: pyftpdlib shares loop, lock and end among all of them."""

    max_cons = _SESSIONS
    poll_timeout = _TICK

    def __init__(self, listening: socket.socket, handler: type[Any]) -> None:
        self._lock = threading.Lock()
        self._exit = threading.Event()
        super().__init__(listening, handler, ioloop=IOLoop.factory())
