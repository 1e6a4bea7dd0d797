"""What the retailer said of its contracts, held against what happened to them."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from conformance.rules.business import ContractState, Happening, Tenancy, plain
from conformance.rules.matching import loosely, only
from conformance.rules.traffic import Sent
from simulator.clock import RIGA
from simulator.documents.identity import document_key
from simulator.documents.model import (
    Address,
    ChannelName,
    ContractRecord,
    Operation,
    Person,
    RecordError,
    Severity,
    SubUser,
)

if TYPE_CHECKING:
    from conformance.rules.evidence import Case


_PLACE = "sub_users.address"


@dataclass(frozen=True, slots=True)
class Said:
    """One contract record and the signed contract that it is about, None when it is about none.

    ``exact`` is false when the contract's number is written otherwise than it was signed.
    """

    sent: Sent
    index: int
    record: ContractRecord
    contract: str | None
    exact: bool

    @property
    def number(self) -> int:
        """Number of the journal entry that sent it."""
        return self.sent.number

    @property
    def day(self) -> date:
        """The day on which it was sent."""
        return self.sent.at.astimezone(RIGA).date()

    @property
    def corrects(self) -> str | None:
        """The document that its document corrects."""
        return self.sent.document.header.corrects if self.sent.document is not None else None


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of a record that does not say what was signed. ``member`` counts sub-users from 0."""

    field: str
    found: str
    expected: str
    member: int | None = None


@dataclass(frozen=True, slots=True)
class Mending:
    """BVKB found a record wrong that said what the retailer knew; later the retailer learned better."""

    error: RecordError
    event: int
    rejected: Said
    happening: Happening


class Reporting:
    """Contract records by contract, and which of them answers which event."""

    def __init__(self, case: Case) -> None:
        self._case = case

    # -- what was said

    @cached_property
    def said(self) -> tuple[Said, ...]:
        """All contract records in order."""
        return tuple(self._all())

    def _all(self) -> Iterator[Said]:
        for sent in self._case.documents(ChannelName.CONTRACT):
            if sent.document is not None:
                for index, record in enumerate(sent.document.contracts()):
                    contract = self._meant(record)
                    yield Said(sent, index, record, contract, exact=contract == record.contract)

    def _meant(self, record: ContractRecord) -> str | None:
        if record.contract in self.history:
            return record.contract
        alike = only(each for each in self.history if loosely(each) == loosely(record.contract))
        unnamed = {number: states for number, states in self.history.items() if number not in self._named}
        return alike or only(number for number, states in unnamed.items() if _same_paper(record, states))

    @cached_property
    def _named(self) -> frozenset[str]:
        """Every contract number that stands in a document: such a contract is not meant by another number."""
        documents = (each.document for each in self._case.documents(ChannelName.CONTRACT))
        return frozenset(record.contract for each in documents if each is not None for record in each.contracts())

    @cached_property
    def history(self) -> dict[str, list[tuple[int, ContractState]]]:
        """The states of each contract, each with the entry from which on it held."""
        found: dict[str, list[tuple[int, ContractState]]] = defaultdict(list)
        for each in self._case.happenings:
            found[each.contract].append((each.number, each.after))
        return dict(found)

    @cached_property
    def misspelt(self) -> frozenset[str]:
        """Contracts whose number was reported otherwise than signed: BVKB then knows them by another number."""
        return frozenset(each.contract for each in self.said if each.contract is not None and not each.exact)

    @cached_property
    def _by_contract(self) -> dict[str, list[Said]]:
        found: dict[str, list[Said]] = defaultdict(list)
        for each in self.said:
            if each.contract is not None:
                found[each.contract].append(each)
        return found

    def of(self, contract: str) -> list[Said]:
        """The records about a contract, in order."""
        return self._by_contract.get(contract, [])

    def reported_before(self, contract: str, number: int) -> bool:
        """Whether a contract was reported before an entry."""
        return any(each.number < number for each in self.of(contract))

    # -- what it says, and what was signed

    def states_until(self, contract: str, number: int) -> list[ContractState]:
        """The states that a contract had until an entry, the latest last."""
        return [state for since, state in self.history.get(contract, ()) if since < number]

    def differences(self, said: Said) -> tuple[Difference, ...]:
        """What in a record differs from all that was signed; told against the latest state. None for no difference."""
        if said.contract is None:
            return ()
        states = self.states_until(said.contract, said.number)
        if not states:
            return ()
        paper = [tuple(differences(said.record, each)) for each in states]
        users = tuple(_sub_users(said.record.sub_users, [user for each in states for user in each.tenancies]))
        return users if any(not each for each in paper) else (*paper[-1], *users)

    # -- which record answers which event

    def report_of(self, happening: Happening) -> Said | None:
        """The first record that reports an event."""
        answers = {
            "contract.new": self._reports_new,
            "contract.end": self._reports_end,
            "contract.change": self._reports_change,
        }
        fits = answers.get(happening.kind, self._reports_sub_user)
        return next(
            (each for each in self.of(happening.contract) if each.number > happening.number and fits(happening, each)),
            None,
        )

    def _reports_new(self, happening: Happening, said: Said) -> bool:
        del happening
        return said.record.operation is Operation.NEW or said.corrects is not None

    def _reports_end(self, happening: Happening, said: Said) -> bool:
        first = not self.reported_before(happening.contract, happening.number)
        kind = said.record.operation is Operation.END or (first and said.record.operation is Operation.NEW)
        return kind and said.record.valid_to == happening.day

    def _reports_change(self, happening: Happening, said: Said) -> bool:
        first = not self.reported_before(happening.contract, happening.number)
        operation = said.record.operation
        allowed = (
            operation is Operation.CHANGE
            or said.corrects is not None
            or (operation is Operation.END and happening.after.ended)
            or (operation is Operation.NEW and first)
        )
        return allowed and not self.is_stale(happening, said)

    def is_stale(self, happening: Happening, said: Said) -> bool:
        """Whether a record says what was so before a change."""
        before = happening.before
        if before is None or next(differences(said.record, happening.after), None) is None:
            return False
        return next(differences(said.record, before), None) is None

    def _reports_sub_user(self, happening: Happening, said: Said) -> bool:
        listed = any(plain(each.person.code) == plain(happening.person or "") for each in said.record.sub_users)
        return listed if happening.kind == "sub_user.add" else not listed

    # -- what BVKB found wrong

    @cached_property
    def mendings(self) -> tuple[Mending, ...]:
        """Records that BVKB found wrong and that the retailer has learned better of since."""
        return tuple(self._mendings())

    def _mendings(self) -> Iterator[Mending]:
        told: set[str] = set()
        for fetched in self._case.fetched:
            content = fetched.delivery.content
            report = content.report if content is not None else None
            if report is None or fetched.delivery.channel is not ChannelName.CONTRACT:
                continue
            for error in report.errors:
                for said in self._concerned(report.document_id, error):
                    learned = self._learned(said, fetched.number)
                    if said.contract is not None and said.contract not in told and learned is not None:
                        told.add(said.contract)
                        yield Mending(error, fetched.number, said, learned)

    def _concerned(self, document: str | None, error: RecordError) -> list[Said]:
        if document is None or error.severity is not Severity.ERROR:
            return []
        return [
            each
            for each in self.said
            if each.sent.document is not None
            and document_key(each.sent.document.header.document_id) == document_key(document)
            and error.position in (None, each.index + 1)
            and not self.differences(each)
        ]

    def _learned(self, said: Said, number: int) -> Happening | None:
        return next(
            (
                each
                for each in self._case.happenings
                if each.contract == said.contract and each.number > number and each.kind != "contract.end"
            ),
            None,
        )


