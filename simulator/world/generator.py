"""Generates worlds of any size. The number of residents and the seed determine the world.

All residents are synthetic: their codes come from ``simulator.domain.identifiers``. The frequency of each category is
assumed; no statistics of real people are used.
"""

from __future__ import annotations

import random
import re
import sys
from datetime import date, timedelta

from simulator.domain.identifiers import (
    SYNTHETIC_NEW_CODES,
    SYNTHETIC_OLD_CODES,
    synthetic_metering_point,
    synthetic_new_personal_code,
    synthetic_personal_code,
    synthetic_registration_number,
)
from simulator.domain.model import Category
from simulator.domain.people import FULL_NAMES, STREETS, street_address
from simulator.settings import SettingsError
from simulator.world.model import (
    Arrears,
    Authority,
    Claim,
    CodeChange,
    Contract,
    Family,
    Resident,
    Retailer,
    Spell,
    Ward,
    World,
)

_NAME = re.compile(r"made:(\d{1,7})(?::(\d{1,9}))?", re.ASCII)
_MAX_RESIDENTS = 2_000_000
_PROVIDERS = (
    ("Paraugs Enerģija", "paraugs"),
    ("Kaimiņu Elektrība", "kaimins"),
    ("Trešā Enerģija", "tresa"),
    ("Ceturtā Strāva", "ceturta"),
)


def load_generated_world(name: str) -> World:
    """Return the generated world with a name such as ``made:1000`` or ``made:1000:7``. Raises SettingsError."""
    match = _NAME.fullmatch(name)
    if match is None or not 0 < int(match[1]) <= _MAX_RESIDENTS:
        raise SettingsError(
            f"{name}: expected made:RESIDENTS or made:RESIDENTS:SEED, with 1 to {_MAX_RESIDENTS} residents, "
            "such as made:1000:7",
        )
    return generate_world(residents=int(match[1]), seed=int(match[2] or 0))


def generate_world(*, residents: int, retailers: int = 2, seed: int = 0, start: date = date(2026, 1, 1)) -> World:
    """Return a generated world with 1 to 4 retailers that begins on the day ``start``.

    With about 2,000 residents or more, every kind of fact occurs in it. Raises ValueError for another number of
    retailers.
    """
    return _WorldGenerator(residents, retailers, seed, start).world()


