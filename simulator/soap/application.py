"""DIT's two services on HTTP: a WSGI application with the addresses of calls, the WSDLs and the schemas.

WSDLs and schemas are the files of ``schemas/dit``, with the addresses of this simulator written into them.
"""

from __future__ import annotations

import copy
import errno
import functools
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import etree
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request as HttpRequest
from werkzeug.wrappers import Response

from simulator.dit.refusals import Refused, refusal_by_store
from simulator.documents.parsing import Element
from simulator.soap.body import ENVELOPE_ALLOWANCE, Body, BodyRefused, read_body
from simulator.soap.contract import CONFIGURATION, MESSAGES, Contract
from simulator.soap.exchange import Request, answer
from simulator.soap.refusals import EnvelopeCode, SoapVersion, refuse
from simulator.soap.replies import Reply, Stream
from simulator.store import StoreError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from simulator.dit.calls import SimulationServices
    from simulator.soap.authenticator import Authenticator
    from simulator.store import Store


_XS = "{http://www.w3.org/2001/XMLSchema}"
_WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
_WSP = "{http://www.w3.org/ns/ws-policy}"

PORTS = {"Plain": "plain", "Plain11": "plain11", "PlainMtom": "plainMtom"}
"""Ports of the WSDL without security, and the last segment of their addresses (assumed: DIT has no such ports)."""

FEDERATED = {"ws2007FederationNoSct": "Plain", "ws2007FederationNoSctMtom": "PlainMtom"}
"""Secured ports, and the plain port that each is a copy of, apart from its policy.

The name of a secured port is also the last segment of its address (documented: integration instruction v1.09, 4.2.1.13
and 5.1.1.4).
"""


_log = logging.getLogger(__name__)

SERVICE = MESSAGES.path
"""Path of the message service."""

_VERSIONS = {"plain": SoapVersion.SOAP_12, "plain11": SoapVersion.SOAP_11, "plainMtom": SoapVersion.SOAP_12}
_MTOM = frozenset({"plainMtom", "ws2007FederationNoSctMtom"})
_PORTS = {MESSAGES: tuple(PORTS), CONFIGURATION: ("Plain", "Plain11")}
_SECURED = {MESSAGES: tuple(FEDERATED), CONFIGURATION: ("ws2007FederationNoSct",)}
_SERVICES = {contract.name: contract for contract in _PORTS}


@functools.cache
def schema_files(contract: Contract = MESSAGES) -> dict[str, Path]:
    """Return the schema files that a service's WSDL needs, by the name under which they are served."""
    return {path.name: path for path in contract.files}


def write_wsdl(
    service: str,
    *,
    contract: Contract = MESSAGES,
    ports: tuple[str, ...] = tuple(PORTS),
    single: bool = False,
    policy: Element | None = None,
) -> bytes:
    """Return the WSDL for a service address such as ``http://127.0.0.1:8080/dit/v1-2/MessageService``.

    ``ports`` are the ports to offer; ``single`` puts the schemas into the file instead of importing them. ``policy``
    is the wsp:Policy of the secured ports.
    """
    wsdl = _read(contract.wsdl)
    if policy is not None:
        for name in ports:
            if name in FEDERATED:
                _add_secured_port(wsdl, name, policy)
    _keep_ports(wsdl, ports)
    for port in wsdl.iter(f"{_WSDL}port"):
        address = next(element for element in port if str(element.tag).endswith("}address"))
        address.set("location", f"{service}/{PORTS.get(port.get('name', ''), port.get('name', ''))}")
    if single:
        types = next(wsdl.iter(f"{_WSDL}types"))
        types[:] = [_without_locations(_read(path)) for path in reversed(schema_files(contract).values())]
    else:
        _point_at(wsdl, service)
    return _serialized(wsdl)


def write_schema(name: str, service: str, contract: Contract = MESSAGES) -> bytes:
    """Return one of a service's schemas, with its imports from this service; raises KeyError for an unknown name."""
    schema = _read(schema_files(contract)[name])
    _point_at(schema, service)
    return _serialized(schema)


