"""The environment of one scenario: its people, a fresh simulation of the state, and the system under test.

Everything here only makes traffic. The rules judge the traffic when the scenario is over.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from time import sleep
from typing import Any, cast

from conformance.retailers.protocol import Answer, DriverError
from conformance.scenarios.population import CustomerRecords, OtherRetailer, Population, neighbour_of
from conformance.scenarios.system import SystemUnderTest, Unsupported
from simulator import journal
from simulator.dit.model import Payload, SendRequest
from simulator.documents.profile import Profile
from simulator.domain.clock import RIGA, Clock
from simulator.domain.model import ChannelName, Period
from simulator.fault_injection.faults import PUBLISHING, WRONG_CERTIFICATE, InjectedFault
from simulator.http.server import Server
from simulator.http.simulation import Simulation
from simulator.journal import Entry, Json, Kind, Outcome, wall_now
from simulator.security.header import SIMULATED

VAT_RATE = Decimal("0.21")  # standard rate on electricity; the support never covers it
START_OF_DAY = time(8, 0)
_SLOW_REPLY_SECONDS = 1.0  # wall
_TOKEN_LEEWAY = timedelta(seconds=6)


class ScenarioError(Exception):
    """A scenario asks for something impossible: a mistake in the suite, never the retailer's."""


class Environment:
    """The surroundings of one scenario. The simulation is created when the first event happens.

    ``server`` gives the server on which the simulation is mounted; ``seed`` and ``name`` determine the message ids.
    ``token_seconds`` is how long tokens of the STS are valid (None: as configured); ``expected_grants`` are the amounts
    in EUR that the scenario expects ALDIS to grant a person for a month.
    """

    def __init__(
        self,
        *,
        name: str,
        population: Population,
        system: SystemUnderTest,
        server: Callable[[], Server],
        profile: Profile,
        seed: int = 1,
    ) -> None:
        self.name = name
        self.population = population
        self.system = system
        self.profile = profile
        self.simulation: Simulation | None = None
        self.token_seconds: int | None = None
        self.expected_grants: list[tuple[str, Period, Decimal]] = []
        self._server = server
        self._seed = seed

    @cached_property
    def business(self) -> Business:
        """The retailer's business: contracts, bills and scheduled exchanges."""
        return Business(self, CustomerRecords(self.population))

    @cached_property
    def faults(self) -> FaultInjection:
        """The faults that the scenario injects into network, STS and BVKB."""
        return FaultInjection(self, self._server)

    def open(self) -> Simulation:
        """Return the running simulation, created on first use with the people introduced until then."""
        if self.simulation is None:
            world = self.population.world(self.name)
            self.simulation = Simulation.open(
                world=world,
                profile=self.profile,
                clock=Clock.frozen(datetime.combine(world.start, START_OF_DAY, RIGA)),
                new_id=_message_ids(f"{self._seed} {self.name}"),
                deferred_intake=True,
            )
            self._server().mount(self.simulation, token_seconds=self.token_seconds)
            self.system.begin(self._record)
            self.send_time()
        return self.simulation

    def close(self) -> None:
        """Close the simulation; its journal is gone afterwards."""
        if self.simulation is not None:
            self.simulation.close()
            self.simulation = None

    @property
    def now(self) -> datetime:
        """Simulated time."""
        return self.open().clock.now()

    def advance_to(self, day: date, hour: int = 10) -> None:
        """Advance simulated time to a day and hour, or by an hour when that moment has passed."""
        simulation = self.open()
        moment = datetime.combine(day, time(hour), RIGA)
        simulation.advance(max(moment, simulation.clock.now() + timedelta(hours=1)))
        self.send_time()

    def send_time(self) -> None:
        """Tell the driver the simulated time, if it can take it."""
        if "clock" in self.system.can:
            self.ask("now", at=self.now.isoformat())

    def require(self, ability: str) -> None:
        """Raise Unsupported unless the driver says that it can do this."""
        self.open()
        if ability not in self.system.can:
            raise Unsupported(f"the driver does not say that it can do {ability!r}")

    def ask(self, do: str, **fields: Any) -> Answer:
        """Send the driver a request; request and answer are journaled. Raises as :meth:`SystemUnderTest.ask`."""
        self.open()
        return self.system.ask(self._record, do, **fields)

    def neighbour(self) -> OtherRetailer:
        """Return another retailer, which the suite runs itself."""
        return OtherRetailer(neighbour_of(self.system.retailer), self.open())

    def _record(self, do: str, fields: dict[str, Any], ask: Callable[[], Answer]) -> Answer:
        self._write(do, fields)
        try:
            answer = ask()
        except DriverError as error:
            self._write(f"{do}.answer", {"ok": False, "error": str(error), "broken": True}, Outcome.FAULT)
            raise
        details = {"ok": answer.ok, "error": answer.error, "unsupported": answer.unsupported, **answer.fields}
        self._write(f"{do}.answer", details, Outcome.OK if answer.ok or answer.unsupported else Outcome.FAULT)
        return answer

    def _write(self, operation: str, details: dict[str, Any], outcome: Outcome = Outcome.OK) -> None:
        simulation = self.simulation
        if simulation is None:
            raise ScenarioError("nothing can be recorded before the scenario has begun")
        entry = Entry(
            kind=Kind.STIMULUS,
            at=simulation.clock.now(),
            wall=wall_now(),
            interface="suite",
            operation=operation,
            authority=self.system.retailer.authority,
            outcome=outcome,
            details=cast("dict[str, Json]", details),
        )
        with simulation.store.transaction() as transaction:
            journal.append(transaction, entry)


