"""A running simulation: clock, store, DIT, and ALDIS, which reads the mailbox of BVKB."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Self

from simulator import journal
from simulator.aldis.authority import Aldis
from simulator.dit import configuration
from simulator.dit.calls import SimulationServices
from simulator.dit.configuration import Configuration
from simulator.dit.deliveries import random_id
from simulator.dit.network import Network
from simulator.dit.rights import UNBOUNDED, Grant, GrantKey, Options
from simulator.documents.profile import Profile
from simulator.documents.timetable import Duty
from simulator.domain.clock import Clock
from simulator.domain.model import Environment
from simulator.fault_injection.faults import Faults
from simulator.fault_injection.wrong_documents import Tampering
from simulator.http.provisioning import exchanging, grants_for, installation_for
from simulator.journal import Entry, Kind, StoredJournal, wall_now
from simulator.journal.run_metadata import RunMetadata, record_run, recorded_run
from simulator.store import Store, Transaction
from simulator.world.model import World

_log = logging.getLogger(__name__)


class SimulationFailed(Exception):
    """ALDIS failed, through a fault of the simulator's and not of the retailer's. Its messages are tried again."""


class Simulation:
    """DIT and ALDIS over one store and one clock.

    ALDIS works on its own thread, because the real one works apart from the network: a call is answered before ALDIS
    has read the document. ``settle`` waits until ALDIS has nothing left to do.
    """

    def __init__(
        self,
        *,
        world: World,
        profile: Profile,
        store: Store,
        clock: Clock,
        new_id: Callable[[], str] | None = None,
        deferred_intake: bool = False,
        options: Options | None = None,
    ) -> None:
        """Set up DIT for a world, or go on with the one in the store.

        ``new_id`` makes DIT's message ids, by default at random. With ``deferred_intake``, ALDIS reads its mailbox only
        in ``settle`` and ``advance``, so that the order of events does not depend on threads. ``options`` are DIT's.
        Raises StoreError, and RunMetadataError when the store was made in another world or under another profile.
        """
        self.options = options or Options()
        self.world = world
        self.profile = profile
        self.store = store
        self.clock = clock
        self.faults = Faults()
        self.journal = StoredJournal(store)
        self.network = Network(
            clock=clock,
            catalogue=profile.catalogue,
            rules=self.options.rules(profile.limits),
            faults=self.faults,
            tamper=Tampering(profile, (retailer.registration_number for retailer in world.retailers)),
            new_id=new_id or random_id,
        )
        self._started_at = self._install()
        self.aldis = Aldis(
            world=world, profile=profile, clock=clock, network=self.network, store=store, faults=self.faults
        )
        self.services = SimulationServices(store, self.network, clock, profile, self.faults)
        self._worker = _Worker(self.aldis, deferred_intake=deferred_intake)
        self.network.deliveries.on_delivery(world.bvkb.id, self._worker.wake)
        self._worker.wake()  # what was acknowledged before a crash is still to be taken in
        self.catch_up()

    @classmethod
    def open(
        cls,
        *,
        world: World,
        profile: Profile,
        clock: Clock,
        directory: Path | None = None,
        url: str | None = None,
        new_id: Callable[[], str] | None = None,
        deferred_intake: bool = False,
        options: Options | None = None,
    ) -> Self:
        """Open or create a simulation in a folder or a database; in a temporary folder when neither is given.

        Simulated time continues from the last entry of the journal. The parameters are those of ``Simulation``. Raises
        StoreError when the folder or database cannot be used, RunMetadataError when it was made in another world or
        under another profile.
        """
        store = Store.open(directory, url=url)
        try:
            last = StoredJournal(store).last_moment()
            if last is not None and not clock.is_real and last > clock.now():
                clock.advance(last)
            return cls(
                world=world,
                profile=profile,
                store=store,
                clock=clock,
                new_id=new_id,
                deferred_intake=deferred_intake,
                options=options,
            )
        except BaseException:
            store.close()
            raise

    def _install(self) -> datetime:
        with self.store.transaction() as transaction:
            recorded = recorded_run(transaction)
            run = RunMetadata(
                world=self.world,
                profile=self.profile.name,
                started_at=self.clock.now(),
                environment=self.options.environment,
            )
            if recorded is None:
                record_run(transaction, run)
            else:
                recorded.must_equal(run)
            self.network.registry.grant(
                transaction, grants_for(self.world, self.profile, self.options.environment), overwrite=False
            )
            self._configure(transaction, self._configuration(transaction, self.clock.now().date()))
        return (recorded or run).started_at

    def _configuration(self, transaction: Transaction, on: date) -> Configuration:
        """Return the configuration of DIT on a day; the rights on a channel determine who takes part in it."""
        environment = self.options.environment
        grants = configuration.read_grants(transaction)
        grants = {key: grant for key, grant in grants.items() if key.environment is environment}
        return installation_for(self.world, self.profile, on, grants)

    def _configure(self, transaction: Transaction, setup: Configuration) -> None:
        self.network.registry.install(transaction, setup)
        self._subscriptions = setup.subscriptions

    def _reach(self, now: datetime) -> None:
        """Apply the changes of DIT that depend on time alone: open access, purge messages past retention."""
        self._open_access(now.date())
        oldest = now - timedelta(days=self.profile.limits.retention_days.value)
        if oldest > self._started_at:
            with self.store.transaction() as transaction:
                self.network.deliveries.purge(transaction, oldest)

    def _open_access(self, on: date) -> None:
        """Subscribe the users with rights on a day to DIT's channels, and add their retailers to the exchange."""
        with self.store.reading() as transaction:
            setup, grants = self._configuration(transaction, on), self.network.directory(transaction).grants
        if setup.subscriptions != self._subscriptions:
            with self.store.transaction() as transaction:
                self._configure(transaction, setup)
        if self.options.environment is Environment.PRODUCTION:
            self.aldis.exchange_with(exchanging(self.world, self.profile, grants))

    # -- rights, while it runs

    def rights(self) -> tuple[Grant, ...]:
        """Return all recorded rights, in order of user and channel. A user without a recorded right has every right."""
        with self.store.reading() as transaction:
            return tuple(sorted(self.network.directory(transaction).grants.values(), key=lambda grant: grant.key))

    def change_rights(
        self, keys: Iterable[GrantKey], *, opened: date | None = None, closed: date | None = None
    ) -> None:
        """Open rights from a day on, or close them from a day on; give one of the two days. The change is journaled."""
        chosen = tuple(keys)
        with self.store.transaction() as transaction:
            known = self.network.directory(transaction).grants
            if opened is not None:
                changed = tuple(Grant(grant_key, opened) for grant_key in chosen)
            else:
                changed = tuple(
                    replace(known.get(grant_key, Grant(grant_key, UNBOUNDED)), closed=closed) for grant_key in chosen
                )
            self.network.registry.grant(transaction, changed)
            for grant in changed:
                details: dict[str, journal.Json] = {
                    **grant.key._asdict(),
                    "opened": None if grant.opened in (None, UNBOUNDED) else str(grant.opened),
                    "closed": None if grant.closed is None else str(grant.closed),
                }
                self._note(
                    transaction, Kind.RIGHT, "open" if opened is not None else "close", self.clock.now(), details
                )
        self._open_access(self.clock.now().date())

    def settle(self) -> None:
        """Wait until ALDIS has processed all messages in its mailbox; raises SimulationFailed when it could not."""
        self._worker.settle()

    def advance(self, to: datetime) -> None:
        """Advance simulated time to a moment. ALDIS does each duty that is due until then, at its own time.

        Raises ClockError when ``to`` is before now, SimulationFailed when ALDIS could not do a duty.
        """
        self.settle()
        start = self.clock.now()
        for duty in self.aldis.duties(start, to):
            self.clock.advance(max(duty.at, self.clock.now()))
            self._reach(self.clock.now())
            self._worker.perform(self.aldis.perform, duty)
        self.clock.advance(to)
        self._reach(to)
        with self.store.transaction() as transaction:
            self._note(transaction, Kind.CLOCK, "advance", to, {"from": start.isoformat(), "to": to.isoformat()})

    def _note(
        self, transaction: Transaction, kind: Kind, operation: str, at: datetime, details: dict[str, journal.Json]
    ) -> None:
        """Journal an intervention from outside, such as a change of the clock or of rights."""
        entry = Entry(kind=kind, at=at, wall=wall_now(), interface="admin", operation=operation, details=details)
        journal.append(transaction, entry)

    def catch_up(self) -> None:
        """Do the duties that are due and not done, after a crash or on a real clock. Raises SimulationFailed."""
        self._reach(self.clock.now())
        for duty in self.aldis.duties(self._started_at, self.clock.now()):
            self._worker.perform(self.aldis.perform, duty)

    def close(self) -> None:
        """Stop ALDIS after the current document and close the store."""
        self._worker.stop()
        self.store.close()


