"""Simulated time, always Latvian (Europe/Riga), and the Latvian calendar of working days.

A frozen clock stands still until it is told to go on, so that a month of support passes in a second and no test waits.
"""

from __future__ import annotations

import importlib.util
import threading
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from simulator.domain.errors import UserError

RIGA = ZoneInfo("Europe/Riga")


class ClockError(UserError):
    """Time was asked to do what it cannot: go back, or start from a moment without a time zone."""


class Clock:
    """The one source of simulated time; safe to share between threads."""

    def __init__(self, frozen_at: datetime | None) -> None:
        """Use :meth:`frozen` or :meth:`real`; ``frozen_at`` None means the machine's own time."""
        self._lock = threading.Lock()
        # Kept in UTC: two moments of the same zone compare by their wall time, which repeats an hour each October.
        self._frozen_at = None if frozen_at is None else _aware(frozen_at).astimezone(UTC)

    @classmethod
    def frozen(cls, at: datetime) -> Self:
        """A clock that stands at a moment until :meth:`advance`; raises ClockError for a moment without a time zone."""
        return cls(at)

    @classmethod
    def real(cls) -> Self:
        """A clock that goes with the machine's."""
        return cls(None)

    @property
    def is_real(self) -> bool:
        """Whether this is the machine's own time, which cannot be advanced."""
        return self._frozen_at is None

    def now(self) -> datetime:
        """The simulated moment, in Europe/Riga."""
        with self._lock:
            at = self._frozen_at
        return (at if at is not None else datetime.now(UTC)).astimezone(RIGA)

    def advance(self, to: datetime) -> datetime:
        """Move a frozen clock on to a moment (or leave it there) and return that moment in Europe/Riga.

        Raises ClockError when the moment is past, has no time zone, or the clock is the real one.
        """
        target = _aware(to).astimezone(UTC)
        with self._lock:
            if self._frozen_at is None:
                raise ClockError(
                    "the clock shows real time and cannot be moved; start with a frozen one (--clock 2026-03-01)"
                )
            if target < self._frozen_at:
                raise ClockError(
                    f"time cannot go back from {self._frozen_at.astimezone(RIGA).isoformat()} "
                    f"to {target.astimezone(RIGA).isoformat()}; ask for a later moment, or start anew"
                )
            self._frozen_at = target
        return target.astimezone(RIGA)


def working_day(day: date) -> bool:
    """Whether a day is worked in Latvia.

    Saturdays, Sundays and public holidays are not; days that the Cabinet moved to another day are taken as moved.
    Source: the law "Par svētku, atceres un atzīmējamām dienām" and the Cabinet's yearly orders, as package
    ``holidays`` has them (documented). The Cabinet moves days a year or so ahead: later ones are not known yet.
    """
    return day in _working_days(day.year)


def last_working_day_before(day: date) -> date:
    """The last working day that is earlier than a day."""
    return add_working_days(day, -1)


def add_working_days(day: date, count: int) -> date:
    """The working day ``count`` working days after a day (before it, when negative); the day itself does not count."""
    step = timedelta(days=1 if count >= 0 else -1)
    remaining = abs(count)
    while remaining:
        day += step
        if working_day(day):
            remaining -= 1
    return day


@cache
def _latvian_calendar() -> Any:
    """Return the class of Latvia's calendar from the file that has it; country_holidays("LV") imports 250 countries."""
    import holidays  # noqa: PLC0415 - costs as much as all else that this module needs

    file = Path(holidays.__file__).parent / "countries" / "latvia.py"
    spec = importlib.util.spec_from_file_location("holidays.countries.latvia", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Latvia


@lru_cache(maxsize=64)
def _working_days(year: int) -> frozenset[date]:
    # A calendar of its own for each year: the package's calendars grow while they are asked, so threads must not share.
    calendar = _latvian_calendar()(years=year)
    first = date(year, 1, 1)
    days = (first + timedelta(days=n) for n in range((date(year, 12, 31) - first).days + 1))
    return frozenset(day for day in days if calendar.is_working_day(day))


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None or at.utcoffset() is None:
        raise ClockError(
            f"{at.isoformat()} has no time zone; give one, for example {at.replace(tzinfo=RIGA).isoformat()}"
        )
    return at