def differences(record: ContractRecord, state: ContractState) -> Iterator[Difference]:
    """What a record says otherwise than a state, its sub-users apart."""
    pairs = [
        ("metering_point", record.metering_point, state.metering_point),
        ("holder.given_name", record.holder.given_name, state.holder.given_name),
        ("holder.surname", record.holder.surname, state.holder.surname),
        ("valid_from", record.valid_from.isoformat(), state.valid_from.isoformat()),
    ]
    yield from (Difference(name, found, expected) for name, found, expected in pairs if _text(found) != _text(expected))
    if plain(record.holder.code) != plain(state.holder.code):
        yield Difference("holder.code", record.holder.code, state.holder.code)
    yield from _addresses("address", record.address, state.address)
    if record.operation is not Operation.END and record.valid_to != state.valid_to:
        yield Difference("valid_to", _day(record.valid_to), _day(state.valid_to))


def _sub_users(listed: tuple[SubUser, ...], tenancies: list[Tenancy]) -> Iterator[Difference]:
    """What is said of sub-users otherwise than ever. Whether the right ones are listed, CON-06 asks."""
    for member, each in enumerate(listed):
        known = [
            (*_persons(each.person, tenancy.person, member), *_addresses(_PLACE, each.address, tenancy.address, member))
            for tenancy in tenancies
            if plain(tenancy.person.code) == plain(each.person.code)
        ]
        if known and all(known):
            yield from known[-1]


def _persons(found: Person, expected: Person, member: int) -> Iterator[Difference]:
    for name in ("given_name", "surname"):
        one, other = getattr(found, name), getattr(expected, name)
        if _text(one) != _text(other):
            yield Difference(f"sub_users.person.{name}", one, other, member)


def _addresses(name: str, found: Address, expected: Address, member: int | None = None) -> Iterator[Difference]:
    if _text(found.text) != _text(expected.text):
        yield Difference(f"{name}.text", found.text, expected.text, member)
    # A retailer may know the code of an address that the event did not tell.
    if expected.code is not None and found.code != expected.code:
        yield Difference(f"{name}.code", found.code or "", expected.code, member)


def _text(value: str) -> str:
    return unicodedata.normalize("NFC", " ".join(value.split()))  # how it is written, XML-05 and XML-06 ask


def _day(value: date | None) -> str:
    return "" if value is None else value.isoformat()


def _same_paper(record: ContractRecord, states: list[tuple[int, ContractState]]) -> bool:
    return any(
        record.metering_point == state.metering_point and plain(record.holder.code) == plain(state.holder.code)
        for _, state in states
    )


def day_of(at: datetime) -> date:
    """The calendar day of a moment in Latvia."""
    return at.astimezone(RIGA).date()
