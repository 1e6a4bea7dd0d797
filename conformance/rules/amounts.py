"""Findings about the amounts of bills, as the settlement of each bill diagnoses them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from conformance.rules.diagnosis import Fault, Wrong
from conformance.rules.registry import PASSED, Check
from conformance.rules.settlement import Settlement
from conformance.rules.values import euro

if TYPE_CHECKING:
    from conformance.rules.evidence import Case
from conformance.verdicts import Breach


def occasions(case: Case, requirement: str, concerns: Callable[[Settlement], bool]) -> Iterator[Check]:
    """The bills whose amounts a requirement concerns, each broken when its fault is this requirement's."""
    for settlement in case.settlements:
        fault = settlement.fault
        if fault is not None and fault.requirement == requirement:
            yield _broken(case, settlement, fault)
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


def _broken(case: Case, settlement: Settlement, fault: Fault) -> Breach:
    bill = settlement.bill
    extra, piebilde = _EXTRA.get(fault.requirement, ("", ""))
    en, lv, expected, expected_lv = _SENTENCES[fault.wrong](settlement, fault)
    payout = fault.payout
    shown = () if payout is None else (case.spot(payout.sent, payout.index, fault.field),)
    told = (case.entry(bill.number),) if bill.told else ()
    return Breach(
        en=f"Invoice {bill.invoice} of contract {bill.contract} ({bill.period}): {en}{extra}.",
        lv=f"Rēķins {bill.invoice}, līgums {bill.contract} ({bill.period}): {lv}{piebilde}.",
        expected=expected,
        expected_lv=expected_lv,
        evidence=(*shown, *told),
    )


_Sentences = tuple[str, str, str, str]


def _above_net(settlement: Settlement, fault: Fault) -> _Sentences:
    net, vat = euro(settlement.bill.net), euro(settlement.bill.vat)
    return (
        f"{euro(fault.found)} of support was applied, but the bill without VAT is {net} (VAT {vat})",
        f"piemērots atbalsts {euro(fault.found)}, bet rēķins bez PVN ir {net} (PVN {vat})",
        f"at most {euro(fault.expected)}",
        f"ne vairāk kā {euro(fault.expected)}",
    )


def _gross(settlement: Settlement, fault: Fault) -> _Sentences:
    return (
        f"the net bill is stated as {euro(fault.found)}, which includes VAT of {euro(settlement.bill.vat)}",
        f"kā neto rēķins norādīti {euro(fault.found)}, ieskaitot PVN {euro(settlement.bill.vat)}",
        f"the bill without VAT: {euro(fault.expected)}",
        f"rēķins bez PVN: {euro(fault.expected)}",
    )


def _too_much(settlement: Settlement, fault: Fault) -> _Sentences:
    del settlement
    who = fault.payout.record.person_code if fault.payout is not None else ""
    return (
        f"{euro(fault.found)} was applied for {who}, but {euro(fault.expected)} was available",
        f"personai {who} piemēroti {euro(fault.found)}, bet pieejami bija {euro(fault.expected)}",
        f"at most {euro(fault.expected)}",
        f"ne vairāk kā {euro(fault.expected)}",
    )


def _too_little(settlement: Settlement, fault: Fault) -> _Sentences:
    net, available = euro(settlement.bill.net), euro(settlement.available)
    return (
        f"only {euro(fault.found)} was applied; the bill without VAT is {net} and {available} was available",
        f"piemēroti tikai {euro(fault.found)}; rēķins bez PVN ir {net}, un pieejami bija {available}",
        f"{euro(fault.expected)}, the smaller of the two",
        f"{euro(fault.expected)}, mazākais no abiem",
    )


def _split(settlement: Settlement, fault: Fault) -> _Sentences:
    del settlement
    carried = fault.field == "carried_over"
    what, kas = (
        ("carried over from earlier months", "no agrākiem mēnešiem") if carried else ("left for later", "atlikums")
    )
    return (
        f"{euro(fault.found)} is stated as {what}, it should be {euro(fault.expected)}",
        f"{kas} norādīti {euro(fault.found)}, bet jābūt {euro(fault.expected)}",
        f"{what}: {euro(fault.expected)}",
        f"{kas}: {euro(fault.expected)}",
    )


def _person(settlement: Settlement, fault: Fault) -> _Sentences:
    who = fault.payout.record.person_code if fault.payout is not None else ""
    entitled = ", ".join(each.person for each in settlement.missing)
    return (
        f"the payout names {who}, to whom nothing was granted on this contract",
        f"izmaksa norādīta personai {who}, kurai šajā līgumā nekas nav piešķirts",
        f"the person to whom support was granted: {entitled}",
        f"persona, kurai piešķirts atbalsts: {entitled}",
    )


def _misreported(settlement: Settlement, fault: Fault) -> _Sentences:
    del settlement
    return (
        f"{euro(fault.found)} was reported, but {euro(fault.expected)} was taken off the bill",
        f"paziņoti {euro(fault.found)}, bet no rēķina atskaitīti {euro(fault.expected)}",
        f"the same amount on the bill and in the payout record: {euro(fault.expected)}",
        f"viena un tā pati summa rēķinā un izmaksas ierakstā: {euro(fault.expected)}",
    )


_SENTENCES: dict[Wrong, Callable[[Settlement, Fault], _Sentences]] = {
    Wrong.ABOVE_NET: _above_net,
    Wrong.GROSS: _gross,
    Wrong.TOO_MUCH: _too_much,
    Wrong.TOO_LITTLE: _too_little,
    Wrong.SPLIT: _split,
    Wrong.MISREPORTED: _misreported,
    Wrong.BILLED_OTHERWISE: _misreported,
    Wrong.PERSON: _person,
}
