"""From a failed check to the fault that gives nothing away."""

from __future__ import annotations

from simulator.security.errors import SecurityError
from simulator.security.names import WSSE
from simulator.security.settings import Settings
from simulator.soap.refusals import EnvelopeRefusal, Fault, FaultCode, SoapRefusal


def as_refusal(error: SecurityError, settings: Settings, *, authentication: bool = False) -> SoapRefusal:
    """The refusal: one opaque fault on the wire, the cause for the journal.

    DIT answers InvalidSecurity to everything (WCF's answer, assumed of DIT). With ``authentication`` it is the STS that
    answers, which says FailedAuthentication to a wrong user name, password or certificate, as WCF does (assumed).
    """
    failed = authentication and error.credential
    text = settings.faults.authentication_text if failed else settings.faults.text
    return SoapRefusal(
        Fault(
            code=FaultCode.SENDER,
            refusal=EnvelopeRefusal.SECURITY,
            lv=text.value,
            en=text.value,
            cause=str(error),
            subcodes=(f"{{{WSSE}}}{'FailedAuthentication' if failed else 'InvalidSecurity'}",),
            complaints=(error.complaint,),
            http_status=500,
            about_body=False,
            opaque=True,
        )
    )
