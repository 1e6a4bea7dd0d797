"""The messages of a mailbox as files: listing, downloading and deleting them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulator.dit import calls
from simulator.dit.calls import refusal_for
from simulator.dit.mailbox import Action, next_status
from simulator.dit.model import MessageClass, MessageStatus, Selector
from simulator.domain.provenance import Basis, Provenance
from simulator.fault_injection.faults import AFTER
from simulator.ftps.calls import Answer, Command, FtpsCall
from simulator.ftps.layout import MAIL, Folder, Layout, Place, Row, message_of
from simulator.ftps.refusals import FTPS_SECTION, FtpCode, refuse

if TYPE_CHECKING:
    from simulator.dit.calls import SimulationServices
    from simulator.dit.model import Caller, MailboxMessage
    from simulator.dit.refusals import Refused
    from simulator.ftps.calls import FtpsBackend
    from simulator.store import Transaction
    from simulator.store.incoming import OpenBlob

LISTED = "226 Transfer complete."
"""pyftpdlib's reply at the end of a listing."""

_CLASSES = {
    Folder.READ: frozenset({MessageClass.BUSINESS, MessageClass.TRANSACTION}),
    Folder.READ_ERROR: frozenset({MessageClass.ERROR}),
}
"""The classes of messages in each folder."""

LIST, RECEIVE, DELETE = "ReceiveMessageList", "ReceiveMessage2", "DeleteMessage"


@dataclass(frozen=True, slots=True)
class OpenMessage:
    """A message that is opened for download, and its bytes.

    ``refused`` is the answer when the download is refused. ``lost`` is the answer of an injected fault that closes the
    connection; the message is then read already.
    """

    call: FtpsCall
    message: MailboxMessage | None = None
    blob: OpenBlob | None = None
    refused: Answer | None = None
    lost: Answer | None = None


