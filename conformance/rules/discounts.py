"""Chapter DIS: decisions are applied to the bills as they say. Chapter CAL: reports come by their due days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from conformance.requirements.verdicts import Breach, Evidence
from conformance.rules.amounts import amount_rule
from conformance.rules.business import BusinessEvent, Run
from conformance.rules.case import Case
from conformance.rules.contract_records import contradictions
from conformance.rules.diagnosis import Settlement
from conformance.rules.errors import is_answered
from conformance.rules.registry import PASSED, Check, rule
from conformance.rules.reporting import day_of
from conformance.rules.traffic import Fetched
from simulator.domain.clock import last_working_day_before
from simulator.domain.language import Text, _
from simulator.domain.model import ChannelName, Period


@amount_rule("DIS-01")
def termination_honoured(settlement: Settlement) -> bool:
    """After support has ended, no further support is applied."""
    return any(share.terminated for share in settlement.shares)


@amount_rule("DIS-02")
def catch_up_applied(settlement: Settlement) -> bool:
    """Catch-up amounts are applied."""
    return settlement.is_reported and any(share.catch_up for share in settlement.shares)


@amount_rule("DIS-03")
def categories_add_up(settlement: Settlement) -> bool:
    """The whole amount of a decision with several categories is applied."""
    return settlement.is_reported and any(share.several_categories for share in settlement.shares)


@amount_rule("DIS-05")
def booked_once(settlement: Settlement) -> bool:
    """A list that comes twice is booked once."""
    return settlement.is_reported and any(share.from_repeated_lists for share in settlement.shares)


@amount_rule("DIS-06")
def invalid_list_not_used(settlement: Settlement) -> bool:
    """Nothing is taken off a bill on the strength of an invalid list."""
    return settlement.refused == "DIS-06"


@amount_rule("DIS-07")
def foreign_list_not_used(settlement: Settlement) -> bool:
    """Nothing is taken off a bill on the strength of another retailer's list."""
    return settlement.refused == "DIS-07"


@amount_rule("DIS-08")
def late_list_used(settlement: Settlement) -> bool:
    """A list that comes after the one of a later month counts all the same."""
    return settlement.is_reported and any(share.from_late_lists for share in settlement.shares)


@rule("DIS-04")
def unknown_contract_answered(case: Case) -> Iterator[Check]:
    """A decision on a contract that the retailer does not have is answered with an error report."""
    if not case.business.was_asked_to("apply"):
        return
    reported = {report.record.contract for report in case.reporting.reports}
    own = case.own_contracts | reported
    for fetched in case.traffic.fetched:
        document = fetched.document
        if document is None or document.channel is not ChannelName.DISCOUNT:
            continue
        unknown = [index for index, record in enumerate(document.discounts()) if record.contract not in own]
        if not unknown or not case.business.is_over(fetched.number, ChannelName.DISCOUNT):
            continue
        yield PASSED if is_answered(case, fetched.message) else _unanswered(case, fetched, unknown)


def _unanswered(case: Case, fetched: Fetched, unknown: list[int]) -> Breach:
    document = fetched.document
    numbers = ", ".join(document.discounts()[index].contract for index in unknown) if document is not None else ""
    return Breach(
        _("A decision on contract {numbers}, which the retailer does not have, was not answered.", numbers=numbers),
        evidence=tuple(case.evidence_in(fetched.delivery, index, "contract") for index in unknown[:3]),
    )


@rule("CAL-01")
def contracts_in_time(case: Case) -> Iterator[Check]:
    """An event of a contract is reported by the due day that follows, if a run came before it."""
    for event in case.business.events:
        report = case.reporting.report_of(event)
        due = _contracts_due(case, event)
        run = _run_in_time(case, ChannelName.CONTRACT, event.number, due)
        if report is None or run is None or case.traffic.is_inconclusive(ChannelName.CONTRACT, event.number):
            continue
        if report.day <= due:
            yield PASSED
        else:
            yield _late(
                _("What happened to contract {contract} ({event})", contract=event.contract, event=event.kind),
                report.day,
                due,
                (Evidence(event.number), case.evidence_in_record(report)),
            )


def _contracts_due(case: Case, event: BusinessEvent) -> date:
    """The last day on which contract data are in time for the month that they take effect in, or else the next."""
    day = case.profile.due.contract_before_day.value
    month = Period.of(day_of(event.at))
    if event.kind in ("contract.new", "sub_user.add"):
        month = max(month, Period.of(event.day))
    while True:
        due = last_working_day_before(date(month.year, month.month, day))
        if due >= day_of(event.at):
            return due
        month += 1


def _run_in_time(case: Case, channel: ChannelName, after: int, due: date) -> Run | None:
    run = case.business.next_run_with(channel, after)
    return run if run is not None and day_of(run.at) <= due else None


@rule("CAL-02")
def payouts_in_time(case: Case) -> Iterator[Check]:
    """The payouts of a month are reported by the due day of the month that follows, if a run came before it."""
    for settlement in case.support.settlements:
        bill = settlement.bill
        if not bill.requested or not settlement.is_reported:
            continue
        due = _payouts_due(case, bill.period, bill.at)
        run = _run_in_time(case, ChannelName.PAYOUT, bill.number, due)
        first = min(settlement.payouts, key=lambda payout: payout.number)
        if run is None or case.traffic.is_inconclusive(ChannelName.PAYOUT, bill.number):
            continue
        sent = day_of(first.document.at)
        if sent <= due or first.document.corrects is not None:
            yield PASSED
        else:
            yield _late(
                _(
                    "The payout of invoice {invoice} of contract {contract} ({period})",
                    invoice=bill.invoice,
                    contract=bill.contract,
                    period=bill.period,
                ),
                sent,
                due,
                (Evidence(bill.number), case.evidence_in_record(first)),
            )


def _payouts_due(case: Case, period: Period, issued: datetime) -> date:
    following = period + 1
    while True:
        due = date(following.year, following.month, case.profile.due.payout_day.value)
        if due >= day_of(issued):
            return due
        following += 1


def _late(subject: Text, sent: date, due: date, evidence: tuple[Evidence, ...]) -> Breach:
    return Breach(
        _(
            "{subject} was reported on {sent}, after the due day {due}, although an earlier run gave the occasion.",
            subject=subject,
            sent=sent,
            due=due,
        ),
        expected=_("reported by {due}", due=due),
        evidence=evidence,
    )


@rule("CAL-04")
def not_too_early(case: Case) -> Iterator[Check]:
    """A document is about no later month than the one that follows its making."""
    yield from contradictions(case, frozenset({"period-late"}))


@rule("CAL-05")
def not_too_late(case: Case) -> Iterator[Check]:
    """A document is about no month that was closed long ago."""
    for document in case.traffic.documents():
        period, earliest = document.header.period, Period.of(day_of(document.at)) - _OPEN_MONTHS
        if period >= earliest:
            yield PASSED
            continue
        yield Breach(
            _("A document sent on {sent} is about {period}, which is closed.", sent=day_of(document.at), period=period),
            expected=_("a month from {earliest} on", earliest=earliest),
            evidence=(case.evidence_in(document, None, "period"),),
        )


_OPEN_MONTHS = 12
"""For how long data of a month are taken in (assumed: late data are normal for a year)."""
