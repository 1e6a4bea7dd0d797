"""The timetable of a month: when ALDIS determines and reconciles, due days, and plausible periods.

Days come from the profile. The hour, and how far a period may be from the present month, are assumed and can be set.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum

from simulator.documents.profile import Due
from simulator.domain.clock import RIGA, last_working_day_before
from simulator.domain.model import ChannelName, Period


class DutyKind(StrEnum):
    """Kinds of duties that ALDIS has by the calendar."""

    DETERMINE = "determine"
    RECONCILE = "reconcile"


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty of ALDIS: its time (Europe/Riga), its kind, and the month that it is about."""

    at: datetime
    kind: DutyKind
    period: Period


@dataclass(frozen=True, slots=True)
class Timetable:
    """Due days and hours of each month.

    ``contract_before_day``, ``determination_day`` and ``payout_day`` are those of the profile (``Due``).
    """

    contract_before_day: int
    determination_day: int
    payout_day: int
    hour: time = time(9, 0)  # assumed: the start of an office day
    contract_months_ahead: int = 1  # assumed: contract data come in the month itself or the one before
    payout_months_ahead: int = 0  # assumed: a month is not paid out before it has begun
    months_back: int = 12  # assumed: late data are normal for a year, then the month is closed

    def duties(self, after: datetime, until: datetime) -> Iterator[Duty]:
        """Yield the duties later than ``after`` and not later than ``until``, in order.

        A month is determined on the determination day, and reconciled on the day after its payouts were due, in the
        month that follows.
        """
        month = Period.of(after.astimezone(RIGA).date())
        last = Period.of(until.astimezone(RIGA).date())
        while month <= last:
            both = (
                Duty(self._moment(month, self.determination_day), DutyKind.DETERMINE, month),
                Duty(self._moment(month, self.payout_day + 1), DutyKind.RECONCILE, month - 1),
            )
            for duty in sorted(both, key=lambda duty: duty.at):
                if after.astimezone(UTC) < duty.at.astimezone(UTC) <= until.astimezone(UTC):
                    yield duty
            month += 1

    def due(self, channel: ChannelName, period: Period, begins: Period | None = None) -> date | None:
        """Return the last day on which a retailer's document for a month is in time; None for discount documents.

        ``begins`` is the first month of the retailer's exchange. Nothing is due before its first day, because nothing
        can be sent until then (assumed).
        """
        match channel:
            case ChannelName.CONTRACT:
                due = last_working_day_before(date(period.year, period.month, self.contract_before_day))
                return due if begins is None else max(due, begins.first_day)
            case ChannelName.PAYOUT:
                following = period + 1
                return date(following.year, following.month, self.payout_day)
            case ChannelName.DISCOUNT:
                return None

    def plausible(self, channel: ChannelName, now: datetime) -> tuple[Period, Period]:
        """Return the earliest and the latest month that a document arriving at ``now`` may be for."""
        month = Period.of(now.astimezone(RIGA).date())
        ahead = self.contract_months_ahead if channel is ChannelName.CONTRACT else self.payout_months_ahead
        return month - self.months_back, month + ahead

    def _moment(self, month: Period, day: int) -> datetime:
        return datetime.combine(date(month.year, month.month, day), self.hour, RIGA)


def timetable_of(due: Due) -> Timetable:
    """Return the timetable of a profile's due days."""
    return Timetable(due.contract_before_day.value, due.determination_day.value, due.payout_day.value)
