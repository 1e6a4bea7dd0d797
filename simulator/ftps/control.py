"""The control connection of a session: commands in, answers out, TLS, login, and when data connections may be.

pyftpdlib reads the commands and moves the bytes; its file system, its users and its permissions are not used. Each
command is in the journal before its answer leaves.

Commands about folders: where the caller is, and what there is.

The commands of FTP that there are here, and why others are not.
"""

from __future__ import annotations

import fnmatch
import logging
import sys
import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, ClassVar

from OpenSSL import SSL
from pyftpdlib.handlers import TLS_FTPHandler
from pyftpdlib.handlers.ftp.producers import BufferedIteratorProducer
from pyftpdlib.log import logger

from simulator import journal
from simulator.dit.calls import refusal_for
from simulator.dit.refusals import Refusal, Refused, documented
from simulator.ftps import layout
from simulator.ftps.calls import HIDDEN, Answer, Command, FtpsBackend, command_entry
from simulator.ftps.layout import MAIL, Row
from simulator.ftps.login import admit
from simulator.ftps.reading import Reading
from simulator.ftps.refusals import FtpCode, refuse, reply_line
from simulator.ftps.transfers import DataConnection
from simulator.store import StoreError

OFFERED = (
    *("AUTH", "PBSZ", "PROT", "USER", "PASS", "QUIT"),
    *("CWD", "XCWD", "CDUP", "XCUP", "PWD", "XPWD", "LIST", "NLST", "MLSD", "MLST", "SIZE", "MDTM", "STAT"),
    *("PASV", "EPSV", "TYPE", "STRU", "MODE", "REST", "ALLO", "RETR", "STOR", "DELE", "ABOR"),
    *("SYST", "FEAT", "OPTS", "HELP", "NOOP"),
)

_FOLDERS = "the folders are those of the channels, none can be made or removed"
_PASSIVE = "data connections are passive here; send PASV or EPSV"
_NAMES = "files cannot be renamed; write the file under the name that it is to have"

NOT_OFFERED = {
    "PORT": _PASSIVE,
    "EPRT": _PASSIVE,
    "MKD": _FOLDERS,
    "XMKD": _FOLDERS,
    "RMD": _FOLDERS,
    "XRMD": _FOLDERS,
    "RNFR": _NAMES,
    "RNTO": _NAMES,
    "APPE": "a file is one message and is written whole; send STOR",
    "STOU": "a file's name has a meaning here; send STOR with a name",
    "SITE": "there are no commands of this site's own",
    "MFMT": "the time of a message is when it was delivered",
    "REIN": "send USER again, or QUIT and connect anew",
    "ACCT": "user name and password are enough",
    "SMNT": "there is one tree of folders",
    "CCC": "the control connection stays protected by TLS",
}
"""Commands of FTP that this interface does not have, and what to do instead (assumed: DIT's own list is not public)."""


_log = logging.getLogger(__name__)

_LONGEST = 2048  # bytes of a command
_TLS_SOURCE = documented("3.2.2: explicit TLS")


