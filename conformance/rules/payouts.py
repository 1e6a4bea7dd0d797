"""Chapter PAY: the support that bills take, and the payout records about it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby

from conformance.requirements.verdicts import UNSTATED, Breach, Evidence
from conformance.rules.amounts import amount_rule
from conformance.rules.business import Bill
from conformance.rules.case import Case
from conformance.rules.contract_records import contradictions, is_copy_after_loss
from conformance.rules.diagnosis import ReportState, Settlement
from conformance.rules.registry import PASSED, Check, rule
from conformance.rules.reporting import day_of
from conformance.rules.support import ZERO, Payout, bills_of_payouts
from conformance.rules.values import euro, loosely
from simulator.domain.language import Bilingual, Shown, Text, _, joined
from simulator.domain.model import ChannelName, PayoutRecord, Period

_MONEY = re.compile(r"-?\d+\.\d{2}", re.ASCII)
_AMOUNTS = ("net_bill", "applied", "carried_over", "remainder")


@amount_rule("PAY-01")
def net_bill_only(settlement: Settlement) -> bool:
    """No bill takes more support than its net amount; only one that is smaller than the support can show that."""
    return settlement.is_reported and max(settlement.available, settlement.applied) > settlement.cap


@amount_rule("PAY-02")
def no_more_than_granted(settlement: Settlement) -> bool:
    """A bill must not use more support than was granted and is still unused."""
    return settlement.is_reported


@amount_rule("PAY-03")
def all_that_is_due(settlement: Settlement) -> bool:
    """A bill uses as much support as it can."""
    return _had_to_take_support(settlement)


@amount_rule("PAY-24")
def to_the_cent(settlement: Settlement) -> bool:
    """The amount that is taken off is not rounded."""
    return _had_to_take_support(settlement)


def _had_to_take_support(settlement: Settlement) -> bool:
    return settlement.is_reported and settlement.due > ZERO and not settlement.missing


@amount_rule("PAY-04")
def rightly_split(settlement: Settlement) -> bool:
    """The amounts from earlier months and the remainder are stated rightly."""
    return _took_the_right_amount(settlement)


@amount_rule("PAY-14")
def remainder_stated(settlement: Settlement) -> bool:
    """The remainder for later months is stated rightly."""
    return _took_the_right_amount(settlement)


def _took_the_right_amount(settlement: Settlement) -> bool:
    had_support = settlement.available > ZERO and not settlement.missing
    return settlement.is_reported and settlement.finding is None and had_support


@amount_rule("PAY-25")
def carry_over_used(settlement: Settlement) -> bool:
    """The support that earlier months of the year left is used."""
    return settlement.is_reported and any(share.earlier for share in settlement.shares) and not settlement.missing


@amount_rule("PAY-26")
def net_without_tax(settlement: Settlement) -> bool:
    """The net bill of a record is without VAT."""
    return settlement.is_reported and settlement.bill.vat > ZERO


@amount_rule("PAY-05")
def lapse(settlement: Settlement) -> bool:
    """The support that an earlier year left is not used."""
    return any(share.lapsed for share in settlement.shares)


@amount_rule("PAY-18")
def person_as_granted(settlement: Settlement) -> bool:
    """A record names the person to whom the support was granted."""
    return settlement.is_reported and not settlement.missing


@amount_rule("PAY-21")
def given_back(settlement: Settlement) -> bool:
    """The amount that a cancelled bill took is available again, exactly."""
    return settlement.is_reported and any(share.restored for share in settlement.shares)


@amount_rule("PAY-12")
def as_on_the_bill(settlement: Settlement) -> bool:
    """The reported amount is the amount that was taken off the customer's bill."""
    return settlement.is_reported and settlement.bill.lines is not None


