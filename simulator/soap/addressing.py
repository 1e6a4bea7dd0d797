"""WS-Addressing 1.0: what a request's headers ask for, and what the reply's say (W3C, SOAP binding).

DIT's binding always carries these headers (documented); on the plain addresses they are honoured when they are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lxml import etree

from simulator.dit.refusals import Refused
from simulator.documents.parsing import Element
from simulator.soap.contract import Operation
from simulator.soap.refusals import EnvelopeCode, refuse

WSA = "http://www.w3.org/2005/08/addressing"
ANONYMOUS = f"{WSA}/anonymous"
FAULT_ACTION = f"{WSA}/fault"
SOAP_FAULT_ACTION = f"{WSA}/soap/fault"

_SINGLE = ("To", "From", "ReplyTo", "FaultTo", "Action", "MessageID")
UNDERSTOOD = frozenset(f"{{{WSA}}}{name}" for name in (*_SINGLE, "RelatesTo"))


@dataclass(frozen=True, slots=True)
class Addressing:
    """The message addressing properties that this service acts on."""

    action: str
    message_id: str | None


def read_addressing(headers: Sequence[Element], *, required: bool = False) -> Addressing | None:
    """The request's properties, None when it has no WS-Addressing headers.

    Raises Refused when they are wrong, or missing although they are ``required`` (the federated addresses).
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
    """Refuse a call whose Action is not that of the operation that its body asks for.

    ``transport_action`` is the SOAPAction header (SOAP 1.1) or the media type's action parameter (SOAP 1.2); none or an
    empty one says nothing.
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
    """The header blocks of a reply with this Action; none when the request had none."""
    if addressing is None:
        return ()
    blocks = [_make("Action", action)]
    if addressing.message_id:
        blocks.append(_make("RelatesTo", addressing.message_id))
    return tuple(blocks)


def message_id_of(headers: Iterable[Element]) -> Addressing | None:
    """The little that a fault needs to know of headers which may themselves be wrong."""
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
