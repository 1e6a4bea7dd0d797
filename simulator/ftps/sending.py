"""Uploads: a file that is written is a message that is sent, as a whole or not at all.

Checks an upload before DIT sees it: one document in UTF-8 that arrived whole.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulator.dit import calls
from simulator.dit.calls import refusal_for
from simulator.dit.directory import routes
from simulator.dit.model import ChannelKind, MessageClass, Payload, RefusalCode, SendRequest
from simulator.dit.refusals import documented
from simulator.dit.refusals import refuse as refuse_by_dit
from simulator.documents.catalogue import well_formed
from simulator.documents.parsing import HEAD, UTF8_ONLY, Complaint, document_element
from simulator.domain.provenance import Basis, Provenance
from simulator.ftps.calls import Answer, Command, FtpsCall
from simulator.ftps.layout import Folder, Layout, Place, written_about
from simulator.ftps.refusals import FTPS_SECTION, FtpCode, refuse

if TYPE_CHECKING:
    from simulator.dit.calls import CallRecord, SimulationServices
    from simulator.dit.model import Caller
    from simulator.dit.refusals import Refused
    from simulator.dit.sending import Examined
    from simulator.ftps.calls import FtpsBackend
    from simulator.store import Incoming, Transaction


_REASONS = {"encoding": FtpCode.CHARSET, "dtd": FtpCode.DOCTYPE, "depth": FtpCode.TOO_DEEP}


@dataclass(frozen=True, slots=True)
class Arrived:
    """An upload whose bytes are all there; ``clean`` when TLS said that they are (close_notify)."""

    incoming: Incoming
    clean: bool

    def element(self) -> str:
        """The Clark name of its document element; raises Refused."""
        head = b""
        for piece in self.incoming.pieces():
            head += piece
            if len(head) >= HEAD:
                break
        element, complaint = document_element(head)
        if complaint is not None:
            raise self._wrong(complaint)
        return element

    def check_whole(self) -> None:
        """Raise Refused unless it is one well-formed document, not too deep, in UTF-8."""
        complaint = well_formed(self.incoming.pieces)
        if complaint is not None:
            raise self._wrong(self._not_utf8() or complaint)

    def _not_utf8(self) -> Complaint | None:
        decoder = codecs.getincrementaldecoder("utf-8")()
        line = 1
        for piece in self.incoming.pieces():
            try:
                decoder.decode(piece)
            except UnicodeDecodeError as error:
                line += error.object.count(b"\n", 0, error.start)
                found = f"the byte {error.object[error.start]:#04x}, which is no UTF-8 there"
                return Complaint("encoding", line, "/", found, "UTF-8", UTF8_ONLY)
            line += piece.count(b"\n")
        return None

    def _wrong(self, complaint: Complaint) -> Refused:
        if complaint.code not in _REASONS and not self.clean:
            return broken_off(self.incoming.size, "the connection was closed without TLS's own ending (close_notify)")
        return refuse(
            550,
            _REASONS.get(complaint.code, FtpCode.MALFORMED),
            f"the file is not one XML document in UTF-8: line {complaint.line}: {complaint.found}",
            found=f"Line {complaint.line} of the file: {complaint.found}.",
            expected=f"{complaint.expected}.",
            source=complaint.provenance,
            remedy="write one XML document in UTF-8, without DTD, and send it in binary (TYPE I).",
            complaints=(complaint,),
        )


def broken_off(size: int, why: str) -> Refused:
    """The refusal of an upload of which only ``size`` bytes came."""
    return refuse(
        426,
        FtpCode.INCOMPLETE,
        f"the upload broke off after {size} bytes; nothing was delivered",
        found=f"The upload broke off after {size} bytes: {why}.",
        expected="the whole document, then the end of TLS and of the data connection.",
        source=Provenance(Basis.DOCUMENTED, "RFC 4217, 12.7"),
        remedy="send the file again, whole; nothing of it was delivered.",
    )


SEND = "SendMessage2"
_NOTHING = Payload("", 0, "")


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be sent, as far as it is known before its bytes have arrived."""

    call: FtpsCall
    request: SendRequest


