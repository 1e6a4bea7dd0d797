"""A SOAP call: reading the request from its bytes, and writing the reply. :mod:`simulator.dit.calls` carries it out."""

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
from simulator.soap.authenticator import Authenticator, Credentials, Principal
from simulator.soap.body import SPOOL_THRESHOLD, Body, slice_to_utf8, to_utf8
from simulator.soap.contract import DIT, MESSAGES, SVC, Contract, Operation, complaints_about
from simulator.soap.dispatching import dispatch
from simulator.soap.envelope import (
    UNDERSTOOD,
    Addressing,
    check_action,
    check_data_encoding,
    check_understood,
    for_us,
    message_id_of,
    operation_of,
    read_addressing,
    read_envelope,
    reply_headers,
)
from simulator.soap.extraction import (
    REFERENCE,
    ExtractedRequest,
    LargePayload,
    SmallPayload,
    extract_payload,
    extract_payload_from_file,
)
from simulator.soap.faults import write_fault
from simulator.soap.multipart import INCLUDE, Media, charset_of, check_media, read_part, take_apart
from simulator.soap.refusals import EnvelopeCode, Fault, FaultCode, SoapVersion, as_fault, refuse
from simulator.soap.replies import STREAM_THRESHOLD, Reply, as_mtom, put_payloads_back, write_envelope
from simulator.soap.services import Invocation
from simulator.store import Incoming, Transaction

MAX_JOURNALED_BYTES = 1024 * 1024
"""Larger requests and replies are journaled without their payloads, which have blobs of their own."""

_CHALLENGE = (("WWW-Authenticate", 'Basic realm="DIT user name or authority id", charset="UTF-8"'),)
_ERROR_PAGE = b"<!DOCTYPE html><html><body><h1>500 Internal Server Error</h1></body></html>\n"
_MESSAGE_IDS = (f"{{{DIT}}}MessageID", f"{{{SVC}}}MessageSampleId")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as received at an address of ``contract`` for ``version``; ``mtom`` addresses accept MTOM as well.

    ``user`` is the name of HTTP Basic; on a secured address the ``authenticator`` identifies the caller instead.
    ``encrypted`` means TLS. ``refusal`` is set when HTTP alone is reason to refuse the request (wrong path, body too
    large or incomplete); ``body`` is then the part that was read.
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
    """Carry out a call and return its reply, which is a fault when anything fails. The call is journaled first."""
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
    """The parts of a request that have been read so far; set one by one, so that a refusal can use them."""

    media: Media | None = None
    extracted: ExtractedRequest | None = None
    addressing: Addressing | None = None
    principal: Principal | None = None
    operation: Operation | None = None
    wrapper: Element | None = None
    examined: Examined | None = None

    @property
    def payload(self) -> SmallPayload | LargePayload | None:
        """The payload that was extracted from the envelope, None when there was none."""
        return self.extracted.payload if self.extracted is not None else None


