"""By which clock a caller lives. A real client has its machine's; one that is moved through months has the simulated.

A frozen simulation and a real client are months apart, and yet both must be able to talk. So a caller's Timestamp tells
which clock it lives by, and that clock then judges all of its moments: those of its tokens too (settings: call.clock).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from simulator.clock import Clock

SIMULATED, MACHINE = "simulated", "machine"
_DATE_TIME = re.compile(r"(-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?")


@dataclass(frozen=True, slots=True)
class Reading:
    """One clock as it stands; ``now`` is aware."""

    clock: str
    now: datetime

    def __str__(self) -> str:
        return f"{write_moment(self.now)} by the {self.clock} clock"


class Moments:
    """Reads the clocks by which a caller may live; ``mode`` is auto, simulated or machine."""

    def __init__(self, clock: Clock, mode: str) -> None:
        self._clock = clock
        self._mode = mode

    def readings(self) -> tuple[Reading, ...]:
        """The clocks that count, as they stand now."""
        simulated = Reading(SIMULATED, self._clock.now())
        if self._clock.is_real or self._mode == SIMULATED:
            return (simulated,)
        machine = Reading(MACHINE, datetime.now(UTC))
        return (machine,) if self._mode == MACHINE else (simulated, machine)

    def reading(self, clock: str) -> Reading | None:
        """The clock of that name, None when it does not count here."""
        return next((each for each in self.readings() if each.clock == clock), None)

    def nearest(self, moment: datetime) -> Reading:
        """The clock that a moment was most likely read from."""
        return min(self.readings(), key=lambda each: abs(each.now - moment))


def read_moment(text: str | None) -> datetime | None:
    """An xs:dateTime, UTC when it says no zone (as WS-Security does); None when it is none."""
    found = _DATE_TIME.fullmatch((text or "").strip())
    if found is None:
        return None
    fraction = (found[2] or "")[:7]
    try:
        moment = datetime.fromisoformat(f"{found[1]}{fraction}{found[3] or 'Z'}")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def write_moment(moment: datetime) -> str:
    """An xs:dateTime in UTC, to the millisecond, as WCF writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def later(moment: datetime, seconds: float) -> datetime:
    """A moment so many seconds on; the last there is where that would be beyond it."""
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)
