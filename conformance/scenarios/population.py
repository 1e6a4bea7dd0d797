"""People of a scenario. Its steps give their names; everything else about them is synthetic."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from simulator.documents.identifiers import (
    synthetic_metering_point,
    synthetic_new_personal_code,
    synthetic_personal_code,
)
from simulator.documents.model import Category
from simulator.domain.people import street_address
from simulator.world import Arrears, Authority, Claim, CodeChange, Resident, Retailer, Spell, World

BVKB = Authority("100500", "Būvniecības valsts kontroles birojs")
_NEIGHBOURS = (
    Retailer("Kaimiņu Elektrība", "40009990012", "100778", "kaimins", 2),
    Retailer("Otrā Kaimiņu Elektrība", "40009990027", "100779", "otrs-kaimins", 3),
)


def neighbour_of(retailer: Retailer) -> Retailer:
    """Return another synthetic retailer, with other numbers and another user."""
    return next(
        each
        for each in _NEIGHBOURS
        if each.authority != retailer.authority and each.registration_number != retailer.registration_number
    )


def _word(number: int) -> str:
    """Return a number as letters, since names have no digits."""
    letters = ""
    while True:
        letters = chr(ord("a") + number % 26) + letters
        number = number // 26 - 1
        if number < 0:
            return letters.capitalize()


class PopulationError(Exception):
    """A scenario refers to a person or fact that it did not introduce: an error in the scenario."""


@dataclass(slots=True)
class Population:
    """Residents of a scenario's world. The same seed gives the same personal codes and metering points."""

    seed: str
    retailer: Retailer
    start: date | None = None
    residents: dict[str, Resident] = field(default_factory=dict)
    spells: list[tuple[str, Spell]] = field(default_factory=list)
    arrears: list[Arrears] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    metering_points: dict[str, str] = field(default_factory=dict)
    misspelt: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, tuple[str, str]] = field(default_factory=dict)
    crowds: tuple[str, ...] = ()
    _random: random.Random = field(init=False)
    _serial: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - synthetic people, not secrets
        self._serial = self._random.randrange(1, 5000)

    def person(self, name: str) -> Resident:
        """Return the resident of this name, who is created when first named."""
        if name not in self.residents:
            given, _, surname = name.partition(" ")
            if not surname:
                raise PopulationError(f"{name!r} must be a given name and a surname")
            number = self._random.randrange(1, 120)
            self.residents[name] = Resident(
                code=self._fresh_code(),
                given_name=given,
                surname=surname,
                address=street_address(number),
            )
        return self.residents[name]

    def _fresh_code(self) -> str:
        self._serial += 1
        return synthetic_personal_code(self._serial)

    def grant(self, name: str, category: Category, since: date, until: date | None = None, count: int = 1) -> None:
        """Give a person a category."""
        spell = Spell(person=self.person(name).code, category=category, valid_from=since, valid_to=until, count=count)
        self.spells.append((name, spell))

    def learn_late(self, on: date) -> None:
        """Make ALDIS learn of the category granted last only on this day."""
        if not self.spells:
            raise PopulationError("there is no category yet that ALDIS could learn of late")
        name, spell = self.spells[-1]
        self.spells[-1] = (name, replace(spell, known_from=on))

    def change_code(self, name: str, on: date) -> None:
        """Replace the person's personal code by one of the new form on this day."""
        before = self.person(name)
        after = synthetic_new_personal_code(self._serial)
        self.residents[name] = replace(before, code=after, code_changes=(CodeChange(before.code, on),))
        self.spells = [(who, replace(s, person=after) if who == name else s) for who, s in self.spells]

    def owe(self, name: str, since: date, until: date | None = None) -> None:
        """Give the person maintenance arrears."""
        self.arrears.append(Arrears(self.person(name).code, since, until))

    def choose(self, name: str, contract: str, provider: Retailer, source: str = "person") -> None:
        """Record that the person, or somebody on their behalf, chose this contract for the support."""
        self.claims.append(Claim(self.person(name).code, provider.registration_number, contract, source))

    def rename(self, name: str, later: str) -> None:
        """Give the person another name, which the retailer reports later."""
        given, _, surname = later.partition(" ")
        self.renamed[name] = (given, surname)

    def crowd(self, count: int) -> tuple[str, ...]:
        """Create ``count`` more people and return their names."""
        self.crowds += tuple(f"Iedzīvotājs {_word(len(self.crowds) + place)}" for place in range(count))
        for name in self.crowds:
            self.person(name)
        return self.crowds[-count:]

    def misspell(self, name: str) -> None:
        """Make the retailer's data have a well-formed personal code for the person that nobody has."""
        self.person(name)
        self.misspelt[name] = self._fresh_code()

    def mend(self, name: str) -> None:
        """Correct the person's personal code in the retailer's data."""
        if self.misspelt.pop(name, None) is None:
            raise PopulationError(f"the personal code of {name} was never written wrongly")

    def noted(self, name: str, day: date) -> dict[str, Any]:
        """Return the person as in the retailer's data on a day, as JSON of the driver protocol."""
        person = self.person(name)
        code = self.misspelt.get(name) or person.code_on(day)
        return {"code": code, "given_name": person.given_name, "surname": person.surname}

    def address(self, name: str) -> dict[str, Any]:
        """Return the person's address, as JSON of the driver protocol."""
        return {"text": self.person(name).address, "code": None}

    def metering_point(self, contract: str) -> str:
        """Return the metering point of a contract."""
        if contract not in self.metering_points:
            self._serial += 1
            self.metering_points[contract] = synthetic_metering_point(self._serial)
        return self.metering_points[contract]

    def world(self, name: str) -> World:
        """Return the world that the scenario's Given steps describe. Raises PopulationError if they give no start."""
        if self.start is None:
            raise PopulationError('the scenario does not say when it begins; add "Given it is 1 March 2026"')
        return World(
            name=name,
            start=self.start,
            bvkb=BVKB,
            retailers=(self.retailer, neighbour_of(self.retailer)),
            residents=tuple(self.residents.values()),
            spells=tuple(spell for _, spell in self.spells),
            arrears=tuple(self.arrears),
            claims=tuple(self.claims),
        )
