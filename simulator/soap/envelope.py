"""A request's envelope: its version, its header blocks, the one wrapper in its body, and WS-Addressing 1.0.

DIT's binding always has WS-Addressing headers (documented). On the addresses without security they are optional, and
are checked and answered when a request has them (W3C, WS-Addressing 1.0 SOAP binding).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lxml import etree

from simulator.dit.refusals import Refused
from simulator.documents.parsing import Element, safe_parser
from simulator.soap.contract import MESSAGES, Contract, Operation, operations
from simulator.soap.extraction import ExtractedRequest
from simulator.soap.refusals import EnvelopeCode, FaultCode, SoapVersion, refuse

WSA = "http://www.w3.org/2005/08/addressing"
ANONYMOUS = f"{WSA}/anonymous"
FAULT_ACTION = f"{WSA}/fault"
SOAP_FAULT_ACTION = f"{WSA}/soap/fault"

_SINGLE = ("To", "From", "ReplyTo", "FaultTo", "Action", "MessageID")  # allowed once each
UNDERSTOOD = frozenset(f"{{{WSA}}}{name}" for name in (*_SINGLE, "RelatesTo"))
"""Clark names of the WS-Addressing headers."""

_NO_ENCODING = frozenset({"", "http://www.w3.org/2003/05/soap-envelope/encoding/none"})
# SOAP 1.1 defines 0 and 1 only, but its clients write true and false as well.
_TRUE = frozenset({"1", "true"})
_FALSE = frozenset({"0", "false"})
_SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"


@dataclass(frozen=True, slots=True)
class Envelope:
    """A parsed envelope without its payload. ``wrapper`` is the body's only child, None when the body is empty."""

    version: SoapVersion
    headers: tuple[Element, ...]
    wrapper: Element | None
    request: ExtractedRequest


def read_envelope(request: ExtractedRequest, expected: SoapVersion) -> Envelope:
    """Parse a request whose payload was extracted, for an address of the version ``expected``.

    Raises Refused for anything but one envelope of that version.
    """
    root = _parse(request)
    _check_version(root, expected)
    headers: tuple[Element, ...] = ()
    children = list(root)
    if children and children[0].tag == expected.tag("Header"):
        headers = tuple(children.pop(0))
    if len(children) != 1 or children[0].tag != expected.tag("Body"):
        raise refuse(
            EnvelopeCode.NOT_SOAP,
            latvian="SOAP aploksnē jābūt ne vairāk kā vienam Header un aiz tā tieši vienam Body.",
            text="An envelope holds at most one Header and then exactly one Body.",
            found=f"the envelope holds {_listed(list(root))}",
            expected="Header (optional), Body",
        )
    _check_between(root, children[0])
    wrappers = list(children[0])
    if len(wrappers) > 1:
        raise refuse(
            EnvelopeCode.OPERATION,
            latvian="SOAP ķermenī jābūt tieši vienam elementam.",
            text="The body must hold exactly one element.",
            found=f"the body holds {_listed(wrappers)}",
            remedy="document/literal allows one wrapper",
        )
    return Envelope(expected, headers, wrappers[0] if wrappers else None, request)


def _check_between(root: Element, body: Element) -> None:
    """Refuse text between the elements; only white space is allowed (W3C, SOAP 1.2 part 1, 5.1 and 5.3)."""
    for place in (root, body):
        texts = (place.text, *(child.tail for child in place))
        stray_text = next((text.strip() for text in texts if text and text.strip()), "")
        if stray_text:
            name = etree.QName(place).localname
            raise refuse(
                EnvelopeCode.NOT_SOAP,
                latvian=f"Starp elementa {name} elementiem nedrīkst būt teksta.",
                text=f"There must be no text between the elements in {name}.",
                found=f"{name} holds the text {stray_text[:40]!r}",
                expected="elements alone, with white space between them",
                remedy="look at what comes before and behind the wrapper in what writes the request",
            )


def operation_of(envelope: Envelope, contract: Contract = MESSAGES) -> Operation:
    """Return the operation of the body's wrapper; raises Refused when the service has none of that name."""
    known = operations(contract)
    if envelope.wrapper is not None and envelope.wrapper.tag in known:
        return known[str(envelope.wrapper.tag)]
    expected = ", ".join(name.rpartition("}")[2] for name in known)
    wrapper = "nothing" if envelope.wrapper is None else str(envelope.wrapper.tag)
    raise refuse(
        EnvelopeCode.OPERATION,
        latvian=f"Nezināma operācija; ķermenī gaidīts viens no: {expected}.",
        text=f"Unknown operation; the body must hold one of {expected}.",
        found=f"the body holds {wrapper}; expected, in the namespace {contract.namespace}, one of {expected} "
        "(names of wrappers, which differ from the operations' names: SendMessage2 travels as SendMessage)",
    )


