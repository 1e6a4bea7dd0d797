"""One call on the wire, from the bytes that came to those that go; what happened is in the journal before they go."""

from __future__ import annotations

import logging
import uuid
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from typing import BinaryIO

from lxml import etree

from simulator import journal
from simulator.dit.model import Caller, DitError, MessageClass, Payload, SendRequest
from simulator.dit.sending import Examined
from simulator.documents.complaints import Complaint
from simulator.documents.parsing import Element
from simulator.documents.streaming import well_formed
from simulator.faults import AFTER, CUT_REPLY, KINDS
from simulator.soap import addressing, headers, misbehaving
from simulator.soap.addressing import Addressing
from simulator.soap.backend import Backend
from simulator.soap.body import IN_MEMORY, Body, to_utf8, window_to_utf8
from simulator.soap.contract import DIT, MESSAGES, Contract, Operation, complaints_about
from simulator.soap.dispatching import dispatch
from simulator.soap.envelope import check_data_encoding, lift, operation_of, read_envelope
from simulator.soap.faults import write_fault
from simulator.soap.gate import Admitted, Gate, Presented
from simulator.soap.lifting import REFERENCE, LargePayload, Lifted, LiftedPayload, lift_window
from simulator.soap.media import Media, check_media
from simulator.soap.multipart import INCLUDE, charset_of, read_part, take_apart
from simulator.soap.recording import Record
from simulator.soap.refusals import EnvelopeRefusal, Fault, SoapRefusal, refuse
from simulator.soap.replies import Reply, Stream, as_mtom, put_payloads_back, write_envelope
from simulator.soap.services import Call, Notes
from simulator.soap.translating import fault_of_dit, fault_of_incident, fault_of_store
from simulator.soap.versions import SoapVersion
from simulator.store import Incoming, StoreError, Unit

_log = logging.getLogger(__name__)

