"""One person's year from the journal: granted, applied per bill, carried, lapsed, reversed, and why. Pure.

Amounts in EUR without VAT. The journal is enough; a world only adds the person's name and former personal codes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from simulator.aldis.account import ZERO, Account, Bill, Grant, Totals
from simulator.aldis.contracts import ContractKey
from simulator.documents.profile import Profile
from simulator.documents.reading import read_document
from simulator.domain.clock import RIGA
from simulator.domain.errors import UserError
from simulator.domain.identifiers import document_key, personal_code_canonical
from simulator.domain.language import Bilingual
from simulator.domain.model import ChannelName, DiscountStatus, Document, PayoutRecord, Period, Severity
from simulator.journal import Entry, Journal, Kind, decisions_of
from simulator.world.model import Resident, World


@dataclass(frozen=True, slots=True)
class Granted:
    """A decision on a month: the amount due, amounts paid back for earlier months, or the end; and the reasons."""

    period: Period
    on: date
    due: Decimal
    back_paid: tuple[tuple[Period, Decimal], ...]
    ended: bool
    why: tuple[Bilingual, ...]

    @property
    def total(self) -> Decimal:
        """The amount due together with those for earlier months."""
        return sum((amount for _, amount in self.back_paid), self.due)


@dataclass(frozen=True, slots=True)
class Billed:
    """A bill: ``applied`` came off it, ``earlier`` of that was left from earlier months; when it was reported."""

    period: Period
    invoice: str
    issued: date
    net: Decimal
    applied: Decimal
    earlier: Decimal
    reported: date
    cancelled: date | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A payout record that ALDIS refused."""

    period: Period
    invoice: str
    on: date
    why: tuple[Bilingual, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """One month of a contract; ``left`` is the unused support at its end (in December: before it lapses)."""

    period: Period
    granted: tuple[Granted, ...]
    bills: tuple[Billed, ...]
    refused: tuple[Refused, ...]
    left: Decimal

    @property
    def granted_amount(self) -> Decimal:
        """The amount of all decisions, in EUR."""
        return sum((granted.total for granted in self.granted), ZERO)

    @property
    def applied_amount(self) -> Decimal:
        """The amount that came off the bills that were not cancelled, in EUR."""
        return sum((bill.applied for bill in self.bills if bill.cancelled is None), ZERO)

    @property
    def reasons(self) -> tuple[Bilingual, ...]:
        """The reasons of all decisions."""
        return tuple(reason for granted in self.granted for reason in granted.why)


@dataclass(frozen=True, slots=True)
class ContractYear:
    """A person's year on one contract. ``totals``: granted = applied + carried + lapsed, ``through`` a month."""

    provider: str
    retailer: str | None
    contract: str
    months: tuple[Month, ...]
    totals: Totals
    through: Period
    differences: tuple[Bilingual, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A person's year, contract by contract; ``name`` is None when only the journal is known."""

    code: str
    name: str | None
    year: int
    contracts: tuple[ContractYear, ...]


@dataclass(slots=True)
class _Books:
    """The journal's entries on one person on one contract in one year."""

    account: Account = field(default_factory=Account)
    granted: list[Granted] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    reported: dict[tuple[int, int], date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _PayoutDocument:
    """An accepted payout document; ``place`` is its position in the order of the year's documents."""

    entry: Entry
    document: Document
    place: int


class NobodyError(UserError):
    """The journal has nothing about this person in this year; ``known`` are some codes that it does have."""

    def __init__(self, code: str, year: int, known: tuple[str, ...]) -> None:
        others = f"; codes of that year are {', '.join(known)}" if known else ""
        super().__init__(f"nothing was granted to or paid out for {code} in {year}{others}")


def statement(journal: Journal, profile: Profile, code: str, year: int, world: World | None = None) -> Statement:
    """Return the year of the person who has, or had, a personal code. Raises NobodyError when the journal has none."""
    resident = None if world is None else world.resident(code)
    return _Reader(journal, profile, code, year, world, resident).statement()


class _Reader:
    def __init__(
        self,
        journal: Journal,
        profile: Profile,
        code: str,
        year: int,
        world: World | None,
        resident: Resident | None,
    ) -> None:
        self._journal, self._profile, self._year, self._world = journal, profile, year, world
        self._code = personal_code_canonical(code)
        self._resident = resident
        self._books: dict[ContractKey, _Books] = defaultdict(_Books)
        self._differences: dict[ContractKey, tuple[Bilingual, ...]] = {}
        self._known: set[str] = set()
        self._last = Period(year, 1)

    def statement(self) -> Statement:
        entries = [entry for entry in self._journal.entries() if entry.kind is Kind.AUTHORITY]
        for entry in entries:
            if entry.operation == "determine":
                self._determine(entry)
        for payout in _payout_documents(entries, self._journal, self._profile):
            self._take(payout)
        for entry in entries:
            if entry.operation == "reconcile":
                self._reconcile(entry)
        if not self._books:
            raise NobodyError(self._code, self._year, tuple(sorted(self._known)[:10]))
        return Statement(
            code=self._resident.code if self._resident else self._code,
            name=f"{self._resident.given_name} {self._resident.surname}" if self._resident else None,
            year=self._year,
            contracts=tuple(self._contract(key, books) for key, books in sorted(self._books.items())),
        )

    def _is_the_person(self, code: str) -> bool:
        if self._resident is not None:
            return self._resident.has_code(code)
        return personal_code_canonical(code) == self._code

    # -- reading the journal

    def _determine(self, entry: Entry) -> None:
        details: Mapping[str, Any] = entry.details
        period = Period.parse(details["period"])
        if period.year != self._year:
            return
        self._last = max(self._last, period)
        for decision in decisions_of(self._journal, entry):
            if not self._is_the_person(decision["person"]):
                self._known.add(decision["person"])
                continue
            why_en = decision["why"]
            why_lv = decision.get("why_lv", why_en)
            granted = Granted(
                period=period,
                on=entry.at.astimezone(RIGA).date(),
                due=Decimal(decision["amount_due"]),
                back_paid=tuple(
                    (Period.parse(late["period"]), Decimal(late["amount"])) for late in decision["catch_up"]
                ),
                ended=decision["status"] == DiscountStatus.TERMINATED,
                why=tuple(Bilingual(lv, en) for lv, en in zip(why_lv, why_en, strict=True)),
            )
            books = self._books[ContractKey(decision["provider"], decision["contract"])]
            books.granted.append(granted)
            if not granted.ended:
                books.account = books.account.with_grant(Grant(period, granted.total))

    def _take(self, payout: _PayoutDocument) -> None:
        details: Mapping[str, Any] = payout.entry.details
        on = payout.entry.at.astimezone(RIGA).date()
        header = payout.document.header
        wrong: dict[int, list[Bilingual]] = defaultdict(list)
        for error in details["errors"]:
            if error["severity"] == Severity.ERROR and error["position"] is not None:
                wrong[error["position"]].append(Bilingual(error["text_lv"], error["text_en"]))
        for position, record in enumerate(payout.document.records, 1):
            if not isinstance(record, PayoutRecord) or record.period.year != self._year:
                continue
            if not self._is_the_person(record.person_code):
                continue
            books = self._books[ContractKey(header.provider, record.contract)]
            if position in wrong:
                refused = Refused(record.period, record.invoice_number, on, tuple(wrong[position]))
                books.refused.append(refused)
                continue
            bill = Bill((payout.place, position), header.document_id, record)
            books.account = books.account.with_bill(bill)
            books.reported[bill.order] = on

    def _reconcile(self, entry: Entry) -> None:
        """Keep the differences of a reconciliation; the last one of a retailer in the year counts."""
        details: Mapping[str, Any] = entry.details
        period = Period.parse(details["period"])
        if period.year != self._year:
            return
        self._last = max(self._last, period)
        provider = details["provider"]
        for key in self._books:
            if key.provider == provider:
                self._differences[key] = tuple(
                    Bilingual(difference["text_lv"], difference["text_en"])
                    for difference in details["differences"]
                    if difference["contract"] == key.contract and self._is_the_person(difference["person"])
                )

    # -- the year of a contract

    def _contract(self, key: ContractKey, books: _Books) -> ContractYear:
        account = books.account
        periods = {granted.period for granted in books.granted} | {bill.record.period for bill in account.bills}
        periods |= {refused.period for refused in books.refused}
        through = max(self._last, *periods)
        months = tuple(
            Month(
                period=period,
                granted=tuple(granted for granted in books.granted if granted.period == period),
                bills=tuple(_bills(books, period)),
                refused=tuple(refused for refused in books.refused if refused.period == period),
                left=_left(account, period),
            )
            for period in sorted(periods)
        )
        retailer = None if self._world is None else self._world.provider(key.provider)
        return ContractYear(
            provider=key.provider,
            retailer=retailer.name if retailer else None,
            contract=key.contract,
            months=months,
            totals=account.totals(through),
            through=through,
            differences=self._differences.get(key, ()),
        )


def _left(account: Account, period: Period) -> Decimal:
    totals = account.totals(period)
    return totals.carried + totals.lapsed


def _bills(books: _Books, period: Period) -> Iterator[Billed]:
    for bill in books.account.bills:
        if bill.record.period != period:
            continue
        reversal = books.account.reversal_of(bill)
        yield Billed(
            period=period,
            invoice=bill.record.invoice_number,
            issued=bill.record.invoice_date,
            net=bill.record.net_bill,
            applied=bill.record.applied,
            earlier=books.account.expected(bill).carried_over,
            reported=books.reported[bill.order],
            cancelled=None if reversal is None else books.reported[reversal.order],
        )


def _payout_documents(entries: Iterable[Entry], journal: Journal, profile: Profile) -> list[_PayoutDocument]:
    """Return the payout documents that count: not refused as a whole, no duplicate, not replaced by a correction."""
    accepted: dict[tuple[str, str], _PayoutDocument] = {}
    for sequence, entry in enumerate(entries, 1):
        details: Mapping[str, Any] = entry.details
        if entry.operation != "intake" or details["channel"] != ChannelName.PAYOUT or not details["document_id"]:
            continue
        is_refused = any(
            error["position"] is None and error["severity"] == Severity.ERROR for error in details["errors"]
        )
        if details["duplicate"] or is_refused or entry.payload is None:
            continue
        document = read_document(journal.blob(entry.payload), profile, ChannelName.PAYOUT)
        header, place = document.header, sequence
        if header.corrects is not None:
            earlier = accepted.pop((header.provider, document_key(header.corrects)), None)
            place = sequence if earlier is None else earlier.place
        accepted[header.provider, document_key(header.document_id)] = _PayoutDocument(entry, document, place)
    return sorted(accepted.values(), key=lambda payout: payout.place)


def totals_of(year: Statement) -> Totals:
    """Return the totals of all contracts of a year together."""
    return sum((contract.totals for contract in year.contracts), Totals())
