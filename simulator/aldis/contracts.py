"""The contracts that retailers reported: which persons are on which contract in which month, and known since when.

The book keeps what each document reported, so that a corrected document can be withdrawn whole. It holds a contract for
every customer of the country, so it keeps only the fields that are needed later, and equal values once.
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
    """A contract as one record reported it.

    ``order`` is the place of the record's document and the record's position in it; ``arrived`` is simulated time;
    ``document`` is the document's id.
    """

    order: tuple[int, int]
    arrived: datetime
    document: str
    record: ContractRecord


class ContractState(NamedTuple):
    """A contract after one of its records: its days, and its people by identity with their codes as written.

    ``order`` is that of the record; ``valid_to`` is None for a contract without an end.
    """

    order: tuple[int, int]
    valid_from: date
    valid_to: date | None
    people: Mapping[str, str]


class _Source(NamedTuple):
    """The document of a version: one object for all of its records."""

    place: int
    arrived: datetime
    document: str


class _CompactVersion(NamedTuple):
    """The kept fields of a version.

    ``people`` is one identity when there is one person whose code is its identity, else pairs of identity and code.
    """

    source: _Source
    position: int
    ends: bool
    valid_from: date
    valid_to: date | None
    people: str | tuple[tuple[str, str], ...]

    @property
    def order(self) -> tuple[int, int]:
        """Place of the document, and position of the record in it."""
        return self.source.place, self.position

    def names(self, person: str) -> bool:
        """Return True when the record names a person (by identity)."""
        if isinstance(self.people, str):
            return person == self.people
        return any(identity == person for identity, _ in self.people)


class ContractBook:
    """All contracts known to ALDIS, by retailer and contract number, and by person."""

    def __init__(self, identify: Callable[[str], str | None]) -> None:
        """Start an empty book. ``identify`` gives the identity for a personal code, None for a code of nobody."""
        self._identify = identify
        # Most persons have one contract with one version: it is kept without a tuple around it, to save memory.
        self._by_key: dict[ContractKey, _CompactVersion | tuple[_CompactVersion, ...]] = {}
        self._of_person: dict[str, ContractKey | tuple[ContractKey, ...]] = {}
        # When a person was first named, where the kept versions do not tell: the record was withdrawn or corrected.
        self._before: dict[ContractKey, dict[str, tuple[datetime, tuple[int, int]]]] = {}
        self._shared: dict[object, object] = {}

    def add(self, provider: str, version: Version) -> None:
        """Add one accepted record of a retailer (by registration number)."""
        record = version.record
        people = self._people(record)
        key = ContractKey(self._once(provider), record.contract)
        known = self._versions(key)
        if known or key in self._before:
            for person in people:
                named = self._named(key, person)
                # A correction that repeats what was known before does not make it known later.
                if named is not None and version.order < named[1]:
                    self._before.setdefault(key, {}).setdefault(person, named)
        for person in people:
            contracts = self._contracts(person)
            if key not in contracts:
                self._of_person[person] = (*contracts, key) if contracts else key
        place, position = version.order
        kept = _CompactVersion(
            self._once(_Source(place, version.arrived, version.document)),
            position,
            record.operation is Operation.END,
            self._once(record.valid_from),
            None if record.valid_to is None else self._once(record.valid_to),
            _packed(people),
        )
        if known:
            self._by_key[key] = tuple(sorted((*known, kept), key=lambda version: version.order))
        else:
            self._by_key[key] = kept

    def withdraw(self, provider: str, document: str) -> None:
        """Remove everything that a document of a retailer reported."""
        for key in [contract_key for contract_key in self._by_key if contract_key.provider == provider]:
            known = self._versions(key)
            if all(version.source.document != document for version in known):
                continue
            before = self._before.setdefault(key, {})
            for version in known:
                if version.source.document == document:
                    for person in _persons(version):
                        named = self._named(key, person)
                        if named is not None:
                            before.setdefault(person, named)
            self._by_key[key] = tuple(version for version in known if version.source.document != document)

    def current(self, key: ContractKey, *, before: tuple[int, int]) -> ContractState | None:
        """Return the state of a contract after all records before a place in the order of documents.

        None when no record before that place reported it.
        """
        current = None
        for state in self._states(key):
            if state.order < before:
                current = state
        return current

    def on_contract(self, person: str, key: ContractKey, period: Period) -> str | None:
        """Return the personal code under which a contract names a person in a month, as the retailer wrote it.

        None when it does not name the person, or has no day in the month: a contract counts for each month in which it
        is valid on at least one day (assumed).
        """
        known, (first, last) = self._versions(key), _days(period)
        if len(known) == 1:  # a faster path for the usual case
            (version,) = known
            if version.valid_from > last or (version.valid_to is not None and version.valid_to < first):
                return None
            if isinstance(version.people, str):
                return person if person == version.people else None
        current: ContractState | None = None
        for state in self._states(key):
            if state.valid_from <= last:
                current = state
        if current is None or (current.valid_to is not None and current.valid_to < first):
            return None
        return current.people.get(person)

    def known_since(self, person: str, key: ContractKey) -> datetime:
        """Return the simulated time at which a contract of a person first reached ALDIS.

        Raises KeyError when no record named the person on the contract.
        """
        return self._first_named(key, person)[0]

    def start(self, person: str, key: ContractKey) -> date | None:
        """Return the first day from which a contract names a person; None when no record does."""
        known = self._versions(key)
        if len(known) == 1:
            return known[0].valid_from if known[0].names(person) else None
        days = [state.valid_from for state in self._states(key) if person in state.people]
        return min(days, default=None)

    def begin(self, person: str, key: ContractKey) -> date | None:
        """Return the first day on which a contract named a person and ALDIS knew of it; None when no record does."""
        known = self._by_key.get(key, ())
        if isinstance(known, _CompactVersion) and key not in self._before:  # a faster path for the usual case
            return max(known.valid_from, known.source.arrived.date()) if known.names(person) else None
        start = self.start(person, key)
        return None if start is None else max(start, self.known_since(person, key).date())

    def contracts_of(self, person: str, period: Period) -> list[ContractKey]:
        """Return a person's contracts in a month, the one that was known first in front."""
        keys = [key for key in self._contracts(person) if self.on_contract(person, key, period) is not None]
        return keys if len(keys) < 2 else sorted(keys, key=lambda key: (*self._first_named(key, person), key))

    def is_only(self, key: ContractKey, person: str) -> bool:
        """Return True when a contract is the only one that ever named a person."""
        return self._contracts(person) == (key,)

    def persons(self) -> list[str]:
        """Return the identities of all persons whom a contract ever named, in a fixed order."""
        return sorted(self._of_person)

    def pairs(self, provider: str) -> Iterator[tuple[ContractKey, str]]:
        """Yield each contract of a retailer with each person whom it ever named, in a fixed order."""
        for key in sorted(contract_key for contract_key in self._by_key if contract_key.provider == provider):
            known = self._by_key[key]
            if isinstance(known, _CompactVersion) and isinstance(known.people, str) and key not in self._before:
                yield key, known.people  # a faster path for the usual case
                continue
            persons = {person for version in self._versions(key) for person in _persons(version)}
            for person in sorted(persons.union(self._before.get(key, ()))):
                yield key, person

    def providers(self) -> list[str]:
        """Return the registration numbers of the retailers that ever reported a contract, in a fixed order."""
        return sorted({contract_key.provider for contract_key in self._by_key})

    def knows(self, key: ContractKey) -> bool:
        """Return True when a record of a contract is still in force (not withdrawn)."""
        return bool(self._by_key.get(key))

    def key(self, provider: str, contract: str) -> ContractKey:
        """Return the key of a contract, the object that the book already holds where there is one (saves memory)."""
        key = ContractKey(provider, contract)
        known = self._versions(key)
        if not known:
            return key
        return next((contract for contract in self._contracts(next(_persons(known[0]), "")) if contract == key), key)

    def _versions(self, key: ContractKey) -> tuple[_CompactVersion, ...]:
        versions = self._by_key.get(key, ())
        return (versions,) if isinstance(versions, _CompactVersion) else versions

    def _contracts(self, person: str) -> tuple[ContractKey, ...]:
        keys = self._of_person.get(person, ())
        return (keys,) if isinstance(keys, ContractKey) else keys

    def _states(self, key: ContractKey) -> Iterator[ContractState]:
        before: ContractState | None = None
        for version in self._versions(key):
            start, people = version.valid_from, _unpacked(version.people)
            if version.ends and before is not None:
                # A record that ends a contract changes its last day only, not the people on it.
                start, people = before.valid_from, before.people
            before = ContractState(version.order, start, version.valid_to, people)
            yield before

    def _named(self, key: ContractKey, person: str) -> tuple[datetime, tuple[int, int]] | None:
        before = self._before.get(key)
        if before is not None and person in before:
            return before[person]
        version = next((version for version in self._versions(key) if version.names(person)), None)
        return None if version is None else (version.source.arrived, version.order)

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


def _persons(version: _CompactVersion) -> Iterator[str]:
    if isinstance(version.people, str):
        yield version.people
    else:
        yield from (person for person, _ in version.people)


def _packed(people: Mapping[str, str]) -> str | tuple[tuple[str, str], ...]:
    pairs = tuple(people.items())
    return pairs[0][0] if len(pairs) == 1 and pairs[0][0] == pairs[0][1] else pairs


def _unpacked(people: str | tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    return {people: people} if isinstance(people, str) else dict(people)


@lru_cache(maxsize=256)
def _days(period: Period) -> tuple[date, date]:
    return period.first_day, period.last_day
