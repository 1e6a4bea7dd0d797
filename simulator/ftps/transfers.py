"""Files as pyftpdlib handles them: what comes on a data connection goes into the store, what leaves comes from it.

The data connection: pyftpdlib's, over TLS, whose end decides about the file before the answer leaves.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from OpenSSL import SSL
from pyftpdlib.handlers import TLS_DTPHandler
from pyftpdlib.log import logger

from simulator.ftps.calls import Answer
from simulator.ftps.sending import broken_off
from simulator.store import StoreError

if TYPE_CHECKING:
    from simulator.ftps.reading import Found, Reading
    from simulator.ftps.sending import Draft, Sending
    from simulator.store import Incoming


class Transfer(Protocol):
    """A file on a data connection; pyftpdlib asks for ``name``, ``closed`` and ``close``."""

    name: str
    closed: bool

    def conclude(self, *, whole: bool, clean: bool) -> Answer:
        """The data connection has ended; the answer to the command. ``whole``: as far as one can see."""
        ...

    def close(self) -> None:
        """Let go of it; what was not concluded was broken off."""
        ...


class Upload:
    """A file that is being written. Beyond the limit its bytes are thrown away, so that its sender hears why.

    ``stop`` breaks the data connection off, when there is no end of it.
    """

    def __init__(self, sending: Sending, draft: Draft, incoming: Incoming, stop: Callable[[], object]) -> None:
        self.name = draft.call.command.path or ""
        self.closed = False
        self._sending = sending
        self._draft = draft
        self._incoming = incoming
        self._stop = stop
        self._size = 0
        self._failure: StoreError | None = None
        self._answer: Answer | None = None

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self._size += len(data)
        limit = self._sending.backend.message_bytes
        if self._size > 2 * limit:
            self._stop()
        if self._size > limit or self._failure is not None:
            return
        try:
            self._incoming.write(data)
        except StoreError as error:
            self._failure = error

    def conclude(self, *, whole: bool, clean: bool) -> Answer:
        """Deliver what has come, when it has come whole."""
        if self._answer is None:
            self._answer = self._conclude(whole=whole, clean=clean)
            self._incoming.close()
        return self._answer

    def close(self) -> None:
        """Let go of the file."""
        self.closed = True
        self.conclude(whole=False, clean=False)

    def _conclude(self, *, whole: bool, clean: bool) -> Answer:
        sending, draft = self._sending, self._draft
        draft.call.record.details["size"] = self._size
        if self._failure is not None:
            return sending.refuse(draft, self._failure)
        if self._size > sending.backend.message_bytes:
            return sending.refuse(draft, sending.too_large(self._size))
        if not whole:
            return sending.refuse(draft, broken_off(self._size, "it was aborted, or a connection was lost"))
        return sending.deliver(draft, self._incoming, clean=clean)


class Download:
    """A message that is being got, from the byte ``start`` on."""

    def __init__(self, reading: Reading, found: Found, start: int = 0) -> None:
        if found.blob is None:
            raise AssertionError("only what was found can be got")
        self.name = found.call.command.path or ""
        self.closed = False
        self._reading = reading
        self._found = found
        self._size = found.blob.size
        self._sent = 0
        self._pieces = self._from(start)
        self._answer: Answer | None = None

    def read(self, _size: int) -> bytes:
        """The next bytes, none at the end; raises OSError when they cannot be read any more."""
        try:
            data = next(self._pieces, b"")
        except StoreError as error:
            raise OSError(str(error)) from error
        self._sent += len(data)
        return data

    def conclude(self, *, whole: bool, clean: bool) -> Answer:
        """The file has left, or the connection was broken off."""
        del clean
        if self._answer is None:
            sent = self._size if whole and self._sent >= self._size else min(self._sent, self._size - 1)
            self._answer = self._reading.got(self._found, sent)
        return self._answer

    def close(self) -> None:
        """Let go of the file."""
        self.closed = True
        self.conclude(whole=False, clean=False)

    def _from(self, start: int) -> Iterator[bytes]:
        if self._found.blob is None:
            return
        lost = self._found.lost
        end = self._size if lost is None or not lost.lost else self._size // 2 if lost.cut else 0
        self._sent = position = start
        passed = 0
        for piece in self._found.blob.pieces():
            chosen = piece[max(0, position - passed) : max(0, end - passed)]
            passed += len(piece)
            if chosen:
                yield chosen


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
