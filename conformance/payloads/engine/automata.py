"""Machines that accept strings, and what is made of them: unions, intersections, lists, and tables to walk through.

A automaton is deterministic and lazy: it gives the edges of a state when asked. Patterns that are ANDed, bounds and the
lexical form of a type become one automaton by intersection, so that a string is made of all of them at once and none is
thrown away; whether anything is left is decided exactly.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from conformance.payloads.engine import regex
from conformance.payloads.engine.characters import CharSet

State = Hashable
Edges = Sequence[tuple[CharSet, State]]


class Automaton(Protocol):
    """Accepts strings; the character sets of a state's edges are disjoint."""

    @property
    def start(self) -> State:
        """The state before the first character."""

    def edges(self, state: State) -> Edges:
        """The characters that may follow, and where each leads."""

    def accepts(self, state: State) -> bool:
        """Whether a string may end here."""


def disjoint(arcs: Iterable[tuple[CharSet, int]]) -> list[tuple[CharSet, frozenset[int]]]:
    """Overlapping arcs as disjoint ones, each with all the targets that its characters lead to."""
    distinct: dict[CharSet, set[int]] = {}
    for chars, target in arcs:
        distinct.setdefault(chars, set()).add(target)
    if len(distinct) == 1:
        return [(chars, frozenset(targets)) for chars, targets in distinct.items()]
    events: dict[int, list[tuple[int, bool]]] = {}
    groups = list(distinct.items())
    for number, (chars, _) in enumerate(groups):
        for low, high in chars.spans:
            events.setdefault(low, []).append((number, True))
            events.setdefault(high + 1, []).append((number, False))
    spans: dict[frozenset[int], list[tuple[int, int]]] = {}
    active: set[int] = set()
    start = 0
    for point in sorted(events):
        if active and point > start:
            spans.setdefault(frozenset(active), []).append((start, point - 1))
        for number, opens in events[point]:
            (active.add if opens else active.discard)(number)
        start = point
    merged: dict[frozenset[int], list[tuple[int, int]]] = {}
    for numbers, found in spans.items():
        targets = frozenset(target for number in numbers for target in groups[number][1])
        merged.setdefault(targets, []).extend(found)
    return [(CharSet.of(found), targets) for targets, found in merged.items()]


class PatternAutomaton:
    """The strings of one regular expression, within an alphabet."""

    def __init__(self, node: regex.Node, alphabet: CharSet, *, exact: bool = False) -> None:
        self._alphabet = alphabet
        self._exact = exact
        self._arcs: list[tuple[CharSet, int] | None] = []
        self._silent: list[list[int]] = []
        self._edges: dict[State, Edges] = {}
        self._sets: dict[CharSet, CharSet] = {}
        first, self._last = self._state(), -1
        self._last = self._build(node, first)
        self.start: State = self._closure([first])

    def edges(self, state: State) -> Edges:
        """The characters that may follow, and where each leads."""
        found = self._edges.get(state)
        if found is None:
            assert isinstance(state, frozenset)
            arcs = [arc for each in state if (arc := self._arcs[each]) is not None]
            found = [(chars, self._closure(targets)) for chars, targets in disjoint(arcs)] if arcs else []
            self._edges[state] = found
        return found

    def accepts(self, state: State) -> bool:
        """Whether a string may end here."""
        assert isinstance(state, frozenset)
        return self._last in state

    def _state(self) -> int:
        self._arcs.append(None)
        self._silent.append([])
        return len(self._arcs) - 1

    def _build(self, node: regex.Node, start: int) -> int:
        """Adds a part that begins in ``start``; gives the state in which it ends."""
        match node:
            case regex.One(chars):
                end = self._state()
                found = self._within(chars.exact if self._exact else chars.sure)
                if found:
                    self._arcs[start] = (found, end)
                return end
            case regex.Sequence(parts):
                for part in parts:
                    start = self._build(part, self._after(start))
                return start
            case regex.Choice(parts):
                ends = [self._build(part, self._after(start)) for part in parts]
                end = self._state()
                for each in ends:
                    self._silent[each].append(end)
                return end
            case regex.Repeat(part, least, most):
                return self._repeat(part, least, most, start)

    def _repeat(self, part: regex.Node, least: int, most: int | None, start: int) -> int:
        if not self._exact and least > 1 and regex.nullable(part):
            part = regex.without_empty(part)  # libxml2 does not count rounds that are empty
        for _ in range(least):
            start = self._build(part, self._after(start))
        end = self._state()
        if most is None:
            loop = self._after(start)
            self._silent[self._build(part, self._after(loop))].append(loop)
            self._silent[loop].append(end)
            return end
        self._silent[start].append(end)
        for _ in range(most - least):
            start = self._build(part, self._after(start))
            self._silent[start].append(end)
        return end

    def _after(self, state: int) -> int:
        """A fresh state that is reached from another one in silence, so that parts do not share their beginnings."""
        fresh = self._state()
        self._silent[state].append(fresh)
        return fresh

    def _within(self, chars: CharSet) -> CharSet:
        found = self._sets.get(chars)
        if found is None:
            found = self._sets[chars] = chars & self._alphabet
        return found

    def _closure(self, states: Iterable[int]) -> frozenset[int]:
        """What is reached in silence; states without arcs are left out, for they tell nothing apart."""
        seen: set[int] = set()
        waiting = list(states)
        while waiting:
            each = waiting.pop()
            if each not in seen:
                seen.add(each)
                waiting.extend(self._silent[each])
        return frozenset(each for each in seen if self._arcs[each] is not None or each == self._last)