def check_data_encoding(envelope: Envelope) -> None:
    """Refuse a SOAP 1.2 request with an encodingStyle other than "none"; remove the attribute where it says "none"."""
    if envelope.version is not SoapVersion.SOAP_12 or envelope.wrapper is None:
        return
    attribute = envelope.version.tag("encodingStyle")
    for element in envelope.wrapper.iter():
        style = element.attrib.pop(attribute, None)
        if style is not None and style not in _NO_ENCODING:
            raise refuse(
                EnvelopeCode.DATA_ENCODING,
                fault_code=FaultCode.DATA_ENCODING_UNKNOWN,
                latvian="Datu kodējumu (encodingStyle) neatbalsta; serviss ir document/literal.",
                text="The data encoding (encodingStyle) is not supported; the service is document/literal.",
                found=f"{str(element.tag)!r} has encodingStyle {str(style)!r}",
                remedy="switch your client to document/literal",
            )


def _parse(request: ExtractedRequest) -> Element:
    parser = safe_parser(encoding="utf-8")
    try:
        return etree.fromstring(request.envelope, parser)
    except etree.XMLSyntaxError as error:
        raise _unreadable(error, request) from None


def _unreadable(error: etree.XMLSyntaxError, request: ExtractedRequest) -> Refused:
    # Expat has parsed it already, so libxml2 refuses it for its own limits or for rare constructs.
    line = request.line_in_request(error.lineno or 1)
    return refuse(
        EnvelopeCode.MALFORMED,
        latvian=f"Pieprasījuma aploksni nevar nolasīt ({line}. rinda).",
        text=f"The request's envelope cannot be read: {(error.msg or '').strip()}, line {line}.",
    )


def _check_version(root: Element, expected: SoapVersion) -> None:
    name = etree.QName(root)
    if root.tag == expected.tag("Envelope"):
        return
    if name.localname != "Envelope":
        raise refuse(
            EnvelopeCode.NOT_SOAP,
            latvian="Pieprasījums nav SOAP aploksne.",
            text="The request is not a SOAP envelope.",
            found=f"the document element is {str(root.tag)!r}",
            expected=expected.tag("Envelope"),
        )
    other = SoapVersion.of_namespace(name.namespace)
    version = other.value if other else f"the namespace {name.namespace or '(none)'}"
    port = "plain11" if expected is SoapVersion.SOAP_12 else "plain"
    advice = f"; send {other.value} to .../{port}" if other else ""
    raise refuse(
        EnvelopeCode.VERSION,
        fault_code=FaultCode.VERSION_MISMATCH,
        latvian=f"Šajā adresē gaidīta {expected.value} aploksne.",
        text=f"This address takes envelopes of {expected.value}.",
        found=f"the envelope is of {version}",
        expected=f"{expected.value} ({expected.namespace}){advice}",
        about_body=False,
    )


def _listed(elements: list[Element]) -> str:
    return ", ".join(str(element.tag) for element in elements) or "nothing"


def for_us(headers: Iterable[Element], version: SoapVersion) -> tuple[Element, ...]:
    """Return the header blocks addressed to this service, the ultimate receiver, by role (SOAP 1.1: actor)."""
    role = version.tag(version.role_attribute)
    return tuple(header for header in headers if (header.get(role) or "").strip() in version.own_roles)


def check_understood(headers: Iterable[Element], version: SoapVersion, understood: frozenset[str]) -> None:
    """Raise Refused (MustUnderstand) for blocks with mustUnderstand whose Clark names are not in ``understood``."""
    strange = [header for header in headers if _must_understand(header, version) and header.tag not in understood]
    if not strange:
        return
    names = ", ".join(str(block.tag) for block in strange)
    secured = any(str(block.tag).startswith(f"{{{_SECURITY}}}") for block in strange)
    remedy = (
        "this address is without security: switch WS-Security off in the client"
        if secured
        else "take the block away or send it without mustUnderstand"
    )
    raise refuse(
        EnvelopeCode.NOT_UNDERSTOOD,
        fault_code=FaultCode.MUST_UNDERSTAND,
        latvian=f"Obligāti saprotams galvenes bloks nav saprasts: {names}.",
        text=f"A header block that must be understood is not understood: {names}.",
        found=f"the header holds {names} with mustUnderstand",
        remedy=remedy,
        not_understood=tuple(str(block.tag) for block in strange),
        about_body=False,
    )


def _must_understand(block: Element, version: SoapVersion) -> bool:
    value = block.get(version.tag("mustUnderstand"))
    if value is None:
        return False
    value = value.strip()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise refuse(
        EnvelopeCode.HEADER,
        latvian=f"Atribūta mustUnderstand vērtība “{value}” nav atļauta.",
        text=f"The value {value!r} of mustUnderstand is not allowed.",
        found=f"{block.tag!s} has mustUnderstand={value!r}",
        expected="0, 1, true or false",
        about_body=False,
    )


@dataclass(frozen=True, slots=True)
class Addressing:
    """The message addressing properties that this service uses: the Action and the message id."""

    action: str
    message_id: str | None


