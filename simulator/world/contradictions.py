"""Finds contradictions in a world, such as facts about unknown persons and personal codes of two residents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from typing import Protocol

from simulator.domain.model import ChannelName, ChannelRight
from simulator.settings import KeyPath
from simulator.world.model import COUNTED, World

Contradiction = tuple[KeyPath, str]
"""The place of a contradiction in the file of the world, and the message."""


def contradictions(world: World, place: Callable[[KeyPath], str]) -> Iterator[Contradiction]:
    """Yield all contradictions of a world. ``place`` returns a place of the file in words.

    Facts about unknown persons and retailers are reported first and alone, because the other checks depend on them.
    """
    people = _People(world, place)
    unknown = [*people.problems, *_shared_identifiers(world, place), *_unknown_names(world, people)]
    yield from unknown
    if not unknown:
        for check in (_families, _wards, _categories, _claims, _contracts, _rights):
            yield from check(world, people, place)


class _People:
    """The residents by their present and earlier codes; ``problems`` are codes that two of them share."""

    def __init__(self, world: World, place: Callable[[KeyPath], str]) -> None:
        self.problems: list[Contradiction] = []
        self._now: dict[str, str] = {}
        taken: dict[str, KeyPath] = {}
        for index, resident in enumerate(world.residents):
            path: KeyPath = ("residents", index)
            days = [change.on for change in resident.code_changes]
            twice = next((day for number, day in enumerate(days) if day in days[:number]), None)
            if twice is not None:
                reason = f"the personal code changes twice on {twice}; a code is in force for a day at least"
                self.problems.append((path, reason))
            for code in (resident.code, *(change.earlier for change in resident.code_changes)):
                plain = code.replace("-", "")
                if plain in taken:
                    owner = place(taken[plain])
                    reason = f"the personal code {code} is already that of {owner}; no two may share one"
                    self.problems.append((path, reason))
                taken.setdefault(plain, path)
                self._now[plain] = resident.code

    def __contains__(self, code: str) -> bool:
        return code.replace("-", "") in self._now

    def one(self, code: str) -> str:
        """Return the present code of a person by any of their codes."""
        return self._now[code.replace("-", "")]


def _shared_identifiers(world: World, place: Callable[[KeyPath], str]) -> Iterator[Contradiction]:
    """Yield retailers with an identifier that another one has already."""
    for key in ("registration_number", "authority", "user", "discount_minor"):
        taken: dict[object, KeyPath] = {world.bvkb.id: ("bvkb",)} if key == "authority" else {}
        for index, retailer in enumerate(world.retailers):
            value = getattr(retailer, key)
            if value in taken:
                reason = f"{value} is already that of {place(taken[value])}; each needs its own"
                yield ("retailers", index, key), reason
            taken.setdefault(value, ("retailers", index))


def _unknown_names(world: World, people: _People) -> Iterator[Contradiction]:
    """Yield facts with unknown personal codes or registration numbers."""
    for path, code in _named_people(world):
        if code not in people:
            yield path, f"{code} is nobody's personal code; add the person under [[residents]]"
    providers = {retailer.registration_number for retailer in world.retailers}
    named = [
        *((("claims", index, "provider"), claim.provider) for index, claim in enumerate(world.claims)),
        *((("contracts", index, "provider"), contract.provider) for index, contract in enumerate(world.contracts)),
    ]
    for path, provider in named:
        if provider not in providers:
            yield path, f"{provider} is no retailer of this world; give a registration_number"


def _named_people(world: World) -> Iterator[tuple[KeyPath, str]]:
    """Yield every personal code in a fact, with its place."""
    for index, spell in enumerate(world.spells):
        yield ("spells", index, "person"), spell.person
    for index, family in enumerate(world.families):
        yield ("families", index, "beneficiary"), family.beneficiary
        yield from ((("families", index, "members"), code) for code in family.members)
    for index, ward in enumerate(world.wards):
        yield ("wards", index, "person"), ward.person
        yield ("wards", index, "guardian"), ward.guardian
    for index, debt in enumerate(world.arrears):
        yield ("arrears", index, "person"), debt.person
    for index, claim in enumerate(world.claims):
        yield ("claims", index, "person"), claim.person
    for index, contract in enumerate(world.contracts):
        yield ("contracts", index, "holder"), contract.holder
        yield from ((("contracts", index, "sub_users"), code) for code in contract.sub_users)


class _Lasting(Protocol):
    @property
    def valid_from(self) -> date: ...

    @property
    def valid_to(self) -> date | None: ...


def _overlap(one: _Lasting, other: _Lasting) -> bool:
    return (other.valid_to is None or one.valid_from <= other.valid_to) and (
        one.valid_to is None or other.valid_from <= one.valid_to
    )


class _Taken:
    """Facts by key, to find two with the same key on the same days."""

    def __init__(self) -> None:
        self._facts: dict[object, list[tuple[KeyPath, _Lasting]]] = defaultdict(list)

    def before(self, key: object, path: KeyPath, fact: _Lasting) -> KeyPath | None:
        """Add a fact. Returns the place of an earlier one with the same key and some of the same days."""
        earlier = next((place for place, known in self._facts[key] if _overlap(known, fact)), None)
        self._facts[key].append((path, fact))
        return earlier


def _families(world: World, people: _People, place: Callable[[KeyPath], str]) -> Iterator[Contradiction]:
    taken = _Taken()
    for index, family in enumerate(world.families):
        path: KeyPath = ("families", index)
        members = {people.one(member) for member in family.members}
        if people.one(family.beneficiary) not in members:
            yield (*path, "beneficiary"), f"{family.beneficiary} is none of the family's members"
        for member in sorted(members):
            other = taken.before(member, path, family)
            if other is not None:
                yield path, f"{member} belongs to the family of {place(other)} on some of the same days"


def _wards(world: World, people: _People, place: Callable[[KeyPath], str]) -> Iterator[Contradiction]:
    taken = _Taken()
    for index, ward in enumerate(world.wards):
        person = people.one(ward.person)
        if person == people.one(ward.guardian):
            yield ("wards", index), f"{ward.person} cannot be the ward of themselves"
        other = taken.before(person, ("wards", index), ward)
        if other is not None:
            yield ("wards", index), f"{ward.person} has a guardian on some of the same days by {place(other)}"


def _categories(world: World, people: _People, place: Callable[[KeyPath], str]) -> Iterator[Contradiction]:
    """Yield persons with a category twice on a day, but for categories that count children or wards."""
    taken = _Taken()
    spells = [(("spells", index), spell) for index, spell in enumerate(world.spells)]
    families = [(("families", index), family.spell) for index, family in enumerate(world.families)]
    for path, spell in (*spells, *families):
        if spell.category in COUNTED:
            continue
        other = taken.before((people.one(spell.person), spell.category), path, spell)
        if other is not None:
            reason = f"{spell.person} has the category {spell.category} on some of the same days by {place(other)}"
            yield path, f"{reason}; end that one before, or leave this one out"


def _claims(world: World, people: _People, place: Callable[[KeyPath], str]) -> Iterator[Contradiction]:
    taken: dict[tuple[str, str], KeyPath] = {}
    for index, claim in enumerate(world.claims):
        path: KeyPath = ("claims", index)
        other = taken.setdefault((people.one(claim.person), claim.source), path)
        if other is not path:
            reason = f"the {claim.source} named a contract of {claim.person} in {place(other)} already"
            yield path, f"{reason}; support applies to one contract of a person (Reg. 345), so each source names one"


def _contracts(world: World, people: _People, place: Callable[[KeyPath], str]) -> Iterator[Contradiction]:
    taken = _Taken()
    for index, contract in enumerate(world.contracts):
        path: KeyPath = ("contracts", index)
        persons = [people.one(code) for code in (contract.holder, *contract.sub_users)]
        if len(set(persons)) < len(persons):
            yield path, "a person is on the contract twice; the holder is no sub-user"
        other = taken.before((contract.provider, contract.number), path, contract)
        if other is not None:
            reason = f"{contract.number} is already in force on some of the same days by {place(other)}"
            yield (*path, "number"), reason


def _rights(world: World, people: _People, place: Callable[[KeyPath], str]) -> Iterator[Contradiction]:
    del people
    retailers = {retailer.user: retailer for retailer in world.retailers}
    taken: dict[object, KeyPath] = {}
    for index, right in enumerate(world.rights):
        path: KeyPath = ("rights", index)
        retailer = retailers.get(right.user)
        if retailer is None:
            users = ", ".join(sorted(retailers))
            yield (*path, "user"), f"{right.user} is no retailer's user; there are: {users}"
        elif retailer.access_opened is not None:
            reason = f"{right.user} has access_opened = {retailer.access_opened} already, which opens all rights on one"
            yield (*path, "user"), f"{reason} day; say it there or here, not in both"
        for channel in ChannelName if right.channel is None else (right.channel,):
            for kind in ChannelRight if right.right is None else (right.right,):
                other = taken.setdefault((right.user, right.environment, channel, kind), path)
                if other is not path:
                    reason = f"{right.user}'s right to {kind} on {channel} is given by {place(other)} already"
                    yield path, reason
