"""CAL: whether what is due comes in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from conformance.rules.business import BusinessEvent, Run
from conformance.rules.case import Case
from conformance.rules.diagnosis import ReportState
from conformance.rules.documents import contradictions
from conformance.rules.registry import PASSED, Check, rule
from conformance.rules.reporting import day_of
from conformance.verdicts import Breach, Evidence
from simulator.clock import last_working_day_before
from simulator.documents.model import ChannelName, Period


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
                f"What happened to contract {event.contract} ({event.kind})",
                f"Līguma {event.contract} notikums ({event.kind})",
                report.day,
                due,
                (Evidence(event.number), case.evidence_in(report.document, report.index)),
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
        if not bill.requested or settlement.report is not ReportState.GIVEN:
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
                f"The payout of invoice {bill.invoice} of contract {bill.contract} ({bill.period})",
                f"Rēķina {bill.invoice}, līgums {bill.contract} ({bill.period}), izmaksa",
                sent,
                due,
                (Evidence(bill.number), case.evidence_in(first.document, first.index)),
            )


def _payouts_due(case: Case, period: Period, issued: datetime) -> date:
    following = period + 1
    while True:
        due = date(following.year, following.month, case.profile.due.payout_day.value)
        if due >= day_of(issued):
            return due
        following += 1


def _late(what: str, kas: str, found: date, due: date, evidence: tuple[Evidence, ...]) -> Breach:
    return Breach(
        en=f"{what} was reported on {found}, after the due day {due}, although an earlier run gave the occasion.",
        lv=f"{kas} paziņots {found}, pēc termiņa {due}, lai gan agrāka apmaiņas reize to ļāva.",
        expected=f"reported by {due}",
        expected_lv=f"paziņots līdz {due}",
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
            en=f"A document sent on {day_of(document.at)} is about {period}, which is closed.",
            lv=f"Dokuments, kas nosūtīts {day_of(document.at)}, ir par {period}, kas ir slēgts.",
            expected=f"a month from {earliest} on",
            expected_lv=f"mēnesis, sākot ar {earliest}",
            evidence=(case.evidence_in(document, None, "period"),),
        )


_OPEN_MONTHS = 12
"""For how long data of a month are taken in (assumed: late data are normal for a year)."""