@dataclass(slots=True, eq=False)
class SoapCall:
    """A SOAP call; implements :class:`simulator.dit.calls.Call`. ``files`` closes the files of the call."""

    request: Request
    services: SimulationServices
    files: ExitStack
    record: CallRecord = field(default_factory=CallRecord)
    read: ReadRequest = field(default_factory=ReadRequest)

    @property
    def interface(self) -> str:
        """Name of the interface in the journal."""
        return "soap"

    def identify(self, transaction: Transaction) -> Caller:
        """Return the caller; raises Refused for an unknown user, and for a replay of a secured call."""
        authenticator = self.request.authenticator
        if authenticator is not None and self.read.principal is not None:
            try:
                authenticator.note(transaction, self.read.principal)
            except Refused:
                self.read.principal, self.record.user = None, None  # a replay does not prove who sends it
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
        """Carry out the operation through its service and return the reply; raises Refused, StoreError."""
        if self.read.operation is None or self.read.wrapper is None:
            raise AssertionError("a call is read before it is carried out")
        request, services = self.request, self.services
        self._store_payload(transaction, self.read.wrapper)
        invocation = Invocation(
            transaction, services.network, caller, self.record, self.read.examined, schemas=services.profile.catalogue
        )
        content = dispatch(self.read.wrapper, invocation, request.contract)
        blocks = (
            *reply_headers(self.read.operation.reply_action, self.read.addressing),
            *self._security_blocks(),
        )
        envelope = write_envelope(request.version, blocks, content)
        content_type, stream = request.version.content_type, put_payloads_back(envelope, transaction.open_blob)
        if self.read.media is not None and self.read.media.parts is not None:
            content_type, stream = as_mtom(stream, request.version)
        if stream.size <= STREAM_THRESHOLD:
            return Reply(200, content_type, stream.joined(), envelope=envelope)
        return Reply(200, content_type, b"", stream=stream, envelope=envelope)

    def keep(self, transaction: Transaction) -> None:
        """Store the payload of a call that is not carried out; a repeated secured call is still a replay."""
        authenticator, payload = self.request.authenticator, self.read.payload
        if authenticator is not None and self.read.principal is not None:
            with suppress(Refused):
                authenticator.note(transaction, self.read.principal)
        if self.record.authority is None and self.record.user is not None:
            with suppress(Refused):
                self.record.authority = self.services.network.caller(transaction, self.record.user).authority
        self.record.payload = payload.store(transaction) if payload is not None else None

    def refused(self, refusal: Refusal) -> Reply:
        """Return the SOAP fault for a refusal."""
        fault = as_fault(refusal)
        if self.request.authenticator is not None and fault.http_status is None:
            # WCF answers every fault with 500 (inferred for DIT), and CXF 3 does not read a fault from a 400.
            fault = replace(fault, http_status=500)
        challenge = _CHALLENGE if fault.http_status == 401 else ()
        return write_fault(fault, self.request.version, self.read.addressing, challenge, self._security_blocks())

    def replaced(self, fault: InjectedFault) -> Reply:
        """Return the reply of an injected fault that replaces the call, and note the request in the record."""
        if self.read.wrapper is not None:
            _describe(self.record, self.read.wrapper)
        version = self.request.version
        if fault.kind == LOSE_REQUEST:
            return Reply(200, version.content_type, b"", broken=True)
        if fault.kind == HTTP_500:
            return Reply(500, "text/html", _ERROR_PAGE)
        return write_fault(_UNAVAILABLE, version, self.read.addressing)

    def broken_off(self, answer: Reply, fault: InjectedFault) -> Reply:
        """Return the reply marked as lost, or as cut half-way, for an injected fault."""
        cut = fault.kind == CUT_REPLY
        return replace(answer, cut=cut, broken=not cut)

    def complete(self, transaction: Transaction | None, entry: Entry, answer: Reply) -> Entry:
        """Return the entry with both messages and the HTTP status, which is None for a reply that is lost."""
        entry = replace(entry, http_status=None if answer.broken else answer.status)
        if transaction is None:
            return entry
        body, request, details = self.request.body, self.request.body.data, dict(entry.details)
        if body.size > MAX_JOURNALED_BYTES:
            details["request_bytes"] = body.size
            request = (self.read.extracted.envelope if self.read.extracted is not None else request)[
                :MAX_JOURNALED_BYTES
            ]
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
        """Write the payload to the blob store, and its reference into the placeholder in the envelope."""
        payload = self.read.payload
        if payload is None:
            return
        placeholder = next(wrapper.iter(f"{{{REFERENCE}}}Payload"))
        placeholder.set("reference", payload.store(transaction))
        placeholder.set("size", str(payload.size))
        placeholder.set("element", payload.element)


