"""Dates, times and their parts as ordinals: years 1 to 9999, in units of the type (day, second, month, year)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from conformance.payloads.blocks import Block
from conformance.payloads.numbers import Span

_Y = "([1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_LEAP = "([0-9]{2}(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)"
_LONG_DAYS = "(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
_SHORT_DAYS = "(0[469]|11)-(0[1-9]|[12][0-9]|30)"
_FEBRUARY = "02-(0[1-9]|1[0-9]|2[0-8])"
_DATE = f"({_Y}-({_LONG_DAYS}|{_SHORT_DAYS}|{_FEBRUARY})|{_LEAP}-02-29)"
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
OFFSET = r"[+\-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)"
_ZONE_END = re.compile(r"(Z|[+-]\d\d:\d\d)$")
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Kind:
    """One of XSD's types of date and time: its form as a regular expression, its ordinals and how they are written."""

    form: str
    low: int
    high: int
    origin: int
    write: Callable[[int], str]
    read: Callable[[str], int]
    unit: int | None  # seconds of one step; None when steps are not of one length
    clock: bool = False  # whether seconds may have a fraction


def _write_date(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()


def _read_date(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def _write_clock(second: int) -> str:
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"


def _read_clock(text: str) -> int:
    hours, minutes, seconds = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)


def _write_date_time(second: int) -> str:
    return f"{_write_date(second // _DAY)}T{_write_clock(second % _DAY)}"


def _read_date_time(text: str) -> int:
    day, _, clock = text.partition("T")
    return _read_date(day) * _DAY + _read_clock(clock)


def _write_month(ordinal: int) -> str:
    return f"{ordinal // 12:04d}-{ordinal % 12 + 1:02d}"


def _read_month(text: str) -> int:
    year, month = text.split("-")
    return int(year) * 12 + int(month) - 1


_LEAP_YEAR = date(2000, 1, 1).toordinal()
_LAST_DAY = date.max.toordinal()

KINDS = {
    "date": Kind(_DATE, 1, _LAST_DAY, _LEAP_YEAR, _write_date, _read_date, _DAY),
    "time": Kind(_TIME, 0, _DAY - 1, 0, _write_clock, _read_clock, 1, clock=True),
    "dateTime": Kind(
        f"{_DATE}T{_TIME}", _DAY, _LAST_DAY * _DAY + _DAY - 1, _LEAP_YEAR * _DAY,
        _write_date_time, _read_date_time, 1, clock=True,
    ),
    "gYear": Kind(_Y, 1, 9999, 2000, lambda year: f"{year:04d}", int, None),
    "gYearMonth": Kind(f"{_Y}-(0[1-9]|1[0-2])", 12, 9999 * 12 + 11, 24_000, _write_month, _read_month, None),
    "gMonth": Kind("--(0[1-9]|1[0-2])", 1, 12, 1, lambda month: f"--{month:02d}", lambda text: int(text[2:]), None),
    "gDay": Kind(
        "---(0[1-9]|[12][0-9]|3[01])", 1, 31, 1, lambda day: f"---{day:02d}", lambda text: int(text[3:]), None
    ),
    "gMonthDay": Kind(
        f"--({_LONG_DAYS}|{_SHORT_DAYS}|02-(0[1-9]|[12][0-9]))",
        0, 365, 0,
        lambda day: f"--{date.fromordinal(_LEAP_YEAR + day):%m-%d}",
        lambda text: _read_date(f"2000-{text[2:]}") - _LEAP_YEAR,
        None,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moment:
    """A point that a bound names: ordinal, the fraction of a second as a text of digits, and the zone's text."""

    ordinal: int
    fraction: str
    zone: str


def read(kind: Kind, text: str) -> Moment:
    """A bound's text; raises ValueError when it is outside the years 1 to 9999 or not of the kind."""
    text = text.strip()
    zone = found.group() if (found := _ZONE_END.search(text)) else ""
    body, _, fraction = text.removesuffix(zone).partition(".") if kind.clock else (text.removesuffix(zone), "", "")
    if not re.fullmatch(kind.form.replace("[+\\-]", "[+-]"), body):
        raise ValueError(text)
    return Moment(kind.read(body), fraction.rstrip("0"), zone)


def minutes(zone: str) -> int:
    """Minutes of an offset from UTC."""
    if zone in {"", "Z"}:
        return 0
    size = int(zone[1:3]) * 60 + int(zone[4:6])
    return -size if zone[0] == "-" else size


class Moments:
    """Texts of one kind from ``low`` to ``high``, ended by one of some zones; None stands for any offset."""

    def __init__(self, kind: Kind, low: int, high: int, zones: tuple[str | None, ...], *, fractions: bool) -> None:
        self._kind = kind
        self._span = Span(low, high, kind.origin)
        self._zones = zones
        self._fractions = fractions and kind.clock
        self.octets = self._span.octets + (len(zones) > 1) + self._fractions

    def make(self, block: Block) -> str:
        """One of them; zeros make the first zone and what is nearest to the year 2000."""
        zone = self._zones[block.index(len(self._zones))]
        ordinal = self._span.make(block)
        text = self._kind.write(ordinal)
        if self._fractions and ordinal < self._span.high and (octet := block.octet()) >= 0xE0:
            text += f".{1 + octet % 9}" if octet < 0xF0 else f".{1 + block.number(2) % 999:03d}"
        return text + (_offset(block) if zone is None else zone)

    def all(self) -> Iterator[str]:
        """All of them in the first zone that stands for itself."""
        zone = next((each for each in self._zones if each is not None), "+00:00")
        return (self._kind.write(each) + zone for each in self._span.all())


_USUAL_OFFSETS = ("+00:00", "+02:00", "+03:00", "-05:00", "+05:30", "+14:00", "-14:00", "-00:30")


def _offset(block: Block) -> str:
    return _USUAL_OFFSETS[block.index(len(_USUAL_OFFSETS))]
