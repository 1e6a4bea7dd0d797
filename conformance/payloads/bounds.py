"""Machines that hold a decimal text within bounds or digits, and a text within the order of its characters."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from conformance.payloads.automata import Edges, State
from conformance.payloads.characters import CharSet

_DIGIT = tuple(CharSet.chars(each) for each in "0123456789")
_POINT = CharSet.chars(".")
_PLUS = CharSet.chars("+")
_MINUS = CharSet.chars("-")


@dataclass(frozen=True, slots=True)
class _Read:
    """What is known of a number that is read from the left: against the size of the bound, digit by digit."""

    sign: int = 0  # 0 before the sign
    fraction: bool = False
    places: int = 0  # of the whole part without leading zeros, or of the fraction
    order: int = 0  # of the digits so far: -1 below the bound's, 1 above
    zero: bool = True


class DecimalBound:
    """Decimal texts that are above (or below) a bound, the bound itself included or not."""

    def __init__(self, bound: Decimal, *, lower: bool, included: bool) -> None:
        sign, digits, exponent = bound.as_tuple()
        assert isinstance(exponent, int)
        text = "".join(map(str, digits))
        text = text + "0" * exponent if exponent > 0 else text.rjust(-exponent + 1, "0")
        places = max(0, -exponent)
        self._whole = (text[: len(text) - places] if places else text).lstrip("0")
        self._rest = text[len(text) - places :].rstrip("0") if places else ""
        self._sign = -1 if sign and bound else 1 if bound else 0
        self._lower = lower
        self._included = included
        self.start: State = _Read()

    def edges(self, state: State) -> Edges:
        """The characters that may follow, and where each leads."""
        assert isinstance(state, _Read)
        found: list[tuple[CharSet, State]] = [(_DIGIT[digit], self._digit(state, digit)) for digit in range(10)]
        if state.sign == 0:
            found += [(_PLUS, _Read(1)), (_MINUS, _Read(-1))]
        if not state.fraction:
            found.append((_POINT, _Read(state.sign or 1, True, 0, self._whole_order(state), state.zero)))
        return found

    def accepts(self, state: State) -> bool:
        """Whether the number that was read keeps the bound."""
        assert isinstance(state, _Read)
        order = state.order if state.fraction else self._whole_order(state)
        if order == 0 and (state.places < len(self._rest) if state.fraction else bool(self._rest)):
            order = -1
        sign = 0 if state.zero else (state.sign or 1)
        if sign != self._sign:
            order = 1 if sign > self._sign else -1
        elif sign < 0:
            order = -order
        elif sign == 0:
            order = 0
        return self._included if order == 0 else (order > 0) == self._lower

    def _whole_order(self, state: _Read) -> int:
        if state.places != len(self._whole):
            return 1 if state.places > len(self._whole) else -1
        return state.order

    def _digit(self, state: _Read, digit: int) -> _Read:
        sign, zero = state.sign or 1, state.zero and digit == 0
        if state.fraction:
            mine = int(self._rest[state.places]) if state.places < len(self._rest) else 0
            order = state.order or (digit > mine) - (digit < mine)
            return _Read(sign, True, min(state.places + 1, len(self._rest)), order, zero)
        if state.places == 0 and digit == 0:
            return _Read(sign)
        if state.places >= len(self._whole):
            return _Read(sign, False, len(self._whole) + 1, 1, False)
        mine = int(self._whole[state.places])
        return _Read(sign, False, state.places + 1, state.order or (digit > mine) - (digit < mine), False)


class Digits:
    """Decimal texts with at most so many digits in all and behind the point; zeros in front are not counted."""

    def __init__(self, total: int | None, fraction: int | None) -> None:
        self._total = total
        self._fraction = fraction
        self.start: State = (0, -1)  # digits that count, digits behind the point (-1: no point yet)

    def edges(self, state: State) -> Edges:
        """The characters that may follow, and where each leads."""
        assert isinstance(state, tuple)
        counted, behind = state
        found: list[tuple[CharSet, State]] = []
        if counted == 0 and behind < 0:
            found += [(_DIGIT[0], state), (_PLUS, state), (_MINUS, state)]
        for digit in range(10):
            if digit == 0 and counted == 0 and behind < 0:
                continue
            after = counted if self._total is None else counted + 1
            place = behind if behind < 0 or self._fraction is None else behind + 1
            if (self._total is None or after <= self._total) and (self._fraction is None or place <= self._fraction):
                found.append((_DIGIT[digit], (after if self._total is not None else 1, place)))
        if behind < 0:
            found.append((_POINT, (counted, 0)))
        return found

    def accepts(self, state: State) -> bool:
        """Any text that came so far."""
        del state
        return True


class Counted:
    """Texts of ``least`` to ``most`` characters."""

    def __init__(self, least: int, most: int | None, alphabet: CharSet) -> None:
        self._least = least
        self._most = most
        self._alphabet = alphabet
        self.start: State = 0

    def edges(self, state: State) -> Edges:
        """The characters that may follow, and where each leads."""
        assert isinstance(state, int)
        if self._most is None:
            return [(self._alphabet, min(state + 1, self._least))]
        return [(self._alphabet, state + 1)] if state < self._most else []

    def accepts(self, state: State) -> bool:
        """Whether the text is long enough."""
        assert isinstance(state, int)
        return state >= self._least


class Ordered:
    """Texts whose first characters are not below ``low`` and not above ``high``, which are of one length; what
    comes after them is free."""

    def __init__(self, low: str, high: str, alphabet: CharSet) -> None:
        self._low = low
        self._high = high
        self._alphabet = alphabet
        self.start: State = (0, True, True)

    def edges(self, state: State) -> Edges:
        """The characters that may follow, and where each leads."""
        assert isinstance(state, tuple)
        at, on_low, on_high = state
        if at >= len(self._low) or not (on_low or on_high):
            return [(self._alphabet, (len(self._low), False, False))]
        low = ord(self._low[at]) if on_low else 0
        high = ord(self._high[at]) if on_high else 0x10FFFF
        found: list[tuple[CharSet, State]] = []
        for first, last, still_low, still_high in _parts(low, high, on_low, on_high):
            chars = CharSet(((first, last),)) & self._alphabet
            if chars:
                found.append((chars, (at + 1, still_low, still_high)))
        return found

    def accepts(self, state: State) -> bool:
        """Any text that came so far."""
        del state
        return True


def _parts(low: int, high: int, on_low: bool, on_high: bool) -> list[tuple[int, int, bool, bool]]:
    if low > high:
        return []
    if low == high:
        return [(low, low, on_low, on_high)]
    parts = []
    if on_low:
        parts.append((low, low, True, False))
        low += 1
    if on_high:
        parts.append((high, high, False, True))
        high -= 1
    if low <= high:
        parts.append((low, high, False, False))
    return parts
