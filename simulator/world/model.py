"""A world: the residents, their protected categories and contracts, and the retailers of a simulated country.

A world is read from TOML (``fixtures/worlds``), generated, or built by a scenario. It contains facts only: decisions
are made in ``simulator.aldis`` and verdicts in ``conformance.rules``. All personal data in a world is synthetic. The
types of the fields define the checks of a world that is read from a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated

from simulator.domain.identifiers import eic_valid, is_synthetic_personal_code, registration_number_valid
from simulator.domain.model import Category, ChannelName, ChannelRight, Environment, Period, first_month_after
from simulator.settings import Check, Convert, Text

COUNTED = (Category.DISABLED_CHILD, Category.GUARDIAN)  # per child and per ward, Reg. 345 (documented)


def _day(value: object) -> date:
    if isinstance(value, str):
        return date.fromisoformat(value)
    if not isinstance(value, date) or isinstance(value, datetime):
        raise TypeError(value)
    return value


def _is_synthetic(code: str) -> bool:
    if is_synthetic_personal_code(code):
        return True
    plain = code.replace("-", "")
    if plain[6] == "0" and int(plain[:2]) < 32:
        raise ValueError(f"{code} is no personal code: its date or its check digit (the last one) is wrong")
    raise ValueError(
        f"{code} could be the code of a living person; a made-up one has 0 as its seventh digit (born 18xx, for "
        "example 010180-00012) or is from the block 329990-00000 to 329999-99999"
    )


def _names_none_twice(names: tuple[str, ...]) -> bool:
    twice = next((name for index, name in enumerate(names) if name in names[:index]), None)
    if twice is not None:
        raise ValueError(f"names {twice} twice")
    return True


Day = Annotated[
    date,
    Convert(
        "a date of the calendar without a time, for example 2026-01-01", _day, {"type": "string", "format": "date"}
    ),
]
PersonalCode = Annotated[
    str,
    Check("a personal code, for example 010180-00012", re.compile("[0-9]{6}-?[0-9]{5}").fullmatch),
    Check("a made-up personal code", _is_synthetic),
]
PersonalCodes = Annotated[
    tuple[Text, ...], Check('a list of texts, for example ["010180-00012"]', _names_none_twice, {"uniqueItems": True})
]
RegistrationNumber = Annotated[
    str,
    Check("11 digits in quotation marks", re.compile("[0-9]{11}").fullmatch, {"pattern": "^[0-9]{11}$"}),
    Check(
        "a right check digit (register of enterprises: the sum of digit times weight 9,1,4,8,3,10,2,5,7,6,1 leaves 3 "
        "when divided by 11)",
        registration_number_valid,
    ),
]
AuthorityId = Annotated[
    str,
    Check(
        "a DIT authority id of 6 digits in quotation marks", re.compile("[0-9]{6}").fullmatch, {"pattern": "^[0-9]{6}$"}
    ),
]
MeteringPoint = Annotated[
    str,
    Check(
        "an EIC: 16 characters of 0-9, A-Z and the hyphen, the last one the check character (ENTSO-E), for example "
        "43Z-STO00000001Y",
        eic_valid,
    ),
]
# The third claimant, the retailer, uses its documents instead (documented).
_CLAIMANTS = ("person", "municipality")
ClaimSource = Annotated[
    str, Check('one of "person", "municipality"', _CLAIMANTS.__contains__, {"enum": list(_CLAIMANTS)})
]
FromOne = Annotated[int, Check("a whole number from 1", lambda number: number >= 1, {"minimum": 1})]


def _days_in_order(fact: Spell | Family | Ward | Contract | Arrears) -> Iterator[tuple[str, str]]:
    if fact.valid_to is not None and fact.valid_to < fact.valid_from:
        yield "valid_to", f"{fact.valid_to} lies before valid_from = {fact.valid_from}"


@dataclass(frozen=True, slots=True)
class Authority:
    """An institution or company with a mailbox in DIT; ``id`` has 6 digits."""

    id: AuthorityId
    name: Text


@dataclass(frozen=True, slots=True)
class Retailer:
    """An electricity retailer: its company, its DIT authority and user, its own sub-version of the discount channel.

    ``access_opened`` is the day on which its DIT user got access in the environment that the world stands for; None
    when that was before the world began.
    """

    name: Text
    registration_number: RegistrationNumber
    authority: AuthorityId
    user: Text
    discount_minor: FromOne  # 0 is BVKB's own version, which carries the national list (assumed)
    access_opened: Day | None = None

    @property
    def first_month(self) -> Period | None:
        """The first month of regular exchange, None when it began before the world did.

        It is the calendar month after access was opened (BVKB's connecting steps, step 7: documented).
        """
        return None if self.access_opened is None else first_month_after(self.access_opened)

    def exchanges_in(self, period: Period) -> bool:
        """Return True when the regular exchange has begun by a month."""
        return self.first_month is None or self.first_month <= period


@dataclass(frozen=True, slots=True)
class CodeChange:
    """A person's earlier personal code, in force until the day before ``on``."""

    earlier: PersonalCode
    on: Day


@dataclass(frozen=True, slots=True)
class Resident:
    """A synthetic person in the register, by the personal code now in force."""

    code: PersonalCode
    given_name: Text
    surname: Text
    address: Text
    code_changes: tuple[CodeChange, ...] = ()

    def code_on(self, day: date) -> str:
        """Return the personal code in force on a day."""
        for change in sorted(self.code_changes, key=lambda code_change: code_change.on):
            if day < change.on:
                return change.earlier
        return self.code

    def has_code(self, code: str) -> bool:
        """Return True for the person's present code and for earlier ones, with or without the hyphen."""
        plain = code.replace("-", "")
        codes = (self.code, *(change.earlier for change in self.code_changes))
        return any(plain == own.replace("-", "") for own in codes)


@dataclass(frozen=True, slots=True)
class Spell:
    """A category that a person has from a day to a day (both included; no end means still running).

    ``count`` is the number of children or wards. ``known_from`` is the day when ALDIS learns of the category; earlier
    periods are then back-paid as catch-up.
    """

    person: Text
    category: Category
    valid_from: Day
    valid_to: Day | None = None
    count: FromOne = 1
    known_from: Day | None = None

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield the key and message of each contradiction between the fields."""
        yield from _days_in_order(self)
        if self.count > 1 and self.category not in COUNTED:
            yield "count", f"found {self.count}, but only {' and '.join(COUNTED)} count children or wards"


@dataclass(frozen=True, slots=True)
class Family:
    """A large family. Its reduction goes to one of its persons, the ``beneficiary`` (Reg. 345, documented)."""

    beneficiary: Text
    members: PersonalCodes
    valid_from: Day
    valid_to: Day | None = None
    known_from: Day | None = None

    @property
    def spell(self) -> Spell:
        """The category of the beneficiary that follows from the family."""
        return Spell(self.beneficiary, Category.LARGE_FAMILY, self.valid_from, self.valid_to, 1, self.known_from)

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield the key and message of each contradiction between the fields."""
        yield from _days_in_order(self)


@dataclass(frozen=True, slots=True)
class Ward:
    """A person under guardianship; the guardian is supported for each ward (since 2024: Reg. 345, documented)."""

    person: Text
    guardian: Text
    valid_from: Day
    valid_to: Day | None = None
    known_from: Day | None = None

    @property
    def spell(self) -> Spell:
        """The category of the guardian that follows from the ward."""
        return Spell(self.guardian, Category.GUARDIAN, self.valid_from, self.valid_to, 1, self.known_from)

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield the key and message of each contradiction between the fields."""
        yield from _days_in_order(self)


@dataclass(frozen=True, slots=True)
class Contract:
    """An electricity contract as it really is. ALDIS knows only the contracts that retailers report.

    ``metering_point`` is an EIC; ``sub_users`` are the personal codes of others who live on the contract.
    """

    provider: Text
    number: Text
    holder: Text
    metering_point: MeteringPoint
    valid_from: Day
    valid_to: Day | None = None
    sub_users: PersonalCodes = ()

    def runs_on(self, day: date) -> bool:
        """Return True when the contract is in force on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield the key and message of each contradiction between the fields."""
        yield from _days_in_order(self)


@dataclass(frozen=True, slots=True)
class Arrears:
    """Maintenance arrears with UGF, which exclude from support (since 2022-02-01; group I exempt since 2023-01)."""

    person: Text
    valid_from: Day
    valid_to: Day | None = None

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield the key and message of each contradiction between the fields."""
        yield from _days_in_order(self)


@dataclass(frozen=True, slots=True)
class Claim:
    """A person's choice of the contract to get support on, as reported to ALDIS by the person or a municipality."""

    person: Text
    provider: Text
    contract: Text
    source: ClaimSource = "person"


@dataclass(frozen=True, slots=True)
class Right:
    """A right of a retailer's DIT user in one environment, from the day on which it was granted.

    Without ``channel`` it is on all three, without ``right`` it is both, to send and to receive. ``closed`` is the
    first day without it. A user without any right in the world has all rights; a user with some has only those.
    """

    user: Text
    environment: Environment
    opened: Day
    closed: Day | None = None
    channel: ChannelName | None = None
    right: ChannelRight | None = None

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield the key and message of each contradiction between the fields."""
        if self.closed is not None and self.closed <= self.opened:
            yield "closed", f"{self.closed}, the first day without the right, must come after opened = {self.opened}"


@dataclass(frozen=True, slots=True)
class World:
    """A simulated country: BVKB, the retailers, the residents, and the facts that make some of them protected."""

    name: Text
    start: Day
    bvkb: Authority
    retailers: Annotated[
        tuple[Retailer, ...],
        Check("at least one retailer, in a table headed [[retailers]]", bool, {"minItems": 1}),
    ]
    residents: tuple[Resident, ...] = ()
    spells: tuple[Spell, ...] = ()
    arrears: tuple[Arrears, ...] = ()
    claims: tuple[Claim, ...] = ()
    families: tuple[Family, ...] = ()
    wards: tuple[Ward, ...] = ()
    contracts: tuple[Contract, ...] = ()
    rights: tuple[Right, ...] = ()
    description: Text = field(default="", compare=False)

    def all_spells(self) -> tuple[Spell, ...]:
        """Return all categories of persons: the spells, and those that follow from families and wards."""
        return (*self.spells, *(family.spell for family in self.families), *(ward.spell for ward in self.wards))

    def resident(self, code: str) -> Resident | None:
        """Return the person who has, or ever had, this personal code; None when there is none."""
        return next((resident for resident in self.residents if resident.has_code(code)), None)

    def retailer(self, authority: str) -> Retailer | None:
        """Return the retailer with this DIT authority id, None when there is none."""
        return next((retailer for retailer in self.retailers if retailer.authority == authority), None)

    def provider(self, registration_number: str) -> Retailer | None:
        """Return the retailer with this registration number, None when there is none."""
        return next(
            (retailer for retailer in self.retailers if retailer.registration_number == registration_number), None
        )
