"""Header blocks: which are for this service, and which of those it has to understand but does not."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.documents.parsing import Element
from simulator.soap.refusals import EnvelopeCode, FaultCode, refuse
from simulator.soap.versions import SoapVersion

# SOAP 1.1 knows 0 and 1 only; its clients write true and false as well, and what they mean is plain.
_TRUE = frozenset({"1", "true"})
_FALSE = frozenset({"0", "false"})
_SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"


def for_us(headers: Iterable[Element], version: SoapVersion) -> tuple[Element, ...]:
    """The header blocks whose role (SOAP 1.1: actor) is this service's, the last receiver's."""
    role = version.tag(version.role_attribute)
    return tuple(header for header in headers if (header.get(role) or "").strip() in version.own_roles)


def check_understood(headers: Iterable[Element], version: SoapVersion, understood: frozenset[str]) -> None:
    """Raise Refused (MustUnderstand) when a block that must be understood is not among those that are."""
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