_CHALLENGE = (("WWW-Authenticate", 'Basic realm="DIT user name or authority id", charset="UTF-8"'),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it came to an address of ``contract`` that speaks ``version``, and takes MTOM when it says so.

    ``user`` is the name of HTTP Basic; where a ``gate`` guards the address, it says who calls. ``encrypted`` means TLS.
    ``refusal`` is set when the edge refuses the request whatever is in it (wrong
    path, body too large or cut short); ``body`` is then what was read.
    """

    version: SoapVersion
    body: Body
    contract: Contract = MESSAGES
    mtom: bool = False
    content_type: str | None = None
    content_encoding: str | None = None
    soap_action: str | None = None
    user: str | None = None
    gate: Gate | None = None
    encrypted: bool = False
    refusal: SoapRefusal | None = None


def answer(request: Request, backend: Backend) -> Reply:
    """Carry out one call. Every outcome is a reply, and is journaled before it is returned."""
    with ExitStack() as files:
        files.callback(request.body.close)
        exchange = _Exchange(request, backend, files)
        try:
            return exchange.run()
        except Exception:  # noqa: BLE001 - the last resort, and logged: no client may ever see a traceback
            incident = uuid.uuid4().hex
            _log.exception("incident %s: the simulator failed while answering a call", incident)
            return exchange.refuse(fault_of_incident(incident))


class _WrongCut(Exception):
    """A large payload is not one well-formed document as it was cut out; ``complaint`` says why."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(complaint.found)
        self.complaint = complaint


class _Exchange:
    """What is known of a call while it is being read and carried out."""

    def __init__(self, request: Request, backend: Backend, files: ExitStack) -> None:
        self._request = request
        self._backend = backend
        self._files = files
        self._addressing: Addressing | None = None
        self._lifted: Lifted | None = None
        self._operation: Operation | None = None
        self._notes = Notes()
        self._media: Media | None = None
        self._examined: Examined | None = None
        self._committed = False
        self._admitted: Admitted | None = None

    def run(self) -> Reply:
        """Read the request, carry it out, journal it."""
        try:
            try:
                return self._carry_out(*self._understand())
            except _WrongCut as wrong:
                return self._carry_out_exactly(self._not_one_document(wrong.complaint))
        except SoapRefusal as refusal:
            return self.refuse(refusal.fault)
        except DitError as error:
            return self.refuse(fault_of_dit(error))
        except StoreError as error:
            _log.error("the store failed: %s", error)
            return self.refuse(fault_of_store(error))

    def refuse(self, fault: Fault) -> Reply:
        """The reply that carries a fault, journaled in a transaction of its own."""
        if self._request.gate is not None and fault.http_status is None:
            # WCF answers every fault with 500 (inferred for DIT), and CXF 3 reads no fault in a 400.
            fault = replace(fault, http_status=500)
        challenge = _CHALLENGE if fault.http_status == 401 else ()
        reply = write_fault(fault, self._request.version, self._addressing, challenge, self._security_blocks())
        try:
            self._journal_refusal(fault, reply)
        except Exception:  # noqa: BLE001 - logged: the client's answer must not depend on it
            _log.exception("a refused call could not be journaled: %s", fault.explanation)
        return reply

    def _understand(self, *, exact: bool = False) -> tuple[Operation, Element]:
        """From bytes to a valid wrapper; touches nothing but this object and files that it may leave."""
        request = self._request
        if request.refusal is not None:
            raise request.refusal
        media = check_media(
            request.content_type, request.content_encoding, request.soap_action, request.version, mtom=request.mtom
        )
        self._media = media
        envelope = read_envelope(self._lift(media, exact=exact), request.version)
        self._lifted = envelope.lifted
        ours = headers.for_us(envelope.headers, request.version)
        self._addressing = addressing.message_id_of(ours)
        gate = request.gate
        understood = addressing.UNDERSTOOD if gate is None else addressing.UNDERSTOOD | gate.understood
        headers.check_understood(ours, request.version, understood)
        if gate is not None:
            self._admit(gate, ours)
        self._addressing = addressing.read_addressing(ours, required=gate is not None)
        self._operation = operation = operation_of(envelope, request.contract)
        addressing.check_action(operation, self._addressing, media.action)
        check_data_encoding(envelope)
        wrapper = envelope.wrapper
        if wrapper is None:
            raise AssertionError("operation_of refuses an empty body")
        complaints = complaints_about(wrapper, envelope.lifted.line_in_request, request.contract)
        if complaints:
            raise refuse(
                EnvelopeRefusal.SCHEMA,
                lv=f"Pieprasījums neatbilst servisa shēmai; kļūdu skaits: {len(complaints)}.",
                en=f"The request is not valid under the service's schema; errors: {len(complaints)}.",
                cause="; ".join(
                    f"line {each.line}, {each.path}: {each.found}, expected {each.expected}" for each in complaints
                ),
                complaints=complaints,
            )
        return operation, wrapper

    def _admit(self, gate: Gate, ours: tuple[Element, ...]) -> None:
        if self._admitted is not None:
            return  # the same call, cut again: it must not be taken for a replay of itself
        whole = self._lifted is not None and self._lifted.payload is None
        self._admitted = gate.admit(
            Presented(headers=ours, encrypted_transport=self._request.encrypted, body_whole=whole)
        )
        self._notes.details["security"] = dict(self._admitted.details)

    def _security_blocks(self) -> tuple[Element, ...]:
        gate = self._request.gate
        return gate.reply_headers(self._admitted) if gate is not None and self._admitted is not None else ()

    @property
    def _user(self) -> str | None:
        if self._request.gate is not None:
            return self._admitted.user if self._admitted is not None else None
        return self._request.user

    def _carry_out_exactly(self, otherwise: SoapRefusal) -> Reply:
        """Cut again, at the payload's true end; raises ``otherwise`` when that makes no sense of the request either."""
        try:
            operation, wrapper = self._understand(exact=True)
        except SoapRefusal:
            raise otherwise from None
        try:
            return self._carry_out(operation, wrapper)
        except _WrongCut:
            raise otherwise from None

    def _lift(self, media: Media, *, exact: bool) -> Lifted:
        """The request without its payload, whether it came plain or in parts, small or large."""
        package, charset = None, media.charset
        window = self._request.body.window
        if media.parts is not None:
            package = take_apart(window, media.parts)
            window, charset = package.root.content, charset_of(package.root)
        if window.size <= IN_MEMORY:
            lifted = lift(to_utf8(window.all(), charset))
        else:
            window = window_to_utf8(window, charset, self._spool)
            lifted = lift_window(window, self._incoming, exact=exact)
        payload = lifted.payload
        if package is not None and isinstance(payload, LiftedPayload) and payload.element == INCLUDE:
            content = package.included(etree.fromstring(payload.data).get("href"))
            lifted = replace(lifted, payload=read_part(content, self._incoming, payload.line))
        return lifted

    def _spool(self) -> BinaryIO:
        return self._files.enter_context(self._backend.store.spool())

    def _incoming(self) -> Incoming:
        return self._files.enter_context(self._backend.store.incoming())

    def _examine(self, wrapper: Element) -> Examined | None:
        """Validate a large payload, and see that it is one document, before anybody else has to wait for it."""
        payload = self._lifted.payload if self._lifted is not None else None
        if not isinstance(payload, LargePayload):
            return None
        wanted = wrapper.findtext(f".//{{{DIT}}}ChannelVersionURN") or ""
        event = wrapper.find(f".//{{{DIT}}}EventMessage") is not None
        request = SendRequest(
            wanted,
            Payload(payload.incoming.reference, payload.size, payload.element),
            MessageClass.ERROR if event else MessageClass.BUSINESS,
        )
        network = self._backend.network
        with self._backend.store.reading() as unit:
            caller, directory = self._caller(unit), network.directory(unit)
        examined = network.examine(directory, caller, request, payload.pieces)
        if examined is None or examined.complaints:
            complaint = well_formed(payload.pieces)
            if complaint is not None:
                raise _WrongCut(complaint)
        return examined

    def _not_one_document(self, complaint: Complaint) -> SoapRefusal:
        start = self._lifted.payload.line if self._lifted is not None and self._lifted.payload is not None else 1
        line = start + (complaint.line or 1) - 1
        return refuse(
            EnvelopeRefusal.TOO_DEEP if complaint.code == "depth" else EnvelopeRefusal.MALFORMED,
            lv=f"Pieprasījums nav labi formēts XML: {line}. rinda.",
            en=f"The request is not well-formed XML: {complaint.found}, line {line}.",
        )

    def _carry_out(self, operation: Operation, wrapper: Element) -> Reply:
        reply: Reply | None = None
        self._examined = self._examine(wrapper)
        try:
            with self._backend.store.unit() as unit:
                unit.after_commit(self._note_commit)
                reply = self._perform(unit, operation, wrapper)
        except Exception:
            if reply is None or not self._committed:
                raise
            # What is committed is done, and has to be acknowledged; who failed to be told of it is asked again later.
            _log.exception("%s was carried out, but telling others of it failed", operation.name)
        return reply

    def _note_commit(self) -> None:
        self._committed = True

    def _perform(self, unit: Unit, operation: Operation, wrapper: Element) -> Reply:
        backend, version = self._backend, self._request.version
        self._note_once(unit)
        caller = self._caller(unit)
        misbehaved = self._misbehave(unit, caller.authority, operation, wrapper)
        if misbehaved is not None:
            return misbehaved
        self._keep_payload(unit, wrapper)
        call = Call(unit, backend.network, caller, self._notes, self._examined, schemas=backend.profile.catalogue)
        content = dispatch(wrapper, call, self._request.contract)
        blocks = (*addressing.reply_headers(operation.reply_action, self._addressing), *self._security_blocks())
        small = write_envelope(version, blocks, content)
        content_type, stream = self._put_together(small, unit)
        struck = backend.faults.take(operation.name, caller.authority, kind=AFTER, unit=unit)
        if struck is not None:
            self._notes.details["misbehaviour"] = struck.kind
        cut = struck is not None and struck.kind == CUT_REPLY
        reply = Reply(200, content_type, b"", broken=struck is not None and not cut, cut=cut)
        small_enough = stream.size <= IN_MEMORY
        reply = replace(reply, body=stream.joined()) if small_enough else replace(reply, stream=stream)
        record = self._record(caller.authority)
        journal.append(unit, record.accepted(unit, reply, small))
        return reply

    def _note_once(self, unit: Unit) -> None:
        """Keep that this call came; raises SoapRefusal, as for any stranger, when the same one came before."""
        gate, admitted = self._request.gate, self._admitted
        if gate is None or admitted is None:
            return
        try:
            gate.note(unit, admitted)
        except SoapRefusal:
            self._admitted = None
            raise

    def _misbehave(self, unit: Unit, authority: str, operation: Operation, wrapper: Element) -> Reply | None:
        """The reply of a call that is not carried out, on purpose; None when it is to be carried out."""
        struck = misbehaving.strike(self._backend.faults, operation.name, authority, unit)
        if struck is None:
            return None
        misbehaving.note(self._notes, wrapper)
        reply = misbehaving.reply(struck, self._request.version, self._addressing)
        record = self._record(authority)
        journal.append(unit, record.misbehaved(unit, reply, struck.kind, KINDS[struck.kind]))
        return reply

    def _put_together(self, envelope: bytes, unit: Unit) -> tuple[str, Stream]:
        """Content-Type and bytes of the answer: MTOM to those who asked in MTOM."""
        version = self._request.version
        if self._media is None or self._media.parts is None:
            return version.content_type, put_payloads_back(envelope, unit.open_blob)
        return as_mtom(put_payloads_back(envelope, unit.open_blob), version)

    def _caller(self, unit: Unit) -> Caller:
        if self._user is None:
            raise refuse(
                EnvelopeRefusal.UNAUTHENTICATED,
                lv="Izsaukumam jānorāda lietotājs (HTTP Basic).",
                en="The call must name its user (HTTP Basic).",
                cause="the request has no Authorization header of the kind Basic; without security its user name "
                "is the DIT user or the 6-digit id of the authority, and the password is not looked at",
                http_status=401,
            )
        return self._backend.network.caller(unit, self._user)

    def _keep_payload(self, unit: Unit, wrapper: Element) -> None:
        """Put the payload into the blob store and its reference into the place that it left."""
        payload = self._lifted.payload if self._lifted is not None else None
        if payload is None:
            return
        place = next(wrapper.iter(f"{{{REFERENCE}}}Payload"))
        place.set("reference", payload.keep(unit))
        place.set("size", str(payload.size))
        place.set("element", payload.element)

    def _journal_refusal(self, fault: Fault, reply: Reply) -> None:
        store = self._backend.store
        try:
            with store.unit() as unit:
                if self._request.gate is not None and self._admitted is not None:
                    with suppress(SoapRefusal):  # nor may a call come again that is refused; this one already is
                        self._request.gate.note(unit, self._admitted)
                journal.append(unit, self._record(self._known_authority(unit)).refused(unit, reply, fault))
        except StoreError as error:
            _log.warning("a refused call is journaled without its bytes: %s", error)
            with store.unit() as unit:
                journal.append(unit, self._record(None).refused_without_bytes(reply, fault))

    def _known_authority(self, unit: Unit) -> str | None:
        if self._user is None:
            return None
        try:
            return self._backend.network.caller(unit, self._user).authority
        except DitError:
            return None

    def _record(self, authority: str | None) -> Record:
        return Record(
            at=self._backend.clock.now(),
            operation=self._operation.name if self._operation is not None else "",
            authority=authority,
            request=self._request.body,
            lifted=self._lifted,
            notes=self._notes,
            user=self._user,
        )
