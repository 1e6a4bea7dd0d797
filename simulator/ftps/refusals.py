"""Refusals as replies of FTP: a reply code and one line. The journal has the full cause."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from simulator.dit.model import RefusalCode
from simulator.dit.refusals import Refusal, Refused, documented

if TYPE_CHECKING:
    from simulator.documents.parsing import Complaint
    from simulator.domain.provenance import Provenance

_MAX_REPLY_CHARACTERS = 400

FTPS_SECTION = documented("3.2.2")
"""The section of DIT's integration instruction on FTPS."""


class FtpCode(StrEnum):
    """Codes of refused commands that are no call of DIT; for calls see :class:`simulator.dit.model.RefusalCode`."""

    UNKNOWN_COMMAND = "unknown-command"
    NOT_OFFERED = "command-not-offered"
    SYNTAX = "bad-command"
    SEQUENCE = "bad-sequence"
    CLEAR_TEXT = "clear-text"
    HANDSHAKE = "tls-handshake"
    CREDENTIAL = "unauthenticated"
    UNKNOWN_PATH = "unknown-path"
    BAD_NAME = "bad-file-name"
    RESUMED = "upload-resumed"
    INCOMPLETE = "incomplete-body"
    ABORTED = "transfer-aborted"
    MALFORMED = "malformed-xml"
    CHARSET = "unsupported-charset"
    DOCTYPE = "doctype-not-allowed"
    TOO_DEEP = "too-deep"


@dataclass(frozen=True, slots=True, kw_only=True)
class FtpRefusal(Refusal):
    """A refusal with the code of its FTP reply."""

    reply_code: int


def refuse(
    reply_code: int,
    code: FtpCode,
    text: str,
    *,
    found: str = "",
    expected: str = "",
    source: Provenance | None = None,
    remedy: str = "",
    complaints: tuple[Complaint, ...] = (),
) -> Refused:
    """Return the exception for a refusal with an FTP reply code; the other parameters are the fields of Refusal."""
    return Refused(
        FtpRefusal(
            reply_code=reply_code,
            code=code,
            text=text,
            found=found,
            expected=expected,
            source=source,
            remedy=remedy,
            complaints=complaints,
        )
    )


_REPLY_CODES: dict[str, int] = {
    RefusalCode.UNKNOWN_USER: 530,
    RefusalCode.TOO_LARGE: 552,
    RefusalCode.UNKNOWN_AUTHORITY: 553,
    RefusalCode.FILTER_NOT_USED: 553,
    RefusalCode.FILTER_REQUIRED: 553,
    RefusalCode.STORAGE_FULL: 452,
    RefusalCode.STORAGE: 451,
    RefusalCode.INTERNAL: 451,
}
"""FTP reply codes of DIT's refusals (by RFC 959; DIT's own are not public: assumed)."""

_SERVER_FAILURES = frozenset({RefusalCode.STORAGE_FULL, RefusalCode.STORAGE, RefusalCode.INTERNAL})


def reply_line(refusal: Refusal) -> str:
    """Return the reply of a refused command: the FTP code, the refusal's code, and its text, on one line."""
    text = refusal.latvian if refusal.latvian_first else refusal.text
    if refusal.code in _SERVER_FAILURES:
        text = text[:1].lower() + text[1:].rstrip(".").replace(". Try", ", try")  # a clause, as in all other replies
    line = " ".join(f"{refusal.code}: {text}".split())
    if len(line) > _MAX_REPLY_CHARACTERS:
        line = line[: _MAX_REPLY_CHARACTERS - 1] + "…"
    return f"{_reply_code(refusal)} {line}"


def _reply_code(refusal: Refusal) -> int:
    if isinstance(refusal, FtpRefusal):
        return refusal.reply_code
    return _REPLY_CODES.get(refusal.code, 450 if refusal.server_side else 550)
