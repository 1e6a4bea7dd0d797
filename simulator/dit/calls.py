"""The pipeline of a call of DIT, the same for every interface.

The steps: identify the caller, inject an armed fault or act, write the journal entry, commit, answer. An interface
(SOAP, FTPS) reads calls and writes answers; it implements :class:`Call`.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from simulator import journal
from simulator.dit.refusals import Refused, as_refused, refusal_by_incident, refusal_by_store
from simulator.fault_injection.faults import AFTER, BEFORE, KINDS, SLOW_REPLY
from simulator.journal import Entry, Kind, Outcome, wall_now
from simulator.store import StoreError

if TYPE_CHECKING:
    from simulator.dit.model import Caller
    from simulator.dit.network import Network
    from simulator.dit.refusals import Refusal
    from simulator.documents.profile import Profile
    from simulator.domain.clock import Clock
    from simulator.fault_injection.faults import Faults, InjectedFault
    from simulator.journal import Json
    from simulator.store import Store, Transaction

Answer = TypeVar("Answer")

_log = logging.getLogger(__name__)

_ONLY_WHEN_CARRIED_OUT = ("payloads", "misbehaviour")
"""Details of a journal entry that are removed when the call is refused."""


@dataclass(frozen=True, slots=True)
class SimulationServices:
    """The parts of a running simulation that the interfaces use."""

    store: Store
    network: Network
    clock: Clock
    profile: Profile
    faults: Faults


@dataclass(slots=True, kw_only=True)
class CallRecord:
    """The data for a call's journal entry, filled in while the call is read and carried out.

    ``message_ids`` are the ids of the messages that the call concerned. If the call is refused, the journal gets
    ``asked`` instead: the ids that the caller named. ``payload`` is a blob reference.
    """

    operation: str = ""
    user: str | None = None
    authority: str | None = None
    channel_version: str | None = None
    asked: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()
    payload: str | None = None
    details: dict[str, Json] = field(default_factory=dict)


class Call(Protocol[Answer]):
    """A call that an interface has read, with the interface's functions to answer it."""

    @property
    def interface(self) -> str:
        """The interface's name in the journal."""
        ...

    @property
    def record(self) -> CallRecord:
        """The data for the call's journal entry."""
        ...

    def identify(self, transaction: Transaction) -> Caller:
        """Return the caller; raises Refused when the caller is not known or may not call."""
        ...

    def act(self, transaction: Transaction, caller: Caller) -> Answer:
        """Carry the call out, note in the record what it did, and return the answer; raises Refused, StoreError."""
        ...

    def keep(self, transaction: Transaction) -> None:
        """Store the payload of a call that is not carried out, and note its reference in the record."""
        ...

    def refused(self, refusal: Refusal) -> Answer:
        """Write the answer to a refused call."""
        ...

    def replaced(self, fault: InjectedFault) -> Answer:
        """Write the answer of an injected fault that replaces the call."""
        ...

    def broken_off(self, answer: Answer, fault: InjectedFault) -> Answer:
        """Return the answer changed so that it does not reach the client, or only in part."""
        ...

    def complete(self, transaction: Transaction | None, entry: Entry, answer: Answer) -> Entry:
        """Return the entry with the interface's own details of the call and of its answer.

        The bytes of both are stored in ``transaction``; it is None when there is no room for them.
        """
        ...


def carry_out(services: SimulationServices, call: Call[Answer], *, inject: Collection[str] = BEFORE | AFTER) -> Answer:
    """Carry a call out and return its answer. Every outcome is journaled before it is returned, errors included.

    The call, its journal entry, and an injected fault are one transaction. ``inject`` are the kinds of faults that may
    be injected.
    """
    committed: list[bool] = []
    answer: Answer | None = None
    delay = 0.0  # wall seconds
    try:
        with services.store.transaction() as transaction:
            transaction.after_commit(lambda: committed.append(True))
            caller = call.identify(transaction)
            call.record.authority = caller.authority
            fault = _triggered(services, call, transaction, BEFORE.intersection(inject))
            if fault is not None and fault.kind != SLOW_REPLY:
                answer = _inject(services, call, transaction, fault)
            else:
                delay = 0.0 if fault is None else fault.seconds
                answer = _act(services, call, transaction, caller, AFTER.intersection(inject))
    except Exception as error:  # noqa: BLE001 - not hidden: answered and journaled, and logged where it is ours
        if answer is None or not committed:
            return refuse(services, call, refusal_for(error))
        # The call is committed, so acknowledge it. Listeners that failed poll again later.
        _log.exception("%s was carried out, but a listener failed", call.record.operation)
    if delay:
        time.sleep(delay)
    return answer


