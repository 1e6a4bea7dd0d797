"""One SOAP call: how it is read from its bytes, and how its answer is written. ``dit.calls`` carries it out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import BinaryIO

from lxml import etree

from simulator.dit import calls
from simulator.dit.calls import CallRecord, SimulationServices
from simulator.dit.model import Caller, MessageClass, Payload, RefusalCode, SendRequest
from simulator.dit.refusals import Refusal, Refused
from simulator.dit.sending import Examined
from simulator.documents.parsing import Complaint, Element, well_formed
from simulator.fault_injection.faults import CUT_REPLY, HTTP_500, LOSE_REQUEST, InjectedFault
from simulator.journal import Entry
from simulator.soap import envelope as addressing
from simulator.soap import envelope as headers
from simulator.soap.authenticator import Authenticator, Credentials, Principal
from simulator.soap.body import IN_MEMORY, Body, to_utf8, window_to_utf8
from simulator.soap.contract import DIT, MESSAGES, SVC, Contract, Operation, complaints_about
from simulator.soap.dispatching import dispatch
from simulator.soap.envelope import Addressing, check_data_encoding, lift, operation_of, read_envelope
from simulator.soap.extraction import REFERENCE, LargePayload, Lifted, LiftedPayload, lift_window
from simulator.soap.faults import write_fault
from simulator.soap.multipart import INCLUDE, Media, charset_of, check_media, read_part, take_apart
from simulator.soap.refusals import EnvelopeCode, Fault, FaultCode, SoapVersion, as_fault, refuse
from simulator.soap.replies import Reply, as_mtom, put_payloads_back, write_envelope
from simulator.soap.services import Invocation
from simulator.store import Incoming, Transaction

MAX_JOURNALED_BYTES = 1024 * 1024
"""Larger requests and replies are journaled without their payloads, which have blobs of their own."""

_CHALLENGE = (("WWW-Authenticate", 'Basic realm="DIT user name or authority id", charset="UTF-8"'),)
_ERROR_PAGE = b"<!DOCTYPE html><html><body><h1>500 Internal Server Error</h1></body></html>\n"
_MESSAGE_IDS = (f"{{{DIT}}}MessageID", f"{{{SVC}}}MessageSampleId")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it came to an address of ``contract`` that speaks ``version``, and takes MTOM when it says so.

    ``user`` is the name of HTTP Basic; where an ``authenticator`` secures the address, it identifies the caller.
    ``encrypted`` means TLS. ``refusal`` is set when HTTP alone is reason to refuse the request (wrong path, body too
    large or cut short); ``body`` is then what was read.
    """

    version: SoapVersion
    body: Body
    contract: Contract = MESSAGES
    mtom: bool = False
    content_type: str | None = None
    content_encoding: str | None = None
    soap_action: str | None = None
    user: str | None = None
    authenticator: Authenticator | None = None
    encrypted: bool = False
    refusal: Refused | None = None


def answer(request: Request, services: SimulationServices) -> Reply:
    """Carry out one call. Every outcome is a reply, and is journaled before it is returned."""
    with ExitStack() as files:
        files.callback(request.body.close)
        call = SoapCall(request, services, files)
        try:
            _read(call)
        except Exception as error:  # noqa: BLE001 - the last resort, and logged: no client may ever see a traceback
            return calls.refuse(services, call, calls.refusal_for(error))
        return calls.carry_out(services, call)


@dataclass(slots=True, eq=False)
class ReadRequest:
    """A request as far as it has been read; the fields are set one after another, so that a refusal can use them."""

    media: Media | None = None
    lifted: Lifted | None = None
    addressing: Addressing | None = None
    principal: Principal | None = None
    operation: Operation | None = None
    wrapper: Element | None = None
    examined: Examined | None = None

    @property
    def payload(self) -> LiftedPayload | LargePayload | None:
        """The payload that was taken out of the envelope, if there was one."""
        return self.lifted.payload if self.lifted is not None else None


