"""Message books of the reference retailer: the outgoing documents, the incoming messages, and how far each one got.

A retailer's system needs both to send nothing twice and to lose nothing when a run breaks off: a document stays in the
outbox until DIT has answered, and a message in the inbox until it is processed, confirmed and deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from simulator.domain.model import ChannelName, Operation, Period, RecordError, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.retailers.reference.database import Database

TABLES = """
CREATE TABLE outgoing (
    number INTEGER PRIMARY KEY, document TEXT NOT NULL UNIQUE, channel TEXT NOT NULL, data BLOB NOT NULL,
    status TEXT NOT NULL, period TEXT, corrects TEXT, related_message TEXT, refusal TEXT);
CREATE INDEX outgoing_corrects ON outgoing (corrects);
CREATE TABLE statement (
    document TEXT NOT NULL, position INTEGER NOT NULL, subject TEXT NOT NULL, said TEXT NOT NULL, operation TEXT,
    PRIMARY KEY (document, position));
CREATE INDEX statement_subject ON statement (subject);
CREATE TABLE complaint (
    number INTEGER PRIMARY KEY, document TEXT, position INTEGER, code TEXT NOT NULL, severity TEXT NOT NULL,
    text_lv TEXT NOT NULL, text_en TEXT NOT NULL);
CREATE INDEX complaint_document ON complaint (document);
CREATE TABLE message (
    number INTEGER PRIMARY KEY, message TEXT NOT NULL UNIQUE, version TEXT NOT NULL, state TEXT NOT NULL);
CREATE TABLE received (document TEXT PRIMARY KEY, replaced_by TEXT);
"""


class SendState(StrEnum):
    """The states of an outgoing document."""

    QUEUED = "queued"  # not sent, or sent without a reply
    SENT = "sent"  # accepted by DIT
    REFUSED = "refused"  # refused by DIT


class ReadState(StrEnum):
    """The steps that an incoming message has taken."""

    BEGUN = "begun"  # requested; it may not have arrived or not been processed
    PROCESSED = "processed"
    CONFIRMED = "confirmed"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A document to send, or an error event when ``related_message`` is set."""

    document_id: str
    channel: ChannelName
    data: bytes
    period: Period | None = None
    corrects: str | None = None
    related_message: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One record of an outgoing document as text, and its subject: the number of a contract or a booking."""

    subject: str
    content: str
    operation: Operation | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A sent document in which BVKB found errors. Positions count from 1; none means the whole document."""

    document_id: str
    period: Period
    positions: frozenset[int]

    def concerns(self, position: int) -> bool:
        """Return True when BVKB found an error in the record at this position."""
        return not self.positions or position in self.positions


