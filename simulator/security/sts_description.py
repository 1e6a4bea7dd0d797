"""The STS's WSDL as it is served, and the same inside an answer of WS-MetadataExchange."""

from __future__ import annotations

import copy

from lxml import etree

from simulator.documents.locations import data_root
from simulator.documents.parsing import Element
from simulator.security.policies import CERTIFICATE, MEX, USERNAME, sts_address, sts_policy
from simulator.security.settings import Settings

_WSDL = "http://schemas.xmlsoap.org/wsdl/"


def write_wsdl(base: str, settings: Settings) -> Element:
    """The WSDL with both addresses below a base address such as ``https://host:port``, and their policies."""
    path = data_root("schemas") / "dit" / "SecurityTokenService.wsdl"
    root = etree.parse(str(path), etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
    for credential in (USERNAME, CERTIFICATE):
        binding = next(each for each in root.iter(f"{{{_WSDL}}}binding") if each.get("name") == credential)
        binding.insert(0, sts_policy(settings, credential))
        port = next(each for each in root.iter(f"{{{_WSDL}}}port") if each.get("name") == credential)
        port[0].set("location", sts_address(base, credential))
    return root


def metadata(wsdl: Element) -> Element:
    """A mex:Metadata that holds a WSDL (W3C submission, Web Services Metadata Exchange 1.1)."""
    root = etree.Element(f"{{{MEX}}}Metadata", nsmap={"wsx": MEX})
    section = etree.SubElement(root, f"{{{MEX}}}MetadataSection", Dialect=_WSDL.rstrip("/") + "/")
    section.set("Identifier", wsdl.get("targetNamespace", ""))
    section.append(copy.deepcopy(wsdl))
    return root
