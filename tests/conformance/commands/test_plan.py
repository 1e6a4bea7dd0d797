"""The connecting steps; dates worked out by hand on the Latvian calendar."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.accounts.plan import OPENING, latest_ready, plan
from simulator.dit.rights import Grant, GrantKey
from simulator.documents.profile import load_profile
from simulator.documents.timetable import timetable_of
from simulator.domain.clock import add_working_days, working_day
from simulator.domain.model import ChannelRight, Environment, Period
from tests.conformance.commands.running import aldis

TIMETABLE = timetable_of(load_profile().due)


def test_the_steps_from_a_monday_in_march() -> None:
    dates = plan(date(2026, 3, 2), TIMETABLE)
    # 5 working days from Monday 2 March: Monday 9 March. 10 more: Monday 23 March. 10 more, without Good Friday 3 April
    # and Easter Monday 6 April: 24, 25, 26, 27, 30, 31 March, 1, 2, 7, 8 April.
    assert [(step.number, step.begins, step.ends) for step in dates.steps] == [
        (1, date(2026, 3, 2), date(2026, 3, 9)),
        (2, date(2026, 3, 9), date(2026, 3, 9)),
        (3, date(2026, 3, 9), date(2026, 3, 23)),
        (4, date(2026, 3, 23), date(2026, 3, 23)),
        (5, date(2026, 3, 23), date(2026, 3, 23)),
        (6, date(2026, 3, 23), date(2026, 4, 8)),
        (7, date(2026, 5, 1), date(2026, 5, 1)),
        (8, date(2026, 3, 2), date(2026, 3, 2)),
    ]
    assert dates.first_month == Period(2026, 5)
    # The last working day before 5 May: 4 May is a holiday (a Monday), 1 May, too; so Thursday 30 April. But in May the
    # exchange begins: nothing can be sent before the 1st.
    assert (dates.contracts_due, dates.determined, dates.payouts_due) == (
        date(2026, 5, 1),
        date(2026, 5, 7),
        date(2026, 6, 20),
    )


def test_a_retailers_own_time_counts() -> None:
    dates = plan(date(2026, 3, 2), TIMETABLE, build=20, test=5)
    # 23 March + 20 working days (without 3 and 6 April) = 22 April; + 5 = 29 April; + 10 without 1 and 4 May = 15 May.
    assert [step.ends for step in dates.steps[3:6]] == [date(2026, 4, 22), date(2026, 4, 29), date(2026, 5, 15)]
    assert dates.first_month == Period(2026, 6)


@given(
    st.dates(date(2022, 1, 1), date(2027, 12, 31)),
    st.integers(0, 60),
    st.integers(0, 20),
)
def test_production_begins_with_the_month_after_access(start: date, build: int, test: int) -> None:
    dates = plan(start, TIMETABLE, build=build, test=test)
    ends = [step.ends for step in dates.steps[:6]]
    assert ends == sorted(ends)
    assert all(working_day(end) for end in ends)
    assert dates.first_month == Period.of(dates.steps[5].ends) + 1
    assert dates.steps[6].begins == dates.first_month.first_day > dates.steps[5].ends
    # Whoever is ready by the latest day begins with that month; a working day later it is a month later.
    ready = latest_ready(dates.first_month)
    assert dates.steps[4].ends <= ready
    assert Period.of(add_working_days(ready, OPENING)) + 1 == dates.first_month
    assert Period.of(add_working_days(ready, OPENING + 1)) + 1 > dates.first_month


@given(st.dates(date(2022, 1, 1), date(2027, 12, 31)))
def test_the_plan_and_dits_rights_agree_on_the_first_month(start: date) -> None:
    dates = plan(start, TIMETABLE)
    access = dates.steps[5].ends
    key = GrantKey("paraugs", "URN:IVIS:100001:CHA-X-TYPE-DSK", Environment.PRODUCTION, ChannelRight.SEND)
    right = Grant(key, access)
    assert right.begins == dates.first_month.first_day
    assert not right.holds_on(dates.first_month.first_day - timedelta(days=1))
    assert right.holds_on(dates.contracts_due)


def test_a_start_on_a_day_off_begins_on_the_next_working_day() -> None:
    assert plan(date(2026, 3, 7), TIMETABLE) == plan(date(2026, 3, 9), TIMETABLE)
    assert plan(date(2026, 3, 7), TIMETABLE).steps[0].begins - date(2026, 3, 7) == timedelta(days=2)


def test_the_command_in_both_languages(tmp_path: Path) -> None:
    english = aldis("plan", "--from", "2026-03-02", cwd=tmp_path)
    assert english.returncode == 0, english.stderr
    assert "1. Contract prepared (retailer, BVKB): 2 March 2026 – 9 March 2026 (5 working days)" in english.stdout
    assert "6. Access to production (VRAA, BVKB): 23 March 2026 – 8 April 2026 (10 working days)" in english.stdout
    assert "First month of regular exchange: May 2026" in english.stdout
    assert "Contract data are due by 1 May 2026 (assumed)" in english.stdout
    assert "ALDIS determines by 7 May 2026 (documented)" in english.stdout
    latvian = aldis("plan", "--from", "2026-03-02", "--lang", "lv", cwd=tmp_path)
    assert "3. Piekļuve testa videi (VRAA, BVKB): 09.03.2026. – 23.03.2026. (10 darba dienas)" in latvian.stdout
    assert "Pirmais datu apmaiņas mēnesis: 2026. gada maijs" in latvian.stdout
    assert latvian.stdout.count("\n") == english.stdout.count("\n")


def test_json(tmp_path: Path) -> None:
    report = json.loads(aldis("plan", "--from", "2026-03-02", "--json", cwd=tmp_path).stdout)
    assert [step["step"] for step in report["steps"]] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert (report["first_month"], report["steps"][5]["ends"]) == ("2026-05", "2026-04-08")


def test_without_a_date_it_begins_today(tmp_path: Path) -> None:
    assert aldis("plan", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "2026-02-30"), "a day of the calendar"),
        (("--from", "March"), "YYYY-MM-DD"),
        (("--from", "1999-01-01"), "outside the years"),
        (("--profile", "no-such"), "no profile has the name"),
    ],
)
def test_wrong_use_says_why(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = aldis("plan", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
