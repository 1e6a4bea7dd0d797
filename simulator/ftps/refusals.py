"""Why an FTP command is refused, and the code and the one line that say so; the whole cause goes into the journal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from simulator.dit.model import DitError, Refusal
from simulator.store import StorageFull, StoreError

if TYPE_CHECKING:
    from simulator.documents.complaints import Complaint

_LONGEST = 400  # characters of a reply


class FtpRefusal(StrEnum):
    """Why FTPS refuses a command without DIT's doing; DIT's own reasons are ``dit.model.Refusal``."""

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
    STORAGE = "storage-failed"
    INTERNAL = "internal-error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A refusal as it leaves and as it is kept: FTP code, stable word, one sentence, the cause in full."""

    code: int
    refusal: str
    text: str
    cause: str
    complaints: tuple[Complaint, ...] = ()
    incident: str | None = None

    @property
    def reply(self) -> str:
        """The answer's line: the code, DIT's (or our) word for the fault, the sentence."""
        line = " ".join(f"{self.refusal}: {self.text}".split())
        return f"{self.code} {line if len(line) <= _LONGEST else line[: _LONGEST - 1] + '…'}"


class FtpError(Exception):
    """A command is refused; carries how."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.cause)
        self.refused = refused


def refuse(
    code: int, refusal: FtpRefusal, text: str, *, cause: str | None = None, complaints: tuple[Complaint, ...] = ()
) -> FtpError:
    """The exception for a refusal of ours; ``cause`` explains in full, where the sentence is not enough."""
    return FtpError(Refused(code=code, refusal=refusal, text=text, cause=cause or text, complaints=complaints))


_CODES = {
    Refusal.UNKNOWN_USER: 530,
    Refusal.TOO_LARGE: 552,
    Refusal.STORAGE_FULL: 452,
    Refusal.UNKNOWN_AUTHORITY: 553,
    Refusal.FILTER_NOT_USED: 553,
    Refusal.FILTER_REQUIRED: 553,
}
"""FTP codes of DIT's refusals (RFC 959; which one DIT gives is not public: assumed); all others are 550."""


def refused_by_dit(error: DitError) -> Refused:
    """DIT's refusal as an FTP answer: 450 where the caller did nothing wrong and may try again."""
    code = 450 if error.server_side else _CODES.get(error.refusal, 550)
    return Refused(code=code, refusal=error.refusal, text=error.text, cause=error.cause, complaints=error.complaints)


def refused_by_store(error: StoreError) -> Refused:
    """The answer for what could not be kept: the server's trouble, and nothing of it is acknowledged."""
    if isinstance(error, StorageFull):
        text = "there is no room to store the message; it was not accepted, try again later"
        return Refused(code=452, refusal=Refusal.STORAGE_FULL, text=text, cause=str(error))
    text = "the store is not available; nothing was accepted, try again later"
    return Refused(code=451, refusal=FtpRefusal.STORAGE, text=text, cause=str(error))


def refused_by_incident(incident: str) -> Refused:
    """The answer for a mistake of the simulator's own; the log has the rest under the incident's id."""
    return Refused(
        code=451,
        refusal=FtpRefusal.INTERNAL,
        text=f"internal error of the simulator; incident {incident}",
        cause=f"the simulator itself failed; its log (standard error) has the details under incident {incident}: "
        "please report them",
        incident=incident,
    )