@rule("PAY-06")
def payouts_reported(case: Case) -> Iterator[Check]:
    """Each bill that must take support has a payout record."""
    for settlement in case.support.settlements:
        if not settlement.trusted or settlement.due == ZERO:
            continue
        short = settlement.missing and not settlement.strangers and settlement.applied < settlement.due
        if settlement.report is ReportState.MISSING or (
            settlement.is_reported and short and settlement.finding is None
        ):
            yield _unreported(
                case,
                settlement,
                _(
                    "Invoice {invoice} of contract {contract} ({period}) had support for {who}, but no payout was "
                    "reported."
                ),
                expected=_("a payout record for each person; {amount} in all", amount=euro(settlement.due)),
            )
        elif settlement.is_reported:
            yield PASSED


def _unreported(case: Case, settlement: Settlement, message: Text, expected: Shown = UNSTATED) -> Breach:
    bill, missing = settlement.bill, ", ".join(share.person for share in settlement.missing)
    requested = (Evidence(bill.number),) if bill.requested else ()
    return Breach(
        message.filled(invoice=bill.invoice, contract=bill.contract, period=bill.period, who=missing),
        expected,
        evidence=(*requested, *(case.evidence_in_record(payout) for payout in settlement.payouts[:1])),
    )


@rule("PAY-13")
def nothing_applied_reported(case: Case) -> Iterator[Check]:
    """A bill without deduction still needs a record when support was available."""
    for settlement in case.support.settlements:
        if not settlement.trusted or settlement.finding is not None or not settlement.bill.requested:
            continue
        unreported = settlement.report is ReportState.MISSING and settlement.due == ZERO
        if settlement.is_reported and settlement.applied >= settlement.due:
            unreported = bool(settlement.missing) and not settlement.strangers
            if not unreported and any(
                share.payout is not None and share.available and not share.applied for share in settlement.shares
            ):
                yield PASSED
        if unreported:
            yield _unreported(
                case,
                settlement,
                _(
                    "Invoice {invoice} of contract {contract} ({period}) took nothing of the support of {who}, and "
                    "no record says so."
                ),
            )


@rule("PAY-07")
def paid_once(case: Case) -> Iterator[Check]:
    """The payout of a bill to a person is reported once."""
    for payouts in _by_invoice_and_person(case):
        for payout, standing in _standing_payouts(payouts):
            repeated = standing is not None and not is_copy_after_loss(case, payout.document)
            yield _paid_twice(case, standing, payout) if standing is not None and repeated else PASSED


def _by_invoice_and_person(case: Case) -> Iterable[list[Payout]]:
    records: dict[tuple[str, str], list[Payout]] = defaultdict(list)
    for payout in case.support.payouts:
        records[payout.record.invoice_number, payout.person].append(payout)
    return records.values()


def _standing_payouts(payouts: list[Payout]) -> Iterator[tuple[Payout, Payout | None]]:
    """Yield each payout of one invoice to one person, with the payout that stood already, None when none did.

    A reversal takes back the oldest payout that stands, whichever of the two comes first within their document.
    """
    standing: list[Payout] = []
    for _number, sent in groupby(payouts, key=lambda payout: payout.number):
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
        _(
            "The payout of invoice {invoice} to {person} was reported twice.",
            invoice=record.invoice_number,
            person=record.person_code,
        ),
        evidence=(case.evidence_in_record(before), case.evidence_in_record(payout)),
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
        _(
            "A payout names invoice {invoice} of contract {contract}, which was never issued.",
            invoice=record.invoice_number,
            contract=record.contract,
        ),
        evidence=(case.evidence_in_record(payout, "invoice_number"),),
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
    differences = (
        _("{field} is {reported}, billed was {billed}", field=name, reported=reported, billed=billed)
        for name, (reported, billed) in wrong.items()
    )
    expected = "; ".join(f"{name} {billed}" for name, (_reported, billed) in wrong.items())
    return Breach(
        _(
            "The payout record of invoice {invoice} of contract {contract} differs from the bill: {differences}.",
            invoice=bill.invoice,
            contract=bill.contract,
            differences=joined(differences, "; "),
        ),
        expected=Bilingual(expected, expected),
        evidence=(*(case.evidence_in_record(payout, name) for name in wrong), Evidence(bill.number)),
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


@rule("PAY-22")
def months_fit_together(case: Case) -> Iterator[Check]:
    """A record is about no later month than its document."""
    yield from contradictions(case, frozenset({"payout-period"}), ChannelName.PAYOUT)


def _reversals(case: Case, requirement: str) -> Iterator[Check]:
    if not case.business.was_asked_to("bill"):
        return
    cancelling = {bill.reverses: bill for bill in case.business.bills if bill.reverses is not None}
    for payouts in _by_invoice_and_person(case):
        for of, check in _reversal(case, payouts, cancelling.get(payouts[0].record.invoice_number)):
            if of == requirement:
                yield check


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
        _(
            "A reversal was sent for invoice {invoice}, which was not cancelled or took nothing.",
            invoice=record.invoice_number,
        ),
        evidence=(case.evidence_in_record(payout),),
    )


