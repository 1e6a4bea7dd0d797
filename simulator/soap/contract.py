"""The contracts of DIT's two services: their operations, read from the WSDLs, and the schemas of their requests."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from lxml import etree

from simulator.documents.catalogue import Catalogue, SchemaEntry
from simulator.documents.parsing import Complaint, Element
from simulator.domain.provenance import Basis, Provenance
from simulator.settings.files import data_root

SVC = "http://ivis.eps.gov.lv/ISS/DITService/v1-0"
"""Namespace of the wrappers (inferred: Java package ``lv.gov.eps.ivis.iss.ditservice.v1_0`` of DIT's samples)."""

CFG = "http://ivis.eps.gov.lv/ISS/DITConfigurationService/v1-2"
"""Namespace of the configuration service's wrappers (inferred in the same way)."""

DIT = "http://ivis.eps.gov.lv/XMLSchemas/100000/DIT/v1-0"
"""Namespace of the structures (inferred: Java package ``lv.gov.eps.ivis.xmlschemas._100000.dit.v1_0``)."""

IVIS = "http://ivis.eps.gov.lv/XMLSchemas/100001/IVIS/v1-0"
"""Namespace of the common types (documented)."""

PAYLOAD_PARENTS = ("BussinesMessage", "EventMessage")
"""Local names of the elements whose one free child is the payload of SendMessage2 (inferred, spelt as in samples)."""

PREFIXES = {"svc": SVC, "cfg": CFG, "dit": DIT, "ivis": IVIS}

_BODY = "/soap:Envelope/soap:Body"
_WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
_ACTION = "{http://www.w3.org/2007/05/addressing/metadata}Action"


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation: the Clark names of its wrappers in request and reply, and their Actions (WS-Addressing)."""

    name: str
    request: str
    reply: str
    action: str
    reply_action: str


@dataclass(frozen=True, slots=True)
class Contract:
    """A service: its name, the namespace of its wrappers, its path, and its files in ``schemas/dit``.

    ``schemas`` are pairs of URN and file name: the schema of the wrappers, then that of the structures.
    """

    name: str
    namespace: str
    path: str
    schemas: tuple[tuple[str, str], ...]

    @property
    def wsdl(self) -> Path:
        """Path of the WSDL file."""
        return contract_folder() / f"{self.name}.wsdl"

    @property
    def files(self) -> tuple[Path, ...]:
        """Paths of the schema files that the WSDL needs."""
        folder = contract_folder()
        return (*(folder / file for _, file in self.schemas), folder.parent / "ivis" / "IVIS.xsd")


MESSAGES = Contract(
    name="DITMessageService",
    namespace=SVC,
    path="/dit/v1-2/MessageService",
    schemas=(
        ("URN:IVIS:100000:XSD-DITService-DITMessageService-v1-0", "DITMessageService.xsd"),
        ("URN:IVIS:100000:XSD-DIT-DITTypes-v1-0", "DITTypes.xsd"),
    ),
)
"""The message service (name and path documented: integration instruction v1.09, 5.1.1.1)."""

CONFIGURATION = Contract(
    name="DITConfigurationService",
    namespace=CFG,
    path="/dit/v1-3/ConfigurationService",
    schemas=(
        ("URN:IVIS:100000:XSD-DITConfigurationService-DITConfigurationService-v1-2", "DITConfigurationService.xsd"),
        ("URN:IVIS:100000:XSD-DIT-DITConfigurationTypes-v1-0", "DITConfigurationTypes.xsd"),
    ),
)
"""The configuration service (name and path documented: integration instruction v1.09, 5.1.1.1)."""


def contract_folder() -> Path:
    """Return the folder of the contract files."""
    return data_root("schemas") / "dit"


@functools.cache
def operations(contract: Contract = MESSAGES) -> dict[str, Operation]:
    """Read a service's operations from its WSDL, by the Clark name of the request's wrapper."""
    wsdl = etree.parse(str(contract.wsdl)).getroot()
    elements = {
        message.get("name"): f"{{{contract.namespace}}}{_local(message[0].get('element'))}"
        for message in wsdl.findall(f"{_WSDL}message")
    }
    declared = wsdl.iterfind(f"{_WSDL}portType/{_WSDL}operation")
    return {operation.request: operation for operation in (_operation(element, elements) for element in declared)}


def complaints_about(
    wrapper: Element, line_in_request: Callable[[int], int], contract: Contract = MESSAGES
) -> tuple[Complaint, ...]:
    """Validate the wrapper of a request under the contract's schema and return the complaints; payloads may be any.

    ``line_in_request`` converts a line of the parsed envelope to the line of the request as received.
    """
    catalogue, (urn, _) = _catalogue(contract), contract.schemas[0]
    if catalogue.compiled(urn).validate(etree.ElementTree(wrapper)):
        return ()
    # Complaints are collected on the wrapper as a document of its own; a copy keeps the line numbers.
    document = etree.ElementTree(copy.deepcopy(wrapper))
    complaints = catalogue.validate_tree(urn, document, prefixes=PREFIXES)
    return tuple(
        replace(
            complaint,
            path=f"{_BODY}{complaint.path}",
            line=line_in_request(complaint.line) if complaint.line else complaint.line,
        )
        for complaint in complaints
    )


@functools.cache
def _catalogue(contract: Contract) -> Catalogue:
    source = Provenance(Basis.INFERRED, "schemas/dit: DIT's services as its client samples show them")
    (wrappers, _), (structures, _) = contract.schemas
    urns = (wrappers, structures, "URN:IVIS:100001:XSD-IVIS-IVIS-v1-0")
    namespaces = (contract.namespace, DIT, IVIS)
    return Catalogue(
        SchemaEntry(urn, path, namespace, source)
        for urn, path, namespace in zip(urns, contract.files, namespaces, strict=True)
    )


def _operation(declared: Element, elements: dict[str | None, str]) -> Operation:
    request, reply = declared.find(f"{_WSDL}input"), declared.find(f"{_WSDL}output")
    if request is None or reply is None:
        raise ValueError(f"operation {declared.get('name')} of the WSDL has no input or no output")
    return Operation(
        name=declared.get("name", ""),
        request=elements[_local(request.get("message"))],
        reply=elements[_local(reply.get("message"))],
        action=request.get(_ACTION, ""),
        reply_action=reply.get(_ACTION, ""),
    )


def _local(name: str | None) -> str:
    return (name or "").rpartition(":")[2]
