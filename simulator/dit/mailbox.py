"""Mailboxes: the rows of messages and deliveries, the statuses of a message, and the choice of messages by a call.

No function here checks rights: callers check them first. Statuses and selectors are pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, delete, func, insert, select, update

from simulator.dit.model import MailboxMessage, MessageClass, MessageStatus, Payload, RefusalCode
from simulator.dit.refusals import NO_SOURCE, Refused, documented, inferred, refuse
from simulator.store.prepared import Prepared
from simulator.store.schema import deliveries, messages, versions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from sqlalchemy import Row, Select

    from simulator.dit.model import Caller, Selector, SendRequest
    from simulator.domain.provenance import Provenance
    from simulator.store import Transaction


# Built once: building a statement takes longer than running it.
_LAST = Prepared(select(func.max(deliveries.c.number)))
_NUMBER = deliveries.c.number
_INSERT_MESSAGE = Prepared(insert(messages))
_INSERT_DELIVERY = Prepared(insert(deliveries))


class Addressed(NamedTuple):
    """One copy of a message before its delivery: recipient (authority id), version and channel (URNs), payload."""

    recipient: str
    version: str
    channel: str
    payload: Payload


class Related(NamedTuple):
    """The channel (URN) of an event's related message, and the authorities that sent or received it."""

    channel: str
    parties: frozenset[str]


def add_message(transaction: Transaction, identifier: str, caller: Caller, request: SendRequest, at: datetime) -> None:
    """Insert a message as its sender sent it; ``at`` is simulated time."""
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
    _INSERT_MESSAGE.run(transaction.connection, row)


def deliver(transaction: Transaction, identifier: str, copies: Iterable[Addressed], at: datetime) -> None:
    """Append copies of a message to their mailboxes; ``at`` is simulated time."""
    last = _LAST.run(transaction.connection, {})
    number = (last and last[0]) or 0
    for count, addressed in enumerate(copies, 1):
        row = {
            "number": number + count,
            "message": identifier,
            "recipient": addressed.recipient,
            "version": addressed.version,
            "channel": addressed.channel,
            "status": str(MessageStatus.DELIVERED),
            "delivered_at": at,
            "payload": addressed.payload.reference,
            "size": addressed.payload.size,
            "element": addressed.payload.element,
        }
        _INSERT_DELIVERY.run(transaction.connection, row)


def find(transaction: Transaction, recipient: str, identifier: str) -> MailboxMessage | None:
    """Return a message of a mailbox, in any status; None when the mailbox has no such message."""
    row = transaction.connection.execute(_mailbox(recipient).where(deliveries.c.message == identifier)).one_or_none()
    return None if row is None else _message(row)


def find_all(
    transaction: Transaction,
    recipient: str,
    statuses: Collection[MessageStatus],
    *,
    channel: str,
    version: str | None = None,
) -> tuple[MailboxMessage, ...]:
    """Return the messages of a mailbox with one of ``statuses``, in order of delivery.

    ``channel`` is the URN of their channel; ``version`` restricts them to one version of it.
    """
    statement = _mailbox(recipient).where(
        deliveries.c.channel == channel, deliveries.c.status.in_([str(status) for status in statuses])
    )
    if version is not None:
        statement = statement.where(deliveries.c.version == version)
    return tuple(_message(row) for row in transaction.connection.execute(statement.order_by(deliveries.c.number)))


def unread(transaction: Transaction, recipient: str, identifiers: Collection[str]) -> tuple[str, ...]:
    """Return the ids of those messages that are in a mailbox and were never read, in order of delivery."""
    if not identifiers:
        return ()
    statement = (
        select(deliveries.c.message)
        .where(deliveries.c.recipient == recipient, deliveries.c.message.in_(list(identifiers)))
        .where(deliveries.c.status == str(MessageStatus.DELIVERED), deliveries.c.read_at.is_(None))
        .order_by(_NUMBER)
    )
    return tuple(transaction.connection.scalars(statement))


def versions_of(transaction: Transaction, recipient: str, identifiers: Iterable[str]) -> tuple[str, ...]:
    """Return the URNs of the versions under which messages are in a mailbox."""
    statement = (
        select(deliveries.c.version)
        .distinct()
        .where(deliveries.c.recipient == recipient, deliveries.c.message.in_(list(identifiers)))
    )
    return tuple(transaction.connection.scalars(statement))


