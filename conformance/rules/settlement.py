"""Each bill with the support that was there for it, and what the payout records say was taken of it.

Available for a bill of period M of year Y is all that the discount documents of Y up to M granted and the retailer had
fetched when it was told to bill, less what earlier bills of Y took (Cabinet Regulation No. 345, documented; that the
oldest support is used first is assumed). What bills took is read from the records as they are: after a fault the books
go on from what the retailer really did, so that one fault is one finding.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import Enum, auto
from typing import TYPE_CHECKING

from conformance.rules.business import Bill
from conformance.rules.diagnosis import Fault, Wrong, diagnose
from conformance.rules.matching import bills_of_payouts
from conformance.rules.support import NOTHING, Grant, Payout
from simulator.documents.model import ChannelName, Period

if TYPE_CHECKING:
    from conformance.rules.evidence import Case


class Report(Enum):
    """Whether the payout of a bill is known."""

    GIVEN = auto()  # there is a record at least
    NEEDLESS = auto()  # nothing was available, or the bill was cancelled before anyone could report it
    PENDING = auto()  # no scheduled run has come since
    CLOUDED = auto()  # a payout document went wrong: another finding
    MISSING = auto()


@dataclass(frozen=True, slots=True)
class Share:
    """One person's part in a bill; amounts in EUR, of the bill's calendar year up to its period.

    ``earlier_granted`` counts earlier periods only; ``parts`` is ``granted`` as retailers reckon that do not add
    categories up; ``taken`` is what earlier bills took, ``restored`` what cancelled bills gave back, ``lapsed`` what
    the year before left, ``repeated`` what lists gave that came twice, ``late`` what lists gave that came after the
    list of a later month, ``last_due`` the last monthly amount before support ended, ``granted_later`` what was known
    when the record was sent, ``line`` what the bill itself says was
    taken (None when the retailer does not say).
    """

    person: str
    granted: Decimal
    earlier_granted: Decimal
    catch_up: Decimal
    parts: tuple[Decimal, ...]
    taken: Decimal
    restored: Decimal
    lapsed: Decimal
    terminated: bool
    last_due: Decimal
    granted_later: Decimal
    stacked: bool
    repeated: Decimal = NOTHING
    late: Decimal = NOTHING
    payout: Payout | None = None
    line: Decimal | None = None

    @property
    def available(self) -> Decimal:
        """What a bill may take."""
        return max(NOTHING, self.granted - self.taken)

    @property
    def earlier(self) -> Decimal:
        """How much of that is from earlier months."""
        return min(self.available, max(NOTHING, self.earlier_granted - self.taken))

    @property
    def applied(self) -> Decimal:
        """What the record says was taken."""
        return self.payout.record.applied if self.payout is not None else NOTHING


@dataclass(frozen=True, slots=True)
class Settlement:
    """One bill and everything about its support.

    ``strangers`` are records of persons to whom nothing was ever granted on the contract. ``trusted`` is false when an
    earlier bill is not known, so that nobody can reckon what is left. ``fault`` is the one thing wrong with
    amounts. ``refused``
    is the requirement (DIS-06, DIS-07) by which a list that came for the bill's month must not be used, if one did.
    """

    bill: Bill
    shares: tuple[Share, ...]
    strangers: tuple[Payout, ...]
    report: Report
    trusted: bool
    fault: Fault | None = None
    refused: str | None = None

    @property
    def cap(self) -> Decimal:
        """The most that the bill can take: its net amount, nothing of a credit."""
        return max(NOTHING, self.bill.net)

    @property
    def applied(self) -> Decimal:
        """What all records together took."""
        return sum((each.applied for each in self.shares), NOTHING) + sum(
            (each.record.applied for each in self.strangers), NOTHING
        )

    @property
    def available(self) -> Decimal:
        """What all persons together have."""
        return sum((each.available for each in self.shares), NOTHING)

    @property
    def due(self) -> Decimal:
        """What must be taken. Whether what is left is taken after support has ended, nothing public says."""
        return min(self.cap, sum((each.available for each in self.shares if not each.terminated), NOTHING))

    @property
    def missing(self) -> tuple[Share, ...]:
        """Persons with support of whom there is no record."""
        return tuple(each for each in self.shares if each.payout is None and each.available and not each.terminated)

    @property
    def payouts(self) -> tuple[Payout, ...]:
        """The records of the bill."""
        return (*(each.payout for each in self.shares if each.payout is not None), *self.strangers)

    @property
    def judged(self) -> bool:
        """Whether its amounts could be reckoned after."""
        return self.trusted and self.report in (Report.GIVEN, Report.NEEDLESS)


@dataclass(slots=True)
class _Account:
    """What a person took on a contract in one calendar year."""

    taken: Decimal = NOTHING
    restored: Decimal = NOTHING
    lapsed_used: Decimal = NOTHING


@dataclass(slots=True)
class _Books:
    """One contract's accounts while its bills are walked through."""

    grants: tuple[Grant, ...]
    accounts: dict[tuple[int, str], _Account] = field(default_factory=lambda: defaultdict(_Account))
    unknown_years: set[int] = field(default_factory=set)
    faulty_years: set[int] = field(default_factory=set)
    settled: dict[str, Settlement] = field(default_factory=dict)


