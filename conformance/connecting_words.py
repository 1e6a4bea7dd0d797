"""The connecting steps in words, in Latvian and English."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.connecting import Plan, Step, latest_ready
from conformance.dates import day, month_name
from simulator.documents.model import Basis
from simulator.documents.profile import Due
from simulator.domain.language import Text, _, ngettext


@dataclass(frozen=True, slots=True)
class StepWords:
    """A step's title, who acts, and what is to be done."""

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
    """A step's words."""
    return _STEPS[step.number - 1]


def as_text(plan: Plan, due: Due, language: str) -> str:
    """The whole plan as text in ``lv`` or ``en``; ``due`` says how the first month's due days are known."""
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