def set_status(
    transaction: Transaction,
    recipient: str,
    identifiers: Iterable[str],
    status: MessageStatus,
    *,
    read_at: datetime | None = None,
) -> None:
    """Set the status of messages of a mailbox, and the time of reading (simulated) if ``read_at`` is given."""
    values: dict[str, object] = {"status": str(status)}
    if read_at is not None:
        values["read_at"] = read_at
    rows = [{"wanted": identifier} for identifier in identifiers]
    if rows:
        where = (deliveries.c.recipient == recipient, deliveries.c.message == bindparam("wanted"))
        transaction.connection.execute(update(deliveries).where(*where).values(**values), rows)


def purge(transaction: Transaction, before: datetime) -> dict[str, tuple[str, ...]]:
    """Delete what was delivered before a simulated time from all mailboxes, in any status; return ids by recipient.

    The payloads stay, because the journal refers to them.
    """
    old = deliveries.c.delivered_at < before
    purged: dict[str, list[str]] = {}
    for row in transaction.connection.execute(
        select(deliveries.c.recipient, deliveries.c.message).where(old).order_by(_NUMBER)
    ):
        purged.setdefault(row.recipient, []).append(row.message)
    if purged:
        transaction.connection.execute(delete(deliveries).where(old))
        kept = select(deliveries.c.message)
        transaction.connection.execute(delete(messages).where(messages.c.sent_at < before, messages.c.id.not_in(kept)))
    return {recipient: tuple(identifiers) for recipient, identifiers in purged.items()}


def related(transaction: Transaction, identifier: str) -> Related | None:
    """Return the channel of a message and the authorities that sent or received it; None for an unknown message."""
    statement = select(messages.c.sender, versions.c.channel).join(versions, versions.c.urn == messages.c.version)
    row = transaction.connection.execute(statement.where(messages.c.id == identifier)).one_or_none()
    if row is None:
        return None
    recipients = transaction.connection.scalars(
        select(deliveries.c.recipient).where(deliveries.c.message == identifier)
    )
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


WIRE_NAMES = {
    MessageStatus.SENT: "Nosūtīts",
    MessageStatus.DELIVERED: "Pegādāts",
    MessageStatus.READ: "Nolasīts",
    MessageStatus.DELETED: "Dzēsts",
    MessageStatus.PROCESSED: "Apstrādāts",
}
"""DIT's names of the statuses, as its fault text spells them.

"Pegādāts" (sic, for "Piegādāts") is documented in a fault text, the others in the instruction's prose.
"""


class Action(StrEnum):
    """An action of a recipient on one message of its mailbox."""

    RECEIVE = "ReceiveMessage2"
    RESTORE = "RestoreMessageList"
    DELETE = "DeleteMessage"
    CONFIRM = "ConfirmationAck"


@dataclass(frozen=True, slots=True)
class Transition:
    """The status after an action (None: DIT refuses the action), and how that is known."""

    after: MessageStatus | None
    provenance: Provenance


GOALS = {
    Action.RECEIVE: MessageStatus.READ,
    Action.RESTORE: MessageStatus.DELIVERED,
    Action.DELETE: MessageStatus.DELETED,
    Action.CONFIRM: MessageStatus.PROCESSED,
}
"""The status that each action is meant to lead to."""

_DELIVERED, _READ = MessageStatus.DELIVERED, MessageStatus.READ
_DELETED, _PROCESSED = MessageStatus.DELETED, MessageStatus.PROCESSED
_RECOVERY = "section 2.4, the order of recovering a bad read"

TRANSITIONS = {
    (_DELIVERED, Action.RECEIVE): Transition(_READ, inferred("ReadMessage")),
    (_READ, Action.RECEIVE): Transition(_READ, NO_SOURCE),
    (_DELETED, Action.RECEIVE): Transition(None, NO_SOURCE),
    (_PROCESSED, Action.RECEIVE): Transition(None, NO_SOURCE),
    (_DELIVERED, Action.RESTORE): Transition(None, documented(_RECOVERY)),
    (_READ, Action.RESTORE): Transition(_DELIVERED, documented(_RECOVERY)),
    (_DELETED, Action.RESTORE): Transition(None, NO_SOURCE),
    (_PROCESSED, Action.RESTORE): Transition(None, NO_SOURCE),
    (_DELIVERED, Action.DELETE): Transition(_DELETED, NO_SOURCE),
    (_READ, Action.DELETE): Transition(_DELETED, documented("section 3.2.1.8")),
    (_DELETED, Action.DELETE): Transition(None, NO_SOURCE),
    (_PROCESSED, Action.DELETE): Transition(_DELETED, NO_SOURCE),
    (_DELIVERED, Action.CONFIRM): Transition(None, NO_SOURCE),
    (_READ, Action.CONFIRM): Transition(_PROCESSED, inferred("ConfirmationAck")),
    (_DELETED, Action.CONFIRM): Transition(None, NO_SOURCE),
    (_PROCESSED, Action.CONFIRM): Transition(None, NO_SOURCE),
}
"""The transition of every status in a mailbox by every action."""

