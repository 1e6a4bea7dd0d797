"""Transfers between the message books and DIT: sends queued documents, and fetches messages.

In a retailer's system this is the part that survives failures. Documents are sent in order, and when a reply is lost
the identical document is sent again. Messages are listed, read, processed and deleted; a read that failed is
recovered in the next run. Order and duties are documented (VRAA, DIT integration instruction v1.09, sections 2.4 and
3.2.1.8).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from conformance.retailers.reference.client import ConnectionLost, Received, Refused
from conformance.retailers.reference.messages import ReadState
from simulator.domain.model import ChannelName

if TYPE_CHECKING:
    from conformance.retailers.reference.context import Context
    from conformance.retailers.reference.messages import Outgoing


class Sending:
    """Sending of queued documents. SendMessage2 returns no message id, so only its reply shows that one arrived."""

    repetitions = 2
    """Times that a document is sent again in one run when its reply was lost."""
    event_name = "Error"

    def __init__(self, context: Context) -> None:
        self.context = context
        self._given_up: set[str] = set()

    def begin(self) -> None:
        """Begin a run: documents that got no reply in the last one may be sent again."""
        self._given_up.clear()

    def run(self, channel: ChannelName) -> None:
        """Send the queued documents of a channel, in order, until one cannot be sent."""
        for outgoing in self.context.store.outbox.queued(channel):
            if outgoing.document_id in self._given_up or not self.send(outgoing):
                return

    def events(self, channel: ChannelName) -> None:
        """Send the queued error events of a channel."""
        for outgoing in self.context.store.outbox.queued(channel):
            if outgoing.related_message is not None and not self.send(outgoing):
                return

    def send(self, outgoing: Outgoing) -> bool:
        """Send one document. Returns False when no reply came: it may have arrived or not, and stays queued."""
        for attempt in range(1 + self.repetitions):
            try:
                self.transmit(self.again(outgoing) if attempt else outgoing)
            except ConnectionLost as reason:
                self.context.note(f"document {outgoing.document_id}: no reply, attempt {attempt + 1} ({reason})")
            except Refused as reason:
                return self.refused(outgoing, reason)
            else:
                with self.context.store.transaction():
                    self.context.store.outbox.note_sent(outgoing.document_id)
                return True
        self._given_up.add(outgoing.document_id)
        return False

    def again(self, outgoing: Outgoing) -> Outgoing:
        """Return the document to send when the reply was lost: the identical one, which BVKB recognises."""
        return outgoing

    def refused(self, outgoing: Outgoing, reason: Refused) -> bool:
        """Record that DIT refused a document, which is not sent again. Returns True: the next one can be sent."""
        self.context.note(f"document {outgoing.document_id}: refused by DIT: {reason}")
        with self.context.store.transaction():
            self.context.store.outbox.note_refused(outgoing.document_id, str(reason))
        return True

    def transmit(self, outgoing: Outgoing) -> None:
        """Call SendMessage2 once. Raises ConnectionLost, Refused."""
        version = self.context.identity.versions[outgoing.channel]
        if outgoing.related_message is None:
            self.context.client.send(version, outgoing.data)
        else:
            self.context.client.send_event(
                version, outgoing.data, name=self.event_name, related=outgoing.related_message
            )


Take = Callable[[ChannelName, Received], None]


class Fetching:
    """Fetching of messages, one channel version at a time.

    ``take`` processes a message in the transaction that records it as processed; ``answer`` then sends the error
    events of a channel.
    """

    def __init__(self, context: Context, take: Take, answer: Callable[[ChannelName], None]) -> None:
        self.context = context
        self.take = take
        self.answer = answer

    def run(self, channel: ChannelName) -> None:
        """Fetch and process all messages of a channel. Lists its version once; raises ConnectionLost, Refused."""
        self.finish(channel)
        if self.context.store.inbox.messages(self.version(channel), ReadState.BEGUN):
            self.recover(channel)
        else:
            self.read_new(channel)

    def read_new(self, channel: ChannelName) -> None:
        """List the unread messages and read them."""
        listed = self.context.client.list_messages(self.version(channel))
        for message_id in self.to_read(listed):
            self.read(channel, message_id)

    def to_read(self, listed: Sequence[str]) -> Sequence[str]:
        """Return the listed messages to read: all, because they must be read before the next listing (documented)."""
        return listed

    def read(self, channel: ChannelName, message_id: str) -> None:
        """Read one message; when its reply is lost, the next run recovers it."""
        self.note(channel, message_id, ReadState.BEGUN)
        try:
            messages = self.context.client.receive_message(message_id)
        except ConnectionLost as reason:
            self.context.note(f"message {message_id}: no reply, to be recovered in the next run ({reason})")
            return
        except Refused as reason:
            self.context.note(f"message {message_id}: not given: {reason}")
            self.note(channel, message_id, ReadState.DELETED)
            return
        for message in messages:
            self.process(channel, message)

    def recover(self, channel: ChannelName) -> None:
        """Recover a read that was not finished: list the read messages, restore, read again, delete (documented)."""
        inbox, client, version = self.context.store.inbox, self.context.client, self.version(channel)
        read = client.list_messages(version, read=True)
        lost = [message_id for message_id in read if inbox.state(message_id) in (None, ReadState.BEGUN)]
        for message_id in lost:
            self.note(channel, message_id, ReadState.BEGUN)
        if lost:
            client.restore(lost)
        for message in client.receive_version(version):  # includes new messages, without another listing
            self.process(channel, message)
        for message_id in inbox.messages(version, ReadState.BEGUN):
            self.context.note(f"message {message_id}: is not in the mailbox any more")
            self.note(channel, message_id, ReadState.DELETED)

    def process(self, channel: ChannelName, message: Received) -> None:
        """Process one message, unless it was processed before, and remove it from the mailbox."""
        if self.is_new(message):
            with self.context.store.transaction():
                self.take(channel, message)
                self.context.store.inbox.note(message.message_id, self.version(channel), ReadState.PROCESSED)
            self.answer(channel)
        self.remove(channel, message.message_id)

    def is_new(self, message: Received) -> bool:
        """Return True when a message was not processed before."""
        return self.context.store.inbox.state(message.message_id) in (None, ReadState.BEGUN)

    def remove(self, channel: ChannelName, message_id: str) -> None:
        """Confirm a processed message, where the channel requires it, then delete it."""
        try:
            if self.must_confirm(channel) and self.context.store.inbox.state(message_id) is ReadState.PROCESSED:
                self.confirm(channel, message_id)
            self.delete(channel, message_id)
        except ConnectionLost as reason:
            self.context.note(f"message {message_id}: processed, to be removed in the next run ({reason})")

    def must_confirm(self, channel: ChannelName) -> bool:
        """Return True when messages of this channel are acknowledged by a call (IsManualAck)."""
        return self.context.identity.channel(channel).manual_acknowledgement

    def confirm(self, channel: ChannelName, message_id: str) -> None:
        """Acknowledge a message. A refusal is noted and taken as done: DIT refuses a second acknowledgement."""
        try:
            self.context.client.confirm(message_id)
        except Refused as reason:
            self.context.note(f"message {message_id}: not confirmed: {reason}")
        self.note(channel, message_id, ReadState.CONFIRMED)

    def delete(self, channel: ChannelName, message_id: str) -> None:
        """Delete a message. A refusal is noted and taken as done: DIT refuses a second deletion."""
        try:
            self.context.client.delete(message_id)
        except Refused as reason:
            self.context.note(f"message {message_id}: not deleted: {reason}")
        self.note(channel, message_id, ReadState.DELETED)

    def finish(self, channel: ChannelName) -> None:
        """Remove the messages that earlier runs processed and could not remove."""
        for state in (ReadState.PROCESSED, ReadState.CONFIRMED):
            for message_id in self.context.store.inbox.messages(self.version(channel), state):
                self.remove(channel, message_id)

    def version(self, channel: ChannelName) -> str:
        """Return the retailer's version of a channel (URN)."""
        return self.context.identity.versions[channel]

    def note(self, channel: ChannelName, message_id: str, state: ReadState) -> None:
        """Store the state of a message in a transaction of its own."""
        with self.context.store.transaction():
            self.context.store.inbox.note(message_id, self.version(channel), state)