class Control(TLS_FTPHandler):
    """The control connection: TLS, login, one answer and one entry for each command."""

    backend: Callable[[], FtpsBackend]
    dtp_handler = DataConnection
    proto_cmds: ClassVar[dict[str, dict[str, Any]]] = {
        name: {**TLS_FTPHandler.proto_cmds[name], "perm": None} for name in OFFERED
    }
    banner = "DIT (simulator): explicit TLS, passive data connections"

    username: str
    authenticated: bool
    attempted_logins: int
    data_channel: Any
    _in_buffer: list[bytes]
    _in_buffer_len: int
    _in_dtp_queue: Any
    _out_dtp_queue: Any

    def __init__(self, conn: Any, server: Any, ioloop: Any = None) -> None:
        self._command: Command | None = None
        self._refusal: Refusal | None = None
        self._overlong = False
        self._session = uuid.uuid4().hex[:12]
        self._authority: str | None = None
        self._cwd = "/"
        super().__init__(conn, server, ioloop)
        self._available_facts = self._current_facts = ["type", "perm", "size", "modify"]

    # Commands in, answers out

    def pre_process_command(self, line: str, cmd: str, arg: str) -> None:
        """Obey one command; whatever comes of it, there is one answer and one entry."""
        del line
        if self._overlong:
            self._overlong = False
            return
        verb = cmd if cmd[-4:] not in ("ABOR", "STAT", "QUIT") else cmd[-4:]  # behind a Telnet signal (RFC 959)
        self._refusal = None
        self._command = Command(
            verb=verb,
            argument=HIDDEN if verb == "PASS" else arg,
            session=self._session,
            user=self.username if self.authenticated else None,
            tls=isinstance(self.socket, SSL.Connection),
        )
        try:
            self._check(verb, arg)
            getattr(self, f"ftp_{verb}")(arg)
        except Exception as error:  # noqa: BLE001 - not hidden: answered and journaled, and logged where it is ours
            self._send_refusal(refusal_for(error))

    def respond(self, resp: str, logfun: Any = logger.debug) -> None:
        """Send an answer; the command that it is for is in the journal before."""
        command, self._command = self._command, None
        if command is not None:
            self._journal(command, resp)
        super().respond(resp, logfun=logfun)

    def respond_w_warning(self, resp: str) -> None:
        """Send an answer that pyftpdlib would also log; here the journal has it."""
        self.respond(resp)

    def collect_incoming_data(self, data: bytes) -> None:
        """Gather a command; one that is too long has its answer at once, and what is left of it is thrown away."""
        if self._overlong:
            return
        if self._in_buffer_len + len(data) <= _LONGEST:
            super().collect_incoming_data(data)
            return
        self._overlong = True
        self._in_buffer, self._in_buffer_len = [], 0
        user = self.username if self.authenticated else None
        self._command = Command(verb="", argument="", session=self._session, user=user, tls=self._ssl_established)
        self._send_refusal(refuse(500, FtpCode.SYNTAX, f"a command has at most {_LONGEST} bytes").refusal)

    def _journal(self, command: Command, reply: str) -> None:
        refusal = self._refusal
        if refusal is None and reply[:1] in ("4", "5"):  # pyftpdlib refused it
            refusal = refuse(int(reply[:3]), FtpCode.SYNTAX, reply[4:]).refusal
        backend = self.backend()
        try:
            with backend.services.store.transaction() as transaction:
                journal.append(
                    transaction, command_entry(backend.services.clock.now(), command, reply, self._authority, refusal)
                )
        except StoreError:
            # Who says goodbye to a simulation that was closed meanwhile has missed nothing.
            level = logging.INFO if command.verb == "QUIT" else logging.ERROR
            _log.log(level, "an FTPS command could not be journaled: %s", command.verb, exc_info=True)

    def _send_refusal(self, refusal: Refusal) -> None:
        self._refusal = refusal
        self.respond(reply_line(refusal))

    def _answer(self, answer: Answer) -> None:
        if answer.lost:
            self.close()
        else:
            self.respond(answer.line)

    def _check(self, verb: str, arg: str) -> None:
        if verb not in self.proto_cmds:
            if verb in NOT_OFFERED:
                raise refuse(502, FtpCode.NOT_OFFERED, f"{verb}: {NOT_OFFERED[verb]}")
            raise refuse(500, FtpCode.UNKNOWN_COMMAND, f"there is no command {verb[:20]!r}")
        wanted = self.proto_cmds[verb]
        if wanted["arg"] is True and not arg:
            raise refuse(501, FtpCode.SYNTAX, f"{verb} needs an argument")
        if wanted["arg"] is False and arg:
            raise refuse(501, FtpCode.SYNTAX, f"{verb} takes no argument")
        if verb in ("USER", "PASS") and not self._ssl_established:
            raise _clear_text(530, "the control connection has no TLS; send AUTH TLS before USER")
        if wanted["auth"] and not self.authenticated and verb != "OPTS":  # clients set their options first
            raise refuse(530, FtpCode.SEQUENCE, "log in with USER and PASS first")
        if verb in ("PASV", "EPSV") and not self._prot:
            raise _clear_text(522, "data connections need TLS; send PBSZ 0 and PROT P first")

    # TLS and login

    def ftp_PROT(self, line: str) -> None:  # noqa: N802 - pyftpdlib's names
        """Protect data connections; they cannot be left clear."""
        if line.upper() == "C":
            raise _clear_text(534, "data connections cannot be clear; send PROT P")
        super().ftp_PROT(line)

    def ftp_PASS(self, line: str) -> None:  # noqa: N802
        """Log in."""
        if self.authenticated or not self.username:
            first = "you are logged in already" if self.authenticated else "send USER first"
            raise refuse(503, FtpCode.SEQUENCE, first)
        user, self.username = self.username, ""
        try:
            self._authority = admit(self.backend(), user, line)
        except Refused as error:
            self.attempted_logins += 1
            self._send_refusal(error.refusal)
            if self.attempted_logins >= self.max_login_attempts:
                self.close_when_done()
            return
        self.username = user
        self.authenticated = True
        self.attempted_logins = 0
        self._cwd = "/"
        self.respond("230 logged in")

    def flush_account(self) -> None:
        """Forget who is logged in (USER again)."""
        self._drop_queued()
        super().flush_account()
        self._authority = None

    def handle_failed_ssl_handshake(self) -> None:
        """Journal a failed TLS handshake and close the connection."""
        backend = self.backend()
        command = Command(verb="AUTH", argument="TLS", session=self._session, user=None, tls=False)
        minimum = backend.settings.tls.minimum.value
        self._refusal = refuse(
            421,
            FtpCode.HANDSHAKE,
            "the TLS handshake failed",
            found=f"The TLS handshake failed: {sys.exc_info()[1]}.",
            expected=f"a client that speaks TLS {minimum} or later and trusts the server's certificate.",
            source=_TLS_SOURCE,
            remedy="have the client trust ca.pem of the simulator's folder of keys, by the name localhost or the "
            "address 127.0.0.1.",
        ).refusal
        self._journal(command, reply_line(self._refusal))
        self.close()

    def data_without_tls(self, reason: str) -> None:
        """The TLS handshake of a data connection failed."""
        self._command = Command(verb="PROT", argument="P", session=self._session, user=self.username, tls=True)
        refused = refuse(
            522,
            FtpCode.HANDSHAKE,
            "the data connection has no TLS",
            found=f"The TLS handshake of the data connection failed: {reason}.",
            expected="TLS on the data connection, after PROT P.",
            source=_TLS_SOURCE,
            remedy="have the client protect the data connection, and trust the server's certificate there as on the "
            "control connection.",
        )
        self._send_refusal(refused.refusal)

    # Data connections

    def ftp_ABOR(self, _line: str) -> None:  # noqa: N802
        """Break the transfer off; what it was to do is not done."""
        channel, busy = self.data_channel, self._is_busy()
        self._shutdown_connecting_dtp()
        self._drop_queued()
        if channel is not None:
            channel.close()
            self.data_channel = None
        if busy:
            super().respond("426 the transfer is aborted")
        self.respond("226 aborted" if busy else "225 no transfer was under way")

    def _make_epasv(self, extmode: bool = False) -> None:
        self._drop_queued()
        super()._make_epasv(extmode)

    def _drop_queued(self) -> None:
        """Let go of a file whose data connection never came."""
        waiting = [each for each in (self._in_dtp_queue and self._in_dtp_queue[0], self._out_dtp_queue) if each]
        self._in_dtp_queue = self._out_dtp_queue = None
        for each in waiting:
            file = each[2] if isinstance(each, tuple) else each
            if file is not None:
                file.close()

    def _is_busy(self) -> bool:
        queued = self._out_dtp_queue is not None or self._in_dtp_queue is not None
        under_way = self.data_channel is not None and self.data_channel._initialized  # noqa: SLF001
        return under_way or (queued and (self.data_channel is not None or self._dtp_acceptor is not None))

    def _need_data_connection(self) -> None:
        if self._is_busy():
            raise refuse(450, FtpCode.SEQUENCE, "a transfer is under way; wait for its end")
        if self.data_channel is None and self._dtp_acceptor is None:
            raise refuse(425, FtpCode.SEQUENCE, "there is no data connection; send PASV or EPSV first")

    def _of_dit(self) -> Command:
        """The command in hand, from here on a call of DIT's, which has its own entry."""
        command, self._command = self._command, None
        if command is None:
            raise AssertionError("a command is in hand while it is obeyed")
        argument = command.argument
        path = argument if argument.startswith("/") else f"{self._cwd.rstrip('/')}/{argument}"
        return replace(command, path=path)

    @property
    def _reading(self) -> Reading:
        return Reading(self.backend())


