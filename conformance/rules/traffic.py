"""The retailer's calls, what it sent and what was delivered to it, as typed views of a journal's entries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from conformance.rules.values import Table, table, text
from simulator.documents.business import breaches
from simulator.documents.complaints import Complaint
from simulator.documents.identity import identity
from simulator.documents.model import ChannelName, Document, ErrorReport
from simulator.documents.parsing import ParsingError, parse
from simulator.documents.profile import Profile
from simulator.documents.reading import DocumentError, Located, read_error_report, read_located
from simulator.documents.validation import place
from simulator.journal.entries import Entry, Kind, Outcome

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
    """What a call asked about: one of a channel URN, a version URN, a message id."""

    channel: str | None
    version: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class Call:
    """One call on the wire. ``lost`` means that it was carried out, but the retailer never got the reply."""

    entry: Entry
    selector: Selector
    read: bool
    lost: bool

    @property
    def number(self) -> int:
        """Number of the journal entry."""
        return self.entry.number

    @property
    def at(self) -> datetime:
        """Simulated time of the call."""
        return self.entry.at

    @property
    def operation(self) -> str:
        """DIT's name of the operation, empty when it could not be told."""
        return self.entry.operation

    @property
    def messages(self) -> tuple[str, ...]:
        """The messages that the call is about."""
        named = (self.selector.message,) if self.selector.message else ()
        return tuple(dict.fromkeys((*self.entry.message_ids, *named)))

    @property
    def by_ftps(self) -> bool:
        """Whether it was a command of an FTPS session; the FTP chapter then says what the client has to do."""
        return self.entry.interface == "ftps"

    @property
    def path(self) -> str | None:
        """The folder or file that an FTPS command named."""
        return text(table(self.entry.details.get("ftp")).get("path"))

    @property
    def done(self) -> bool:
        """Whether DIT carried it out."""
        return self.entry.outcome is Outcome.OK

    @property
    def answered(self) -> bool:
        """Whether it was carried out and the retailer knows."""
        return self.done and not self.lost

    @property
    def refused(self) -> bool:
        """Whether it was refused through a fault of the caller."""
        return not self.done and not self.our_trouble

    @property
    def our_trouble(self) -> bool:
        """Whether it failed through no fault of the caller."""
        details = self.entry.details
        return not self.done and (
            self.entry.fault_code in _OUR_TROUBLE or "incident" in details or bool(details.get("misbehaviour"))
        )


@dataclass(frozen=True, slots=True)
class Content:
    """What some payload turned out to be. ``complaints`` are the schema's, or why it cannot be read at all."""

    data: bytes
    located: Located | None = None
    report: ErrorReport | None = None
    complaints: tuple[Complaint, ...] = ()

    @property
    def document(self) -> Document | None:
        """The document, when it is valid and could be read."""
        return self.located.document if self.located is not None and not self.complaints else None


@dataclass(frozen=True, slots=True)
class Sent:
    """One SendMessage2 of the retailer under test, accepted or refused. ``channel`` is None when nobody can tell it."""

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

    @property
    def document(self) -> Document | None:
        """The document, when DIT accepted it and it is valid; nothing else is a base for other chapters' rules."""
        return self.content.document if self.content is not None and self.call.done and not self.is_event else None


def is_same(one: Sent, other: Sent) -> bool:
    """Tell whether two sends carry the same document (``simulator.documents.identity``), taken by DIT or not.

    Payloads that cannot be read as documents are the same when their bytes are.
    """
    if one.content is None or other.content is None:
        return False
    if one.call.entry.payload == other.call.entry.payload:
        return True
    first, second = one.content.document, other.content.document
    return first is not None and second is not None and identity(first) == identity(second)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that DIT put into a mailbox."""

    entry: Entry
    message: str
    channel: ChannelName | None
    is_event: bool
    related: str | None
    sender: str | None
    content: Content | None

    @property
    def number(self) -> int:
        """Number of the journal entry."""
        return self.entry.number


_FORM = frozenset({"money-decimals", "time-zone"})
"""What one schema forbids and another leaves to the rules of the business: a list is as wrong either way."""


class Payloads:
    """Reads payloads, each blob once."""

    def __init__(self, blob: Callable[[str], bytes], profile: Profile) -> None:
        self._blob = blob
        self._profile = profile
        self._read: dict[tuple[str, ChannelName | None, bool], Content | None] = {}

    def content(self, reference: str | None, channel: ChannelName | None, *, is_event: bool) -> Content | None:
        """What is behind a reference; None when the journal does not have the bytes."""
        if reference is None:
            return None
        key = (reference, channel, is_event)
        if key not in self._read:
            try:
                data = self._blob(reference)
            except KeyError:
                self._read[key] = None
            else:
                self._read[key] = self._event(data) if is_event else self._document(data, channel)
        return self._read[key]

    def _document(self, data: bytes, channel: ChannelName | None) -> Content:
        profile = self._profile
        try:
            tree = parse(data)
        except ParsingError as reason:
            return Content(data, complaints=(reason.complaint,))
        found = profile.channel_of_root(str(tree.getroot().tag)) if channel is None else profile.channel(channel)
        if found is None:
            return Content(data)
        complaints = profile.catalogue.validate_tree(
            found.schema_urn, tree, element=found.root, prefixes=profile.namespaces
        )
        try:
            located = read_located(tree, profile, found.name)
        except DocumentError as reason:
            return Content(data, complaints=complaints or reason.complaints)
        if not complaints and found.name is ChannelName.DISCOUNT:
            told = place(located, profile, breaches(located.document, profile))
            complaints = tuple(each for each in told if each.code in _FORM)
        return Content(data, located, complaints=complaints)

    def _event(self, data: bytes) -> Content:
        profile = self._profile
        complaints = profile.catalogue.validate(
            profile.error_schema_urn, data, element=profile.error_root, prefixes=profile.namespaces
        )
        if complaints:
            return Content(data, complaints=complaints)
        try:
            return Content(data, report=read_error_report(data, profile))
        except DocumentError as reason:
            return Content(data, complaints=reason.complaints)


def calls_of(entries: Iterable[Entry], authority: str) -> Iterator[Call]:
    """The calls of an authority. One whose caller could not be told counts too: only the retailer under test calls."""
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
    """What those calls tried to send."""
    for call in calls:
        if call.operation == SEND:
            details = table(call.entry.details)
            channel = _channel(call.entry, profile)
            is_event = details.get("message_class") == "error"
            content = payloads.content(call.entry.payload, channel, is_event=is_event)
            yield Sent(call, channel, is_event, text(details.get("related_message")), content)


def deliveries_of(entries: Iterable[Entry], authority: str, profile: Profile, payloads: Payloads) -> Iterator[Delivery]:
    """What DIT put into an authority's mailbox."""
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
    return Selector(*(text(chosen.get(each)) for each in ("channel", "version", "message")))


def _channel(entry: Entry, profile: Profile) -> ChannelName | None:
    found = profile.channel_of_version(entry.channel_version) if entry.channel_version else None
    return found.name if found is not None else None