@dataclass(slots=True, eq=False)
class SoapCall:
    """A call by SOAP; implements :class:`simulator.dit.calls.Call`. ``files`` closes what the call has open."""

    request: Request
    services: SimulationServices
    files: ExitStack
    record: CallRecord = field(default_factory=CallRecord)
    read: ReadRequest = field(default_factory=ReadRequest)

    @property
    def interface(self) -> str:
        """The interface's name in the journal."""
        return "soap"

    def identify(self, transaction: Transaction) -> Caller:
        """Return the caller; raises Refused for an unknown user, and for a replay of a secured call."""
        authenticator = self.request.authenticator
        if authenticator is not None and self.read.principal is not None:
            try:
                authenticator.note(transaction, self.read.principal)
            except Refused:
                self.read.principal, self.record.user = None, None  # a replay proves nothing about who sends it
                raise
        return self.caller(transaction)

    def caller(self, transaction: Transaction) -> Caller:
        """Return DIT's user for the name that the request or its token gives; raises Refused."""
        if self.record.user is None:
            raise refuse(
                EnvelopeCode.UNAUTHENTICATED,
                latvian="Izsaukumam jānorāda lietotājs (HTTP Basic).",
                text="The call must name its user (HTTP Basic).",
                found="the request has no Authorization header of the kind Basic",
                remedy="without security its user name is the DIT user or the 6-digit id of the authority, and the "
                "password is not looked at",
                http_status=401,
            )
        return self.services.network.caller(transaction, self.record.user)

    def act(self, transaction: Transaction, caller: Caller) -> Reply:
        """Carry the operation out through its service and write the answer."""
        if self.read.operation is None or self.read.wrapper is None:
            raise AssertionError("a call is read before it is carried out")
        request, services = self.request, self.services
        self._store_payload(transaction, self.read.wrapper)
        invocation = Invocation(
            transaction, services.network, caller, self.record, self.read.examined, schemas=services.profile.catalogue
        )
        content = dispatch(self.read.wrapper, invocation, request.contract)
        blocks = (
            *addressing.reply_headers(self.read.operation.reply_action, self.read.addressing),
            *self._security_blocks(),
        )
        envelope = write_envelope(request.version, blocks, content)
        content_type, stream = request.version.content_type, put_payloads_back(envelope, transaction.open_blob)
        if self.read.media is not None and self.read.media.parts is not None:
            content_type, stream = as_mtom(stream, request.version)
        if stream.size <= IN_MEMORY:
            return Reply(200, content_type, stream.joined(), envelope=envelope)
        return Reply(200, content_type, b"", stream=stream, envelope=envelope)

    def keep(self, transaction: Transaction) -> None:
        """Store the payload of a call that is not carried out; a secured call may not come again even so."""
        authenticator, payload = self.request.authenticator, self.read.payload
        if authenticator is not None and self.read.principal is not None:
            with suppress(Refused):
                authenticator.note(transaction, self.read.principal)
        if self.record.authority is None and self.record.user is not None:
            with suppress(Refused):
                self.record.authority = self.services.network.caller(transaction, self.record.user).authority
        self.record.payload = payload.keep(transaction) if payload is not None else None

    def refused(self, refusal: Refusal) -> Reply:
        """Write a refusal as a fault."""
        fault = as_fault(refusal)
        if self.request.authenticator is not None and fault.http_status is None:
            # WCF answers every fault with 500 (inferred for DIT), and CXF 3 reads no fault in a 400.
            fault = replace(fault, http_status=500)
        challenge = _CHALLENGE if fault.http_status == 401 else ()
        return write_fault(fault, self.request.version, self.read.addressing, challenge, self._security_blocks())

    def replaced(self, fault: InjectedFault) -> Reply:
        """Write the answer of an injected fault, and note what the call was about."""
        if self.read.wrapper is not None:
            _describe(self.record, self.read.wrapper)
        version = self.request.version
        if fault.kind == LOSE_REQUEST:
            return Reply(200, version.content_type, b"", broken=True)
        if fault.kind == HTTP_500:
            return Reply(500, "text/html", _ERROR_PAGE)
        return write_fault(_UNAVAILABLE, version, self.read.addressing)

    def broken_off(self, answer: Reply, fault: InjectedFault) -> Reply:
        """Return the reply as one that is lost, or cut half-way."""
        cut = fault.kind == CUT_REPLY
        return replace(answer, cut=cut, broken=not cut)

    def complete(self, transaction: Transaction | None, entry: Entry, answer: Reply) -> Entry:
        """Return the entry with the HTTP status, which a reply that never leaves has not, and both messages."""
        entry = replace(entry, http_status=None if answer.broken else answer.status)
        if transaction is None:
            return entry
        body, request, details = self.request.body, self.request.body.data, dict(entry.details)
        if body.size > MAX_JOURNALED_BYTES:
            details["request_bytes"] = body.size
            request = (self.read.lifted.envelope if self.read.lifted is not None else request)[:MAX_JOURNALED_BYTES]
        large = answer.stream is not None or len(answer.body) > MAX_JOURNALED_BYTES
        return replace(
            entry,
            request=transaction.put_blob(request),
            reply=transaction.put_blob(answer.envelope if large else answer.body),
            details=details,
        )

    def _security_blocks(self) -> tuple[Element, ...]:
        authenticator = self.request.authenticator
        if authenticator is None or self.read.principal is None:
            return ()
        return authenticator.reply_headers(self.read.principal)

    def _store_payload(self, transaction: Transaction, wrapper: Element) -> None:
        """Put the payload into the blob store, and its reference into the place that it was taken from."""
        payload = self.read.payload
        if payload is None:
            return
        place = next(wrapper.iter(f"{{{REFERENCE}}}Payload"))
        place.set("reference", payload.keep(transaction))
        place.set("size", str(payload.size))
        place.set("element", payload.element)


