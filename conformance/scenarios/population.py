"""The people of a scenario, named in its steps and synthetic in every other respect, and another retailer.

The suite runs the other retailer itself, so that the state also has customers of somebody else.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from simulator.dit.model import Payload, SendRequest
from simulator.documents.writing import write_document
from simulator.domain.identifiers import synthetic_metering_point, synthetic_new_personal_code, synthetic_personal_code
from simulator.domain.model import Category, ChannelName, ContractRecord, Document, Header, Period
from simulator.domain.people import letters, street_address
from simulator.http.simulation import Simulation
from simulator.world.model import Arrears, Authority, Claim, CodeChange, Resident, Retailer, Spell, World

BVKB = Authority("100500", "Būvniecības valsts kontroles birojs")
_NEIGHBOURS = (
    Retailer("Kaimiņu Elektrība", "40009990012", "100778", "kaimins", 2),
    Retailer("Otrā Kaimiņu Elektrība", "40009990027", "100779", "otrs-kaimins", 3),
)


def neighbour_of(retailer: Retailer) -> Retailer:
    """Return another, synthetic retailer that shares neither authority nor registration number with this one."""
    return next(
        neighbour
        for neighbour in _NEIGHBOURS
        if neighbour.authority != retailer.authority and neighbour.registration_number != retailer.registration_number
    )


class PopulationError(Exception):
    """A scenario refers to someone or something that it never introduced: a mistake in the scenario."""


class Population:
    """The people of a scenario's world. Their personal codes follow from the seed: same seed, same people.

    ``start`` is the day on which the world begins; ``crowds`` are the names of all people created by :meth:`crowd`.
    """

    def __init__(self, *, seed: str, retailer: Retailer) -> None:
        self.retailer = retailer
        self.start: date | None = None
        self.crowds: tuple[str, ...] = ()
        self._residents: dict[str, Resident] = {}
        self._spells: list[tuple[str, Spell]] = []
        self._arrears: list[Arrears] = []
        self._claims: list[Claim] = []
        self._random = random.Random(seed)  # noqa: S311 - synthetic people, not secrets
        self._serial = self._random.randrange(1, 5000)

    def person(self, name: str) -> Resident:
        """Return the resident of this name, who is created when first named. Raises PopulationError without surname."""
        if name not in self._residents:
            given, _, surname = name.partition(" ")
            if not surname:
                raise PopulationError(f"{name!r} must be a given name and a surname")
            address = street_address(self._random.randrange(1, 120))
            code = synthetic_personal_code(self.next_serial())
            self._residents[name] = Resident(code=code, given_name=given, surname=surname, address=address)
        return self._residents[name]

    def next_serial(self) -> int:
        """Return a number for an identifier that nobody else in this population has."""
        self._serial += 1
        return self._serial

    def crowd(self, count: int) -> tuple[str, ...]:
        """Create further people and return their names, which differ in their surnames only."""
        self.crowds += tuple(
            f"Iedzīvotājs {letters(len(self.crowds) + number).capitalize()}" for number in range(count)
        )
        for name in self.crowds:
            self.person(name)
        return self.crowds[-count:]

    def grant(self, name: str, category: Category, since: date, until: date | None = None, count: int = 1) -> None:
        """Put a person into a category of protected users; ``count`` is the number of children or wards."""
        spell = Spell(person=self.person(name).code, category=category, valid_from=since, valid_to=until, count=count)
        self._spells.append((name, spell))

    def learn_late(self, on: date) -> None:
        """Let ALDIS learn of the last category only on this day. Raises PopulationError without a category."""
        if not self._spells:
            raise PopulationError("there is no category yet that ALDIS could learn of late")
        name, spell = self._spells[-1]
        self._spells[-1] = (name, replace(spell, known_from=on))

    def change_code(self, name: str, on: date) -> None:
        """Replace a person's old-form personal code by a new-form one on this day."""
        resident = self.person(name)
        code = synthetic_new_personal_code(self._serial)
        self._residents[name] = replace(resident, code=code, code_changes=(CodeChange(resident.code, on),))
        self._spells = [(who, replace(spell, person=code) if who == name else spell) for who, spell in self._spells]

    def owe(self, name: str, since: date, until: date | None = None) -> None:
        """Give a person maintenance arrears."""
        self._arrears.append(Arrears(self.person(name).code, since, until))

    def choose(self, name: str, contract: str, provider: Retailer, source: str = "person") -> None:
        """Choose a contract for a person's support; ``source`` is ``person`` or ``municipality``."""
        self._claims.append(Claim(self.person(name).code, provider.registration_number, contract, source))

    def world(self, name: str) -> World:
        """Return the world of the people introduced so far. Raises PopulationError without a start date."""
        if self.start is None:
            raise PopulationError('the scenario does not say when it begins; add "Given it is 1 March 2026"')
        return World(
            name=name,
            start=self.start,
            bvkb=BVKB,
            retailers=(self.retailer, neighbour_of(self.retailer)),
            residents=tuple(self._residents.values()),
            spells=tuple(spell for _, spell in self._spells),
            arrears=tuple(self._arrears),
            claims=tuple(self._claims),
        )