class Outbox:
    """Outgoing documents in order, and the complaints about them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def queue(self, outgoing: Outgoing, statements: Sequence[Statement] = ()) -> None:
        """Put a document into the queue, and record its contents."""
        self._database.write(
            "INSERT INTO outgoing (document, channel, data, status, period, corrects, related_message)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            outgoing.document_id,
            outgoing.channel,
            outgoing.data,
            SendState.QUEUED,
            str(outgoing.period) if outgoing.period else None,
            outgoing.corrects,
            outgoing.related_message,
        )
        for position, statement in enumerate(statements, start=1):
            self._database.write(
                "INSERT INTO statement VALUES (?, ?, ?, ?, ?)",
                outgoing.document_id,
                position,
                statement.subject,
                statement.content,
                statement.operation,
            )

    def queued(self, channel: ChannelName) -> tuple[Outgoing, ...]:
        """Return the documents that are still to be sent on a channel, the oldest first."""
        rows = self._database.rows(
            "SELECT document, data, period, corrects, related_message FROM outgoing"
            " WHERE channel = ? AND status = ? ORDER BY number",
            channel,
            SendState.QUEUED,
        )
        return tuple(
            Outgoing(document, channel, bytes(data), Period.parse(period) if period else None, corrects, related)
            for document, data, period, corrects, related in rows
        )

    def note_sent(self, document_id: str) -> None:
        """Record that DIT accepted a document."""
        self._database.write("UPDATE outgoing SET status = ? WHERE document = ?", SendState.SENT, document_id)

    def note_refused(self, document_id: str, reason: str) -> None:
        """Record that DIT refused a document, so that its contents count as not reported."""
        self._database.write(
            "UPDATE outgoing SET status = ?, refusal = ? WHERE document = ?", SendState.REFUSED, reason, document_id
        )

    def last_statement(self, channel: ChannelName, subject: str) -> Statement | None:
        """Return the last statement on a subject that was sent or queued on a channel, None when there is none."""
        rows = self._database.rows(
            "SELECT subject, said, operation FROM statement JOIN outgoing USING (document)"
            " WHERE channel = ? AND subject = ? AND status <> ? ORDER BY number DESC LIMIT 1",
            channel,
            subject,
            SendState.REFUSED,
        )
        return _statement(rows[0]) if rows else None

    def statements(self, document_id: str) -> tuple[Statement, ...]:
        """Return the statements of a document, in the order of its records."""
        rows = self._database.rows(
            "SELECT subject, said, operation FROM statement WHERE document = ? ORDER BY position", document_id
        )
        return tuple(_statement(row) for row in rows)

    def periods(self, channel: ChannelName) -> frozenset[Period]:
        """Return the periods of the documents that were sent or queued on a channel."""
        rows = self._database.rows(
            "SELECT DISTINCT period FROM outgoing WHERE channel = ? AND status <> ? AND period IS NOT NULL",
            channel,
            SendState.REFUSED,
        )
        return frozenset(Period.parse(row[0]) for row in rows)

    def put_complaints(self, document_id: str | None, errors: Sequence[RecordError]) -> None:
        """Store the record errors of an error event."""
        for error in errors:
            self._database.write(
                "INSERT INTO complaint (document, position, code, severity, text_lv, text_en)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                document_id,
                error.position,
                error.code,
                error.severity,
                error.text_lv,
                error.text_en,
            )

    def complaints(self) -> tuple[tuple[str | None, RecordError], ...]:
        """All record errors received: document id and error, in order of arrival."""
        rows = self._database.rows(
            "SELECT document, code, severity, text_lv, text_en, position FROM complaint ORDER BY number"
        )
        return tuple(
            (document, RecordError(code, Severity(severity), text_lv, text_en, position))
            for document, code, severity, text_lv, text_en, position in rows
        )

    def rejections(self, channel: ChannelName) -> tuple[Rejection, ...]:
        """Return the documents of a channel that BVKB found errors in and that no later document corrects yet."""
        rows = self._database.rows(
            "SELECT document, period FROM outgoing WHERE channel = ? AND period IS NOT NULL"
            " AND document IN (SELECT document FROM complaint WHERE severity = ?)"
            " AND document NOT IN (SELECT corrects FROM outgoing WHERE corrects IS NOT NULL AND status <> ?)"
            " ORDER BY number",
            channel,
            Severity.ERROR,
            SendState.REFUSED,
        )
        return tuple(Rejection(document, Period.parse(period), self._positions(document)) for document, period in rows)

    def _positions(self, document_id: str) -> frozenset[int]:
        rows = self._database.rows(
            "SELECT position FROM complaint WHERE document = ? AND severity = ?", document_id, Severity.ERROR
        )
        positions = [row[0] for row in rows]
        return frozenset() if None in positions else frozenset(positions)


class Inbox:
    """Incoming messages by message id and discount documents by document id, so that neither is processed twice."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, message_id: str, version: str, state: ReadState) -> None:
        """Record the state of a message."""
        self._database.write(
            "INSERT INTO message (message, version, state) VALUES (?, ?, ?)"
            " ON CONFLICT (message) DO UPDATE SET state = excluded.state",
            message_id,
            version,
            state,
        )

    def state(self, message_id: str) -> ReadState | None:
        """Return the state of a message, None when it was never requested."""
        rows = self._database.rows("SELECT state FROM message WHERE message = ?", message_id)
        return ReadState(rows[0][0]) if rows else None

    def messages(self, version: str, state: ReadState) -> tuple[str, ...]:
        """Return the ids of the messages of a channel version that are in a state, in the order of arrival."""
        rows = self._database.rows(
            "SELECT message FROM message WHERE version = ? AND state = ? ORDER BY number", version, state
        )
        return tuple(row[0] for row in rows)

    def has(self, document_id: str) -> bool:
        """Return True when a document, or one that replaces it, was booked before."""
        return bool(self._database.rows("SELECT 1 FROM received WHERE document = ?", document_id))

    def put(self, document_id: str, corrects: str | None = None) -> None:
        """Record that a document was booked, in place of the one that it corrects."""
        self._database.write("INSERT INTO received (document) VALUES (?)", document_id)
        if corrects is not None:
            self._database.write(
                "INSERT INTO received VALUES (?, ?)"
                " ON CONFLICT (document) DO UPDATE SET replaced_by = excluded.replaced_by",
                corrects,
                document_id,
            )


def _statement(row: tuple[Any, ...]) -> Statement:
    subject, content, operation = row
    return Statement(subject, content, Operation(operation) if operation is not None else None)
