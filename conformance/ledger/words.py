"""The words of the ledger's page, in Latvian and English."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from conformance.dates import day, month_after_preposition
from simulator.aldis.statement import Billed, ContractYear, Granted, Month, Refused, Statement, Told


@dataclass(frozen=True, slots=True)
class Words:
    """What the page says in one language; the sentences are methods of the two classes below."""

    language: str
    title: str
    person: str
    code: str
    year: str
    contract: str
    retailer: str
    summary: str
    month: str
    granted: str
    applied: str
    left: str
    happened: str
    total: str
    carried: str
    lapsed: str
    reversed: str
    why: str
    differences: str
    none_differ: str
    explained: str
    explanations: tuple[tuple[str, str], ...]
    amounts: str
    still_open: str
    as_before: str


_EN = Words(
    language="en",
    title="Support on the electricity bill",
    person="Person",
    code="Personal code",
    year="Year",
    contract="Contract",
    retailer="Retailer",
    summary="The year in short",
    month="Month",
    granted="Granted",
    applied="Came off bills",
    left="Left",
    happened="What happened",
    total="The whole year",
    carried="left for later bills",
    lapsed="lapsed",
    reversed="cancelled and given back",
    why="Why",
    differences="What does not add up",
    none_differ="What the retailer reported agrees with what was granted.",
    explained="Words",
    explanations=(
        ("Granted", "what ALDIS decided for the month by its 7th, and what it made good for earlier months."),
        (
            "Came off bills",
            "what the retailer took off the net amount of the bills of that month; VAT is never covered.",
        ),
        ("Left", "what the bills were too small for. It is carried over to later bills of the same calendar year."),
        ("Lapsed", "what was not used by the end of the calendar year is lost."),
        ("Cancelled", "a bill was withdrawn; what came off it is available again, to the cent."),
    ),
    amounts="All amounts are in EUR without VAT.",
    still_open="No bill was reported for this month yet.",
    as_before="as in the month before",
)
_LV = Words(
    language="lv",
    title="Atbalsts elektroenerģijas rēķinā",
    person="Persona",
    code="Personas kods",
    year="Gads",
    contract="Līgums",
    retailer="Tirgotājs",
    summary="Gads īsumā",
    month="Mēnesis",
    granted="Piešķirts",
    applied="Piemērots rēķinos",
    left="Atlikums",
    happened="Kas notika",
    total="Viss gads",
    carried="atlicis nākamajiem rēķiniem",
    lapsed="zudis",
    reversed="atcelts un atgriezts",
    why="Kāpēc",
    differences="Kas nesakrīt",
    none_differ="Tirgotāja ziņotais sakrīt ar piešķirto.",
    explained="Skaidrojumi",
    explanations=(
        (
            "Piešķirts",
            "par mēnesi līdz tā 7. datumam ALDIS noteiktais atbalsts un piemaksa par iepriekšējiem mēnešiem.",
        ),
        ("Piemērots rēķinos", "summa, par kuru tirgotājs samazināja mēneša rēķinus bez PVN; PVN atbalsts nesedz."),
        ("Atlikums", "summa, kurai rēķini bija par mazu. To pārnes uz tā paša kalendārā gada nākamajiem rēķiniem."),
        ("Zudis", "līdz kalendārā gada beigām neizmantotais atbalsts vairs nav pieejams."),
        ("Atcelts", "rēķins ir anulēts, un tajā piemērotā summa atkal ir pieejama pilnā apmērā."),
    ),
    amounts="Visas summas ir EUR bez PVN.",
    still_open="Par šo mēnesi izmaksas vēl nav saņemtas.",
    as_before="tāpat kā iepriekšējā mēnesī",
)
_BOTH = {"en": _EN, "lv": _LV}


def words_of(language: str) -> Words:
    """The words of ``lv`` or ``en``."""
    return _BOTH[language]


def euro(amount: Decimal) -> str:
    """An amount with two decimals."""
    return f"{amount:.2f}"


def told(sentence: Told, language: str) -> str:
    """A sentence of ALDIS's in one of the two languages."""
    return sentence.lv if language == "lv" else sentence.en


