"""The state's token service (STS) on HTTP: WS-Trust 1.3 Issue by user name or certificate, its WSDL, its metadata.

The STS's WSDL as it is served, and the same inside an answer of WS-MetadataExchange.
"""

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
from simulator.security.credentials import PLACE
from simulator.security.errors import BINDING, Check, SecurityRefusal, opaque_fault, refuse
from simulator.security.header import (
    SECURITY,
    Moments,
    Reading,
    Timestamp,
    later,
    read_timestamp,
    reply_header,
    security_header,
)
from simulator.security.issuing import Issued, issue, read_request
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
from simulator.security.replay_cache import Replays
from simulator.security.settings import Settings
from simulator.settings.files import data_root
from simulator.soap import envelope as addressing
from simulator.soap import envelope as headers
from simulator.soap.authenticator import ReplayKey
from simulator.soap.body import BodyRefused, read_body, to_utf8
from simulator.soap.envelope import Addressing, Envelope, lift, read_envelope
from simulator.soap.faults import write_fault
from simulator.soap.multipart import check_media
from simulator.soap.refusals import EnvelopeCode, Fault, SoapVersion, as_fault
from simulator.soap.refusals import refuse as refuse_request
from simulator.store import Store

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


_WSDL = "http://schemas.xmlsoap.org/wsdl/"


def write_wsdl(base: str, settings: Settings) -> Element:
    """The WSDL with both addresses below a base address such as ``https://host:port``, and their policies."""
    path = data_root("schemas") / "dit" / "SecurityTokenService.wsdl"
    root = etree.parse(str(path), etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
    for credential in (USERNAME, CERTIFICATE):
        binding = next(element for element in root.iter(f"{{{_WSDL}}}binding") if element.get("name") == credential)
        binding.insert(0, sts_policy(settings, credential))
        port = next(element for element in root.iter(f"{{{_WSDL}}}port") if element.get("name") == credential)
        port[0].set("location", sts_address(base, credential))
    return root


def metadata(wsdl: Element) -> Element:
    """A mex:Metadata that holds a WSDL (W3C submission, Web Services Metadata Exchange 1.1)."""
    root = etree.Element(f"{{{MEX}}}Metadata", nsmap={"wsx": MEX})
    section = etree.SubElement(root, f"{{{MEX}}}MetadataSection", Dialect=_WSDL.rstrip("/") + "/")
    section.set("Identifier", wsdl.get("targetNamespace", ""))
    section.append(copy.deepcopy(wsdl))
    return root


_log = logging.getLogger(__name__)
_LARGEST = 256 * 1024  # bytes; a request for a token has a few thousand
_VERSION = SoapVersion.SOAP_12
_GET = "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get"
_HIDDEN = "(hidden)"


@dataclass
class _Call:
    """What is known of a request while it is answered."""

    credential: str
    encrypted: bool
    envelope: Envelope | None = None
    addressing: Addressing | None = None
    reading: Reading | None = None
    account: Account | None = None
    details: dict[str, Json] = field(default_factory=dict)


class TokenService:
    """A WSGI application for the paths below :data:`STS`. Safe to share between threads."""

    def __init__(
        self,
        *,
        settings: Settings,
        material: Material,
        accounts: Mapping[str, Account],
        moments: Moments,
        clock: Clock,
        store: Store,
        faults: Faults,
        impostor: Callable[[], Material],
        tampered: TamperedTokens,
    ) -> None:
        self._settings = settings
        self._material = material
        self._accounts = accounts
        self._moments = moments
        self._clock = clock
        self._store = store
        self._replays = Replays()
        self._faults = faults
        self._impostor = impostor
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
        """WS-Transfer Get, in either version of SOAP, as WCF and CXF ask it."""
        version = SoapVersion.of_media_type(http.mimetype) or _VERSION
        known: Addressing | None = None
        try:
            known = self._read(http, version)[1]
            _check_get(known)
        except Exception as error:  # noqa: BLE001 - the last resort, and logged: no client may ever see a traceback
            return _fault(self._fault_for(error), version, known)
        blocks = addressing.reply_headers(f"{_GET}Response", known)
        body = _envelope(version, blocks, metadata(write_wsdl(base, self._settings)))
        return Response(body, content_type=version.content_type)

    def _issue(self, http: Request, credential: str) -> Response:
        call = _Call(credential, http.is_secure)
        try:
            call.envelope, call.addressing, ours = self._read(http, _VERSION)
            issued = self._answer(call, ours)
            body = _envelope(_VERSION, self._blocks(call), issued.content)
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
                limit=_LARGEST,
                spool=self._store.spool,
            )
        except BodyRefused as refused:
            raise refused.refusal from None
        envelope = read_envelope(lift(to_utf8(body.data, media.charset)), version)
        ours = headers.for_us(envelope.headers, version)
        headers.check_understood(ours, version, addressing.UNDERSTOOD | {SECURITY})
        return envelope, addressing.read_addressing(ours), ours

    def _answer(self, call: _Call, ours: tuple[Element, ...]) -> Issued:
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
        timestamp = read_timestamp(header, self._moments, self._settings.call)
        call.reading = timestamp.fits[0]
        call.details["clock"] = call.reading.clock
        shown = self._shown(call, header, timestamp)
        call.account = shown.account
        call.details["user"] = shown.account.user
        request = read_request(call.envelope.wrapper if call.envelope is not None else None, self._settings)
        call.details["applies_to"] = request.applies_to
        call.details["claims"] = list(request.claims)
        fault = self._faults.take(ISSUE, shown.account.authority, kind=ISSUING)
        kind = fault.kind if fault is not None else None
        issued = issue(
            replace(request, created=None, expires=None) if kind == EXPIRED_TOKEN else request,
            shown.account,
            self._long_ago(call.reading) if kind == EXPIRED_TOKEN else call.reading,
            settings=self._settings,
            material=self._foreign() if kind == FOREIGN_TOKEN else self._material,
            certificate_key=shown.public_key,
        )
        name = digest_of(issued.token)
        if kind is not None:
            self._tampered.note(name, kind)
            call.details["misbehaviour"] = kind
        ends = issued.assertion.not_on_or_after
        call.details |= {
            "token": issued.assertion.id,
            "token_digest": name,
            "token_type": issued.assertion.token_type.label,
            "key_type": issued.assertion.key_type.label,
            "expires": ends.isoformat() if ends is not None else None,
        }
        return issued

    def _long_ago(self, reading: Reading) -> Reading:
        """A moment at which a token would have been issued that has ended by now."""
        settings = self._settings
        gone = settings.sts.lifetime_seconds.value + 2 * settings.call.skew_seconds.value
        return replace(reading, now=later(reading.now, -gone))

    def _foreign(self) -> Material:
        """Our keys but the one that signs tokens."""
        return replace(self._material, sts=self._impostor().sts)

    def _shown(self, call: _Call, header: Element, timestamp: Timestamp) -> credentials.Shown:
        if call.credential == USERNAME:
            return credentials.by_password(header, self._material, self._accounts)
        shown = credentials.by_certificate(header, timestamp.element, self._material, self._accounts, self._settings)
        if self._settings.call.refuse_replays.value and shown.once is not None and call.reading is not None:
            until = later(timestamp.expires, self._settings.call.skew_seconds.value)
            once = ReplayKey(shown.once, f"{PLACE}/ds:SignatureValue", call.reading.clock, call.reading.now, until)
            with self._store.transaction() as transaction:
                self._replays.note(transaction, once)
        return shown

    def _blocks(self, call: _Call) -> tuple[Element, ...]:
        reading = call.reading or self._moments.readings()[0]
        stamp = reply_header(reading, self._settings.call.timestamp_seconds.value)
        return (*addressing.reply_headers(ISSUE_REPLY, call.addressing), stamp)

    def _fault_for(self, error: Exception) -> Fault:
        refusal = refusal_for(error)
        if isinstance(refusal, SecurityRefusal):
            return opaque_fault(refusal, self._settings, authentication=True)
        return as_fault(refusal)

    def _refuse(self, call: _Call, fault: Fault) -> Response:
        response = _fault(fault, _VERSION, call.addressing)
        try:
            self._record(call, status=response.status_code, fault=fault)
        except Exception:  # noqa: BLE001 - logged: the client's answer must not depend on it
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
                entry = replace(entry, request=transaction.put_blob(_without_password(call.envelope)))
            journal.append(transaction, entry)


