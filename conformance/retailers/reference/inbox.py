"""The books of what came in: how far each message got, and which documents were booked."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.retailers.reference.database import Database

TABLES = """
CREATE TABLE message (
    number INTEGER PRIMARY KEY, message TEXT NOT NULL UNIQUE, version TEXT NOT NULL, state TEXT NOT NULL);
CREATE TABLE received (document TEXT PRIMARY KEY, replaced_by TEXT);
"""


class Reading(StrEnum):
    """Where an incoming message stands."""

    BEGUN = "begun"  # asked for; whether it came and was understood is not known
    PROCESSED = "processed"
    CONFIRMED = "confirmed"
    DELETED = "deleted"


class Inbox:
    """Messages by id, documents by document id: what is in here already, changes nothing when it comes again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, message_id: str, version: str, state: Reading) -> None:
        """How far a message got."""
        self._database.write(
            "INSERT INTO message (message, version, state) VALUES (?, ?, ?)"
            " ON CONFLICT (message) DO UPDATE SET state = excluded.state",
            message_id,
            version,
            state,
        )

    def state(self, message_id: str) -> Reading | None:
        """How far a message got; None when it was never asked for."""
        found = self._database.rows("SELECT state FROM message WHERE message = ?", message_id)
        return Reading(found[0][0]) if found else None

    def messages(self, version: str, state: Reading) -> tuple[str, ...]:
        """The messages of a channel version that got just so far."""
        rows = self._database.rows(
            "SELECT message FROM message WHERE version = ? AND state = ? ORDER BY number", version, state
        )
        return tuple(row[0] for row in rows)

    def has(self, document_id: str) -> bool:
        """Whether a document was booked before, or one that replaces it."""
        return bool(self._database.rows("SELECT 1 FROM received WHERE document = ?", document_id))

    def put(self, document_id: str, corrects: str | None = None) -> None:
        """A document was booked, in place of the one that it corrects."""
        self._database.write("INSERT INTO received (document) VALUES (?)", document_id)
        if corrects is not None:
            self._database.write(
                "INSERT INTO received VALUES (?, ?)"
                " ON CONFLICT (document) DO UPDATE SET replaced_by = excluded.replaced_by",
                corrects,
                document_id,
            )
