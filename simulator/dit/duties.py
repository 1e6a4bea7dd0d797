"""Enforcing the duties of clients: five minutes between polls, lists read to their end, read messages deleted.

The duties are documented (VRAA, DIT integration instruction v1.09, sections 2.4 and 3.2.1.8). It is assumed that DIT
refuses clients that break them, so this is off by default; so are the moment and the text of a refusal. A poll is a
call of ReceiveMessageList or ReceiveMessage2 for a channel or a version. Two polls are the same when their kind and
selection are equal. Sending, and calls that name messages, are not polls.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from simulator.dit import mailbox
from simulator.dit.model import MessageClass, MessageStatus, RefusalCode
from simulator.dit.refusals import Refused, documented, refuse
from simulator.store.schema import polls

if TYPE_CHECKING:
    from simulator.dit.model import Caller, MailboxMessage
    from simulator.store import Transaction

_READ_OR_PROCESSED = frozenset({MessageStatus.READ, MessageStatus.PROCESSED})


class PollKind(StrEnum):
    """The kind of a poll: for the list of unread messages, for the list of read ones, or for the messages."""

    LIST = "ReceiveMessageList"
    LIST_READ = "ReceiveMessageList (ReadMessage=true)"
    RECEIVE = "ReceiveMessage2"


@dataclass(frozen=True, slots=True)
class Poll:
    """A poll of a channel, or of one version of it (URNs), at a moment of simulated time.

    ``classes`` are the classes of messages in the selection, for a folder of FTPS; None: all classes.
    """

    kind: PollKind
    channel: str
    version: str | None
    at: datetime
    classes: frozenset[MessageClass] | None = None

    @property
    def selection(self) -> str:
        """The URN in the call, and the classes unless it asked for all."""
        urn = self.version or self.channel
        return urn if self.classes is None else f"{urn} ({', '.join(sorted(self.classes))})"


@dataclass(frozen=True, slots=True)
class Duties:
    """Refuses clients that break their duties.

    ``seconds`` is the shortest simulated time between two polls (documented: 300).
    """

    seconds: int

    def require(self, transaction: Transaction, caller: Caller, poll: Poll) -> None:
        """Raise Refused when the caller polls too soon, or has not read or deleted the messages of earlier polls."""
        place = (
            polls.c.authority == caller.authority,
            polls.c.kind == str(poll.kind),
            polls.c.selection == poll.selection,
        )
        last = transaction.connection.execute(select(polls.c.at, polls.c.listed).where(*place)).one_or_none()
        if last is not None and poll.at.astimezone(UTC) - last.at.astimezone(UTC) < timedelta(seconds=self.seconds):
            raise self._too_often(caller, poll, last.at)
        if poll.kind is PollKind.LIST_READ:
            return  # a client needs it to recover from a bad read
        unread = (
            mailbox.unread(transaction, caller.authority, last.listed) if last and poll.kind is PollKind.LIST else ()
        )
        if unread:
            raise _not_read(caller, poll, unread, len(last.listed) if last else 0)
        before = poll.at.astimezone(UTC) - timedelta(seconds=self.seconds)
        kept = [
            message.id
            for message in mailbox.find_all(
                transaction, caller.authority, _READ_OR_PROCESSED, channel=poll.channel, version=poll.version
            )
            if message.read_at is not None and message.read_at.astimezone(UTC) <= before
        ]
        if kept:
            raise _not_deleted(caller, poll, kept)

    def remember(
        self, transaction: Transaction, caller: Caller, poll: Poll, messages: Iterable[MailboxMessage]
    ) -> None:
        """Record an answered poll with its messages, in place of the last one of the same kind and selection."""
        row = {"authority": caller.authority, "kind": str(poll.kind), "selection": poll.selection}
        transaction.connection.execute(delete(polls).where(*(polls.c[name] == value for name, value in row.items())))
        transaction.connection.execute(
            insert(polls), {**row, "at": poll.at, "listed": [message.id for message in messages]}
        )

    def _too_often(self, caller: Caller, poll: Poll, last: datetime) -> Refused:
        earliest = last + timedelta(seconds=self.seconds)
        return refuse(
            RefusalCode.TOO_OFTEN,
            f"{poll.kind} of {poll.selection} was called at {last.isoformat()}; call again from {earliest.isoformat()}",
            latvian=f"{poll.kind} ar {poll.selection} izsaukts {last.isoformat()}; atkārtoti drīkst no "
            f"{earliest.isoformat()} (ne biežāk kā reizi {self.seconds // 60} minūtēs).",
            found=f"Authority {caller.authority} called {poll.kind} for {poll.selection} at {last.isoformat()} and "
            f"again at {poll.at.isoformat()}.",
            expected=f"at least {self.seconds} seconds between two calls of the interface (here: of the same poll).",
            source=documented("section 2.4"),
            remedy="call on a schedule of five minutes or more, and use DIT's notification of incoming messages.",
        )


def _not_read(caller: Caller, poll: Poll, unread: tuple[str, ...], listed: int) -> Refused:
    return refuse(
        RefusalCode.LIST_NOT_READ,
        f"{len(unread)} of the {listed} messages listed before have not been read: {_some(unread)}",
        latvian=f"No {listed} iepriekš sarakstā dotajiem ziņojumiem nav nolasīti {len(unread)}: {_some(unread)}.",
        found=f"Authority {caller.authority} lists {poll.selection} again; of the messages listed before, "
        f"{len(unread)} were not read: {_some(unread)}.",
        expected="ReceiveMessage2 for every message of a list before the next ReceiveMessageList.",
        source=documented("section 2.4"),
        remedy="read each of them by its MessageID; if the list was lost, ReceiveMessage2 by the channel's or the "
        "version's URN reads all that is there.",
    )


def _not_deleted(caller: Caller, poll: Poll, kept: list[str]) -> Refused:
    return refuse(
        RefusalCode.NOT_DELETED,
        f"{len(kept)} messages of {poll.selection} were read and not deleted: {_some(kept)}",
        latvian=f"{poll.selection}: nolasīti, bet nav dzēsti {len(kept)} ziņojumi: {_some(kept)}.",
        found=f"Authority {caller.authority} polls {poll.selection} again; of what it read before, {len(kept)} "
        f"messages were not deleted: {_some(kept)}.",
        expected="DeleteMessage for each message once it is read and kept.",
        source=documented("section 3.2.1.8"),
        remedy="delete them by MessageID; if reading went wrong, restore them first (ReceiveMessageList with "
        "ReadMessage=true, RestoreMessageList) and read them again.",
    )


def _some(identifiers: Iterable[str]) -> str:
    listed = list(identifiers)
    return ", ".join(listed[:3]) + (", ..." if len(listed) > 3 else "")
