"""DIS: whether the retailer does with a decision what it says.

CAL: whether what is due comes in time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from conformance.requirements.verdicts import Breach, Evidence
from conformance.rules.amounts import amount_checks
from conformance.rules.business import BusinessEvent, Run
from conformance.rules.case import Case
from conformance.rules.contract_records import contradictions
from conformance.rules.diagnosis import ReportState, Settlement
from conformance.rules.errors import is_answered
from conformance.rules.registry import PASSED, Check, rule
from conformance.rules.reporting import day_of
from conformance.rules.traffic import Fetched
from simulator.domain.clock import last_working_day_before
from simulator.domain.model import ChannelName, Period


@rule("DIS-01")
def termination_honoured(case: Case) -> Iterator[Check]:
    """After support has ended, no further support is applied."""
    yield from amount_checks(case, "DIS-01", lambda settlement: any(share.terminated for share in settlement.shares))


@rule("DIS-02")
def catch_up_applied(case: Case) -> Iterator[Check]:
    """Catch-up amounts are applied."""
    yield from amount_checks(
        case, "DIS-02", lambda settlement: _given(settlement) and any(share.catch_up for share in settlement.shares)
    )


@rule("DIS-03")
def categories_add_up(case: Case) -> Iterator[Check]:
    """The whole amount of a decision with several categories is applied."""
    yield from amount_checks(
        case,
        "DIS-03",
        lambda settlement: _given(settlement) and any(share.several_categories for share in settlement.shares),
    )


@rule("DIS-05")
def booked_once(case: Case) -> Iterator[Check]:
    """A list that comes twice is booked once."""
    yield from amount_checks(
        case,
        "DIS-05",
        lambda settlement: _given(settlement) and any(share.from_repeated_lists for share in settlement.shares),
    )


@rule("DIS-06")
def invalid_list_not_used(case: Case) -> Iterator[Check]:
    """Nothing is taken off a bill on the strength of an invalid list."""
    yield from amount_checks(case, "DIS-06", lambda settlement: settlement.refused == "DIS-06")


@rule("DIS-07")
def foreign_list_not_used(case: Case) -> Iterator[Check]:
    """Nothing is taken off a bill on the strength of another retailer's list."""
    yield from amount_checks(case, "DIS-07", lambda settlement: settlement.refused == "DIS-07")


@rule("DIS-08")
def late_list_used(case: Case) -> Iterator[Check]:
    """A list that comes after the one of a later month counts all the same."""
    yield from amount_checks(
        case,
        "DIS-08",
        lambda settlement: _given(settlement) and any(share.from_late_lists for share in settlement.shares),
    )


def _given(settlement: Settlement) -> bool:
    return settlement.report is ReportState.GIVEN


@rule("DIS-04")
def unknown_contract_answered(case: Case) -> Iterator[Check]:
    """A decision on a contract that the retailer does not have is answered with an error report."""
    if not case.business.was_asked_to("apply"):
        return
    reported = {report.record.contract for report in case.reporting.reports}
    own = {*case.reporting.history, *reported, *case.business.indeterminate}
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
        en=f"A decision on contract {numbers}, which the retailer does not have, was not answered.",
        lv=f"Uz lēmumu par līgumu {numbers}, kura tirgotājam nav, netika atbildēts.",
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
