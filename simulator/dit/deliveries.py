"""Deliveries: writing the copies of a message into mailboxes and the journal, with injected delivery faults."""

from __future__ import annotations

import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from simulator import journal
from simulator.dit import mailbox
from simulator.dit.model import MessageClass, Payload
from simulator.fault_injection.faults import DUPLICATE_DELIVERY, OUT_OF_ORDER, TAMPERING
from simulator.journal import Entry, Json, Kind

if TYPE_CHECKING:
    from datetime import datetime

    from simulator.dit.mailbox import Addressed
    from simulator.dit.model import Caller, SendRequest
    from simulator.domain.clock import Clock
    from simulator.fault_injection.faults import Faults
    from simulator.store import Transaction

DeliveryCallback = Callable[[], object]


def random_id() -> str:
    """Return a new message id."""
    return str(uuid.uuid4())


class Deliveries:
    """Writes deliveries and calls their listeners. Safe to share between threads.

    ``new_id`` makes message ids.
    """

    def __init__(self, clock: Clock, faults: DeliveryFaults, new_id: Callable[[], str] = random_id) -> None:
        self._clock = clock
        self._faults = faults
        self._new_id = new_id
        self._callbacks: dict[str, list[DeliveryCallback]] = {}
        self._lock = threading.Lock()

    def on_delivery(self, authority: str, callback: DeliveryCallback) -> Callable[[], None]:
        """Call a function after each commit that put messages into an authority's mailbox.

        It is called without arguments, in the sender's thread, outside of the transaction. Returns a function that
        removes it.
        """
        with self._lock:
            self._callbacks.setdefault(authority, []).append(callback)

        def remove() -> None:
            with self._lock:
                if callback in self._callbacks[authority]:
                    self._callbacks[authority].remove(callback)

        return remove

    def deliver(
        self, transaction: Transaction, caller: Caller, request: SendRequest, copies: tuple[Addressed, ...]
    ) -> str:
        """Deliver the copies of a message, with the armed faults; returns the message's id."""
        identifier = self._new_id()
        shipments = self._faults.plan(transaction, caller, request, copies)
        self._write(transaction, shipments[0], identifier)
        for shipment in shipments[1:]:
            self._write(transaction, shipment, self._new_id())
        for authority in sorted({copy.recipient for shipment in shipments for copy in shipment.copies}):
            transaction.after_commit(partial(self._notify, authority))
        return identifier

    def purge(self, transaction: Transaction, before: datetime) -> int:
        """Delete what was delivered before a simulated time from all mailboxes; returns the number of copies.

        DIT stores messages for up to 3 months, 90 days at most (documented: integration instruction v1.09, section
        2.4). Unread messages are deleted, too (assumed).
        """
        purged = mailbox.purge(transaction, before)
        for authority, identifiers in purged.items():
            entry = Entry(
                kind=Kind.DELIVERY,
                at=self._clock.now(),
                wall=journal.wall_now(),
                interface="dit",
                operation="purge",
                authority=authority,
                message_ids=identifiers,
                details={"delivered_before": before.isoformat()},
            )
            journal.append(transaction, entry)
        return sum(len(identifiers) for identifiers in purged.values())

    def _write(self, transaction: Transaction, shipment: Shipment, identifier: str) -> None:
        at, request = self._clock.now(), shipment.request
        mailbox.add_message(transaction, identifier, shipment.caller, request, at)
        mailbox.deliver(transaction, identifier, shipment.copies, at)
        details: dict[str, Json] = {
            "message_class": str(request.message_class),
            "sender": shipment.caller.authority,
            "related_message": request.related_message,
            "event_name": request.event_name,
        }
        if shipment.fault is not None:
            details["misbehaviour"] = shipment.fault
        for copy in shipment.copies:
            entry = Entry(
                kind=Kind.DELIVERY,
                at=at,
                wall=journal.wall_now(),
                interface="dit",
                operation="deliver",
                authority=copy.recipient,
                channel_version=copy.version,
                message_ids=(identifier,),
                payload=copy.payload.reference,
                details=details,
            )
            journal.append(transaction, entry)

    def _notify(self, authority: str) -> None:
        with self._lock:
            callbacks = tuple(self._callbacks.get(authority, ()))
        for callback in callbacks:
            callback()


