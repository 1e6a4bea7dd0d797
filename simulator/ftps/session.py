"""Commands about files: each is a call of DIT's.

The FTPS server: listens on loopback, a thread for each session.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from typing import Any

from OpenSSL import SSL
from pyftpdlib.handlers.ftp.producers import FileProducer
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import ThreadedFTPServer

from simulator.ftps.calls import Answer, Command, FtpsBackend
from simulator.ftps.control import FolderCommands
from simulator.ftps.refusals import FtpCode, refuse
from simulator.ftps.sending import Sending
from simulator.ftps.settings import FtpsSettings
from simulator.ftps.transfers import Download, Upload
from simulator.security.keys import Material
from simulator.store import StoreError


class Session(FolderCommands):
    """The session of one connection; the server sets ``backend`` and ``ssl_context`` in a subclass."""

    def ftp_REST(self, line: str) -> None:  # noqa: N802
        """Have the next RETR begin further on."""
        if not line.isdecimal() or len(line) > 12:
            raise refuse(501, FtpCode.SYNTAX, "REST takes a number of bytes")
        self._restart_position = int(line)
        self.respond(f"350 the next RETR begins at byte {int(line)}")

    def ftp_RETR(self, _path: str) -> None:  # noqa: N802
        """Get a message; when all of it was sent, it is read."""
        command = self._transfer()
        start, self._restart_position = self._restart_position, 0
        found = self._reading.open(command, self._cwd)
        if found.refused is not None:
            self._answer(found.refused)
            return
        file = Download(self._reading, found, start)
        self.push_dtp_data(FileProducer(file, self._current_type), isproducer=True, file=file, cmd="RETR")

    def ftp_STOR(self, _path: str, _mode: str = "w") -> None:  # noqa: N802
        """Send a message; when it was delivered, the answer is 226."""
        self._need_data_connection()
        start, self._restart_position = self._restart_position, 0
        if start:
            raise refuse(554, FtpCode.RESUMED, "an upload cannot be resumed; write the whole file, without REST")
        command = self._transfer()
        sending = Sending(self.backend())
        draft = sending.begin(command, self._cwd)
        if isinstance(draft, Answer):
            self._answer(draft)
            return
        try:
            incoming = sending.backend.services.store.incoming()
        except StoreError as error:
            self._answer(sending.refuse(draft, error))
            return
        file = Upload(sending, draft, incoming, self._stop_transfer)
        if self.data_channel is not None:
            self.respond("125 the data connection is open; send the file")
            self.data_channel.file_obj = file
            self.data_channel.enable_receiving(self._current_type, "STOR")
        else:
            self.respond("150 open the data connection and send the file")
            self._in_dtp_queue = (file, "STOR")

    def ftp_DELE(self, _path: str) -> None:  # noqa: N802
        """Delete a message."""
        self._answer(self._reading.delete(self._of_dit(), self._cwd))

    def _transfer(self) -> Command:
        self._need_data_connection()
        return self._of_dit()

    def _stop_transfer(self) -> None:
        if self.data_channel is not None:
            self.data_channel.close()


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
