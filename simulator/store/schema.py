"""The tables of all packages in one database, so that a call is one transaction, and their column types.

A change of a table needs a new :data:`SCHEMA_VERSION`: a store refuses a directory of another version.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

from simulator.domain.clock import RIGA
from simulator.store.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class Moment(TypeDecorator[datetime]):
    """A time, stored as text in UTC with microseconds, so that text order is time order; read in Europe/Riga."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a stored moment needs a time zone: {value.isoformat()}")
        return value.astimezone(UTC).isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else datetime.fromisoformat(value).astimezone(RIGA)


class JsonText(TypeDecorator[Any]):
    """A JSON value, stored as readable text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else _ENCODER.encode(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> object:  # noqa: ARG002
        if value is None:
            return None
        try:
            return json.loads(value)
        except ValueError as error:
            raise StoreError(
                f"a value in the database is damaged (no JSON: {error}); "
                "start with an empty directory, or put a sound copy back"
            ) from error


SCHEMA_VERSION = "4"

metadata = MetaData()

facts = Table(
    "store_facts",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("value", Text, nullable=False),
)

blobs = Table(
    "blobs",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("size", Integer, nullable=False),
    Column("data", LargeBinary),  # null: the bytes are in a file or in blob_pieces
)

blob_pieces = Table(
    "blob_pieces",
    metadata,
    Column("sha256", String(64), ForeignKey("blobs.sha256"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)


def _blob(name: str, *, nullable: bool) -> Column[str]:
    return Column(name, String(64), ForeignKey("blobs.sha256"), nullable=nullable)


journal = Table(
    "journal",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(20), nullable=False),
    Column("at", Moment, nullable=False),
    Column("wall", Moment, nullable=False),
    Column("interface", String(20), nullable=False),
    Column("operation", String(60), nullable=False),
    Column("authority", Text),
    Column("outcome", String(20), nullable=False),
    Column("http_status", SmallInteger),
    Column("fault_code", Text),
    Column("cause", Text),
    Column("channel_version", Text),
    Column("message_ids", JsonText, nullable=False),
    _blob("request", nullable=True),
    _blob("reply", nullable=True),
    _blob("payload", nullable=True),
    Column("details", JsonText, nullable=False),
)

archive = Table(
    "archive",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("owner", String(60), nullable=False),
    Column("kind", String(60), nullable=False),
    Column("key", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("body", JsonText),
    _blob("blob", nullable=True),
    UniqueConstraint("owner", "kind", "key"),
)

authorities = Table(
    "dit_authorities",
    metadata,
    Column("id", String(6), primary_key=True),
    Column("short_name", Text, nullable=False),
    Column("name", Text, nullable=False),
)

users = Table(
    "dit_users",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("authority", String(6), ForeignKey("dit_authorities.id"), nullable=False),
)

channels = Table(
    "dit_channels",
    metadata,
    Column("urn", String(160), primary_key=True),
    Column("title", Text, nullable=False),
    Column("kind", String(3), nullable=False),
    Column("owner", String(6), ForeignKey("dit_authorities.id"), nullable=False),
)

versions = Table(
    "dit_channel_versions",
    metadata,
    Column("urn", String(160), primary_key=True),
    Column("channel", String(160), ForeignKey("dit_channels.urn"), nullable=False),
    Column("major", SmallInteger, nullable=False),
    Column("minor", SmallInteger, nullable=False),
    Column("schema", Text, nullable=False),
    Column("element", Text, nullable=False),
    Column("error_schema", Text, nullable=False),
    Column("manual_acknowledgement", Boolean, nullable=False),
    Column("use_receiver_filter", Boolean, nullable=False),
    Column("status", String(20), nullable=False),
    Column("stylesheet", Text),
    Column("cut_from", String(160), ForeignKey("dit_channel_versions.urn")),
    Column("cut_parameters", JsonText),
    Column("cut_repeated", JsonText),
)

subscriptions = Table(
    "dit_subscriptions",
    metadata,
    Column("version", String(160), ForeignKey("dit_channel_versions.urn"), primary_key=True),
    Column("authority", String(6), ForeignKey("dit_authorities.id"), primary_key=True),
)

rights = Table(
    "dit_rights",
    metadata,
    Column("user", String(200), primary_key=True),
    Column("channel", String(160), primary_key=True),
    Column("environment", String(20), primary_key=True),
    Column("right", String(20), primary_key=True),
    Column("opened", Date),
    Column("closed", Date),
)

messages = Table(
    "dit_messages",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("version", String(160), ForeignKey("dit_channel_versions.urn"), nullable=False),
    Column("message_class", String(20), nullable=False),
    Column("sender", String(6), ForeignKey("dit_authorities.id"), nullable=False),
    Column("sent_at", Moment, nullable=False),
    _blob("payload", nullable=False),
    Column("size", Integer, nullable=False),
    Column("element", Text, nullable=False),
    Column("related_message", String(36)),
    Column("event_name", Text),
)

month_bytes = Table(
    "dit_month_bytes",
    metadata,
    Column("authority", String(6), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("bytes", BigInteger, nullable=False),
)

polls = Table(
    "dit_polls",
    metadata,
    Column("authority", String(6), primary_key=True),
    Column("kind", String(60), primary_key=True),
    Column("selection", String(160), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("listed", JsonText, nullable=False),
)

replays = Table(
    "security_replays",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("clock", String(20), nullable=False),
    Column("until", Moment, nullable=False),
)

deliveries = Table(
    "dit_deliveries",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("message", String(36), ForeignKey("dit_messages.id"), nullable=False),
    Column("recipient", String(6), ForeignKey("dit_authorities.id"), nullable=False),
    Column("version", String(160), ForeignKey("dit_channel_versions.urn"), nullable=False),
    Column("channel", String(160), ForeignKey("dit_channels.urn"), nullable=False),
    Column("status", String(20), nullable=False),
    Column("delivered_at", Moment, nullable=False),
    Column("read_at", Moment),
    _blob("payload", nullable=False),
    Column("size", Integer, nullable=False),
    Column("element", Text, nullable=False),
    UniqueConstraint("message", "recipient"),
    Index("dit_mailbox", "recipient", "channel", "status", "number"),
)