def _message_ids(seed: str) -> Callable[[], str]:
    """Return a source of random message ids that are the same in every run of the same seed."""
    numbers = random.Random(seed)  # noqa: S311 - ids of a simulation, not secrets
    return lambda: str(uuid.UUID(int=numbers.getrandbits(128), version=4))


@dataclass(frozen=True, slots=True)
class _Bill:
    """A bill of the scenario; ``net`` and ``vat`` in EUR."""

    invoice: str
    contract: str
    period: Period
    net: Decimal
    vat: Decimal


@dataclass(slots=True)
class Business:
    """Moves the retailer's business through the driver. ``contracts`` holds their current data, in protocol words."""

    environment: Environment
    customers: CustomerRecords
    contracts: dict[str, dict[str, Any]] = field(default_factory=dict)
    holders: dict[str, str] = field(default_factory=dict)
    _bills: list[_Bill] = field(default_factory=list)

    def contract(self, number: str) -> dict[str, Any]:
        """Return the current data of a contract; raises ScenarioError when nobody signed it."""
        if number not in self.contracts:
            raise ScenarioError(f"contract {number} was never signed in this scenario")
        return self.contracts[number]

    def apply(self, *events: dict[str, Any]) -> None:
        """Let business events happen at the retailer, all in one request."""
        self.environment.ask("apply", events=list(events))

    def exchange(self, *channels: str) -> None:
        """Start the retailer's scheduled exchange and wait until ALDIS has processed what was sent."""
        simulation = self.environment.open()
        self.environment.ask("exchange", channels=list(channels))
        simulation.settle()

    def bill(self, period: Period, amounts: list[tuple[str, Decimal]]) -> None:
        """Bill contracts for the consumption of a period, at the end of the month; net amounts in EUR."""
        if self.environment.now.date() < period.last_day:
            self.environment.advance_to(period.last_day, 18)
        issued = max(period.last_day, self.environment.now.date())
        invoices = []
        for contract, net in amounts:
            vat = (net * VAT_RATE).quantize(Decimal("0.01"), ROUND_HALF_UP)
            bill = _Bill(f"R-{period}-{len(self._bills) + 1:04d}", contract, period, net, vat)
            self._bills.append(bill)
            invoices.append(_invoice(bill, bill.invoice, issued))
        self.environment.ask("bill", period=str(period), invoices=invoices)

    def reverse(self, contract: str, period: Period) -> None:
        """Reverse the bill of a contract for a period in full."""
        self.environment.require("reversals")
        bill = next((bill for bill in self._bills if (bill.contract, bill.period) == (contract, period)), None)
        if bill is None:
            raise ScenarioError(f"contract {contract} was never billed for {period}")
        credit_note = _invoice(bill, f"K-{bill.invoice}", self.environment.now.date()) | {"reverses": bill.invoice}
        self.environment.ask("bill", period=str(period), invoices=[credit_note])

    def status(self, contract: str) -> None:
        """Ask the retailer for the state of a contract in its own books."""
        self.environment.require("status")
        self.environment.ask("status", contract=contract)


