"""BVKB's system ALDIS: takes in the documents in BVKB's mailbox, determines, publishes and reconciles.

ALDIS uses DIT as any authority does. Each message and each duty is one transaction with all its effects, so that after
a crash either all of them are stored or none.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime

from simulator import journal
from simulator.aldis import publishing
from simulator.aldis.decisions import Decision, Facts, decide_for
from simulator.aldis.errors import ErrorCatalogue
from simulator.aldis.intake import Arrival, Intake, Outcome
from simulator.aldis.publishing import Publisher
from simulator.aldis.rates import Rates
from simulator.aldis.reconciliation import reconcile
from simulator.aldis.register import Register
from simulator.aldis.state import (
    State,
    is_done,
    keep_determination,
    keep_document,
    keep_reconciliation,
    read_on,
    reading,
)
from simulator.dit.model import Caller, MailboxMessage, MessageClass, Payload, Selector, SendRequest
from simulator.dit.network import Network
from simulator.documents.profile import Profile
from simulator.documents.reading import DocumentError, read_error_report
from simulator.documents.timetable import Duty, DutyKind, Timetable, timetable_of
from simulator.documents.writing import write_error_report
from simulator.domain.clock import Clock
from simulator.domain.identifiers import identity
from simulator.domain.model import ChannelName, Document, ErrorReport, Period
from simulator.fault_injection.faults import LEAK, Faults
from simulator.fault_injection.wrong_documents import leaks
from simulator.store import Store, Transaction
from simulator.store.store import archive_end
from simulator.world.model import World

EVENT_NAME = "DocumentErrors"  # assumed: BVKB's name for its error events is not public


class Aldis:
    """BVKB's system ALDIS.

    Safe to share between threads. After a restart the state is read from the store's archive when it is first needed.
    """

    def __init__(
        self,
        *,
        world: World,
        profile: Profile,
        clock: Clock,
        network: Network,
        store: Store,
        timetable: Timetable | None = None,
        errors: ErrorCatalogue | None = None,
        faults: Faults | None = None,
    ) -> None:
        """Set up ALDIS for the retailers of ``world``; it begins to act with the first call of ``wake`` or ``perform``.

        ``timetable`` and ``errors`` hold what is assumed about ALDIS; by default they are the timetable of the
        profile's due days and the simulator's own catalogue. ``faults`` are the injected faults, of which ALDIS knows
        one, ``leak``.
        """
        self._world = world
        self._profile = profile
        self._clock = clock
        self._network = network
        self._store = store
        self._timetable = timetable or timetable_of(profile.due)
        self._errors = errors or ErrorCatalogue.own()
        self._faults = faults
        self._register = Register(world, determination_day=self._timetable.determination_day)
        self._rates = Rates(profile.rates)
        self._lock = threading.RLock()
        self._state: tuple[State, int] | None = None  # with the number of the last record of the archive that is in it

    # -- public operations

    def wake(self) -> int:
        """Take in all messages in BVKB's mailbox, and return how many there were.

        Raises StoreError when the store fails; the message being taken in then stays in the mailbox.
        """
        with self._lock:
            taken = 0
            while waiting := self._waiting():
                for message in waiting:
                    self._take(message)
                taken += len(waiting)
            return taken

    def exchange_with(self, world: World) -> None:
        """Replace the retailers' first months of exchange by those of ``world``; persons and facts stay as they are."""
        with self._lock:
            self._world = world

    def duties(self, after: datetime, until: datetime) -> tuple[Duty, ...]:
        """Return the duties later than ``after`` and not later than ``until`` that are not done yet, in order."""
        with self._lock:
            state = self._known()
            first = Period.of(self._world.start)
            return tuple(
                duty
                for duty in self._timetable.duties(after, until)
                if duty.period >= first and not is_done(state, duty)
            )

    def perform(self, duty: Duty) -> None:
        """Do a duty unless it was done before. Raises StoreError when the store fails; then nothing has been done."""
        with self._lock, _few_full_collections(), self._transaction() as (transaction, state):
            if is_done(state, duty):
                return
            if duty.kind is DutyKind.DETERMINE:
                self._determine(transaction, state, duty)
            else:
                self._reconcile(transaction, state, duty)

    # -- state and transactions

    def _known(self) -> State:
        with self._store.reading() as transaction:
            state, end = self._up_to_date(transaction)
        self._state = state, end
        return state

    def _up_to_date(self, transaction: Transaction) -> tuple[State, int]:
        """Return the state including what other processes on the same database have done, and the archive's end.

        Forgets the kept state, which the transaction sets again when it has been committed.
        """
        state, end = self._state or (State(self._register), 0)
        self._state = None
        return state, read_on(transaction, state, self._profile, end, self._store.spool)

    @contextmanager
    def _transaction(self) -> Iterator[tuple[Transaction, State]]:
        """Open a transaction of the store with the state that belongs to it.

        The changed state is kept only when the transaction is committed.
        """
        self._known()  # reading the whole archive, after a start, must not keep other writers waiting
        with self._store.transaction() as transaction:
            state, _ = self._up_to_date(transaction)
            yield transaction, state
            end = archive_end(transaction)
            transaction.after_commit(lambda: setattr(self, "_state", (state, end)))

    def _caller(self, transaction: Transaction) -> Caller:
        return replace(self._network.caller(transaction, self._world.bvkb.id), exempt=True)

    # -- the mailbox

    def _waiting(self) -> list[MailboxMessage]:
        with self._store.reading() as transaction:
            caller = self._caller(transaction)
            channels = (self._profile.channel(name).urn for name in ChannelName)
            messages = [
                message
                for urn in channels
                for message in self._network.list_messages(transaction, caller, Selector(channel=urn))
            ]
        return sorted(messages, key=lambda message: message.delivered_at)

    def _take(self, message: MailboxMessage) -> None:
        with self._transaction() as (transaction, state):
            caller, selector = self._caller(transaction), Selector(message=message.id)
            if not self._network.list_messages(transaction, caller, selector):
                return  # another process on the same database took it first
            (received,) = self._network.receive(transaction, caller, selector)
            if received.message_class is MessageClass.BUSINESS:
                self._take_document(transaction, state, received)
            else:
                self._take_event(transaction, received)
            self._network.delete(transaction, caller, selector)

    def _take_document(self, transaction: Transaction, state: State, message: MailboxMessage) -> None:
        channel = self._profile.channel_of_version(message.version)
        name = channel.name if channel else None
        with ExitStack() as files:
            try:
                document = files.enter_context(self._reading(transaction, message.payload.reference, name))
            except DocumentError as reason:
                unreadable = self._errors.error("unreadable", detail=str(reason))
                sent = self._answer(transaction, message, ErrorReport(None, (unreadable,)))
                details = publishing.unreadable(message, channel, self._world, unreadable, sent)
                self._write(transaction, "intake", details, message)
                return
            outcome = self._judge(transaction, state, message, document)
        if outcome.filed is not None:
            keep_document(transaction, outcome.filed)
        event: str | None = None
        if outcome.errors:
            event = self._answer(transaction, message, ErrorReport(document.header.document_id, outcome.errors))
        self._write(transaction, "intake", publishing.intake(document, outcome, event, message), message)

    def _reading(
        self, transaction: Transaction, blob: str, channel: ChannelName | None
    ) -> AbstractContextManager[Document]:
        return reading(transaction, blob, self._profile, self._store.spool, channel)

    def _judge(self, transaction: Transaction, state: State, message: MailboxMessage, document: Document) -> Outcome:
        arrival = Arrival(
            sender_authority=message.sender,
            sender=self._world.retailer(message.sender),
            at=message.delivered_at,
            message=message.id,
            blob=message.payload.reference,
        )

        def is_same(blob: str) -> bool:
            if blob == arrival.blob:
                return True
            with self._reading(transaction, blob, document.channel) as earlier:
                return identity(earlier) == identity(document)

        return Intake(state, self._profile, self._timetable, self._errors).take(document, arrival, is_same)

    def _take_event(self, transaction: Transaction, message: MailboxMessage) -> None:
        """Record a retailer's error event about a message of BVKB in the journal; ALDIS does not act on it."""
        try:
            report = read_error_report(transaction.blob(message.payload.reference), self._profile)
        except DocumentError as reason:
            report = ErrorReport(None, (self._errors.error("unreadable", detail=str(reason)),))
        channel = self._profile.channel_of_version(message.version)
        self._write(transaction, "intake", publishing.event(report, channel, self._world, message), message)

    def _answer(self, transaction: Transaction, message: MailboxMessage, report: ErrorReport) -> str:
        data = write_error_report(report, self._profile)
        payload = Payload(transaction.put_blob(data), len(data), self._profile.error_root)
        request = SendRequest(
            version=message.version,
            payload=payload,
            message_class=MessageClass.ERROR,
            receivers=(message.sender,),
            related_message=message.id,
            event_name=EVENT_NAME,
        )
        return self._network.send(transaction, self._caller(transaction), request)

    # -- the calendar

    def _determine(self, transaction: Transaction, state: State, duty: Duty) -> None:
        begins = {
            retailer.registration_number: retailer.first_month
            for retailer in self._world.retailers
            if retailer.first_month
        }
        facts = Facts(self._register, self._rates, state.contracts, state.grants, begins)
        exchanging = tuple(retailer for retailer in self._world.retailers if retailer.exchanges_in(duty.period))
        with Publisher(
            self._profile, exchanging, duty.period, self._clock.now(), transaction.incoming, self._store.scratch
        ) as publisher:
            self._decide(state, facts, duty, publisher)
            leaked_records, receivers = leaks(publisher.first_records, exchanging, self._faults, transaction)
            published = publisher.publish(leaked_records)
            national, size = transaction.adopt(published.national), published.national.size
            lines = transaction.adopt(published.lines)
        version = self._profile.channel(ChannelName.DISCOUNT).version_urn()
        payload = Payload(national, size, self._profile.national.root)
        message = self._network.send(
            transaction, self._caller(transaction), SendRequest(version=version, payload=payload)
        )
        state.determined.add(duty.period)
        keep_determination(transaction, duty.period, self._clock.now(), published.decisions, lines)
        details = publishing.determination(duty.period, published.decisions, published.counts, published.listed, lines)
        if receivers:
            details |= {"misbehaviour": LEAK, "leaked_to": list(receivers)}
        self._write(transaction, "determine", details, sent=(message, version, payload.reference))

    def _decide(self, state: State, facts: Facts, duty: Duty, publisher: Publisher) -> None:
        """Decide and publish contract by contract, and book the decisions.

        Decisions on a person with several contracts are booked last, when those on all the contracts are made.
        """
        later: list[Decision] = []
        for provider in state.contracts.providers():
            for decision in publisher.take(provider, decide_for(facts, provider, duty.period, duty.at.date())):
                if state.contracts.is_only(decision.contract, decision.person):
                    state.decided(decision.contract, decision.person, duty.period, decision.record)
                else:
                    later.append(decision)
        for decision in later:
            state.decided(decision.contract, decision.person, duty.period, decision.record)

    def _reconcile(self, transaction: Transaction, state: State, duty: Duty) -> None:
        for retailer in self._world.retailers:
            if not retailer.exchanges_in(duty.period):
                continue
            result = reconcile(state, self._errors, retailer.registration_number, duty.period)
            self._write(transaction, "reconcile", publishing.reconciliation(result))
        state.reconciled.add(duty.period)
        keep_reconciliation(transaction, duty.period, self._clock.now())

    def _write(
        self,
        transaction: Transaction,
        operation: str,
        details: dict[str, journal.Json],
        message: MailboxMessage | None = None,
        sent: tuple[str, str, str] | None = None,
    ) -> None:
        subject = (message.id, message.version, message.payload.reference) if message else sent
        entry = journal.Entry(
            kind=journal.Kind.AUTHORITY,
            at=self._clock.now(),
            wall=journal.wall_now(),
            interface="aldis",
            operation=operation,
            authority=self._world.bvkb.id,
            message_ids=(subject[0],) if subject else (),
            channel_version=subject[1] if subject else None,
            payload=subject[2] if subject else None,
            details=details,
        )
        journal.append(transaction, entry)


_YOUNG_THRESHOLD, _OLD_THRESHOLD = 50_000, 1_000_000  # for gc.set_threshold


@contextmanager
def _few_full_collections() -> Iterator[None]:
    """Make Python's garbage collector run less often, and full collections very rarely, while the block lasts.

    A full collection visits the objects of every person of a country and frees nothing, which takes a twentieth of a
    determination's time. Young objects are nearly all freed by their reference counts.
    """
    before = gc.get_threshold()
    if before[2] >= _OLD_THRESHOLD:  # another simulation in this process has set it, and will reset it
        yield
        return
    gc.set_threshold(max(before[0], _YOUNG_THRESHOLD), before[1], _OLD_THRESHOLD)
    try:
        yield
    finally:
        gc.set_threshold(*before)
