"""Simulated time in Europe/Riga, and the Latvian calendar of working days.

A frozen clock moves only when it is advanced, so that a month of support takes a second and no test waits.
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
    """A clock cannot be set to a moment: it is in the past, has no time zone, or the clock is the real one."""


class Clock:
    """A clock of simulated time. Safe to share between threads."""

    def __init__(self, frozen_at: datetime | None) -> None:
        """Use :meth:`frozen` or :meth:`real`; ``frozen_at`` None means the machine's own time."""
        self._lock = threading.Lock()
        # Kept in UTC: two moments of the same zone compare by their wall time, which repeats an hour each October.
        self._frozen_at = None if frozen_at is None else _aware(frozen_at).astimezone(UTC)

    @classmethod
    def frozen(cls, at: datetime) -> Self:
        """Return a clock that stands at a moment until :meth:`advance`. Raises ClockError without a time zone."""
        return cls(at)

    @classmethod
    def real(cls) -> Self:
        """Return a clock that shows the machine's time."""
        return cls(None)

    @property
    def is_real(self) -> bool:
        """True for the machine's own time, which cannot be advanced."""
        return self._frozen_at is None

    def now(self) -> datetime:
        """Return the simulated time, in Europe/Riga."""
        with self._lock:
            at = self._frozen_at
        return (at if at is not None else datetime.now(UTC)).astimezone(RIGA)

    def advance(self, to: datetime) -> datetime:
        """Advance a frozen clock to a moment, which may be the present one, and return it in Europe/Riga.

        Raises ClockError when the moment is in the past, has no time zone, or the clock is the real one.
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
    """Return True for a working day in Latvia: no Saturday, Sunday or public holiday.

    A working day that the Cabinet moved to another day counts on that day. Source: the law "Par svētku, atceres un
    atzīmējamām dienām" and the Cabinet's yearly orders, as in the package ``holidays`` (documented). The Cabinet
    decides about a year ahead, so moves of later years are not known.
    """
    return day in _working_days(day.year)


def last_working_day_before(day: date) -> date:
    """Return the last working day before a day."""
    return add_working_days(day, -1)


def add_working_days(day: date, count: int) -> date:
    """Return the day that is ``count`` working days after a day, or before it when ``count`` is negative."""
    step = timedelta(days=1 if count >= 0 else -1)
    remaining = abs(count)
    while remaining:
        day += step
        if working_day(day):
            remaining -= 1
    return day


@cache
def _latvian_calendar() -> Any:
    """Return the class of Latvia's calendar, loaded from its file: country_holidays("LV") imports 250 countries."""
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
    # One calendar for each year: those of the package change when they are read, so threads cannot share one.
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
