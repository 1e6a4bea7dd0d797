"""Texts that several reports share: names of statuses, outcomes and chapters, and which breaches are shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from conformance.report.events import RequirementInfo, Status, Waiver
from conformance.report.summary import Outcome, SeenBreach, WaiverFault
from simulator.domain.language import Bilingual, Shown, Text, _, joined, ngettext, pgettext

HEADING = _("ALDIS conformance check: {retailer}")
CHAPTERS = {
    "XML": _("documents"),
    "DIT": _("data distribution network"),
    "SEC": _("security"),
    "FTP": _("folders"),
    "CON": _("contracts"),
    "DIS": _("discounts"),
    "PAY": _("payouts"),
    "CAL": _("due days"),
    "ERR": _("errors and resending"),
    "PRI": _("whose data"),
    "DRV": _("driver"),
}
STATUS = {
    Status.PASSED: _("holds"),
    Status.FAILED: _("FAILED"),
    Status.WARNED: _("warning"),
    Status.WAIVED: _("waived"),
    Status.NOT_TESTED: _("not tested"),
    Status.ERROR: _("harness error"),
}
OUTCOME = {
    Outcome.PASSED: pgettext("outcome", "PASSED"),
    Outcome.FAILED: pgettext("outcome", "FAILED"),
    Outcome.HARNESS_FAILED: pgettext("outcome", "THE HARNESS FAILED"),
    Outcome.NOTHING_TESTED: pgettext("outcome", "NOTHING WAS TESTED"),
}
CONCLUSION = {
    Outcome.PASSED: _("All that was tested and is required holds."),
    Outcome.FAILED: _(
        "The retailer's system does not do all that is required; each broken requirement says what to do."
    ),
    Outcome.HARNESS_FAILED: _("Nothing can be said of the retailer's system."),
    Outcome.NOTHING_TESTED: _(
        "There was no occasion to judge anything: the selection matches no scenario, or the driver can do too little."
    ),
}
_LEVELS = {"must": _("must"), "should": _("should")}
_BASES = {
    "documented": _("documented"),
    "inferred": pgettext("requirement", "inferred"),
    "assumed": pgettext("requirement", "assumed"),
}
_WAIVER_FAULTS = {
    WaiverFault.EXPIRED: _(
        "the waiver of {id} expired on {until} ({reason}); mend what it allows, or agree on a new day"
    ),
    WaiverFault.STALE: _("the waiver of {id} is no longer needed, the requirement holds; take it out of the file"),
}
_SHOWN = 3  # of equal breaches of a requirement
_FIGURE = re.compile(r"\S*\d\S*")


def chapter_name(chapter: str) -> Shown:
    """A chapter in words, for the letters that its requirements begin with."""
    return CHAPTERS.get(chapter, Bilingual("", ""))


def standing(info: RequirementInfo) -> Text:
    """How strict a requirement is and how well it is known: ``must, documented``."""
    return Text("{level}, {basis}", {"level": _LEVELS[info.level], "basis": _BASES[info.basis]})


def waived(waiver: Waiver) -> Text:
    """Until when a requirement is waived, and why."""
    return _("waived until {until}: {reason}", until=waiver.until, reason=waiver.reason)


def waiver_fault(waiver: Waiver, fault: WaiverFault) -> Text:
    """Why a waiver fails the run."""
    return _WAIVER_FAULTS[fault].filled(id=waiver.requirement, until=waiver.until, reason=waiver.reason)


def other_places(others: Iterable[SeenBreach]) -> Text:
    """How many breaches are not shown, and in which scenarios they were seen."""
    breaches = tuple(others)
    titles = {seen.scenario: Bilingual(seen.scenario_lv, seen.scenario) for seen in breaches}
    return ngettext(
        "and {number} more place: {scenarios}",
        "and {number} more places: {scenarios}",
        len(breaches),
        scenarios=joined((title for _scenario, title in sorted(titles.items())), "; "),
    )


@dataclass(frozen=True, slots=True)
class BreachGroup:
    """Breaches of one requirement that say the same but for figures: those to be shown, and the others."""

    shown: tuple[SeenBreach, ...]
    others: tuple[SeenBreach, ...]


def grouped(breaches: Iterable[SeenBreach]) -> tuple[BreachGroup, ...]:
    """The breaches of one requirement, three of each kind to be shown; one mistake often breaks it hundreds of times.

    Two breaches are of a kind when their messages differ only in words that hold a digit: amounts, days, invoices.
    """
    groups: dict[str, list[SeenBreach]] = {}
    for seen in breaches:
        groups.setdefault(_FIGURE.sub("0", seen.breach.en), []).append(seen)
    return tuple(BreachGroup(tuple(group[:_SHOWN]), tuple(group[_SHOWN:])) for group in groups.values())
