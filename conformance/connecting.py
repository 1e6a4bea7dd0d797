"""The eight steps by which a retailer connects to ALDIS, with the earliest dates that Latvian working days allow. Pure.

Source: BVKB, "Kā elektroenerģijas tirgotājs pieslēdzas datu apmaiņai" (documented): steps, their order, 5 working days
for BVKB's signature, 10 for each opening of access, and that the exchange begins with the calendar month after access
was opened in production. That a term counts from the working day after its step begins is assumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from simulator.aldis.cycle import Timetable
from simulator.clock import add_working_days, last_working_day_before, working_day
from simulator.documents.access import first_month_after
from simulator.documents.model import ChannelName, Period

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
    """The plan of a retailer that writes to BVKB on a day.

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
    """The last day on which a retailer can tell BVKB that it is ready, for the exchange to begin with a month."""
    last_opening = last_working_day_before(first_month.first_day)
    return add_working_days(last_opening, -OPENING)


def _due(timetable: Timetable, channel: ChannelName, period: Period) -> date:
    due = timetable.due(channel, period, period)
    if due is None:
        raise ValueError(f"retailers send nothing on the {channel} channel")
    return due
