"""``aldis plan``: the eight connecting steps with earliest dates, and the first production month."""

from __future__ import annotations

import json
from datetime import date, datetime

import rich_click as click

from conformance.commands.failing import fail
from conformance.connecting import Plan, latest_ready, plan
from conformance.connecting_words import as_text, words_of
from simulator.aldis.cycle import timetable_of
from simulator.clock import RIGA
from simulator.documents.profile import ProfileError, load_profile


@click.command("plan")
@click.option("--from", "start", metavar="DATE", help="Day on which the retailer writes to BVKB. Default: today.")
@click.option("--build", default=0, type=click.IntRange(0, 1000), help="Working days that development takes (step 4).")
@click.option("--test", default=0, type=click.IntRange(0, 1000), help="Working days that testing takes (step 5).")
@click.option("--lang", type=click.Choice(["lv", "en"]), default="en", show_default=True, help="Language.")
@click.option("--profile", default="reconstruction", show_default=True, help="Profile with the due days.")
@click.option("--json", "as_figures", is_flag=True, help="Print JSON.")
def command(start: str | None, build: int, test: int, lang: str, profile: str, *, as_figures: bool) -> None:
    """List the eight steps of connecting to ALDIS with their earliest dates and the first month of regular exchange.

    Working days are Latvian. The Cabinet moves some of them about a year ahead: later dates can shift by a day.
    """
    try:
        due = load_profile(profile).due
    except ProfileError as reason:
        fail(str(reason))
    found = plan(_day(start), timetable_of(due), build=build, test=test)
    if as_figures:
        click.echo(json.dumps(_as_json(found, lang), ensure_ascii=False, indent=2))
    else:
        click.echo(as_text(found, due, lang), nl=False)


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(RIGA).date()
    try:
        found = date.fromisoformat(text)
    except ValueError:
        fail(f"--from takes a day of the calendar as YYYY-MM-DD, for example 2026-03-02; found {text!r}")
    if not 2021 <= found.year <= 2100:
        fail(f"--from {text} lies outside the years 2021 to 2100, for which working days are known")
    return found


def _as_json(found: Plan, lang: str) -> dict[str, object]:
    return {
        "steps": [
            {
                "step": each.number,
                "title": words_of(each).title.in_language(lang),
                "who": words_of(each).who.in_language(lang),
                "what": words_of(each).what.in_language(lang),
                "begins": each.begins.isoformat(),
                "ends": None if each.working_days is None else each.ends.isoformat(),
                "working_days": each.working_days,
                "retailer_acts": each.retailer_acts,
            }
            for each in found.steps
        ],
        "first_month": str(found.first_month),
        "contracts_due": found.contracts_due.isoformat(),
        "determined": found.determined.isoformat(),
        "payouts_due": found.payouts_due.isoformat(),
        "latest_ready": latest_ready(found.first_month).isoformat(),
    }
