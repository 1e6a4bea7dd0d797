"""Failed security checks: a refusal with the whole cause for the journal, and the opaque fault for the client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from simulator.dit.refusals import Refusal, Refused
from simulator.documents.parsing import Complaint
from simulator.domain.provenance import Basis, Provenance
from simulator.security.names import WSSE, WST
from simulator.soap.refusals import EnvelopeCode, Fault

if TYPE_CHECKING:
    from simulator.journal import Json
    from simulator.security.settings import Settings


WSS = Provenance(Basis.DOCUMENTED, "OASIS, WS-Security: SOAP Message Security 1.1.1")
WS_TRUST = Provenance(Basis.DOCUMENTED, "OASIS, WS-Trust 1.3")
SAML_PROFILE = Provenance(Basis.DOCUMENTED, "OASIS, WS-Security: SAML Token Profile 1.1")
XML_SIGNATURE = Provenance(Basis.DOCUMENTED, "W3C, XML Signature Syntax and Processing")
BINDING = Provenance(
    Basis.DOCUMENTED,
    "VRAA, DIT integration instruction v1.09: ws2007FederationHttpBinding, TransportWithMessageCredential",
)


class Check(StrEnum):
    """The security checks; the values are stable, and appear in the journal."""

    TRANSPORT = "transport"
    HEADER = "security-header"
    TIMESTAMP = "timestamp"
    TIMESTAMP_EXPIRED = "timestamp-expired"
    TIMESTAMP_EARLY = "timestamp-early"
    CLOCK = "clock"
    TOKEN = "token"  # noqa: S105 - not a secret
    TOKEN_ENCRYPTION = "token-encryption"  # noqa: S105
    TOKEN_SIGNATURE = "token-signature"  # noqa: S105
    TOKEN_ISSUER = "token-issuer"  # noqa: S105
    TOKEN_EXPIRED = "token-expired"  # noqa: S105
    TOKEN_EARLY = "token-early"  # noqa: S105
    TOKEN_AUDIENCE = "token-audience"  # noqa: S105
    TOKEN_SUBJECT = "token-subject"  # noqa: S105
    CLAIM = "claim"
    SIGNATURE = "signature"
    SIGNATURE_VALUE = "signature-value"
    SIGNED_PARTS = "signed-parts"
    KEY_REFERENCE = "key-reference"
    DUPLICATE_ID = "duplicate-id"
    REPLAY = "replay"
    CREDENTIAL = "credential"
    USER = "user"
    REQUEST = "token-request"
    APPLIES_TO = "applies-to"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityRefusal(Refusal):
    """A failed check, which is hidden from the client (:func:`opaque_fault`); the code is that of the :class:`Check`.

    ``credential`` is true when the token or the password itself is invalid, for which WCF has another fault.
    """

    credential: bool = False


def refuse(
    check: Check,
    element: str,
    found: str,
    *,
    expected: str,
    remedy: str,
    source: Provenance = WSS,
    credential: bool = False,
) -> Refused:
    """Return the exception for a check that failed on ``element``.

    ``found``, ``expected`` and ``remedy`` are clauses of the message; ``credential`` as in :class:`SecurityRefusal`.
    """
    return Refused(
        SecurityRefusal(
            code=check,
            text=f"the check {check} failed",
            found=f"{element}: {found}",
            expected=expected,
            remedy=remedy,
            complaints=(Complaint(check, None, element, found, expected, source),),
            credential=credential,
        )
    )


def opaque_fault(
    refusal: SecurityRefusal,
    settings: Settings,
    *,
    authentication: bool = False,
    particulars: Mapping[str, Json] | None = None,
) -> Fault:
    """Return the opaque fault for a failed check, with the cause and ``particulars`` for the journal.

    DIT's fault is always InvalidSecurity (WCF's fault, assumed for DIT). With ``authentication`` the fault is that of
    the STS: FailedAuthentication for a wrong user name, password or certificate, as in WCF (assumed), and
    InvalidRequest for an invalid request (WS-Trust 1.3, 11).
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
