"""Writes the journal entries of FTPS (docs/reference/journal.md): calls of DIT as ``exchange``, others as ``ftp``."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from simulator.journal import Entry, Json, Kind, Outcome, wall_now

if TYPE_CHECKING:
    from simulator.documents.complaints import Complaint
    from simulator.ftps.refusals import Refused

INTERFACE = "ftps"
HIDDEN = "*"
"""Stands in the journal where a password stood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command as it came: verb, argument (a password hidden), in which session, by whom, whether TLS protected it.

    ``path`` is the whole path that the argument means, where it is one.
    """

    verb: str
    argument: str
    session: str
    user: str | None
    tls: bool
    path: str | None = None

    def details(self, reply: str | None) -> Json:
        """What the journal says of it; ``reply`` is the answer's line, None when none left."""
        return {
            "command": self.verb,
            "argument": self.argument,
            "path": self.path,
            "reply": reply,
            "session": self.session,
            "tls": self.tls,
        }


@dataclass(slots=True)
class Notes:
    """What becomes known of a call of DIT's while it is carried out; ``asked`` are the ids that the caller named."""

    operation: str
    authority: str | None = None
    channel_version: str | None = None
    message_ids: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    payload: str | None = None
    details: dict[str, Json] = field(default_factory=dict)

    def entry(self, at: datetime, command: Command, reply: str | None) -> Entry:
        """The entry of a call that was carried out."""
        return Entry(
            kind=Kind.EXCHANGE,
            at=at,
            wall=wall_now(),
            interface=INTERFACE,
            operation=self.operation,
            authority=self.authority,
            channel_version=self.channel_version,
            message_ids=self.message_ids,
            payload=self.payload,
            details={"user": command.user, **self.details, "ftp": command.details(reply)},
        )

    def refused(self, at: datetime, command: Command, refused: Refused) -> Entry:
        """The entry of a call that was refused."""
        self.message_ids = self.asked
        # What the call would have brought about did not happen.
        self.details = {name: each for name, each in self.details.items() if name not in ("payloads", "misbehaviour")}
        return as_refused(self.entry(at, command, refused.reply), refused)

    def misbehaved(self, at: datetime, command: Command, reply: str | None, kind: str, explanation: str) -> Entry:
        """The entry of a call that the simulator did not carry out, on purpose; the caller is not to blame."""
        self.message_ids = self.asked
        self.details["misbehaviour"] = kind
        return replace(
            self.entry(at, command, reply),
            outcome=Outcome.FAULT,
            fault_code=kind,
            cause=f"misbehaviour on purpose: {explanation}",
        )


def command_entry(at: datetime, command: Command, reply: str, authority: str | None, refused: Refused | None) -> Entry:
    """The entry of a command that is no call of DIT's; ``refused`` says why it was refused, if it was."""
    entry = Entry(
        kind=Kind.FTP,
        at=at,
        wall=wall_now(),
        interface=INTERFACE,
        operation=command.verb,
        authority=authority,
        details={"ftp": command.details(reply)},
    )
    return entry if refused is None else as_refused(entry, refused)


def as_refused(entry: Entry, refused: Refused) -> Entry:
    """The same entry as that of a refusal."""
    details = dict(entry.details)
    details["complaints"] = [_complaint(each) for each in refused.complaints]
    if refused.incident is not None:
        details["incident"] = refused.incident
    return replace(entry, outcome=Outcome.FAULT, fault_code=refused.refusal, cause=refused.cause, details=details)


def _complaint(complaint: Complaint) -> dict[str, Json]:
    return {
        "code": complaint.code,
        "line": complaint.line,
        "path": complaint.path,
        "found": complaint.found,
        "expected": complaint.expected,
        "basis": complaint.provenance.basis,
        "source": complaint.provenance.source,
    }
