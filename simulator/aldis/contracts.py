"""The contracts of all retailers, as their documents told them: who is on which one in which month, known since when.

What a document said is kept as a version of the contract, so that a corrected document can be taken out again whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
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


class ContractBook:
    """All contracts known to ALDIS. ``identify`` gives a person's identity for a personal code, None for nobody's."""

    def __init__(self, identify: Callable[[str], str | None]) -> None:
        self._identify = identify
        self._said: dict[ContractKey, list[Version]] = defaultdict(list)
        self._versions: dict[ContractKey, list[Version]] = {}
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
        for person in self.people(version):
            self._of_person[person].add(key)
            # A correction that says again what was known before does not make it known later.
            self._named.setdefault((key, person), (version.arrived, version.order))

    def withdraw(self, provider: str, document: str) -> None:
        """Take out all that a document of a retailer said."""
        for key in self._of_document.pop((provider, document), ()):
            self._said[key] = [each for each in self._said[key] if each.document != document]
            self._resolve(key)

    def _resolve(self, key: ContractKey) -> None:
        versions: list[Version] = []
        for version in self._said[key]:
            if version.record.operation is Operation.END and versions:
                # The end of a contract says when it ends; who was on it stays as it was.
                last = replace(versions[-1].record, operation=Operation.END, valid_to=version.record.valid_to)
                versions.append(replace(version, record=last))
            else:
                versions.append(version)
        self._versions[key] = versions

    def current(self, key: ContractKey, *, before: tuple[int, int] | None = None) -> Version | None:
        """The last that was said of a contract, by all documents or only by those before a place in their order."""
        said = [each for each in self._versions.get(key, ()) if before is None or each.order < before]
        return said[-1] if said else None

    def in_month(self, key: ContractKey, period: Period) -> Version | None:
        """The version of a contract that holds in a month, None when the contract does not run in it.

        A contract counts for each month on a day of which it runs (assumed).
        """
        begun = [each for each in self._versions.get(key, ()) if each.record.valid_from <= period.last_day]
        if not begun:
            return None
        version = begun[-1]
        end = version.record.valid_to
        return version if end is None or end >= period.first_day else None

    def on_contract(self, person: str, key: ContractKey, period: Period) -> str | None:
        """The personal code under which a person stands on a contract in a month, as the retailer wrote it."""
        version = self.in_month(key, period)
        return None if version is None else self.code_of(person, version)

    def code_of(self, person: str, version: Version) -> str | None:
        """The personal code under which a person stands in a version, None when the person does not."""
        return next((code for code in _codes(version.record) if self._identify(code) == person), None)

    def people(self, version: Version) -> Iterator[str]:
        """Holder and sub-users of a version, by identity."""
        for code in _codes(version.record):
            person = self._identify(code)
            if person is not None:
                yield person

    def known_since(self, person: str, key: ContractKey) -> datetime:
        """When ALDIS first heard that a person is on a contract."""
        return self._named[key, person][0]

    def start(self, person: str, key: ContractKey) -> date | None:
        """The first day from which a contract names a person, by all that was said of it; None when it never does."""
        days = [
            each.record.valid_from for each in self._versions.get(key, ()) if self.code_of(person, each) is not None
        ]
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
        return bool(self._versions.get(key))


def _codes(record: ContractRecord) -> Iterator[str]:
    yield record.holder.code
    for each in record.sub_users:
        yield each.person.code