def _missing_reversal(case: Case, taken: Payout, credit: Bill) -> Breach:
    return Breach(
        _(
            "Invoice {cancelled} was cancelled by {credit}, and its payout was not reversed.",
            cancelled=credit.reverses,
            credit=credit.invoice,
        ),
        expected=_("a reversal that repeats the record: {amount} applied", amount=euro(taken.record.applied)),
        evidence=(Evidence(credit.number), case.evidence_in_record(taken)),
    )


def _repeats(case: Case, taken: Payout, back: Payout) -> Check:
    wrong = [field for field in _AMOUNTS if getattr(taken.record, field) != getattr(back.record, field)]
    if not wrong:
        return PASSED
    reversed_ = "; ".join(f"{name} {euro(getattr(back.record, name))}" for name in wrong)
    right = "; ".join(f"{name} {euro(getattr(taken.record, name))}" for name in wrong)
    return Breach(
        _(
            "The reversal of invoice {invoice} does not repeat the record it cancels: {amounts}.",
            invoice=back.record.invoice_number,
            amounts=reversed_,
        ),
        expected=Bilingual(right, right),
        evidence=(
            case.evidence_in_record(back, wrong[0]),
            case.evidence_in_record(taken, wrong[0]),
        ),
    )


@rule("PAY-10")
def empty_months(case: Case) -> Iterator[Check]:
    """A month that was billed without any payout is reported by a document without records."""
    reported = {document.header.period for document in case.traffic.documents(ChannelName.PAYOUT)}
    full = {payout.record.period for payout in case.support.payouts}
    for period, last in _billed(case).items():
        if period in full or not _is_empty(case, period) or case.traffic.is_inconclusive(ChannelName.PAYOUT, last):
            continue
        run = case.business.next_run_with(ChannelName.PAYOUT, last)
        if period in reported:
            yield PASSED
        elif run is not None:
            yield Breach(
                _("Month {period} had no payouts, and no document said so.", period=period),
                expected=_(
                    "a payout document for {period} without records in the run of {day}",
                    period=period,
                    day=day_of(run.at),
                ),
                evidence=(Evidence(last), Evidence(run.ended)),
            )


def _billed(case: Case) -> dict[Period, int]:
    """Return the months that the retailer was asked to bill, each with the entry of the last such request."""
    billed: dict[Period, int] = {}
    for request in case.business.requests:
        text = request.fields.get("period")
        if request.do == "bill" and request.ok and isinstance(text, str):
            try:
                billed[Period.parse(text)] = request.number
            except ValueError:
                continue
    return billed


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
        amounts = ", ".join(f"{name} {written}" for name, written in wrong.items())
        yield Breach(
            _(
                "Amounts of invoice {invoice} do not have two decimals: {amounts}.",
                invoice=payout.record.invoice_number,
                amounts=amounts,
            ),
            evidence=tuple(case.evidence_in_record(payout, name) for name in wrong),
        )
