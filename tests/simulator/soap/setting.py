"""Environment of the SOAP tests: store, DIT, profile and the world of the town, without ALDIS."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from threading import Thread
from uuid import uuid4

from lxml import etree
from werkzeug.test import Client, TestResponse

from simulator.dit.calls import SimulationServices
from simulator.dit.network import Network
from simulator.dit.rights import Options
from simulator.documents.catalogue import Catalogue
from simulator.documents.profile import Profile, load_profile
from simulator.documents.writing import write_document, write_error_report
from simulator.domain.clock import RIGA, Clock
from simulator.domain.model import ChannelName, Document, ErrorReport, Header, Period, RecordError, Severity
from simulator.fault_injection.faults import Faults
from simulator.http.listener import HttpServer
from simulator.http.provisioning import BVKB_USER, grants_for, installation_for
from simulator.journal import Entry, StoredJournal
from simulator.soap.application import SERVICE, SoapApplication
from simulator.soap.contract import DIT, SVC
from simulator.soap.refusals import FAULT, SoapVersion
from simulator.store import Store
from simulator.world.file import load_world
from simulator.world.model import World

START = datetime(2026, 1, 5, 9, 0, tzinfo=RIGA)
BVKB = BVKB_USER
RETAILER = "paraugs"
OTHER = "kaimins"


@dataclass
class Setting:
    """The services of a simulation and its WSGI application, with helpers for calls and for the journal."""

    store: Store
    profile: Profile
    world: World
    clock: Clock = field(default_factory=lambda: Clock.frozen(START))
    faults: Faults = field(default_factory=Faults)
    message_bytes: int | None = None
    options: Options = field(default_factory=Options)

    @cached_property
    def network(self) -> Network:
        limit = self.message_bytes or self.profile.limits.message_bytes.value
        return Network(
            clock=self.clock,
            catalogue=Catalogue.default(),
            rules=replace(self.options.rules(self.profile.limits), message_bytes=limit),
            faults=self.faults,
        )

    @cached_property
    def services(self) -> SimulationServices:
        setup = installation_for(self.world, self.profile)
        with self.store.transaction() as transaction:
            self.network.registry.install(transaction, setup)
            self.network.registry.grant(transaction, grants_for(self.world, self.profile, self.options.environment))
        return SimulationServices(self.store, self.network, self.clock, self.profile, self.faults)

    @cached_property
    def application(self) -> SoapApplication:
        return SoapApplication(lambda: self.services)

    @cached_property
    def client(self) -> Client:
        return Client(self.application)

    @property
    def journal(self) -> tuple[Entry, ...]:
        return tuple(StoredJournal(self.store).entries())

    @property
    def exchanges(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.journal if entry.kind == "exchange")

    def blob(self, reference: str | None) -> bytes:
        assert reference is not None
        return StoredJournal(self.store).blob(reference)

    def version(self, channel: ChannelName = ChannelName.CONTRACT, minor: int = 0) -> str:
        return self.profile.channel(channel).version_urn(minor)

    def contract_document(self, *, document_id: str | None = None) -> bytes:
        """Return a valid document of the contract channel without records."""
        header = Header(
            document_id=document_id or str(uuid4()),
            provider=self.world.retailers[0].registration_number,
            created_at=START,
            period=Period(2026, 1),
            record_count=0,
        )
        return write_document(Document(ChannelName.CONTRACT, header, ()), self.profile)

    def error_report(self) -> bytes:
        error = RecordError("ALDIS-001", Severity.ERROR, "Kļūda ierakstā", "A bad record", position=1)
        return write_error_report(ErrorReport(str(uuid4()), (error,)), self.profile)

    def post(
        self,
        body: bytes | str,
        *,
        version: SoapVersion = SoapVersion.SOAP_12,
        user: str | None = RETAILER,
        content_type: str | None = None,
        path: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> TestResponse:
        """POST to the address of a SOAP version, or to another path, without a socket."""
        port = "plain" if version is SoapVersion.SOAP_12 else "plain11"
        return self.client.post(
            path or f"{SERVICE}/{port}",
            data=body.encode() if isinstance(body, str) else body,
            content_type=version.content_type if content_type is None else content_type or None,
            headers={**(headers or {}), **(basic(user) if user is not None else {})},
        )

    def send(self, document: bytes | None = None, *, user: str = RETAILER, **choices: object) -> TestResponse:
        """Call SendMessage2 with a contract document on the contract channel."""
        return self.post(
            send_request(self.version(), document or self.contract_document()),
            user=user,
            **choices,  # type: ignore[arg-type]
        )


def basic(user: str, password: str = "any") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


_profile = cache(load_profile)


@cache
def _town() -> World:
    return load_world("town")


@contextmanager
def open_setting(directory: Path | None = None, *, message_bytes: int | None = None) -> Iterator[Setting]:
    profile = _profile()
    if message_bytes is not None:
        known = replace(profile.limits.message_bytes, value=message_bytes)
        profile = replace(profile, limits=replace(profile.limits, message_bytes=known))
    with Store.open(directory) as store:
        yield Setting(store, profile, _town(), message_bytes=message_bytes)


@contextmanager
def serving(setting: Setting) -> Iterator[str]:
    """Serve a setting on loopback and yield its base URL."""
    server = HttpServer(("127.0.0.1", 0), setting.application, numthreads=8)
    server.shutdown_timeout = 1
    server.timeout = 2
    server.prepare()
    thread = Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        host, port = server.bind_addr[:2]
        yield f"http://{host}:{port}"
    finally:
        server.stop()
        thread.join()


def envelope(body: str, *, version: SoapVersion = SoapVersion.SOAP_12, header: str = "") -> str:
    """Return an envelope with the content of a body; the prefixes soap, svc and dit are declared."""
    head = f"<soap:Header>{header}</soap:Header>" if header else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<soap:Envelope xmlns:soap="{version.namespace}" xmlns:svc="{SVC}" xmlns:dit="{DIT}">'
        f"{head}<soap:Body>{body}</soap:Body></soap:Envelope>"
    )


def without_declaration(document: bytes) -> str:
    text = document.decode()
    return text.partition("?>")[2].lstrip() if text.startswith("<?xml") else text


def send_wrapper(version_urn: str, document: bytes, *, inside: str = "", receivers: tuple[str, ...] = ()) -> str:
    chosen = "".join(f"<dit:Authority>{receiver}</dit:Authority>" for receiver in receivers)
    receiver_filter = f"<dit:ReceiverFilter>{chosen}</dit:ReceiverFilter>" if receivers else ""
    return (
        f"<svc:SendMessage><dit:MessageSave2>{receiver_filter}<dit:ChannelVersionURN>{version_urn}</dit:ChannelVersionURN>"
        f"<dit:BussinesMessage>{without_declaration(document)}{inside}</dit:BussinesMessage>"
        "</dit:MessageSave2></svc:SendMessage>"
    )


def send_request(
    version_urn: str, document: bytes, *, version: SoapVersion = SoapVersion.SOAP_12, header: str = ""
) -> str:
    return envelope(send_wrapper(version_urn, document), version=version, header=header)


def event_request(version_urn: str, report: bytes, related: str, receivers: tuple[str, ...]) -> str:
    chosen = "".join(f"<dit:Authority>{receiver}</dit:Authority>" for receiver in receivers)
    return envelope(
        f"<svc:SendMessage><dit:MessageSave2><dit:ReceiverFilter>{chosen}</dit:ReceiverFilter>"
        f"<dit:ChannelVersionURN>{version_urn}</dit:ChannelVersionURN><dit:EventMessage>{without_declaration(report)}"
        f"<dit:Name>Kļūda</dit:Name><dit:RelatedMessageID>{related}</dit:RelatedMessageID></dit:EventMessage>"
        "</dit:MessageSave2></svc:SendMessage>"
    )


def selector(kind: str, value: str) -> str:
    return f"<dit:{kind}>{value}</dit:{kind}>"


def request(wrapper: str, child: str, content: str, *, version: SoapVersion = SoapVersion.SOAP_12) -> str:
    """Return a request whose wrapper has one structure as its child."""
    return envelope(f"<svc:{wrapper}><dit:{child}>{content}</dit:{child}></svc:{wrapper}>", version=version)


@dataclass(frozen=True)
class ReadFault:
    """The content of a fault, as a client reads it."""

    version: SoapVersion
    code: str
    subcodes: tuple[str, ...]
    texts: dict[str, str]
    first: str
    refusal: str | None
    complaints: tuple[dict[str, str], ...]
    headers: tuple[etree._Element, ...]


def read_fault(data: bytes) -> ReadFault:
    """Read a fault by the rules of its SOAP version; QNames are returned as Clark names."""
    root = etree.fromstring(data)
    version = SoapVersion.of_namespace(etree.QName(root).namespace)
    assert version is not None
    fault = root.find(f"{version.tag('Body')}/{version.tag('Fault')}")
    assert fault is not None, data
    header = root.find(version.tag("Header"))
    complaints = tuple(
        {**element.attrib, **{etree.QName(child).localname: child.text or "" for child in element}}
        for element in fault.iter(f"{{{FAULT}}}Complaint")
    )
    if version is SoapVersion.SOAP_12:
        values = [_clark(element) for element in fault.find(version.tag("Code")).iter(version.tag("Value"))]  # type: ignore[union-attr]
        reasons = fault.findall(f"{version.tag('Reason')}/{version.tag('Text')}")
    else:
        values = [_clark(fault.find("faultcode"))]
        reasons = fault.findall("faultstring")
    language = "{http://www.w3.org/XML/1998/namespace}lang"
    return ReadFault(
        version=version,
        code=values[0],
        subcodes=tuple(values[1:]),
        texts={reason.get(language, ""): reason.text or "" for reason in reasons},
        first=reasons[0].text or "",
        refusal=next((element.text for element in fault.iter(f"{{{FAULT}}}Refusal")), None),
        complaints=complaints,
        headers=tuple(header) if header is not None else (),
    )


def _clark(element: etree._Element | None) -> str:
    assert element is not None
    prefix, _, local = (element.text or "").rpartition(":")
    return f"{{{element.nsmap[prefix or None]}}}{local}"


def body_of(data: bytes) -> etree._Element:
    """Return the one child of a reply's body."""
    root = etree.fromstring(data)
    version = SoapVersion.of_namespace(etree.QName(root).namespace)
    assert version is not None
    body = root.find(version.tag("Body"))
    assert body is not None
    assert len(body) == 1
    return body[0]
