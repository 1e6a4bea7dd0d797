"""Settlements: each bill with the support available for it and the amounts that its payout records took.

Available for a bill of period M of year Y is all that the discount documents of Y up to M granted and the retailer had
fetched when it was asked to bill, less what earlier bills of Y took (Cabinet Regulation No. 345, documented; that the
oldest support is used first is assumed). What bills took is read from the records as they are: after a mistake the
books go on from what the retailer really did, so that one mistake breaks one requirement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

from conformance.rules.business import Bill, Business
from conformance.rules.diagnosis import AmountError, ReportState, Settlement, Share, diagnose
from conformance.rules.reporting import Reporting
from conformance.rules.support import ZERO, Grant, Payout, bills_of_payouts, grants_of, payouts_of
from conformance.rules.traffic import Traffic
from simulator.documents.profile import Profile
from simulator.domain.model import ChannelName, Period


@dataclass(slots=True)
class _Account:
    """The amounts that a person took on a contract in one calendar year, EUR."""

    taken: Decimal = ZERO
    restored: Decimal = ZERO
    lapsed_used: Decimal = ZERO


@dataclass(slots=True)
class _Books:
    """One contract's accounts while its bills are walked through."""

    grants: tuple[Grant, ...]
    accounts: dict[tuple[int, str], _Account] = field(default_factory=lambda: defaultdict(_Account))
    unknown_years: set[int] = field(default_factory=set)
    faulty_years: set[int] = field(default_factory=set)
    settled: dict[str, Settlement] = field(default_factory=dict)


