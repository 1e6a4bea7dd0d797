"""The contract as it is served: the files of ``schemas/dit`` with the simulator's own addresses in them."""

from __future__ import annotations

import copy
import functools
from pathlib import Path

from lxml import etree

from simulator.documents.parsing import Element
from simulator.soap.contract import MESSAGES, Contract

_XS = "{http://www.w3.org/2001/XMLSchema}"
_WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
_WSP = "{http://www.w3.org/ns/ws-policy}"

PORTS = {"Plain": "plain", "Plain11": "plain11", "PlainMtom": "plainMtom"}
"""Ports of the WSDL and the last step of their addresses (assumed: DIT itself has no port without security)."""

FEDERATED = {"ws2007FederationNoSct": "Plain", "ws2007FederationNoSctMtom": "PlainMtom"}
"""Guarded ports, whose name is the last step of their address too (documented: integration instruction v1.09, 4.2.1.13
and 5.1.1.4), and the plain port that each is like but for its policy.
"""


@functools.cache
def schema_files(contract: Contract = MESSAGES) -> dict[str, Path]:
    """The schemas that a service's WSDL needs, by the name under which they are served."""
    return {path.name: path for path in contract.files}


def write_wsdl(
    service: str,
    *,
    contract: Contract = MESSAGES,
    ports: tuple[str, ...] = tuple(PORTS),
    single: bool = False,
    policy: Element | None = None,
) -> bytes:
    """The WSDL for a service address such as ``http://127.0.0.1:8080/dit/v1-2/MessageService``.

    ``ports`` are the ports to offer; ``single`` puts the schemas into the file instead of importing them. ``policy``
    is that of the guarded ports.
    """
    wsdl = _read(contract.wsdl)
    if policy is not None:
        for name in ports:
            if name in FEDERATED:
                _add_guarded(wsdl, name, policy)
    _keep_ports(wsdl, ports)
    for port in wsdl.iter(f"{_WSDL}port"):
        address = next(each for each in port if str(each.tag).endswith("}address"))
        address.set("location", f"{service}/{PORTS.get(port.get('name', ''), port.get('name', ''))}")
    if single:
        types = next(wsdl.iter(f"{_WSDL}types"))
        types[:] = [_without_locations(_read(path)) for path in reversed(schema_files(contract).values())]
    else:
        _point_at(wsdl, service)
    return _serialized(wsdl)


def write_schema(name: str, service: str, contract: Contract = MESSAGES) -> bytes:
    """One of a service's schemas, with its imports pointing at this service; raises KeyError for an unknown name."""
    schema = _read(schema_files(contract)[name])
    _point_at(schema, service)
    return _serialized(schema)


def _add_guarded(wsdl: Element, name: str, policy: Element) -> None:
    """A port like a plain one, with the policy in its binding."""
    port = next((element for element in wsdl.iter(f"{_WSDL}port") if element.get("name") == FEDERATED[name]), None)
    if port is None:
        raise ValueError(f"the contract has no port {FEDERATED[name]} that {name} could be like")
    plain = port.get("binding", "")
    binding = next(
        element for element in wsdl.iter(f"{_WSDL}binding") if element.get("name") == plain.rpartition(":")[2]
    )
    guarded = copy.deepcopy(binding)
    guarded.set("name", f"{wsdl.get('name')}_{name}")
    for each in guarded.findall(f"{_WSDL}documentation"):
        guarded.remove(each)
    old = guarded.find(f"{_WSP}Policy")
    assertions = copy.deepcopy(policy)
    if old is not None:
        # MTOM is one more assertion of the one policy that a binding has.
        assertions[0][0].extend(list(old))
        guarded.remove(old)
    guarded.insert(0, assertions)
    binding.addnext(guarded)
    twin = copy.deepcopy(port)
    twin.set("name", name)
    twin.set("binding", f"{plain.rpartition(':')[0]}:{guarded.get('name')}")
    parent = port.getparent()
    if parent is not None:
        parent.insert(next(i for i, each in enumerate(parent) if each.tag == port.tag), twin)


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
