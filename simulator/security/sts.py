"""The state's token service (STS) on HTTP: WS-Trust 1.3 Issue by user name or certificate, its WSDL and metadata."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lxml import etree
from werkzeug.wrappers import Request, Response

from simulator import journal
from simulator.dit.calls import refusal_for
from simulator.dit.refusals import as_refused
from simulator.documents.parsing import Element, safe_parser
from simulator.domain.clock import Clock
from simulator.fault_injection.faults import (
    EXPIRED_TOKEN,
    FOREIGN_TOKEN,
    ISSUE,
    ISSUING,
    Faults,
    TamperedTokens,
    digest_of,
)
from simulator.journal import Entry, Json, Kind, wall_now
from simulator.security import credentials
from simulator.security.credentials import SIGNATURE
from simulator.security.errors import BINDING, Check, SecurityRefusal, opaque_fault, refuse
from simulator.security.header import (
    SECURITY,
    CallerClocks,
    Reading,
    Timestamp,
    later,
    read_timestamp,
    reply_header,
    security_header,
)
from simulator.security.issuing import IssuedToken, issue, read_request
from simulator.security.keys import Account, Material
from simulator.security.names import (
    CERTIFICATE,
    ISSUE_ACTION,
    ISSUE_REPLY,
    MEX,
    STS,
    USERNAME,
    WSSE,
    sts_address,
    sts_policy,
)
from simulator.security.replay_cache import ReplayCache
from simulator.security.settings import Settings
from simulator.settings.files import data_root
from simulator.soap.authenticator import ReplayKey
from simulator.soap.body import BodyRefused, read_body, to_utf8
from simulator.soap.envelope import (
    UNDERSTOOD,
    WSA,
    Addressing,
    Envelope,
    check_understood,
    for_us,
    read_addressing,
    read_envelope,
    reply_headers,
)
from simulator.soap.extraction import extract_payload
from simulator.soap.faults import write_fault
from simulator.soap.multipart import check_media
from simulator.soap.refusals import EnvelopeCode, Fault, SoapVersion, as_fault
from simulator.soap.refusals import refuse as refuse_request
from simulator.store import Store

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


_WSDL = "http://schemas.xmlsoap.org/wsdl/"
_MAX_REQUEST_BYTES = 256 * 1024  # assumed; a request for a token has a few thousand
_VERSION = SoapVersion.SOAP_12
_GET = "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get"
_HIDDEN = "(hidden)"

_log = logging.getLogger(__name__)


def write_wsdl(base: str, settings: Settings) -> Element:
    """Return the WSDL with both addresses below a base URL such as ``https://host:port``, and their policies."""
    path = data_root("schemas") / "dit" / "SecurityTokenService.wsdl"
    root = etree.parse(str(path), etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
    for credential in (USERNAME, CERTIFICATE):
        binding = next(element for element in root.iter(f"{{{_WSDL}}}binding") if element.get("name") == credential)
        binding.insert(0, sts_policy(settings, credential))
        port = next(element for element in root.iter(f"{{{_WSDL}}}port") if element.get("name") == credential)
        port[0].set("location", sts_address(base, credential))
    return root


def metadata(wsdl: Element) -> Element:
    """Return a mex:Metadata with a WSDL (W3C submission, Web Services Metadata Exchange 1.1)."""
    root = etree.Element(f"{{{MEX}}}Metadata", nsmap={"wsx": MEX})
    section = etree.SubElement(root, f"{{{MEX}}}MetadataSection", Dialect=_WSDL.rstrip("/") + "/")
    section.set("Identifier", wsdl.get("targetNamespace", ""))
    section.append(copy.deepcopy(wsdl))
    return root


@dataclass
class _Call:
    """The parts of a request for a token that have been read so far, and the details of its journal entry."""

    credential: str
    encrypted: bool
    envelope: Envelope | None = None
    addressing: Addressing | None = None
    reading: Reading | None = None
    account: Account | None = None
    details: dict[str, Json] = field(default_factory=dict)


class TokenService:
    """The WSGI application of the paths below :data:`STS`. Safe to share between threads.

    ``untrusted`` returns keys that DIT does not trust, and ``tampered`` collects the tokens of injected faults.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        material: Material,
        accounts: Mapping[str, Account],
        clocks: CallerClocks,
        clock: Clock,
        store: Store,
        faults: Faults,
        untrusted: Callable[[], Material],
        tampered: TamperedTokens,
    ) -> None:
        self._settings = settings
        self._material = material
        self._accounts = accounts
        self._clocks = clocks
        self._clock = clock
        self._store = store
        self._replays = ReplayCache()
        self._faults = faults
        self._untrusted = untrusted
        self._tampered = tampered

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one HTTP request."""
        return self._respond(Request(environ))(environ, start_response)

    def _respond(self, http: Request) -> Response:
        base = http.host_url.rstrip("/") + http.root_path.rstrip("/")
        place = http.path.removeprefix(STS)
        if http.method == "GET" and place in ("", "/mex", f"/trust/13/{USERNAME}", f"/trust/13/{CERTIFICATE}"):
            return _xml(etree.tostring(write_wsdl(base, self._settings), xml_declaration=True, encoding="utf-8"))
        if http.method == "POST" and place == "/mex":
            return self._metadata(http, base)
        if http.method == "POST" and place in (f"/trust/13/{USERNAME}", f"/trust/13/{CERTIFICATE}"):
            return self._issue(http, place.rpartition("/")[2])
        text = (
            f"There is no {http.method} of {http.path}.\nWSDL: GET {base}{STS}?wsdl\nMetadata: {base}{STS}/mex\n"
            f"Tokens by user name: POST {base}{STS}/trust/13/{USERNAME}\n"
            f"Tokens by certificate: POST {base}{STS}/trust/13/{CERTIFICATE}\n"
        )
        return Response(text, status=404, content_type="text/plain; charset=utf-8")

    def _metadata(self, http: Request, base: str) -> Response:
        """Answer a WS-Transfer Get in either version of SOAP, as WCF and CXF send it."""
        version = SoapVersion.of_media_type(http.mimetype) or _VERSION
        known: Addressing | None = None
        try:
            known = self._read(http, version)[1]
            _check_get(known)
        except Exception as error:  # noqa: BLE001 - the last resort, and logged: no client may ever see a traceback
            return _fault(self._fault_for(error), version, known)
        blocks = reply_headers(f"{_GET}Response", known)
        body = _envelope(version, blocks, metadata(write_wsdl(base, self._settings)))
        return Response(body, content_type=version.content_type)

    def _issue(self, http: Request, credential: str) -> Response:
        call = _Call(credential, http.is_secure)
        try:
            call.envelope, call.addressing, ours = self._read(http, _VERSION)
            issued = self._issue_token(call, ours)
            body = _envelope(_VERSION, self._reply_blocks(call), issued.content)
            self._record(call, status=200)
        except Exception as error:  # noqa: BLE001 - the last resort, and logged: no client may ever see a traceback
            return self._refuse(call, self._fault_for(error))
        return Response(body, content_type=_VERSION.content_type)

    def _read(self, http: Request, version: SoapVersion) -> tuple[Envelope, Addressing | None, tuple[Element, ...]]:
        chunked = "chunked" in http.headers.get("Transfer-Encoding", "").lower()
        media = check_media(
            http.headers.get("Content-Type"),
            http.headers.get("Content-Encoding"),
            http.headers.get("SOAPAction"),
            version,
        )
        try:
            body = read_body(
                http.environ["wsgi.input"],
                length=None if chunked else http.content_length or 0,
                limit=_MAX_REQUEST_BYTES,
                spool=self._store.spool,
            )
        except BodyRefused as refused:
            raise refused.refusal from None
        envelope = read_envelope(extract_payload(to_utf8(body.data, media.charset)), version)
        ours = for_us(envelope.headers, version)
        check_understood(ours, version, UNDERSTOOD | {SECURITY})
        return envelope, read_addressing(ours), ours

    def _issue_token(self, call: _Call, ours: tuple[Element, ...]) -> IssuedToken:
        if not call.encrypted:
            raise refuse(
                Check.TRANSPORT,
                "the connection",
                "it is plain HTTP",
                expected="HTTPS (TLS 1.2 or later)",
                remedy="call the https address; trust ca.pem of the simulator's folder of keys",
                source=BINDING,
            )
        if call.addressing is None or call.addressing.action != ISSUE_ACTION:
            raise refuse(
                Check.REQUEST,
                "soap:Header/wsa:Action",
                "it is missing" if call.addressing is None else f"it is {call.addressing.action!r}",
                expected=ISSUE_ACTION,
                remedy="have the client use WS-Trust 1.3 with WS-Addressing 1.0",
                source=BINDING,
            )
        header = security_header(ours)
        timestamp = read_timestamp(header, self._clocks, self._settings.call)
        call.reading = timestamp.fits[0]
        call.details["clock"] = call.reading.clock
        requester = self._identify(call, header, timestamp)
        call.account = requester.account
        call.details["user"] = requester.account.user
        request = read_request(call.envelope.wrapper if call.envelope is not None else None, self._settings)
        call.details["applies_to"] = request.applies_to
        call.details["claims"] = list(request.claims)
        fault = self._faults.take(ISSUE, requester.account.authority, kind=ISSUING)
        kind = fault.kind if fault is not None else None
        issued = issue(
            replace(request, created=None, expires=None) if kind == EXPIRED_TOKEN else request,
            requester.account,
            self._past(call.reading) if kind == EXPIRED_TOKEN else call.reading,
            settings=self._settings,
            material=self._untrusted_material() if kind == FOREIGN_TOKEN else self._material,
            certificate_key=requester.public_key,
        )
        digest = digest_of(issued.token)
        if kind is not None:
            self._tampered.note(digest, kind)
            call.details["misbehaviour"] = kind
        ends = issued.assertion.not_on_or_after
        call.details |= {
            "token": issued.assertion.id,
            "token_digest": digest,
            "token_type": issued.assertion.token_type.label,
            "key_type": issued.assertion.key_type.label,
            "expires": ends.isoformat() if ends is not None else None,
        }
        return issued

    def _past(self, reading: Reading) -> Reading:
        """Return a past time of a clock, such that a token issued then has expired."""
        settings = self._settings
        seconds = settings.sts.lifetime_seconds.value + 2 * settings.call.skew_seconds.value
        return replace(reading, now=later(reading.now, -seconds))

    def _untrusted_material(self) -> Material:
        """Return the keys of the STS, with another signing key that DIT does not trust."""
        return replace(self._material, sts=self._untrusted().sts)

    def _identify(self, call: _Call, header: Element, timestamp: Timestamp) -> credentials.Requester:
        if call.credential == USERNAME:
            return credentials.by_password(header, self._material, self._accounts)
        settings = self._settings
        requester = credentials.by_certificate(header, timestamp.element, self._material, self._accounts, settings)
        value = requester.replay_value
        if settings.call.refuse_replays.value and value is not None and call.reading is not None:
            until = later(timestamp.expires, settings.call.skew_seconds.value)
            key = ReplayKey(value, f"{SIGNATURE}/ds:SignatureValue", call.reading.clock, call.reading.now, until)
            with self._store.transaction() as transaction:
                self._replays.note(transaction, key)
        return requester

    def _reply_blocks(self, call: _Call) -> tuple[Element, ...]:
        reading = call.reading or self._clocks.readings()[0]
        security = reply_header(reading, self._settings.call.timestamp_seconds.value)
        return (*reply_headers(ISSUE_REPLY, call.addressing), security)

    def _fault_for(self, error: Exception) -> Fault:
        refusal = refusal_for(error)
        if isinstance(refusal, SecurityRefusal):
            return opaque_fault(refusal, self._settings, authentication=True)
        return as_fault(refusal)

    def _refuse(self, call: _Call, fault: Fault) -> Response:
        response = _fault(fault, _VERSION, call.addressing)
        try:
            self._record(call, status=response.status_code, fault=fault)
        except Exception:  # noqa: BLE001 - logged: the client's reply must not depend on it
            _log.exception("a refused request for a token could not be journaled: %s", fault.cause)
        return response

    def _record(self, call: _Call, *, status: int, fault: Fault | None = None) -> None:
        entry = Entry(
            kind=Kind.TOKEN,
            at=self._clock.now(),
            wall=wall_now(),
            interface="sts",
            operation="Issue",
            authority=call.account.authority if call.account is not None else None,
            http_status=status,
            details={"credential": call.credential, **call.details},
        )
        if fault is not None:
            entry = as_refused(entry, fault)
        with self._store.transaction() as transaction:
            if call.envelope is not None:
                entry = replace(entry, request=transaction.put_blob(_hide_passwords(call.envelope)))
            journal.append(transaction, entry)


def _check_get(known: Addressing | None) -> None:
    if known is not None and known.action and known.action != _GET:
        raise refuse_request(
            EnvelopeCode.ACTION,
            latvian=f"Šajā adresē gaidīta darbība {_GET}.",
            text=f"This address takes the Action {_GET}.",
            found=f"wsa:Action is {known.action!r}",
            expected=_GET,
            subcodes=(f"{{{WSA}}}ActionNotSupported",),
            problem_action=known.action,
        )


def _fault(fault: Fault, version: SoapVersion, known: Addressing | None) -> Response:
    reply = write_fault(fault, version, known)
    return Response(reply.body, status=reply.status, content_type=reply.content_type)


def _hide_passwords(envelope: Envelope) -> bytes:
    """Return a request for the journal, with its passwords hidden."""
    # It was converted to UTF-8, so the encoding in its declaration does not apply.
    root = etree.fromstring(envelope.request.envelope, safe_parser(encoding="utf-8"))
    for element in root.iter(f"{{{WSSE}}}Password"):
        element.text = _HIDDEN
    return etree.tostring(root)


def _envelope(version: SoapVersion, blocks: Iterable[Element], content: Element) -> bytes:
    """Write an envelope without a cleanup of namespaces, which would invalidate the signatures in it."""
    envelope = etree.Element(version.tag("Envelope"), nsmap={"soap": version.namespace})
    etree.SubElement(envelope, version.tag("Header")).extend(list(blocks))
    etree.SubElement(envelope, version.tag("Body")).append(content)
    return etree.tostring(envelope, xml_declaration=True, encoding="utf-8")


def _xml(data: bytes) -> Response:
    return Response(data, content_type="text/xml; charset=utf-8")