def _add_secured_port(wsdl: Element, name: str, policy: Element) -> None:
    """Add a secured port: a copy of its plain port, with the policy in its binding."""
    port = next((element for element in wsdl.iter(f"{_WSDL}port") if element.get("name") == FEDERATED[name]), None)
    if port is None:
        raise ValueError(f"the contract has no port {FEDERATED[name]} to copy for {name}")
    plain_name = port.get("binding", "")
    plain_binding = next(
        element for element in wsdl.iter(f"{_WSDL}binding") if element.get("name") == plain_name.rpartition(":")[2]
    )
    binding = copy.deepcopy(plain_binding)
    binding.set("name", f"{wsdl.get('name')}_{name}")
    for documentation in binding.findall(f"{_WSDL}documentation"):
        binding.remove(documentation)
    binding_policy = copy.deepcopy(policy)
    mtom_policy = binding.find(f"{_WSP}Policy")
    if mtom_policy is not None:
        # A binding has one policy, so the assertion of MTOM is added to it.
        binding_policy[0][0].extend(list(mtom_policy))
        binding.remove(mtom_policy)
    binding.insert(0, binding_policy)
    plain_binding.addnext(binding)
    secured_port = copy.deepcopy(port)
    secured_port.set("name", name)
    secured_port.set("binding", f"{plain_name.rpartition(':')[0]}:{binding.get('name')}")
    parent = port.getparent()
    if parent is not None:
        parent.insert(next(i for i, child in enumerate(parent) if child.tag == port.tag), secured_port)


def _keep_ports(wsdl: Element, ports: tuple[str, ...]) -> None:
    bindings = set()
    for service in wsdl.iterfind(f"{_WSDL}service"):
        for port in list(service.iterfind(f"{_WSDL}port")):
            if port.get("name") in ports:
                bindings.add(port.get("binding", "").rpartition(":")[2])
            else:
                service.remove(port)
    for binding in list(wsdl.iterfind(f"{_WSDL}binding")):
        if binding.get("name") not in bindings:
            wsdl.remove(binding)


def _point_at(root: Element, service: str) -> None:
    for element in root.iter(f"{_XS}import"):
        name = element.get("schemaLocation", "").rpartition("/")[2]
        element.set("schemaLocation", f"{service}?xsd={name}")


def _without_locations(schema: Element) -> Element:
    for element in schema.iter(f"{_XS}import"):
        element.attrib.pop("schemaLocation", None)
    return schema


def _read(path: Path) -> Element:
    return copy.deepcopy(_parsed(path))


@functools.cache
def _parsed(path: Path) -> Element:
    return etree.parse(str(path), etree.XMLParser(resolve_entities=False, no_network=True)).getroot()


