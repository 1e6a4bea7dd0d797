"""The simulated state, running and served, for tests of retailers over the wire."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from simulator.dit.model import Payload, SendRequest
from simulator.documents.profile import load_profile
from simulator.documents.writing import write_national
from simulator.domain.clock import RIGA, Clock
from simulator.domain.identifiers import synthetic_metering_point, synthetic_personal_code
from simulator.domain.model import Category, ChannelName
from simulator.http.server import Server
from simulator.http.simulation import Simulation
from simulator.journal import Entry, Kind, Outcome
from simulator.world.model import Authority, Resident, Retailer, Spell, World

if TYPE_CHECKING:
    from collections.abc import Iterator

RETAILER = Retailer("Paraugs Enerģija", "40009990008", "100777", "dit-100777", 1)
ANNA = Resident(synthetic_personal_code(11), "Anna", "Šķēle", "Rožu iela 1, Rīga")
WORLD = World(
    name="retailer tests",
    start=date(2026, 3, 1),
    bvkb=Authority("100500", "Būvniecības valsts kontroles birojs"),
    retailers=(RETAILER,),
    residents=(ANNA,),
    spells=(Spell(ANNA.code, Category.LARGE_FAMILY, date(2025, 1, 1)),),
)
PROFILE = load_profile()


@dataclass
class State:
    """A simulation, and what the tests ask of it."""

    simulation: Simulation
    base: str

    def at(self, moment: str) -> str:
        """Let time go on; returns the moment as the protocol wants it."""
        to = datetime.fromisoformat(moment).replace(tzinfo=RIGA)
        self.simulation.advance(to)
        return to.isoformat()

    def calls(self) -> list[str]:
        """The operations called so far."""
        return [entry.operation for entry in self.entries(Kind.EXCHANGE)]

    def entries(self, kind: Kind, operation: str | None = None) -> list[Entry]:
        """Entries of the journal."""
        self.simulation.settle()
        entries = self.simulation.journal.entries()
        return [entry for entry in entries if entry.kind is kind and operation in (None, entry.operation)]

    def intakes(self) -> list[Entry]:
        """What ALDIS took in."""
        return self.entries(Kind.AUTHORITY, "intake")

    def faults(self) -> list[Entry]:
        """The calls that were refused."""
        return [entry for entry in self.entries(Kind.EXCHANGE) if entry.outcome is Outcome.FAULT]

    def reconciled(self) -> dict[str, Any]:
        """ALDIS's last reconciliation of the retailer."""
        return dict(self.entries(Kind.AUTHORITY, "reconcile")[-1].details)

    def publish(self, document: bytes) -> None:
        """BVKB sends a national list that holds this document for the retailer."""
        data = write_national({RETAILER.registration_number: document}, PROFILE)
        version = PROFILE.channel(ChannelName.DISCOUNT).version_urn()
        with self.simulation.store.transaction() as transaction:
            caller = self.simulation.network.caller(transaction, WORLD.bvkb.id)
            payload = Payload(reference=transaction.put_blob(data), size=len(data), element=PROFILE.national.root)
            self.simulation.network.send(transaction, caller, SendRequest(version=version, payload=payload))

    def hello(self) -> dict[str, Any]:
        """The fields of hello."""
        minor = {ChannelName.DISCOUNT: RETAILER.discount_minor}
        return {
            "protocol": 1,
            "endpoints": {
                "message_service": f"{self.base}/dit/v1-2/MessageService/plain",
                "message_service_soap11": f"{self.base}/dit/v1-2/MessageService/plain11",
                "configuration_service": None,
                "sts": None,
                "ftps": None,
            },
            "security": "off",
            "credentials": {"user": RETAILER.user, "password": ""},
            "authority": RETAILER.authority,
            "provider": {"name": RETAILER.name, "registration_number": RETAILER.registration_number},
            "channels": {
                channel_name.value: PROFILE.channel(channel_name).version_urn(minor.get(channel_name, 0))
                for channel_name in ChannelName
            },
            "schemas": {
                channel_name.value: str(PROFILE.channel(channel_name).schema_path) for channel_name in ChannelName
            },
            "profile": str(PROFILE.path),
        }


def signed(contract: str = "0007", code: str = ANNA.code) -> dict[str, Any]:
    """The event of Anna's contract."""
    return {
        "kind": "contract.new",
        "contract": contract,
        "metering_point": synthetic_metering_point(7),
        "address": {"text": ANNA.address, "code": None},
        "holder": {"code": code, "given_name": ANNA.given_name, "surname": ANNA.surname},
        "valid_from": "2026-03-01",
        "valid_to": None,
    }


def bill(net: str, invoice: str = "R-1", contract: str = "0007", issued: str = "2026-04-01") -> dict[str, str]:
    """A bill."""
    return {"contract": contract, "invoice": invoice, "date": issued, "net": net, "vat": "3.63"}


@contextmanager
def served_state() -> Iterator[State]:
    """A fresh state on a server of its own, on 1 March 2026."""
    clock = Clock.frozen(datetime(2026, 3, 1, 8, tzinfo=RIGA))
    simulation = Simulation.open(world=WORLD, profile=PROFILE, clock=clock)
    server = Server(simulation)
    server.start()
    try:
        yield State(simulation, server.base_url)
    finally:
        server.stop()
        simulation.close()
