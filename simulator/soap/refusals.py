"""The two SOAP versions (W3C SOAP 1.2, SOAP 1.1 note), and SOAP faults as refusals, before they are written as XML."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum, StrEnum

from simulator.dit.model import RefusalCode
from simulator.dit.refusals import Refusal, Refused, explain

XML = "http://www.w3.org/XML/1998/namespace"
FAULT = "urn:aldis-conformance:fault"
"""Namespace of this simulator's subcodes and fault detail. The content of DIT's own faults is not public (assumed)."""


class SoapVersion(Enum):
    """A SOAP version; the value is its name in messages."""

    SOAP_11 = "SOAP 1.1"
    SOAP_12 = "SOAP 1.2"

    @property
    def namespace(self) -> str:
        """Namespace URI of the envelope."""
        return _NAMESPACES[self]

    @property
    def media_type(self) -> str:
        """Media type of a request and of a reply."""
        return "text/xml" if self is SoapVersion.SOAP_11 else "application/soap+xml"

    @property
    def content_type(self) -> str:
        """Content-Type of a reply."""
        return f"{self.media_type}; charset=utf-8"

    @property
    def role_attribute(self) -> str:
        """Local name of the attribute that gives the receiver of a header block."""
        return "actor" if self is SoapVersion.SOAP_11 else "role"

    @property
    def own_roles(self) -> frozenset[str]:
        """Values of the role attribute that mean this service, the ultimate receiver."""
        if self is SoapVersion.SOAP_11:
            return frozenset({"", "http://schemas.xmlsoap.org/soap/actor/next"})
        role = f"{self.namespace}/role"
        return frozenset({"", f"{role}/next", f"{role}/ultimateReceiver"})

    def tag(self, name: str) -> str:
        """Return the Clark name of an element or attribute of the envelope's namespace."""
        return f"{{{self.namespace}}}{name}"

    @classmethod
    def of_namespace(cls, namespace: str | None) -> SoapVersion | None:
        """Return the version whose envelope has this namespace, None when there is none."""
        return next((version for version in cls if version.namespace == namespace), None)

    @classmethod
    def of_media_type(cls, media_type: str) -> SoapVersion | None:
        """Return the version whose requests have this media type, None when there is none."""
        return next((version for version in cls if version.media_type == media_type), None)


_NAMESPACES = {
    SoapVersion.SOAP_11: "http://schemas.xmlsoap.org/soap/envelope/",
    SoapVersion.SOAP_12: "http://www.w3.org/2003/05/soap-envelope",
}


class EnvelopeCode(StrEnum):
    """Codes of refusals by the SOAP layer; those of DIT's own rules are :class:`simulator.dit.model.RefusalCode`."""

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
    """The fault codes of SOAP 1.2."""

    VERSION_MISMATCH = "VersionMismatch"
    MUST_UNDERSTAND = "MustUnderstand"
    DATA_ENCODING_UNKNOWN = "DataEncodingUnknown"
    SENDER = "Sender"
    RECEIVER = "Receiver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault(Refusal):
    """A refusal with the parts that only a SOAP fault has.

    ``subcodes`` are Clark names, outermost first; without any, the refusal's code is the subcode. ``http_status``
    overrides the status of the SOAP version. ``not_understood`` are the Clark names of header blocks. ``about_body`` is
    false for faults about headers, which must not have a detail in SOAP 1.1. An ``opaque`` fault shows the client its
    code and one text, and not the cause.
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
        """The full explanation, which the client receives too unless the fault is opaque."""
        return explain(self, before_remedy="; " if self.opaque else ": ")


def refuse(code: str, *, text: str, latvian: str, **parts: object) -> Refused:
    """Return the exception for a refusal by the SOAP layer; ``parts`` are further fields of :class:`Fault`."""
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
