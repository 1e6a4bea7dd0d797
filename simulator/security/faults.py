"""Renders a failed security check as a fault that gives nothing away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from simulator.security.errors import Check, SecurityRefusal
from simulator.security.names import WSSE, WST
from simulator.soap.refusals import EnvelopeCode, Fault

if TYPE_CHECKING:
    from simulator.journal import Json
    from simulator.security.settings import Settings


def opaque_fault(
    refusal: SecurityRefusal,
    settings: Settings,
    *,
    authentication: bool = False,
    particulars: Mapping[str, Json] | None = None,
) -> Fault:
    """Return the one opaque fault for the wire, with the cause and ``particulars`` for the journal.

    DIT answers InvalidSecurity to everything (WCF's answer, assumed of DIT). With ``authentication`` it is the STS that
    answers, which says FailedAuthentication to a wrong user name, password or certificate, as WCF does (assumed), and
    InvalidRequest to an unsound request (WS-Trust 1.3, 11).
    """
    failed = authentication and refusal.credential
    subcode = f"{{{WSSE}}}{'FailedAuthentication' if failed else 'InvalidSecurity'}"
    if refusal.code in (Check.REQUEST, Check.APPLIES_TO):
        subcode = f"{{{WST}}}InvalidRequest"
    text = (settings.faults.authentication_text if failed else settings.faults.text).value
    return Fault(
        code=EnvelopeCode.SECURITY,
        text=text,
        latvian=text,
        found=refusal.found,
        expected=refusal.expected,
        remedy=refusal.remedy,
        complaints=refusal.complaints,
        subcodes=(subcode,),
        http_status=500,
        about_body=False,
        opaque=True,
        particulars=particulars or {},
    )
