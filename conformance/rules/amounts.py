"""Checks of the amounts of bills, by what the settlement of each bill found."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from conformance.requirements.verdicts import Breach, Evidence
from conformance.rules.case import Case
from conformance.rules.diagnosis import AmountError, AmountFinding, Settlement
from conformance.rules.registry import PASSED, Check
from conformance.rules.values import euro


def amount_checks(case: Case, requirement: str, concerns: Callable[[Settlement], bool]) -> Iterator[Check]:
    """Check the bills whose amounts a requirement concerns; a finding is a breach of the requirement that it names."""
    for settlement in case.support.settlements:
        finding = settlement.finding
        if finding is not None and finding.requirement == requirement:
            yield _broken(case, settlement, finding)
        elif settlement.judged and concerns(settlement):
            yield PASSED


_EXTRA = {
    "DIS-01": (", although support has ended", ", lai gan atbalsts ir izbeigts"),
    "DIS-02": (": the catch-up amounts were left out", ": izlīdzinošās summas nav ņemtas vērā"),
    "DIS-03": (": the categories were not added up", ": kategoriju summas nav saskaitītas"),
    "DIS-05": (": a decision that came twice was booked twice", ": divreiz saņemts lēmums iegrāmatots divreiz"),
    "DIS-06": (": the list that granted it was not valid", ": saraksts, kurā tas piešķirts, nebija derīgs"),
    "DIS-07": (
        ": the list that granted it was another retailer's",
        ": saraksts, kurā tas piešķirts, bija cita tirgotāja",
    ),
    "DIS-08": (": a list that came late was left out", ": vēlāk saņemts saraksts nav ņemts vērā"),
    "PAY-24": (": the amount was rounded", ": summa ir noapaļota"),
    "PAY-25": (": what earlier months left was forgotten", ": aizmirsts iepriekšējo mēnešu atlikums"),
    "PAY-05": (": the rest is left over from the year before", ": starpība ir iepriekšējā gada atlikums"),
    "PAY-21": (": what a cancelled bill took was not given back", ": atceltajā rēķinā piemērotais nav atgriezts"),
}


def _broken(case: Case, settlement: Settlement, finding: AmountFinding) -> Breach:
    bill = settlement.bill
    extra, piebilde = _EXTRA.get(finding.requirement, ("", ""))
    en, lv, expected, expected_lv = _SENTENCES[finding.error](settlement, finding)
    payout = finding.payout
    shown = () if payout is None else (case.evidence_in(payout.document, payout.index, finding.field),)
    requested = (Evidence(bill.number),) if bill.requested else ()
    return Breach(
        en=f"Invoice {bill.invoice} of contract {bill.contract} ({bill.period}): {en}{extra}.",
        lv=f"Rēķins {bill.invoice}, līgums {bill.contract} ({bill.period}): {lv}{piebilde}.",
        expected=expected,
        expected_lv=expected_lv,
        evidence=(*shown, *requested),
    )


_Sentences = tuple[str, str, str, str]


def _above_net(settlement: Settlement, finding: AmountFinding) -> _Sentences:
    net, vat = euro(settlement.bill.net), euro(settlement.bill.vat)
    return (
        f"{euro(finding.found)} of support was applied, but the bill without VAT is {net} (VAT {vat})",
        f"piemērots atbalsts {euro(finding.found)}, bet rēķins bez PVN ir {net} (PVN {vat})",
        f"at most {euro(finding.expected)}",
        f"ne vairāk kā {euro(finding.expected)}",
    )


def _gross(settlement: Settlement, finding: AmountFinding) -> _Sentences:
    return (
        f"the net bill is stated as {euro(finding.found)}, which includes VAT of {euro(settlement.bill.vat)}",
        f"kā neto rēķins norādīti {euro(finding.found)}, ieskaitot PVN {euro(settlement.bill.vat)}",
        f"the bill without VAT: {euro(finding.expected)}",
        f"rēķins bez PVN: {euro(finding.expected)}",
    )


def _too_much(settlement: Settlement, finding: AmountFinding) -> _Sentences:
    del settlement
    who = finding.payout.record.person_code if finding.payout is not None else ""
    return (
        f"{euro(finding.found)} was applied for {who}, but {euro(finding.expected)} was available",
        f"personai {who} piemēroti {euro(finding.found)}, bet pieejami bija {euro(finding.expected)}",
        f"at most {euro(finding.expected)}",
        f"ne vairāk kā {euro(finding.expected)}",
    )


def _too_little(settlement: Settlement, finding: AmountFinding) -> _Sentences:
    net, available = euro(settlement.bill.net), euro(settlement.available)
    return (
        f"only {euro(finding.found)} was applied; the bill without VAT is {net} and {available} was available",
        f"piemēroti tikai {euro(finding.found)}; rēķins bez PVN ir {net}, un pieejami bija {available}",
        f"{euro(finding.expected)}, the smaller of the two",
        f"{euro(finding.expected)}, mazākais no abiem",
    )


def _split(settlement: Settlement, finding: AmountFinding) -> _Sentences:
    del settlement
    carried = finding.field == "carried_over"
    what, kas = (
        ("carried over from earlier months", "no agrākiem mēnešiem") if carried else ("left for later", "atlikums")
    )
    return (
        f"{euro(finding.found)} is stated as {what}, it should be {euro(finding.expected)}",
        f"{kas} norādīti {euro(finding.found)}, bet jābūt {euro(finding.expected)}",
        f"{what}: {euro(finding.expected)}",
        f"{kas}: {euro(finding.expected)}",
    )


def _person(settlement: Settlement, finding: AmountFinding) -> _Sentences:
    who = finding.payout.record.person_code if finding.payout is not None else ""
    entitled = ", ".join(share.person for share in settlement.missing)
    return (
        f"the payout names {who}, to whom nothing was granted on this contract",
        f"izmaksa norādīta personai {who}, kurai šajā līgumā nekas nav piešķirts",
        f"the person to whom support was granted: {entitled}",
        f"persona, kurai piešķirts atbalsts: {entitled}",
    )


def _misreported(settlement: Settlement, finding: AmountFinding) -> _Sentences:
    del settlement
    return (
        f"{euro(finding.found)} was reported, but {euro(finding.expected)} was taken off the bill",
        f"paziņoti {euro(finding.found)}, bet no rēķina atskaitīti {euro(finding.expected)}",
        f"the same amount on the bill and in the payout record: {euro(finding.expected)}",
        f"viena un tā pati summa rēķinā un izmaksas ierakstā: {euro(finding.expected)}",
    )


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
