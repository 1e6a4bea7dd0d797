"""One scenario being played: its people, a fresh simulation of the state, and the retailer that is moved.

A stage only makes traffic. What the traffic is worth, the rules say when the scenario is over.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from time import sleep
from typing import Any, cast

from conformance.retailers.protocol import Answer, DriverError
from conformance.scenarios.other_retailer import OtherRetailer
from conformance.scenarios.population import Population, neighbour_of
from conformance.scenarios.subject import Subject, Unsupported
from simulator import journal
from simulator.clock import RIGA, Clock
from simulator.dit.model import Payload, SendRequest
from simulator.documents.model import ChannelName, Period
from simulator.documents.profile import Profile
from simulator.faults import PUBLISHING, WRONG_CERTIFICATE, Misbehaviour
from simulator.journal import Entry, Json, Kind, Outcome, wall_now
from simulator.security.moments import SIMULATED
from simulator.server import Server
from simulator.simulation import Simulation

VAT_RATE = Decimal("0.21")  # standard rate on electricity; only there to be never covered
OFFICE_OPENS = time(8, 0)
_SLOW = 1.0  # wall seconds
_LEEWAY = timedelta(seconds=6)


class ScenarioError(Exception):
    """A scenario asks for something that makes no sense. A mistake in the suite, never the retailer's."""


def _message_ids(seed: str) -> Callable[[], str]:
    """Message ids that look like any GUID and are the same in every run of the same seed."""
    numbers = random.Random(seed)  # noqa: S311 - ids of a simulation, not secrets
    return lambda: str(uuid.UUID(int=numbers.getrandbits(128), version=4))


@dataclass(slots=True)
class Bill:
    """A bill of the scenario, so that later steps can cancel it."""

    invoice: str
    contract: str
    period: Period
    net: Decimal
    vat: Decimal


