"""The retailer's calls, sent documents and delivered messages, as typed views of a journal's entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from conformance.rules.values import Content, Payloads, Table, table, text
from simulator.documents.parsing import ParsingError, parse
from simulator.documents.profile import Profile
from simulator.documents.reading import Located
from simulator.domain.identifiers import document_key, identity
from simulator.domain.model import ChannelName, Document, Header, Record
from simulator.journal.entries import Entry, Journal, Kind, Outcome

SEND = "SendMessage2"
LIST = "ReceiveMessageList"
RECEIVE = "ReceiveMessage2"
RESTORE = "RestoreMessageList"
DELETE = "DeleteMessage"
CONFIRM = "ConfirmationAck"

_OUR_TROUBLE = frozenset({"storage-full", "storage-failed", "internal-error", "transformation-stopped"})
_DROPPED = frozenset({"drop_reply", "cut_reply"})


@dataclass(frozen=True, slots=True)
class Selector:
    """The selection of a call: one of a channel URN, a version URN, a message id."""

    channel: str | None
    version: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """An action that one journal entry records."""

    entry: Entry

    @property
    def number(self) -> int:
        """Number of the journal entry."""
        return self.entry.number

    @property
    def done(self) -> bool:
        """Tell whether it was carried out."""
        return self.entry.outcome is Outcome.OK


@dataclass(frozen=True, slots=True)
class Call(Recorded):
    """One call on the wire. ``lost`` means that it was carried out, but the retailer never got the reply."""

    selector: Selector
    read: bool
    lost: bool

    @property
    def at(self) -> datetime:
        """Simulated time of the call."""
        return self.entry.at

    @property
    def operation(self) -> str:
        """DIT's name of the operation, empty when it is not known."""
        return self.entry.operation

    @property
    def messages(self) -> tuple[str, ...]:
        """The messages that the call is about."""
        named = (self.selector.message,) if self.selector.message else ()
        return tuple(dict.fromkeys((*self.entry.message_ids, *named)))

    @property
    def by_ftps(self) -> bool:
        """Tell whether it was a command of an FTPS session; the FTP chapter then says what the client has to do."""
        return self.entry.interface == "ftps"

    @property
    def path(self) -> str | None:
        """The folder or file that an FTPS command named."""
        return text(table(self.entry.details.get("ftp")).get("path"))

    @property
    def answered(self) -> bool:
        """Tell whether it was carried out and the retailer knows."""
        return self.done and not self.lost

    @property
    def refused(self) -> bool:
        """Tell whether it was refused through a fault of the caller."""
        return not self.done and not self.our_trouble

    @property
    def our_trouble(self) -> bool:
        """Tell whether it failed through no fault of the caller."""
        details = self.entry.details
        return not self.done and (
            self.entry.fault_code in _OUR_TROUBLE or "incident" in details or bool(details.get("misbehaviour"))
        )


@dataclass(frozen=True, slots=True)
class Sent:
    """One SendMessage2 of the retailer under test, accepted or refused. ``channel`` is None when it is not known."""

    call: Call
    channel: ChannelName | None
    is_event: bool
    related: str | None
    content: Content | None

    @property
    def number(self) -> int:
        """Number of the journal entry."""
        return self.call.number

    @property
    def at(self) -> datetime:
        """Simulated time of the call."""
        return self.call.at


@dataclass(frozen=True, slots=True)
class ValidDocument:
    """A document that is valid and that DIT accepted; nothing else is a base for the rules of other chapters."""

    sent: Sent
    located: Located

    @property
    def number(self) -> int:
        """Number of the journal entry that sent it."""
        return self.sent.number

    @property
    def at(self) -> datetime:
        """Simulated time of the call that sent it."""
        return self.sent.at

    @property
    def document(self) -> Document:
        """The document itself."""
        return self.located.document

    @property
    def channel(self) -> ChannelName:
        """The channel that its records belong to."""
        return self.document.channel

    @property
    def header(self) -> Header:
        """Its header."""
        return self.document.header

    @property
    def records(self) -> Sequence[Record]:
        """Its records."""
        return self.document.records

    @property
    def key(self) -> str:
        """Its document id, as ids are compared."""
        return document_key(self.header.document_id)

    @property
    def corrects(self) -> str | None:
        """The id of the document that it corrects, as ids are compared."""
        return None if self.header.corrects is None else document_key(self.header.corrects)

    def is_same(self, other: ValidDocument) -> bool:
        """Tell whether another document is the same document."""
        return is_same(self.sent, other.sent)


