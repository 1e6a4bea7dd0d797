"""The contracts of all retailers, as their documents told them: who is on which one in which month, known since when.

What a document said is kept as a version of the contract, so that a corrected document can be taken out again whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from simulator.documents.model import ContractRecord, Operation, Period


@dataclass(frozen=True, slots=True, order=True)
class ContractKey:
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


@dataclass(frozen=True, slots=True)
class Standing:
    """How a contract stands since a record: its days, and its people by identity with their codes as written."""

    order: tuple[int, int]
    valid_from: date
    valid_to: date | None
    people: Mapping[str, str]
    first_month: Period
    last_month: Period | None


class ContractBook:
    """All contracts known to ALDIS. ``identify`` gives a person's identity for a personal code, None for nobody's."""

    def __init__(self, identify: Callable[[str], str | None]) -> None:
        self._identify = identify
        self._said: dict[ContractKey, list[Version]] = defaultdict(list)
        self._standings: dict[ContractKey, list[Standing]] = {}
        self._of_document: dict[tuple[str, str], set[ContractKey]] = defaultdict(set)
        self._named: dict[tuple[ContractKey, str], tuple[datetime, tuple[int, int]]] = {}
        self._of_person: dict[str, set[ContractKey]] = defaultdict(set)

    def add(self, provider: str, version: Version) -> None:
        """Take in one accepted record."""
        key = ContractKey(provider, version.record.contract)
        self._said[key].append(version)
        self._said[key].sort(key=lambda each: each.order)
        self._of_document[provider, version.document].add(key)
        self._resolve(key)
        for person in self._people(version.record):
            self._of_person[person].add(key)
            # A correction that says again what was known before does not make it known later.
            self._named.setdefault((key, person), (version.arrived, version.order))

    def withdraw(self, provider: str, document: str) -> None:
        """Take out all that a document of a retailer said."""
        for key in self._of_document.pop((provider, document), ()):
            self._said[key] = [each for each in self._said[key] if each.document != document]
            self._resolve(key)

    def current(self, key: ContractKey, *, before: tuple[int, int]) -> Standing | None:
        """How a contract stood after all that was said before a place in the order of documents."""
        said = [each for each in self._standings.get(key, ()) if each.order < before]
        return said[-1] if said else None

    def on_contract(self, person: str, key: ContractKey, period: Period) -> str | None:
        """The personal code under which a person stands on a contract in a month, as the retailer wrote it.

        None when the person does not, or the contract does not run: it counts for each month on a day of which it
        runs (assumed).
        """
        found: Standing | None = None
        for each in self._standings.get(key, ()):
            if each.first_month <= period:
                found = each
        if found is None or (found.last_month is not None and found.last_month < period):
            return None
        return found.people.get(person)

    def known_since(self, person: str, key: ContractKey) -> datetime:
        """When ALDIS first heard that a person is on a contract."""
        return self._named[key, person][0]

    def start(self, person: str, key: ContractKey) -> date | None:
        """The first day from which a contract names a person, by all that was said of it; None when it never does."""
        days = [each.valid_from for each in self._standings.get(key, ()) if person in each.people]
        return min(days, default=None)

    def contracts_of(self, person: str, period: Period) -> list[ContractKey]:
        """A person's contracts in a month, the one that was known first in front."""
        found = [key for key in self._of_person.get(person, ()) if self.on_contract(person, key, period) is not None]
        return sorted(found, key=lambda key: (*self._named[key, person], key))

    def persons(self) -> list[str]:
        """Everyone whom a contract ever named, in a fixed order."""
        return sorted(self._of_person)

    def knows(self, key: ContractKey) -> bool:
        """Whether anything that still stands was said of a contract."""
        return bool(self._standings.get(key))

    def _resolve(self, key: ContractKey) -> None:
        standings: list[Standing] = []
        for version in self._said[key]:
            before = standings[-1] if standings else None
            standings.append(self._standing(version, before))
        self._standings[key] = standings

    def _standing(self, version: Version, before: Standing | None) -> Standing:
        record = version.record
        start, people = record.valid_from, self._people(record)
        if record.operation is Operation.END and before is not None:
            # The end of a contract says when it ends; who was on it stays as it was.
            start, people = before.valid_from, before.people
        last_month = None if record.valid_to is None else Period.of(record.valid_to)
        return Standing(version.order, start, record.valid_to, people, Period.of(start), last_month)

    def _people(self, record: ContractRecord) -> Mapping[str, str]:
        codes = (record.holder.code, *(each.person.code for each in record.sub_users))
        identified = {self._identify(code): code for code in codes}
        return {person: code for person, code in identified.items() if person is not None}