def _clear_text(code: int, text: str) -> Refused:
    return refuse(
        code,
        FtpCode.CLEAR_TEXT,
        text,
        found=f"{text[0].upper()}{text[1:]}.",
        expected="TLS on the control connection (AUTH TLS) and on data connections (PBSZ 0, PROT P).",
        source=_TLS_SOURCE,
        remedy="use FTPS with explicit TLS in the client.",
    )


class FolderCommands(Control):
    """Looking around; to list a folder of messages is a call of DIT's."""

    def ftp_PWD(self, _line: str) -> None:  # noqa: N802
        """Tell the folder."""
        self.respond(f'257 "{self._cwd}" is the current folder')

    def ftp_CWD(self, path: str) -> None:  # noqa: N802
        """Go into a folder."""
        place = self._reading.place(self.username, self._cwd, path)
        if place.file is not None:
            raise refuse(550, FtpCode.UNKNOWN_PATH, f"{place.path} is no folder")
        self._cwd = place.path
        self.respond(f'250 "{self._cwd}" is the current folder')

    def ftp_CDUP(self, _line: str) -> None:  # noqa: N802
        """Go to the folder above."""
        self.ftp_CWD("..")

    def ftp_LIST(self, path: str) -> None:  # noqa: N802
        """Show a folder as ls -l does."""
        self._list(path, layout.long_lines)

    def ftp_NLST(self, path: str) -> None:  # noqa: N802
        """Show the names in a folder."""
        self._list(path, layout.names)

    def ftp_MLSD(self, path: str) -> None:  # noqa: N802
        """Show the facts of what is in a folder."""
        self._list(path, layout.facts)

    def ftp_MLST(self, path: str) -> None:  # noqa: N802
        """Show the facts of one file or folder."""
        place = self._reading.place(self.username, self._cwd, path)
        row = self._reading.row(self.username, place)
        self.push(f"250-Listing\r\n {layout.fact(replace(row, name=place.path))}\r\n")
        self.respond("250 End")

    def ftp_SIZE(self, path: str) -> None:  # noqa: N802
        """Tell the bytes of a file."""
        self.respond(f"213 {self._file(path).size}")

    def ftp_MDTM(self, path: str) -> None:  # noqa: N802
        """Tell when a message was delivered."""
        self.respond(f"213 {layout.stamp(self._file(path).at)}")

    def ftp_STAT(self, path: str) -> None:  # noqa: N802
        """Tell how the session stands."""
        if path:
            raise refuse(504, FtpCode.NOT_OFFERED, "STAT takes no path here; send LIST")
        super().ftp_STAT("")

    def _file(self, path: str) -> Row:
        place = self._reading.place(self.username, self._cwd, path)
        row = self._reading.row(self.username, place)
        if row.size is None:
            raise refuse(550, FtpCode.UNKNOWN_PATH, f"{place.path} is a folder")
        return row

    def _list(self, path: str, written: Callable[[Iterable[Row]], bytes]) -> None:
        self._need_data_connection()
        while path.startswith("-"):  # options of ls, which clients send out of habit
            path = path.partition(" ")[2].lstrip()
        folder, _, last = path.rpartition("/")
        pattern = last if any(each in last for each in "*?[") else None
        if pattern is not None:
            path = folder or ("/" if path.startswith("/") else "")
        place = self._reading.place(self.username, self._cwd, path)
        verb = self._command.verb if self._command is not None else "LIST"
        if place.file is not None:
            rows = [self._reading.row(self.username, place)]
        elif place.folder in MAIL and self._command is not None:
            answer, rows = self._reading.mail(replace(self._command, path=place.path), place)
            self._command = None
            if not answer.ok or answer.lost:
                self._answer(answer)
                return
        else:
            rows = self._reading.rows(self.username, place)
        chosen = [row for row in rows if pattern is None or fnmatch.fnmatchcase(row.name, pattern)]
        self.push_dtp_data(BufferedIteratorProducer(iter([written(chosen)])), isproducer=True, cmd=verb)
