"""What the journal says of one exchange (docs/reference/journal.md)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from simulator.documents.complaints import Complaint
from simulator.journal import Entry, Json, Kind, Outcome, wall_now
from simulator.soap.body import Body
from simulator.soap.lifting import Lifted
from simulator.soap.refusals import Fault
from simulator.soap.replies import Reply
from simulator.soap.services import Notes
from simulator.store import Unit

WHOLE = 1024 * 1024
"""Requests and replies of more bytes than this are kept without their payloads, which have blobs of their own."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of an exchange, to be made into its entry; ``at`` is simulated time."""

    at: datetime
    operation: str
    authority: str | None
    request: Body
    lifted: Lifted | None
    notes: Notes
    user: str | None = None

    def accepted(self, unit: Unit, reply: Reply, reply_envelope: bytes) -> Entry:
        """The entry of a call that was carried out; ``reply_envelope`` is the reply without its payloads."""
        body = reply.body if reply.stream is None and len(reply.body) <= WHOLE else reply_envelope
        return replace(
            self._entry(unit),
            # A reply that never leaves has no status that anyone saw.
            http_status=None if reply.broken else reply.status,
            reply=unit.put_blob(body),
        )

    def refused(self, unit: Unit, reply: Reply, fault: Fault) -> Entry:
        """The entry of a call that was refused."""
        entry = replace(self._entry(unit), payload=self._kept(unit))
        return replace(self._as_refused(entry, reply, fault), reply=unit.put_blob(reply.body))

    def misbehaved(self, unit: Unit, reply: Reply, kind: str, explanation: str) -> Entry:
        """The entry of a call that the simulator did not carry out, on purpose; the caller is not to blame."""
        entry = self._entry(unit)
        return replace(
            entry,
            payload=self._kept(unit),
            outcome=Outcome.FAULT,
            http_status=None if reply.broken else reply.status,
            fault_code=kind,
            cause=f"misbehaviour on purpose: {explanation}",
            message_ids=self.notes.asked,
            reply=unit.put_blob(reply.body),
            details={**entry.details, "misbehaviour": kind},
        )

    def refused_without_bytes(self, reply: Reply, fault: Fault) -> Entry:
        """The entry of a refused call when there is no room for its bytes."""
        bare = Entry(
            kind=Kind.EXCHANGE,
            at=self.at,
            wall=wall_now(),
            interface="soap",
            operation=self.operation,
            authority=self.authority,
            channel_version=self.notes.channel_version,
            details=self._who(),
        )
        return self._as_refused(bare, reply, fault)

    def _as_refused(self, entry: Entry, reply: Reply, fault: Fault) -> Entry:
        # What the call would have brought about, had it been kept, did not happen.
        details = {key: value for key, value in entry.details.items() if key not in ("payloads", "misbehaviour")}
        details["complaints"] = [_complaint(each) for each in fault.complaints]
        details |= fault.particulars
        if fault.incident is not None:
            details["incident"] = fault.incident
        return replace(
            entry,
            outcome=Outcome.FAULT,
            http_status=reply.status,
            fault_code=fault.refusal,
            cause=fault.explanation,
            message_ids=self.notes.asked,
            details=details,
        )

    def _kept(self, unit: Unit) -> str | None:
        """The payload of a call that was not carried out; what a unit kept that was undone has to be kept again."""
        return self.lifted.payload.keep(unit) if self.lifted is not None and self.lifted.payload else None

    def _who(self) -> dict[str, Json]:
        return {} if self.user is None else {"user": self.user}

    def _entry(self, unit: Unit) -> Entry:
        details = self._who() | self.notes.details
        request = self.request.data
        if self.request.size > WHOLE:
            details["request_bytes"] = self.request.size
            request = (self.lifted.envelope if self.lifted is not None else request)[:WHOLE]
        return Entry(
            kind=Kind.EXCHANGE,
            at=self.at,
            wall=wall_now(),
            interface="soap",
            operation=self.operation,
            authority=self.authority,
            channel_version=self.notes.channel_version,
            message_ids=self.notes.message_ids,
            request=unit.put_blob(request),
            payload=self.notes.payload,
            details=details,
        )


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
