"""Numbers within bounds, as texts."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from decimal import Decimal

from conformance.payloads.blocks import Block

UNBOUNDED = 10**18  # a number without a bound stays within this; every validator reads it exactly


class Span:
    """Whole numbers from ``low`` to ``high``; those near the origin are made more often, and so are the ends."""

    def __init__(self, low: int, high: int, origin: int = 0) -> None:
        self.low = low
        self.high = high
        self._origin = min(max(origin, low), high)
        self._size = high - low + 1
        self._bytes = (self._size - 1).bit_length() + 7 >> 3
        self.octets = 0 if self._size == 1 else 1 + min(4, self._bytes)

    def make(self, block: Block) -> int:
        """One of them; zeros make the origin."""
        if self._size == 1:
            return self.low
        octet = block.octet()
        if octet >= 0xF4:
            return (self.low, self.high, min(self.low + 1, self.high), max(self.high - 1, self.low))[octet & 3]
        return self._nth(block.number(octet % (self._bytes + 1)) % self._size)

    def all(self) -> Iterator[int]:
        """All of them, from the origin to both sides."""
        return (self._nth(rank) for rank in range(self._size))

    def _nth(self, rank: int) -> int:
        """0 is the origin, then above and below in turn until one side ends."""
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
        self.octets = self._span.octets

    def make(self, block: Block) -> str:
        """One of them; zeros make 0 or what is nearest to it."""
        return written(self._span.make(block), self._places)

    def all(self) -> Iterator[str]:
        """All of them, from zero to both sides."""
        return (written(each, self._places) for each in self._span.all())


def written(units: int, places: int) -> str:
    """A number of units of 10^-places, without needless zeros."""
    if places == 0:
        return str(units)
    whole, rest = divmod(abs(units), 10**places)
    sign = "-" if units < 0 else ""
    fraction = f"{rest:0{places}d}".rstrip("0")
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


class Floats:
    """Floating-point numbers of 32 or 64 bits from ``low`` to ``high``, both ends included; with infinities and NaN
    where there is no bound."""

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
        self.octets = 1 + max(self._bits.octets, 2)

    @property
    def empty(self) -> bool:
        """Whether no number lies between the ends."""
        return not self._only_special and self._bits.low > self._bits.high

    def make(self, block: Block) -> str:
        """One of them; zeros make 0 or what is nearest to it."""
        octet = block.octet()
        if self._only_special or (octet >= 0xF0 and self._specials):
            return self._specials[octet % len(self._specials)]
        if self._whole is not None and octet < 0x60:
            return str(self._whole.make(block))
        if self._whole is not None and octet < 0xA0 and self._whole.low < self._whole.high:
            return self._half(block)
        return _text(_from_rank(self._bits.make(block), self._width))

    def all(self) -> Iterator[str]:
        """Whole numbers first, then all others by their size, then the special ones."""
        if not self._only_special:
            seen: set[float] = set()
            for each in self._whole.all() if self._whole is not None else ():
                seen.add(float(each))
                yield str(each)
            for rank in self._bits.all():
                number = _from_rank(rank, self._width)
                if number not in seen:
                    yield _text(number)
        yield from self._specials

    def _half(self, block: Block) -> str:
        assert self._whole is not None
        number = min(self._whole.make(block), self._whole.high - 1)
        return f"{number + (0.5 if block.octet() & 1 else 0.25)!r}"


def _rank(number: float, width: int) -> int:
    """Whole numbers that keep the order of the floating-point ones; 0 for zero."""
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
    """The floating-point numbers between two decimals; an open end is itself left out."""
    return Floats(
        width,
        None if low is None else _at_least(low, low_open, width),
        None if high is None else -_at_least(-high, high_open, width),
    )


def _at_least(bound: Decimal, is_open: bool, width: int) -> float:
    """The smallest number of this width that is not below the bound, however a validator rounds that."""
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
