"""Listing, getting and deleting: what comes out of a mailbox by FTPS."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulator.dit.model import MessageClass, MessageStatus, Selector
from simulator.dit.statuses import Action, next_status
from simulator.ftps.calls import Answer, Calls, refused_for
from simulator.ftps.layout import MAIL, Folder, Layout, Place, message_of
from simulator.ftps.listing import Row
from simulator.ftps.recording import Command, Notes
from simulator.ftps.refusals import FtpRefusal, refuse

if TYPE_CHECKING:
    from simulator.dit.model import Caller, MailboxMessage
    from simulator.ftps.backing import Backing
    from simulator.ftps.refusals import FtpError
    from simulator.store import Unit
    from simulator.store.incoming import OpenBlob

LISTED = "226 Transfer complete."
"""What pyftpdlib says at the end of a listing."""

_CLASSES = {
    Folder.READ: frozenset({MessageClass.BUSINESS, MessageClass.TRANSACTION}),
    Folder.READ_ERROR: frozenset({MessageClass.ERROR}),
}
"""Which messages stand in which folder."""

LIST, RECEIVE, DELETE = "ReceiveMessageList", "ReceiveMessage2", "DeleteMessage"
_SAMPLE = "VRAA, DIT integration instruction v1.09, 3.2.2 (documented)"


@dataclass(frozen=True, slots=True)
class Found:
    """A message that is to be got: its bytes, and how the call ends when they were sent. ``answer`` is set when not."""

    notes: Notes
    message: MailboxMessage | None = None
    blob: OpenBlob | None = None
    answer: Answer | None = None
    lost: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What a caller does with its mailbox; each call is DIT's own, with the same rules and the same journal."""

    backing: Backing

    @property
    def _calls(self) -> Calls:
        return Calls(self.backing)

    def place(self, user: str, cwd: str, path: str) -> Place:
        """What a path means to a user; raises FtpError, DitError, StoreError."""
        with self.backing.store.reading() as unit:
            return self._layout(unit, self.backing.network.caller(unit, user)).place(cwd, path)

    def rows(self, user: str, place: Place) -> list[Row]:
        """The folders in a folder that holds no messages."""
        with self.backing.store.reading() as unit:
            layout = self._layout(unit, self.backing.network.caller(unit, user))
            return [Row(name, self.backing.clock.now()) for name in layout.folders(place)]

    def row(self, user: str, place: Place) -> Row:
        """A folder or a message's file by itself; raises FtpError, DitError, StoreError."""
        name = place.path.rpartition("/")[2] or "/"
        if place.file is None:
            return Row(name, self.backing.clock.now())
        with self.backing.store.reading() as unit:
            message = self._message(unit, self.backing.network.caller(unit, user), place)
        return Row(name, message.delivered_at, message.payload.size)

    def mail(self, command: Command, place: Place) -> tuple[Answer, list[Row]]:
        """ReceiveMessageList of a folder of messages; the answer's line is for when it was sent."""
        notes = Notes(LIST, details={"read": False})
        rows: list[Row] = []

        def act(unit: Unit, caller: Caller) -> str:
            found = self._messages(unit, caller, place)
            notes.message_ids = tuple(each.id for each in found)
            rows.extend(Row(self._name(each), each.delivered_at, each.payload.size) for each in found)
            return LISTED

        if place.version is not None:
            notes.channel_version = place.version.urn
            notes.details["selector"] = {"channel": None, "version": place.version.urn, "message": None}
        with self.backing.store.reading() as unit:
            self._calls.identify(unit, command, notes)
        struck = self._calls.strike(command, notes)
        return (struck, []) if struck is not None else (self._calls.carry_out(command, notes, act), rows)

    def open(self, command: Command, cwd: str) -> Found:
        """Find a message to be got; it counts as read when :meth:`got` says so."""
        notes = Notes(RECEIVE)
        try:
            place = self._meant(command, cwd, notes)
            struck = self._calls.strike(command, notes)
            if struck is not None:
                return Found(notes, answer=struck)
            with self.backing.store.reading() as unit:
                caller = self._calls.identify(unit, command, notes)
                message = self._message(unit, caller, place, Action.RECEIVE)
                blob = unit.open_blob(message.payload.reference)
        except Exception as error:  # noqa: BLE001 - not hidden: answered and journaled, and logged where it is ours
            return Found(notes, answer=self._calls.refuse(command, notes, refused_for(error)))
        notes.details["payloads"] = {message.id: message.payload.reference}
        notes.details["size"] = message.payload.size
        lost, cut = self._calls.spoil(notes)
        if lost:
            # Done, although the caller will not get it: as a reply that is lost on its way.
            refused = self._read(command, notes, message, lost=True)
            if not refused.ok:
                return Found(notes, answer=refused)
        return Found(notes, message, blob, lost=lost, cut=cut)

    def got(self, command: Command, found: Found, sent: int) -> Answer:
        """The file was sent, all of it or ``sent`` bytes: then nothing is read."""
        if found.message is None or found.blob is None:
            raise AssertionError("only what was found can be got")
        if sent < found.blob.size:
            error = _not_got(found.message, sent)
            return self._calls.refuse(command, found.notes, error.refused)
        return self._read(command, found.notes, found.message, lost=False)

    def delete(self, command: Command, cwd: str) -> Answer:
        """DeleteMessage of the message whose file is named."""
        notes = Notes(DELETE)
        try:
            place = self._meant(command, cwd, notes)
        except Exception as error:  # noqa: BLE001 - not hidden: answered and journaled, and logged where it is ours
            return self._calls.refuse(command, notes, refused_for(error))

        def act(unit: Unit, caller: Caller) -> str:
            message = self._message(unit, caller, place, Action.DELETE)
            notes.message_ids = self.backing.network.delete(unit, caller, Selector(message=message.id))
            return f"250 {place.file} is deleted"

        struck = self._calls.strike(command, notes)
        return struck if struck is not None else self._calls.carry_out(command, notes, act)

    def _read(self, command: Command, notes: Notes, message: MailboxMessage, *, lost: bool) -> Answer:
        def act(unit: Unit, caller: Caller) -> str:
            notes.message_ids = (message.id,)
            if self.backing.settings.mailbox.retr_reads.value:
                self.backing.network.receive(unit, caller, Selector(message=message.id))
            return "226 the file is sent, the message is read"

        return self._calls.carry_out(command, notes, act, spoilt=lost)

    def _meant(self, command: Command, cwd: str, notes: Notes) -> Place:
        """The file that a command names, and what the journal has to know of it."""
        with self.backing.store.reading() as unit:
            place = self._layout(unit, self._calls.identify(unit, command, notes)).place(cwd, command.argument)
        identifier = message_of(self.backing.settings.files.read_name.value, place.file or "")
        notes.asked = (identifier,) if identifier is not None else ()
        notes.channel_version = place.version.urn if place.version is not None else None
        notes.details["selector"] = {"channel": None, "version": None, "message": identifier}
        return place

    def _layout(self, unit: Unit, caller: Caller) -> Layout:
        return Layout(self.backing.settings, self.backing.network.directory(unit), caller)

    def _messages(self, unit: Unit, caller: Caller, place: Place) -> list[MailboxMessage]:
        if place.version is None:
            raise AssertionError("a folder of messages is a channel version's")
        network, selector, classes = self.backing.network, Selector(version=place.version.urn), _CLASSES[place.folder]
        found = list(network.list_messages(unit, caller, selector, classes=classes))
        if self.backing.settings.mailbox.list_read.value:
            same = replace(caller, exempt=True)  # the same poll, not another one
            found += network.list_messages(unit, same, selector, read=True, classes=classes)
        return sorted(found, key=lambda each: each.delivered_at)

    def _message(self, unit: Unit, caller: Caller, place: Place, action: Action | None = None) -> MailboxMessage:
        """The message whose file a path names; raises FtpError when there is none.

        One that was deleted is refused in DIT's own words, when something is to be done to it.
        """
        identifier = message_of(self.backing.settings.files.read_name.value, place.file or "")
        message = None
        if place.folder in MAIL and identifier is not None:
            message = self.backing.network.look(unit, caller, identifier)
        if message is None or not _stands_in(message, place):
            raise _no_file(place, message)
        if action is not None:
            next_status(message.status, action, message=message.id)
        elif message.status is MessageStatus.DELETED:
            raise _no_file(place, message)
        return message

    def _name(self, message: MailboxMessage) -> str:
        return self.backing.settings.files.read_name.value.replace("{message}", message.id)


def _stands_in(message: MailboxMessage, place: Place) -> bool:
    in_version = place.version is not None and message.version == place.version.urn
    return in_version and message.message_class in _CLASSES[place.folder]


def _no_file(place: Place, message: MailboxMessage | None) -> FtpError:
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
        FtpRefusal.UNKNOWN_PATH,
        f"there is no file {place.path}",
        cause=f"There is no file {place.path}: {why}. Expected: a file as LIST shows it, in Read (messages) or "
        f"ReadError (errors). Source: {_SAMPLE}. What to do: list the folder, and keep the names until they are got.",
    )


def _not_got(message: MailboxMessage, sent: int) -> FtpError:
    return refuse(
        426,
        FtpRefusal.ABORTED,
        f"the transfer broke off after {sent} of {message.payload.size} bytes; the message is not read",
        cause=f"The connection broke after {sent} of {message.payload.size} bytes of message {message.id} were sent. "
        "Expected: the client reads to the end. Source: RFC 959 (documented). What to do: get the file again; it "
        "counts as not read.",
    )
