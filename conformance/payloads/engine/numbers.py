"""Texts of numbers and durations within bounds."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation, localcontext

from xmlschema.validators.simple_types import XsdSimpleType

from conformance.payloads.engine.automata import Automaton, DecimalBound, Digits
from conformance.payloads.engine.choices import Choices, Literals, Values
from conformance.payloads.engine.errors import Unsatisfiable, Unsupported, place_of
from conformance.payloads.engine.facets import INTEGERS, Facets, describe_type, integer_bounds, no_value_error

_MOST_DIGITS = 18  # every validator reads a decimal of so many digits exactly
UNBOUNDED = 10**18  # a number without a bound stays within this; every validator reads it exactly


class Span:
    """Whole numbers from ``low`` to ``high``; those near the origin and the ends are more frequent."""

    def __init__(self, low: int, high: int, origin: int = 0) -> None:
        self.low = low
        self.high = high
        self._origin = min(max(origin, low), high)
        self._size = high - low + 1
        self._bytes = (self._size - 1).bit_length() + 7 >> 3
        self.choice_bytes = 0 if self._size == 1 else 1 + min(4, self._bytes)

    def make(self, choices: Choices) -> int:
        """Return one of them; zeros make the origin."""
        if self._size == 1:
            return self.low
        byte = choices.byte()
        if byte >= 0xF4:
            return (self.low, self.high, min(self.low + 1, self.high), max(self.high - 1, self.low))[byte & 3]
        return self._nth(choices.number(byte % (self._bytes + 1)) % self._size)

    def all(self) -> Iterator[int]:
        """Yield all of them, from the origin to both sides."""
        return (self._nth(rank) for rank in range(self._size))

    def _nth(self, rank: int) -> int:
        """Return the number of a rank: 0 is the origin, then come numbers above and below it in turn."""
        above, below = self.high - self._origin, self._origin - self.low
        turns = 2 * min(above, below)
        if rank <= turns:
            step = rank + 1 >> 1
            return self._origin + step if rank & 1 else self._origin - step
        rest = rank - turns + min(above, below)
        return self._origin + rest if above > below else self._origin - rest


class Decimals:
    """Decimals from ``low`` to ``high`` with at most ``places`` digits behind the point."""

    def __init__(self, low: int, high: int, places: int) -> None:
        self._span = Span(low, high)  # in units of the last place
        self._places = places
        self.choice_bytes = self._span.choice_bytes

    def make(self, choices: Choices) -> str:
        """Return one of them; zeros make 0 or the number nearest to it."""
        return written(self._span.make(choices), self._places)

    def all(self) -> Iterator[str]:
        """Yield all of them, from zero to both sides."""
        return (written(units, self._places) for units in self._span.all())


def written(units: int, places: int) -> str:
    """Return the text of a number of units of 10^-places, without trailing zeros."""
    if places == 0:
        return str(units)
    whole, rest = divmod(abs(units), 10**places)
    sign = "-" if units < 0 else ""
    fraction = f"{rest:0{places}d}".rstrip("0")
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


class Floats:
    """Floating-point numbers of 32 or 64 bits from ``low`` to ``high``, both included.

    Infinities and NaN are among them where there is no bound.
    """

    def __init__(self, width: int, low: float | None, high: float | None) -> None:
        self._width = width
        top = _rank(math.inf, width) - 1
        self._specials = [] if low is not None else ["-INF"]
        self._specials += [] if high is not None else ["INF"]
        self._specials += ["NaN"] if low is None and high is None else []
        least = -top if low is None else _rank(low, width)
        most = top if high is None else _rank(high, width)
        if low == math.inf or high == -math.inf:
            self._specials = ["INF" if low == math.inf else "-INF"]
            least = most = 0
            self._only_special = True
        else:
            self._only_special = False
        self._bits = Span(max(least, -top), min(most, top))
        small = (
            -1000 if low is None else max(-1_000_000, math.ceil(max(low, -1e6))) if low < 1e6 else 1,
            1000 if high is None else min(1_000_000, math.floor(min(high, 1e6))) if high > -1e6 else 0,
        )
        self._whole = Span(*small) if small[0] <= small[1] else None
        self.choice_bytes = 1 + max(self._bits.choice_bytes, 2)

    @property
    def empty(self) -> bool:
        """True if there is no number between the ends."""
        return not self._only_special and self._bits.low > self._bits.high

    def make(self, choices: Choices) -> str:
        """Return one of them; zeros make 0 or the number nearest to it."""
        byte = choices.byte()
        if self._only_special or (byte >= 0xF0 and self._specials):
            return self._specials[byte % len(self._specials)]
        if self._whole is not None and byte < 0x60:
            return str(self._whole.make(choices))
        if self._whole is not None and byte < 0xA0 and self._whole.low < self._whole.high:
            return self._half(choices)
        return _text(_from_rank(self._bits.make(choices), self._width))

    def all(self) -> Iterator[str]:
        """Yield whole numbers first, then all others by their size, then infinities and NaN."""
        if not self._only_special:
            seen: set[float] = set()
            for whole in self._whole.all() if self._whole is not None else ():
                seen.add(float(whole))
                yield str(whole)
            for rank in self._bits.all():
                number = _from_rank(rank, self._width)
                if number not in seen:
                    yield _text(number)
        yield from self._specials

    def _half(self, choices: Choices) -> str:
        assert self._whole is not None
        number = min(self._whole.make(choices), self._whole.high - 1)
        return f"{number + (0.5 if choices.byte() & 1 else 0.25)!r}"


def _rank(number: float, width: int) -> int:
    """Return a whole number that keeps the order of floating-point numbers; 0 for zero."""
    if width == 32:
        (bits,) = struct.unpack(">I", struct.pack(">f", abs(number)))
    else:
        (bits,) = struct.unpack(">Q", struct.pack(">d", abs(number)))
    return int(-bits if number < 0 else bits)


def _from_rank(rank: int, width: int) -> float:
    if width == 32:
        (number,) = struct.unpack(">f", struct.pack(">I", abs(rank)))
    else:
        (number,) = struct.unpack(">d", struct.pack(">Q", abs(rank)))
    return float(-number if rank < 0 else number)


def _text(number: float) -> str:
    text = repr(number)
    return text.removesuffix(".0") if "e" not in text else text.upper()


def within(low: Decimal | None, high: Decimal | None, low_open: bool, high_open: bool, width: int) -> Floats:
    """Return the floating-point numbers between two decimals; an open end is excluded."""
    return Floats(
        width,
        None if low is None else _at_least(low, low_open, width),
        None if high is None else -_at_least(-high, high_open, width),
    )


def _at_least(bound: Decimal, is_open: bool, width: int) -> float:
    """Return the smallest number of this width that is not below the bound, however a validator rounds the bound."""
    if not bound.is_finite():
        return math.inf if bound > 0 else -math.inf
    near = float(bound)
    if width == 32:
        try:
            near = _from_rank(_rank(near, 32), 32)
        except OverflowError:
            near = math.copysign(math.inf, near)
    rank = _rank(near, width)
    if Decimal(near) < bound or is_open:
        rank += 1
    return _from_rank(rank, width)


_DAY = 86_400  # seconds
_DURATION = re.compile(r"(-?)P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d+))?S)?)?")
# The four moments by which XSD compares durations.
_REFERENCES = ((1696, 9, 1), (1697, 2, 1), (1903, 3, 1), (1903, 7, 1))


@dataclass(frozen=True, slots=True)
class Length:
    """A duration: months and seconds, both with its sign; ``part`` is True if it has a fraction of a second."""

    months: int
    seconds: int
    part: bool = False

    @classmethod
    def read(cls, text: str) -> Length:
        """Return the duration of a text. Raises ValueError if it is none."""
        match = _DURATION.fullmatch(text.strip())
        if match is None:
            raise ValueError(text)
        sign = -1 if match[1] else 1
        years, months, days, hours, mins, secs = (int(part or 0) for part in match.groups()[1:7])
        seconds = ((days * 24 + hours) * 60 + mins) * 60 + secs
        return cls(sign * (years * 12 + months), sign * seconds, bool((match[8] or "").strip("0")))

    def in_seconds(self) -> tuple[int, int]:
        """Return the least and the most seconds that it stands for, added to the four reference dates of XSD."""
        lengths = []
        for year, month, day in _REFERENCES:
            start = date(year, month, day)
            at = year * 12 + month - 1 + self.months
            lengths.append((date(at // 12, at % 12 + 1, day) - start) // timedelta(seconds=1) + self.seconds)
        return min(lengths), max(lengths)


class Durations:
    """Durations of whole months, or of seconds, or (without bounds) of both."""

    def __init__(self, months: Span | None, seconds: Span | None) -> None:
        self._months = months
        self._seconds = seconds
        self.choice_bytes = sum(span.choice_bytes for span in (months, seconds) if span is not None) + 1

    def make(self, choices: Choices) -> str:
        """Return one of them; zeros make the shortest."""
        byte = choices.byte()
        seconds = self._seconds.make(choices) if self._seconds is not None and (byte < 0xC0 or not self._months) else 0
        months = self._months.make(choices) if self._months is not None and (byte >= 0x80 or not self._seconds) else 0
        return write_duration(months, -seconds if months * seconds < 0 else seconds)

    def all(self) -> Iterator[str]:
        """Yield all durations of seconds, or of months if there are none of seconds."""
        if self._seconds is not None:
            return (write_duration(0, number) for number in self._seconds.all())
        assert self._months is not None
        return (write_duration(number, 0) for number in self._months.all())


def write_duration(months: int, seconds: int) -> str:
    """Return the text of a duration; both numbers have the sign of the whole, or are zero."""
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


def tightest_bounds(xsd_type: XsdSimpleType, facets: Facets) -> tuple[Decimal | None, Decimal | None, bool, bool]:
    """Return the tightest bounds: low, high, and for each of them True if it is itself excluded."""
    low, high = integer_bounds(facets.builtin) if facets.builtin in INTEGERS else (None, None)
    low_open = high_open = False
    for bound in facets.bounds:
        try:
            value = Decimal({"INF": "Infinity", "-INF": "-Infinity"}.get(bound.text, bound.text))
        except InvalidOperation:
            raise Unsupported(f"{describe_type(xsd_type)} has the bound {bound.text!r}", place_of(xsd_type)) from None
        if value.is_nan():
            raise Unsatisfiable(
                f"{describe_type(xsd_type)} is bounded by NaN, which nothing is above or below", place_of(xsd_type)
            )
        if bound.lower and (low is None or value > low or (value == low and not bound.included)):
            low, low_open = value, not bound.included
        if not bound.lower and (high is None or value < high or (value == high and not bound.included)):
            high, high_open = value, not bound.included
    return low, high, low_open, high_open


def decimals(xsd_type: XsdSimpleType, facets: Facets) -> Values:
    low, high, low_open, high_open = tightest_bounds(xsd_type, facets)
    whole = facets.builtin in INTEGERS
    total = facets.total_digits
    most_places = (
        0 if whole else min(limit for limit in (facets.fraction_digits, total, _MOST_DIGITS) if limit is not None)
    )
    usual = min(most_places, 2 if facets.fraction_digits is None else facets.fraction_digits)
    for places in (usual, *range(usual - 1, -1, -1), *range(usual + 1, most_places + 1)):
        with localcontext() as context:
            context.prec = 200
            unit = Decimal(10) ** places
            least = -UNBOUNDED if low is None else _units(low * unit, ROUND_CEILING, low_open)
            most = UNBOUNDED if high is None else _units(high * unit, ROUND_FLOOR, high_open)
        if low is None and high is not None:
            least = min(least, most - UNBOUNDED)
        if high is None and low is not None:
            most = max(most, least + UNBOUNDED)
        if total is not None:
            limit = 10**total - 1
            least, most = max(least, -limit), min(most, limit)
        if least <= most:
            return Decimals(least, most, places)
    raise no_value_error(xsd_type, facets)


def _units(bound: Decimal, rounding: str, is_open: bool) -> int:
    units = int(bound.to_integral_value(rounding=rounding))
    if is_open and units == bound:
        units += 1 if rounding == ROUND_CEILING else -1
    return units


def numeric_automata(xsd_type: XsdSimpleType, facets: Facets) -> list[Automaton]:
    total = facets.total_digits
    return [
        *bound_automata(xsd_type, facets),
        Digits(_MOST_DIGITS + 2 if total is None else total, facets.fraction_digits),
    ]


def bound_automata(xsd_type: XsdSimpleType, facets: Facets) -> list[Automaton]:
    low, high, low_open, high_open = tightest_bounds(xsd_type, facets)
    made: list[Automaton] = []
    if low is not None and low.is_finite():
        made.append(DecimalBound(low, lower=True, included=not low_open))
    if high is not None and high.is_finite():
        made.append(DecimalBound(high, lower=False, included=not high_open))
    return made


_CENTURY = 100 * 366 * 86_400  # seconds; a duration without a bound stays within this


def durations(xsd_type: XsdSimpleType, facets: Facets) -> Values:
    if not facets.bounds:
        return Durations(Span(-1200, 1200), Span(-_CENTURY, _CENTURY))
    low, high = -_CENTURY, _CENTURY
    months_low, months_high = -1200, 1200
    pure_months = True
    for bound in facets.bounds:
        try:
            length = Length.read(bound.text)
        except ValueError:
            raise Unsupported(f"{describe_type(xsd_type)} has the bound {bound.text!r}", place_of(xsd_type)) from None
        least, most = length.in_seconds()
        if least < most:  # of uncertain length: what it is compared with must be beyond doubt, for libxml2 by a day
            least, most = least - 86_400, most + 86_400
        pure_months = pure_months and length.months != 0 and length.seconds == 0 and not length.part
        step = 0 if bound.included else 1
        if bound.lower:
            low = max(low, most + max(step, int(length.part and most >= 0)))
            high = max(high, low)
            months_low = max(months_low, length.months + step)
        else:
            high = min(high, least - max(step, int(length.part and least <= 0)))
            months_high = min(months_high, length.months - step)
    seconds = Span(low, high) if low <= high else None
    months = Span(months_low, months_high) if pure_months and months_low <= months_high else None
    if months is not None:
        return Durations(months, None)
    if seconds is not None:
        return Durations(None, seconds)
    exact = [bound.text for bound in facets.bounds if xsd_type.is_valid(bound.text)]
    if exact:
        return Literals(exact)
    raise no_value_error(xsd_type, facets)