def short_account(found: Statement, of: ContractYear, language: str) -> str:
    """The contract's year in two or three sentences."""
    totals, year = of.totals, found.year
    retailer = of.retailer or of.provider
    if language == "lv":
        start = f"{year}. gadā līgumam {of.contract} ({retailer}) piešķirti {euro(totals.granted)} EUR."
        used = f" Rēķinos piemēroti {euro(totals.applied)} EUR"
        rest = f", līdz gada beigām neizmantoti zuduši {euro(totals.lapsed)} EUR." if totals.lapsed else "."
        if totals.carried:
            rest = f", nākamajiem rēķiniem atlikuši {euro(totals.carried)} EUR."
        back = f" Atceltajos rēķinos piemērotie {euro(totals.reversed)} EUR ir atgriezti." if totals.reversed else ""
        return start + used + rest + back
    start = f"In {year} {euro(totals.granted)} EUR were granted on contract {of.contract} ({retailer})."
    used = f" {euro(totals.applied)} EUR came off the bills"
    rest = f"; {euro(totals.lapsed)} EUR were not used by the end of the year and lapsed." if totals.lapsed else "."
    if totals.carried:
        rest = f"; {euro(totals.carried)} EUR are left for later bills."
    back = f" {euro(totals.reversed)} EUR of cancelled bills were given back." if totals.reversed else ""
    return start + used + rest + back


def equation(of: ContractYear, language: str) -> str:
    """Granted = applied + carried + lapsed, in figures."""
    words, totals = words_of(language), of.totals
    return (
        f"{euro(totals.granted)} = {euro(totals.applied)} ({words.applied.lower()}) + {euro(totals.carried)} "
        f"({words.carried}) + {euro(totals.lapsed)} ({words.lapsed})"
    )


def happenings(month: Month, language: str) -> Iterator[str]:
    """What happened for a month, a sentence each."""
    for each in month.granted:
        yield from _granted(each, language)
    for bill in month.bills:
        yield from _billed(bill, language)
    for refused in month.refused:
        yield _refused(refused, language)
    if not month.bills and any(not each.ended for each in month.granted):
        yield words_of(language).still_open
    if month.left:
        yield _left(month, language)


def _granted(granted: Granted, language: str) -> Iterator[str]:
    lv, on = language == "lv", day(granted.on, language)
    if granted.ended:
        reason = told(granted.why[-1], language) if granted.why else ""
        yield f"{on} atbalsts izbeigts: {reason}." if lv else f"On {on} the support was ended: {reason}."
        return
    month = month_after_preposition(granted.period, language)
    yield (
        f"{on} par {month} piešķirti {euro(granted.due)} EUR."
        if lv
        else f"On {on} {euro(granted.due)} EUR were granted for {month}."
    )
    for period, amount in granted.made_good:
        earlier = month_after_preposition(period, language)
        yield (
            f"Piemaksa par {earlier}, kas noteikta vēlāk: {euro(amount)} EUR."
            if lv
            else f"{euro(amount)} EUR were made good for {earlier}, decided later."
        )


def _billed(bill: Billed, language: str) -> Iterator[str]:
    lv, issued = language == "lv", day(bill.issued, language)
    if lv:
        line = f"Rēķins {bill.invoice} ({issued}), {euro(bill.net)} EUR bez PVN: piemēroti {euro(bill.applied)} EUR"
        yield line + (f", no tiem {euro(bill.earlier)} EUR no iepriekšējiem mēnešiem." if bill.earlier else ".")
    else:
        line = (
            f"Invoice {bill.invoice} of {issued}, {euro(bill.net)} EUR without VAT: {euro(bill.applied)} EUR came off"
        )
        yield line + (f", {euro(bill.earlier)} EUR of it left from earlier months." if bill.earlier else ".")
    if bill.cancelled is not None:
        on = day(bill.cancelled, language)
        yield (
            f"Rēķins {bill.invoice} {on} atcelts: {euro(bill.applied)} EUR atkal ir pieejami."
            if lv
            else f"Invoice {bill.invoice} was cancelled on {on}: {euro(bill.applied)} EUR are available again."
        )


def _refused(refused: Refused, language: str) -> str:
    why, on = "; ".join(told(each, language) for each in refused.why), day(refused.on, language)
    if language == "lv":
        return f"Ieraksts par rēķinu {refused.invoice} {on} noraidīts: {why}."
    return f"The record of invoice {refused.invoice} was refused on {on}: {why}."


def _left(month: Month, language: str) -> str:
    lv, period = language == "lv", month.period
    if period.month == 12:
        return (
            f"Neizmantotie {euro(month.left)} EUR 31. decembrī zuda: tos uz nākamo gadu nepārnes."
            if lv
            else f"{euro(month.left)} EUR were not used and lapsed on 31 December: nothing goes into the next year."
        )
    following = month_after_preposition(period + 1, language)
    return (
        f"Atlikums {euro(month.left)} EUR pārnests uz {following}."
        if lv
        else f"{euro(month.left)} EUR are left and carried over to {following}."
    )
