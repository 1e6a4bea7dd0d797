"""Why a security check failed: all that the journal says, and nothing of it for the wire."""

from __future__ import annotations

from enum import StrEnum

from simulator.documents.complaints import Complaint
from simulator.documents.model import Basis, Provenance

WSS = Provenance(Basis.DOCUMENTED, "OASIS, WS-Security: SOAP Message Security 1.1.1")
WS_TRUST = Provenance(Basis.DOCUMENTED, "OASIS, WS-Trust 1.3")
SAML_PROFILE = Provenance(Basis.DOCUMENTED, "OASIS, WS-Security: SAML Token Profile 1.1")
XML_SIGNATURE = Provenance(Basis.DOCUMENTED, "W3C, XML Signature Syntax and Processing")
BINDING = Provenance(
    Basis.DOCUMENTED,
    "VRAA, DIT integration instruction v1.09: ws2007FederationHttpBinding, TransportWithMessageCredential",
)


class Check(StrEnum):
    """The checks, by the stable words that the journal has for them."""

    TRANSPORT = "transport"
    HEADER = "security-header"
    TIMESTAMP = "timestamp"
    TIMESTAMP_EXPIRED = "timestamp-expired"
    TIMESTAMP_EARLY = "timestamp-early"
    CLOCK = "clock"
    TOKEN = "token"  # noqa: S105 - a word, no secret
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


class SecurityError(Exception):
    """A check failed. ``element`` is what it failed on, ``found`` and ``expected`` are clauses, ``advice`` mends it.

    ``credential`` tells that a token or password itself was not good, which WCF answers in other words.
    """

    def __init__(
        self,
        check: Check,
        element: str,
        found: str,
        *,
        expected: str,
        advice: str,
        provenance: Provenance = WSS,
        credential: bool = False,
    ) -> None:
        self.complaint = Complaint(check, None, element, found, expected, provenance)
        self.advice = advice
        self.credential = credential
        super().__init__(f"{element}: {found}; expected {expected}; {advice}")

    @property
    def check(self) -> str:
        """Which check it was."""
        return self.complaint.code
