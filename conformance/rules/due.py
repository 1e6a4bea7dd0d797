"""CAL: whether what is due comes in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from conformance.rules import plausible
from conformance.rules.business import Exchange, Happening
from conformance.rules.evidence import Case
from conformance.rules.registry import PASSED, Check, rule
from conformance.rules.reporting import day_of
from conformance.rules.settlement import Report
from conformance.verdicts import Breach, Evidence
from simulator.clock import last_working_day_before
from simulator.documents.model import ChannelName, Period


@rule("CAL-01")
def contracts_in_time(case: Case) -> Iterator[Check]:
    """What happened to a contract is reported by the due day that follows, if a run came before it."""
    for happening in case.happenings:
        said = case.reporting.report_of(happening)
        due = _contracts_due(case, happening)
        run = _run_in_time(case, ChannelName.CONTRACT, happening.number, due)
        if said is None or run is None or case.clouded(ChannelName.CONTRACT, happening.number):
            continue
        if said.day <= due:
            yield PASSED
        else:
            yield _late(
                f"What happened to contract {happening.contract} ({happening.kind})",
                f"Līguma {happening.contract} notikums ({happening.kind})",
                said.day,
                due,
                (case.entry(happening.number), case.spot(said.sent, said.index)),
            )


def _contracts_due(case: Case, happening: Happening) -> date:
    """The last day on which contract data are in time for the month that they take effect in, or else the next."""
    day = case.profile.due.contract_before_day.value
    month = Period.of(day_of(happening.at))
    if happening.kind in ("contract.new", "sub_user.add"):
        month = max(month, Period.of(happening.day))
    while True:
        due = last_working_day_before(date(month.year, month.month, day))
        if due >= day_of(happening.at):
            return due
        month += 1


def _run_in_time(case: Case, channel: ChannelName, after: int, due: date) -> Exchange | None:
    run = case.offer(channel, after)
    return run if run is not None and day_of(run.at) <= due else None


@rule("CAL-02")
def payouts_in_time(case: Case) -> Iterator[Check]:
    """The payouts of a month are reported by the due day of the month that follows, if a run came before it."""
    for settlement in case.settlements:
        bill = settlement.bill
        if not bill.told or settlement.report is not Report.GIVEN:
            continue
        due = _payouts_due(case, bill.period, bill.at)
        run = _run_in_time(case, ChannelName.PAYOUT, bill.number, due)
        first = min(settlement.payouts, key=lambda each: each.number)
        if run is None or case.clouded(ChannelName.PAYOUT, bill.number) or first.sent.document is None:
            continue
        sent = day_of(first.sent.at)
        if sent <= due or first.sent.document.header.corrects is not None:
            yield PASSED
        else:
            yield _late(
                f"The payout of invoice {bill.invoice} of contract {bill.contract} ({bill.period})",
                f"Rēķina {bill.invoice}, līgums {bill.contract} ({bill.period}), izmaksa",
                sent,
                due,
                (case.entry(bill.number), case.spot(first.sent, first.index)),
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
    yield from plausible.occasions(case, frozenset({"period-late"}))


@rule("CAL-05")
def not_too_late(case: Case) -> Iterator[Check]:
    """A document is about no month that was closed long ago."""
    for sent in case.documents():
        if sent.document is None:
            continue
        period, earliest = sent.document.header.period, Period.of(day_of(sent.at)) - _OPEN_MONTHS
        if period >= earliest:
            yield PASSED
            continue
        yield Breach(
            en=f"A document sent on {day_of(sent.at)} is about {period}, which is closed.",
            lv=f"Dokuments, kas nosūtīts {day_of(sent.at)}, ir par {period}, kas ir slēgts.",
            expected=f"a month from {earliest} on",
            expected_lv=f"mēnesis, sākot ar {earliest}",
            evidence=(case.spot(sent, None, "period"),),
        )


_OPEN_MONTHS = 12
"""For how long data of a month are taken in (assumed: late data are normal for a year)."""
