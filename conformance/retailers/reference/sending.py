"""Sending what is queued: in order, and never lost; a lost reply is answered by the identical document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.retailers.reference.client import ConnectionLost, Refused

if TYPE_CHECKING:
    from conformance.retailers.reference.office import Office
    from conformance.retailers.reference.outbox import Outgoing
    from simulator.documents.model import ChannelName


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
