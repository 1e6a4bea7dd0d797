"""Deliveries: messages put into mailboxes, in the journal, with their listeners told; and removed when they are old."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from simulator import journal
from simulator.dit import mailbox
from simulator.journal import Entry, Json, Kind

if TYPE_CHECKING:
    from datetime import datetime

    from simulator.dit.mailbox import Addressed
    from simulator.dit.misdelivery import Misdelivery, Shipment
    from simulator.dit.model import Caller, SendRequest
    from simulator.domain.clock import Clock
    from simulator.store import Transaction

DeliveryCallback = Callable[[], object]


def random_id() -> str:
    """Return a new message id."""
    return str(uuid.uuid4())


class Deliveries:
    """Writes deliveries and tells who listens for them. Safe to share between threads.

    ``new_id`` makes message ids; ``misdelivery`` injects delivery faults.
    """

    def __init__(self, clock: Clock, misdelivery: Misdelivery, new_id: Callable[[], str] = random_id) -> None:
        self._clock = clock
        self._misdelivery = misdelivery
        self._new_id = new_id
        self._callbacks: dict[str, list[DeliveryCallback]] = {}
        self._lock = threading.Lock()

    def on_delivery(self, authority: str, callback: DeliveryCallback) -> Callable[[], None]:
        """Have something called after each commit that put messages into an authority's mailbox.

        It is called without arguments, in the sender's thread, when others may write again. Returns a function that
        ends it.
        """
        with self._lock:
            self._callbacks.setdefault(authority, []).append(callback)

        def end() -> None:
            with self._lock:
                if callback in self._callbacks[authority]:
                    self._callbacks[authority].remove(callback)

        return end

    def deliver(
        self, transaction: Transaction, caller: Caller, request: SendRequest, copies: tuple[Addressed, ...]
    ) -> str:
        """Deliver a message's copies, as the armed faults change that; returns the message's id."""
        identifier = self._new_id()
        shipments = self._misdelivery.plan(transaction, caller, request, copies)
        self._write(transaction, shipments[0], identifier)
        for shipment in shipments[1:]:
            self._write(transaction, shipment, self._new_id())
        for authority in sorted({copy.recipient for shipment in shipments for copy in shipment.copies}):
            transaction.after_commit(partial(self._notify, authority))
        return identifier

    def purge(self, transaction: Transaction, before: datetime) -> int:
        """Remove what was delivered before a moment from all mailboxes; returns the number of copies.

        DIT stores messages for up to 3 months, 90 days at most (documented: integration instruction v1.09, 2.4). That
        unread ones stay no longer is assumed.
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
