"""The life of a message in a mailbox: which call may take it from which status to which. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from simulator.dit.model import MessageStatus, RefusalCode
from simulator.dit.refusals import NO_SOURCE, Refused, documented, inferred, refuse

if TYPE_CHECKING:
    from simulator.documents.model import Provenance

# DIT's words for the statuses, as its fault text spells them; "Pegādāts" (sic, for "Piegādāts") is documented; the
# other words are documented in the instruction's prose.
WIRE_NAMES = {
    MessageStatus.SENT: "Nosūtīts",
    MessageStatus.DELIVERED: "Pegādāts",
    MessageStatus.READ: "Nolasīts",
    MessageStatus.DELETED: "Dzēsts",
    MessageStatus.PROCESSED: "Apstrādāts",
}


class Action(StrEnum):
    """An action of a recipient on one message of its mailbox."""

    RECEIVE = "ReceiveMessage2"
    RESTORE = "RestoreMessageList"
    DELETE = "DeleteMessage"
    CONFIRM = "ConfirmationAck"


@dataclass(frozen=True, slots=True)
class Transition:
    """The status after an action; ``after`` is None when DIT refuses it."""

    after: MessageStatus | None
    provenance: Provenance


GOALS = {
    Action.RECEIVE: MessageStatus.READ,
    Action.RESTORE: MessageStatus.DELIVERED,
    Action.DELETE: MessageStatus.DELETED,
    Action.CONFIRM: MessageStatus.PROCESSED,
}

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
"""Every status in a mailbox and every action: what comes out, and how that is known."""

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
    """The status of a message after an action; raises Refused with DIT's own text when the action is refused.

    The text for restoring a delivered message is documented, misspelling included; for all others it follows the same
    pattern (inferred).
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
    """The refusal to confirm a message of a version that acknowledges by itself (inferred from IsManualAck)."""
    return refuse(
        RefusalCode.BAD_STATUS,
        f"channel version {version} acknowledges automatically (IsManualAck=false)",
        found=f"{Action.CONFIRM} was called for message {message} of {version}, whose IsManualAck is false.",
        expected="confirmation only on versions whose IsManualAck is true; on others reading acknowledges.",
        source=inferred("IsManualAck"),
        remedy="leave the confirmation out for this channel; delete the message after reading it.",
    )
