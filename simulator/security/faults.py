"""From a failed check to the fault that gives nothing away."""

from __future__ import annotations

from simulator.security.errors import Check, SecurityError
from simulator.security.names import WSSE, WST
from simulator.security.settings import Settings
from simulator.soap.refusals import EnvelopeRefusal, Fault, FaultCode, SoapRefusal


def as_refusal(error: SecurityError, settings: Settings, *, authentication: bool = False) -> SoapRefusal:
    """The refusal: one opaque fault on the wire, the cause for the journal.

    DIT answers InvalidSecurity to everything (WCF's answer, assumed of DIT). With ``authentication`` it is the STS that
    answers, which says FailedAuthentication to a wrong user name, password or certificate, as WCF does (assumed), and
    InvalidRequest to what is no sound request (WS-Trust 1.3, 11).
    """
    failed = authentication and error.credential
    name = f"{{{WSSE}}}{'FailedAuthentication' if failed else 'InvalidSecurity'}"
    if error.check in (Check.REQUEST, Check.APPLIES_TO):
        name = f"{{{WST}}}InvalidRequest"
    text = settings.faults.authentication_text if failed else settings.faults.text
    return SoapRefusal(
        Fault(
            code=FaultCode.SENDER,
            refusal=EnvelopeRefusal.SECURITY,
            lv=text.value,
            en=text.value,
            cause=str(error),
            subcodes=(name,),
            complaints=(error.complaint,),
            http_status=500,
            about_body=False,
            opaque=True,
        )
    )
