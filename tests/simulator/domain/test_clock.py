"""Simulated time and Latvian working days."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.domain.clock import RIGA, Clock, ClockError, add_working_days, last_working_day_before, working_day

START = datetime(2026, 3, 2, 9, 0, tzinfo=RIGA)
DAYS = st.dates(date(2021, 1, 1), date(2035, 12, 31))


def test_a_frozen_clock_stands_until_it_is_advanced() -> None:
    clock = Clock.frozen(START)
    assert clock.now() == START == clock.now()
    assert not clock.is_real
    assert clock.advance(START + timedelta(days=5)) == START + timedelta(days=5)
    assert clock.now() == START + timedelta(days=5)
    clock.advance(clock.now())


def test_time_never_goes_back() -> None:
    clock = Clock.frozen(START)
    with pytest.raises(ClockError, match="cannot go back from 2026-03-02T09:00:00"):
        clock.advance(START - timedelta(microseconds=1))
    assert clock.now() == START


def test_the_hour_that_autumn_repeats_is_two_hours() -> None:
    first = datetime(2026, 10, 25, 3, 30, tzinfo=RIGA)
    second = first.replace(fold=1)
    clock = Clock.frozen(first)
    assert clock.advance(second).utcoffset() == timedelta(hours=2)
    with pytest.raises(ClockError):
        clock.advance(first)


def test_time_is_latvian_whatever_zone_it_was_given_in() -> None:
    clock = Clock.frozen(datetime(2026, 7, 1, 12, 0, tzinfo=UTC))
    assert clock.now().isoformat() == "2026-07-01T15:00:00+03:00"
    assert clock.now().tzinfo == RIGA


def test_a_moment_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 3, 2)  # noqa: DTZ001
    with pytest.raises(ClockError, match=r"no time zone; give one, for example 2026-03-02T00:00:00\+02:00"):
        Clock.frozen(naive)
    with pytest.raises(ClockError, match="no time zone"):
        Clock.frozen(START).advance(naive)


def test_the_real_clock_goes_by_itself_and_cannot_be_moved() -> None:
    clock = Clock.real()
    assert clock.is_real
    before = datetime.now(UTC)
    assert before <= clock.now() <= datetime.now(UTC)
    with pytest.raises(ClockError, match="real time"):
        clock.advance(clock.now() + timedelta(days=1))


def test_threads_that_advance_never_turn_time_back() -> None:
    clock = Clock.frozen(START)
    seen: list[list[datetime]] = [[] for _ in range(4)]

    def run(own: list[datetime]) -> None:
        for minute in range(200):
            with suppress(ClockError):  # another thread may be further already
                clock.advance(START + timedelta(minutes=minute))
            own.append(clock.now())

    threads = [threading.Thread(target=run, args=(own,)) for own in seen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(own == sorted(own) for own in seen)
    assert clock.now() == START + timedelta(minutes=199)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 3, 6), True),
        (date(2026, 3, 7), False),  # Saturday
        (date(2026, 4, 3), False),  # Good Friday
        (date(2026, 4, 6), False),  # Easter Monday
        (date(2025, 5, 5), False),  # 4 May fell on a Sunday: the next working day is free
        (date(2024, 11, 18), False),  # Proclamation Day, a Monday
        (date(2023, 11, 20), False),  # 18 November 2023 was a Saturday
        (date(2026, 1, 2), False),  # moved by the Cabinet ...
        (date(2026, 1, 17), True),  # ... to this Saturday
        (date(2026, 12, 31), False),
        (date(2026, 12, 30), True),
    ],
)
def test_latvian_working_days(day: date, worked: bool) -> None:
    assert working_day(day) is worked


def test_the_last_working_day_before_the_fifth() -> None:
    assert last_working_day_before(date(2026, 3, 5)) == date(2026, 3, 4)
    assert last_working_day_before(date(2026, 4, 5)) == date(2026, 4, 2)  # Good Friday and Saturday stand between
    assert last_working_day_before(date(2026, 1, 5)) == date(2025, 12, 30)
    assert last_working_day_before(date(2025, 5, 5)) == date(2025, 4, 30)


@given(DAYS, st.integers(1, 60))
def test_adding_counts_working_days_only(day: date, count: int) -> None:
    reached = add_working_days(day, count)
    assert working_day(reached)
    between = (day + timedelta(days=n) for n in range(1, (reached - day).days + 1))
    assert sum(working_day(day) for day in between) == count
    assert (
        add_working_days(reached, -count) <= day if not working_day(day) else add_working_days(reached, -count) == day
    )


@given(DAYS)
def test_adding_nothing_stays(day: date) -> None:
    assert add_working_days(day, 0) == day


@given(DAYS)
def test_no_working_day_lies_between_a_day_and_the_one_before_it(day: date) -> None:
    before = last_working_day_before(day)
    assert before < day
    assert working_day(before)
    assert not any(working_day(before + timedelta(days=n)) for n in range(1, (day - before).days))
