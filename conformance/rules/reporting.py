"""The retailer's contract records, compared with the events of its contracts."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from conformance.rules.business import Business, BusinessEvent, ContractState, Tenancy, plain
from conformance.rules.traffic import Traffic, ValidDocument
from conformance.rules.values import loosely, only
from simulator.domain.clock import RIGA
from simulator.domain.identifiers import document_key
from simulator.domain.model import (
    Address,
    ChannelName,
    ContractRecord,
    Operation,
    Person,
    RecordError,
    Severity,
    SubUser,
)

_PLACE = "sub_users.address"


@dataclass(frozen=True, slots=True)
class ContractReport:
    """One contract record and the signed contract that it is about, None when it is about none.

    ``exact`` is false when the contract's number is written otherwise than it was signed.
    """

    document: ValidDocument
    index: int
    record: ContractRecord
    contract: str | None
    exact: bool

    @property
    def number(self) -> int:
        """Number of the journal entry that sent it."""
        return self.document.number

    @property
    def day(self) -> date:
        """The day on which it was sent."""
        return day_of(self.document.at)

    @property
    def corrects(self) -> str | None:
        """The id of the document that its document corrects, as ids are compared."""
        return self.document.corrects


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of a record that differs from the signed contract. ``member`` counts sub-users from 0."""

    field: str
    found: str
    expected: str
    member: int | None = None


@dataclass(frozen=True, slots=True)
class RequiredCorrection:
    """A report that agreed with the retailer's data, that BVKB rejected, and whose right data a later event brought.

    ``number`` is the entry that brought BVKB's ``error``, ``event`` the later event that the retailer learned from.
    """

    error: RecordError
    number: int
    rejected: ContractReport
    event: BusinessEvent


