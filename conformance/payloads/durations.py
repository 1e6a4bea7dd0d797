"""Durations: their form, how they compare, and texts of them within bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from conformance.payloads.blocks import Block
from conformance.payloads.numbers import Span

_DAY = 86_400  # seconds
_SECONDS = r"[0-9]{1,4}(\.[0-9]{1,3})?S"
_CLOCK_PART = f"T([0-9]{{1,4}}H([0-9]{{1,4}}M)?({_SECONDS})?|[0-9]{{1,4}}M({_SECONDS})?|{_SECONDS})"
_DAY_PART = "([0-9]{1,4}Y([0-9]{1,4}M)?([0-9]{1,4}D)?|[0-9]{1,4}M([0-9]{1,4}D)?|[0-9]{1,4}D)"
DURATION = f"-?P({_DAY_PART}({_CLOCK_PART})?|{_CLOCK_PART})"
_DURATION = re.compile(r"(-?)P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d+))?S)?)?")
# The four moments by which XSD compares durations.
_REFERENCES = ((1696, 9, 1), (1697, 2, 1), (1903, 3, 1), (1903, 7, 1))


@dataclass(frozen=True, slots=True)
class Length:
    """A duration: months and seconds, both with its sign, and whether it names a part of a second."""

    months: int
    seconds: int
    part: bool = False

    @classmethod
    def read(cls, text: str) -> Length:
        """A bound's text; raises ValueError when it is none."""
        found = _DURATION.fullmatch(text.strip())
        if found is None:
            raise ValueError(text)
        sign = -1 if found[1] else 1
        years, months, days, hours, mins, secs = (int(each or 0) for each in found.groups()[1:7])
        seconds = ((days * 24 + hours) * 60 + mins) * 60 + secs
        return cls(sign * (years * 12 + months), sign * seconds, bool((found[8] or "").strip("0")))

    def in_seconds(self) -> tuple[int, int]:
        """The least and the most seconds that it stands for, by the four moments."""
        found = []
        for year, month, day in _REFERENCES:
            start = date(year, month, day)
            at = year * 12 + month - 1 + self.months
            found.append((date(at // 12, at % 12 + 1, day) - start) // timedelta(seconds=1) + self.seconds)
        return min(found), max(found)


class Durations:
    """Durations of whole months, or of seconds, or (without bounds) of both."""

    def __init__(self, months: Span | None, seconds: Span | None) -> None:
        self._months = months
        self._seconds = seconds
        self.octets = sum(each.octets for each in (months, seconds) if each is not None) + 1

    def make(self, block: Block) -> str:
        """One of them; zeros make the shortest."""
        octet = block.octet()
        seconds = self._seconds.make(block) if self._seconds is not None and (octet < 0xC0 or not self._months) else 0
        months = self._months.make(block) if self._months is not None and (octet >= 0x80 or not self._seconds) else 0
        return write_duration(months, -seconds if months * seconds < 0 else seconds)

    def all(self) -> Iterator[str]:
        """All of one part: of the seconds where there are any."""
        if self._seconds is not None:
            return (write_duration(0, each) for each in self._seconds.all())
        assert self._months is not None
        return (write_duration(each, 0) for each in self._months.all())


def write_duration(months: int, seconds: int) -> str:
    """The text of a duration; both numbers have the sign of the whole, or are zero."""
    negative = months < 0 or seconds < 0
    years, months = divmod(abs(months), 12)
    days, rest = divmod(abs(seconds), _DAY)
    clock = "".join(
        f"{number}{letter}"
        for number, letter in ((rest // 3600, "H"), (rest // 60 % 60, "M"), (rest % 60, "S"))
        if number
    )
    calendar = "".join(f"{number}{letter}" for number, letter in ((years, "Y"), (months, "M"), (days, "D")) if number)
    if not calendar and not clock:
        return "PT0S"
    return f"{'-' if negative else ''}P{calendar}{'T' + clock if clock else ''}"