class Support:
    """The support that one retailer was granted, and the amounts that its bills took.

    ``provider`` is the retailer's registration number. ``person_of`` returns the same code for a person whichever of
    the person's codes is written.
    """

    def __init__(
        self,
        traffic: Traffic,
        business: Business,
        reporting: Reporting,
        profile: Profile,
        provider: str,
        person_of: Callable[[str], str],
    ) -> None:
        self._traffic = traffic
        self._business = business
        self._reporting = reporting
        self._profile = profile
        self._provider = provider
        self._person_of = person_of

    @cached_property
    def grants(self) -> tuple[Grant, ...]:
        """The support that the retailer knows of, in the order in which it learned."""
        return grants_of(self._traffic, self._profile, self._provider, self._person_of)

    @cached_property
    def payouts(self) -> tuple[Payout, ...]:
        """The payout records that stand: of documents that no later one corrects."""
        return payouts_of(self._traffic, self._person_of)

    @cached_property
    def settlements(self) -> tuple[Settlement, ...]:
        """Each bill with the support available for it and the amounts taken, in the order of issue."""
        return tuple(self._settle_all())

    def _settle_all(self) -> Iterable[Settlement]:
        """Settle all bills, contract by contract, in the order in which they were issued."""
        bills = self._business.bills if self._business.was_asked_to("bill") else tuple(self._bills_from_payouts())
        of_bill: dict[str, list[Payout]] = defaultdict(list)
        for payout, bill in bills_of_payouts(self.payouts, bills):
            if bill is not None and not payout.record.reversal:
                of_bill[bill.invoice].append(payout)
        by_contract: dict[str, list[Grant]] = defaultdict(list)
        for grant in self.grants:
            by_contract[grant.contract].append(grant)
        books: dict[str, _Books] = {}
        settlements: list[Settlement] = []
        for bill in bills:
            book = books.setdefault(bill.contract, _Books(tuple(by_contract[bill.contract])))
            if bill.reverses is not None:
                _take_back(book, bill.reverses)
            else:
                settlements.append(self._settle(book, bill, of_bill[bill.invoice], bills))
        return tuple(settlements)

    def _bills_from_payouts(self) -> Iterable[Bill]:
        """Yield the bills as its payout records show them, for a retailer that was not asked to bill."""
        seen: set[tuple[str, bool]] = set()
        for payout in self.payouts:
            record = payout.record
            key = (record.invoice_number, record.reversal)
            if key in seen:
                continue
            seen.add(key)
            yield Bill(
                number=payout.number,
                at=payout.document.at,
                period=record.period,
                contract=record.contract,
                invoice=f"reversal of {record.invoice_number}" if record.reversal else record.invoice_number,
                issued=record.invoice_date,
                net=record.net_bill,
                vat=ZERO,
                reverses=record.invoice_number if record.reversal else None,
                requested=False,
            )

    def _settle(self, book: _Books, bill: Bill, payouts: list[Payout], bills: tuple[Bill, ...]) -> Settlement:
        year = bill.period.year
        by_person: dict[str, Payout] = {}
        for payout in payouts:
            by_person.setdefault(payout.person, payout)
        known = {grant.person for grant in book.grants if grant.known_at(bill.number)}
        lines = self._lines(bill)
        shares = tuple(
            replace(
                _share(book, bill, person, by_person.get(person)), billed=lines[person] if lines is not None else None
            )
            for person in sorted(known)
        )
        strangers = tuple(payout for person, payout in by_person.items() if person not in known)
        settlement = Settlement(bill, shares, strangers, ReportState.GIVEN, trusted=self._trusted(book, bill))
        settlement = replace(settlement, report=self._report(settlement, bills), refused=self._refused(bill))
        after_wrong_bill = year in book.faulty_years
        settlement = replace(settlement, finding=diagnose(settlement, after_wrong_bill=after_wrong_bill))
        _book(book, settlement)
        book.settled[bill.invoice] = settlement
        return settlement

    def _lines(self, bill: Bill) -> dict[str, Decimal] | None:
        """Return the amounts that the bill itself says were taken, by person."""
        if bill.lines is None:
            return None
        taken: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for who, amount in bill.lines:
            taken[self._person_of(who)] += amount
        return taken

    def _trusted(self, book: _Books, bill: Bill) -> bool:
        indeterminate = bill.contract in self._business.indeterminate or bill.contract in self._reporting.misspelt
        return not indeterminate and bill.period.year not in book.unknown_years

    def _refused(self, bill: Bill) -> str | None:
        """Return the requirement that forbids to use a list that the retailer had when it made a bill."""
        for fetched in self._traffic.fetched:
            delivery = fetched.delivery
            if fetched.number > bill.number or delivery.is_event or delivery.channel is not ChannelName.DISCOUNT:
                continue
            if fetched.document is None:
                return "DIS-06"
            if fetched.document.header.provider != self._provider:
                return "DIS-07"
        return None

    def _report(self, settlement: Settlement, bills: tuple[Bill, ...]) -> ReportState:
        bill = settlement.bill
        if settlement.payouts:
            return ReportState.GIVEN
        if not settlement.missing:
            return ReportState.NEEDLESS
        run = self._business.next_run_with(ChannelName.PAYOUT, bill.number)
        cancelled = min((other.number for other in bills if other.reverses == bill.invoice), default=None)
        if cancelled is not None and (run is None or cancelled < run.number):
            return ReportState.NEEDLESS
        if run is None:
            return ReportState.PENDING
        return (
            ReportState.INCONCLUSIVE
            if self._traffic.is_inconclusive(ChannelName.PAYOUT, bill.number)
            else ReportState.MISSING
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


def _share(book: _Books, bill: Bill, person: str, payout: Payout | None) -> Share:
    year = bill.period.year
    account = book.accounts[year, person]
    own = [grant for grant in book.grants if grant.person == person and grant.period.year == year]
    known = [grant for grant in own if grant.known_at(bill.number) and grant.period <= bill.period]
    latest = max(
        (
            grant
            for grant in book.grants
            if grant.person == person and grant.known_at(bill.number) and grant.period <= bill.period
        ),
        key=lambda grant: (grant.period, grant.known, grant.index),
        default=None,
    )
    sent = payout.number if payout is not None else bill.number
    return Share(
        person=person,
        granted=_total(known),
        earlier_granted=_total(grant for grant in known if grant.period < bill.period),
        catch_up=sum((grant.catch_up for grant in known), ZERO),
        by_category=_by_category(known),
        taken=account.taken,
        restored=account.restored,
        lapsed=_lapsed(book, year, person, bill.number),
        terminated=latest is not None and latest.terminated,
        last_due=_last_due(book, person, bill.period),
        granted_later=_total(grant for grant in own if grant.known_at(sent) and grant.period <= bill.period),
        several_categories=any(
            len(grant.record.categories) > 1 or any(c.count > 1 for c in grant.record.categories) for grant in known
        ),
        from_repeated_lists=_total(grant for grant in known if grant.times > 1),
        from_late_lists=_total(
            grant for grant in known if any(o.known < grant.known and o.period > grant.period for o in known)
        ),
        payout=payout,
    )


def _total(grants: Iterable[Grant]) -> Decimal:
    return sum((grant.due + grant.catch_up for grant in grants), ZERO)


def _by_category(grants: list[Grant]) -> tuple[Decimal, ...]:
    ways = max((len(grant.by_category) for grant in grants), default=0)
    return tuple(
        sum(((grant.by_category[way] if grant.by_category else grant.due) + grant.catch_up for grant in grants), ZERO)
        for way in range(ways)
    )


def _lapsed(book: _Books, year: int, person: str, number: int) -> Decimal:
    """Return the support that the year before left, less the part that was wrongly used already, EUR."""
    before = book.accounts[year - 1, person]
    granted = _total(
        grant
        for grant in book.grants
        if grant.person == person and grant.period.year == year - 1 and grant.known_at(number)
    )
    return max(ZERO, granted - before.taken - book.accounts[year, person].lapsed_used)


def _last_due(book: _Books, person: str, period: Period) -> Decimal:
    own = [grant for grant in book.grants if grant.person == person and grant.period <= period and grant.due]
    return max(own, key=lambda grant: (grant.period, grant.known)).due if own else ZERO


def _book(book: _Books, settlement: Settlement) -> None:
    year = settlement.bill.period.year
    if settlement.report not in (ReportState.GIVEN, ReportState.NEEDLESS) or settlement.missing:
        book.unknown_years.add(year)
    if settlement.finding is not None:
        book.faulty_years.add(year)
    misreported = settlement.finding is not None and settlement.finding.error is AmountError.MISREPORTED
    for share in settlement.shares:
        account = book.accounts[year, share.person]
        took = share.billed if misreported and share.billed is not None else share.applied
        account.taken += min(took, share.available)
        account.lapsed_used += min(share.lapsed, max(ZERO, share.applied - share.available))
