"""A person's year in three forms: text for a terminal, an HTML page that opens offline, and JSON.

Text and page share their sentences: the year of a contract in short, and the events of each month.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from decimal import Decimal

from conformance.accounts.dates import day, month_after_preposition, month_name
from conformance.accounts.statement import Billed, ContractYear, Granted, Month, Refused, Statement, totals_of
from conformance.html import render
from simulator.aldis.account import Totals
from simulator.domain.language import Bilingual, Shown, Text, _, joined


def euro(amount: Decimal) -> str:
    """Return an amount in EUR as text with two decimals."""
    return f"{amount:.2f}"


def short_account(statement: Statement, contract: ContractYear) -> Iterator[Text]:
    """Yield the two or three sentences that sum up a contract's year."""
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
    """Return the sum that must hold for a year: granted = applied + carried over + lapsed."""
    totals = contract.totals
    return _(
        "{granted} = {applied} (came off bills) + {carried} (left for later bills) + {lapsed} (lapsed)",
        granted=euro(totals.granted),
        applied=euro(totals.applied),
        carried=euro(totals.carried),
        lapsed=euro(totals.lapsed),
    )


def closing(contract: ContractYear) -> Iterator[Text]:
    """Yield the amounts that lapsed, or were given back when bills were cancelled."""
    if contract.totals.lapsed:
        yield _("{amount} lapsed", amount=euro(contract.totals.lapsed))
    if contract.totals.reversed:
        yield _("{amount} cancelled and given back", amount=euro(contract.totals.reversed))


def happenings(month: Month) -> Iterator[Text]:
    """Yield the events of a month, a sentence each."""
    for granted in month.granted:
        yield from _granted_sentence(granted)
    for bill in month.bills:
        yield from _billed(bill)
    for refused in month.refused:
        yield _refused(refused)
    if not month.bills and any(not granted.ended for granted in month.granted):
        yield _("No bill was reported for this month yet.")
    if month.left:
        yield _left(month)


def _granted_sentence(granted: Granted) -> Iterator[Text]:
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
    for period, amount in granted.back_paid:
        yield _(
            "{amount} EUR were back-paid for {month}, decided later.",
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


_WIDTH = 100  # characters of a line of text
_TITLE = _("Support on the electricity bill")
_AMOUNTS = _("All amounts are in EUR without VAT.")
_DIFFERENCES = _("What does not add up")
_NO_DIFFERENCES = _("What the retailer reported agrees with what was granted.")


# -- text


def as_text(statement: Statement, language: str) -> str:
    """Return the whole statement as lines of text; ``language`` is ``lv`` or ``en``."""

    def say(text: Shown) -> str:
        return text.in_language(language)

    def item(text: Shown, bullet: str) -> list[str]:
        return textwrap.wrap(say(text), _WIDTH, initial_indent=bullet, subsequent_indent=" " * len(bullet))

    def month_lines(month: Month) -> Iterator[str]:
        yield say(
            _(
                "{month}: granted {granted}, came off bills {applied}, left {left}",
                month=month_name(month.period),
                granted=euro(month.granted_amount),
                applied=euro(month.applied_amount),
                left=euro(month.left),
            )
        )
        for sentence in happenings(month):
            yield from item(sentence, "  - ")

    def contract_lines(contract: ContractYear) -> Iterator[str]:
        yield from textwrap.wrap(" ".join(map(say, short_account(statement, contract))), _WIDTH)
        yield say(equation(contract))
        reasons_before: tuple[str, ...] = ()
        for month in contract.months:
            yield ""
            yield from month_lines(month)
            for granted in month.granted:
                reasons = tuple(say(reason).replace(str(month.period), "") for reason in granted.why)
                if reasons == reasons_before:
                    yield "  " + say(_("Why: as in the month before"))
                else:
                    yield "  " + say(_("Why:"))
                    yield from (line for reason in granted.why for line in item(reason, "    · "))
                reasons_before = reasons
        yield ""
        yield f"{say(_DIFFERENCES)}:" if contract.differences else say(_NO_DIFFERENCES)
        for difference in contract.differences:
            yield from item(difference, "  ! ")

    who = statement.code if statement.name is None else f"{statement.name}, {statement.code}"
    lines = [f"{say(_TITLE)}: {who}, {statement.year}", say(_AMOUNTS)]
    for contract in statement.contracts:
        lines += ["", *contract_lines(contract)]
    return "\n".join(lines) + "\n"


# -- the page


def as_page(statement: Statement, language: str) -> str:
    """Return the whole statement as an HTML page; ``language`` is ``lv`` or ``en``."""
    return render(
        "ledger.html",
        language,
        statement=statement,
        title=_TITLE,
        amounts=_AMOUNTS,
        differences=_DIFFERENCES,
        no_differences=_NO_DIFFERENCES,
        short_account=short_account,
        equation=equation,
        closing=closing,
        happenings=happenings,
        month_name=month_name,
        joined=joined,
        euro=euro,
    )


# -- JSON


def as_json(statement: Statement) -> dict[str, object]:
    """Return the whole statement as a JSON object; amounts are texts with two decimals, EUR."""
    return {
        "code": statement.code,
        "name": statement.name,
        "year": statement.year,
        "totals": _totals_json(totals_of(statement)),
        "contracts": [
            {
                "provider": contract.provider,
                "retailer": contract.retailer,
                "contract": contract.contract,
                "through": str(contract.through),
                "totals": _totals_json(contract.totals),
                "months": [_month_json(month) for month in contract.months],
                "differences": _texts_json(contract.differences),
            }
            for contract in statement.contracts
        ],
    }


def _totals_json(totals: Totals) -> dict[str, str]:
    return {
        "granted": euro(totals.granted),
        "applied": euro(totals.applied),
        "carried": euro(totals.carried),
        "lapsed": euro(totals.lapsed),
        "reversed": euro(totals.reversed),
    }


def _month_json(month: Month) -> dict[str, object]:
    return {
        "period": str(month.period),
        "granted": [
            {
                "on": granted.on.isoformat(),
                "due": euro(granted.due),
                "made_good": [{"period": str(period), "amount": euro(amount)} for period, amount in granted.back_paid],
                "ended": granted.ended,
                "why": _texts_json(granted.why),
            }
            for granted in month.granted
        ],
        "bills": [
            {
                "invoice": bill.invoice,
                "issued": bill.issued.isoformat(),
                "net": euro(bill.net),
                "applied": euro(bill.applied),
                "earlier": euro(bill.earlier),
                "reported": bill.reported.isoformat(),
                "cancelled": None if bill.cancelled is None else bill.cancelled.isoformat(),
            }
            for bill in month.bills
        ],
        "refused": [
            {"invoice": refused.invoice, "on": refused.on.isoformat(), "why": _texts_json(refused.why)}
            for refused in month.refused
        ],
        "left": euro(month.left),
    }


def _texts_json(texts: tuple[Bilingual, ...]) -> list[dict[str, str]]:
    return [{"lv": text.lv, "en": text.en} for text in texts]