def _serialized(root: Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def _rules(contract: Contract) -> list[Rule]:
    segments = ", ".join((*(PORTS[port] for port in _PORTS[contract]), *_SECURED[contract]))
    return [
        Rule(contract.path, methods=["GET"], endpoint=contract.name),
        Rule(f"{contract.path}/<any({segments}):port>", methods=["GET", "POST"], endpoint=contract.name),
    ]


_ROUTES = Map(
    [rule for contract in _PORTS for rule in _rules(contract)],
    merge_slashes=False,
    redirect_defaults=False,
)


class SoapApplication:
    """The WSGI application of DIT's services, for the simulation that ``services`` returns at each request.

    ``authenticator`` returns the authenticator of the secured addresses; without one they do not exist.
    """

    def __init__(
        self,
        services: Callable[[], SimulationServices],
        authenticator: Callable[[], Authenticator | None] = lambda: None,
    ) -> None:
        self._services = services
        self._authenticator = authenticator

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one HTTP request."""
        return self._respond(HttpRequest(environ))(environ, start_response)

    def _respond(self, http: HttpRequest) -> Response | _Answer:
        try:
            endpoint, arguments = _ROUTES.bind_to_environ(http.environ).match()
        except MethodNotAllowed as error:
            return self._wrong_method(http, error)
        except HTTPException:
            return self._unknown_path(http)
        contract, port = _SERVICES[endpoint], arguments.get("port")
        offered = self._offered(contract)
        if port is None:
            return _describe(http, contract, offered, self._policy(http)) or _help(http)
        addressed = tuple(name for name in offered if PORTS.get(name, name) == port)
        if not addressed:
            return self._unknown_path(http)
        if http.method != "POST":
            return _describe(http, contract, addressed, self._policy(http)) or _only_post(http)
        authenticator = self._authenticator() if port in FEDERATED else None
        version = _VERSIONS.get(port, SoapVersion.SOAP_12)
        return self._call(http, version, contract=contract, mtom=port in _MTOM, authenticator=authenticator)

    def _offered(self, contract: Contract) -> tuple[str, ...]:
        """Return the ports that are served: secured ones with an authenticator, plain ones unless it closes them."""
        authenticator = self._authenticator()
        if authenticator is None:
            return _PORTS[contract]
        return (*_SECURED[contract], *(_PORTS[contract] if authenticator.plain else ()))

    def _policy(self, http: HttpRequest) -> Element | None:
        authenticator = self._authenticator()
        return (
            None
            if authenticator is None
            else authenticator.policy(http.host_url.rstrip("/") + http.root_path.rstrip("/"))
        )

    def _call(
        self,
        http: HttpRequest,
        version: SoapVersion,
        refusal: Refused | None = None,
        *,
        contract: Contract = MESSAGES,
        mtom: bool = False,
        authenticator: Authenticator | None = None,
    ) -> _Answer:
        services = self._services()
        limit = services.profile.limits.message_bytes.value + ENVELOPE_ALLOWANCE
        body, body_refusal = _body_of(http, limit, services.store)
        request = Request(
            version=version,
            body=body,
            contract=contract,
            mtom=mtom,
            content_type=http.headers.get("Content-Type"),
            content_encoding=http.headers.get("Content-Encoding"),
            soap_action=http.headers.get("SOAPAction"),
            user=_user_of(http),
            authenticator=authenticator,
            encrypted=http.is_secure,
            refusal=refusal or body_refusal,
        )
        response = _as_answer(answer(request, services))
        if body_refusal is not None:
            response.headers["Connection"] = "close"  # the rest of the body may still be under way
        return response

    def _wrong_method(self, http: HttpRequest, error: MethodNotAllowed) -> Response | _Answer:
        allowed = ", ".join(sorted(error.valid_methods or ()))
        version = _version_of(http)
        if http.method != "POST" or version is None:
            return _text(_addresses(http, f"{http.method} is not allowed here."), 405, {"Allow": allowed})
        refusal = refuse(
            EnvelopeCode.METHOD,
            latvian="Šajā adresē izsaukumus nepieņem; skatiet WSDL portu adreses.",
            text="This address takes no calls; see the ports' addresses in the WSDL.",
            found=_addresses(http, f"POST was sent to {http.path}, which only describes the service."),
            http_status=405,
        )
        response = self._call(http, version, refusal)
        response.headers["Allow"] = allowed
        return response

    def _unknown_path(self, http: HttpRequest) -> Response | _Answer:
        version = _version_of(http)
        if http.method != "POST" or version is None:
            return _text(_addresses(http, f"There is nothing at {http.path}."), 404)
        refusal = refuse(
            EnvelopeCode.UNKNOWN_PATH,
            latvian=f"Adreses {http.path} nav.",
            text=f"There is no address {http.path}.",
            found=_addresses(http, f"POST was sent to {http.path}, which does not exist."),
            http_status=404,
        )
        return self._call(http, version, refusal)


def _user_of(http: HttpRequest) -> str | None:
    try:
        authorization = http.authorization
    except ValueError:
        return None  # base64 that does not decode to text
    if authorization is None or authorization.type != "basic":
        return None
    return authorization.username or None


def _body_of(http: HttpRequest, limit: int, store: Store) -> tuple[Body, Refused | None]:
    chunked = "chunked" in http.headers.get("Transfer-Encoding", "").lower()
    # The raw stream: werkzeug's wrapper hides a chunked body with some servers, and an early end with all.
    length = None if chunked else http.content_length or 0
    try:
        return read_body(http.environ["wsgi.input"], length=length, limit=limit, spool=store.spool), None
    except BodyRefused as refused:
        return Body(refused.read, size=len(refused.read)), refused.refusal
    except StoreError as error:
        _log.error("a large request could not be kept: %s", error)
        return Body(), Refused(refusal_by_store(error))


@dataclass(slots=True)
class _Answer:
    """The reply to a call as a WSGI application; werkzeug's Response takes as long as storing a message."""

    status: int
    headers: dict[str, str]
    body: Iterable[bytes]

    def __call__(self, _environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response(f"{self.status} {HTTPStatus(self.status).phrase}", list(self.headers.items()))
        return self.body


def _as_answer(reply: Reply) -> _Answer:
    if reply.broken:
        # The server closes the connection silently when the socket fails, as a lost reply looks to a client.
        raise ConnectionResetError(errno.ECONNRESET, "injected fault (drop_reply): the reply is lost")
    stream = reply.stream or Stream((reply.body,))
    headers = {"Content-Type": reply.content_type, "Content-Length": str(stream.size), **dict(reply.headers)}
    return _Answer(reply.status, headers, _half(stream) if reply.cut else stream)


def _half(stream: Stream) -> Iterator[bytes]:
    remaining = stream.size // 2
    for piece in stream:
        yield piece[:remaining]
        remaining -= len(piece)
        if remaining <= 0:
            raise ConnectionResetError(errno.ECONNRESET, "injected fault (cut_reply): the reply is cut half-way")


def _describe(http: HttpRequest, contract: Contract, ports: tuple[str, ...], policy: Element | None) -> Response | None:
    """Return the WSDL or a schema when the query names one, in upper or lower case as with WCF; None otherwise."""
    query = {key.lower(): value for key, value in http.args.items()}
    service = http.host_url.rstrip("/") + http.root_path.rstrip("/") + contract.path
    if "wsdl" in query or "singlewsdl" in query:
        return _xml(write_wsdl(service, contract=contract, ports=ports, single="singlewsdl" in query, policy=policy))
    if "xsd" in query:
        if query["xsd"] in schema_files(contract):
            return _xml(write_schema(query["xsd"], service, contract))
        known = ", ".join(schema_files(contract))
        return _text(f"There is no schema {query['xsd']!r}; there are {known}.\n", 404)
    return None


def _version_of(http: HttpRequest) -> SoapVersion | None:
    return SoapVersion.of_media_type(http.mimetype)


def _help(http: HttpRequest) -> Response:
    return _text(_addresses(http, "DIT, simulator of aldis-conformance."), 200)


def _only_post(http: HttpRequest) -> Response:
    return _text(_addresses(http, "Calls are made with POST."), 405, {"Allow": "POST"})


def _addresses(http: HttpRequest, sentence: str) -> str:
    base = http.host_url.rstrip("/") + http.root_path.rstrip("/")
    service = base + SERVICE
    return (
        f"{sentence}\n"
        f"WSDL: GET {service}?wsdl (one file: {service}?singleWsdl)\n"
        f"SOAP 1.2: POST {service}/plain\n"
        f"SOAP 1.1: POST {service}/plain11\n"
        f"SOAP 1.2 with MTOM, for large messages: POST {service}/plainMtom\n"
        f"Configuration service: GET {base}{CONFIGURATION.path}?wsdl\n"
    )


def _xml(data: bytes) -> Response:
    return Response(data, content_type="text/xml; charset=utf-8")


def _text(text: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    return Response(text, status=status, headers=dict(headers or {}), content_type="text/plain; charset=utf-8")