@dataclass(slots=True)
class Stage:
    """The scenario's people and events so far; opened with the first thing that happens."""

    name: str
    population: Population
    subject: Subject
    server: Server
    profile: Profile
    seed: int = 1
    simulation: Simulation | None = None
    bills: list[Bill] = field(default_factory=list)
    expectations: list[tuple[str, Period, Decimal]] = field(default_factory=list)
    contracts: dict[str, dict[str, Any]] = field(default_factory=dict)
    holders: dict[str, str] = field(default_factory=dict)
    complete: bool = False
    token_seconds: int | None = None

    # -- opening and closing

    def opened(self) -> Simulation:
        """The running simulation; made when first asked for, from the people introduced until then."""
        if self.simulation is None:
            world = self.population.world(self.name)
            self.simulation = Simulation.open(
                world=world,
                profile=self.profile,
                clock=Clock.frozen(datetime.combine(world.start, OFFICE_OPENS, RIGA)),
                new_id=_message_ids(f"{self.seed} {self.name}"),
                patient=True,
            )
            self.server.mount(self.simulation, token_seconds=self.token_seconds)
            self.subject.begin(self._record)
            self._tell_time()
        return self.simulation

    def close(self) -> None:
        """Close the simulation; it is gone then, so whoever wants its journal copies it before."""
        if self.simulation is not None:
            self.simulation.close()
            self.simulation = None

    # -- time

    @property
    def now(self) -> datetime:
        """Simulated time."""
        return self.opened().clock.now()

    def until(self, day: date, hour: int = 10) -> None:
        """Let time go on to this day and hour, or an hour further when that has gone by already."""
        target = datetime.combine(day, time(hour), RIGA)
        simulation = self.opened()
        simulation.advance(max(target, simulation.clock.now() + timedelta(hours=1)))
        self._tell_time()

    def _tell_time(self) -> None:
        if "clock" in self.subject.can:
            self._ask("now", at=self.now.isoformat())

    # -- the retailer

    def need(self, capability: str) -> None:
        """Stop the scenario as not tested unless the retailer can do this."""
        self.opened()
        if capability not in self.subject.can:
            raise Unsupported(f"the driver does not say that it can do {capability!r}")

    def apply(self, **event: Any) -> None:
        """Something happens in the retailer's business."""
        self._ask("apply", events=[event])

    def apply_all(self, events: list[dict[str, Any]]) -> None:
        """Many things happen at once."""
        self._ask("apply", events=events)

    def exchange(self, *channels: str) -> None:
        """The retailer's scheduled run; afterwards ALDIS has seen everything that was sent."""
        simulation = self.opened()
        self._ask("exchange", channels=list(channels))
        simulation.settle()

    def bill(self, period: Period, nets: list[tuple[str, Decimal]], issued: date | None = None) -> None:
        """The retailer bills consumption of a period; amounts net, EUR."""
        issued = issued or max(period.last_day, self.now.date())
        invoices = []
        for contract, net in nets:
            number = f"R-{period}-{len(self.bills) + 1:04d}"
            vat = (net * VAT_RATE).quantize(Decimal("0.01"), ROUND_HALF_UP)
            self.bills.append(Bill(number, contract, period, net, vat))
            invoices.append(
                {
                    "contract": contract,
                    "invoice": number,
                    "date": issued.isoformat(),
                    "net": f"{net:.2f}",
                    "vat": f"{vat:.2f}",
                }
            )
        self._ask("bill", period=str(period), invoices=invoices)

    def status(self, contract: str) -> None:
        """The retailer is asked what its own books say of a contract."""
        self.need("status")
        self._ask("status", contract=contract)

    def cancel(self, contract: str, period: Period) -> None:
        """The retailer takes a bill back whole."""
        self.need("reversals")
        bill = next((each for each in self.bills if (each.contract, each.period) == (contract, period)), None)
        if bill is None:
            raise ScenarioError(f"contract {contract} was never billed for {period}")
        credit = {
            "contract": contract,
            "invoice": f"K-{bill.invoice}",
            "date": self.now.date().isoformat(),
            "net": f"{bill.net:.2f}",
            "vat": f"{bill.vat:.2f}",
            "reverses": bill.invoice,
        }
        self._ask("bill", period=str(period), invoices=[credit])

    def _ask(self, do: str, **fields: Any) -> Answer:
        self.opened()
        return self.subject.ask(self._record, do, **fields)

    def _record(self, do: str, fields: dict[str, Any], ask: Callable[[], Answer]) -> Answer:
        self._note(do, fields)
        try:
            answer = ask()
        except DriverError as broken:
            self._note(f"{do}.answer", {"ok": False, "error": str(broken), "broken": True}, Outcome.FAULT)
            raise
        said = {"ok": answer.ok, "error": answer.error, "unsupported": answer.unsupported, **answer.fields}
        self._note(f"{do}.answer", said, Outcome.OK if answer.ok or answer.unsupported else Outcome.FAULT)
        return answer

    def _note(self, operation: str, details: dict[str, Any], outcome: Outcome = Outcome.OK) -> None:
        simulation = self.simulation
        if simulation is None:
            raise ScenarioError("nothing can be recorded before the scenario has begun")
        with simulation.store.unit() as unit:
            journal.append(
                unit,
                Entry(
                    kind=Kind.STIMULUS,
                    at=simulation.clock.now(),
                    wall=wall_now(),
                    interface="suite",
                    operation=operation,
                    authority=self.subject.retailer.authority,
                    outcome=outcome,
                    details=cast("dict[str, Json]", details),
                ),
            )

    # -- the state and the neighbours

    def misbehave(self, kind: str, operation: str) -> None:
        """The state does something wrong, once, to the retailer's next call of this operation."""
        self.opened().faults.arm(
            Misbehaviour(kind=kind, operation=operation, authority=self.subject.retailer.authority, seconds=_SLOW)
        )

    def impersonate(self) -> None:
        """The next connection meets a server whose certificate another authority has signed."""
        self.opened().faults.arm(Misbehaviour(kind=WRONG_CERTIFICATE))
        self.server.hang_up()

    def spoil_token(self, kind: str) -> None:
        """The next token that the STS issues is no good."""
        self.opened().faults.arm(Misbehaviour(kind=kind, authority=self.subject.retailer.authority))

    def until_token_ends(self) -> None:
        """Let time go on until the retailer's token has ended: simulated, or the machine's where it lives by that."""
        simulation = self.opened()
        last = None
        for entry in simulation.journal.entries():
            if entry.kind is Kind.TOKEN and entry.outcome is Outcome.OK:
                last = entry
        if last is None:
            return
        ends = datetime.fromisoformat(str(last.details["expires"])) + _LEEWAY
        if last.details["clock"] == SIMULATED:
            simulation.advance(max(ends.astimezone(RIGA), simulation.clock.now()))
            self._tell_time()
        else:
            sleep(max(0.0, (ends - wall_now()).total_seconds()))

    def misdeliver(self, kind: str) -> None:
        """The next message from BVKB reaches the retailer otherwise than it should."""
        simulation = self.opened()
        recipient = self.subject.retailer.authority
        if kind in PUBLISHING:
            simulation.faults.arm(Misbehaviour(kind=kind, authority=recipient))
            return
        simulation.faults.arm(
            Misbehaviour(kind=kind, operation="SendMessage2", authority=simulation.world.bvkb.id, recipient=recipient)
        )

    def publish_again(self, period: Period) -> None:
        """BVKB sends a month's national list once more, as it was."""
        simulation = self.opened()
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
        with simulation.store.unit() as unit:
            payload = Payload(reference, len(unit.blob(reference)), simulation.profile.national.root)
            version = simulation.profile.channel(ChannelName.DISCOUNT).version_urn()
            caller = simulation.network.caller(unit, simulation.world.bvkb.id)
            simulation.network.send(unit, caller, SendRequest(version=version, payload=payload))

    def neighbour(self) -> OtherRetailer:
        """Another retailer, which the suite plays itself."""
        return OtherRetailer(neighbour_of(self.subject.retailer), self.opened())
