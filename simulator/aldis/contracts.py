"""The contracts of all retailers, as their documents told them: who is on which one in which month, known since when.

What a document said of a contract is kept, so that a corrected document can be taken out again whole. There are as many
contracts as customers in the country: only what is asked for later is kept, and equal values are kept once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple, TypeVar, cast

from simulator.domain.model import ContractRecord, Operation, Period

_Value = TypeVar("_Value")


class ContractKey(NamedTuple):
    """A contract: the retailer's registration number and its contract number (opaque text)."""

    provider: str
    contract: str


@dataclass(frozen=True, slots=True)
class Version:
    """What one record said. ``order``: the place of its document and its own in it; ``arrived`` is simulated time."""

    order: tuple[int, int]
    arrived: datetime
    document: str
    record: ContractRecord


class Standing(NamedTuple):
    """How a contract stands since a record: its days, and its people by identity with their codes as written."""

    order: tuple[int, int]
    valid_from: date
    valid_to: date | None
    people: Mapping[str, str]


class _Source(NamedTuple):
    """Which document said something, kept once for all of its records."""

    place: int
    arrived: datetime
    document: str


class _Said(NamedTuple):
    """What is kept of a version. ``people`` is a person alone when its code is its identity, else pairs of both."""

    source: _Source
    position: int
    ends: bool
    valid_from: date
    valid_to: date | None
    people: str | tuple[tuple[str, str], ...]

    @property
    def order(self) -> tuple[int, int]:
        """The place of its document and its own in it."""
        return self.source.place, self.position

    def names(self, person: str) -> bool:
        """Whether the record names a person."""
        return person == self.people if isinstance(self.people, str) else any(each == person for each, _ in self.people)