class _WrongCut(Exception):
    """A large payload is not one well-formed document as it was cut out; ``complaint`` says why."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(complaint.found)
        self.complaint = complaint


def _read(call: SoapCall) -> None:
    """Read a request and validate its large payload, outside of any transaction. Raises Refused, StoreError.

    The end of a large payload is first looked for from the request's end. When that was wrong, the request is read once
    more, with the payload's end found by parsing.
    """
    if call.request.authenticator is None:
        call.record.user = call.request.user
    if call.request.refusal is not None:
        raise call.request.refusal
    _understand(call, exact=False)
    try:
        call.read.examined = _examine(call)
    except _WrongCut as wrong:
        refused = _not_one_document(call, wrong.complaint)
        with _instead(refused, Refused):
            _understand(call, exact=True)
        with _instead(refused, _WrongCut):
            call.read.examined = _examine(call)


@contextmanager
def _instead(refused: Refused, kind: type[Exception]) -> Iterator[None]:
    """Raise ``refused`` in place of an exception of a kind."""
    try:
        yield
    except kind:
        raise refused from None


def _understand(call: SoapCall, *, exact: bool) -> None:
    """Read a request from its bytes to a valid wrapper; raises Refused, StoreError."""
    request = call.request
    version, authenticator = request.version, request.authenticator
    call.read.media = check_media(
        request.content_type, request.content_encoding, request.soap_action, version, mtom=request.mtom
    )
    envelope = read_envelope(_lift(call, call.read.media, exact=exact), version)
    call.read.lifted = envelope.lifted
    ours = headers.for_us(envelope.headers, version)
    call.read.addressing = addressing.message_id_of(ours)
    understood = addressing.UNDERSTOOD
    if authenticator is not None:
        understood = understood | authenticator.understood
    headers.check_understood(ours, version, understood)
    if authenticator is not None and call.read.principal is None:  # read once more, a call is not a replay of itself
        whole = envelope.lifted.payload is None
        credentials = Credentials(headers=ours, encrypted_transport=request.encrypted, body_whole=whole)
        call.read.principal = authenticator.authenticate(credentials)
        call.record.user = call.read.principal.user
        call.record.details["security"] = dict(call.read.principal.details)
    call.read.addressing = addressing.read_addressing(ours, required=authenticator is not None)
    call.read.operation = operation_of(envelope, request.contract)
    call.record.operation = call.read.operation.name
    addressing.check_action(call.read.operation, call.read.addressing, call.read.media.action)
    check_data_encoding(envelope)
    if envelope.wrapper is None:
        raise AssertionError("operation_of refuses an empty body")
    complaints = complaints_about(envelope.wrapper, envelope.lifted.line_in_request, request.contract)
    if complaints:
        raise _invalid(complaints)
    call.read.wrapper = envelope.wrapper


def _lift(call: SoapCall, media: Media, *, exact: bool) -> Lifted:
    """Return the request without its payload, whether it came plain or in parts, small or large."""
    package, charset, window = None, media.charset, call.request.body.window
    if media.parts is not None:
        package = take_apart(window, media.parts)
        window, charset = package.root.content, charset_of(package.root)
    if window.size <= IN_MEMORY:
        lifted = lift(to_utf8(window.all(), charset))
    else:
        lifted = lift_window(
            window_to_utf8(window, charset, partial(_spool, call)), partial(_incoming, call), exact=exact
        )
    payload = lifted.payload
    if package is not None and isinstance(payload, LiftedPayload) and payload.element == INCLUDE:
        content = package.included(etree.fromstring(payload.data).get("href"))
        lifted = replace(lifted, payload=read_part(content, partial(_incoming, call), payload.line))
    return lifted


def _spool(call: SoapCall) -> BinaryIO:
    return call.files.enter_context(call.services.store.spool())


def _incoming(call: SoapCall) -> Incoming:
    return call.files.enter_context(call.services.store.incoming())


def _examine(call: SoapCall) -> Examined | None:
    """Validate a large payload before the transaction, so that nobody waits for it; raises Refused, _WrongCut."""
    payload, wrapper = call.read.payload, call.read.wrapper
    if wrapper is None or not isinstance(payload, LargePayload):
        return None
    event = wrapper.find(f".//{{{DIT}}}EventMessage") is not None
    request = SendRequest(
        wrapper.findtext(f".//{{{DIT}}}ChannelVersionURN") or "",
        Payload(payload.incoming.reference, payload.size, payload.element),
        MessageClass.ERROR if event else MessageClass.BUSINESS,
    )
    network = call.services.network
    with call.services.store.reading() as transaction:
        caller, directory = call.caller(transaction), network.directory(transaction)
    examined = network.examine(directory, caller, request, payload.pieces)
    if examined is None or examined.complaints:
        complaint = well_formed(payload.pieces)
        if complaint is not None:
            raise _WrongCut(complaint)
    return examined


def _not_one_document(call: SoapCall, complaint: Complaint) -> Refused:
    start = call.read.payload.line if call.read.payload is not None else 1
    line = start + (complaint.line or 1) - 1
    return refuse(
        EnvelopeCode.TOO_DEEP if complaint.code == "depth" else EnvelopeCode.MALFORMED,
        latvian=f"Pieprasījums nav labi formēts XML: {line}. rinda.",
        text=f"The request is not well-formed XML: {complaint.found}, line {line}.",
    )


def _invalid(complaints: tuple[Complaint, ...]) -> Refused:
    return refuse(
        EnvelopeCode.SCHEMA,
        latvian=f"Pieprasījums neatbilst servisa shēmai; kļūdu skaits: {len(complaints)}.",
        text=f"The request is not valid under the service's schema; errors: {len(complaints)}.",
        found="; ".join(
            f"line {complaint.line}, {complaint.path}: {complaint.found}, expected {complaint.expected}"
            for complaint in complaints
        ),
        complaints=complaints,
    )


_UNAVAILABLE = Fault(
    code=RefusalCode.INTERNAL,
    text="The service is not available for a while.",
    latvian="Serviss īslaicīgi nav pieejams.",
    found="misbehaviour on purpose (soap_fault)",
    fault_code=FaultCode.RECEIVER,
)


def _describe(record: CallRecord, wrapper: Element) -> None:
    """Note what a call was about that no service has seen."""
    named = {name: _text(wrapper, name) for name in ("ChannelURN", "ChannelVersionURN", "MessageID")}
    record.channel_version = named["ChannelVersionURN"]
    if next(wrapper.iter(f"{{{DIT}}}MessageSave2"), None) is not None:
        event = next(wrapper.iter(f"{{{DIT}}}EventMessage"), None)
        record.details["message_class"] = "business" if event is None else "error"
        record.details["related_message"] = _text(wrapper, "RelatedMessageID")
        return
    record.asked = tuple(str(element.text).strip() for element in wrapper.iter(*_MESSAGE_IDS) if element.text)
    record.details["selector"] = {
        "channel": named["ChannelURN"],
        "version": named["ChannelVersionURN"],
        "message": named["MessageID"],
    }
    record.details["read"] = _text(wrapper, "ReadMessage") in ("true", "1")


def _text(wrapper: Element, name: str) -> str | None:
    element = next(wrapper.iter(f"{{{DIT}}}{name}"), None)
    return element.text.strip() if element is not None and element.text else None
