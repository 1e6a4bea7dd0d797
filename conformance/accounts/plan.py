"""The eight steps by which a retailer connects to ALDIS, with the earliest dates that Latvian working days allow. Pure.

Source: BVKB, "Kā elektroenerģijas tirgotājs pieslēdzas datu apmaiņai" (documented): steps, their order, 5 working days
for BVKB's signature, 10 for each opening of access, and that the exchange begins with the calendar month after access
was opened in production. That a term counts from the working day after its step begins is assumed. The texts of the
steps are in Latvian and English.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from conformance.accounts.dates import day, month_name
from simulator.documents.profile import Due
from simulator.documents.timetable import Timetable
from simulator.domain.clock import add_working_days, last_working_day_before, working_day
from simulator.domain.language import Text, _, ngettext
from simulator.domain.model import ChannelName, Period, first_month_after
from simulator.domain.provenance import Basis

SIGNATURE = 5
"""Working days for BVKB's signature (documented)."""
OPENING = 10
"""Working days at VRAA and BVKB together to open access in one environment (documented)."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its number in BVKB's list, its first and last day at the earliest, who acts, for how long.

    ``working_days`` is None for what begins and is never over: the exchange itself and support.
    """

    number: int
    begins: date
    ends: date
    working_days: int | None
    retailer_acts: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps, and what is due in the first month of regular exchange."""

    steps: tuple[Step, ...]
    first_month: Period
    contracts_due: date
    determined: date
    payouts_due: date


def plan(start: date, timetable: Timetable, *, build: int = 0, test: int = 0) -> Plan:
    """Return the plan of a retailer that writes to BVKB on the day ``start``.

    ``build`` and ``test`` are the working days that it takes itself for steps 4 and 5.
    """
    written = start if working_day(start) else add_working_days(start, 1)
    signed = add_working_days(written, SIGNATURE)
    test_access = add_working_days(signed, OPENING)
    built = add_working_days(test_access, build)
    tested = add_working_days(built, test)
    access = add_working_days(tested, OPENING)
    first = first_month_after(access)
    steps = (
        Step(1, written, signed, SIGNATURE, retailer_acts=False),
        Step(2, signed, signed, 0, retailer_acts=True),
        Step(3, signed, test_access, OPENING, retailer_acts=False),
        Step(4, test_access, built, build, retailer_acts=True),
        Step(5, built, tested, test, retailer_acts=True),
        Step(6, tested, access, OPENING, retailer_acts=False),
        Step(7, first.first_day, first.first_day, None, retailer_acts=True),
        Step(8, written, written, None, retailer_acts=False),
    )
    return Plan(
        steps=steps,
        first_month=first,
        contracts_due=_due(timetable, ChannelName.CONTRACT, first),
        determined=date(first.year, first.month, timetable.determination_day),
        payouts_due=_due(timetable, ChannelName.PAYOUT, first),
    )


def latest_ready(first_month: Period) -> date:
    """Return the last day on which a retailer can report that it is ready, for the exchange to begin with a month."""
    last_opening = last_working_day_before(first_month.first_day)
    return add_working_days(last_opening, -OPENING)


def _due(timetable: Timetable, channel: ChannelName, period: Period) -> date:
    due = timetable.due(channel, period, period)
    if due is None:
        raise ValueError(f"retailers send nothing on the {channel} channel")
    return due


@dataclass(frozen=True, slots=True)
class StepWords:
    """The texts of a step: its title, who acts, and what is to be done."""

    title: Text
    who: Text
    what: Text


_STEPS = (
    StepWords(
        _("Contract prepared"),
        _("retailer, BVKB"),
        _("Write to aldis.sistema@bvkb.gov.lv that you want to exchange data; BVKB sends a signed contract."),
    ),
    StepWords(
        _("Contract signed"),
        _("retailer"),
        _("Sign the contract and send it to pasts@bvkb.gov.lv."),
    ),
    StepWords(
        _("Access to the test environment"),
        _("VRAA, BVKB"),
        _(
            "Apply to VRAA for a DIT user; BVKB gives it access to the channels in the test environment and tells you "
            "by e-mail."
        ),
    ),
    StepWords(
        _("Development"),
        _("retailer"),
        _("Change your own system; the simulator can be used from the first day."),
    ),
    StepWords(
        _("Testing"),
        _("retailer"),
        _(
            "Test with ALDIS's test environment until all data that are needed are handed over and received, then "
            "tell BVKB that you are ready; if it does not work, go back to step 4."
        ),
    ),
    StepWords(
        _("Access to production"),
        _("VRAA, BVKB"),
        _("BVKB gives the DIT user access to the channels in production and tells you by e-mail."),
    ),
    StepWords(
        _("Regular exchange"),
        _("retailer"),
        _("It begins with the calendar month after access was opened in production."),
    ),
    StepWords(_("Support"), _("BVKB"), _("Send questions to aldis.sistema@bvkb.gov.lv.")),
)
BASES = {
    Basis.DOCUMENTED: _("documented"),
    Basis.INFERRED: _("inferred"),
    Basis.ASSUMED: _("assumed"),
}


def words_of(step: Step) -> StepWords:
    """Return the texts of a step."""
    return _STEPS[step.number - 1]


def as_text(plan: Plan, due: Due, language: str) -> str:
    """Return the whole plan as text in ``lv`` or ``en``; ``due`` says how the first month's due days are known."""
    return "".join(f"{line.in_language(language)}\n" for line in _lines(plan, due))


def _lines(plan: Plan, due: Due) -> Iterator[Text]:
    yield _("Connecting to ALDIS: the earliest dates by Latvian working days")
    for step in plan.steps:
        words = words_of(step)
        yield Text("")
        yield Text(
            "{number}. {title} ({who}): {when}",
            {"number": step.number, "title": words.title, "who": words.who, "when": _when(step)},
        )
        yield Text("   {what}", {"what": words.what})
    yield Text("")
    first = plan.first_month
    yield _("First month of regular exchange: {month} {year}", month=month_name(first), year=first.year)
    for sentence, when, setting in (
        (_("   Contract data are due by {day} ({basis})"), plan.contracts_due, due.contract_before_day),
        (_("   ALDIS determines by {day} ({basis})"), plan.determined, due.determination_day),
        (_("   Payout data are due by {day} ({basis})"), plan.payouts_due, due.payout_day),
    ):
        yield sentence.filled(day=day(when), basis=BASES[setting.provenance.basis])
    ready = day(latest_ready(first))
    yield _("   To begin with this month, tell BVKB that you are ready by {day}.", day=ready)


def _when(step: Step) -> Text:
    begins, ends = day(step.begins), day(step.ends)
    if step.number == 8:
        return _("from {day} on", day=begins)
    if step.working_days is None:
        return _("from {day}", day=begins)
    if step.working_days:
        return ngettext(
            "{begins} – {ends} ({number} working day)",
            "{begins} – {ends} ({number} working days)",
            step.working_days,
            begins=begins,
            ends=ends,
        )
    return _("{day} (as soon as the retailer can)", day=ends)