@dataclass(frozen=True, slots=True)
class Sending:
    """Uploads: each file is one SendMessage2, with the same rules and the same journal."""

    backend: FtpsBackend

    @property
    def _services(self) -> SimulationServices:
        return self.backend.services

    def begin(self, command: Command, cwd: str) -> Draft | Answer:
        """Check that the file may be written there at all, before its bytes come."""
        call = FtpsCall(self.backend, command, SEND)
        try:
            with self._services.store.reading() as transaction:
                caller = call.identify(transaction)
                directory = self._services.network.directory(transaction)
                place = Layout(self.backend.settings, directory, caller).place(cwd, command.argument)
                request = self._request(transaction, caller, place)
                _note(call.record, request)
                routes(directory, caller, directory.version(request.version), request)
        except Exception as error:  # noqa: BLE001 - not hidden: answered and journaled, and logged where it is ours
            return calls.refuse(self._services, call, refusal_for(error))
        return Draft(call, request)

    def deliver(self, draft: Draft, incoming: Incoming, *, clean: bool) -> Answer:
        """Send what has arrived; only what is committed is acknowledged. ``clean``: TLS said that this was all."""
        call, services = draft.call, self._services
        call.store_payload = incoming_keeper(incoming)
        try:
            incoming.finish()
            arrived = Arrived(incoming, clean)
            payload = Payload(incoming.reference, incoming.size, arrived.element())
            request = replace(draft.request, payload=payload)
            _note(call.record, request)
            examined = self._examine(call, request, arrived)
        except Exception as error:  # noqa: BLE001 - not hidden: answered and journaled, and logged where it is ours
            return calls.refuse(services, call, refusal_for(error))

        def send(transaction: Transaction, caller: Caller) -> str:
            call.record.payload = transaction.adopt(incoming)
            call.record.message_ids = (services.network.send(transaction, caller, request, examined),)
            return "226 the message is sent"

        call.perform = send
        return calls.carry_out(services, call)

    def refuse(self, draft: Draft, error: Exception) -> Answer:
        """Refuse an upload that broke off, or whose bytes could not be stored: nothing is delivered."""
        return calls.refuse(self._services, draft.call, refusal_for(error))

    def too_large(self, size: int) -> Refused:
        """The refusal of a file with more bytes than a message may have."""
        limit = self.backend.message_bytes
        return refuse_by_dit(
            RefusalCode.TOO_LARGE,
            f"the file has {size} bytes; the limit is {limit}",
            found=f"The file has {size} bytes.",
            expected=f"at most {limit} bytes.",
            source=documented("section 2.4"),
            remedy="split the document into several messages.",
        )

    def _examine(self, call: FtpsCall, request: SendRequest, arrived: Arrived) -> Examined | None:
        """Validate a large document before the transaction, so that nobody waits for it; raises Refused."""
        network = self._services.network
        with self._services.store.reading() as transaction:
            caller, directory = call.identify(transaction), network.directory(transaction)
        examined = network.examine(directory, caller, request, arrived.incoming.pieces)
        if examined is None or examined.complaints:
            arrived.check_whole()
        return examined

    def _request(self, transaction: Transaction, caller: Caller, place: Place) -> SendRequest:
        """Return the request that a path stands for, without its payload."""
        if place.version is None or place.file is None or place.folder not in (Folder.WRITE, Folder.WRITE_EVENT_ERROR):
            raise _not_writable(place)
        if not place.file.lower().endswith(".xml"):
            raise _bad_name(place, "a name that ends in .xml")
        if place.folder is Folder.WRITE:
            receivers = (place.receiver,) if place.receiver is not None else ()
            return SendRequest(place.version.urn, _NOTHING, receivers=receivers)
        template = self.backend.settings.files.event_name.value
        related = written_about(template, place.file)
        if related is None:
            raise _bad_name(place, f"a name like {template}, where {{related}} is the MessageID of a message received")
        return SendRequest(
            place.version.urn,
            _NOTHING,
            MessageClass.ERROR,
            self._receivers(transaction, caller, place, related),
            related,
            self.backend.settings.files.event_title.value,
        )

    def _receivers(self, transaction: Transaction, caller: Caller, place: Place, related: str) -> tuple[str, ...]:
        """Return the receivers of a reply where DIT wants one named: the sender of the related message (assumed)."""
        directory = self._services.network.directory(transaction)
        if place.version is None or directory.owner(place.version) != caller.authority:
            return ()
        if directory.channels[place.version.channel].kind is not ChannelKind.COLLECTION:
            return ()
        message = self._services.network.look(transaction, caller, related)
        return (message.sender,) if message is not None else ()


def incoming_keeper(incoming: Incoming) -> Callable[[Transaction], str]:
    """Return a function that stores the bytes of a refused upload for the journal."""

    def keep(transaction: Transaction) -> str:
        incoming.finish()
        return transaction.adopt(incoming)

    return keep


def _note(record: CallRecord, request: SendRequest) -> None:
    record.channel_version = request.version
    record.details |= {
        "message_class": str(request.message_class),
        "receivers": list(request.receivers),
        "related_message": request.related_message,
        "event_name": request.event_name,
        "size": request.payload.size,
    }


def _not_writable(place: Place) -> Refused:
    return refuse(
        553,
        FtpCode.UNKNOWN_PATH,
        f"no file can be written as {place.path}",
        found=f"{place.path} is not in a folder for writing.",
        expected="below /<channel>/<DIK|DSK>-v<major>-<minor>/: Write/<n>.xml to send, Write/<authority>/<n>.xml to "
        "send to one receiver, WriteEvent/WriteEventError/<n>.xml to reply with an error.",
        source=FTPS_SECTION,
        remedy="write there.",
    )


def _bad_name(place: Place, expected: str) -> Refused:
    return refuse(
        553,
        FtpCode.BAD_NAME,
        f"{place.file} is not a name for this folder; expected {expected}",
        found=f"The file is named {place.file!r}.",
        expected=f"{expected}.",
        source=Provenance(Basis.ASSUMED, "files.event_name of the FTPS settings, and the samples' <n>.xml"),
        remedy="name the file so, or change the setting.",
    )