class _Worker:
    """The thread of ALDIS. ``settle`` raises the error of a failed wake-up; the messages stay in the mailbox."""

    def __init__(self, aldis: Aldis, *, deferred_intake: bool = False) -> None:
        self._aldis = aldis
        self._deferred_intake = deferred_intake
        self._mail = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="aldis")
        self._lock = threading.Lock()
        self._pending: Future[int] | None = None
        self._failure: BaseException | None = None

    def wake(self) -> None:
        if self._deferred_intake:
            self._mail = True
        else:
            self._look()

    def _look(self) -> None:
        with self._lock:
            # One wake-up that has not begun yet will see this message too.
            if self._pending is None or self._pending.running() or self._pending.done():
                self._pending = self._thread.submit(self._aldis.wake)
                self._pending.add_done_callback(self._note)

    def _note(self, done: Future[int]) -> None:
        failure = done.exception()
        if failure is not None:
            self._failure = failure
            _log.error("ALDIS could not take in its mail and will try again: %s", failure, exc_info=failure)

    def settle(self) -> None:
        if self._mail:
            self._mail = False
            self._look()
        self._thread.submit(lambda: None).result()
        if self._failure is not None:
            failure, self._failure = self._failure, None
            self.wake()
            raise SimulationFailed(f"ALDIS could not take in its mail: {failure}") from failure

    def perform(self, act: Callable[[Duty], None], duty: Duty) -> None:
        try:
            self._thread.submit(act, duty).result()
        except Exception as failure:
            raise SimulationFailed(f"ALDIS could not do its duty: {failure}") from failure

    def stop(self) -> None:
        self._thread.shutdown(wait=True)
