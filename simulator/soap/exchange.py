"""One call on the wire, from the bytes that came to those that go; what happened is in the journal before they go."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass

from simulator import journal
from simulator.dit.model import Caller, DitError
from simulator.documents.parsing import Element
from simulator.faults import AFTER, CUT_REPLY, KINDS
from simulator.soap import addressing, headers, misbehaving
from simulator.soap.addressing import Addressing
from simulator.soap.backend import Backend
from simulator.soap.body import to_utf8
from simulator.soap.contract import Operation, complaints_about
from simulator.soap.dispatching import dispatch
from simulator.soap.envelope import check_data_encoding, operation_of, read_envelope
from simulator.soap.faults import write_fault
from simulator.soap.lifting import REFERENCE, Lifted
from simulator.soap.media import check_media
from simulator.soap.recording import Record
from simulator.soap.refusals import EnvelopeRefusal, Fault, SoapRefusal, refuse
from simulator.soap.replies import Reply, put_payloads_back, write_envelope
from simulator.soap.services import Call, Notes
from simulator.soap.translating import fault_of_dit, fault_of_incident, fault_of_store
from simulator.soap.versions import SoapVersion
from simulator.store import StoreError, Unit

_log = logging.getLogger(__name__)

_CHALLENGE = (("WWW-Authenticate", 'Basic realm="DIT user name or authority id", charset="UTF-8"'),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it came to an address that speaks ``version``.

    ``user`` is the name of HTTP Basic. ``refusal`` is set when the edge refuses the request whatever is in it (wrong
    path, body too large or cut short); ``body`` is then what was read.
    """

    version: SoapVersion
    body: bytes
    content_type: str | None = None
    content_encoding: str | None = None
    soap_action: str | None = None
    user: str | None = None
    refusal: SoapRefusal | None = None


def answer(request: Request, backend: Backend) -> Reply:
    """Carry out one call. Every outcome is a reply, and is journaled before it is returned."""
    exchange = _Exchange(request, backend)
    try:
        return exchange.run()
    except Exception:  # noqa: BLE001 - the last resort, and logged: no client may ever see a traceback
        incident = uuid.uuid4().hex
        _log.exception("incident %s: the simulator failed while answering a call", incident)
        return exchange.refuse(fault_of_incident(incident))


class _Exchange:
    """What is known of a call while it is being read and carried out."""

    def __init__(self, request: Request, backend: Backend) -> None:
        self._request = request
        self._backend = backend
        self._addressing: Addressing | None = None
        self._lifted: Lifted | None = None
        self._operation: Operation | None = None
        self._notes = Notes()
        self._committed = False

    def run(self) -> Reply:
        """Read the request, carry it out, journal it."""
        try:
            operation, wrapper = self._understand()
            return self._carry_out(operation, wrapper)
        except SoapRefusal as refusal:
            return self.refuse(refusal.fault)
        except DitError as error:
            return self.refuse(fault_of_dit(error))
        except StoreError as error:
            _log.error("the store failed: %s", error)
            return self.refuse(fault_of_store(error))

    def refuse(self, fault: Fault) -> Reply:
        """The reply that carries a fault, journaled in a transaction of its own."""
        challenge = _CHALLENGE if fault.http_status == 401 else ()
        reply = write_fault(fault, self._request.version, self._addressing, challenge)
        try:
            self._journal_refusal(fault, reply)
        except Exception:  # noqa: BLE001 - logged: the client's answer must not depend on it
            _log.exception("a refused call could not be journaled: %s", fault.explanation)
        return reply

    def _understand(self) -> tuple[Operation, Element]:
        """From bytes to a valid wrapper; touches nothing but this object."""
        request = self._request
        if request.refusal is not None:
            raise request.refusal
        media = check_media(request.content_type, request.content_encoding, request.soap_action, request.version)
        envelope = read_envelope(to_utf8(request.body, media.charset), request.version)
        self._lifted = envelope.lifted
        ours = headers.for_us(envelope.headers, request.version)
        self._addressing = addressing.message_id_of(ours)
        headers.check_understood(ours, request.version, addressing.UNDERSTOOD)
        self._addressing = addressing.read_addressing(ours)
        self._operation = operation = operation_of(envelope)
        addressing.check_action(operation, self._addressing, media.action)
        check_data_encoding(envelope)
        wrapper = envelope.wrapper
        if wrapper is None:
            raise AssertionError("operation_of refuses an empty body")
        complaints = complaints_about(wrapper, envelope.lifted.line_in_request)
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

    def _carry_out(self, operation: Operation, wrapper: Element) -> Reply:
        reply: Reply | None = None
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
        caller = self._caller(unit)
        misbehaved = self._misbehave(unit, caller.authority, operation, wrapper)
        if misbehaved is not None:
            return misbehaved
        self._keep_payload(unit, wrapper)
        content = dispatch(wrapper, Call(unit, backend.network, caller, self._notes))
        blocks = addressing.reply_headers(operation.reply_action, self._addressing)
        small = write_envelope(version, blocks, content)
        body = put_payloads_back(small, unit.blob)
        struck = backend.faults.take(operation.name, caller.authority, kind=AFTER)
        if struck is not None:
            self._notes.details["misbehaviour"] = struck.kind
        cut = struck is not None and struck.kind == CUT_REPLY
        reply = Reply(200, version.content_type, body, broken=struck is not None and not cut, cut=cut)
        record = self._record(caller.authority)
        journal.append(unit, record.accepted(unit, reply, small))
        return reply

    def _misbehave(self, unit: Unit, authority: str, operation: Operation, wrapper: Element) -> Reply | None:
        """The reply of a call that is not carried out, on purpose; None when it is to be carried out."""
        struck = misbehaving.strike(self._backend.faults, operation.name, authority)
        if struck is None:
            return None
        misbehaving.note(self._notes, wrapper)
        reply = misbehaving.reply(struck, self._request.version, self._addressing)
        record = self._record(authority)
        journal.append(unit, record.misbehaved(unit, reply, struck.kind, KINDS[struck.kind]))
        return reply

    def _caller(self, unit: Unit) -> Caller:
        if self._request.user is None:
            raise refuse(
                EnvelopeRefusal.UNAUTHENTICATED,
                lv="Izsaukumam jānorāda lietotājs (HTTP Basic).",
                en="The call must name its user (HTTP Basic).",
                cause="the request has no Authorization header of the kind Basic; without security its user name "
                "is the DIT user or the 6-digit id of the authority, and the password is not looked at",
                http_status=401,
            )
        return self._backend.network.caller(unit, self._request.user)

    def _keep_payload(self, unit: Unit, wrapper: Element) -> None:
        """Put the payload into the blob store and its reference into the place that it left."""
        payload = self._lifted.payload if self._lifted is not None else None
        if payload is None:
            return
        place = next(wrapper.iter(f"{{{REFERENCE}}}Payload"))
        place.set("reference", unit.put_blob(payload.data))
        place.set("size", str(len(payload.data)))
        place.set("element", payload.element)

    def _journal_refusal(self, fault: Fault, reply: Reply) -> None:
        store = self._backend.store
        try:
            with store.unit() as unit:
                journal.append(unit, self._record(self._known_authority(unit)).refused(unit, reply, fault))
        except StoreError as error:
            _log.warning("a refused call is journaled without its bytes: %s", error)
            with store.unit() as unit:
                journal.append(unit, self._record(None).refused_without_bytes(reply, fault))

    def _known_authority(self, unit: Unit) -> str | None:
        if self._request.user is None:
            return None
        try:
            return self._backend.network.caller(unit, self._request.user).authority
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
        )
