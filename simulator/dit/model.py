"""The data of DIT: authorities, channels, versions, messages, statuses; independent of electricity and SOAP.

Names and statuses: VRAA, DIT integration instruction v1.09 (documented), unless a docstring says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ChannelKind(StrEnum):
    """Distribution (one owner sends, many receive) or collection (many send, the owner receives)."""

    DISTRIBUTION = "dik"
    COLLECTION = "dsk"


class MessageClass(StrEnum):
    """Message class; the wire's CodeListCodeValue is 1, 2, 3."""

    BUSINESS = "business"
    TRANSACTION = "transaction"
    ERROR = "error"


class MessageStatus(StrEnum):
    """The status of a message: for its sender (SENT) or in one recipient's mailbox (all others)."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    DELETED = "deleted"
    PROCESSED = "processed"


class VersionStatus(StrEnum):
    """Status of a channel version, spelt as on the wire (inferred)."""

    CREATING = "creating"
    TESTING = "testing"
    ACTIVE = "active"
    TECHNICAL_BREAK = "tehnicalbreak"
    ACTIVE_DEPRECATED = "activedepricated"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Authority:
    """Holder of one mailbox; ``id`` has 6 digits."""

    id: str
    short_name: str
    name: str


@dataclass(frozen=True, slots=True)
class User:
    """A DIT user: logs in and acts for one authority."""

    name: str
    authority: str


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel and its owner's authority id."""

    urn: str
    title: str
    kind: ChannelKind
    owner: str


@dataclass(frozen=True, slots=True)
class Repeated:
    """The paths to the repeated records of a document, for a transformation that treats them one by one.

    What it makes around the records, and whether it makes anything, does not hang on them.

    Paths of Clark names: ``part`` from the document element to what holds a number of records, ``record`` on from
    there, and ``result`` from the document element of what the transformation makes to its records.
    """

    part: tuple[str, ...]
    record: tuple[str, ...]
    result: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Transformation:
    """The transformation of a sub-version of ``source`` (a version URN): an XSLT below ``schemas/``, its parameters.

    ``repeated`` allows large documents to be cut slice by slice; without it they are transformed whole.
    """

    stylesheet: str
    source: str
    parameters: tuple[tuple[str, str], ...] = ()
    repeated: Repeated | None = None


@dataclass(frozen=True, slots=True)
class ChannelVersion:
    """One version of a channel: the schema of its messages and how it is read.

    ``schema`` and ``error_schema`` are schema URNs of the catalogue; ``element`` is the Clark name of the document
    element that business messages must have. ``manual_acknowledgement`` is the wire's IsManualAck.
    """

    urn: str
    channel: str
    major: int
    minor: int
    schema: str
    element: str
    error_schema: str
    manual_acknowledgement: bool = False
    use_receiver_filter: bool = False
    status: VersionStatus = VersionStatus.ACTIVE
    transformation: Transformation | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller: the DIT user and the authority that it acts for.

    ``exempt`` marks the state's own system, which is not held to a client's duties.
    """

    user: str
    authority: str
    exempt: bool = False


@dataclass(frozen=True, slots=True)
class Selector:
    """Which messages a call means: exactly one of channel URN, version URN and message id (xs:choice on the wire)."""

    channel: str | None = None
    version: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Payload:
    """A stored payload: blob reference, size in bytes, Clark name of its document element."""

    reference: str
    size: int
    element: str


@dataclass(frozen=True, slots=True)
class SendRequest:
    """A request of SendMessage2. An event message names the message that it is about."""

    version: str
    payload: Payload
    message_class: MessageClass = MessageClass.BUSINESS
    receivers: tuple[str, ...] = ()
    related_message: str | None = None
    event_name: str | None = None


@dataclass(frozen=True, slots=True)
class MailboxMessage:
    """A message as it lies in one recipient's mailbox; the payload may be that recipient's own cut."""

    id: str
    version: str
    channel: str
    message_class: MessageClass
    sender: str
    recipient: str
    sent_at: datetime
    delivered_at: datetime
    status: MessageStatus
    payload: Payload
    related_message: str | None = None
    event_name: str | None = None
    read_at: datetime | None = None


class RefusalCode(StrEnum):
    """Codes of calls that DIT refuses."""

    UNKNOWN_USER = "unknown-user"
    UNKNOWN_VERSION = "unknown-channel-version"
    UNKNOWN_CHANNEL = "unknown-channel"
    UNKNOWN_MESSAGE = "unknown-message"
    UNKNOWN_AUTHORITY = "unknown-authority"
    NO_RIGHT = "no-right"
    NOT_OPEN = "channel-version-not-open"
    BAD_SELECTOR = "bad-selector"
    BAD_STATUS = "bad-status"
    FILTER_NOT_USED = "receiver-filter-not-used"  # one was given where the version has no use for it
    FILTER_REQUIRED = "receiver-filter-required"
    INVALID_PAYLOAD = "invalid-payload"
    TOO_LARGE = "too-large"
    QUOTA = "monthly-quota"
    TOO_OFTEN = "polled-too-often"
    LIST_NOT_READ = "list-not-read"
    NOT_DELETED = "read-not-deleted"
    TRANSFORMATION = "transformation-stopped"
    BAD_CONFIGURATION = "bad-configuration"
    STORAGE_FULL = "storage-full"
    STORAGE = "storage-failed"
    INTERNAL = "internal-error"
