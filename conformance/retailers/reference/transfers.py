"""Sending what is queued: in order, and never lost; a lost reply is answered by the identical document.

Reading the mailbox: list, read every message, process, delete; and recover a read that went wrong.

Order and duties are documented (VRAA, DIT integration instruction v1.09, sections 2.4 and 3.2.1.8).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from conformance.retailers.reference.client import ConnectionLost, Received, Refused
from conformance.retailers.reference.inbox import Reading
from simulator.domain.model import ChannelName

if TYPE_CHECKING:
    from conformance.retailers.reference.office import Office
    from conformance.retailers.reference.outbox import Outgoing


class Sending:
    """Empties the outbox. SendMessage2 tells no message id, so only its reply says whether a document arrived."""

    repetitions = 2
    """How often a document is sent again in one run when its reply was lost."""
    event_name = "Error"

    def __init__(self, office: Office) -> None:
        self.office = office
        self._given_up: set[str] = set()

    def begin(self) -> None:
        """A new run begins: what had no reply in the last one may be sent again."""
        self._given_up.clear()

    def run(self, channel: ChannelName) -> None:
        """Send all that is queued on a channel, until one of it cannot be sent."""
        for outgoing in self.office.store.outbox.queued(channel):
            if outgoing.document_id in self._given_up or not self.send(outgoing):
                return

    def events(self, channel: ChannelName) -> None:
        """Send the queued error events of a channel."""
        for outgoing in self.office.store.outbox.queued(channel):
            if outgoing.related_message is not None and not self.send(outgoing):
                return

    def send(self, outgoing: Outgoing) -> bool:
        """Send one document; False when nobody knows whether it arrived, and it stays queued."""
        for attempt in range(1 + self.repetitions):
            try:
                self.transmit(self.again(outgoing) if attempt else outgoing)
            except ConnectionLost as reason:
                self.office.note(f"document {outgoing.document_id}: no reply, attempt {attempt + 1} ({reason})")
            except Refused as reason:
                return self.refused(outgoing, reason)
            else:
                with self.office.store.transaction():
                    self.office.store.outbox.note_sent(outgoing.document_id)
                return True
        self._given_up.add(outgoing.document_id)
        return False

    def again(self, outgoing: Outgoing) -> Outgoing:
        """What is sent when the reply was lost: the same document, so that BVKB can tell that it is the same."""
        return outgoing

    def refused(self, outgoing: Outgoing, reason: Refused) -> bool:
        """DIT said no; the document is not sent again."""
        self.office.note(f"document {outgoing.document_id}: refused by DIT: {reason}")
        with self.office.store.transaction():
            self.office.store.outbox.note_refused(outgoing.document_id, str(reason))
        return True

    def transmit(self, outgoing: Outgoing) -> None:
        """One call of SendMessage2."""
        version = self.office.party.versions[outgoing.channel]
        if outgoing.related_message is None:
            self.office.client.send(version, outgoing.data)
        else:
            self.office.client.send_event(
                version, outgoing.data, name=self.event_name, related=outgoing.related_message
            )


Take = Callable[[ChannelName, Received], None]


class Fetching:
    """Fetches the messages of one channel version at a time.

    ``take`` processes a message, inside one transaction with the note that it was processed; ``answer`` then sends the
    error events that came of it.
    """

    def __init__(self, office: Office, take: Take, answer: Callable[[ChannelName], None]) -> None:
        self.office = office
        self.take = take
        self.answer = answer

    def run(self, channel: ChannelName) -> None:
        """Fetch and process all that is there. Each version is listed once; raises ConnectionLost, Refused."""
        self.finish(channel)
        if self.office.store.inbox.messages(self.version(channel), Reading.BEGUN):
            self.recover(channel)
        else:
            self.read_new(channel)

    def read_new(self, channel: ChannelName) -> None:
        """List the unread messages and read them."""
        listed = self.office.client.list_messages(self.version(channel))
        for message_id in self.to_read(listed):
            self.read(channel, message_id)

    def to_read(self, listed: Sequence[str]) -> Sequence[str]:
        """Which of the listed messages are read: all, before the next listing (documented)."""
        return listed

    def read(self, channel: ChannelName, message_id: str) -> None:
        """Read one message; when its reply is lost, the next run recovers it."""
        self.note(channel, message_id, Reading.BEGUN)
        try:
            messages = self.office.client.receive_message(message_id)
        except ConnectionLost as reason:
            self.office.note(f"message {message_id}: no reply, to be recovered in the next run ({reason})")
            return
        except Refused as reason:
            self.office.note(f"message {message_id}: not given: {reason}")
            self.note(channel, message_id, Reading.DELETED)
            return
        for message in messages:
            self.process(channel, message)

    def recover(self, channel: ChannelName) -> None:
        """After a read that was not finished: list what is read, restore it, read it again, delete (documented)."""
        inbox, client, version = self.office.store.inbox, self.office.client, self.version(channel)
        read = client.list_messages(version, read=True)
        lost = [each for each in read if inbox.state(each) in (None, Reading.BEGUN)]
        for message_id in lost:
            self.note(channel, message_id, Reading.BEGUN)
        if lost:
            client.restore(lost)
        for message in client.receive_version(version):  # brings what is new as well, without another listing
            self.process(channel, message)
        for message_id in inbox.messages(version, Reading.BEGUN):
            self.office.note(f"message {message_id}: is not in the mailbox any more")
            self.note(channel, message_id, Reading.DELETED)

    def process(self, channel: ChannelName, message: Received) -> None:
        """Process one message, unless it was before, and take it out of the mailbox."""
        if self.is_new(message):
            with self.office.store.transaction():
                self.take(channel, message)
                self.office.store.inbox.note(message.message_id, self.version(channel), Reading.PROCESSED)
            self.answer(channel)
        self.remove(channel, message.message_id)

    def is_new(self, message: Received) -> bool:
        """Whether a message was not processed before."""
        return self.office.store.inbox.state(message.message_id) in (None, Reading.BEGUN)

    def remove(self, channel: ChannelName, message_id: str) -> None:
        """Confirm a processed message, where the version asks for it, then delete it."""
        try:
            if self.must_confirm(channel) and self.office.store.inbox.state(message_id) is Reading.PROCESSED:
                self.confirm(channel, message_id)
            self.delete(channel, message_id)
        except ConnectionLost as reason:
            self.office.note(f"message {message_id}: processed, to be removed in the next run ({reason})")

    def must_confirm(self, channel: ChannelName) -> bool:
        """Whether messages of this channel are acknowledged by hand (IsManualAck)."""
        return self.office.party.channel(channel).manual_acknowledgement

    def confirm(self, channel: ChannelName, message_id: str) -> None:
        """Acknowledge a message. DIT refuses a second time, which is as good."""
        try:
            self.office.client.confirm(message_id)
        except Refused as reason:
            self.office.note(f"message {message_id}: not confirmed: {reason}")
        self.note(channel, message_id, Reading.CONFIRMED)

    def delete(self, channel: ChannelName, message_id: str) -> None:
        """Delete a message. DIT refuses a second time, which is as good."""
        try:
            self.office.client.delete(message_id)
        except Refused as reason:
            self.office.note(f"message {message_id}: not deleted: {reason}")
        self.note(channel, message_id, Reading.DELETED)

    def finish(self, channel: ChannelName) -> None:
        """Remove what earlier runs processed and could not remove."""
        for state in (Reading.PROCESSED, Reading.CONFIRMED):
            for message_id in self.office.store.inbox.messages(self.version(channel), state):
                self.remove(channel, message_id)

    def version(self, channel: ChannelName) -> str:
        """The retailer's version of a channel."""
        return self.office.party.versions[channel]

    def note(self, channel: ChannelName, message_id: str, state: Reading) -> None:
        """Write down how far a message got, before anything else happens."""
        with self.office.store.transaction():
            self.office.store.inbox.note(message_id, self.version(channel), state)
