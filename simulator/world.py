"""The truth that retailer and state are tested against: who lives here, who is protected since when, who sells power.

A world is read from TOML (``fixtures/worlds``) or built by a scenario. It holds facts only; decisions are ALDIS's
(``simulator.aldis``) and judgement is the rules' (``conformance.rules``). All personal data in a world is synthetic.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from simulator.documents.access import ChannelRight, Environment, first_month_after
from simulator.documents.model import Category, ChannelName, Period


@dataclass(frozen=True, slots=True)
class Authority:
    """An institution or company with a mailbox in DIT; ``id`` has 6 digits."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Retailer:
    """An electricity retailer: its company, its DIT authority and user, its own sub-version of the discount channel.

    ``access_opened`` is the day on which its DIT user got access in the environment that the world stands for; None
    when that was before the world began.
    """

    name: str
    registration_number: str
    authority: str
    user: str
    discount_minor: int
    access_opened: date | None = None

    @property
    def first_month(self) -> Period | None:
        """The first month of regular exchange, None when it began before the world did.

        It is the calendar month after access was opened (BVKB's connecting steps, step 7: documented).
        """
        return None if self.access_opened is None else first_month_after(self.access_opened)

    def exchanges_in(self, period: Period) -> bool:
        """Whether the regular exchange has begun by a month."""
        return self.first_month is None or self.first_month <= period


@dataclass(frozen=True, slots=True)
class CodeChange:
    """A person's earlier personal code, in force until the day before ``on``."""

    earlier: str
    on: date


@dataclass(frozen=True, slots=True)
class Resident:
    """A synthetic person in the register, by the personal code now in force."""

    code: str
    given_name: str
    surname: str
    address: str
    code_changes: tuple[CodeChange, ...] = ()

    def code_on(self, day: date) -> str:
        """The personal code in force on a day."""
        for change in sorted(self.code_changes, key=lambda each: each.on):
            if day < change.on:
                return change.earlier
        return self.code

    def has_code(self, code: str) -> bool:
        """Whether this is, or ever was, the person's code; the hyphen is optional in the wild."""
        plain = code.replace("-", "")
        return any(plain == each.replace("-", "") for each in (self.code, *(c.earlier for c in self.code_changes)))


@dataclass(frozen=True, slots=True)
class Spell:
    """A category that a person has from a day to a day (both included; no end means still running).

    ``count`` is the number of children or wards. ``known_from`` is the day when ALDIS learns of it; earlier periods
    are then made good as catch-up.
    """

    person: str
    category: Category
    valid_from: date
    valid_to: date | None = None
    count: int = 1
    known_from: date | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """A large family. Its reduction goes to one of its persons, the ``beneficiary`` (Reg. 345, documented)."""

    beneficiary: str
    members: tuple[str, ...]
    valid_from: date
    valid_to: date | None = None
    known_from: date | None = None

    @property
    def spell(self) -> Spell:
        """What the family means for the one who gets the reduction."""
        return Spell(self.beneficiary, Category.LARGE_FAMILY, self.valid_from, self.valid_to, 1, self.known_from)


@dataclass(frozen=True, slots=True)
class Ward:
    """A person under guardianship; the guardian is supported for each ward (since 2024: Reg. 345, documented)."""

    person: str
    guardian: str
    valid_from: date
    valid_to: date | None = None
    known_from: date | None = None

    @property
    def spell(self) -> Spell:
        """What the ward means for the guardian."""
        return Spell(self.guardian, Category.GUARDIAN, self.valid_from, self.valid_to, 1, self.known_from)


@dataclass(frozen=True, slots=True)
class Contract:
    """An electricity contract as it truly is. ALDIS knows only what the retailer tells of it.

    ``metering_point`` is an EIC; ``sub_users`` are the personal codes of others who live on the contract.
    """

    provider: str
    number: str
    holder: str
    metering_point: str
    valid_from: date
    valid_to: date | None = None
    sub_users: tuple[str, ...] = ()

    def runs_on(self, day: date) -> bool:
        """Whether the contract is in force on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Arrears:
    """Maintenance arrears with UGF, which exclude from support (since 2022-02-01; group I exempt since 2023-01)."""

    person: str
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """The one contract that a person chose to get support on, as ALDIS has it (the person's or municipality's word)."""

    person: str
    provider: str
    contract: str
    source: str = "person"


@dataclass(frozen=True, slots=True)
class Right:
    """A right of a retailer's DIT user in one environment, from the day on which it was granted.

    Without ``channel`` it is on all three, without ``right`` it is both, to send and to receive. ``closed`` is the
    first day without it. A user whom no right names has all of them; one whom some name has only those.
    """

    user: str
    environment: Environment
    opened: date
    closed: date | None = None
    channel: ChannelName | None = None
    right: ChannelRight | None = None


@dataclass(frozen=True, slots=True)
class World:
    """One small country: BVKB, its retailers, its residents and what makes some of them protected."""

    name: str
    start: date
    bvkb: Authority
    retailers: tuple[Retailer, ...]
    residents: tuple[Resident, ...] = ()
    spells: tuple[Spell, ...] = ()
    arrears: tuple[Arrears, ...] = ()
    claims: tuple[Claim, ...] = ()
    families: tuple[Family, ...] = ()
    wards: tuple[Ward, ...] = ()
    contracts: tuple[Contract, ...] = ()
    rights: tuple[Right, ...] = ()
    description: str = field(default="", compare=False)

    def all_spells(self) -> tuple[Spell, ...]:
        """Everything that protects somebody: the spells, and what families and wards mean for one person each."""
        return (*self.spells, *(each.spell for each in self.families), *(each.spell for each in self.wards))

    def resident(self, code: str) -> Resident | None:
        """The person who has, or ever had, this personal code."""
        return next((each for each in self.residents if each.has_code(code)), None)

    def retailer(self, authority: str) -> Retailer | None:
        """The retailer with this DIT authority id."""
        return next((each for each in self.retailers if each.authority == authority), None)

    def provider(self, registration_number: str) -> Retailer | None:
        """The retailer with this registration number."""
        return next((each for each in self.retailers if each.registration_number == registration_number), None)


class WorldError(Exception):
    """A world cannot be used. ``file`` and ``place`` (table and number, with the line where it is known) say where."""

    def __init__(self, file: Path | str, place: str, reason: str) -> None:
        super().__init__(f"{file}: {place}: {reason}" if place else f"{file}: {reason}")
        self.file = str(file)
        self.place = place
        self.reason = reason


def load_world(name_or_path: str | Path) -> World:
    """Read a world: one of ``fixtures/worlds`` by its name, any TOML file by its path, or one made up by number.

    ``made:1000`` is a world of 1000 residents, ``made:1000:7`` another one of seed 7: the same number and seed give
    the same world. Raises WorldError when there is none, or when something in it is wrong or contradicts itself.
    """
    # Reader and maker are built on the shapes above, so they can only be fetched once they are there.
    from simulator.world_file import read_world, world_path  # noqa: PLC0415
    from simulator.world_making import made_world  # noqa: PLC0415

    if str(name_or_path).startswith("made:"):
        return made_world(str(name_or_path))

    return read_world(world_path(name_or_path))
