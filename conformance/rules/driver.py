"""DRV: whether the driver does what it is asked."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.rules.business import Request
from conformance.rules.case import Case
from conformance.rules.registry import PASSED, Check, rule
from conformance.rules.reporting import day_of
from conformance.rules.support import NOTHING
from conformance.rules.values import euro, money, table, tables, text
from conformance.verdicts import Breach, Evidence
from simulator.documents.model import Period


@rule("DRV-01")
def answers(case: Case) -> Iterator[Check]:
    """Each request is answered, and carried out, unless the driver says that it cannot do such a thing."""
    for request in case.business.all_requests:
        if request.ended is None or request.unsupported:
            continue
        if request.ok:
            yield PASSED
        elif not _excused(case, request, request.ended):
            yield Breach(
                en=f"The driver answered {request.do!r} with an error: {request.error or 'no reason given'}",
                lv=f'Draiveris uz "{request.do}" atbildēja ar kļūdu: {request.error or "iemesls nav norādīts"}',
                evidence=(Evidence(request.number), Evidence(request.ended)),
            )


def _excused(case: Case, request: Request, ended: int) -> bool:
    """Tell whether a call of that run was refused or its reply lost: the error may be no more than word of that."""
    return any(request.number < call.number < ended and (call.lost or not call.done) for call in case.traffic.calls)


@rule("DRV-02")
def lines_of_the_bill(case: Case) -> Iterator[Check]:
    """The lines that a bill is answered with are of its own invoices."""
    for request in case.business.requests:
        said = table(request.said)
        if request.do != "bill" or not request.ok or "lines" not in said:
            continue
        asked = {text(fields.get("invoice")) for fields in tables(request.fields.get("invoices"))}
        strange = [name for fields in tables(said["lines"]) if (name := text(fields.get("invoice"))) not in asked]
        if not strange:
            yield PASSED
            continue
        yield Breach(
            en=f"The lines of a bill name invoice {strange[0]}, which was not asked for.",
            lv=f"Rēķina rindās nosaukts rēķins {strange[0]}, kas nav pieprasīts.",
            expected=f"invoices of the request: {', '.join(sorted(invoice for invoice in asked if invoice))}",
            expected_lv=f"pieprasījuma rēķini: {', '.join(sorted(invoice for invoice in asked if invoice))}",
            evidence=(Evidence(request.number), *([Evidence(request.ended)] if request.ended else [])),
        )


@rule("DRV-03")
def status_agrees(case: Case) -> Iterator[Check]:
    """The amount that the retailer says was granted on a contract this year is the amount that ALDIS granted."""
    for request in case.business.requests:
        contract, granted = text(request.fields.get("contract")), money(table(request.said).get("granted"))
        if request.do != "status" or not request.ok or contract is None or granted is None:
            continue
        month = Period.of(day_of(request.at))
        expected = sum(
            (
                grant.due + grant.catch_up
                for grant in case.support.grants
                if grant.contract == contract
                and grant.known_at(request.number)
                and grant.period.year == month.year
                and grant.period <= month
            ),
            NOTHING,
        )
        if granted == expected:
            yield PASSED
            continue
        yield Breach(
            en=f"Asked for contract {contract}, the retailer says that {euro(granted)} were granted this year.",
            lv=f"Par līgumu {contract} tirgotājs saka, ka šogad piešķirti {euro(granted)}.",
            expected=euro(expected),
            expected_lv=euro(expected),
            evidence=(Evidence(request.number), *([Evidence(request.ended)] if request.ended else [])),
        )


@rule("DRV-04")
def calls_arrive(case: Case) -> Iterator[Check]:
    """A system that says that its exchanges are done has made calls, at the simulator and as itself."""
    done = [
        request
        for request in case.business.requests
        if request.do == "exchange" and request.ok and request.ended is not None
    ]
    if not done:
        return
    if case.traffic.calls or case.access.issues:
        yield PASSED
        return
    count = len(done)
    yield Breach(
        en=f"{count} {'exchange is' if count == 1 else 'exchanges are'} said to be done, but no call of the retailer's "
        "system has arrived.",
        lv=f"Tirgotāja sistēma saka, ka apmaiņa ir notikusi ({count}), bet neviens tās izsaukums nav pienācis.",
        expected=f"calls at the addresses that hello gave, as authority {case.retailer.authority}",
        expected_lv=f"izsaukumi uz adresēm, ko deva hello, iestādes {case.retailer.authority} vārdā",
        evidence=(Evidence(done[0].number), Evidence(done[-1].number)),
    )
