"""Who is protected in which month, as ALDIS knows it: the facts that PMLP, VDEĀVK, municipalities and UGFA hand in.

A category or arrears counts for a month when it is in force on the day of that month's determination (assumed: the
regulation says by when ALDIS determines, not which day of the month it looks at).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from simulator.aldis.rates import Reason, arrears_exclude, arrears_exempt, category_holds
from simulator.domain.model import Category, CategoryCount, Period
from simulator.world.model import Arrears, Claim, Resident, Spell, World

# Reg. 345 (documented): maintenance arrears exclude since February 2022, group I is exempt since January 2023.
ARREARS_EXCLUDE_FROM = Period(2022, 2)
GROUP_1_EXEMPT_FROM = Period(2023, 1)

_PER_HEAD = (Category.DISABLED_CHILD, Category.GUARDIAN)  # per child, per ward: Reg. 345 (documented)
_CLAIM_ORDER = ("person", "municipality")  # whose word goes first where the sources disagree (assumed)


@dataclass(frozen=True, slots=True)
class Protection:
    """What protects a person in one month, with the facts and rules as ``why``; nothing counts when ``excluded``."""

    categories: tuple[CategoryCount, ...]
    why: tuple[Reason, ...]
    excluded: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Grounds:
    """What protects a person, or excludes: one object for all of whom the same is known, so that it is judged once."""

    spells: tuple[Spell, ...] = ()
    arrears: tuple[Arrears, ...] = ()


_NONE = Grounds()


class Register:
    """The facts of a world, found by person. Whatever code is asked, a person is the one whom it was ever given to."""

    def __init__(self, world: World, *, determination_day: int) -> None:
        """``determination_day`` is the day of the month whose facts count for the whole month."""
        self._day = determination_day
        self._residents: dict[str, Resident] = {}
        for resident in world.residents:
            for code in (resident.code, *(code_change.earlier for code_change in resident.code_changes)):
                self._residents[_written(code)] = resident
        self._grounds = self._shared_grounds(world)
        self._claims: dict[str, list[Claim]] = defaultdict(list)
        for claim in world.claims:
            self._claims[self._owner(claim.person)].append(claim)
        for claims in self._claims.values():
            claims.sort(key=_precedence)

    def person(self, code: str) -> Resident | None:
        """The person who has, or ever had, this personal code; the hyphen is optional."""
        return self._residents.get(code) or self._residents.get(_written(code))

    def identity(self, code: str) -> str | None:
        """The code that a person is filed under here, the one now in force; None when nobody ever had ``code``."""
        resident = self.person(code)
        return None if resident is None else resident.code

    def claims(self, person: str) -> tuple[Claim, ...]:
        """The contracts named for a person by others than retailers, the person's own word first (assumed)."""
        return tuple(self._claims.get(person, ()))

    def grounds(self, person: str) -> Grounds:
        """What may protect a person (by identity), or exclude."""
        return self._grounds.get(person, _NONE)

    def protection(self, grounds: Grounds, period: Period, known_on: date) -> Protection:
        """What protects in a month, with what ALDIS knew on a day."""
        reference = date(period.year, period.month, self._day)
        known = [
            spell
            for spell in grounds.spells
            if _covers(spell, reference) and (spell.known_from is None or spell.known_from <= known_on)
        ]
        categories = _count(known)
        why = [category_holds(spell) for spell in known]
        debt = next((arrear for arrear in grounds.arrears if _covers(arrear, reference)), None)
        if debt is None or not categories or period < ARREARS_EXCLUDE_FROM:
            return Protection(categories, tuple(why))
        group_1 = any(category.category is Category.DISABILITY_GROUP_1 for category in categories)
        if group_1 and period >= GROUP_1_EXEMPT_FROM:
            why.append(arrears_exempt(debt, GROUP_1_EXEMPT_FROM))
            return Protection(categories, tuple(why))
        why.append(arrears_exclude(debt, ARREARS_EXCLUDE_FROM))
        return Protection((), tuple(why), excluded=True)

    def runs(self, grounds: Grounds, first: Period, last: Period) -> list[tuple[Period, Period]]:
        """The months from one to another in runs of which each has the same facts protecting throughout."""
        start, end = date(first.year, first.month, self._day), date(last.year, last.month, self._day)
        if not grounds.arrears and all(
            spell.valid_from <= start and (spell.valid_to is None or end <= spell.valid_to) for spell in grounds.spells
        ):
            return [(first, last)]  # nearly always
        begins = {first}
        facts: tuple[Spell | Arrears, ...] = (*grounds.spells, *grounds.arrears)
        for fact in facts:
            begins.add(self._counts_from(fact.valid_from))
            if fact.valid_to is not None:
                begins.add(self._counts_from(fact.valid_to + timedelta(days=1)))
        if grounds.arrears:
            begins |= {ARREARS_EXCLUDE_FROM, GROUP_1_EXEMPT_FROM}
        firsts = sorted(begin for begin in begins if first <= begin <= last)
        return list(zip(firsts, [*(first - 1 for first in firsts[1:]), last], strict=True))

    def _counts_from(self, day: date) -> Period:
        """The first month for which a fact counts that is there from a day on."""
        return Period.of(day) + (1 if day.day > self._day else 0)

    def _shared_grounds(self, world: World) -> dict[str, Grounds]:
        spells: dict[str, tuple[Spell, ...]] = {}
        arrears: dict[str, tuple[Arrears, ...]] = {}
        for spell in world.all_spells():
            owner = self._owner(spell.person)
            spells[owner] = (*spells.get(owner, ()), replace(spell, person=""))
        for debt in world.arrears:
            owner = self._owner(debt.person)
            arrears[owner] = (*arrears.get(owner, ()), replace(debt, person=""))
        known: dict[tuple[tuple[Spell, ...], tuple[Arrears, ...]], Grounds] = {}
        shared: dict[str, Grounds] = {}
        for person in spells.keys() | arrears.keys():
            facts = spells.get(person, ()), arrears.get(person, ())
            shared[person] = known.setdefault(facts, Grounds(*facts))
        return shared

    def _owner(self, code: str) -> str:
        return self.identity(code) or code


def _count(spells: list[Spell]) -> tuple[CategoryCount, ...]:
    """Children and wards of several spells add up; any other category counts once."""
    if len(spells) == 1:
        (spell,) = spells
        return _one(spell.category, spell.count)
    totals: dict[Category, int] = defaultdict(int)
    for spell in spells:
        totals[spell.category] += spell.count
    return tuple(
        CategoryCount(category, totals[category] if category in _PER_HEAD else 1)
        for category in Category
        if category in totals
    )


@lru_cache(maxsize=256)
def _one(category: Category, count: int) -> tuple[CategoryCount, ...]:
    return (CategoryCount(category, count if category in _PER_HEAD else 1),)


def _covers(fact: Spell | Arrears, day: date) -> bool:
    return fact.valid_from <= day and (fact.valid_to is None or day <= fact.valid_to)


def _precedence(claim: Claim) -> int:
    return _CLAIM_ORDER.index(claim.source) if claim.source in _CLAIM_ORDER else len(_CLAIM_ORDER)


def _written(code: str) -> str:
    """A code with its hyphen; the text itself when it stands like that, so that it is kept once."""
    plain = code.replace("-", "")
    written = f"{plain[:6]}-{plain[6:]}"
    return code if code == written else written
