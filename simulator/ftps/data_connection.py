"""The data connection: pyftpdlib's, over TLS, whose end decides about the file before the answer leaves."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from OpenSSL import SSL
from pyftpdlib.handlers import TLS_DTPHandler
from pyftpdlib.log import logger

if TYPE_CHECKING:
    from simulator.ftps.transfers import Transfer

_COMPLETE = "226"


class DataConnection(TLS_DTPHandler):
    """One transfer. A listing has no file; what pyftpdlib says of it then leaves as it is."""

    file_obj: Transfer | None
    _resp: tuple[Any, ...]

    _ends_after_handshake = False

    def handle_close(self) -> None:
        """All was sent, or the client has ended. With nothing to send, TLS has to be agreed on all the same."""
        if self._ssl_accepting and not self.receive:
            self._ends_after_handshake = True
        else:
            super().handle_close()

    def handle_ssl_established(self) -> None:
        """TLS is agreed on."""
        if self._ends_after_handshake:
            self.handle_close()

    def close(self) -> None:
        """End the connection; called again while TLS says goodbye."""
        broken = False
        if not self._closed and self.file_obj is not None and not self.file_obj.closed:
            broken = self._conclude(self.file_obj)
        super().close()
        if broken:
            self.cmd_channel.close()

    def _conclude(self, file: Transfer) -> bool:
        """Have the file delivered or marked as read; returns whether the answer is to be lost."""
        said: tuple[Any, ...] = self._resp
        whole = bool(said) and said[0].startswith(_COMPLETE)
        answer = file.conclude(whole=whole, clean=self._said_goodbye())
        self.transfer_finished = answer.ok
        if answer.lost:
            self._resp = ()
        elif said:  # without it the command that ended the transfer (ABOR, QUIT) answers by itself
            self._resp = (answer.line, logger.debug)
        return answer.lost

    def _said_goodbye(self) -> bool:
        """True when the client ended TLS with close_notify, not only the connection below it."""
        if not isinstance(self.socket, SSL.Connection):
            return False
        return bool(self.socket.get_shutdown() & SSL.RECEIVED_SHUTDOWN)

    def handle_failed_ssl_handshake(self) -> None:
        """Say on the control connection why the data connection is no use (RFC 4217, 10.2)."""
        reason = sys.exc_info()[1]
        if self.file_obj is not None:
            self.file_obj.close()  # what is not delivered stands in the journal before the answer leaves
        self.cmd_channel.data_without_tls(str(reason))
        self.close()