@dataclass(frozen=True, slots=True)
class MailboxFiles:
    """Lists, downloads and deletes messages. Each is a call of DIT, with its rules and its journal entry."""

    backend: FtpsBackend

    @property
    def _services(self) -> SimulationServices:
        return self.backend.services

    def place(self, user: str, cwd: str, path: str) -> Place:
        """Return the place of a path for a user; raises Refused, StoreError."""
        with self._services.store.reading() as transaction:
            return self._layout(transaction, self._services.network.caller(transaction, user)).place(cwd, path)

    def rows(self, user: str, place: Place) -> list[Row]:
        """Return the folders in a folder without messages; raises Refused, StoreError."""
        with self._services.store.reading() as transaction:
            layout = self._layout(transaction, self._services.network.caller(transaction, user))
            return [Row(name, self._services.clock.now()) for name in layout.folders(place)]

    def row(self, user: str, place: Place) -> Row:
        """Return the row of one folder or file; raises Refused, StoreError."""
        name = place.path.rpartition("/")[2] or "/"
        if place.file is None:
            return Row(name, self._services.clock.now())
        with self._services.store.reading() as transaction:
            message = self._message(transaction, self._services.network.caller(transaction, user), place)
        return Row(name, message.delivered_at, message.payload.size)

    def mail(self, command: Command, place: Place) -> tuple[Answer, list[Row]]:
        """Carry out ReceiveMessageList for a folder of messages; return the answer after it, and its rows."""
        call = FtpsCall(self.backend, command, LIST)
        rows: list[Row] = []

        def list_messages(transaction: Transaction, caller: Caller) -> str:
            messages = self._messages(transaction, caller, place)
            call.record.message_ids = tuple(message.id for message in messages)
            rows.extend(Row(self._name(message), message.delivered_at, message.payload.size) for message in messages)
            return LISTED

        call.perform = list_messages
        call.record.details["read"] = False
        if place.version is not None:
            call.record.channel_version = place.version.urn
            call.record.details["selector"] = {"channel": None, "version": place.version.urn, "message": None}
        return calls.carry_out(self._services, call), rows

    def open(self, command: Command, cwd: str) -> OpenMessage:
        """Open a message for download; :meth:`finish` marks it as read."""
        call = FtpsCall(self.backend, command, RECEIVE)
        try:
            place = self._named(call, cwd)
            in_place = calls.inject(self._services, call)
            if in_place is not None:
                return OpenMessage(call, refused=in_place)
            with self._services.store.reading() as transaction:
                message = self._message(transaction, call.identify(transaction), place, Action.RECEIVE)
                blob = transaction.open_blob(message.payload.reference)
        except Exception as error:  # noqa: BLE001 - not hidden: answered and journaled, and logged where it is ours
            return OpenMessage(call, refused=calls.refuse(self._services, call, refusal_for(error)))
        call.record.details["payloads"] = {message.id: message.payload.reference}
        call.record.details["size"] = message.payload.size
        call.perform = self._receive(call, message)
        if not self._services.faults.is_armed(RECEIVE, call.record.authority, AFTER):
            return OpenMessage(call, message, blob)
        # The fault breaks the download off after the call is carried out, so that has to come first.
        answer = calls.carry_out(self._services, call, inject=AFTER)
        return OpenMessage(call, message, blob, lost=answer) if answer.ok else OpenMessage(call, refused=answer)

    def finish(self, opened: OpenMessage, sent: int) -> Answer:
        """Carry out ReceiveMessage2 after all bytes were sent; refuse it when ``sent`` is less than the file's size."""
        if opened.message is None or opened.blob is None:
            raise AssertionError("a refused download has no end")
        if opened.lost is not None:
            return opened.lost
        if sent < opened.blob.size:
            return calls.refuse(self._services, opened.call, _broken_download(opened.message, sent).refusal)
        return calls.carry_out(self._services, opened.call, inject=())

    def delete(self, command: Command, cwd: str) -> Answer:
        """Carry out DeleteMessage for the file in the command."""
        call = FtpsCall(self.backend, command, DELETE)
        try:
            place = self._named(call, cwd)
        except Exception as error:  # noqa: BLE001 - not hidden: answered and journaled, and logged where it is ours
            return calls.refuse(self._services, call, refusal_for(error))

        def delete(transaction: Transaction, caller: Caller) -> str:
            message = self._message(transaction, caller, place, Action.DELETE)
            call.record.message_ids = self._services.network.delete(transaction, caller, Selector(message=message.id))
            return f"250 {place.file} is deleted"

        call.perform = delete
        return calls.carry_out(self._services, call)

    def _receive(self, call: FtpsCall, message: MailboxMessage) -> Callable[[Transaction, Caller], str]:
        def receive(transaction: Transaction, caller: Caller) -> str:
            call.record.message_ids = (message.id,)
            if self.backend.settings.mailbox.retr_reads.value:
                self._services.network.receive(transaction, caller, Selector(message=message.id))
            return "226 the file is sent, the message is read"

        return receive

    def _named(self, call: FtpsCall, cwd: str) -> Place:
        """Return the place of the command's file, and note its message for the journal; raises Refused, StoreError."""
        with self._services.store.reading() as transaction:
            place = self._layout(transaction, call.identify(transaction)).place(cwd, call.command.argument)
        identifier = message_of(self.backend.settings.files.read_name.value, place.file or "")
        call.record.asked = (identifier,) if identifier is not None else ()
        call.record.channel_version = place.version.urn if place.version is not None else None
        call.record.details["selector"] = {"channel": None, "version": None, "message": identifier}
        return place

    def _layout(self, transaction: Transaction, caller: Caller) -> Layout:
        return Layout(self.backend.settings, self._services.network.directory(transaction), caller)

    def _messages(self, transaction: Transaction, caller: Caller, place: Place) -> list[MailboxMessage]:
        if place.version is None:
            raise AssertionError("a folder of messages has a channel version")
        network, selector, classes = self._services.network, Selector(version=place.version.urn), _CLASSES[place.folder]
        messages = list(network.list_messages(transaction, caller, selector, classes=classes))
        if self.backend.settings.mailbox.list_read.value:
            exempt = replace(caller, exempt=True)  # both lists count as one poll
            messages += network.list_messages(transaction, exempt, selector, read=True, classes=classes)
        return sorted(messages, key=lambda message: message.delivered_at)

    def _message(
        self, transaction: Transaction, caller: Caller, place: Place, action: Action | None = None
    ) -> MailboxMessage:
        """Return the message of a file; raises Refused when there is none.

        With ``action``, the message must be in a status that the action allows; else Refused has DIT's own text.
        """
        identifier = message_of(self.backend.settings.files.read_name.value, place.file or "")
        message = None
        if place.folder in MAIL and identifier is not None:
            message = self._services.network.look(transaction, caller, identifier)
        if message is None or not _is_in(message, place):
            raise _no_file(place, message)
        if action is not None:
            next_status(message.status, action, message=message.id)
        elif message.status is MessageStatus.DELETED:
            raise _no_file(place, message)
        return message

    def _name(self, message: MailboxMessage) -> str:
        return self.backend.settings.files.read_name.value.replace("{message}", message.id)


def _is_in(message: MailboxMessage, place: Place) -> bool:
    in_version = place.version is not None and message.version == place.version.urn
    return in_version and message.message_class in _CLASSES[place.folder]


def _no_file(place: Place, message: MailboxMessage | None) -> Refused:
    why = "it is no file of Read or ReadError"
    if place.folder in MAIL:
        why = "no message of this mailbox has that name"
        if message is not None:
            deleted = message.status is MessageStatus.DELETED
            why = (
                "the message was deleted"
                if deleted
                else f"the message is one of {message.version}, or of another class"
            )
    return refuse(
        550,
        FtpCode.UNKNOWN_PATH,
        f"there is no file {place.path}",
        found=f"There is no file {place.path}: {why}.",
        expected="a file as LIST shows it, in Read (messages) or ReadError (errors).",
        source=FTPS_SECTION,
        remedy="list the folder, and keep the names until they are got.",
    )


def _broken_download(message: MailboxMessage, sent: int) -> Refused:
    return refuse(
        426,
        FtpCode.ABORTED,
        f"the transfer broke off after {sent} of {message.payload.size} bytes; the message is not read",
        found=f"The connection broke after {sent} of {message.payload.size} bytes of message {message.id} were sent.",
        expected="the client reads to the end.",
        source=Provenance(Basis.DOCUMENTED, "RFC 959"),
        remedy="get the file again; it counts as not read.",
    )
