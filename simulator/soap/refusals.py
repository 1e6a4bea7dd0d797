"""Why the wire refuses a request, and what it then says: a fault before it is written in either SOAP version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum

from simulator.documents.complaints import Complaint
from simulator.journal import Json

FAULT = "urn:aldis-conformance:fault"
"""Namespace of our subcodes and of the fault detail. What DIT's own faults hold is not public (assumed)."""


class EnvelopeRefusal(StrEnum):
    """Why a request is refused without DIT's doing; DIT's own reasons are ``dit.model.Refusal``."""

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
    STORAGE = "storage-failed"
    INTERNAL = "internal-error"


class FaultCode(Enum):
    """Who is to blame, in the words of SOAP 1.2."""

    VERSION_MISMATCH = "VersionMismatch"
    MUST_UNDERSTAND = "MustUnderstand"
    DATA_ENCODING_UNKNOWN = "DataEncodingUnknown"
    SENDER = "Sender"
    RECEIVER = "Receiver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault as both versions need it.

    ``refusal`` is the stable word for the journal and for clients. ``lv`` and ``en`` are what the wire says; the one
    named by ``first`` stands first, and alone where the version has room for one. ``cause`` explains in full.
    ``subcodes`` are Clark names, outermost first; without any, the refusal itself is the subcode.
    ``http_status`` replaces the version's own rule. ``not_understood`` names header blocks (Clark names).
    ``opaque`` faults show the wire their code and one text, nothing of the cause.
    ``about_body`` is false for faults about headers, which SOAP 1.1 forbids to carry a detail. ``particulars`` are
    details for the journal.
    """

    code: FaultCode
    refusal: str
    lv: str
    en: str
    first: str = "en"
    cause: str = ""
    subcodes: tuple[str, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    http_status: int | None = None
    not_understood: tuple[str, ...] = ()
    problem_action: str | None = None
    about_body: bool = True
    incident: str | None = None
    opaque: bool = False
    particulars: Mapping[str, Json] = field(default_factory=dict)

    @property
    def explanation(self) -> str:
        """The full explanation: the cause, or the English text when there is no other."""
        return self.cause or self.en


class SoapRefusal(Exception):
    """A request is refused; carries the fault to answer with."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.explanation)
        self.fault = fault


def refuse(
    refusal: EnvelopeRefusal, *, lv: str, en: str, code: FaultCode = FaultCode.SENDER, **fields: object
) -> SoapRefusal:
    """The exception for a fault of ours; ``fields`` are those of :class:`Fault`."""
    return SoapRefusal(Fault(code=code, refusal=refusal, lv=lv, en=en, **fields))  # type: ignore[arg-type]