def read_addressing(headers: Sequence[Element], *, required: bool = False) -> Addressing | None:
    """Read the addressing properties of a request, None when it has no WS-Addressing headers.

    Raises Refused when the headers are invalid, or missing although ``required`` (on the secured addresses).
    """
    blocks = [header for header in headers if header.tag in UNDERSTOOD]
    if not blocks and not required:
        return None
    for name in _SINGLE:
        if sum(block.tag == f"{{{WSA}}}{name}" for block in blocks) > 1:
            raise _invalid("InvalidCardinality", f"wsa:{name} occurs more than once", f"wsa:{name} vienu reizi")
    for name in ("ReplyTo", "FaultTo"):
        _check_endpoint(name, _block(blocks, name))
    action = _text(_block(blocks, "Action"))
    if not action:
        raise _fault(
            ("MessageAddressingHeaderRequired",),
            latvian="Jābūt WS-Addressing galvenei wsa:Action."
            if required
            else "Ja ir WS-Addressing galvenes, jābūt arī wsa:Action.",
            text="There must be a wsa:Action (WS-Addressing 1.0)."
            if required
            else "With WS-Addressing headers there must be a wsa:Action.",
            cause="the request has no wsa:Action, which ws2007FederationHttpBinding requires (documented): switch "
            "WS-Addressing 1.0 on in the client"
            if required
            else "the request has WS-Addressing headers but no wsa:Action, which the standard requires among them",
        )
    return Addressing(action, _text(_block(blocks, "MessageID")))


def check_action(operation: Operation, addressing: Addressing | None, transport_action: str | None) -> None:
    """Refuse a call whose Action is not that of the operation in its body.

    ``transport_action`` is the SOAPAction header (SOAP 1.1) or the media type's action parameter (SOAP 1.2); it is not
    checked when it is None or empty.
    """
    if addressing is not None and addressing.action != operation.action:
        raise _not_supported(operation, addressing.action, "wsa:Action")
    if transport_action and transport_action != operation.action:
        if addressing is not None:
            raise _invalid(
                "ActionMismatch",
                f"wsa:Action is {addressing.action!r}, but the transport says {transport_action!r}",
                f"abās vietās {operation.action}",
            )
        raise _not_supported(operation, transport_action, "the action of the HTTP headers (SOAPAction, action)")


def reply_headers(action: str, addressing: Addressing | None) -> tuple[Element, ...]:
    """Return the addressing headers of a reply with this Action; none when the request had none."""
    if addressing is None:
        return ()
    blocks = [_make("Action", action)]
    if addressing.message_id:
        blocks.append(_make("RelatesTo", addressing.message_id))
    return tuple(blocks)


def message_id_of(headers: Iterable[Element]) -> Addressing | None:
    """Read the message id alone, for a fault about headers that may be invalid; None without addressing headers."""
    blocks = [header for header in headers if header.tag in UNDERSTOOD]
    if not blocks:
        return None
    return Addressing("", _text(_block(blocks, "MessageID")))


def _block(blocks: Iterable[Element], name: str) -> Element | None:
    return next((block for block in blocks if block.tag == f"{{{WSA}}}{name}"), None)


def _text(block: Element | None) -> str | None:
    return (block.text or "").strip() or None if block is not None else None


def _make(name: str, text: str) -> Element:
    block = etree.Element(f"{{{WSA}}}{name}", nsmap={"wsa": WSA})
    block.text = text
    return block


def _check_endpoint(name: str, block: Element | None) -> None:
    if block is None:
        return
    address = _text(block.find(f"{{{WSA}}}Address"))
    if address is None:
        raise _invalid("MissingAddressInEPR", f"wsa:{name} has no wsa:Address", f"wsa:{name} ar wsa:Address")
    if address != ANONYMOUS:
        raise _invalid(
            "OnlyAnonymousAddressSupported",
            f"wsa:{name} asks for the answer to go to {address!r}; answers go back on the same connection",
            f"adresi {ANONYMOUS}",
        )


def _not_supported(operation: Operation, found: str, where: str) -> Refused:
    return _fault(
        ("ActionNotSupported",),
        latvian=f"Darbība (Action) neatbilst SOAP ķermenim; gaidīts {operation.action}.",
        text=f"The Action does not match the body; expected {operation.action}.",
        cause=f"{where} is {found!r}, while the body's wrapper {operation.request} belongs to {operation.name}, "
        f"whose Action is {operation.action} (assumed, by analogy with the IVIS sister services)",
        problem_action=found,
        code=EnvelopeCode.ACTION,
    )


def _invalid(subcode: str, cause: str, expected_lv: str) -> Refused:
    return _fault(
        ("InvalidAddressingHeader", subcode),
        latvian=f"WS-Addressing galvene nav derīga; gaidīts: {expected_lv}.",
        text=f"A WS-Addressing header is not valid: {cause}.",
        cause=cause,
        code=EnvelopeCode.ACTION if subcode == "ActionMismatch" else EnvelopeCode.ADDRESSING,
    )


def _fault(
    subcodes: tuple[str, ...],
    *,
    latvian: str,
    text: str,
    cause: str,
    code: EnvelopeCode = EnvelopeCode.ADDRESSING,
    problem_action: str | None = None,
) -> Refused:
    return refuse(
        code,
        latvian=latvian,
        text=text,
        found=cause,
        subcodes=tuple(f"{{{WSA}}}{subcode}" for subcode in subcodes),
        problem_action=problem_action,
        about_body=False,
    )