def inject(services: SimulationServices, call: Call[Answer]) -> Answer | None:
    """Return the answer of an armed fault that replaces an identified call; None when no such fault is armed.

    It is for calls whose work begins before their transaction, such as a download. It waits for a slow reply.
    """
    if not services.faults.armed():
        return None
    with services.store.transaction() as transaction:
        fault = _triggered(services, call, transaction, BEFORE)
        if fault is not None and fault.kind != SLOW_REPLY:
            return _inject(services, call, transaction, fault)
    if fault is not None:
        time.sleep(fault.seconds)
    return None


def refuse(services: SimulationServices, call: Call[Answer], refusal: Refusal) -> Answer:
    """Journal a refused call in a new transaction and return its answer."""
    answer = call.refused(refusal)
    record = call.record
    record.message_ids = record.asked
    record.details = {name: value for name, value in record.details.items() if name not in _ONLY_WHEN_CARRIED_OUT}
    try:
        _journal_refusal(services, call, refusal, answer)
    except Exception:  # noqa: BLE001 - logged: the client's answer must not depend on it
        _log.exception("a refused call could not be journaled: %s", refusal.cause)
    return answer


def refusal_for(error: Exception) -> Refusal:
    """Return the refusal for an exception; an unexpected one is logged with the id of an incident."""
    if isinstance(error, Refused):
        return error.refusal
    if isinstance(error, StoreError):
        _log.error("the store failed: %s", error)
        return refusal_by_store(error)
    incident = uuid.uuid4().hex
    _log.error("incident %s: the simulator failed while answering a call", incident, exc_info=error)
    return refusal_by_incident(incident)


def _act(
    services: SimulationServices, call: Call[Answer], transaction: Transaction, caller: Caller, kinds: Collection[str]
) -> Answer:
    answer = call.act(transaction, caller)
    fault = _triggered(services, call, transaction, kinds)
    if fault is not None:
        call.record.details["misbehaviour"] = fault.kind
        answer = call.broken_off(answer, fault)
    journal.append(transaction, call.complete(transaction, _entry(services, call), answer))
    return answer


def _triggered(
    services: SimulationServices, call: Call[Any], transaction: Transaction, kinds: Collection[str]
) -> InjectedFault | None:
    record = call.record
    if record.authority is None or not kinds:
        return None
    return services.faults.take(record.operation, record.authority, kind=kinds, transaction=transaction)


def _inject(services: SimulationServices, call: Call[Answer], transaction: Transaction, fault: InjectedFault) -> Answer:
    """Journal and return the fault's answer, without carrying the call out."""
    record = call.record
    call.keep(transaction)
    answer = call.replaced(fault)
    record.message_ids = record.asked
    record.details["misbehaviour"] = fault.kind
    entry = replace(
        _entry(services, call),
        outcome=Outcome.FAULT,
        fault_code=fault.kind,
        cause=f"injected fault: {KINDS[fault.kind]}",
    )
    journal.append(transaction, call.complete(transaction, entry, answer))
    return answer


def _journal_refusal(services: SimulationServices, call: Call[Answer], refusal: Refusal, answer: Answer) -> None:
    try:
        with services.store.transaction() as transaction:
            call.keep(transaction)
            journal.append(transaction, as_refused(call.complete(transaction, _entry(services, call), answer), refusal))
    except StoreError as error:
        _log.warning("a refused call is journaled without its bytes: %s", error)
        call.record.payload = None
        with services.store.transaction() as transaction:
            journal.append(transaction, as_refused(call.complete(None, _entry(services, call), answer), refusal))


def _entry(services: SimulationServices, call: Call[Any]) -> Entry:
    record = call.record
    user: dict[str, Json] = {} if record.user is None else {"user": record.user}
    return Entry(
        kind=Kind.EXCHANGE,
        at=services.clock.now(),
        wall=wall_now(),
        interface=call.interface,
        operation=record.operation,
        authority=record.authority,
        channel_version=record.channel_version,
        message_ids=record.message_ids,
        payload=record.payload,
        details=user | record.details,
    )
