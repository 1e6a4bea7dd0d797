"""The commands about folders and files of a session, and the server with a thread for each session."""

from __future__ import annotations

import fnmatch
import logging
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from OpenSSL import SSL
from pyftpdlib.handlers.ftp.producers import BufferedIteratorProducer, FileProducer
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import ThreadedFTPServer

from simulator.ftps import layout
from simulator.ftps.calls import Answer, Command, FtpsBackend
from simulator.ftps.control import Control
from simulator.ftps.layout import MAIL, Row
from simulator.ftps.refusals import FtpCode, refuse
from simulator.ftps.settings import FtpsSettings
from simulator.ftps.transfers import Download, Upload
from simulator.ftps.uploads import Uploads
from simulator.security.keys import Material
from simulator.store import StoreError

HOST = "127.0.0.1"
"""The only address that FTPS listens on: it is for programs on the same machine."""

_TICK = 0.1  # wall seconds between checks for the end
_SESSIONS = 64
_VERSIONS = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}

# The journal has the errors of clients. Without a handler, pyftpdlib would configure logging.
logging.getLogger("pyftpdlib").setLevel(logging.ERROR)
logging.getLogger("pyftpdlib").addHandler(logging.NullHandler())


class Session(Control):
    """The session of one connection; the server sets ``backend`` and ``ssl_context`` in a subclass."""

    # Commands about folders

    def ftp_PWD(self, _line: str) -> None:  # noqa: N802
        """Reply with the current folder."""
        self.respond(f'257 "{self._cwd}" is the current folder')

    def ftp_CWD(self, path: str) -> None:  # noqa: N802
        """Change the current folder."""
        place = self._files.place(self.username, self._cwd, path)
        if place.file is not None:
            raise refuse(550, FtpCode.UNKNOWN_PATH, f"{place.path} is no folder")
        self._cwd = place.path
        self.respond(f'250 "{self._cwd}" is the current folder')

    def ftp_CDUP(self, _line: str) -> None:  # noqa: N802
        """Change to the parent of the current folder."""
        self.ftp_CWD("..")

    def ftp_LIST(self, path: str) -> None:  # noqa: N802
        """Send the rows of a folder in the format of ls -l."""
        self._list(path, layout.long_lines)

    def ftp_NLST(self, path: str) -> None:  # noqa: N802
        """Send the names in a folder."""
        self._list(path, layout.names)

    def ftp_MLSD(self, path: str) -> None:  # noqa: N802
        """Send the facts (RFC 3659) of the rows of a folder."""
        self._list(path, layout.facts)

    def ftp_MLST(self, path: str) -> None:  # noqa: N802
        """Reply with the facts of one file or folder."""
        place = self._files.place(self.username, self._cwd, path)
        row = self._files.row(self.username, place)
        self.push(f"250-Listing\r\n {layout.fact(replace(row, name=place.path))}\r\n")
        self.respond("250 End")

    def ftp_SIZE(self, path: str) -> None:  # noqa: N802
        """Reply with the size of a file in bytes."""
        self.respond(f"213 {self._file(path).size}")

    def ftp_MDTM(self, path: str) -> None:  # noqa: N802
        """Reply with the time at which a message was delivered."""
        self.respond(f"213 {layout.stamp(self._file(path).at)}")

    def ftp_STAT(self, path: str) -> None:  # noqa: N802
        """Reply with the state of the session."""
        if path:
            raise refuse(504, FtpCode.NOT_OFFERED, "STAT takes no path here; send LIST")
        super().ftp_STAT("")

    # Commands about files

    def ftp_REST(self, line: str) -> None:  # noqa: N802
        """Set the byte at which the next RETR begins."""
        if not line.isdecimal() or len(line) > 12:
            raise refuse(501, FtpCode.SYNTAX, "REST takes a number of bytes")
        self._restart_position = int(line)
        self.respond(f"350 the next RETR begins at byte {int(line)}")

    def ftp_RETR(self, _path: str) -> None:  # noqa: N802
        """Send a message's file; the message is read when all of it was sent."""
        command = self._transfer()
        start, self._restart_position = self._restart_position, 0
        opened = self._files.open(command, self._cwd)
        if opened.refused is not None:
            self._answer(opened.refused)
            return
        file = Download(self._files, opened, start)
        self.push_dtp_data(FileProducer(file, self._current_type), isproducer=True, file=file, cmd="RETR")

    def ftp_STOR(self, _path: str, _mode: str = "w") -> None:  # noqa: N802
        """Receive a file and send it as a message; 226 means that it was delivered."""
        self._need_data_connection()
        start, self._restart_position = self._restart_position, 0
        if start:
            raise refuse(554, FtpCode.RESUMED, "an upload cannot be resumed; write the whole file, without REST")
        command = self._transfer()
        uploads = Uploads(self.backend())
        draft = uploads.begin(command, self._cwd)
        if isinstance(draft, Answer):
            self._answer(draft)
            return
        try:
            incoming = uploads.backend.services.store.incoming()
        except StoreError as error:
            self._answer(uploads.refuse(draft, error))
            return
        file = Upload(uploads, draft, incoming, self._stop_transfer)
        if self.data_channel is not None:
            self.respond("125 the data connection is open; send the file")
            self.data_channel.file_obj = file
            self.data_channel.enable_receiving(self._current_type, "STOR")
        else:
            self.respond("150 open the data connection and send the file")
            self._in_dtp_queue = (file, "STOR")

    def ftp_DELE(self, _path: str) -> None:  # noqa: N802
        """Delete the message of a file."""
        self._answer(self._files.delete(self._as_call(), self._cwd))

    def _file(self, path: str) -> Row:
        place = self._files.place(self.username, self._cwd, path)
        row = self._files.row(self.username, place)
        if row.size is None:
            raise refuse(550, FtpCode.UNKNOWN_PATH, f"{place.path} is a folder")
        return row

    def _list(self, path: str, written: Callable[[Iterable[Row]], bytes]) -> None:
        self._need_data_connection()
        while path.startswith("-"):  # options of ls, which some clients send
            path = path.partition(" ")[2].lstrip()
        folder, _, last = path.rpartition("/")
        pattern = last if any(wildcard in last for wildcard in "*?[") else None
        if pattern is not None:
            path = folder or ("/" if path.startswith("/") else "")
        place = self._files.place(self.username, self._cwd, path)
        verb = self._command.verb if self._command is not None else "LIST"
        if place.file is not None:
            rows = [self._files.row(self.username, place)]
        elif place.folder in MAIL and self._command is not None:
            answer, rows = self._files.mail(replace(self._command, path=place.path), place)
            self._command = None
            if not answer.ok or answer.lost:
                self._answer(answer)
                return
        else:
            rows = self._files.rows(self.username, place)
        chosen = [row for row in rows if pattern is None or fnmatch.fnmatchcase(row.name, pattern)]
        self.push_dtp_data(BufferedIteratorProducer(iter([written(chosen)])), isproducer=True, cmd=verb)

    def _transfer(self) -> Command:
        self._need_data_connection()
        return self._as_call()

    def _stop_transfer(self) -> None:
        if self.data_channel is not None:
            self.data_channel.close()


class FtpsServer:
    """An FTPS server; ``backend`` returns the parts of the simulation that runs now.

    Port 0 picks a free one. Raises OSError when the port cannot be listened on.
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
        """The port that the server listens on."""
        return int(self._server.address[1])

    def start(self) -> None:
        """Accept sessions in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """End all sessions; a running transfer is broken off, which is journaled."""
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
    """A server with its own event loop, lock and end, which pyftpdlib shares among all servers of a process."""

    max_cons = _SESSIONS
    poll_timeout = _TICK

    def __init__(self, listening: socket.socket, handler: type[Any]) -> None:
        self._lock = threading.Lock()
        self._exit = threading.Event()
        super().__init__(listening, handler, ioloop=IOLoop.factory())
