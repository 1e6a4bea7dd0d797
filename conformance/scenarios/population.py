"""The people of a scenario: named in its steps, synthetic in every other respect."""

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
    """Another retailer, made up, that shares nothing with this one."""
    return next(
        each
        for each in _NEIGHBOURS
        if each.authority != retailer.authority and each.registration_number != retailer.registration_number
    )


def _word(number: int) -> str:
    """A number as letters, since names have no digits."""
    letters = ""
    while True:
        letters = chr(ord("a") + number % 26) + letters
        number = number // 26 - 1
        if number < 0:
            return letters.capitalize()


class PopulationError(Exception):
    """A scenario speaks of someone or something that it never introduced. A mistake in the scenario."""


@dataclass(slots=True)
class Population:
    """Who lives in a scenario's world. Codes and metering points follow from the seed: same seed, same people."""

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
        """The resident of this name, who moves in when first named."""
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
        """ALDIS hears of the last category given only on this day."""
        if not self.spells:
            raise PopulationError("there is no category yet that ALDIS could learn of late")
        name, spell = self.spells[-1]
        self.spells[-1] = (name, replace(spell, known_from=on))

    def change_code(self, name: str, on: date) -> None:
        """The person's old-form code is replaced by a new-form one on this day."""
        before = self.person(name)
        after = synthetic_new_personal_code(self._serial)
        self.residents[name] = replace(before, code=after, code_changes=(CodeChange(before.code, on),))
        self.spells = [(who, replace(s, person=after) if who == name else s) for who, s in self.spells]

    def owe(self, name: str, since: date, until: date | None = None) -> None:
        """The person has maintenance arrears."""
        self.arrears.append(Arrears(self.person(name).code, since, until))

    def choose(self, name: str, contract: str, provider: Retailer, source: str = "person") -> None:
        """The person, or who speaks for them, chose this contract for the support."""
        self.claims.append(Claim(self.person(name).code, provider.registration_number, contract, source))

    def rename(self, name: str, later: str) -> None:
        """The person has another name from some time on."""
        given, _, surname = later.partition(" ")
        self.renamed[name] = (given, surname)

    def crowd(self, count: int) -> tuple[str, ...]:
        """So many more people, whose names only tell them apart."""
        self.crowds += tuple(f"Iedzīvotājs {_word(len(self.crowds) + place)}" for place in range(count))
        for name in self.crowds:
            self.person(name)
        return self.crowds[-count:]

    def misspell(self, name: str) -> None:
        """The retailer has noted a well-formed personal code that nobody has."""
        self.person(name)
        self.misspelt[name] = self._fresh_code()

    def mend(self, name: str) -> None:
        """The retailer has the person's right code now."""
        if self.misspelt.pop(name, None) is None:
            raise PopulationError(f"the personal code of {name} was never written wrongly")

    def noted(self, name: str, day: date) -> dict[str, Any]:
        """The person as the retailer's papers have them on a day, in the driver protocol's words."""
        person = self.person(name)
        code = self.misspelt.get(name) or person.code_on(day)
        return {"code": code, "given_name": person.given_name, "surname": person.surname}

    def address(self, name: str) -> dict[str, Any]:
        """The person's address in the driver protocol's words."""
        return {"text": self.person(name).address, "code": None}

    def metering_point(self, contract: str) -> str:
        """The metering point of a contract."""
        if contract not in self.metering_points:
            self._serial += 1
            self.metering_points[contract] = synthetic_metering_point(self._serial)
        return self.metering_points[contract]

    def world(self, name: str) -> World:
        """The world as it stands once the scenario's Givens are told."""
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
