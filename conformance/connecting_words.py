"""The connecting steps in words, in Latvian and English."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.connecting import Plan, Step, latest_ready
from conformance.dates import day, month_name
from simulator.documents.profile import Due


@dataclass(frozen=True, slots=True)
class StepWords:
    """A step's title, who acts, and what is to be done."""

    title: str
    who: str
    what: str


_LV = (
    StepWords(
        "Līguma sagatavošana",
        "tirgotājs, BVKB",
        "Uzrakstiet uz aldis.sistema@bvkb.gov.lv, ka vēlaties izmantot datu apmaiņu; BVKB atsūta parakstītu līgumu.",
    ),
    StepWords("Līguma parakstīšana", "tirgotājs", "Parakstiet līgumu un nosūtiet to uz pasts@bvkb.gov.lv."),
    StepWords(
        "Piekļuve testa videi",
        "VRAA, BVKB",
        "Piesakiet DIT lietotāju VRAA; BVKB atver tam piekļuvi kanāliem testa vidē un paziņo e-pastā.",
    ),
    StepWords("Izstrāde", "tirgotājs", "Pielāgojiet savu sistēmu; simulatoru var izmantot jau no pirmās dienas."),
    StepWords(
        "Testēšana",
        "tirgotājs",
        "Testējiet ar ALDIS testa vidi, līdz visi vajadzīgie dati ir nodoti un saņemti, un paziņojiet BVKB, ka esat "
        "gatavi; ja neizdodas, atgriezieties pie 4. soļa.",
    ),
    StepWords(
        "Piekļuve produkcijas videi",
        "VRAA, BVKB",
        "BVKB atver DIT lietotājam piekļuvi kanāliem produkcijas vidē un paziņo e-pastā.",
    ),
    StepWords(
        "Regulāra datu apmaiņa",
        "tirgotājs",
        "Datu apmaiņa sākas ar nākamo kalendāro mēnesi pēc piekļuves atvēršanas produkcijas vidē.",
    ),
    StepWords("Atbalsts", "BVKB", "Jautājumus sūtiet uz aldis.sistema@bvkb.gov.lv."),
)
_EN = (
    StepWords(
        "Contract prepared",
        "retailer, BVKB",
        "Write to aldis.sistema@bvkb.gov.lv that you want to exchange data; BVKB sends a signed contract.",
    ),
    StepWords("Contract signed", "retailer", "Sign the contract and send it to pasts@bvkb.gov.lv."),
    StepWords(
        "Access to the test environment",
        "VRAA, BVKB",
        "Apply to VRAA for a DIT user; BVKB gives it access to the channels in the test environment and tells you by "
        "e-mail.",
    ),
    StepWords("Development", "retailer", "Change your own system; the simulator can be used from the first day."),
    StepWords(
        "Testing",
        "retailer",
        "Test with ALDIS's test environment until all data that are needed are handed over and received, then tell "
        "BVKB that you are ready; if it does not work, go back to step 4.",
    ),
    StepWords(
        "Access to production",
        "VRAA, BVKB",
        "BVKB gives the DIT user access to the channels in production and tells you by e-mail.",
    ),
    StepWords(
        "Regular exchange",
        "retailer",
        "It begins with the calendar month after access was opened in production.",
    ),
    StepWords("Support", "BVKB", "Send questions to aldis.sistema@bvkb.gov.lv."),
)
_BASIS_LV = {"documented": "dokumentēts", "inferred": "secināts", "assumed": "pieņēmums"}


def words_of(step: Step, language: str) -> StepWords:
    """A step's words in ``lv`` or ``en``."""
    return (_LV if language == "lv" else _EN)[step.number - 1]


def as_text(found: Plan, due: Due, language: str) -> str:
    """The whole plan as text; ``due`` says how the first month's due days are known."""
    return "\n".join(_lines(found, due, language)) + "\n"


def _lines(found: Plan, due: Due, language: str) -> Iterator[str]:
    lv = language == "lv"
    yield (
        "Pieslēgšanās ALDIS: agrākie datumi pēc Latvijas darba dienām"
        if lv
        else "Connecting to ALDIS: the earliest dates by Latvian working days"
    )
    for step in found.steps:
        words = words_of(step, language)
        yield ""
        yield f"{step.number}. {words.title} ({words.who}): {_when(step, language)}"
        yield f"   {words.what}"
    yield ""
    month = month_name(found.first_month, language)
    yield (
        f"Pirmais datu apmaiņas mēnesis: {found.first_month.year}. gada {month}"
        if lv
        else f"First month of regular exchange: {month} {found.first_month.year}"
    )
    yield from _first_month(found, due, language)
    ready = day(latest_ready(found.first_month), language)
    yield (
        f"   Lai sāktu ar šo mēnesi, BVKB par gatavību jāpaziņo ne vēlāk kā {ready}"
        if lv
        else f"   To begin with this month, tell BVKB that you are ready by {ready}."
    )


def _first_month(found: Plan, due: Due, language: str) -> Iterator[str]:
    lv = language == "lv"
    rows = (
        (
            "Līgumu dati jānodod līdz" if lv else "Contract data are due by",
            found.contracts_due,
            due.contract_before_day,
        ),
        ("ALDIS nosaka atbalstu līdz" if lv else "ALDIS determines by", found.determined, due.determination_day),
        ("Izmaksu dati jānodod līdz" if lv else "Payout data are due by", found.payouts_due, due.payout_day),
    )
    for text, when, known in rows:
        basis = known.provenance.basis.value
        yield f"   {text} {day(when, language)} ({_BASIS_LV[basis] if lv else basis})"


def _when(step: Step, language: str) -> str:
    lv = language == "lv"
    if step.number == 8:
        return f"no {day(step.begins, language)}" if lv else f"from {day(step.begins, language)} on"
    if step.working_days is None:
        return f"no {day(step.begins, language)}" if lv else f"from {day(step.begins, language)}"
    end = day(step.ends, language)
    if step.working_days:
        number = step.working_days
        days = ("darba diena" if number % 10 == 1 and number % 100 != 11 else "darba dienas") if lv else "working days"
        if not lv and number == 1:
            days = "working day"
        return f"{day(step.begins, language)} – {end} ({number} {days})"
    return f"{end} (tik ātri, cik tirgotājs spēj)" if lv else f"{end} (as soon as the retailer can)"
