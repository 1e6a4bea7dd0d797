"""The register of persons: who is protected in which month, by the facts of PMLP, VDEĀVK, municipalities and UGFA.

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
_CLAIM_ORDER = ("person", "municipality")  # which source counts first where they disagree (assumed)


@dataclass(frozen=True, slots=True)
class Protection:
    """Categories that protect a person in one month, with the facts and rules that led to them as ``why``.

    ``excluded`` means that maintenance arrears exclude the person; there are no categories then.
    """

    categories: tuple[CategoryCount, ...]
    why: tuple[Reason, ...]
    excluded: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class EligibilityFacts:
    """Facts about a person that protect (spells of a category) or exclude (maintenance arrears).

    Persons with equal facts share one object, so that a determination judges these facts once.
    """

    spells: tuple[Spell, ...] = ()
    arrears: tuple[Arrears, ...] = ()


_NO_FACTS = EligibilityFacts()


class Register:
    """Finds the facts of a world by person.

    A personal code means the person who has it now or had it before; ``identity`` gives the code now in force.
    """

    def __init__(self, world: World, *, determination_day: int) -> None:
        """Index the facts of ``world``.

        ``determination_day`` is the day of the month (1 to 28) whose facts count for the whole month.
        """
        self._day = determination_day
        self._residents: dict[str, Resident] = {}
        for resident in world.residents:
            for code in (resident.code, *(code_change.earlier for code_change in resident.code_changes)):
                self._residents[_written(code)] = resident
        self._eligibility = self._shared_facts(world)
        self._claims: dict[str, list[Claim]] = defaultdict(list)
        for claim in world.claims:
            self._claims[self._owner(claim.person)].append(claim)
        for claims in self._claims.values():
            claims.sort(key=_precedence)

    def person(self, code: str) -> Resident | None:
        """Return the person who has, or ever had, a personal code (hyphen optional); None when nobody did."""
        return self._residents.get(code) or self._residents.get(_written(code))

    def identity(self, code: str) -> str | None:
        """Return the person's code now in force, under which all facts are kept; None when nobody ever had ``code``."""
        resident = self.person(code)
        return None if resident is None else resident.code

    def claims(self, person: str) -> tuple[Claim, ...]:
        """Return the contracts named for a person (by identity) by others than retailers, the person's claim first."""
        return tuple(self._claims.get(person, ()))

    def eligibility(self, person: str) -> EligibilityFacts:
        """Return the facts about a person (by identity) that protect or exclude."""
        return self._eligibility.get(person, _NO_FACTS)

    def protection(self, eligibility: EligibilityFacts, period: Period, known_on: date) -> Protection:
        """Return the protection that facts give in a month, by what ALDIS knew on the day ``known_on``.

        Arrears exclude since February 2022; group I is exempt since January 2023 (Reg. 345, documented).
        """
        reference = date(period.year, period.month, self._day)
        known = [
            spell
            for spell in eligibility.spells
            if _covers(spell, reference) and (spell.known_from is None or spell.known_from <= known_on)
        ]
        categories = _count(known)
        why = [category_holds(spell) for spell in known]
        debt = next((arrears for arrears in eligibility.arrears if _covers(arrears, reference)), None)
        if debt is None or not categories or period < ARREARS_EXCLUDE_FROM:
            return Protection(categories, tuple(why))
        group_1 = any(category.category is Category.DISABILITY_GROUP_1 for category in categories)
        if group_1 and period >= GROUP_1_EXEMPT_FROM:
            why.append(arrears_exempt(debt, GROUP_1_EXEMPT_FROM))
            return Protection(categories, tuple(why))
        why.append(arrears_exclude(debt, ARREARS_EXCLUDE_FROM))
        return Protection((), tuple(why), excluded=True)

    def runs(self, eligibility: EligibilityFacts, first: Period, last: Period) -> list[tuple[Period, Period]]:
        """Split the months from ``first`` to ``last`` into runs in which the same facts count in every month."""
        start, end = date(first.year, first.month, self._day), date(last.year, last.month, self._day)
        if not eligibility.arrears and all(
            spell.valid_from <= start and (spell.valid_to is None or end <= spell.valid_to)
            for spell in eligibility.spells
        ):
            return [(first, last)]  # nearly always
        starts = {first}
        facts: tuple[Spell | Arrears, ...] = (*eligibility.spells, *eligibility.arrears)
        for fact in facts:
            starts.add(self._counts_from(fact.valid_from))
            if fact.valid_to is not None:
                starts.add(self._counts_from(fact.valid_to + timedelta(days=1)))
        if eligibility.arrears:
            starts |= {ARREARS_EXCLUDE_FROM, GROUP_1_EXEMPT_FROM}
        firsts = sorted(month for month in starts if first <= month <= last)
        return list(zip(firsts, [*(month - 1 for month in firsts[1:]), last], strict=True))

    def _counts_from(self, day: date) -> Period:
        """Return the first month for which a fact counts that holds from ``day`` on."""
        return Period.of(day) + (1 if day.day > self._day else 0)

    def _shared_facts(self, world: World) -> dict[str, EligibilityFacts]:
        spells: dict[str, tuple[Spell, ...]] = {}
        arrears: dict[str, tuple[Arrears, ...]] = {}
        for spell in world.all_spells():
            owner = self._owner(spell.person)
            spells[owner] = (*spells.get(owner, ()), replace(spell, person=""))
        for debt in world.arrears:
            owner = self._owner(debt.person)
            arrears[owner] = (*arrears.get(owner, ()), replace(debt, person=""))
        objects: dict[tuple[tuple[Spell, ...], tuple[Arrears, ...]], EligibilityFacts] = {}
        shared: dict[str, EligibilityFacts] = {}
        for person in spells.keys() | arrears.keys():
            facts = spells.get(person, ()), arrears.get(person, ())
            shared[person] = objects.setdefault(facts, EligibilityFacts(*facts))
        return shared

    def _owner(self, code: str) -> str:
        return self.identity(code) or code


def _count(spells: list[Spell]) -> tuple[CategoryCount, ...]:
    """Count the categories of spells: children and wards of several spells add up, any other category counts once."""
    if len(spells) == 1:
        (spell,) = spells
        return _counted(spell.category, spell.count)
    totals: dict[Category, int] = defaultdict(int)
    for spell in spells:
        totals[spell.category] += spell.count
    return tuple(
        CategoryCount(category, totals[category] if category in _PER_HEAD else 1)
        for category in Category
        if category in totals
    )


@lru_cache(maxsize=256)
def _counted(category: Category, count: int) -> tuple[CategoryCount, ...]:
    return (CategoryCount(category, count if category in _PER_HEAD else 1),)


def _covers(fact: Spell | Arrears, day: date) -> bool:
    return fact.valid_from <= day and (fact.valid_to is None or day <= fact.valid_to)


def _precedence(claim: Claim) -> int:
    return _CLAIM_ORDER.index(claim.source) if claim.source in _CLAIM_ORDER else len(_CLAIM_ORDER)


def _written(code: str) -> str:
    """Return a code with its hyphen: the same object when it has one, so that memory holds each code once."""
    plain = code.replace("-", "")
    written = f"{plain[:6]}-{plain[6:]}"
    return code if code == written else written
