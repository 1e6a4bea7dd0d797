"""Rules on the amounts of bills; their breaches come from the finding of each bill's settlement."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

from conformance.requirements.verdicts import Breach, Evidence
from conformance.rules.case import Case
from conformance.rules.diagnosis import AmountError, AmountFinding, Settlement
from conformance.rules.registry import PASSED, Check, Rule, rule
from conformance.rules.values import euro
from simulator.domain.language import Text, _

Concern = Callable[[Settlement], bool]
"""Tells whether a bill is one that could have broken a requirement."""


def amount_rule(requirement: str) -> Callable[[Concern], Rule]:
    """Register the rule of a requirement on amounts; the decorated function picks the bills that it concerns.

    A bill whose finding names the requirement breaks it. Other bills pass if they are concerned and could be judged.
    """

    def decorate(concerns: Concern) -> Rule:
        @rule(requirement)
        @functools.wraps(concerns)
        def checks(case: Case) -> Iterator[Check]:
            for settlement in case.support.settlements:
                finding = settlement.finding
                if finding is not None and finding.requirement == requirement:
                    yield _broken(case, settlement, finding)
                elif settlement.judged and concerns(settlement):
                    yield PASSED

        return checks

    return decorate


_CAUSES = {
    "DIS-01": _(", although support has ended"),
    "DIS-02": _(": the catch-up amounts were left out"),
    "DIS-03": _(": the categories were not added up"),
    "DIS-05": _(": a decision that came twice was booked twice"),
    "DIS-06": _(": the list that granted it was not valid"),
    "DIS-07": _(": the list that granted it was another retailer's"),
    "DIS-08": _(": a list that came late was left out"),
    "PAY-24": _(": the amount was rounded"),
    "PAY-25": _(": what earlier months left was forgotten"),
    "PAY-05": _(": the rest is left over from the year before"),
    "PAY-21": _(": what a cancelled bill took was not given back"),
}
"""The mistakes behind wrong amounts, where the requirement tells them."""


def _broken(case: Case, settlement: Settlement, finding: AmountFinding) -> Breach:
    bill = settlement.bill
    error, expected = _SENTENCES[finding.error](settlement, finding)
    payout = finding.payout
    shown = () if payout is None else (case.evidence_in_record(payout, finding.field),)
    requested = (Evidence(bill.number),) if bill.requested else ()
    return Breach(
        _(
            "Invoice {invoice} of contract {contract} ({period}): {error}{cause}.",
            invoice=bill.invoice,
            contract=bill.contract,
            period=bill.period,
            error=error,
            cause=_CAUSES.get(finding.requirement, ""),
        ),
        expected,
        evidence=(*shown, *requested),
    )


_Sentences = tuple[Text, Text]
"""The error and the expectation."""


def _above_net(settlement: Settlement, finding: AmountFinding) -> _Sentences:
    message = _(
        "{found} of support was applied, but the bill without VAT is {net} (VAT {vat})",
        found=euro(finding.found),
        net=euro(settlement.bill.net),
        vat=euro(settlement.bill.vat),
    )
    return message, _("at most {amount}", amount=euro(finding.expected))


def _gross(settlement: Settlement, finding: AmountFinding) -> _Sentences:
    message = _(
        "the net bill is stated as {found}, which includes VAT of {vat}",
        found=euro(finding.found),
        vat=euro(settlement.bill.vat),
    )
    return message, _("the bill without VAT: {amount}", amount=euro(finding.expected))


def _too_much(settlement: Settlement, finding: AmountFinding) -> _Sentences:
    del settlement
    message = _(
        "{found} was applied for {person}, but {expected} was available",
        found=euro(finding.found),
        person=_payee(finding),
        expected=euro(finding.expected),
    )
    return message, _("at most {amount}", amount=euro(finding.expected))


def _too_little(settlement: Settlement, finding: AmountFinding) -> _Sentences:
    message = _(
        "only {found} was applied; the bill without VAT is {net} and {available} was available",
        found=euro(finding.found),
        net=euro(settlement.bill.net),
        available=euro(settlement.available),
    )
    return message, _("{amount}, the smaller of the two", amount=euro(finding.expected))


def _split(settlement: Settlement, finding: AmountFinding) -> _Sentences:
    del settlement
    part = _("carried over from earlier months") if finding.field == "carried_over" else _("left for later")
    expected = euro(finding.expected)
    message = _(
        "{found} is stated as {part}, it should be {expected}",
        found=euro(finding.found),
        part=part,
        expected=expected,
    )
    return message, Text("{part}: {amount}", {"part": part, "amount": expected})


def _person(settlement: Settlement, finding: AmountFinding) -> _Sentences:
    entitled = ", ".join(share.person for share in settlement.missing)
    return (
        _("the payout names {person}, to whom nothing was granted on this contract", person=_payee(finding)),
        _("the person to whom support was granted: {persons}", persons=entitled),
    )


def _misreported(settlement: Settlement, finding: AmountFinding) -> _Sentences:
    del settlement
    expected = euro(finding.expected)
    return (
        _("{found} was reported, but {expected} was taken off the bill", found=euro(finding.found), expected=expected),
        _("the same amount on the bill and in the payout record: {amount}", amount=expected),
    )


def _payee(finding: AmountFinding) -> str:
    return finding.payout.record.person_code if finding.payout is not None else ""


_SENTENCES: dict[AmountError, Callable[[Settlement, AmountFinding], _Sentences]] = {
    AmountError.ABOVE_NET: _above_net,
    AmountError.GROSS: _gross,
    AmountError.TOO_MUCH: _too_much,
    AmountError.TOO_LITTLE: _too_little,
    AmountError.SPLIT: _split,
    AmountError.MISREPORTED: _misreported,
    AmountError.BILLED_OTHERWISE: _misreported,
    AmountError.PERSON: _person,
}