def _invoice(bill: _Bill, number: str, issued: date) -> dict[str, str]:
    return {
        "contract": bill.contract,
        "invoice": number,
        "date": issued.isoformat(),
        "net": f"{bill.net:.2f}",
        "vat": f"{bill.vat:.2f}",
    }


@dataclass(frozen=True, slots=True)
class FaultInjection:
    """Injects faults into the retailer's next call, connection, token or delivery; each is triggered once."""

    environment: Environment
    server: Callable[[], Server]

    def on_call(self, kind: str, operation: str) -> None:
        """Inject a fault into the retailer's next call of an operation."""
        self._arm(InjectedFault(kind, operation, self._retailer, seconds=_SLOW_REPLY_SECONDS))

    def on_connection(self) -> None:
        """Show the next connection the certificate of another authority; open connections are closed."""
        self._arm(InjectedFault(WRONG_CERTIFICATE))
        self.server().hang_up()

    def on_token(self, kind: str) -> None:
        """Make the next token of the STS invalid."""
        self._arm(InjectedFault(kind, authority=self._retailer))

    def on_delivery(self, kind: str) -> None:
        """Inject a fault into the next message from BVKB to the retailer."""
        if kind in PUBLISHING:
            self._arm(InjectedFault(kind, authority=self._retailer))
            return
        bvkb = self.environment.open().world.bvkb.id
        self._arm(InjectedFault(kind, "SendMessage2", bvkb, recipient=self._retailer))

    def clear(self) -> None:
        """Remove the faults that have not been triggered yet."""
        self.environment.open().faults.disarm()

    def publish_again(self, period: Period) -> None:
        """Send a month's national discount list once more, unchanged. Raises ScenarioError when there is none."""
        simulation = self.environment.open()
        reference = next(
            (
                entry.payload
                for entry in simulation.journal.entries()
                if entry.operation == "determine" and entry.details.get("period") == str(period)
            ),
            None,
        )
        if reference is None:
            raise ScenarioError(f"ALDIS has not decided for {period} yet")
        with simulation.store.transaction() as transaction:
            payload = Payload(reference, len(transaction.blob(reference)), simulation.profile.national.root)
            version = simulation.profile.channel(ChannelName.DISCOUNT).version_urn()
            caller = simulation.network.caller(transaction, simulation.world.bvkb.id)
            simulation.network.send(transaction, caller, SendRequest(version=version, payload=payload))

    def let_token_expire(self) -> None:
        """Advance the clock past the expiry of the retailer's token; sleep when it uses the machine's clock."""
        simulation = self.environment.open()
        issued = [
            entry for entry in simulation.journal.entries() if entry.kind is Kind.TOKEN and entry.outcome is Outcome.OK
        ]
        if not issued:
            return
        expiry = datetime.fromisoformat(str(issued[-1].details["expires"])) + _TOKEN_LEEWAY
        if issued[-1].details["clock"] == SIMULATED:
            simulation.advance(max(expiry.astimezone(RIGA), simulation.clock.now()))
            self.environment.send_time()
        else:
            sleep(max(0.0, (expiry - wall_now()).total_seconds()))

    @property
    def _retailer(self) -> str:
        return self.environment.system.retailer.authority

    def _arm(self, fault: InjectedFault) -> None:
        self.environment.open().faults.arm(fault)