def settle(case: Case) -> tuple[Settlement, ...]:
    """Settle all bills, contract by contract, in the order in which they were issued."""
    bills = case.bills if any(each.do == "bill" for each in case.requests) else tuple(_bills_from_payouts(case))
    of_bill: dict[str, list[Payout]] = defaultdict(list)
    for payout, bill in bills_of_payouts(case.payouts, bills):
        if bill is not None and not payout.record.reversal:
            of_bill[bill.invoice].append(payout)
    by_contract: dict[str, list[Grant]] = defaultdict(list)
    for grant in case.grants:
        by_contract[grant.contract].append(grant)
    books: dict[str, _Books] = {}
    found: list[Settlement] = []
    for bill in bills:
        book = books.setdefault(bill.contract, _Books(tuple(by_contract[bill.contract])))
        if bill.reverses is not None:
            _take_back(book, bill.reverses)
        else:
            found.append(_settle(case, book, bill, of_bill[bill.invoice], bills))
    return tuple(found)


def _bills_from_payouts(case: Case) -> Iterable[Bill]:
    """When nobody told the retailer to bill, its own payout records are all that is known of its bills."""
    seen: set[tuple[str, bool]] = set()
    for payout in case.payouts:
        record = payout.record
        key = (record.invoice_number, record.reversal)
        if key in seen:
            continue
        seen.add(key)
        yield Bill(
            number=payout.number,
            at=payout.sent.at,
            period=record.period,
            contract=record.contract,
            invoice=f"reversal of {record.invoice_number}" if record.reversal else record.invoice_number,
            issued=record.invoice_date,
            net=record.net_bill,
            vat=NOTHING,
            reverses=record.invoice_number if record.reversal else None,
            told=False,
        )


def _take_back(book: _Books, invoice: str) -> None:
    settlement = book.settled.pop(invoice, None)
    if settlement is None:
        return
    for share in settlement.shares:
        account = book.accounts[settlement.bill.period.year, share.person]
        back = min(share.applied, share.available)
        account.taken -= back
        account.restored += back


def _settle(case: Case, book: _Books, bill: Bill, payouts: list[Payout], bills: tuple[Bill, ...]) -> Settlement:
    year = bill.period.year
    by_person: dict[str, Payout] = {}
    for each in payouts:
        by_person.setdefault(each.person, each)
    known = {each.person for each in book.grants if each.known_at(bill.number)}
    lines = _lines(case, bill)
    shares = tuple(
        replace(_share(book, bill, person, by_person.get(person)), line=lines[person] if lines is not None else None)
        for person in sorted(known)
    )
    strangers = tuple(payout for person, payout in by_person.items() if person not in known)
    settlement = Settlement(bill, shares, strangers, Report.GIVEN, trusted=_trusted(case, book, bill))
    settlement = replace(settlement, report=_report(case, settlement, bills), refused=_refused(case, bill))
    tainted = year in book.faulty_years
    settlement = replace(settlement, fault=diagnose(settlement, tainted=tainted))
    _book(book, settlement)
    book.settled[bill.invoice] = settlement
    return settlement


def _lines(case: Case, bill: Bill) -> dict[str, Decimal] | None:
    """What the bill itself says was taken, by person."""
    if bill.lines is None:
        return None
    taken: dict[str, Decimal] = defaultdict(lambda: NOTHING)
    for who, amount in bill.lines:
        taken[case.person(who)] += amount
    return taken