class _WorldGenerator:
    def __init__(self, residents: int, retailers: int, seed: int, start: date) -> None:
        if not 1 <= retailers <= len(_PROVIDERS):
            raise ValueError(f"a generated world has 1 to {len(_PROVIDERS)} retailers, not {retailers}")
        self._count, self._start, self._seed = residents, start, seed
        self._random = random.Random(seed)  # noqa: S311 - synthetic people, not secrets
        self._retailers = tuple(
            Retailer(name, synthetic_registration_number(n), f"{100_777 + n}", user, n + 1)
            for n, (name, user) in enumerate(_PROVIDERS[:retailers])
        )
        self._days: dict[date, date] = {}
        self._offset = self._random.randrange(SYNTHETIC_OLD_CODES)
        self._residents: list[Resident] = []
        self._spells: list[Spell] = []
        self._families: list[Family] = []
        self._wards: list[Ward] = []
        self._arrears: list[Arrears] = []
        self._claims: list[Claim] = []
        self._contracts: list[Contract] = []

    def world(self) -> World:
        for number in range(self._count):
            self._residents.append(self._resident(number))
        for number, resident in enumerate(self._residents):
            self._protect(number, resident)
            self._add_contracts(number, resident)
        return World(
            name=f"made:{self._count}:{self._seed}",
            start=self._start,
            bvkb=Authority("100500", "Būvniecības valsts kontroles birojs"),
            retailers=self._retailers,
            residents=tuple(self._residents),
            spells=tuple(self._spells),
            arrears=tuple(self._arrears),
            claims=tuple(self._claims),
            families=tuple(self._families),
            wards=tuple(self._wards),
            contracts=tuple(self._contracts),
            description=f"{self._count} synthetic residents, seed {self._seed}",
        )

    def _happens(self, probability: float) -> bool:
        return self._random.random() < probability

    def _day(self, first: int, last: int) -> date:
        """Return a day from ``first`` to ``last`` days after the world's start."""
        day = self._start + timedelta(days=self._random.randint(first, last))
        return self._days.setdefault(day, day)

    def _resident(self, number: int) -> Resident:
        code = synthetic_personal_code((self._offset + number) % SYNTHETIC_OLD_CODES)
        changes: tuple[CodeChange, ...] = ()
        if number < SYNTHETIC_NEW_CODES and self._happens(0.02):
            changes = (CodeChange(code, self._day(20, 500)),)
            code = synthetic_new_personal_code(number)
        given_name, surname = self._random.choice(FULL_NAMES)
        address = street_address(self._random.randint(1, 199), self._random.choice(STREETS))
        # sys.intern keeps each address once: a world may be as large as the country.
        return Resident(code, given_name, surname, sys.intern(address), code_changes=changes)

    def _protect(self, number: int, resident: Resident) -> None:
        if self._happens(0.5):
            self._spell(resident, Category.LOW_INCOME)
        if self._happens(0.08):
            self._spell(resident, Category.DISABILITY_GROUP_1)
        if self._happens(0.05):
            self._spell(resident, Category.DISABLED_CHILD, self._random.choice((1, 1, 1, 2)))
        following = self._residents[number + 1 : number + 5]
        if number % 10 == 0 and len(following) == 4 and self._happens(0.6):
            members = (resident.code, *(resident.code for resident in following))
            self._families.append(Family(resident.code, members, self._day(-700, -30)))
        if number % 10 == 6 and following and self._happens(0.3):
            self._wards.append(Ward(following[0].code, resident.code, self._day(-300, 60)))
        if self._happens(0.03):
            self._arrears.append(Arrears(resident.code, self._day(-200, 200), self._day(201, 400)))

    def _spell(self, resident: Resident, category: Category, count: int = 1) -> None:
        start = self._day(-700, 90)
        end = self._day(91, 400) if self._happens(0.2) else None
        known = start + timedelta(days=self._random.randint(10, 80)) if self._happens(0.05) else None
        self._spells.append(Spell(resident.code, category, start, end, count, known))

    def _add_contracts(self, number: int, resident: Resident) -> None:
        """Add the contracts of a resident: most hold one, some are sub-users, a few have two retailers or switch."""
        if number % 10 == 9:
            return  # a tenant: the sub-user of the resident before
        tenant = self._residents[number + 1 : number + 2] if number % 10 == 8 else []
        home = self._retailers[number % len(self._retailers)]
        other = self._retailers[(number + 1) % len(self._retailers)]
        first = self._day(-900, -1)
        switch = (
            date(self._start.year, self._random.randint(3, 12), 1) if other != home and self._happens(0.03) else None
        )
        end = None if switch is None else switch - timedelta(days=1)
        self._contract(home, number, 0, resident, first, end, tuple(resident.code for resident in tenant))
        if switch is not None:
            self._contract(other, number, 1, resident, switch)
        elif other != home and self._happens(0.02):
            self._contract(other, number, 2, resident, first)
            self._claims.append(Claim(resident.code, other.registration_number, _contract_number(number, 2)))
        elif self._happens(0.01):
            named = _contract_number(number, 9)
            self._claims.append(Claim(resident.code, home.registration_number, named, "municipality"))

    def _contract(
        self,
        retailer: Retailer,
        number: int,
        which: int,
        holder: Resident,
        start: date,
        end: date | None = None,
        sub_users: tuple[str, ...] = (),
    ) -> None:
        self._contracts.append(
            Contract(
                provider=retailer.registration_number,
                number=_contract_number(number, which),
                holder=holder.code,
                metering_point=synthetic_metering_point(number),
                valid_from=start,
                valid_to=end,
                sub_users=sub_users,
            )
        )


def _contract_number(resident: int, which: int) -> str:
    return f"77{which:01d}{resident:07d}"
