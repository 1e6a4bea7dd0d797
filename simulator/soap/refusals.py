"""Refusals as SOAP says them: codes for what is wrong with a request, and the fault before it is written.

The two SOAP versions: their namespaces, media types and words for the same things (W3C SOAP 1.2, SOAP 1.1 note).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum, StrEnum

from simulator.dit.model import RefusalCode
from simulator.dit.refusals import Refusal, Refused, explain

FAULT = "urn:aldis-conformance:fault"
"""Namespace of our subcodes and of the fault detail. What DIT's own faults hold is not public (assumed)."""


class EnvelopeCode(StrEnum):
    """Codes of requests that are refused before DIT sees them; DIT's own are ``dit.model.RefusalCode``."""

    UNKNOWN_PATH = "unknown-path"
    METHOD = "method-not-allowed"
    UNAUTHENTICATED = "unauthenticated"
    MEDIA_TYPE = "unsupported-media-type"
    CHARSET = "unsupported-charset"
    CONTENT_ENCODING = "unsupported-content-encoding"
    TOO_LARGE = "too-large"
    INCOMPLETE = "incomplete-body"
    TOO_SLOW = "body-too-slow"
    MIME = "broken-mime"
    MISSING_PART = "missing-part"
    MALFORMED = "malformed-xml"
    DOCTYPE = "doctype-not-allowed"
    PROCESSING_INSTRUCTION = "processing-instruction-not-allowed"
    TOO_DEEP = "too-deep"
    NOT_SOAP = "not-an-envelope"
    VERSION = "version-mismatch"
    DATA_ENCODING = "data-encoding-unknown"
    HEADER = "bad-header"
    NOT_UNDERSTOOD = "header-not-understood"
    ADDRESSING = "bad-addressing"
    ACTION = "action-mismatch"
    OPERATION = "unknown-operation"
    SCHEMA = "schema"
    SECURITY = "security"


class FaultCode(Enum):
    """The party at fault, as SOAP 1.2 names it."""

    VERSION_MISMATCH = "VersionMismatch"
    MUST_UNDERSTAND = "MustUnderstand"
    DATA_ENCODING_UNKNOWN = "DataEncodingUnknown"
    SENDER = "Sender"
    RECEIVER = "Receiver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault(Refusal):
    """A refusal with what only SOAP says about it.

    ``subcodes`` are Clark names, outermost first; without any, the refusal's code is the subcode. ``http_status``
    replaces the version's own rule. ``not_understood`` names header blocks (Clark names). ``about_body`` is false for
    faults about headers, which SOAP 1.1 forbids to carry a detail. ``opaque`` faults show the client their code and one
    text, nothing of the cause.
    """

    fault_code: FaultCode = FaultCode.SENDER
    subcodes: tuple[str, ...] = ()
    http_status: int | None = None
    not_understood: tuple[str, ...] = ()
    problem_action: str | None = None
    about_body: bool = True
    opaque: bool = False

    @property
    def cause(self) -> str:
        """The full explanation, on the wire as well unless the fault is opaque."""
        return explain(self, before_remedy="; " if self.opaque else ": ")


def refuse(code: str, *, text: str, latvian: str, **parts: object) -> Refused:
    """Return the exception for a fault of ours; ``parts`` are further fields of :class:`Fault`."""
    return Refused(Fault(code=code, text=text, latvian=latvian, **parts))  # type: ignore[arg-type]


_HTTP_STATUSES: dict[str, int] = {RefusalCode.UNKNOWN_USER: 401, RefusalCode.TOO_LARGE: 413}
_FIELDS = tuple(field.name for field in fields(Refusal))


def as_fault(refusal: Refusal) -> Fault:
    """Return a refusal of any interface as a SOAP fault."""
    if isinstance(refusal, Fault):
        return refusal
    return Fault(
        **{name: getattr(refusal, name) for name in _FIELDS},
        fault_code=FaultCode.RECEIVER if refusal.server_side else FaultCode.SENDER,
        http_status=_HTTP_STATUSES.get(refusal.code),
    )


XML = "http://www.w3.org/XML/1998/namespace"


class SoapVersion(Enum):
    """A SOAP version; its value is what people call it."""

    SOAP_11 = "SOAP 1.1"
    SOAP_12 = "SOAP 1.2"

    @property
    def namespace(self) -> str:
        """Namespace of the envelope."""
        return _NAMESPACES[self]

    @property
    def media_type(self) -> str:
        """Media type of a request and of a reply."""
        return "text/xml" if self is SoapVersion.SOAP_11 else "application/soap+xml"

    @property
    def content_type(self) -> str:
        """The Content-Type of a reply."""
        return f"{self.media_type}; charset=utf-8"

    @property
    def role_attribute(self) -> str:
        """Local name of the attribute that says for whom a header block is."""
        return "actor" if self is SoapVersion.SOAP_11 else "role"

    @property
    def own_roles(self) -> frozenset[str]:
        """Values of the role attribute that mean this service, the last receiver."""
        if self is SoapVersion.SOAP_11:
            return frozenset({"", "http://schemas.xmlsoap.org/soap/actor/next"})
        role = f"{self.namespace}/role"
        return frozenset({"", f"{role}/next", f"{role}/ultimateReceiver"})

    def tag(self, name: str) -> str:
        """Clark name of one of the envelope's own elements or attributes."""
        return f"{{{self.namespace}}}{name}"

    @classmethod
    def of_namespace(cls, namespace: str | None) -> SoapVersion | None:
        """The version whose envelope has this namespace."""
        return next((version for version in cls if version.namespace == namespace), None)

    @classmethod
    def of_media_type(cls, media_type: str) -> SoapVersion | None:
        """The version whose requests have this media type."""
        return next((version for version in cls if version.media_type == media_type), None)


_NAMESPACES = {
    SoapVersion.SOAP_11: "http://schemas.xmlsoap.org/soap/envelope/",
    SoapVersion.SOAP_12: "http://www.w3.org/2003/05/soap-envelope",
}
