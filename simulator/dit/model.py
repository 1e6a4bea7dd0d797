"""The data of DIT: authorities, channels, versions, messages and statuses, independent of electricity and SOAP.

Names and statuses are documented (VRAA, DIT integration instruction v1.09), unless a docstring says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ChannelKind(StrEnum):
    """The kind of a channel: distribution (one owner sends, many receive) or collection (many send, it receives)."""

    DISTRIBUTION = "dik"
    COLLECTION = "dsk"


class MessageClass(StrEnum):
    """The class of a message; CodeListCodeValue is 1, 2 and 3 in SOAP."""

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
    """The status of a channel version, in the spelling of DIT's interface (inferred)."""

    CREATING = "creating"
    TESTING = "testing"
    ACTIVE = "active"
    TECHNICAL_BREAK = "tehnicalbreak"
    ACTIVE_DEPRECATED = "activedepricated"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority, which has one mailbox; ``id`` has 6 digits."""

    id: str
    short_name: str
    name: str


@dataclass(frozen=True, slots=True)
class User:
    """A DIT user, who logs in and acts for one authority (its id)."""

    name: str
    authority: str


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel; ``owner`` is an authority id."""

    urn: str
    title: str
    kind: ChannelKind
    owner: str


@dataclass(frozen=True, slots=True)
class Repeated:
    """Paths to the repeated records of a document, for a transformation that treats each record by itself.

    The output around the records must not depend on them. Paths are tuples of Clark names: ``part`` leads from the
    document element to the element that holds records, ``record`` from there to a record, and ``result`` from the
    document element of the output to its records.
    """

    part: tuple[str, ...]
    record: tuple[str, ...]
    result: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Transformation:
    """The transformation that fills a sub-version from the version ``source`` (a URN).

    ``stylesheet`` is the path of an XSLT, relative to ``schemas/``; ``parameters`` are its names and values.
    ``repeated`` allows large documents to be cut slice by slice; without it they are transformed whole.
    """

    stylesheet: str
    source: str
    parameters: tuple[tuple[str, str], ...] = ()
    repeated: Repeated | None = None


@dataclass(frozen=True, slots=True)
class ChannelVersion:
    """One version of a channel.

    ``channel`` is a URN; ``schema`` and ``error_schema`` are schema URNs of the catalogue; ``element`` is the Clark
    name of the document element of business messages. ``manual_acknowledgement`` and ``use_receiver_filter`` are DIT's
    IsManualAck and UseReceiverFilter. ``transformation`` makes it a sub-version.
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
    """A caller: the DIT user and the id of the authority that it acts for.

    ``exempt``: the duties of clients are not enforced, as for the state's own system.
    """

    user: str
    authority: str
    exempt: bool = False


@dataclass(frozen=True, slots=True)
class Selector:
    """A selection of messages by exactly one of channel URN, version URN and message id (xs:choice in SOAP)."""

    channel: str | None = None
    version: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Payload:
    """A stored payload: blob reference, size in bytes, and the Clark name of its document element."""

    reference: str
    size: int
    element: str


@dataclass(frozen=True, slots=True)
class SendRequest:
    """A request of SendMessage2.

    ``version`` is a URN, ``receivers`` are authority ids. An event has the id of the message that it is about in
    ``related_message``.
    """

    version: str
    payload: Payload
    message_class: MessageClass = MessageClass.BUSINESS
    receivers: tuple[str, ...] = ()
    related_message: str | None = None
    event_name: str | None = None


@dataclass(frozen=True, slots=True)
class MailboxMessage:
    """A message in one recipient's mailbox; the payload may be the cut for the recipient's sub-version.

    Times are simulated. ``sender`` and ``recipient`` are authority ids, ``version`` and ``channel`` are URNs.
    """

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
    """Codes of DIT's refusals."""

    UNKNOWN_USER = "unknown-user"
    UNKNOWN_VERSION = "unknown-channel-version"
    UNKNOWN_CHANNEL = "unknown-channel"
    UNKNOWN_MESSAGE = "unknown-message"
    UNKNOWN_AUTHORITY = "unknown-authority"
    NO_RIGHT = "no-right"
    NOT_OPEN = "channel-version-not-open"
    BAD_SELECTOR = "bad-selector"
    BAD_STATUS = "bad-status"
    FILTER_NOT_USED = "receiver-filter-not-used"  # one was given for a version that does not use it
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
