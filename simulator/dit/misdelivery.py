"""Injected delivery faults: messages delivered tampered, twice, or after the next one."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from simulator.dit.model import MessageClass, Payload
from simulator.fault_injection.faults import DUPLICATE_DELIVERY, OUT_OF_ORDER, TAMPERING, Faults

if TYPE_CHECKING:
    from simulator.dit.mailbox import Addressed
    from simulator.dit.model import Caller, SendRequest
    from simulator.store import Transaction


class Tamper(Protocol):
    """Changes a document as a kind of injected fault says."""

    def __call__(self, kind: str, version: str, data: bytes, *, is_event: bool) -> bytes:
        """Return the document as it is to be delivered on a channel version."""
        ...


@dataclass(frozen=True, slots=True)
class Shipment:
    """Copies that are delivered under one message id, and the kind of the injected fault that made them, if any."""

    caller: Caller
    request: SendRequest
    copies: tuple[Addressed, ...]
    fault: str | None = None


class Misdelivery:
    """Plans deliveries. Messages that are held for OUT_OF_ORDER stay in memory until the next one to that mailbox.

    What is held changes together with the transaction: a rollback restores it. Safe to share between threads.
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
        """Return the shipments to one mailbox: its copy, as the armed faults change it, and what was held for it."""
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
        """Return the kind of the armed fault that concerns this delivery, which is then counted; None without one."""
        if self._faults is None:
            return None
        fault = self._faults.take(
            "SendMessage2", caller.authority, kind=kinds, recipient=recipient, transaction=transaction
        )
        return fault.kind if fault is not None else None