_EXPECTED = {
    Action.RECEIVE: "a message that is delivered or read.",
    Action.RESTORE: "a message that is read: only what was read can be taken back to delivered.",
    Action.DELETE: "a message that is not deleted yet.",
    Action.CONFIRM: "a message that is read and not yet confirmed.",
}
_REMEDY = {
    Action.RECEIVE: "list with ReceiveMessageList and receive only messages of that list; keep what you have read.",
    Action.RESTORE: "list with ReceiveMessageList (ReadMessage=true) and restore only messages of that list.",
    Action.DELETE: "delete a message once, after it is read and safely kept.",
    Action.CONFIRM: "receive the message with ReceiveMessage2 first, then confirm it once.",
}


def next_status(status: MessageStatus, action: Action, *, message: str) -> MessageStatus:
    """Return the status of a message after an action; raises Refused with DIT's own text when DIT refuses the action.

    ``message`` is the message's id. The text for restoring a delivered message is documented, including its
    misspelling; for all others it follows the same pattern (inferred).
    """
    transition = TRANSITIONS[status, action]
    if transition.after is not None:
        return transition.after
    latvian = f'statuss "{WIRE_NAMES[status]}" vairs nevar tikt mainīts uz statusu "{WIRE_NAMES[GOALS[action]]}"!'
    raise refuse(
        RefusalCode.BAD_STATUS,
        f"The message's status does not allow this: {latvian}",
        latvian=latvian,
        latvian_first=True,
        found=f"{action} was asked for message {message}, which is {status}.",
        expected=_EXPECTED[action],
        source=transition.provenance,
        remedy=_REMEDY[action],
    )


def not_manual(message: str, version: str) -> Refused:
    """Return the refusal to confirm a message of a version that acknowledges automatically (inferred: IsManualAck)."""
    return refuse(
        RefusalCode.BAD_STATUS,
        f"channel version {version} acknowledges automatically (IsManualAck=false)",
        found=f"{Action.CONFIRM} was called for message {message} of {version}, whose IsManualAck is false.",
        expected="confirmation only on versions whose IsManualAck is true; on others reading acknowledges.",
        source=inferred("IsManualAck"),
        remedy="leave the confirmation out for this channel; delete the message after reading it.",
    )


def canonical(identifier: str) -> str:
    """Return a message id as DIT stores it: a GUID in lower case, without braces (assumed)."""
    return identifier.strip().strip("{}").lower()


def require_one(selector: Selector) -> None:
    """Raise Refused unless a selector names exactly one of channel, version and message."""
    given = {
        "ChannelURN": selector.channel,
        "ChannelVersionURN": selector.version,
        "MessageID": selector.message,
    }
    named = [name for name, value in given.items() if value is not None]
    if len(named) == 1:
        return
    raise refuse(
        RefusalCode.BAD_SELECTOR,
        "exactly one of ChannelURN, ChannelVersionURN and MessageID must be given",
        found=f"The request names {' and '.join(named) or 'none of the three'}.",
        expected="exactly one of ChannelURN, ChannelVersionURN and MessageID (a choice).",
        source=inferred("MessageRequestStructure"),
        remedy="leave out all but one; the instruction's Java sample sets two, DIT's answer to that is not known.",
    )


def not_in_mailbox(caller: Caller, identifier: str, *, exists: bool) -> Refused:
    """Return the refusal of a message id that is not in the caller's mailbox.

    ``exists``: the message is in another mailbox, which only the explanation in the journal tells.
    """
    where = "is in DIT, but was not delivered to this authority" if exists else "does not exist in DIT (any more)"
    return refuse(
        RefusalCode.UNKNOWN_MESSAGE,
        f"message {identifier} is not in the mailbox of authority {caller.authority}",
        found=f"Authority {caller.authority} asked for message {identifier}, which {where}.",
        expected="the MessageID of a message in the caller's own mailbox.",
        source=NO_SOURCE,
        remedy="take message ids from ReceiveMessageList or ReceiveMessage2 of the same authority.",
    )
