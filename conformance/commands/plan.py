"""``aldis plan``: the eight connecting steps with earliest dates, and the first production month."""

from __future__ import annotations

import json
from datetime import date, datetime

import rich_click as click

from conformance.accounts.plan import Plan, as_text, latest_ready, plan, words_of
from conformance.commands import options
from conformance.commands.group import fail
from simulator.documents.profile import load_profile
from simulator.documents.timetable import timetable_of
from simulator.domain.clock import RIGA


@click.command("plan")
@click.option("--from", "start", metavar="DATE", help="Day on which the retailer writes to BVKB. Default: today.")
@click.option("--build", default=0, type=click.IntRange(0, 1000), help="Working days that development takes (step 4).")
@click.option("--test", default=0, type=click.IntRange(0, 1000), help="Working days that testing takes (step 5).")
@options.language()
@options.profile("Profile with the due days.")
@options.as_json()
def command(start: str | None, build: int, test: int, lang: str, profile: str, *, as_json: bool) -> None:
    """List the eight steps of connecting to ALDIS with their earliest dates and the first month of regular exchange.

    Working days are Latvian. The Cabinet moves some of them about a year ahead: later dates can shift by a day.
    """
    due = load_profile(profile).due
    steps = plan(_day(start), timetable_of(due), build=build, test=test)
    if as_json:
        click.echo(json.dumps(_as_json(steps, lang), ensure_ascii=False, indent=2))
    else:
        click.echo(as_text(steps, due, lang), nl=False)


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(RIGA).date()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        fail(f"--from takes a day of the calendar as YYYY-MM-DD, for example 2026-03-02; found {text!r}")
    if not 2021 <= day.year <= 2100:
        fail(f"--from {text} lies outside the years 2021 to 2100, for which working days are known")
    return day


def _as_json(steps: Plan, lang: str) -> dict[str, object]:
    return {
        "steps": [
            {
                "step": step.number,
                "title": words_of(step).title.in_language(lang),
                "who": words_of(step).who.in_language(lang),
                "what": words_of(step).what.in_language(lang),
                "begins": step.begins.isoformat(),
                "ends": None if step.working_days is None else step.ends.isoformat(),
                "working_days": step.working_days,
                "retailer_acts": step.retailer_acts,
            }
            for step in steps.steps
        ],
        "first_month": str(steps.first_month),
        "contracts_due": steps.contracts_due.isoformat(),
        "determined": steps.determined.isoformat(),
        "payouts_due": steps.payouts_due.isoformat(),
        "latest_ready": latest_ready(steps.first_month).isoformat(),
    }
