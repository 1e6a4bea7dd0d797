"""PAY: what bills took of the support, and what was reported of it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby

from conformance.requirements.verdicts import Breach, Evidence
from conformance.rules.amounts import amount_checks
from conformance.rules.business import Bill
from conformance.rules.case import Case
from conformance.rules.contract_records import contradictions, is_copy_after_loss
from conformance.rules.diagnosis import ReportState, Settlement
from conformance.rules.registry import PASSED, Check, rule
from conformance.rules.reporting import day_of
from conformance.rules.support import ZERO, Payout, bills_of_payouts
from conformance.rules.values import euro, loosely
from simulator.domain.model import ChannelName, PayoutRecord, Period

_MONEY = re.compile(r"-?\d+\.\d{2}", re.ASCII)
_AMOUNTS = ("net_bill", "applied", "carried_over", "remainder")


def _given(settlement: Settlement) -> bool:
    return settlement.report is ReportState.GIVEN


@rule("PAY-01")
def net_bill_only(case: Case) -> Iterator[Check]:
    """No bill takes more support than its net amount; only one that is smaller than the support can show that."""
    yield from amount_checks(
        case,
        "PAY-01",
        lambda settlement: (
            _given(settlement) and (settlement.available > settlement.cap or settlement.applied > settlement.cap)
        ),
    )


@rule("PAY-02")
def no_more_than_granted(case: Case) -> Iterator[Check]:
    """A bill must not use more support than was granted and is still unused."""
    yield from amount_checks(case, "PAY-02", _given)


@rule("PAY-03")
def all_that_is_due(case: Case) -> Iterator[Check]:
    """A bill uses as much support as it can."""
    yield from amount_checks(
        case, "PAY-03", lambda settlement: _given(settlement) and settlement.due > ZERO and not settlement.missing
    )


@rule("PAY-04")
def rightly_split(case: Case) -> Iterator[Check]:
    """The amounts from earlier months and the remainder are stated rightly."""
    yield from amount_checks(
        case,
        "PAY-04",
        lambda settlement: (
            _given(settlement) and settlement.finding is None and settlement.available > ZERO and not settlement.missing
        ),
    )


@rule("PAY-14")
def remainder_stated(case: Case) -> Iterator[Check]:
    """The remainder for later months is stated rightly."""
    yield from amount_checks(
        case,
        "PAY-14",
        lambda settlement: (
            _given(settlement) and settlement.finding is None and settlement.available > ZERO and not settlement.missing
        ),
    )


@rule("PAY-24")
def to_the_cent(case: Case) -> Iterator[Check]:
    """The amount that is taken off is not rounded."""
    yield from amount_checks(
        case, "PAY-24", lambda settlement: _given(settlement) and settlement.due > ZERO and not settlement.missing
    )


@rule("PAY-25")
def carry_over_used(case: Case) -> Iterator[Check]:
    """The support that earlier months of the year left is used."""
    yield from amount_checks(
        case,
        "PAY-25",
        lambda settlement: (
            _given(settlement) and any(share.earlier for share in settlement.shares) and not settlement.missing
        ),
    )


@rule("PAY-26")
def net_without_tax(case: Case) -> Iterator[Check]:
    """The net bill of a record is without VAT."""
    yield from amount_checks(case, "PAY-26", lambda settlement: _given(settlement) and settlement.bill.vat > ZERO)


@rule("PAY-05")
def lapse(case: Case) -> Iterator[Check]:
    """The support that an earlier year left is not used."""
    yield from amount_checks(case, "PAY-05", lambda settlement: any(share.lapsed for share in settlement.shares))


@rule("PAY-06")
def payouts_reported(case: Case) -> Iterator[Check]:
    """Each bill that must take support has a payout record."""
    for settlement in case.support.settlements:
        if not settlement.trusted or settlement.due == ZERO:
            continue
        if settlement.report is ReportState.MISSING:
            yield _unreported(case, settlement)
        elif settlement.report is ReportState.GIVEN:
            short = settlement.missing and not settlement.strangers and settlement.applied < settlement.due
            yield _unreported(case, settlement) if short and settlement.finding is None else PASSED


def _unreported(case: Case, settlement: Settlement) -> Breach:
    bill = settlement.bill
    who = ", ".join(share.person for share in settlement.missing)
    return Breach(
        en=f"Invoice {bill.invoice} of contract {bill.contract} ({bill.period}) had support for {who}, "
        "but no payout was reported.",
        lv=f"Rēķinam {bill.invoice}, līgums {bill.contract} ({bill.period}), bija atbalsts personai {who}, "
        "bet izmaksa nav paziņota.",
        expected=f"a payout record for each person; {euro(settlement.due)} in all",
        expected_lv=f"izmaksas ieraksts katrai personai; kopā {euro(settlement.due)}",
        evidence=_shown(case, settlement),
    )


def _shown(case: Case, settlement: Settlement) -> tuple[Evidence, ...]:
    told = (Evidence(settlement.bill.number),) if settlement.bill.requested else ()
    return (*told, *(case.evidence_in(payout.document, payout.index) for payout in settlement.payouts[:1]))


@rule("PAY-13")
def nothing_applied_reported(case: Case) -> Iterator[Check]:
    """A bill without deduction still needs a record when support was available."""
    for settlement in case.support.settlements:
        if not settlement.trusted or settlement.finding is not None or not settlement.bill.requested:
            continue
        if settlement.report is ReportState.MISSING and settlement.due == ZERO:
            yield _unreported_nothing(case, settlement)
        elif settlement.report is ReportState.GIVEN and settlement.applied >= settlement.due:
            if settlement.missing and not settlement.strangers:
                yield _unreported_nothing(case, settlement)
            elif any(share.payout is not None and share.available and not share.applied for share in settlement.shares):
                yield PASSED


def _unreported_nothing(case: Case, settlement: Settlement) -> Breach:
    bill = settlement.bill
    who = ", ".join(share.person for share in settlement.missing)
    return Breach(
        en=f"Invoice {bill.invoice} of contract {bill.contract} ({bill.period}) took nothing of the support of {who}, "
        "and no record says so.",
        lv=f"Rēķinā {bill.invoice}, līgums {bill.contract} ({bill.period}), no personas {who} atbalsta nekas nav "
        "piemērots, bet ieraksta par to nav.",
        evidence=_shown(case, settlement),
    )


@rule("PAY-07")
def paid_once(case: Case) -> Iterator[Check]:
    """The payout of a bill to a person is reported once."""
    records: dict[tuple[str, str], list[Payout]] = defaultdict(list)
    for payout in case.support.payouts:
        records[payout.record.invoice_number, payout.person].append(payout)
    for payouts in records.values():
        for payout, standing in _standing_payouts(payouts):
            repeated = standing is not None and not is_copy_after_loss(case, payout.document)
            yield _paid_twice(case, standing, payout) if standing is not None and repeated else PASSED


def _standing_payouts(payouts: list[Payout]) -> Iterator[tuple[Payout, Payout | None]]:
    """Yield each payout of one invoice to one person, with the payout that stood already, None when none did.

    A reversal takes back the oldest payout that stands, whichever of the two comes first within their document.
    """
    standing: list[Payout] = []
    for _, sent in groupby(payouts, key=lambda payout: payout.number):
        together = list(sent)
        paid = [payout for payout in together if not payout.record.reversal]
        reversals = len(together) - len(paid)
        standing = [*standing, *paid][reversals:]
        for payout in paid:
            yield payout, standing[0] if payout in standing[1:] else None
        standing = standing[:1]


def _paid_twice(case: Case, before: Payout, payout: Payout) -> Breach:
    record = payout.record
    return Breach(
        en=f"The payout of invoice {record.invoice_number} to {record.person_code} was reported twice.",
        lv=f"Rēķina {record.invoice_number} izmaksa personai {record.person_code} paziņota divreiz.",
        evidence=(case.evidence_in(before.document, before.index), case.evidence_in(payout.document, payout.index)),
    )


@rule("PAY-08")
def as_billed(case: Case) -> Iterator[Check]:
    """A record names the invoice and the contract of the bill as it was issued."""
    yield from _as_billed(case, "invoice_number", "contract")


@rule("PAY-15")
def invoice_date_as_billed(case: Case) -> Iterator[Check]:
    """A record carries the date of the bill."""
    yield from _as_billed(case, "invoice_date")


@rule("PAY-16")
def period_as_billed(case: Case) -> Iterator[Check]:
    """A record carries the month of consumption that was billed."""
    yield from _as_billed(case, "period")


@rule("PAY-17")
def net_as_billed(case: Case) -> Iterator[Check]:
    """A record carries the net amount of the bill."""
    yield from _as_billed(case, "net_bill")


@rule("PAY-18")
def person_as_granted(case: Case) -> Iterator[Check]:
    """A record names the person to whom the support was granted."""
    yield from amount_checks(case, "PAY-18", lambda settlement: _given(settlement) and not settlement.missing)


@rule("PAY-23")
def issued_only(case: Case) -> Iterator[Check]:
    """A record is about an invoice that was issued."""
    if case.business.was_asked_to("bill"):
        for payout, bill in _comparable(case):
            yield _unbilled(case, payout) if bill is None else PASSED


def _as_billed(case: Case, *fields: str) -> Iterator[Check]:
    if case.business.was_asked_to("bill"):
        for payout, bill in _comparable(case):
            if bill is not None:
                yield _compared(case, payout, bill, fields)


def _comparable(case: Case) -> Iterator[tuple[Payout, Bill | None]]:
    """Yield the records to compare with a bill, without those that break another requirement."""
    wrong_person = {
        (settlement.finding.payout.number, settlement.finding.payout.index)
        for settlement in case.support.settlements
        if settlement.finding is not None
        and settlement.finding.requirement == "PAY-18"
        and settlement.finding.payout is not None
    }
    for payout, bill in bills_of_payouts(case.support.payouts, case.business.bills):
        record = payout.record
        if not (record.reversal or (payout.number, payout.index) in wrong_person or _elsewhere(case, record, bill)):
            yield payout, bill


def _elsewhere(case: Case, record: PayoutRecord, bill: Bill | None) -> bool:
    """Tell whether a record breaks another requirement: its contract is foreign, misspelt, or indeterminate."""
    if bill is not None:
        return bill.contract in case.reporting.misspelt
    alike = {loosely(number) for number in (*case.business.indeterminate, *case.reporting.misspelt)}
    foreign = record.contract in case.contracts_of_others and record.contract not in case.reporting.history
    return foreign or loosely(record.contract) in alike


def _unbilled(case: Case, payout: Payout) -> Breach:
    record = payout.record
    return Breach(
        en=f"A payout names invoice {record.invoice_number} of contract {record.contract}, which was never issued.",
        lv=f"Izmaksā norādīts rēķins {record.invoice_number}, līgums {record.contract}, kas nav izrakstīts.",
        evidence=(case.evidence_in(payout.document, payout.index, "invoice_number"),),
    )


def _compared(case: Case, payout: Payout, bill: Bill, compared: tuple[str, ...]) -> Check:
    record = payout.record
    fields = {
        "invoice_number": (record.invoice_number, bill.invoice),
        "invoice_date": (record.invoice_date.isoformat(), bill.issued.isoformat()),
        "period": (str(record.period), str(bill.period)),
        "contract": (record.contract, bill.contract),
    }
    if record.net_bill not in (bill.net, bill.net + bill.vat):  # with VAT in it, it breaks PAY-26
        fields["net_bill"] = (euro(record.net_bill), euro(bill.net))
    wrong = {name: pair for name, pair in fields.items() if pair[0] != pair[1] and name in compared}
    if not wrong:
        return PASSED
    told = "; ".join(f"{name} is {found}, billed was {expected}" for name, (found, expected) in wrong.items())
    teikts = "; ".join(f"{name} ir {found}, rēķinā {expected}" for name, (found, expected) in wrong.items())
    return Breach(
        en=f"The payout record of invoice {bill.invoice} of contract {bill.contract} differs from the bill: {told}.",
        lv=f"Izmaksas ieraksts par rēķinu {bill.invoice}, līgums {bill.contract}, atšķiras no rēķina: {teikts}.",
        expected="; ".join(f"{name} {expected}" for name, (_, expected) in wrong.items()),
        expected_lv="; ".join(f"{name} {expected}" for name, (_, expected) in wrong.items()),
        evidence=(*(case.evidence_in(payout.document, payout.index, name) for name in wrong), Evidence(bill.number)),
    )


@rule("PAY-09")
def reversals_sent(case: Case) -> Iterator[Check]:
    """A cancelled bill is reported by a reversal of each of its records."""
    yield from _reversals(case, "PAY-09")


@rule("PAY-19")
def reversals_repeat(case: Case) -> Iterator[Check]:
    """A reversal repeats the record that it cancels."""
    yield from _reversals(case, "PAY-19")


@rule("PAY-20")
def reversals_needed(case: Case) -> Iterator[Check]:
    """Only what was cancelled is reversed, and once."""
    yield from _reversals(case, "PAY-20")


@rule("PAY-21")
def given_back(case: Case) -> Iterator[Check]:
    """The amount that a cancelled bill took is available again, exactly."""
    yield from amount_checks(
        case, "PAY-21", lambda settlement: _given(settlement) and any(share.restored for share in settlement.shares)
    )


@rule("PAY-22")
def months_fit_together(case: Case) -> Iterator[Check]:
    """A record is about no later month than its document."""
    yield from contradictions(case, frozenset({"payout-period"}), ChannelName.PAYOUT)


def _reversals(case: Case, requirement: str) -> Iterator[Check]:
    if not case.business.was_asked_to("bill"):
        return
    records: dict[tuple[str, str], list[Payout]] = defaultdict(list)
    for payout in case.support.payouts:
        records[payout.record.invoice_number, payout.person].append(payout)
    cancelling = {bill.reverses: bill for bill in case.business.bills if bill.reverses is not None}
    for payouts in records.values():
        for of, occasion in _reversal(case, payouts, cancelling.get(payouts[0].record.invoice_number)):
            if of == requirement:
                yield occasion


def _reversal(case: Case, payouts: list[Payout], credit: Bill | None) -> Iterator[tuple[str, Check]]:
    """Yield checks, each with its requirement."""
    taken = [payout for payout in payouts if not payout.record.reversal]
    back = [payout for payout in payouts if payout.record.reversal]
    if credit is None:
        billed = payouts[0].record.invoice_number in {bill.invoice for bill in case.business.bills}
        if billed or len(back) > len(taken):  # else both name the same wrong number, which breaks PAY-08
            yield from (("PAY-20", _needless(case, payout)) for payout in back)
    elif not back:
        unclear = (
            case.traffic.is_inconclusive(ChannelName.PAYOUT, credit.number)
            or credit.contract in case.business.indeterminate
        )
        if taken and not unclear and case.business.next_run_with(ChannelName.PAYOUT, credit.number) is not None:
            yield "PAY-09", _missing_reversal(case, taken[0], credit)
    elif not taken:
        yield "PAY-20", _needless(case, back[0])
    elif len(back) > len(taken) and not is_copy_after_loss(case, back[-1].document):
        yield "PAY-20", _needless(case, back[-1])
    else:
        yield "PAY-09", PASSED
        yield "PAY-20", PASSED
        yield "PAY-19", _repeats(case, taken[-1], back[-1])


def _needless(case: Case, payout: Payout) -> Breach:
    record = payout.record
    return Breach(
        en=f"A reversal was sent for invoice {record.invoice_number}, which was not cancelled or took nothing.",
        lv=f"Nosūtīta rēķina {record.invoice_number} atcelšana, lai gan rēķins nav atcelts vai tajā nekas nav "
        "piemērots.",
        evidence=(case.evidence_in(payout.document, payout.index),),
    )


def _missing_reversal(case: Case, taken: Payout, credit: Bill) -> Breach:
    return Breach(
        en=f"Invoice {credit.reverses} was cancelled by {credit.invoice}, and its payout was not reversed.",
        lv=f"Rēķins {credit.reverses} atcelts ar {credit.invoice}, bet tā izmaksa nav atcelta.",
        expected=f"a reversal that repeats the record: {euro(taken.record.applied)} applied",
        expected_lv=f"atcelšana, kas atkārto ierakstu: piemēroti {euro(taken.record.applied)}",
        evidence=(Evidence(credit.number), case.evidence_in(taken.document, taken.index)),
    )


def _repeats(case: Case, taken: Payout, back: Payout) -> Check:
    wrong = [field for field in _AMOUNTS if getattr(taken.record, field) != getattr(back.record, field)]
    if not wrong:
        return PASSED
    told = "; ".join(f"{name} {euro(getattr(back.record, name))}" for name in wrong)
    right = "; ".join(f"{name} {euro(getattr(taken.record, name))}" for name in wrong)
    return Breach(
        en=f"The reversal of invoice {back.record.invoice_number} does not repeat the record it cancels: {told}.",
        lv=f"Rēķina {back.record.invoice_number} atcelšana neatkārto atceļamo ierakstu: {told}.",
        expected=right,
        expected_lv=right,
        evidence=(
            case.evidence_in(back.document, back.index, wrong[0]),
            case.evidence_in(taken.document, taken.index, wrong[0]),
        ),
    )


@rule("PAY-10")
def empty_months(case: Case) -> Iterator[Check]:
    """A month that was billed without any payout is reported by a document without records."""
    told = {document.header.period for document in case.traffic.documents(ChannelName.PAYOUT)}
    full = {payout.record.period for payout in case.support.payouts}
    for period, last in _billed(case).items():
        if period in full or not _is_empty(case, period) or case.traffic.is_inconclusive(ChannelName.PAYOUT, last):
            continue
        run = case.business.next_run_with(ChannelName.PAYOUT, last)
        if period in told:
            yield PASSED
        elif run is not None:
            yield Breach(
                en=f"Month {period} had no payouts, and no document said so.",
                lv=f"Mēnesī {period} izmaksu nebija, bet dokumenta par to nav.",
                expected=f"a payout document for {period} without records in the run of {day_of(run.at)}",
                expected_lv=f"izmaksu dokuments par {period} bez ierakstiem apmaiņas reizē {day_of(run.at)}",
                evidence=(Evidence(last), Evidence(run.ended)),
            )


def _billed(case: Case) -> dict[Period, int]:
    """Return the months that the retailer was asked to bill, each with the entry of the last such request."""
    found: dict[Period, int] = {}
    for request in case.business.requests:
        text = request.fields.get("period")
        if request.do == "bill" and request.ok and isinstance(text, str):
            try:
                found[Period.parse(text)] = request.number
            except ValueError:
                continue
    return found


def _is_empty(case: Case, period: Period) -> bool:
    bills = [bill for bill in case.business.bills if bill.period == period]
    if any(bill.reverses is not None or bill.contract in case.business.indeterminate for bill in bills):
        return False
    return all(
        settlement.report is ReportState.NEEDLESS and settlement.trusted
        for settlement in case.support.settlements
        if settlement.bill.period == period
    )


@rule("PAY-11")
def two_decimals(case: Case) -> Iterator[Check]:
    """Amounts have two decimals."""
    for payout in case.support.payouts:
        located = payout.document.located
        wrong: dict[str, str] = {}
        for name in _AMOUNTS:
            element, attribute = located.find(payout.index, name)
            written = (element.get(attribute) if attribute else element.text) or ""
            if not _MONEY.fullmatch(written.strip()):
                wrong[name] = written.strip()
        if not wrong:
            yield PASSED
            continue
        told = ", ".join(f"{name} {written}" for name, written in wrong.items())
        yield Breach(
            en=f"Amounts of invoice {payout.record.invoice_number} do not have two decimals: {told}.",
            lv=f"Rēķina {payout.record.invoice_number} summām nav divu zīmju aiz komata: {told}.",
            evidence=tuple(case.evidence_in(payout.document, payout.index, name) for name in wrong),
        )


@rule("PAY-12")
def as_on_the_bill(case: Case) -> Iterator[Check]:
    """The reported amount is the amount that was taken off the customer's bill."""
    yield from amount_checks(
        case, "PAY-12", lambda settlement: _given(settlement) and settlement.bill.lines is not None
    )
