"""The books of what the retailer told BVKB: each document, each record in it, and what BVKB found wrong with them."""

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
"""


class Sending(StrEnum):
    """Where an outgoing document stands."""

    QUEUED = "queued"  # not sent, or sent and the reply was lost
    SENT = "sent"  # DIT said that it has it
    REFUSED = "refused"  # DIT said no


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
    """What one record of an outgoing document says about its subject: a contract's number, or a booking's."""

    subject: str
    said: str
    operation: Operation | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A sent document in which BVKB found errors. Positions count from 1; none mean the whole document."""

    document_id: str
    period: Period
    positions: frozenset[int]

    def concerns(self, position: int) -> bool:
        """Whether the record at this position was found wrong."""
        return not self.positions or position in self.positions


class Outbox:
    """Outgoing documents in order, and the complaints about them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def queue(self, outgoing: Outgoing, statements: Sequence[Statement] = ()) -> None:
        """Put a document into the queue, and note what it says."""
        self._database.write(
            "INSERT INTO outgoing (document, channel, data, status, period, corrects, related_message)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            outgoing.document_id,
            outgoing.channel,
            outgoing.data,
            Sending.QUEUED,
            str(outgoing.period) if outgoing.period else None,
            outgoing.corrects,
            outgoing.related_message,
        )
        for position, each in enumerate(statements, start=1):
            self._database.write(
                "INSERT INTO statement VALUES (?, ?, ?, ?, ?)",
                outgoing.document_id,
                position,
                each.subject,
                each.said,
                each.operation,
            )

    def queued(self, channel: ChannelName) -> tuple[Outgoing, ...]:
        """What is still to be sent on a channel, the oldest first."""
        rows = self._database.rows(
            "SELECT document, data, period, corrects, related_message FROM outgoing"
            " WHERE channel = ? AND status = ? ORDER BY number",
            channel,
            Sending.QUEUED,
        )
        return tuple(
            Outgoing(document, channel, bytes(data), Period.parse(period) if period else None, corrects, related)
            for document, data, period, corrects, related in rows
        )

    def note_sent(self, document_id: str) -> None:
        """DIT has the document."""
        self._database.write("UPDATE outgoing SET status = ? WHERE document = ?", Sending.SENT, document_id)

    def note_refused(self, document_id: str, reason: str) -> None:
        """DIT refused the document; what it says counts as not said."""
        self._database.write(
            "UPDATE outgoing SET status = ?, refusal = ? WHERE document = ?", Sending.REFUSED, reason, document_id
        )

    def last_statement(self, channel: ChannelName, subject: str) -> Statement | None:
        """What was last said (or is queued to be said) about a subject on a channel."""
        found = self._database.rows(
            "SELECT subject, said, operation FROM statement JOIN outgoing USING (document)"
            " WHERE channel = ? AND subject = ? AND status <> ? ORDER BY number DESC LIMIT 1",
            channel,
            subject,
            Sending.REFUSED,
        )
        return _statement(found[0]) if found else None

    def statements(self, document_id: str) -> tuple[Statement, ...]:
        """What a document says, record by record."""
        rows = self._database.rows(
            "SELECT subject, said, operation FROM statement WHERE document = ? ORDER BY position", document_id
        )
        return tuple(_statement(row) for row in rows)

    def periods_told(self, channel: ChannelName) -> frozenset[Period]:
        """The periods that documents of a channel are about."""
        rows = self._database.rows(
            "SELECT DISTINCT period FROM outgoing WHERE channel = ? AND status <> ? AND period IS NOT NULL",
            channel,
            Sending.REFUSED,
        )
        return frozenset(Period.parse(row[0]) for row in rows)

    def put_complaints(self, document_id: str | None, errors: Sequence[RecordError]) -> None:
        """Keep the record errors of an error event."""
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
        """The documents of a channel with errors that no later document corrects yet."""
        rows = self._database.rows(
            "SELECT document, period FROM outgoing WHERE channel = ? AND period IS NOT NULL"
            " AND document IN (SELECT document FROM complaint WHERE severity = ?)"
            " AND document NOT IN (SELECT corrects FROM outgoing WHERE corrects IS NOT NULL AND status <> ?)"
            " ORDER BY number",
            channel,
            Severity.ERROR,
            Sending.REFUSED,
        )
        return tuple(Rejection(document, Period.parse(period), self._positions(document)) for document, period in rows)

    def _positions(self, document_id: str) -> frozenset[int]:
        rows = self._database.rows(
            "SELECT position FROM complaint WHERE document = ? AND severity = ?", document_id, Severity.ERROR
        )
        positions = [row[0] for row in rows]
        return frozenset() if None in positions else frozenset(positions)


def _statement(row: tuple[Any, ...]) -> Statement:
    subject, said, operation = row
    return Statement(subject, said, Operation(operation) if operation is not None else None)
