"""A request's envelope: its version, header blocks and the one wrapper in its body."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from simulator.dit.refusals import Refused
from simulator.documents.parsing import Element, safe_parser
from simulator.soap import lifting
from simulator.soap.contract import MESSAGES, Contract, Operation, operations
from simulator.soap.refusals import EnvelopeCode, FaultCode, refuse
from simulator.soap.versions import SoapVersion

_NO_ENCODING = frozenset({"", "http://www.w3.org/2003/05/soap-envelope/encoding/none"})


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope without its payload. ``wrapper`` is the body's only child, None when the body is empty."""

    version: SoapVersion
    headers: tuple[Element, ...]
    wrapper: Element | None
    lifted: lifting.Lifted


def lift(data: bytes) -> lifting.Lifted:
    """A request (UTF-8, no byte order mark) without its payload; raises Refused, also when it is empty."""
    if not data.strip():
        raise refuse(
            EnvelopeCode.NOT_SOAP,
            latvian="Pieprasījums ir tukšs; gaidīta SOAP aploksne.",
            text="The request is empty; a SOAP envelope was expected.",
        )
    return lifting.lift(data)


def read_envelope(lifted: lifting.Lifted, expected: SoapVersion) -> Envelope:
    """Read a request whose payload is lifted out, for an address that speaks ``expected``.

    Raises Refused for anything that is not one envelope of that version.
    """
    root = _parse(lifted)
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
    return Envelope(expected, headers, wrappers[0] if wrappers else None, lifted)


def _check_between(root: Element, body: Element) -> None:
    """Nothing but white space may stand between the elements (W3C, SOAP 1.2 part 1, 5.1 and 5.3)."""
    for place in (root, body):
        found = next(
            (each.strip() for each in (place.text, *(child.tail for child in place)) if each and each.strip()), ""
        )
        if found:
            name = etree.QName(place).localname
            raise refuse(
                EnvelopeCode.NOT_SOAP,
                latvian=f"Starp elementa {name} elementiem nedrīkst būt teksta.",
                text=f"There must be no text between the elements in {name}.",
                found=f"{name} holds the text {found[:40]!r}",
                expected="elements alone, with white space between them",
                remedy="look at what comes before and behind the wrapper in what writes the request",
            )


def operation_of(envelope: Envelope, contract: Contract = MESSAGES) -> Operation:
    """The operation that the body's wrapper asks for; raises Refused when there is none of that name."""
    known = operations(contract)
    if envelope.wrapper is not None and envelope.wrapper.tag in known:
        return known[str(envelope.wrapper.tag)]
    expected = ", ".join(name.rpartition("}")[2] for name in known)
    found = "nothing" if envelope.wrapper is None else str(envelope.wrapper.tag)
    raise refuse(
        EnvelopeCode.OPERATION,
        latvian=f"Nezināma operācija; ķermenī gaidīts viens no: {expected}.",
        text=f"Unknown operation; the body must hold one of {expected}.",
        found=f"the body holds {found}; expected, in the namespace {contract.namespace}, one of {expected} "
        "(names of wrappers, which differ from the operations' names: SendMessage2 travels as SendMessage)",
    )


def check_data_encoding(envelope: Envelope) -> None:
    """Refuse SOAP 1.2 requests in an encoding other than literal; what merely says "none" is taken away."""
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


def _parse(lifted: lifting.Lifted) -> Element:
    parser = safe_parser(encoding="utf-8")
    try:
        return etree.fromstring(lifted.envelope, parser)
    except etree.XMLSyntaxError as error:
        raise _unreadable(error, lifted) from None


def _unreadable(error: etree.XMLSyntaxError, lifted: lifting.Lifted) -> Refused:
    # expat has read it already, so what libxml2 refuses is a matter of its limits or of rare constructs.
    line = lifted.line_in_request(error.lineno or 1)
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
    found = other.value if other else f"the namespace {name.namespace or '(none)'}"
    port = "plain11" if expected is SoapVersion.SOAP_12 else "plain"
    advice = f"; send {other.value} to .../{port}" if other else ""
    raise refuse(
        EnvelopeCode.VERSION,
        fault_code=FaultCode.VERSION_MISMATCH,
        latvian=f"Šajā adresē gaidīta {expected.value} aploksne.",
        text=f"This address takes envelopes of {expected.value}.",
        found=f"the envelope is of {found}",
        expected=f"{expected.value} ({expected.namespace}){advice}",
        about_body=False,
    )


def _listed(elements: list[Element]) -> str:
    return ", ".join(str(element.tag) for element in elements) or "nothing"
