"""What in a world contradicts itself: facts about nobody, one code of two persons, a category or contract twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar

from simulator.documents.access import ChannelRight
from simulator.documents.model import Category, ChannelName
from simulator.world import Arrears, Claim, Contract, Family, Resident, Retailer, Right, Spell, Ward
from simulator.world_table import Table

COUNTED = (Category.DISABLED_CHILD, Category.GUARDIAN)  # per child and per ward, Reg. 345 (documented)

_Fact = TypeVar("_Fact", bound="_Lasting")


class _Lasting(Protocol):
    @property
    def valid_from(self) -> date: ...

    @property
    def valid_to(self) -> date | None: ...


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts of a world, each with the table that it stands in."""

    retailers: list[tuple[Table, Retailer]]
    residents: list[tuple[Table, Resident]]
    spells: list[tuple[Table, Spell]]
    families: list[tuple[Table, Family]]
    wards: list[tuple[Table, Ward]]
    arrears: list[tuple[Table, Arrears]]
    claims: list[tuple[Table, Claim]]
    contracts: list[tuple[Table, Contract]]
    rights: list[tuple[Table, Right]]


def refuse_contradictions(facts: Facts) -> None:
    """Raise WorldError for the first thing that contradicts another, with its place."""
    people = _People(facts.residents)
    for table, key, code in _named(facts):
        people.must_have(table, key, code)
    providers = {each.registration_number for _, each in facts.retailers}
    named = [
        *((table, each.provider) for table, each in facts.claims),
        *((table, each.provider) for table, each in facts.contracts),
    ]
    for table, provider in named:
        if provider not in providers:
            raise table.fail(f"provider = {provider} is no retailer of this world; give a registration_number")
    _families(facts, people)
    _wards(facts, people)
    _categories(facts, people)
    _claims(facts, people)
    _contracts(facts, people)
    _rights(facts)


class _People:
    """The residents by every code that they have or had."""

    def __init__(self, residents: list[tuple[Table, Resident]]) -> None:
        self._now: dict[str, str] = {}
        places: dict[str, str] = {}
        for table, resident in residents:
            _changes_in_order(table, resident)
            for code in (resident.code, *(each.earlier for each in resident.code_changes)):
                plain = code.replace("-", "")
                if plain in places:
                    raise table.fail(
                        f"the personal code {code} is already that of {places[plain]}; no two may share one"
                    )
                places[plain] = table.place
                self._now[plain] = resident.code

    def must_have(self, table: Table, key: str, code: str) -> None:
        if code.replace("-", "") not in self._now:
            raise table.fail(f"{key} = {code} is nobody's personal code; add the person under [[residents]]")

    def one(self, code: str) -> str:
        """The code that a person is known by here, whichever of their codes is given."""
        return self._now[code.replace("-", "")]


def _changes_in_order(table: Table, resident: Resident) -> None:
    days = [each.on for each in resident.code_changes]
    twice = next((each for n, each in enumerate(days) if each in days[:n]), None)
    if twice is not None:
        raise table.fail(f"the personal code changes twice on {twice}; a code is in force for a day at least")


def _named(facts: Facts) -> Iterator[tuple[Table, str, str]]:
    """Every personal code that some fact names, with the field it stands in."""
    for table, spell in facts.spells:
        yield table, "person", spell.person
    for table, family in facts.families:
        yield table, "beneficiary", family.beneficiary
        yield from ((table, "members", code) for code in family.members)
    for table, ward in facts.wards:
        yield table, "person", ward.person
        yield table, "guardian", ward.guardian
    for table, debt in facts.arrears:
        yield table, "person", debt.person
    for table, claim in facts.claims:
        yield table, "person", claim.person
    for table, contract in facts.contracts:
        yield table, "holder", contract.holder
        yield from ((table, "sub_users", code) for code in contract.sub_users)


def _overlaps(one: _Lasting, other: _Lasting) -> bool:
    return (other.valid_to is None or one.valid_from <= other.valid_to) and (
        one.valid_to is None or other.valid_from <= one.valid_to
    )


class _Taken:
    """Who has something already, to find a second one for the same days."""

    def __init__(self) -> None:
        self._facts: dict[object, list[tuple[Table, _Lasting]]] = defaultdict(list)

    def before(self, key: object, table: Table, fact: _Lasting) -> Table | None:
        """The table of an earlier fact with the same key and some of the same days."""
        found = next((where for where, each in self._facts[key] if _overlaps(each, fact)), None)
        self._facts[key].append((table, fact))
        return found


def _families(facts: Facts, people: _People) -> None:
    taken = _Taken()
    for table, family in facts.families:
        members = {people.one(each) for each in family.members}
        if people.one(family.beneficiary) not in members:
            raise table.fail(f"beneficiary = {family.beneficiary} is none of the family's members")
        for member in sorted(members):
            other = taken.before(member, table, family)
            if other is not None:
                raise table.fail(f"{member} belongs to the family of {other.place} on some of the same days")


def _wards(facts: Facts, people: _People) -> None:
    taken = _Taken()
    for table, ward in facts.wards:
        person = people.one(ward.person)
        if person == people.one(ward.guardian):
            raise table.fail(f"{ward.person} cannot be the ward of themselves")
        other = taken.before(person, table, ward)
        if other is not None:
            raise table.fail(f"{ward.person} has a guardian on some of the same days by {other.place}")


def _categories(facts: Facts, people: _People) -> None:
    """A category that is not counted by heads cannot be had twice at a time."""
    taken = _Taken()
    spells = (*facts.spells, *((table, family.spell) for table, family in facts.families))
    for table, spell in spells:
        if spell.category in COUNTED:
            continue
        other = taken.before((people.one(spell.person), spell.category), table, spell)
        if other is not None:
            raise table.fail(
                f"{spell.person} has the category {spell.category} on some of the same days by {other.place}; "
                "end that one before, or leave this one out"
            )


def _claims(facts: Facts, people: _People) -> None:
    taken: dict[tuple[str, str], Table] = {}
    for table, claim in facts.claims:
        other = taken.setdefault((people.one(claim.person), claim.source), table)
        if other is not table:
            raise table.fail(
                f"the {claim.source} named a contract of {claim.person} in {other.place} already; support applies to "
                "one contract of a person (Reg. 345), so each source names one"
            )


def _contracts(facts: Facts, people: _People) -> None:
    taken = _Taken()
    for table, contract in facts.contracts:
        on_it = [people.one(each) for each in (contract.holder, *contract.sub_users)]
        if len(set(on_it)) < len(on_it):
            raise table.fail("a person is on the contract twice; the holder is no sub-user")
        other = taken.before((contract.provider, contract.number), table, contract)
        if other is not None:
            raise table.fail(
                f"number = {contract.number} is already in force on some of the same days by {other.place}"
            )


def _rights(facts: Facts) -> None:
    retailers = {each.user: each for _, each in facts.retailers}
    taken: dict[object, Table] = {}
    for table, right in facts.rights:
        retailer = retailers.get(right.user)
        if retailer is None:
            raise table.fail(f"user = {right.user} is no retailer's user; there are: {', '.join(sorted(retailers))}")
        if retailer.access_opened is not None:
            raise table.fail(
                f"{right.user} has access_opened = {retailer.access_opened} already, which opens all rights on one "
                "day; say it there or here, not in both"
            )
        for channel in ChannelName if right.channel is None else (right.channel,):
            for kind in ChannelRight if right.right is None else (right.right,):
                other = taken.setdefault((right.user, right.environment, channel, kind), table)
                if other is not table:
                    raise table.fail(f"{right.user}'s right to {kind} on {channel} is given by {other.place} already")
