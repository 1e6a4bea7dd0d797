"""Messages and mailboxes in the store. Knows rows, not rights: who may do what is decided before."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, delete, func, insert, select, update

from simulator.dit.model import MailboxMessage, MessageClass, MessageStatus, Payload
from simulator.store.prepared import Prepared
from simulator.store.tables import deliveries, messages, versions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from sqlalchemy import Row, Select

    from simulator.dit.model import Caller, SendRequest
    from simulator.store import Unit


# Built once: building a statement takes longer than running it.
_LAST = Prepared(select(func.max(deliveries.c.number)))
_NUMBER = deliveries.c.number
_INSERT_MESSAGE = Prepared(insert(messages))
_INSERT_DELIVERY = Prepared(insert(deliveries))


class Addressed(NamedTuple):
    """One copy of a message on its way: to whom, under which version and channel, with which payload."""

    recipient: str
    version: str
    channel: str
    payload: Payload


class Related(NamedTuple):
    """The facts about an event's related message that are checked."""

    channel: str
    parties: frozenset[str]


def add_message(unit: Unit, identifier: str, caller: Caller, request: SendRequest, at: datetime) -> None:
    """Write down a message as its sender sent it."""
    row = {
        "id": identifier,
        "version": request.version,
        "message_class": str(request.message_class),
        "sender": caller.authority,
        "sent_at": at,
        "payload": request.payload.reference,
        "size": request.payload.size,
        "element": request.payload.element,
        "related_message": request.related_message,
        "event_name": request.event_name,
    }
    _INSERT_MESSAGE.run(unit.connection, row)


def deliver(unit: Unit, identifier: str, copies: Iterable[Addressed], at: datetime) -> None:
    """Put copies of a message into their mailboxes, behind everything that lies there."""
    found = _LAST.run(unit.connection, {})
    number = (found and found[0]) or 0
    for count, each in enumerate(copies, 1):
        row = {
            "number": number + count,
            "message": identifier,
            "recipient": each.recipient,
            "version": each.version,
            "channel": each.channel,
            "status": str(MessageStatus.DELIVERED),
            "delivered_at": at,
            "payload": each.payload.reference,
            "size": each.payload.size,
            "element": each.payload.element,
        }
        _INSERT_DELIVERY.run(unit.connection, row)


def find(unit: Unit, recipient: str, identifier: str) -> MailboxMessage | None:
    """One message of a mailbox, in whatever status."""
    row = unit.connection.execute(_mailbox(recipient).where(deliveries.c.message == identifier)).one_or_none()
    return None if row is None else _message(row)


def find_all(
    unit: Unit, recipient: str, statuses: Collection[MessageStatus], *, channel: str, version: str | None = None
) -> tuple[MailboxMessage, ...]:
    """The messages of a mailbox on a channel (or on one version of it), of some statuses, in order of delivery."""
    statement = _mailbox(recipient).where(
        deliveries.c.channel == channel, deliveries.c.status.in_([str(status) for status in statuses])
    )
    if version is not None:
        statement = statement.where(deliveries.c.version == version)
    return tuple(_message(row) for row in unit.connection.execute(statement.order_by(deliveries.c.number)))


def unread(unit: Unit, recipient: str, identifiers: Collection[str]) -> tuple[str, ...]:
    """Those of some messages that lie in a mailbox and were never read, in order of delivery."""
    if not identifiers:
        return ()
    statement = (
        select(deliveries.c.message)
        .where(deliveries.c.recipient == recipient, deliveries.c.message.in_(list(identifiers)))
        .where(deliveries.c.status == str(MessageStatus.DELIVERED), deliveries.c.read_at.is_(None))
        .order_by(_NUMBER)
    )
    return tuple(unit.connection.scalars(statement))


def versions_of(unit: Unit, recipient: str, identifiers: Iterable[str]) -> tuple[str, ...]:
    """The URNs of the versions under which messages lie in a mailbox."""
    statement = (
        select(deliveries.c.version)
        .distinct()
        .where(deliveries.c.recipient == recipient, deliveries.c.message.in_(list(identifiers)))
    )
    return tuple(unit.connection.scalars(statement))


def set_status(
    unit: Unit, recipient: str, identifiers: Iterable[str], status: MessageStatus, *, read_at: datetime | None = None
) -> None:
    """Give messages of a mailbox another status; ``read_at`` is set too, when there is one."""
    values: dict[str, object] = {"status": str(status)}
    if read_at is not None:
        values["read_at"] = read_at
    rows = [{"wanted": identifier} for identifier in identifiers]
    if rows:
        where = (deliveries.c.recipient == recipient, deliveries.c.message == bindparam("wanted"))
        unit.connection.execute(update(deliveries).where(*where).values(**values), rows)


def purge(unit: Unit, before: datetime) -> dict[str, tuple[str, ...]]:
    """Take what was delivered before a moment out of all mailboxes, whatever its status; returns ids by recipient.

    The payloads stay: the journal tells of them.
    """
    old = deliveries.c.delivered_at < before
    found: dict[str, list[str]] = {}
    for row in unit.connection.execute(
        select(deliveries.c.recipient, deliveries.c.message).where(old).order_by(_NUMBER)
    ):
        found.setdefault(row.recipient, []).append(row.message)
    if found:
        unit.connection.execute(delete(deliveries).where(old))
        kept = select(deliveries.c.message)
        unit.connection.execute(delete(messages).where(messages.c.sent_at < before, messages.c.id.not_in(kept)))
    return {recipient: tuple(each) for recipient, each in found.items()}


def related(unit: Unit, identifier: str) -> Related | None:
    """The channel of a message and everyone who sent or got it; None when DIT has no such message."""
    statement = select(messages.c.sender, versions.c.channel).join(versions, versions.c.urn == messages.c.version)
    row = unit.connection.execute(statement.where(messages.c.id == identifier)).one_or_none()
    if row is None:
        return None
    recipients = unit.connection.scalars(select(deliveries.c.recipient).where(deliveries.c.message == identifier))
    return Related(row.channel, frozenset((row.sender, *recipients)))


def _mailbox(recipient: str) -> Select[*tuple[object, ...]]:
    return (
        select(deliveries, messages.c.message_class, messages.c.sender, messages.c.sent_at)
        .add_columns(messages.c.related_message, messages.c.event_name)
        .join(messages, messages.c.id == deliveries.c.message)
        .where(deliveries.c.recipient == recipient)
    )


def _message(row: Row[*tuple[object, ...]]) -> MailboxMessage:
    return MailboxMessage(
        id=row.message,
        version=row.version,
        channel=row.channel,
        message_class=MessageClass(row.message_class),
        sender=row.sender,
        recipient=row.recipient,
        sent_at=row.sent_at,
        delivered_at=row.delivered_at,
        status=MessageStatus(row.status),
        payload=Payload(row.payload, row.size, row.element),
        related_message=row.related_message,
        event_name=row.event_name,
        read_at=row.read_at,
    )