def is_same(one: Sent, other: Sent) -> bool:
    """Tell whether two sends carry the same document (``simulator.domain.identifiers``), taken by DIT or not.

    Payloads that cannot be read as documents are the same when their bytes are.
    """
    if one.content is None or other.content is None:
        return False
    if one.call.entry.payload == other.call.entry.payload:
        return True
    first, second = one.content.document, other.content.document
    return first is not None and second is not None and identity(first) == identity(second)


@dataclass(frozen=True, slots=True)
class Delivery(Recorded):
    """A message that DIT put into a mailbox."""

    message: str
    channel: ChannelName | None
    is_event: bool
    related: str | None
    sender: str | None
    content: Content | None

    @property
    def document(self) -> Document | None:
        """The document, when it is valid; None for an error event."""
        return self.content.document if self.content is not None and not self.is_event else None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A delivered message that the retailer has read and received. ``number`` is the entry of the call that read it."""

    delivery: Delivery
    number: int
    call: Call

    @property
    def message(self) -> str:
        """Id of the message."""
        return self.delivery.message

    @property
    def document(self) -> Document | None:
        """The document, when it is valid; None for an error event."""
        return self.delivery.document


def calls_of(entries: Iterable[Entry], authority: str) -> Iterator[Call]:
    """Yield the calls of an authority, and those of an unknown caller: only the retailer under test calls."""
    for entry in entries:
        if entry.kind is Kind.EXCHANGE and entry.authority in (authority, None):
            details = table(entry.details)
            yield Call(
                entry,
                _selector(details),
                read=details.get("read") is True,
                lost=details.get("misbehaviour") in _DROPPED,
            )


def sends_of(calls: Iterable[Call], profile: Profile, payloads: Payloads) -> Iterator[Sent]:
    """Yield the sends among calls, each with its content."""
    for call in calls:
        if call.operation == SEND:
            details = table(call.entry.details)
            channel = _channel(call.entry, profile)
            is_event = details.get("message_class") == "error"
            content = payloads.content(call.entry.payload, channel, is_event=is_event)
            yield Sent(call, channel, is_event, text(details.get("related_message")), content)


def deliveries_of(entries: Iterable[Entry], authority: str, profile: Profile, payloads: Payloads) -> Iterator[Delivery]:
    """Yield the messages that DIT put into an authority's mailbox."""
    for entry in entries:
        if entry.kind is Kind.DELIVERY and entry.operation == "deliver" and entry.authority == authority:
            details = table(entry.details)
            channel = _channel(entry, profile)
            is_event = details.get("message_class") == "error"
            for message in entry.message_ids[:1]:
                yield Delivery(
                    entry=entry,
                    message=message,
                    channel=channel,
                    is_event=is_event,
                    related=text(details.get("related_message")),
                    sender=text(details.get("sender")),
                    content=payloads.content(entry.payload, channel, is_event=is_event),
                )


def _selector(details: Table) -> Selector:
    chosen = table(details.get("selector"))
    return Selector(*(text(chosen.get(name)) for name in ("channel", "version", "message")))


def _channel(entry: Entry, profile: Profile) -> ChannelName | None:
    channel = profile.channel_of_version(entry.channel_version) if entry.channel_version else None
    return channel.name if channel is not None else None


BAD_NAME = "bad-file-name"


def is_nameless_reply(call: Call) -> bool:
    """Tell whether a reply was refused because the name of its file does not tell what it is about."""
    return call.by_ftps and call.entry.fault_code == BAD_NAME and "WriteEvent" in (call.path or "")


def is_report_elsewhere(sent: Sent, profile: Profile) -> bool:
    """Tell whether a file that was written as a business message is an error report."""
    if not sent.call.by_ftps or sent.is_event or sent.content is None:
        return False
    try:
        return bool(parse(sent.content.data).getroot().tag == profile.error_root)
    except ParsingError:
        return False


