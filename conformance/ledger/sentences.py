"""Sentences about a person's year on a contract: the year in short, and what happened in each month."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from conformance.dates import day, month_after_preposition
from simulator.aldis.statement import Billed, ContractYear, Granted, Month, Refused, Statement
from simulator.domain.language import Text, _, joined


def euro(amount: Decimal) -> str:
    """An amount in EUR with two decimals."""
    return f"{amount:.2f}"


def short_account(statement: Statement, contract: ContractYear) -> Iterator[Text]:
    """A contract's year in two or three sentences."""
    totals = contract.totals
    yield _(
        "In {year} {granted} EUR were granted on contract {contract} ({retailer}).",
        year=statement.year,
        granted=euro(totals.granted),
        contract=contract.contract,
        retailer=contract.retailer or contract.provider,
    )
    applied = euro(totals.applied)
    if totals.carried:
        yield _(
            "{applied} EUR came off the bills; {carried} EUR are left for later bills.",
            applied=applied,
            carried=euro(totals.carried),
        )
    elif totals.lapsed:
        yield _(
            "{applied} EUR came off the bills; {lapsed} EUR were not used by the end of the year and lapsed.",
            applied=applied,
            lapsed=euro(totals.lapsed),
        )
    else:
        yield _("{applied} EUR came off the bills.", applied=applied)
    if totals.reversed:
        yield _("{reversed} EUR of cancelled bills were given back.", reversed=euro(totals.reversed))


def equation(contract: ContractYear) -> Text:
    """The sum that must hold for a year: granted = applied + carried over + lapsed."""
    totals = contract.totals
    return _(
        "{granted} = {applied} (came off bills) + {carried} (left for later bills) + {lapsed} (lapsed)",
        granted=euro(totals.granted),
        applied=euro(totals.applied),
        carried=euro(totals.carried),
        lapsed=euro(totals.lapsed),
    )


def closing(contract: ContractYear) -> Iterator[Text]:
    """What else came of the year's support: lapsed, or given back when bills were cancelled."""
    if contract.totals.lapsed:
        yield _("{amount} lapsed", amount=euro(contract.totals.lapsed))
    if contract.totals.reversed:
        yield _("{amount} cancelled and given back", amount=euro(contract.totals.reversed))


def happenings(month: Month) -> Iterator[Text]:
    """What happened for a month, a sentence each."""
    for granted in month.granted:
        yield from _granted(granted)
    for bill in month.bills:
        yield from _billed(bill)
    for refused in month.refused:
        yield _refused(refused)
    if not month.bills and any(not granted.ended for granted in month.granted):
        yield _("No bill was reported for this month yet.")
    if month.left:
        yield _left(month)


def _granted(granted: Granted) -> Iterator[Text]:
    if granted.ended:
        yield _(
            "On {day} the support was ended: {reason}.",
            day=day(granted.on),
            reason=granted.why[-1] if granted.why else "",
        )
        return
    yield _(
        "On {day} {amount} EUR were granted for {month}.",
        day=day(granted.on),
        amount=euro(granted.due),
        month=month_after_preposition(granted.period),
    )
    for period, amount in granted.made_good:
        yield _(
            "{amount} EUR were made good for {month}, decided later.",
            amount=euro(amount),
            month=month_after_preposition(period),
        )


def _billed(bill: Billed) -> Iterator[Text]:
    sentence = (
        _(
            "Invoice {invoice} of {day}, {net} EUR without VAT: {applied} EUR came off, {earlier} EUR of it left from "
            "earlier months."
        )
        if bill.earlier
        else _("Invoice {invoice} of {day}, {net} EUR without VAT: {applied} EUR came off.")
    )
    yield sentence.filled(
        invoice=bill.invoice,
        day=day(bill.issued),
        net=euro(bill.net),
        applied=euro(bill.applied),
        earlier=euro(bill.earlier),
    )
    if bill.cancelled is not None:
        yield _(
            "Invoice {invoice} was cancelled on {day}: {amount} EUR are available again.",
            invoice=bill.invoice,
            day=day(bill.cancelled),
            amount=euro(bill.applied),
        )


def _refused(refused: Refused) -> Text:
    return _(
        "The record of invoice {invoice} was refused on {day}: {reasons}.",
        invoice=refused.invoice,
        day=day(refused.on),
        reasons=joined(refused.why, "; "),
    )


def _left(month: Month) -> Text:
    left = euro(month.left)
    if month.period.month == 12:
        return _("{amount} EUR were not used and lapsed on 31 December: nothing goes into the next year.", amount=left)
    return _(
        "{amount} EUR are left and carried over to {month}.",
        amount=left,
        month=month_after_preposition(month.period + 1),
    )
