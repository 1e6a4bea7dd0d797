"""The control connection of a session: commands, answers and journal entries, TLS, login, and data connections.

pyftpdlib reads the commands and moves the bytes; its file system, its users and its permissions are not used. Each
command is in the journal before its answer leaves.
"""

from __future__ import annotations

import hmac
import logging
import sys
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

from OpenSSL import SSL
from pyftpdlib.handlers import TLS_FTPHandler
from pyftpdlib.log import logger

from simulator import journal
from simulator.dit.calls import refusal_for
from simulator.dit.refusals import Refusal, Refused, documented
from simulator.ftps.calls import HIDDEN, Answer, Command, FtpsBackend, command_entry
from simulator.ftps.mailbox_files import MailboxFiles
from simulator.ftps.refusals import FtpCode, refuse, reply_line
from simulator.ftps.transfers import DataConnection
from simulator.store import StoreError

OFFERED = (
    *("AUTH", "PBSZ", "PROT", "USER", "PASS", "QUIT"),
    *("CWD", "XCWD", "CDUP", "XCUP", "PWD", "XPWD", "LIST", "NLST", "MLSD", "MLST", "SIZE", "MDTM", "STAT"),
    *("PASV", "EPSV", "TYPE", "STRU", "MODE", "REST", "ALLO", "RETR", "STOR", "DELE", "ABOR"),
    *("SYST", "FEAT", "OPTS", "HELP", "NOOP"),
)
"""Commands of FTP that this interface has."""

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
    "REIN": "send USER again, or QUIT and connect again",
    "ACCT": "user name and password are enough",
    "SMNT": "there is one tree of folders",
    "CCC": "the control connection stays protected by TLS",
}
"""Commands of FTP that this interface does not have, and what to do instead (assumed: DIT's own list is not public)."""

_log = logging.getLogger(__name__)

_MAX_COMMAND_BYTES = 2048
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
        """Carry out one command; every outcome has one answer and one journal entry."""
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
        """Write the journal entry of the command, then send its answer."""
        command, self._command = self._command, None
        if command is not None:
            self._journal(command, resp)
        super().respond(resp, logfun=logfun)

    def respond_w_warning(self, resp: str) -> None:
        """Send an answer that pyftpdlib would also log; the journal replaces its log."""
        self.respond(resp)

    def collect_incoming_data(self, data: bytes) -> None:
        """Collect the bytes of a command; one that is too long is answered at once, and the rest of it is discarded."""
        if self._overlong:
            return
        if self._in_buffer_len + len(data) <= _MAX_COMMAND_BYTES:
            super().collect_incoming_data(data)
            return
        self._overlong = True
        self._in_buffer, self._in_buffer_len = [], 0
        user = self.username if self.authenticated else None
        self._command = Command(verb="", argument="", session=self._session, user=user, tls=self._ssl_established)
        self._send_refusal(refuse(500, FtpCode.SYNTAX, f"a command has at most {_MAX_COMMAND_BYTES} bytes").refusal)

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
            # A QUIT to a simulation that was closed meanwhile loses nothing.
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
        if wanted["auth"] and not self.authenticated and verb != "OPTS":  # some clients send OPTS before they log in
            raise refuse(530, FtpCode.SEQUENCE, "log in with USER and PASS first")
        if verb in ("PASV", "EPSV") and not self._prot:
            raise _clear_text(522, "data connections need TLS; send PBSZ 0 and PROT P first")

    # TLS and login

    def ftp_PROT(self, line: str) -> None:  # noqa: N802 - pyftpdlib's names
        """Protect data connections; clear ones are refused."""
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
            self._authority = _authenticate(self.backend(), user, line)
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
        """Log the user out (USER was sent again)."""
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
        """Refuse a command whose data connection failed in its TLS handshake; ``reason`` is OpenSSL's text."""
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
        """Break the transfer off; its file is not delivered, or not marked as read."""
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
        """Close the file of a transfer whose data connection was never opened."""
        queued = [item for item in (self._in_dtp_queue and self._in_dtp_queue[0], self._out_dtp_queue) if item]
        self._in_dtp_queue = self._out_dtp_queue = None
        for item in queued:
            file = item[2] if isinstance(item, tuple) else item
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

    def _as_call(self) -> Command:
        """Return the current command for a call of DIT, which writes the journal entry itself."""
        command, self._command = self._command, None
        if command is None:
            raise AssertionError("no command is being carried out")
        argument = command.argument
        path = argument if argument.startswith("/") else f"{self._cwd.rstrip('/')}/{argument}"
        return replace(command, path=path)

    @property
    def _files(self) -> MailboxFiles:
        return MailboxFiles(self.backend())


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


def _authenticate(backend: FtpsBackend, user: str, password: str) -> str:
    """Return the authority id of a user of the STS; raises Refused for a wrong password and an unknown user."""
    expected = backend.passwords.get(user)
    if expected is None:
        known = ", ".join(sorted(backend.passwords))
        raise _wrong_credential(
            f"user {user!r} is not known", f"one of {known}", "take user and password from users.toml"
        )
    if not hmac.compare_digest(password.encode(), expected.encode()):
        raise _wrong_credential(
            f"the password is not that of {user!r}",
            "the password in users.toml of the simulator's folder of keys",
            "copy it from there; mind blanks at its ends",
        )
    with backend.services.store.reading() as transaction:
        return backend.services.network.caller(transaction, user).authority


def _wrong_credential(found: str, expected: str, remedy: str) -> Refused:
    return refuse(
        530,
        FtpCode.CREDENTIAL,
        "user name or password is wrong",
        found=f"Login refused: {found}.",
        expected=f"{expected}.",
        source=documented("3.2.2: user name and password"),
        remedy=f"{remedy}.",
    )