class Traffic:
    """The traffic between one retailer and DIT.

    ``own`` is the retailer's authority id, ``bvkb`` that of BVKB.
    """

    def __init__(self, journal: Journal, entries: Sequence[Entry], profile: Profile, own: str, bvkb: str) -> None:
        self._journal = journal
        self._entries = entries
        self._profile = profile
        self._own = own
        self._bvkb = bvkb
        self._payloads = Payloads(journal.blob, profile)

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """The retailer's calls, accepted and refused."""
        return tuple(calls_of(self._entries, self._own))

    @cached_property
    def sends(self) -> tuple[Sent, ...]:
        """All that the retailer tried to send."""
        return tuple(sends_of(self.calls, self._profile, self._payloads))

    @cached_property
    def deliveries(self) -> tuple[Delivery, ...]:
        """The messages in the retailer's mailbox."""
        return tuple(deliveries_of(self._entries, self._own, self._profile, self._payloads))

    @cached_property
    def delivered(self) -> dict[str, Delivery]:
        """The messages in the retailer's mailbox by message id."""
        return {delivery.message: delivery for delivery in self.deliveries}

    @cached_property
    def fetched(self) -> tuple[Fetched, ...]:
        """The messages that the retailer has read and received, in that order; each once."""
        fetched: dict[str, Fetched] = {}
        for call in self.calls:
            if call.operation == RECEIVE and call.answered:
                for message in call.messages:
                    delivery = self.delivered.get(message)
                    if delivery is not None:
                        fetched.setdefault(message, Fetched(delivery, call.number, call))
        return tuple(fetched.values())

    @cached_property
    def accepted(self) -> tuple[ValidDocument, ...]:
        """The valid documents that DIT accepted, resends included, in order."""
        return tuple(
            ValidDocument(sent, sent.content.located)
            for sent in self.sends
            if sent.call.done and not sent.is_event and sent.content is not None
            if sent.content.located is not None and not sent.content.complaints
        )

    def documents(self, channel: ChannelName | None = None) -> tuple[ValidDocument, ...]:
        """Return the valid documents that DIT accepted, each once, of one channel or of all."""
        return tuple(document for document in self._distinct if channel in (None, document.sent.channel))

    @cached_property
    def _distinct(self) -> tuple[ValidDocument, ...]:
        by_id: dict[str, list[ValidDocument]] = {}
        distinct: list[ValidDocument] = []
        for document in self.accepted:
            earlier = by_id.setdefault(document.key, [])
            if not any(document.is_same(other) for other in earlier):
                earlier.append(document)
                distinct.append(document)
        return tuple(distinct)

    @cached_property
    def reported_by_others(self) -> frozenset[str]:
        """Numbers of contracts that other retailers reported to BVKB."""
        deliveries = deliveries_of(self._entries, self._bvkb, self._profile, self._payloads)
        return frozenset(
            record.contract
            for delivery in deliveries
            if delivery.sender not in (None, self._own) and delivery.channel is ChannelName.CONTRACT
            if delivery.document is not None
            for record in delivery.document.contracts()
        )

    def is_inconclusive(self, channel: ChannelName, after: int) -> bool:
        """Tell whether a send on a channel failed after an entry, so that nobody knows what it would have reported.

        A refused or invalid document breaks a requirement of another chapter; what it should have reported is then not
        asked.
        """
        return any(number > after for number in self._failed_sends[channel])

    @cached_property
    def _failed_sends(self) -> dict[ChannelName, tuple[int, ...]]:
        valid = {document.number for document in self.accepted}
        failed = [
            # A document of another channel leaves unclear which one it should have been sent on.
            (sent.number, sent.channel if sent.content is not None and sent.content.located is not None else None)
            for sent in self.sends
            if not sent.is_event and sent.number not in valid
            if not (sent.call.our_trouble and self._sent_later(sent))
        ]
        failed += [
            (call.number, None) for call in self.calls if not call.done and not call.operation and not call.our_trouble
        ]
        failed += [(entry.number, None) for entry in self._entries if self._is_failed_connection(entry)]
        return {
            channel: tuple(number for number, concerned in failed if concerned in (None, channel))
            for channel in ChannelName
        }

    def _is_failed_connection(self, entry: Entry) -> bool:
        if entry.kind is Kind.TOKEN:
            return entry.authority in (self._own, None) and entry.outcome is not Outcome.OK
        return entry.kind is Kind.CONNECTION and entry.operation not in ("shown", "handshake")

    def _sent_later(self, failed: Sent) -> bool:
        """Tell whether DIT accepted later what it could not take."""
        return any(sent.number > failed.number and sent.call.done and is_same(sent, failed) for sent in self.sends)

    def bytes_of(self, reference: str | None) -> bytes | None:
        """Return the bytes behind a reference; None when the journal does not have them."""
        if reference is None:
            return None
        try:
            return self._journal.blob(reference)
        except KeyError:
            return None