class Intersection:
    """The strings that all of several automata accept."""

    def __init__(self, automata: Sequence[Automaton]) -> None:
        self._automata = automata
        self.start: State = tuple(each.start for each in automata)

    def edges(self, state: State) -> Edges:
        """The characters that may follow, and where each leads."""
        assert isinstance(state, tuple)
        found: list[tuple[CharSet, tuple[State, ...]]] = [
            (chars, (target,)) for chars, target in self._automata[0].edges(state[0])
        ]
        for automaton, each in zip(self._automata[1:], state[1:], strict=True):
            found = [
                (both, (*targets, target))
                for chars, targets in found
                for others, target in automaton.edges(each)
                if (both := chars & others)
            ]
        return found

    def accepts(self, state: State) -> bool:
        """Whether a string may end here."""
        assert isinstance(state, tuple)
        return all(automaton.accepts(each) for automaton, each in zip(self._automata, state, strict=True))


class Union:
    """The strings that at least one of several automata accepts."""

    def __init__(self, automata: Sequence[Automaton]) -> None:
        self._automata = automata
        self._numbers: dict[tuple[int, State], int] = {}
        self._states: list[tuple[int, State]] = []
        self.start: State = frozenset(self._number(at, each.start) for at, each in enumerate(automata))

    def _number(self, automaton: int, state: State) -> int:
        found = self._numbers.setdefault((automaton, state), len(self._states))
        if found == len(self._states):
            self._states.append((automaton, state))
        return found

    def edges(self, state: State) -> Edges:
        """The characters that may follow, and where each leads."""
        assert isinstance(state, frozenset)
        arcs = [
            (chars, self._number(automaton, target))
            for automaton, inner in (self._states[each] for each in state)
            for chars, target in self._automata[automaton].edges(inner)
        ]
        return disjoint(arcs) if arcs else []

    def accepts(self, state: State) -> bool:
        """Whether a string may end here."""
        assert isinstance(state, frozenset)
        return any(
            self._automata[automaton].accepts(inner) for automaton, inner in (self._states[each] for each in state)
        )


class ListOf:
    """Lists of ``least`` to ``most`` items, parted by single spaces; an item holds no space."""

    def __init__(self, item: Automaton, least: int, most: int | None) -> None:
        self._item = item
        self._least = least
        self._most = most
        self.start: State = (0, item.start, True)

    def edges(self, state: State) -> Edges:
        """The characters that may follow, and where each leads."""
        assert isinstance(state, tuple)
        done, inner, _ = state
        found: list[tuple[CharSet, State]] = []
        if self._most is None or done < self._most:
            no_space = ((chars - _SPACE, target) for chars, target in self._item.edges(inner))
            found.extend((chars, (done, target, False)) for chars, target in no_space if chars)
        if self._complete(inner) and (self._most is None or done + 1 < self._most):
            after = done + 1 if self._most is not None else min(done + 1, self._least)
            found.append((_SPACE, (after, self._item.start, False)))
        return found

    def accepts(self, state: State) -> bool:
        """Whether a string may end here."""
        assert isinstance(state, tuple)
        done, inner, untouched = state
        return self._least == 0 if untouched else self._complete(inner) and done + 1 >= self._least

    def _complete(self, inner: State) -> bool:
        """An item ends here. An empty one is none: two spaces would follow each other."""
        return inner != self._item.start and self._item.accepts(inner)


_SPACE = CharSet.chars(" ")


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


class LengthBound:
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


class PrefixBound:
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
