"""Texts of dates and times under bounds and patterns.

A value is an ordinal in units of its type (day, second, month or year), of the years 1 to 9999.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from xmlschema.validators.simple_types import XsdSimpleType

from conformance.payloads.engine import regex
from conformance.payloads.engine.automata import Automaton, Intersection, PatternAutomaton, PrefixBound, Union
from conformance.payloads.engine.characters import WRITTEN
from conformance.payloads.engine.choices import Choices, UnionValues, Values
from conformance.payloads.engine.errors import Unsatisfiable, Unsupported, place_of
from conformance.payloads.engine.facets import Facets
from conformance.payloads.engine.numbers import Span
from conformance.payloads.engine.strings import StringsOf, tabulate

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
    """One of XSD's types of date and time: its form as a regular expression, its ordinals, and their texts."""

    form: str
    low: int
    high: int
    origin: int
    write: Callable[[int], str]
    read: Callable[[str], int]
    unit: int | None  # seconds of one step; None when steps are not of one length
    clock: bool = False  # True if seconds may have a fraction


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
    """The value of a bound: its ordinal, the digits of its fraction of a second, and the text of its time zone."""

    ordinal: int
    fraction: str
    zone: str


def read_moment(kind: Kind, text: str) -> Moment:
    """Return the value of a bound. Raises ValueError if it is outside the years 1 to 9999 or not of the kind."""
    text = text.strip()
    zone = zone_match.group() if (zone_match := _ZONE_END.search(text)) else ""
    body, _, fraction = text.removesuffix(zone).partition(".") if kind.clock else (text.removesuffix(zone), "", "")
    if not re.fullmatch(kind.form.replace("[+\\-]", "[+-]"), body):
        raise ValueError(text)
    return Moment(kind.read(body), fraction.rstrip("0"), zone)


def offset_minutes(zone: str) -> int:
    """Return the minutes of an offset from UTC."""
    if zone in {"", "Z"}:
        return 0
    size = int(zone[1:3]) * 60 + int(zone[4:6])
    return -size if zone[0] == "-" else size


class Moments:
    """Texts of one kind from ``low`` to ``high`` with one of several time zones (None: any offset)."""

    def __init__(self, kind: Kind, low: int, high: int, zones: tuple[str | None, ...], *, fractions: bool) -> None:
        self._kind = kind
        self._span = Span(low, high, kind.origin)
        self._zones = zones
        self._fractions = fractions and kind.clock
        self.choice_bytes = self._span.choice_bytes + (len(zones) > 1) + self._fractions

    def make(self, choices: Choices) -> str:
        """Return one of them; zeros make the first zone and the value nearest to the year 2000."""
        zone = self._zones[choices.index(len(self._zones))]
        ordinal = self._span.make(choices)
        text = self._kind.write(ordinal)
        if self._fractions and ordinal < self._span.high and (byte := choices.byte()) >= 0xE0:
            text += f".{1 + byte % 9}" if byte < 0xF0 else f".{1 + choices.number(2) % 999:03d}"
        return text + (_offset(choices) if zone is None else zone)

    def all(self) -> Iterator[str]:
        """Yield all of them in the first zone that is not None."""
        zone = next((zone for zone in self._zones if zone is not None), "+00:00")
        return (self._kind.write(ordinal) + zone for ordinal in self._span.all())


_USUAL_OFFSETS = ("+00:00", "+02:00", "+03:00", "-05:00", "+05:30", "+14:00", "-14:00", "-00:30")


def _offset(choices: Choices) -> str:
    return _USUAL_OFFSETS[choices.index(len(_USUAL_OFFSETS))]


@dataclass(frozen=True, slots=True)
class _Range:
    """Ordinals from ``low`` to ``high`` for texts that end in one of the zones (None: any offset)."""

    low: int
    high: int
    zones: tuple[str | None, ...]