def _trusted(case: Case, book: _Books, bill: Bill) -> bool:
    spoilt = bill.contract in case.doubtful or bill.contract in case.reporting.misspelt
    return not spoilt and bill.period.year not in book.unknown_years


def _share(book: _Books, bill: Bill, person: str, payout: Payout | None) -> Share:
    year = bill.period.year
    account = book.accounts[year, person]
    own = [each for each in book.grants if each.person == person and each.period.year == year]
    known = [each for each in own if each.known_at(bill.number) and each.period <= bill.period]
    latest = max(
        (
            each
            for each in book.grants
            if each.person == person and each.known_at(bill.number) and each.period <= bill.period
        ),
        key=lambda each: (each.period, each.known, each.index),
        default=None,
    )
    sent = payout.number if payout is not None else bill.number
    return Share(
        person=person,
        granted=_total(known),
        earlier_granted=_total(each for each in known if each.period < bill.period),
        catch_up=sum((each.catch_up for each in known), NOTHING),
        parts=_parts(known),
        taken=account.taken,
        restored=account.restored,
        lapsed=_lapsed(book, year, person, bill.number),
        terminated=latest is not None and latest.terminated,
        last_due=_last_due(book, person, bill.period),
        granted_later=_total(each for each in own if each.known_at(sent) and each.period <= bill.period),
        stacked=any(
            len(each.record.categories) > 1 or any(c.count > 1 for c in each.record.categories) for each in known
        ),
        repeated=_total(each for each in known if each.times > 1),
        late=_total(each for each in known if any(o.known < each.known and o.period > each.period for o in known)),
        payout=payout,
    )


def _refused(case: Case, bill: Bill) -> str | None:
    """Whether the retailer had a list that it must not use, when it made a bill."""
    own = case.retailer.registration_number
    for each in case.fetched:
        content = each.delivery.content
        if each.number > bill.number or each.delivery.is_event or each.delivery.channel is not ChannelName.DISCOUNT:
            continue
        if content is None or content.document is None:
            return "DIS-06"
        if content.document.header.provider != own:
            return "DIS-07"
    return None


def _total(grants: Iterable[Grant]) -> Decimal:
    return sum((each.due + each.catch_up for each in grants), NOTHING)


def _parts(grants: list[Grant]) -> tuple[Decimal, ...]:
    ways = max((len(each.parts) for each in grants), default=0)
    return tuple(
        sum(((each.parts[way] if each.parts else each.due) + each.catch_up for each in grants), NOTHING)
        for way in range(ways)
    )


def _lapsed(book: _Books, year: int, person: str, number: int) -> Decimal:
    """What the year before left, less what was wrongly used of it already."""
    before = book.accounts[year - 1, person]
    granted = _total(
        each for each in book.grants if each.person == person and each.period.year == year - 1 and each.known_at(number)
    )
    return max(NOTHING, granted - before.taken - book.accounts[year, person].lapsed_used)


def _last_due(book: _Books, person: str, period: Period) -> Decimal:
    own = [each for each in book.grants if each.person == person and each.period <= period and each.due]
    return max(own, key=lambda each: (each.period, each.known)).due if own else NOTHING


def _report(case: Case, settlement: Settlement, bills: tuple[Bill, ...]) -> Report:
    bill = settlement.bill
    if settlement.payouts:
        return Report.GIVEN
    if not settlement.missing:
        return Report.NEEDLESS
    run = case.offer(ChannelName.PAYOUT, bill.number)
    cancelled = min((each.number for each in bills if each.reverses == bill.invoice), default=None)
    if cancelled is not None and (run is None or cancelled < run.number):
        return Report.NEEDLESS
    if run is None:
        return Report.PENDING
    return Report.CLOUDED if case.clouded(ChannelName.PAYOUT, bill.number) else Report.MISSING


def _book(book: _Books, settlement: Settlement) -> None:
    year = settlement.bill.period.year
    if settlement.report not in (Report.GIVEN, Report.NEEDLESS) or settlement.missing:
        book.unknown_years.add(year)
    if settlement.fault is not None:
        book.faulty_years.add(year)
    misreported = settlement.fault is not None and settlement.fault.wrong is Wrong.MISREPORTED
    for share in settlement.shares:
        account = book.accounts[year, share.person]
        took = share.line if misreported and share.line is not None else share.applied
        account.taken += min(took, share.available)
        account.lapsed_used += min(share.lapsed, max(NOTHING, share.applied - share.available))
