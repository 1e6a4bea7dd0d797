"""DIS: whether the retailer does with a decision what it says."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.rules.amounts import amount_checks
from conformance.rules.case import Case
from conformance.rules.diagnosis import ReportState, Settlement
from conformance.rules.errors import is_answered
from conformance.rules.registry import PASSED, Check, rule
from conformance.rules.traffic import Fetched
from conformance.verdicts import Breach
from simulator.documents.model import ChannelName


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