def moments(xsd_type: XsdSimpleType, facets: Facets, patterns: Sequence[Automaton]) -> Values:
    """Return the texts of a type of date or time. Raises Unsatisfiable or Unsupported."""
    kind = KINDS[facets.builtin]
    if not patterns:
        whole_range = _ranges(xsd_type, facets, kind)[0]
        return Moments(kind, whole_range.low, whole_range.high, whole_range.zones, fractions=True)
    makers: list[Values] = []
    for span in _ranges(xsd_type, facets, kind):
        for zone in span.zones:
            form = _form(kind, span, zone)
            table = tabulate(Intersection([form, *patterns]))
            if table.empty:
                continue
            if table.count() == tabulate(form).count():
                makers.append(Moments(kind, span.low, span.high, (zone,), fractions=False))
            else:
                makers.append(StringsOf(table))
        if makers:
            return makers[0] if len(makers) == 1 else UnionValues(makers)
    fractions = PatternAutomaton(regex.parse(rf"{kind.form}\.[0-9]{{1,6}}(Z|{OFFSET})?"), WRITTEN)
    if kind.clock and not facets.bounds and not (table := tabulate(Intersection([fractions, *patterns]))).empty:
        return StringsOf(table)
    tried = f" ({'; '.join(' | '.join(step.patterns) for step in facets.steps)})"
    raise Unsatisfiable(
        f"no {facets.builtin} of the years 1 to 9999 fits the patterns{tried}"
        + (f" and the bounds {', '.join(bound.text for bound in facets.bounds)}" if facets.bounds else ""),
        place_of(xsd_type),
    )


def automaton(xsd_type: XsdSimpleType, facets: Facets) -> Automaton:
    """Return an automaton of a type of date or time without its patterns, for use inside a list or union."""
    kind = KINDS[facets.builtin]
    forms: list[Automaton] = []
    for span in _ranges(xsd_type, facets, kind)[:1]:
        forms += [_form(kind, span, zone) for zone in span.zones]
    return Union(forms)


def _form(kind: Kind, span: _Range, zone: str | None) -> Automaton:
    end = OFFSET if zone is None else zone.replace("+", r"\+").replace("-", r"\-")
    form = PatternAutomaton(regex.parse(kind.form + end), WRITTEN)
    if (span.low, span.high) == (kind.low, kind.high):
        return form
    return Intersection([form, PrefixBound(kind.write(span.low), kind.write(span.high), WRITTEN)])


def _ranges(xsd_type: XsdSimpleType, facets: Facets, kind: Kind) -> list[_Range]:
    """Return the ordinals within the bounds: first in the bounds' own time zone, then in others where possible."""
    if not facets.bounds:
        return [_Range(kind.low, kind.high, ("", "Z", None))]
    read = []
    for bound in facets.bounds:
        try:
            read.append((bound, read_moment(kind, bound.text)))
        except ValueError:
            raise Unsupported(
                f"the bound {bound.text} of {facets.builtin} is outside the years 1 to 9999", place_of(xsd_type)
            ) from None
    zones = list(dict.fromkeys(moment.zone for _, moment in read))
    if len(zones) > 1 and (kind.unit is None or "" in zones):
        raise Unsupported(
            f"bounds of {facets.builtin} in zones that cannot be compared: "
            + ", ".join(bound.text for bound in facets.bounds),
            place_of(xsd_type),
        )
    others = [] if zones == [""] or kind.unit != 1 else ["Z", "+02:00", "+03:00", *_half_hours()]
    ranges: list[_Range] = []
    for zone in dict.fromkeys([*zones, *others]):
        low, high = kind.low, kind.high
        for bound, moment in read:
            shift = 0 if kind.unit is None else (offset_minutes(zone) - offset_minutes(moment.zone)) * 60
            if kind.unit is not None and shift % kind.unit:
                shift = shift // kind.unit if not bound.lower else -(-shift // kind.unit)
            elif kind.unit is not None:
                shift //= kind.unit
            at = moment.ordinal + shift
            if bound.lower:
                low = max(low, at + (1 if moment.fraction or not bound.included else 0))
            else:
                high = min(high, at - (1 if not bound.included and not moment.fraction else 0))
        if low <= high:
            ranges.append(_Range(low, high, (zone,)))
    if not ranges:
        raise Unsatisfiable(
            f"no {facets.builtin} lies within the bounds {', '.join(bound.text for bound in facets.bounds)}",
            place_of(xsd_type),
        )
    return ranges


def _half_hours() -> list[str]:
    return [
        f"{sign}{half // 2:02d}:{half % 2 * 30:02d}" for half in range(29) for sign in ("+", "-") if half or sign == "+"
    ]