class Reporting:
    """The retailer's contract records, by contract, compared with the events of its contracts."""

    def __init__(self, traffic: Traffic, business: Business) -> None:
        self._traffic = traffic
        self._business = business

    # -- reports

    @cached_property
    def reports(self) -> tuple[ContractReport, ...]:
        """All contract records in order."""
        return tuple(self._all())

    def _all(self) -> Iterator[ContractReport]:
        for document in self._traffic.documents(ChannelName.CONTRACT):
            for index, record in enumerate(document.document.contracts()):
                contract = self._meant(record)
                yield ContractReport(document, index, record, contract, exact=contract == record.contract)

    def _meant(self, record: ContractRecord) -> str | None:
        """Return the signed contract that a record is about, even if its number is written otherwise."""
        if record.contract in self.history:
            return record.contract
        alike = only(number for number in self.history if loosely(number) == loosely(record.contract))
        unnamed = {number: states for number, states in self.history.items() if number not in self._named}
        return alike or only(number for number, states in unnamed.items() if _is_same_contract(record, states))

    @cached_property
    def _named(self) -> frozenset[str]:
        """Every contract number that stands in a document: such a contract is not meant by another number."""
        documents = self._traffic.documents(ChannelName.CONTRACT)
        return frozenset(record.contract for document in documents for record in document.document.contracts())

    @cached_property
    def history(self) -> dict[str, list[tuple[int, ContractState]]]:
        """The states of each contract, each with the entry from which on it held."""
        history: dict[str, list[tuple[int, ContractState]]] = defaultdict(list)
        for event in self._business.events:
            history[event.contract].append((event.number, event.after))
        return dict(history)

    @cached_property
    def misspelt(self) -> frozenset[str]:
        """Contracts whose number was reported otherwise than signed: BVKB then knows them by another number."""
        return frozenset(report.contract for report in self.reports if report.contract is not None and not report.exact)

    @cached_property
    def _by_contract(self) -> dict[str, list[ContractReport]]:
        by_contract: dict[str, list[ContractReport]] = defaultdict(list)
        for report in self.reports:
            if report.contract is not None:
                by_contract[report.contract].append(report)
        return by_contract

    def of(self, contract: str) -> list[ContractReport]:
        """Return the records about a contract, in order."""
        return self._by_contract.get(contract, [])

    def reported_before(self, contract: str, number: int) -> bool:
        """Tell whether a contract was reported before an entry."""
        return any(report.number < number for report in self.of(contract))

    # -- comparison with the signed contract

    def states_until(self, contract: str, number: int) -> list[ContractState]:
        """The states that a contract had until an entry, the latest last."""
        return [state for since, state in self.history.get(contract, ()) if since < number]

    def differences(self, report: ContractReport) -> tuple[Difference, ...]:
        """Return the fields of a record that differ from all signed states, compared with the latest of them."""
        if report.contract is None:
            return ()
        states = self.states_until(report.contract, report.number)
        if not states:
            return ()
        paper = [tuple(differences(report.record, state)) for state in states]
        users = tuple(_sub_users(report.record.sub_users, [user for state in states for user in state.tenancies]))
        return users if any(not found for found in paper) else (*paper[-1], *users)

    # -- which record answers which event

    def report_of(self, event: BusinessEvent) -> ContractReport | None:
        """The first record that reports an event."""
        answers = {
            "contract.new": self._reports_new,
            "contract.end": self._reports_end,
            "contract.change": self._reports_change,
        }
        fits = answers.get(event.kind, self._reports_sub_user)
        return next(
            (report for report in self.of(event.contract) if report.number > event.number and fits(event, report)),
            None,
        )

    def _reports_new(self, event: BusinessEvent, report: ContractReport) -> bool:
        del event
        return report.record.operation is Operation.NEW or report.corrects is not None

    def _reports_end(self, event: BusinessEvent, report: ContractReport) -> bool:
        first = not self.reported_before(event.contract, event.number)
        kind = report.record.operation is Operation.END or (first and report.record.operation is Operation.NEW)
        return kind and report.record.valid_to == event.day

    def _reports_change(self, event: BusinessEvent, report: ContractReport) -> bool:
        first = not self.reported_before(event.contract, event.number)
        operation = report.record.operation
        allowed = (
            operation is Operation.CHANGE
            or report.corrects is not None
            or (operation is Operation.END and event.after.ended)
            or (operation is Operation.NEW and first)
        )
        return allowed and not self.is_stale(event, report)

    def is_stale(self, event: BusinessEvent, report: ContractReport) -> bool:
        """Tell whether a record shows the state before a change."""
        before = event.before
        if before is None or next(differences(report.record, event.after), None) is None:
            return False
        return next(differences(report.record, before), None) is None

    def _reports_sub_user(self, event: BusinessEvent, report: ContractReport) -> bool:
        listed = any(plain(user.person.code) == plain(event.person or "") for user in report.record.sub_users)
        return listed if event.kind == "sub_user.add" else not listed

    # -- records that BVKB rejected

    @cached_property
    def required_corrections(self) -> tuple[RequiredCorrection, ...]:
        """The reports that the retailer has to correct, one for each contract."""
        return tuple(self._required_corrections())

    def _required_corrections(self) -> Iterator[RequiredCorrection]:
        seen: set[str] = set()
        for fetched in self._traffic.fetched:
            content = fetched.delivery.content
            answer = content.report if content is not None else None
            if answer is None or fetched.delivery.channel is not ChannelName.CONTRACT:
                continue
            for error in answer.errors:
                for report in self._concerned(answer.document_id, error):
                    learned = self._learned(report, fetched.number)
                    if report.contract is not None and report.contract not in seen and learned is not None:
                        seen.add(report.contract)
                        yield RequiredCorrection(error, fetched.number, report, learned)

    def _concerned(self, document_id: str | None, error: RecordError) -> list[ContractReport]:
        """Return the reports that an error is about and that match the data that the retailer had."""
        if document_id is None or error.severity is not Severity.ERROR:
            return []
        return [
            report
            for report in self.reports
            if report.document.key == document_key(document_id)
            and error.position in (None, report.index + 1)
            and not self.differences(report)
        ]

    def _learned(self, report: ContractReport, number: int) -> BusinessEvent | None:
        """Return the first event after an entry that may have brought the retailer the right data."""
        events = (event for event in self._business.events if event.contract == report.contract)
        return next((event for event in events if event.number > number and event.kind != "contract.end"), None)


def differences(record: ContractRecord, state: ContractState) -> Iterator[Difference]:
    """Yield the fields in which a record differs from a state, sub-users apart."""
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
    """Yield the data of sub-users in a record that were never so. CON-06 checks that the right ones are listed."""
    for member, user in enumerate(listed):
        known = [
            (*_persons(user.person, tenancy.person, member), *_addresses(_PLACE, user.address, tenancy.address, member))
            for tenancy in tenancies
            if plain(tenancy.person.code) == plain(user.person.code)
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
    return unicodedata.normalize("NFC", " ".join(value.split()))  # XML-05 and XML-06 check how it is written


def _day(value: date | None) -> str:
    return "" if value is None else value.isoformat()


def _is_same_contract(record: ContractRecord, states: list[tuple[int, ContractState]]) -> bool:
    return any(
        record.metering_point == state.metering_point and plain(record.holder.code) == plain(state.holder.code)
        for _number, state in states
    )


def day_of(at: datetime) -> date:
    """The calendar day of a moment in Latvia."""
    return at.astimezone(RIGA).date()
