"""Which message a call means, and how it is told that it means none. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.dit.model import RefusalCode
from simulator.dit.refusals import NO_SOURCE, Refused, inferred, refuse

if TYPE_CHECKING:
    from simulator.dit.model import Caller, Selector


def canonical(identifier: str) -> str:
    """A message id as DIT keeps it: a GUID in small letters, however the caller wrote it (assumed)."""
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
    """The refusal of a message id outside the caller's mailbox; the wire does not tell whether it is in another."""
    where = "is in DIT, but was not delivered to this authority" if exists else "does not exist in DIT (any more)"
    return refuse(
        RefusalCode.UNKNOWN_MESSAGE,
        f"message {identifier} is not in the mailbox of authority {caller.authority}",
        found=f"Authority {caller.authority} asked for message {identifier}, which {where}.",
        expected="the MessageID of a message in the caller's own mailbox.",
        source=NO_SOURCE,
        remedy="take message ids from ReceiveMessageList or ReceiveMessage2 of the same authority.",
    )