class Tamper(Protocol):
    """A function that changes a document for a kind of injected fault."""

    def __call__(self, kind: str, version: str, data: bytes, *, is_event: bool) -> bytes:
        """Return the changed document. ``version`` is the URN of the version that it is delivered on."""
        ...


@dataclass(frozen=True, slots=True)
class Shipment:
    """Copies that are delivered under one message id, and the kind of the injected fault that changed them, if any."""

    caller: Caller
    request: SendRequest
    copies: tuple[Addressed, ...]
    fault: str | None = None


class DeliveryFaults:
    """Injects armed faults into deliveries: messages are delivered tampered, twice, or after the next message.

    A message that is held back (OUT_OF_ORDER) stays in memory until the next message to its mailbox. A rollback of the
    transaction restores the held messages. Safe to share between threads.
    """

    def __init__(self, faults: Faults | None, tamper: Tamper | None) -> None:
        self._faults = faults
        self._tamper = tamper
        self._lock = threading.Lock()
        self._held: dict[str, list[Shipment]] = defaultdict(list)

    def plan(
        self, transaction: Transaction, caller: Caller, request: SendRequest, copies: tuple[Addressed, ...]
    ) -> tuple[Shipment, ...]:
        """Return the shipments of one message, in order of delivery; the first is the message itself."""
        if self._faults is None:
            return (Shipment(caller, request, copies),)
        correct: list[Addressed] = []
        others: list[Shipment] = []
        for copy in copies:
            for shipment in self._of_copy(transaction, caller, request, copy):
                if shipment.fault is None:
                    correct.append(copy)
                else:
                    others.append(shipment)
        if self._triggered(transaction, caller, DUPLICATE_DELIVERY) is not None:
            others.append(Shipment(caller, request, copies, DUPLICATE_DELIVERY))
        return (Shipment(caller, request, tuple(correct)), *others)

    def _of_copy(
        self, transaction: Transaction, caller: Caller, request: SendRequest, copy: Addressed
    ) -> list[Shipment]:
        """Return the shipments to one mailbox: its copy, changed by the armed faults, and the messages held for it."""
        own = Shipment(caller, request, (copy,))
        kind = self._triggered(transaction, caller, TAMPERING, copy.recipient)
        if kind is not None and self._tamper is not None:
            own = Shipment(caller, request, (self._tampered(transaction, request, copy, kind, self._tamper),), kind)
        if self._triggered(transaction, caller, OUT_OF_ORDER, copy.recipient) is not None:
            self._hold(transaction, copy.recipient, Shipment(caller, request, own.copies, OUT_OF_ORDER))
            return []
        twice = self._triggered(transaction, caller, DUPLICATE_DELIVERY, copy.recipient) is not None
        again = [Shipment(caller, request, own.copies, DUPLICATE_DELIVERY)] if twice else []
        return [own, *again, *self._release(transaction, copy.recipient)]

    def _hold(self, transaction: Transaction, recipient: str, shipment: Shipment) -> None:
        with self._lock:
            before = list(self._held[recipient])
            self._held[recipient].append(shipment)
        transaction.after_rollback(partial(self._restore, recipient, before))

    def _release(self, transaction: Transaction, recipient: str) -> list[Shipment]:
        with self._lock:
            released = self._held.pop(recipient, [])
        if released:
            transaction.after_rollback(partial(self._restore, recipient, released))
        return released

    def _restore(self, recipient: str, held: list[Shipment]) -> None:
        with self._lock:
            self._held[recipient] = held

    def _tampered(
        self, transaction: Transaction, request: SendRequest, copy: Addressed, kind: str, tamper: Tamper
    ) -> Addressed:
        is_event = request.message_class is not MessageClass.BUSINESS
        data = tamper(kind, copy.version, transaction.blob(copy.payload.reference), is_event=is_event)
        return copy._replace(payload=Payload(transaction.put_blob(data), len(data), copy.payload.element))

    def _triggered(
        self, transaction: Transaction, caller: Caller, kinds: str | Collection[str], recipient: str | None = None
    ) -> str | None:
        """Return the kind of an armed fault for this delivery, and count the fault as used; None when none is armed."""
        if self._faults is None:
            return None
        fault = self._faults.take(
            "SendMessage2", caller.authority, kind=kinds, recipient=recipient, transaction=transaction
        )
        return fault.kind if fault is not None else None