class ContractBook:
    """All contracts known to ALDIS. ``identify`` gives a person's identity for a personal code, None for nobody's."""

    def __init__(self, identify: Callable[[str], str | None]) -> None:
        self._identify = identify
        # Nearly all have one contract of one version: then it stands there without a tuple around it.
        self._said: dict[ContractKey, _Said | tuple[_Said, ...]] = {}
        self._of_person: dict[str, ContractKey | tuple[ContractKey, ...]] = {}
        # Who was named when, where what stands does not tell it: by a record that was taken out, or that stands later.
        self._before: dict[ContractKey, dict[str, tuple[datetime, tuple[int, int]]]] = {}
        self._shared: dict[object, object] = {}

    def add(self, provider: str, version: Version) -> None:
        """Take in one accepted record."""
        record = version.record
        people = self._people(record)
        key = ContractKey(self._once(provider), record.contract)
        known = self._versions(key)
        if known or key in self._before:
            for person in people:
                named = self._named(key, person)
                # A correction that says again what was known before does not make it known later.
                if named is not None and version.order < named[1]:
                    self._before.setdefault(key, {}).setdefault(person, named)
        for person in people:
            contracts = self._contracts(person)
            if key not in contracts:
                self._of_person[person] = (*contracts, key) if contracts else key
        place, position = version.order
        said = _Said(
            self._once(_Source(place, version.arrived, version.document)),
            position,
            record.operation is Operation.END,
            self._once(record.valid_from),
            None if record.valid_to is None else self._once(record.valid_to),
            _packed(people),
        )
        self._said[key] = said if not known else tuple(sorted((*known, said), key=lambda said: said.order))

    def withdraw(self, provider: str, document: str) -> None:
        """Take out all that a document of a retailer said."""
        for key in [contract_key for contract_key in self._said if contract_key.provider == provider]:
            known = self._versions(key)
            if all(said.source.document != document for said in known):
                continue
            before = self._before.setdefault(key, {})
            for said in known:
                if said.source.document == document:
                    for person in _persons(said):
                        named = self._named(key, person)
                        if named is not None:
                            before.setdefault(person, named)
            self._said[key] = tuple(said for said in known if said.source.document != document)

    def current(self, key: ContractKey, *, before: tuple[int, int]) -> Standing | None:
        """How a contract stood after all that was said before a place in the order of documents."""
        found = None
        for standing in self._standings(key):
            if standing.order < before:
                found = standing
        return found

    def on_contract(self, person: str, key: ContractKey, period: Period) -> str | None:
        """The personal code under which a person stands on a contract in a month, as the retailer wrote it.

        None when the person does not, or the contract does not run: it counts for each month on a day of which it
        runs (assumed).
        """
        known, (first, last) = self._versions(key), _days(period)
        if len(known) == 1:  # nearly always: worth a shorter way
            (said,) = known
            if said.valid_from > last or (said.valid_to is not None and said.valid_to < first):
                return None
            if isinstance(said.people, str):
                return person if person == said.people else None
        found: Standing | None = None
        for standing in self._standings(key):
            if standing.valid_from <= last:
                found = standing
        if found is None or (found.valid_to is not None and found.valid_to < first):
            return None
        return found.people.get(person)

    def known_since(self, person: str, key: ContractKey) -> datetime:
        """When ALDIS first heard that a person is on a contract."""
        return self._first_named(key, person)[0]

    def start(self, person: str, key: ContractKey) -> date | None:
        """The first day from which a contract names a person, by all that was said of it; None when it never does."""
        known = self._versions(key)
        if len(known) == 1:
            return known[0].valid_from if known[0].names(person) else None
        days = [standing.valid_from for standing in self._standings(key) if person in standing.people]
        return min(days, default=None)

    def begin(self, person: str, key: ContractKey) -> date | None:
        """The first day from which a contract names a person and ALDIS had heard of it; None when it never does."""
        known = self._said.get(key, ())
        if isinstance(known, _Said) and key not in self._before:  # nearly always: worth a shorter way
            return max(known.valid_from, known.source.arrived.date()) if known.names(person) else None
        start = self.start(person, key)
        return None if start is None else max(start, self.known_since(person, key).date())

    def contracts_of(self, person: str, period: Period) -> list[ContractKey]:
        """A person's contracts in a month, the one that was known first in front."""
        found = [key for key in self._contracts(person) if self.on_contract(person, key, period) is not None]
        return found if len(found) < 2 else sorted(found, key=lambda key: (*self._first_named(key, person), key))

    def is_only(self, key: ContractKey, person: str) -> bool:
        """Whether a contract is the only one that ever named a person."""
        return self._contracts(person) == (key,)

    def persons(self) -> list[str]:
        """Everyone whom a contract ever named, in a fixed order."""
        return sorted(self._of_person)

    def pairs(self, provider: str) -> Iterator[tuple[ContractKey, str]]:
        """All contracts of a retailer with everyone whom each ever named, in a fixed order."""
        for key in sorted(contract_key for contract_key in self._said if contract_key.provider == provider):
            known = self._said[key]
            if isinstance(known, _Said) and isinstance(known.people, str) and key not in self._before:
                yield key, known.people  # nearly always: worth a shorter way
                continue
            persons = {person for said in self._versions(key) for person in _persons(said)}
            for person in sorted(persons.union(self._before.get(key, ()))):
                yield key, person

    def providers(self) -> list[str]:
        """The retailers of which any contract was ever known, in a fixed order."""
        return sorted({contract_key.provider for contract_key in self._said})

    def knows(self, key: ContractKey) -> bool:
        """Whether anything that still stands was said of a contract."""
        return bool(self._said.get(key))

    def key(self, provider: str, contract: str) -> ContractKey:
        """The key of a contract; the one that is kept here already, when it is known, so that it is kept once."""
        key = ContractKey(provider, contract)
        known = self._versions(key)
        if not known:
            return key
        return next((contract for contract in self._contracts(next(_persons(known[0]), "")) if contract == key), key)

    def _versions(self, key: ContractKey) -> tuple[_Said, ...]:
        found = self._said.get(key, ())
        return (found,) if isinstance(found, _Said) else found

    def _contracts(self, person: str) -> tuple[ContractKey, ...]:
        found = self._of_person.get(person, ())
        return (found,) if isinstance(found, ContractKey) else found

    def _standings(self, key: ContractKey) -> Iterator[Standing]:
        before: Standing | None = None
        for said in self._versions(key):
            start, people = said.valid_from, _unpacked(said.people)
            if said.ends and before is not None:
                # The end of a contract says when it ends; who was on it stays as it was.
                start, people = before.valid_from, before.people
            before = Standing(said.order, start, said.valid_to, people)
            yield before

    def _named(self, key: ContractKey, person: str) -> tuple[datetime, tuple[int, int]] | None:
        before = self._before.get(key)
        if before is not None and person in before:
            return before[person]
        said = next((version for version in self._versions(key) if version.names(person)), None)
        return None if said is None else (said.source.arrived, said.order)

    def _first_named(self, key: ContractKey, person: str) -> tuple[datetime, tuple[int, int]]:
        named = self._named(key, person)
        if named is None:
            raise KeyError((key, person))
        return named

    def _people(self, record: ContractRecord) -> Mapping[str, str]:
        codes = (record.holder.code, *(sub_user.person.code for sub_user in record.sub_users))
        identified = {self._identify(code): code for code in codes}
        return {person: code for person, code in identified.items() if person is not None}

    def _once(self, value: _Value) -> _Value:
        return cast("_Value", self._shared.setdefault(value, value))


def _persons(said: _Said) -> Iterator[str]:
    if isinstance(said.people, str):
        yield said.people
    else:
        yield from (person for person, _ in said.people)


def _packed(people: Mapping[str, str]) -> str | tuple[tuple[str, str], ...]:
    pairs = tuple(people.items())
    return pairs[0][0] if len(pairs) == 1 and pairs[0][0] == pairs[0][1] else pairs


def _unpacked(people: str | tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    return {people: people} if isinstance(people, str) else dict(people)


@lru_cache(maxsize=256)
def _days(period: Period) -> tuple[date, date]:
    return period.first_day, period.last_day
