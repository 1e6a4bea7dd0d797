"""Uploads: a file that is written is a message that is sent, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulator.dit.model import ChannelKind, MessageClass, Payload, Refusal, SendRequest
from simulator.dit.refusals import documented
from simulator.dit.refusals import refuse as refuse_by_dit
from simulator.dit.routing import routes
from simulator.ftps.arriving import Arrived
from simulator.ftps.calls import Answer, Calls, refused_for
from simulator.ftps.layout import Folder, Layout, Place, written_about
from simulator.ftps.recording import Command, Notes
from simulator.ftps.refusals import FtpRefusal, refuse

if TYPE_CHECKING:
    from simulator.dit.model import Caller, DitError
    from simulator.dit.sending import Examined
    from simulator.ftps.backing import Backing
    from simulator.ftps.refusals import FtpError
    from simulator.store import Incoming, Unit

SEND = "SendMessage2"
_NOTHING = Payload("", 0, "")


@dataclass(frozen=True, slots=True)
class Draft:
    """A message on its way: what is known of it before its bytes are there."""

    notes: Notes
    request: SendRequest


@dataclass(frozen=True, slots=True)
class Sending:
    """What a caller writes; each file is one SendMessage2, with the same rules and the same journal."""

    backing: Backing

    @property
    def _calls(self) -> Calls:
        return Calls(self.backing)

    def begin(self, command: Command, cwd: str) -> Draft | Answer:
        """Look whether the file may be written there at all, before its bytes come."""
        notes = Notes(SEND)
        try:
            with self.backing.store.reading() as unit:
                caller = self._calls.identify(unit, command, notes)
                directory = self.backing.network.directory(unit)
                place = Layout(self.backing.settings, directory, caller).place(cwd, command.argument)
                request = self._request(unit, caller, place)
                _note(notes, request)
                routes(directory, caller, directory.version(request.version), request)
        except Exception as error:  # noqa: BLE001 - not hidden: answered and journaled, and logged where it is ours
            return self._calls.refuse(command, notes, refused_for(error))
        return Draft(notes, request)

    def deliver(self, command: Command, draft: Draft, incoming: Incoming, *, clean: bool) -> Answer:
        """Send what has arrived: acknowledged is only what is committed. ``clean``: TLS said that this was all."""
        notes = draft.notes
        keep = incoming_keeper(incoming)
        try:
            incoming.finish()
            arrived = Arrived(incoming, clean)
            payload = Payload(incoming.reference, incoming.size, arrived.element())
            request = replace(draft.request, payload=payload)
            _note(notes, request)
            examined = self._examine(command, request, arrived)
            struck = self._calls.strike(command, notes, keep)
            if struck is not None:
                return struck
        except Exception as error:  # noqa: BLE001 - not hidden: answered and journaled, and logged where it is ours
            return self._calls.refuse(command, notes, refused_for(error), keep=keep)

        def act(unit: Unit, caller: Caller) -> str:
            notes.payload = unit.adopt(incoming)
            notes.message_ids = (self.backing.network.send(unit, caller, request, examined),)
            return "226 the message is sent"

        return self._calls.carry_out(command, notes, act, keep=keep)

    def broken(self, command: Command, draft: Draft, error: FtpError) -> Answer:
        """An upload that did not come to its end: nothing is delivered, and the journal says why."""
        return self._calls.refuse(command, draft.notes, error.refused)

    def failed(self, command: Command, draft: Draft, error: Exception) -> Answer:
        """An upload whose bytes could not be kept."""
        return self._calls.refuse(command, draft.notes, refused_for(error))

    def too_large(self, size: int) -> DitError:
        """The refusal of a file with more bytes than a message may have."""
        limit = self.backing.message_bytes
        return refuse_by_dit(
            Refusal.TOO_LARGE,
            f"the file has {size} bytes; the limit is {limit}",
            found=f"The file has {size} bytes.",
            expected=f"at most {limit} bytes.",
            provenance=documented("section 2.4"),
            remedy="split the document into several messages.",
        )

    def _examine(self, command: Command, request: SendRequest, arrived: Arrived) -> Examined | None:
        """Validate a large document, and see that it is one, before anybody else has to wait for it."""
        network = self.backing.network
        with self.backing.store.reading() as unit:
            caller, directory = network.caller(unit, command.user or ""), network.directory(unit)
        examined = network.examine(directory, caller, request, arrived.incoming.pieces)
        if examined is None or examined.complaints:
            arrived.check_whole()
        return examined

    def _request(self, unit: Unit, caller: Caller, place: Place) -> SendRequest:
        """What the path says of the message."""
        if place.version is None or place.file is None or place.folder not in (Folder.WRITE, Folder.WRITE_EVENT_ERROR):
            raise _not_writable(place)
        if not place.file.lower().endswith(".xml"):
            raise _bad_name(place, "a name that ends in .xml")
        if place.folder is Folder.WRITE:
            receivers = (place.receiver,) if place.receiver is not None else ()
            return SendRequest(place.version.urn, _NOTHING, receivers=receivers)
        template = self.backing.settings.files.event_name.value
        related = written_about(template, place.file)
        if related is None:
            raise _bad_name(place, f"a name like {template}, where {{related}} is the MessageID of a message received")
        return SendRequest(
            place.version.urn,
            _NOTHING,
            MessageClass.ERROR,
            self._receivers(unit, caller, place, related),
            related,
            self.backing.settings.files.event_title.value,
        )

    def _receivers(self, unit: Unit, caller: Caller, place: Place, related: str) -> tuple[str, ...]:
        """To whom a reply goes where DIT wants a receiver named: to the sender of what it is about (assumed)."""
        directory = self.backing.network.directory(unit)
        if place.version is None or directory.owner(place.version) != caller.authority:
            return ()
        if directory.channels[place.version.channel].kind is not ChannelKind.COLLECTION:
            return ()
        message = self.backing.network.look(unit, caller, related)
        return (message.sender,) if message is not None else ()


def incoming_keeper(incoming: Incoming) -> Callable[[Unit], str]:
    """Keeps the bytes of an upload that is refused, for the journal."""

    def keep(unit: Unit) -> str:
        incoming.finish()
        return unit.adopt(incoming)

    return keep


def _note(notes: Notes, request: SendRequest) -> None:
    notes.channel_version = request.version
    notes.details |= {
        "message_class": str(request.message_class),
        "receivers": list(request.receivers),
        "related_message": request.related_message,
        "event_name": request.event_name,
        "size": request.payload.size,
    }


def _not_writable(place: Place) -> FtpError:
    return refuse(
        553,
        FtpRefusal.UNKNOWN_PATH,
        f"no file can be written as {place.path}",
        cause=f"{place.path} is not in a folder for writing. Expected below /<channel>/<DIK|DSK>-v<major>-<minor>/: "
        "Write/<n>.xml to send, Write/<authority>/<n>.xml to send to one receiver, WriteEvent/WriteEventError/<n>.xml "
        "to reply with an error. Source: VRAA, DIT integration instruction v1.09, 3.2.2 (documented). "
        "What to do: write there.",
    )


def _bad_name(place: Place, expected: str) -> FtpError:
    return refuse(
        553,
        FtpRefusal.BAD_NAME,
        f"{place.file} is not a name for this folder; expected {expected}",
        cause=f"The file is named {place.file!r}. Expected: {expected}. Source: files.event_name of the FTPS settings, "
        "and the samples' <n>.xml (assumed). What to do: name the file so, or change the setting.",
    )