def _check_get(known: Addressing | None) -> None:
    if known is not None and known.action and known.action != _GET:
        raise refuse_request(
            EnvelopeCode.ACTION,
            latvian=f"Šajā adresē gaidīta darbība {_GET}.",
            text=f"This address takes the Action {_GET}.",
            found=f"wsa:Action is {known.action!r}",
            expected=_GET,
            subcodes=(f"{{{addressing.WSA}}}ActionNotSupported",),
            problem_action=known.action,
        )


def _fault(fault: Fault, version: SoapVersion, known: Addressing | None) -> Response:
    reply = write_fault(fault, version, known)
    return Response(reply.body, status=reply.status, content_type=reply.content_type)


def _without_password(envelope: Envelope) -> bytes:
    """The request as the journal may keep it."""
    # In UTF-8 by now, whatever its declaration says.
    root = etree.fromstring(envelope.lifted.envelope, safe_parser(encoding="utf-8"))
    for element in root.iter(f"{{{WSSE}}}Password"):
        element.text = _HIDDEN
    return etree.tostring(root)


def _envelope(version: SoapVersion, blocks: Iterable[Element], content: Element) -> bytes:
    """An envelope in which nothing of the content's namespaces is tidied: what is signed stays as it is."""
    envelope = etree.Element(version.tag("Envelope"), nsmap={"soap": version.namespace})
    etree.SubElement(envelope, version.tag("Header")).extend(list(blocks))
    etree.SubElement(envelope, version.tag("Body")).append(content)
    return etree.tostring(envelope, xml_declaration=True, encoding="utf-8")


def _xml(data: bytes) -> Response:
    return Response(data, content_type="text/xml; charset=utf-8")
