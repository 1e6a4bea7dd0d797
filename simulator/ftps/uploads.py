"""Uploads: each file is checked to be one whole document in UTF-8, then sent as one message or refused."""

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
from simulator.documents.parsing import HEAD, UTF8_ONLY, Complaint, document_element, well_formed
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
class ReceivedFile:
    """An upload after its last byte; ``clean``: the client ended TLS with close_notify."""

    incoming: Incoming
    clean: bool

    def element(self) -> str:
        """Return the Clark name of the document element; raises Refused when the file's head is not XML."""
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
        """Raise Refused unless the file is one well-formed document in UTF-8 that is not too deep."""
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
    """Return the refusal of an upload of which only ``size`` bytes arrived."""
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
    """A message before its bytes have arrived: the call, and the request without its payload."""

    call: FtpsCall
    request: SendRequest


@dataclass(frozen=True, slots=True)
class Uploads:
    """Sends uploaded files. Each is one SendMessage2, with the rules and the journal entry of a call of DIT."""

    backend: FtpsBackend

    @property
    def _services(self) -> SimulationServices:
        return self.backend.services

    def begin(self, command: Command, cwd: str) -> Draft | Answer:
        """Check path and rights before the bytes arrive; return the draft, or the answer to a refused upload."""
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
        """Send a whole upload and return the answer. ``clean``: the client ended TLS with close_notify."""
        call, services = draft.call, self._services
        call.store_payload = incoming_keeper(incoming)
        try:
            incoming.finish()
            arrived = ReceivedFile(incoming, clean)
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
        """Return the answer to an upload that broke off or could not be stored; nothing of it is delivered."""
        return calls.refuse(self._services, draft.call, refusal_for(error))

    def too_large(self, size: int) -> Refused:
        """Return the refusal of a file of ``size`` bytes, more than a message may have."""
        limit = self.backend.message_bytes
        return refuse_by_dit(
            RefusalCode.TOO_LARGE,
            f"the file has {size} bytes; the limit is {limit}",
            found=f"The file has {size} bytes.",
            expected=f"at most {limit} bytes.",
            source=documented("section 2.4"),
            remedy="split the document into several messages.",
        )

    def _examine(self, call: FtpsCall, request: SendRequest, arrived: ReceivedFile) -> Examined | None:
        """Validate a large document before the transaction, so that no other call waits; raises Refused."""
        network = self._services.network
        with self._services.store.reading() as transaction:
            caller, directory = call.identify(transaction), network.directory(transaction)
        examined = network.examine(directory, caller, request, arrived.incoming.pieces)
        if examined is None or examined.complaints:
            arrived.check_whole()
        return examined

    def _request(self, transaction: Transaction, caller: Caller, place: Place) -> SendRequest:
        """Return the request for a path, without its payload; raises Refused."""
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
        """Return the receivers of a reply that needs one: the sender of the related message (assumed)."""
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
