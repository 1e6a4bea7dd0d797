"""File transfers: pyftpdlib's data connection over TLS, and the files that it writes to the store or reads from it.

The end of the data connection decides about the file, before the answer leaves on the control connection.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from OpenSSL import SSL
from pyftpdlib.handlers import TLS_DTPHandler
from pyftpdlib.log import logger

from simulator.ftps.calls import Answer
from simulator.ftps.uploads import broken_off
from simulator.store import StoreError

if TYPE_CHECKING:
    from simulator.ftps.mailbox_files import MailboxFiles, OpenMessage
    from simulator.ftps.uploads import Draft, Uploads
    from simulator.store import Incoming


class Transfer(Protocol):
    """A file on a data connection; pyftpdlib uses ``name``, ``closed`` and ``close``."""

    name: str
    closed: bool

    def conclude(self, *, whole: bool, clean: bool) -> Answer:
        """Return the answer to the command after the end of the data connection.

        ``whole``: the transfer was not seen to break off. ``clean``: the client ended TLS with close_notify.
        """
        ...

    def close(self) -> None:
        """Close the file; a transfer without conclusion counts as broken off."""
        ...


class Upload:
    """A file that is being uploaded. Bytes above the limit are discarded, so that the client gets the refusal.

    ``stop`` closes the data connection; it is called at twice the limit.
    """

    def __init__(self, uploads: Uploads, draft: Draft, incoming: Incoming, stop: Callable[[], object]) -> None:
        self.name = draft.call.command.path or ""
        self.closed = False
        self._uploads = uploads
        self._draft = draft
        self._incoming = incoming
        self._stop = stop
        self._size = 0
        self._failure: StoreError | None = None
        self._answer: Answer | None = None

    def write(self, data: bytes) -> None:
        """Store the next bytes."""
        self._size += len(data)
        limit = self._uploads.backend.message_bytes
        if self._size > 2 * limit:
            self._stop()
        if self._size > limit or self._failure is not None:
            return
        try:
            self._incoming.write(data)
        except StoreError as error:
            self._failure = error

    def conclude(self, *, whole: bool, clean: bool) -> Answer:
        """Deliver the file if it is whole, else refuse the upload; return the answer."""
        if self._answer is None:
            self._answer = self._conclude(whole=whole, clean=clean)
            self._incoming.close()
        return self._answer

    def close(self) -> None:
        """Close the file; an upload without conclusion counts as broken off."""
        self.closed = True
        self.conclude(whole=False, clean=False)

    def _conclude(self, *, whole: bool, clean: bool) -> Answer:
        uploads, draft = self._uploads, self._draft
        draft.call.record.details["size"] = self._size
        if self._failure is not None:
            return uploads.refuse(draft, self._failure)
        if self._size > uploads.backend.message_bytes:
            return uploads.refuse(draft, uploads.too_large(self._size))
        if not whole:
            return uploads.refuse(draft, broken_off(self._size, "it was aborted, or a connection was lost"))
        return uploads.deliver(draft, self._incoming, clean=clean)


class Download:
    """A message that is being downloaded, from the byte ``start`` on."""

    def __init__(self, files: MailboxFiles, opened: OpenMessage, start: int = 0) -> None:
        if opened.blob is None:
            raise AssertionError("a refused download has no bytes")
        self.name = opened.call.command.path or ""
        self.closed = False
        self._files = files
        self._opened = opened
        self._size = opened.blob.size
        self._sent = 0
        self._pieces = self._from(start)
        self._answer: Answer | None = None

    def read(self, _size: int) -> bytes:
        """Return the next bytes, none at the end; raises OSError when the store cannot read them."""
        try:
            data = next(self._pieces, b"")
        except StoreError as error:
            raise OSError(str(error)) from error
        self._sent += len(data)
        return data

    def conclude(self, *, whole: bool, clean: bool) -> Answer:
        """Mark the message as read if the whole file was sent, else refuse the download; return the answer."""
        del clean
        if self._answer is None:
            sent = self._size if whole and self._sent >= self._size else min(self._sent, self._size - 1)
            self._answer = self._files.finish(self._opened, sent)
        return self._answer

    def close(self) -> None:
        """Close the file; a download without conclusion counts as broken off."""
        self.closed = True
        self.conclude(whole=False, clean=False)

    def _from(self, start: int) -> Iterator[bytes]:
        if self._opened.blob is None:
            return
        lost = self._opened.lost
        end = self._size if lost is None or not lost.lost else self._size // 2 if lost.cut else 0
        self._sent = position = start
        passed = 0
        for piece in self._opened.blob.pieces():
            chosen = piece[max(0, position - passed) : max(0, end - passed)]
            passed += len(piece)
            if chosen:
                yield chosen


_COMPLETE = "226"


class DataConnection(TLS_DTPHandler):
    """The data connection of one transfer. A listing has no file; pyftpdlib's own answer is sent for it."""

    file_obj: Transfer | None
    _resp: tuple[Any, ...]

    _ends_after_handshake = False

    def handle_close(self) -> None:
        """Close after the last byte, or when the client ends; an empty listing still waits for the TLS handshake."""
        if self._ssl_accepting and not self.receive:
            self._ends_after_handshake = True
        else:
            super().handle_close()

    def handle_ssl_established(self) -> None:
        """Close after the TLS handshake if there is nothing to send."""
        if self._ends_after_handshake:
            self.handle_close()

    def close(self) -> None:
        """End the connection; pyftpdlib calls it again during the shutdown of TLS."""
        broken = False
        if not self._closed and self.file_obj is not None and not self.file_obj.closed:
            broken = self._conclude(self.file_obj)
        super().close()
        if broken:
            self.cmd_channel.close()

    def _conclude(self, file: Transfer) -> bool:
        """Deliver the file or mark it as read; return True when the answer must be lost."""
        response: tuple[Any, ...] = self._resp
        whole = bool(response) and response[0].startswith(_COMPLETE)
        answer = file.conclude(whole=whole, clean=self._is_clean())
        self.transfer_finished = answer.ok
        if answer.lost:
            self._resp = ()
        elif response:  # without it, the command that ended the transfer (ABOR, QUIT) sends its own answer
            self._resp = (answer.line, logger.debug)
        return answer.lost

    def _is_clean(self) -> bool:
        """Return True when the client ended TLS with close_notify, not only the connection below it."""
        if not isinstance(self.socket, SSL.Connection):
            return False
        return bool(self.socket.get_shutdown() & SSL.RECEIVED_SHUTDOWN)

    def handle_failed_ssl_handshake(self) -> None:
        """Refuse the command on the control connection (RFC 4217, 10.2) and close the data connection."""
        reason = sys.exc_info()[1]
        if self.file_obj is not None:
            self.file_obj.close()  # it is in the journal as broken off before the answer leaves
        self.cmd_channel.data_without_tls(str(reason))
        self.close()