@dataclass(slots=True)
class CustomerRecords:
    """The retailer's notes on its customers, in the driver protocol's words. They may be wrong or outdated."""

    population: Population
    new_names: dict[str, tuple[str, str]] = field(default_factory=dict)
    _wrong_codes: dict[str, str] = field(default_factory=dict)
    _metering_points: dict[str, str] = field(default_factory=dict)

    def person(self, name: str, day: date) -> dict[str, Any]:
        """Return a person as noted on a day."""
        resident = self.population.person(name)
        code = self._wrong_codes.get(name) or resident.code_on(day)
        return {"code": code, "given_name": resident.given_name, "surname": resident.surname}

    def address(self, name: str) -> dict[str, Any]:
        """Return a person's address."""
        return {"text": self.population.person(name).address, "code": None}

    def metering_point(self, contract: str) -> str:
        """Return the metering point of a contract."""
        if contract not in self._metering_points:
            self._metering_points[contract] = synthetic_metering_point(self.population.next_serial())
        return self._metering_points[contract]

    def rename(self, name: str, new_name: str) -> None:
        """Keep a person's new name for when the retailer learns it."""
        given, _, surname = new_name.partition(" ")
        self.new_names[name] = (given, surname)

    def note_wrong_code(self, name: str) -> None:
        """Note a well-formed personal code that nobody has."""
        self.population.person(name)
        self._wrong_codes[name] = synthetic_personal_code(self.population.next_serial())

    def correct_code(self, name: str) -> None:
        """Note a person's right code in place of the wrong one. Raises PopulationError when it was never wrong."""
        if self._wrong_codes.pop(name, None) is None:
            raise PopulationError(f"the personal code of {name} was never written wrongly")


_NAMES = uuid.UUID("6d1c1d0e-0b5e-5c5c-9d0f-5a1d15c0ffee")


@dataclass(frozen=True, slots=True)
class OtherRetailer:
    """Sends contract documents directly to DIT, as another authority than the system under test."""

    retailer: Retailer
    simulation: Simulation

    def report(self, record: ContractRecord) -> None:
        """Send a document with one contract and wait until ALDIS has processed it."""
        simulation, now = self.simulation, self.simulation.clock.now()
        channel = simulation.profile.channel(ChannelName.CONTRACT)
        document = Document(
            channel=ChannelName.CONTRACT,
            header=Header(
                document_id=str(uuid.uuid5(_NAMES, f"{self.retailer.authority} {now.isoformat()} {record.contract}")),
                provider=self.retailer.registration_number,
                created_at=now,
                period=Period.of(now.date()),
                record_count=1,
            ),
            records=(record,),
        )
        data = write_document(document, simulation.profile)
        with simulation.store.transaction() as transaction:
            caller = simulation.network.caller(transaction, self.retailer.user)
            payload = Payload(reference=transaction.put_blob(data), size=len(data), element=channel.root)
            simulation.network.send(transaction, caller, SendRequest(version=channel.version_urn(), payload=payload))
        simulation.settle()
