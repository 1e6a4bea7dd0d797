"""Writing of SOAP faults, 1.1 or 1.2: the code, the reason in Latvian and English, and the refusal as detail."""

from __future__ import annotations

import re

from lxml import etree

from simulator.documents.parsing import Complaint, Element
from simulator.soap.envelope import FAULT_ACTION, SOAP_FAULT_ACTION, WSA, Addressing, reply_headers
from simulator.soap.refusals import FAULT, XML, Fault, FaultCode, SoapVersion
from simulator.soap.replies import Reply, write_envelope

_CODES_11 = {
    FaultCode.VERSION_MISMATCH: "VersionMismatch",
    FaultCode.MUST_UNDERSTAND: "MustUnderstand",
    FaultCode.DATA_ENCODING_UNKNOWN: "Client",
    FaultCode.SENDER: "Client",
    FaultCode.RECEIVER: "Server",
}
_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_WST = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
_PREFIXES = {FAULT: "fault", WSA: "wsa", _WSSE: "wsse", _WST: "wst"}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_fault(
    fault: Fault,
    version: SoapVersion,
    addressing: Addressing | None = None,
    headers: tuple[tuple[str, str], ...] = (),
    blocks: tuple[Element, ...] = (),
) -> Reply:
    """Return the reply with a fault.

    ``addressing`` are the request's addressing properties, None when it had none. ``headers`` are further HTTP headers
    of the reply, ``blocks`` further header blocks of its envelope.
    """
    head = [*reply_headers(_action(fault), addressing), *blocks]
    if version is SoapVersion.SOAP_12:
        head += _blocks_12(fault)
        content = _fault_12(fault)
    else:
        head += _blocks_11(fault)
        content = _fault_11(fault)
    body = write_envelope(version, head, content)
    return Reply(http_status(fault, version), version.content_type, body, headers)


def http_status(fault: Fault, version: SoapVersion) -> int:
    """Return the HTTP status: 500, or 400 for a fault of the sender in SOAP 1.2 (part 2, 7.5.2.2)."""
    if fault.http_status is not None:
        return fault.http_status
    return 400 if version is SoapVersion.SOAP_12 and fault.fault_code is FaultCode.SENDER else 500


def _action(fault: Fault) -> str:
    return FAULT_ACTION if any(subcode.startswith(f"{{{WSA}}}") for subcode in fault.subcodes) else SOAP_FAULT_ACTION


def _fault_12(fault: Fault) -> Element:
    tag = SoapVersion.SOAP_12.tag
    content = _element(tag("Fault"), soap=SoapVersion.SOAP_12.namespace, **_named(fault))
    code = etree.SubElement(content, tag("Code"))
    _add(code, tag("Value"), f"soap:{fault.fault_code.value}")
    for name in fault.subcodes or (f"{{{FAULT}}}{fault.code}",):
        code = etree.SubElement(code, tag("Subcode"))
        _add(code, tag("Value"), _qualified(name))
    reason = etree.SubElement(content, tag("Reason"))
    if fault.opaque:
        _add(reason, tag("Text"), fault.text).set(f"{{{XML}}}lang", "en")
        return content
    for language in ("lv", "en") if fault.latvian_first else ("en", "lv"):
        text = _add(reason, tag("Text"), fault.latvian if language == "lv" else fault.text)
        text.set(f"{{{XML}}}lang", language)
    _detail(etree.SubElement(content, tag("Detail")), fault)
    return content


def _named(fault: Fault) -> dict[str, str]:
    """Return the namespace prefixes that the text of a fault may use."""
    return {prefix: uri for uri, prefix in _PREFIXES.items() if not fault.opaque or uri in (_WSSE, _WST)}


