"""The operations of DIT on messages, independent of SOAP and FTPS. Each works in the caller's transaction.

A refused operation changes nothing, even when its transaction is committed for the journal entry: each operation makes
all checks first and writes last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from simulator.dit import mailbox
from simulator.dit.configuration import Registry
from simulator.dit.deliveries import Deliveries, DeliveryFaults, random_id
from simulator.dit.directory import routes
from simulator.dit.duties import Duties, Poll, PollKind
from simulator.dit.mailbox import Action, canonical, next_status, not_in_mailbox, not_manual, require_one
from simulator.dit.model import MessageClass, MessageStatus
from simulator.dit.refusals import Refused
from simulator.dit.rights import Use, charge
from simulator.dit.sending import Sending
from simulator.domain.model import ChannelRight
from simulator.settings.files import data_root

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.dit.deliveries import Tamper
    from simulator.dit.directory import Directory
    from simulator.dit.model import Caller, MailboxMessage, Selector, SendRequest
    from simulator.dit.rights import NetworkRules
    from simulator.dit.sending import Examined, Schemas
    from simulator.documents.parsing import Pieces
    from simulator.domain.clock import Clock
    from simulator.fault_injection.faults import Faults
    from simulator.store import Transaction


class Network:
    """The data distribution network: its six operations on messages.

    ``registry`` holds channels, versions, users and rights; ``deliveries`` calls listeners. Safe to share between
    threads. Names and statuses are documented (VRAA, DIT integration instruction v1.09); every refusal states its
    source and basis.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        catalogue: Schemas,
        rules: NetworkRules,
        new_id: Callable[[], str] = random_id,
        faults: Faults | None = None,
        tamper: Tamper | None = None,
        stylesheets: Path | None = None,
    ) -> None:
        """Set up a network. It has no channels until ``registry.install`` is called.

        ``new_id`` makes message ids. ``tamper`` changes a document for an injected fault of ``faults``. The paths of
        transformations are relative to ``stylesheets``, by default ``schemas/``.
        """
        stylesheets = stylesheets or data_root("schemas")
        self.registry = Registry(stylesheets)
        self.deliveries = Deliveries(clock, DeliveryFaults(faults, tamper), new_id)
        self._clock = clock
        self._environment = rules.environment
        self._month_bytes = rules.month_bytes
        self._duties = None if rules.poll_seconds is None else Duties(rules.poll_seconds)
        self._sending = Sending(
            catalogue=catalogue,
            message_bytes=rules.message_bytes,
            validate_on_send=rules.validate_on_send,
            stylesheets=stylesheets,
            transformation_seconds=rules.transformation_seconds,
        )

    def directory(self, transaction: Transaction) -> Directory:
        """Return the directory of authorities, users, channels, versions and rights."""
        return self.registry.directory(transaction)

    def caller(self, transaction: Transaction, user: str) -> Caller:
        """Return the caller of a DIT user name or 6-digit authority id; raises Refused for anyone else."""
        return self.directory(transaction).caller(user)

    # The six operations

    def examine(self, directory: Directory, caller: Caller, request: SendRequest, pieces: Pieces) -> Examined | None:
        """Validate a large payload before its message is sent, outside of any transaction: no other call waits for it.

        ``pieces`` gives the payload's bytes. The result is for :meth:`send`; it is None when the payload is small, when
        validation is off, and when the message will be refused for another reason.
        """
        try:
            version = directory.version(request.version)
            self._require_right(directory, caller, version.channel, version.urn, ChannelRight.SEND)
            routes(directory, caller, version, request)
        except Refused:
            return None
        business = request.message_class is MessageClass.BUSINESS
        return self._sending.examine(version, request.payload, pieces, business=business)

    def send(
        self, transaction: Transaction, caller: Caller, request: SendRequest, examined: Examined | None = None
    ) -> str:
        """Carry out SendMessage2: check right, size, channel and schema, then store and deliver; return the message id.

        The payload's blob must have been put into the transaction, or committed before; ``examined`` is the result of
        :meth:`examine`, if it was called. DIT's reply has no message id, so the interfaces do not send it. Raises
        Refused, and StorageFull when there is no room.
        """
        if request.related_message is not None:
            request = replace(request, related_message=canonical(request.related_message))
        directory = self.directory(transaction)
        version = directory.version(request.version)
        self._require_right(directory, caller, version.channel, version.urn, ChannelRight.SEND)
        outgoing = self._sending.prepare(transaction, directory, caller, request, examined)
        try:
            copies = tuple(outgoing_copy.addressed(transaction) for outgoing_copy in outgoing)
        finally:
            for outgoing_copy in outgoing:
                outgoing_copy.close()
        if self._month_bytes is not None:
            charge(transaction, caller.authority, self._clock.now().date(), request.payload.size, self._month_bytes)
        return self.deliveries.deliver(transaction, caller, request, copies)

    def receive(self, transaction: Transaction, caller: Caller, selector: Selector) -> tuple[MailboxMessage, ...]:
        """Carry out ReceiveMessage2: return the delivered messages of a channel or version, or one message by its id.

        The messages are in order of delivery, and become read. A message that is requested by its id may have been read
        before. Raises Refused.
        """
        poll = self._poll(transaction, caller, selector, PollKind.RECEIVE)
        messages = self._selected(transaction, caller, selector, _WAITING, Action.RECEIVE)
        self._polled(transaction, caller, poll, messages)
        now = self._clock.now()
        mailbox.set_status(
            transaction, caller.authority, [message.id for message in messages], MessageStatus.READ, read_at=now
        )
        return tuple(replace(message, status=MessageStatus.READ, read_at=now) for message in messages)

    def list_messages(
        self,
        transaction: Transaction,
        caller: Caller,
        selector: Selector,
        *,
        read: bool = False,
        classes: frozenset[MessageClass] | None = None,
    ) -> tuple[MailboxMessage, ...]:
        """Carry out ReceiveMessageList: return the caller's delivered messages, or with ``read`` those already read.

        ``classes`` restricts the list to some classes of messages, for a folder of FTPS; such a list counts as a
        separate poll. No message is changed. Raises Refused.
        """
        status = MessageStatus.READ if read else MessageStatus.DELIVERED
        poll = self._poll(transaction, caller, selector, PollKind.LIST_READ if read else PollKind.LIST, classes)
        messages = self._selected(transaction, caller, selector, frozenset({status}), None)
        if classes is not None:
            messages = tuple(message for message in messages if message.message_class in classes)
        self._polled(transaction, caller, poll, messages)
        return tuple(message for message in messages if message.status is status)

    def look(self, transaction: Transaction, caller: Caller, message_id: str) -> MailboxMessage | None:
        """Return a message of the caller's mailbox, in any status; None when there is none. Changes nothing.

        Raises Refused when the caller's user has no right to receive on the message's channel.
        """
        message = mailbox.find(transaction, caller.authority, canonical(message_id))
        if message is not None:
            self._require_right(self.directory(transaction), caller, message.channel, message.version)
        return message

    def restore(self, transaction: Transaction, caller: Caller, ids: Iterable[str]) -> tuple[str, ...]:
        """Carry out RestoreMessageList: make read messages delivered again, all or none; return their ids.

        Raises Refused, for a delivered message with DIT's documented text.
        """
        wanted = tuple(dict.fromkeys(canonical(identifier) for identifier in ids))
        for identifier in wanted:
            next_status(self._own(transaction, caller, identifier).status, Action.RESTORE, message=identifier)
        mailbox.set_status(transaction, caller.authority, wanted, MessageStatus.DELIVERED)
        return wanted

    def delete(self, transaction: Transaction, caller: Caller, selector: Selector) -> tuple[str, ...]:
        """Carry out DeleteMessage: delete one message, or the caller's messages of a channel or version.

        Returns their ids. By channel it deletes messages that are delivered, read or processed (documented). Raises
        Refused.
        """
        messages = self._selected(transaction, caller, selector, _ALIVE, Action.DELETE)
        identifiers = tuple(message.id for message in messages)
        mailbox.set_status(transaction, caller.authority, identifiers, MessageStatus.DELETED)
        return identifiers

    def confirm(self, transaction: Transaction, caller: Caller, message_id: str) -> None:
        """Carry out ConfirmationAck: mark a read message as processed.

        Raises Refused, also when the message's version has no manual acknowledgement.
        """
        message = self._own(transaction, caller, canonical(message_id))
        version = self.directory(transaction).version(message.version)
        if not version.manual_acknowledgement:
            raise not_manual(message.id, version.urn)
        after = next_status(message.status, Action.CONFIRM, message=message.id)
        mailbox.set_status(transaction, caller.authority, [message.id], after)

    def versions_of(self, transaction: Transaction, caller: Caller, ids: Iterable[str]) -> tuple[str, ...]:
        """Return the URNs of the versions under which messages are in the caller's mailbox."""
        return mailbox.versions_of(transaction, caller.authority, ids)

    # Steps

    def _selected(
        self,
        transaction: Transaction,
        caller: Caller,
        selector: Selector,
        statuses: frozenset[MessageStatus],
        action: Action | None,
    ) -> tuple[MailboxMessage, ...]:
        """Return the selected messages: by channel or version those with one of ``statuses``, by id that one message.

        With ``action``, a message that is selected by its id must be in a status that the action allows.
        """
        directory = self.directory(transaction)
        require_one(selector)
        if selector.message is not None:
            message = self._own(transaction, caller, canonical(selector.message))
            if action is not None:
                next_status(message.status, action, message=message.id)
            return (message,)
        if selector.version is not None:
            version = directory.version(selector.version)
            self._require_right(directory, caller, version.channel, version.urn)
            directory.require_version_access(caller, version)
            return mailbox.find_all(
                transaction, caller.authority, statuses, channel=version.channel, version=version.urn
            )
        channel = directory.channel(selector.channel or "")
        self._require_right(directory, caller, channel.urn, channel.urn)
        directory.require_channel_access(caller, channel)
        return mailbox.find_all(transaction, caller.authority, statuses, channel=channel.urn)

    def _poll(
        self,
        transaction: Transaction,
        caller: Caller,
        selector: Selector,
        kind: PollKind,
        classes: frozenset[MessageClass] | None = None,
    ) -> Poll | None:
        """Return a call as a poll that the caller may make now; None when no duty is enforced. Raises Refused."""
        if self._duties is None or caller.exempt or selector.message is not None:
            return None
        require_one(selector)
        directory = self.directory(transaction)
        version = None if selector.version is None else directory.version(selector.version)
        channel = directory.channel(version.channel if version is not None else selector.channel or "")
        poll = Poll(kind, channel.urn, selector.version, self._clock.now(), classes)
        self._duties.require(transaction, caller, poll)
        return poll

    def _polled(
        self, transaction: Transaction, caller: Caller, poll: Poll | None, messages: tuple[MailboxMessage, ...]
    ) -> None:
        if self._duties is not None and poll is not None:
            self._duties.remember(transaction, caller, poll, messages)

    def _own(self, transaction: Transaction, caller: Caller, identifier: str) -> MailboxMessage:
        message = mailbox.find(transaction, caller.authority, identifier)
        if message is None:
            raise not_in_mailbox(caller, identifier, exists=mailbox.related(transaction, identifier) is not None)
        self._require_right(self.directory(transaction), caller, message.channel, message.version)
        return message

    def _require_right(
        self,
        directory: Directory,
        caller: Caller,
        channel: str,
        place: str,
        right: ChannelRight = ChannelRight.RECEIVE,
    ) -> None:
        """Raise Refused when the caller's user has no right on a channel today; ``place`` is the URN in the call."""
        use = Use(channel, place, self._environment, right, self._clock.now().date())
        directory.require_right(caller, use)


_WAITING = frozenset({MessageStatus.DELIVERED})
_ALIVE = frozenset({MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.PROCESSED})