class _NotWellFormed(Exception):
    """A large payload, as extracted, is not one well-formed document; ``complaint`` says why."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(complaint.found)
        self.complaint = complaint


def _read(call: SoapCall) -> None:
    """Read a request and validate its large payload, outside of any transaction. Raises Refused, StoreError.

    The end of a large payload is first searched for from the request's end. When the result is not well-formed, the
    request is read again, and the payload's end found by parsing.
    """
    if call.request.authenticator is None:
        call.record.user = call.request.user
    if call.request.refusal is not None:
        raise call.request.refusal
    _understand(call, exact=False)
    try:
        call.read.examined = _examine(call)
    except _NotWellFormed as wrong:
        refused = _not_one_document(call, wrong.complaint)
        with _raise_instead(refused, Refused):
            _understand(call, exact=True)
        with _raise_instead(refused, _NotWellFormed):
            call.read.examined = _examine(call)


@contextmanager
def _raise_instead(refused: Refused, kind: type[Exception]) -> Iterator[None]:
    """Raise ``refused`` instead of an exception of the type ``kind``."""
    try:
        yield
    except kind:
        raise refused from None


def _understand(call: SoapCall, *, exact: bool) -> None:
    """Read a request up to its wrapper, validated by the contract's schema; raises Refused, StoreError."""
    request = call.request
    version, authenticator = request.version, request.authenticator
    call.read.media = check_media(
        request.content_type, request.content_encoding, request.soap_action, version, mtom=request.mtom
    )
    envelope = read_envelope(_extract(call, call.read.media, exact=exact), version)
    call.read.extracted = envelope.request
    ours = for_us(envelope.headers, version)
    call.read.addressing = message_id_of(ours)
    understood = UNDERSTOOD
    if authenticator is not None:
        understood = understood | authenticator.understood
    check_understood(ours, version, understood)
    # When a request is read again, its caller has been authenticated already.
    if authenticator is not None and call.read.principal is None:
        body_whole = envelope.request.payload is None
        credentials = Credentials(headers=ours, encrypted_transport=request.encrypted, body_whole=body_whole)
        call.read.principal = authenticator.authenticate(credentials)
        call.record.user = call.read.principal.user
        call.record.details["security"] = dict(call.read.principal.details)
    call.read.addressing = read_addressing(ours, required=authenticator is not None)
    call.read.operation = operation_of(envelope, request.contract)
    call.record.operation = call.read.operation.name
    check_action(call.read.operation, call.read.addressing, call.read.media.action)
    check_data_encoding(envelope)
    if envelope.wrapper is None:
        raise AssertionError("operation_of refuses an empty body")
    complaints = complaints_about(envelope.wrapper, envelope.request.line_in_request, request.contract)
    if complaints:
        raise _invalid(complaints)
    call.read.wrapper = envelope.wrapper


def _extract(call: SoapCall, media: Media, *, exact: bool) -> ExtractedRequest:
    """Extract the payload of a plain or an MTOM request, in memory or from a file; raises Refused, StoreError."""
    package, charset, file_slice = None, media.charset, call.request.body.file_slice
    if media.parts is not None:
        package = take_apart(file_slice, media.parts)
        file_slice, charset = package.root.content, charset_of(package.root)
    if file_slice.size <= SPOOL_THRESHOLD:
        extracted = extract_payload(to_utf8(file_slice.all(), charset))
    else:
        extracted = extract_payload_from_file(
            slice_to_utf8(file_slice, charset, partial(_spool, call)), partial(_incoming, call), exact=exact
        )
    payload = extracted.payload
    if package is not None and isinstance(payload, SmallPayload) and payload.element == INCLUDE:
        content = package.included(etree.fromstring(payload.data).get("href"))
        extracted = replace(extracted, payload=read_part(content, partial(_incoming, call), payload.line))
    return extracted


def _spool(call: SoapCall) -> BinaryIO:
    return call.files.enter_context(call.services.store.spool())


def _incoming(call: SoapCall) -> Incoming:
    return call.files.enter_context(call.services.store.incoming())


def _examine(call: SoapCall) -> Examined | None:
    """Validate a large payload before the transaction, which would block others; raises Refused, _NotWellFormed."""
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
            raise _NotWellFormed(complaint)
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
    found="injected fault (soap_fault)",
    fault_code=FaultCode.RECEIVER,
)


def _describe(record: CallRecord, wrapper: Element) -> None:
    """Note in the record the channel, version and messages of a call that is not dispatched to a service."""
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
