"""One person's year, told again from the journal: granted, applied per bill, carried, lapsed, reversed, and why. Pure.

Amounts in EUR without VAT. Whoever has the journal has all that this needs; a world only adds the person's name and the
codes that belong to the same person.
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
    """What a month's list said: due for the month, made good for earlier ones, or the end; and why."""

    period: Period
    on: date
    due: Decimal
    made_good: tuple[tuple[Period, Decimal], ...]
    ended: bool
    why: tuple[Bilingual, ...]

    @property
    def total(self) -> Decimal:
        """Due and made good together."""
        return sum((amount for _, amount in self.made_good), self.due)


@dataclass(frozen=True, slots=True)
class Billed:
    """A bill: what came off it, how much of that was left from earlier months, when it was reported and cancelled."""

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
    """A payout record that ALDIS did not take."""

    period: Period
    invoice: str
    on: date
    why: tuple[Bilingual, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """What happened for one month, and what was left when it ended (in December: before it lapses)."""

    period: Period
    granted: tuple[Granted, ...]
    bills: tuple[Billed, ...]
    refused: tuple[Refused, ...]
    left: Decimal


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
    """What the journal says of one person on one contract in one year."""

    account: Account = field(default_factory=Account)
    granted: list[Granted] = field(default_factory=list)
    refused: list[tuple[str, Refused]] = field(default_factory=list)
    reported: dict[tuple[int, int], date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A payout document as it was taken in."""

    entry: Entry
    document: Document
    place: int


class NobodyError(UserError):
    """The journal has nothing about this person in this year; ``known`` are some codes that it does have."""

    def __init__(self, code: str, year: int, known: tuple[str, ...]) -> None:
        others = f"; codes of that year are {', '.join(known)}" if known else ""
        super().__init__(f"nothing was granted to or paid out for {code} in {year}{others}")


def statement(journal: Journal, profile: Profile, code: str, year: int, world: World | None = None) -> Statement:
    """The year of the person who has, or had, a personal code; raises NobodyError when the journal has none."""
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
        for sheet in _sheets(entries, self._journal, self._profile):
            self._take(sheet)
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
        for each in decisions_of(self._journal, entry):
            if not self._is_the_person(each["person"]):
                self._known.add(each["person"])
                continue
            why_en = each["why"]
            granted = Granted(
                period=period,
                on=entry.at.astimezone(RIGA).date(),
                due=Decimal(each["amount_due"]),
                made_good=tuple((Period.parse(p["period"]), Decimal(p["amount"])) for p in each["catch_up"]),
                ended=each["status"] == DiscountStatus.TERMINATED,
                why=tuple(Bilingual(lv, en) for lv, en in zip(each.get("why_lv", why_en), why_en, strict=True)),
            )
            books = self._books[ContractKey(each["provider"], each["contract"])]
            books.granted.append(granted)
            if not granted.ended:
                books.account = books.account.with_grant(Grant(period, granted.total))

    def _take(self, sheet: _Sheet) -> None:
        details: Mapping[str, Any] = sheet.entry.details
        on = sheet.entry.at.astimezone(RIGA).date()
        wrong: dict[int, list[Bilingual]] = defaultdict(list)
        for each in details["errors"]:
            if each["severity"] == Severity.ERROR and each["position"] is not None:
                wrong[each["position"]].append(Bilingual(each["text_lv"], each["text_en"]))
        for position, record in enumerate(sheet.document.records, 1):
            if not isinstance(record, PayoutRecord) or record.period.year != self._year:
                continue
            if not self._is_the_person(record.person_code):
                continue
            books = self._books[ContractKey(sheet.document.header.provider, record.contract)]
            if position in wrong:
                refused = Refused(record.period, record.invoice_number, on, tuple(wrong[position]))
                books.refused.append((sheet.document.header.document_id, refused))
                continue
            bill = Bill((sheet.place, position), sheet.document.header.document_id, record)
            books.account = books.account.with_bill(bill)
            books.reported[bill.order] = on

    def _reconcile(self, entry: Entry) -> None:
        """The last reconciliation of a retailer in the year says what does not add up still."""
        details: Mapping[str, Any] = entry.details
        period = Period.parse(details["period"])
        if period.year != self._year:
            return
        self._last = max(self._last, period)
        provider = details["provider"]
        for key in self._books:
            if key.provider == provider:
                self._differences[key] = tuple(
                    Bilingual(each["text_lv"], each["text_en"])
                    for each in details["differences"]
                    if each["contract"] == key.contract and self._is_the_person(each["person"])
                )

    # -- telling it

    def _contract(self, key: ContractKey, books: _Books) -> ContractYear:
        account = books.account
        periods = {granted.period for granted in books.granted} | {bill.record.period for bill in account.bills}
        periods |= {each.period for _, each in books.refused}
        through = max(self._last, *periods)
        months = tuple(
            Month(
                period=period,
                granted=tuple(granted for granted in books.granted if granted.period == period),
                bills=tuple(_bills(books, period)),
                refused=tuple(each for _, each in books.refused if each.period == period),
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


def _sheets(entries: Iterable[Entry], journal: Journal, profile: Profile) -> list[_Sheet]:
    """The payout documents that stand: without those refused whole, received twice or replaced by a correction."""
    standing: dict[tuple[str, str], _Sheet] = {}
    for sequence, entry in enumerate(entries, 1):
        details: Mapping[str, Any] = entry.details
        if entry.operation != "intake" or details["channel"] != ChannelName.PAYOUT or not details["document_id"]:
            continue
        whole = any(each["position"] is None and each["severity"] == Severity.ERROR for each in details["errors"])
        if details["duplicate"] or whole or entry.payload is None:
            continue
        document = read_document(journal.blob(entry.payload), profile, ChannelName.PAYOUT)
        header, place = document.header, sequence
        if header.corrects is not None:
            earlier = standing.pop((header.provider, document_key(header.corrects)), None)
            place = sequence if earlier is None else earlier.place
        standing[header.provider, document_key(header.document_id)] = _Sheet(entry, document, place)
    return sorted(standing.values(), key=lambda value: value.place)


def totals_of(found: Statement) -> Totals:
    """All contracts of the year together."""
    return sum((contract.totals for contract in found.contracts), Totals())


__all__ = [
    "ZERO",
    "Billed",
    "ContractYear",
    "Granted",
    "Month",
    "NobodyError",
    "Refused",
    "Statement",
    "statement",
    "totals_of",
]
