"""How a sent message is delivered: as it should be, or as the network is told to misbehave (``simulator.faults``)."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from simulator.dit.model import MessageClass, Payload
from simulator.faults import DUPLICATE_DELIVERY, OUT_OF_ORDER, TAMPERING, Faults

if TYPE_CHECKING:
    from simulator.dit.mailbox import Addressed
    from simulator.dit.model import Caller, SendRequest
    from simulator.store import Unit


class Tamper(Protocol):
    """Spoils a document for a kind of misbehaviour."""

    def __call__(self, kind: str, version: str, data: bytes, *, is_event: bool) -> bytes:
        """The document as it is to be delivered on a channel version."""
        ...


@dataclass(frozen=True, slots=True)
class Shipment:
    """Copies that are delivered under one message id, and what is wrong with that, if anything."""

    caller: Caller
    request: SendRequest
    copies: tuple[Addressed, ...]
    misbehaviour: str | None = None


class Misdelivery:
    """Plans deliveries; what is held back for the sake of disorder is kept in memory until the next to that mailbox."""

    def __init__(self, faults: Faults | None, tamper: Tamper | None) -> None:
        self._faults = faults
        self._tamper = tamper
        self._lock = threading.Lock()
        self._held: dict[str, list[Shipment]] = defaultdict(list)

    def plan(
        self, unit: Unit, caller: Caller, request: SendRequest, copies: tuple[Addressed, ...]
    ) -> tuple[Shipment, ...]:
        """The shipments of one message, in order of delivery; the first is the message itself."""
        if self._faults is None:
            return (Shipment(caller, request, copies),)
        right: list[Addressed] = []
        others: list[Shipment] = []
        for copy in copies:
            for each in self._of_copy(unit, caller, request, copy):
                if each.misbehaviour is None:
                    right.append(copy)
                else:
                    others.append(each)
        if self._strikes(caller, DUPLICATE_DELIVERY) is not None:
            others.append(Shipment(caller, request, copies, DUPLICATE_DELIVERY))
        return (Shipment(caller, request, tuple(right)), *others)

    def _of_copy(self, unit: Unit, caller: Caller, request: SendRequest, copy: Addressed) -> list[Shipment]:
        """One mailbox's part: its copy, spoilt or not, once or twice, now or later, and what waited for it."""
        own = Shipment(caller, request, (copy,))
        spoilt = self._strikes(caller, TAMPERING, copy.recipient)
        if spoilt is not None and self._tamper is not None:
            changed = copy._replace(payload=self._spoilt(unit, request, copy, spoilt))
            own = Shipment(caller, request, (changed,), spoilt)
        if self._strikes(caller, OUT_OF_ORDER, copy.recipient) is not None:
            with self._lock:
                self._held[copy.recipient].append(Shipment(caller, request, own.copies, OUT_OF_ORDER))
            return []
        twice = self._strikes(caller, DUPLICATE_DELIVERY, copy.recipient) is not None
        again = [Shipment(caller, request, own.copies, DUPLICATE_DELIVERY)] if twice else []
        with self._lock:
            return [own, *again, *self._held.pop(copy.recipient, [])]

    def _spoilt(self, unit: Unit, request: SendRequest, copy: Addressed, kind: str) -> Payload:
        if self._tamper is None:
            return copy.payload
        is_event = request.message_class is not MessageClass.BUSINESS
        data = self._tamper(kind, copy.version, unit.blob(copy.payload.reference), is_event=is_event)
        return Payload(unit.put_blob(data), len(data), copy.payload.element)

    def _strikes(self, caller: Caller, kinds: str | Collection[str], recipient: str | None = None) -> str | None:
        if self._faults is None:
            return None
        struck = self._faults.take("SendMessage2", caller.authority, kind=kinds, recipient=recipient)
        return struck.kind if struck is not None else None
