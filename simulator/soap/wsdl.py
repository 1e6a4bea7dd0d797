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

PORTS = {"Plain": "plain", "Plain11": "plain11", "PlainMtom": "plainMtom"}
"""Ports of the WSDL and the last step of their addresses (assumed: DIT itself has no port without security)."""


@functools.cache
def schema_files(contract: Contract = MESSAGES) -> dict[str, Path]:
    """The schemas that a service's WSDL needs, by the name under which they are served."""
    return {path.name: path for path in contract.files}


def write_wsdl(
    service: str, *, contract: Contract = MESSAGES, ports: tuple[str, ...] = tuple(PORTS), single: bool = False
) -> bytes:
    """The WSDL for a service address such as ``http://127.0.0.1:8080/dit/v1-2/MessageService``.

    ``ports`` are the ports to offer; ``single`` puts the schemas into the file instead of importing them.
    """
    wsdl = _read(contract.wsdl)
    _keep_ports(wsdl, ports)
    for port in wsdl.iter(f"{_WSDL}port"):
        address = next(each for each in port if str(each.tag).endswith("}address"))
        address.set("location", f"{service}/{PORTS[port.get('name', '')]}")
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
    for each in root.iter(f"{_XS}import"):
        name = each.get("schemaLocation", "").rpartition("/")[2]
        each.set("schemaLocation", f"{service}?xsd={name}")


def _without_locations(schema: Element) -> Element:
    for each in schema.iter(f"{_XS}import"):
        each.attrib.pop("schemaLocation", None)
    return schema


def _read(path: Path) -> Element:
    return copy.deepcopy(_parsed(path))


@functools.cache
def _parsed(path: Path) -> Element:
    return etree.parse(str(path), etree.XMLParser(resolve_entities=False, no_network=True)).getroot()


def _serialized(root: Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")