def _fault_11(fault: Fault) -> Element:
    content = _element(SoapVersion.SOAP_11.tag("Fault"), soap=SoapVersion.SOAP_11.namespace, fault=FAULT, wsa=WSA)
    standard = [subcode for subcode in fault.subcodes if subcode.startswith(f"{{{WSA}}}")]
    _add(content, "faultcode", _qualified(standard[-1]) if standard else f"soap:{_CODES_11[fault.fault_code]}")
    text = _add(content, "faultstring", fault.latvian if fault.latvian_first else _joined(fault))
    text.set(f"{{{XML}}}lang", "lv" if fault.latvian_first else "en")
    if fault.about_body:
        _detail(etree.SubElement(content, "detail"), fault)
    return content


def _joined(fault: Fault) -> str:
    """Return the faultstring, with the cause in it when the fault has no detail."""
    return (
        fault.text
        if fault.about_body or not fault.cause or fault.cause in fault.text
        else f"{fault.text} ({fault.cause})"
    )


def _blocks_12(fault: Fault) -> list[Element]:
    version = SoapVersion.SOAP_12
    blocks: list[Element] = []
    if fault.fault_code is FaultCode.VERSION_MISMATCH:
        upgrade = _element(version.tag("Upgrade"), soap=version.namespace)
        supported = etree.SubElement(upgrade, version.tag("SupportedEnvelope"))
        supported.set("qname", "soap:Envelope")
        blocks.append(upgrade)
    for name in fault.not_understood:
        namespace = etree.QName(name).namespace
        prefixes = {"soap": version.namespace, **({"strange": namespace} if namespace else {})}
        block = _element(version.tag("NotUnderstood"), **prefixes)
        block.set("qname", f"strange:{etree.QName(name).localname}" if namespace else name)
        blocks.append(block)
    return blocks


def _blocks_11(fault: Fault) -> list[Element]:
    """Return the header block for the detail of an addressing fault, which SOAP 1.1 forbids inside the fault."""
    if fault.problem_action is None:
        return []
    block = _element(f"{{{WSA}}}FaultDetail", wsa=WSA)
    _problem_action(block, fault.problem_action)
    return [block]


def _detail(detail: Element, fault: Fault) -> None:
    if fault.problem_action is not None:
        _problem_action(detail, fault.problem_action)
    dit_fault = etree.SubElement(detail, f"{{{FAULT}}}DitFault", nsmap={"fault": FAULT})
    _add(dit_fault, f"{{{FAULT}}}Refusal", fault.code)
    _add(dit_fault, f"{{{FAULT}}}TextLv", fault.latvian)
    _add(dit_fault, f"{{{FAULT}}}TextEn", fault.text)
    _add(dit_fault, f"{{{FAULT}}}Cause", fault.cause)
    if fault.incident is not None:
        _add(dit_fault, f"{{{FAULT}}}Incident", fault.incident)
    for complaint in fault.complaints:
        _complaint(dit_fault, complaint)


def _complaint(parent: Element, complaint: Complaint) -> None:
    element = etree.SubElement(parent, f"{{{FAULT}}}Complaint", code=_xml(complaint.code))
    if complaint.line is not None:
        element.set("line", str(complaint.line))
    element.set("path", _xml(complaint.path))
    _add(element, f"{{{FAULT}}}Found", complaint.found)
    _add(element, f"{{{FAULT}}}Expected", complaint.expected)
    _add(element, f"{{{FAULT}}}Source", complaint.provenance.source).set("basis", complaint.provenance.basis)


def _problem_action(parent: Element, action: str) -> None:
    _add(etree.SubElement(parent, f"{{{WSA}}}ProblemAction"), f"{{{WSA}}}Action", action)


def _element(name: str, **prefixes: str) -> Element:
    return etree.Element(name, nsmap=prefixes)


def _add(parent: Element, name: str, text: str) -> Element:
    element = etree.SubElement(parent, name)
    element.text = _xml(text)
    return element


def _xml(text: str) -> str:
    """Replace characters that XML does not allow, which a quotation from a request may contain."""
    return _NOT_XML.sub("\ufffd", text)


def _qualified(name: str) -> str:
    namespace, local = etree.QName(name).namespace, etree.QName(name).localname
    return f"{_PREFIXES[namespace or FAULT]}:{local}"
