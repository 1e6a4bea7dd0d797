"""Automata that accept strings: patterns, bounds, lists, and their unions and intersections.

An automaton is deterministic and lazy: it calculates the edges of a state when asked. Patterns that are ANDed, bounds
and the lexical form of a type become one automaton by intersection, so a string keeps all of them at once, none is made
and thrown away, and it is decided exactly whether there is any.
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
    """An automaton that accepts strings. The character sets of a state's edges are disjoint."""

    @property
    def start(self) -> State:
        """State before the first character."""

    def edges(self, state: State) -> Edges:
        """Return the character sets that may follow a state, each with the state that it leads to."""

    def accepts(self, state: State) -> bool:
        """Return True if a string may end in this state."""


def disjoint(arcs: Iterable[tuple[CharSet, int]]) -> list[tuple[CharSet, frozenset[int]]]:
    """Return overlapping arcs as disjoint ones, each with all targets that its characters lead to."""
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
    for numbers, group_spans in spans.items():
        targets = frozenset(target for number in numbers for target in groups[number][1])
        merged.setdefault(targets, []).extend(group_spans)
    return [(CharSet.of(group_spans), targets) for targets, group_spans in merged.items()]


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
        """Return the character sets that may follow a state, each with the state that it leads to."""
        edges = self._edges.get(state)
        if edges is None:
            assert isinstance(state, frozenset)
            arcs = [arc for inner in state if (arc := self._arcs[inner]) is not None]
            edges = [(chars, self._closure(targets)) for chars, targets in disjoint(arcs)] if arcs else []
            self._edges[state] = edges
        return edges

    def accepts(self, state: State) -> bool:
        """Return True if a string may end in this state."""
        assert isinstance(state, frozenset)
        return self._last in state

    def _state(self) -> int:
        self._arcs.append(None)
        self._silent.append([])
        return len(self._arcs) - 1

    def _build(self, node: regex.Node, start: int) -> int:
        """Add a part that begins in ``start``. Returns the state in which it ends."""
        match node:
            case regex.One(chars):
                end = self._state()
                chars_within = self._within(chars.exact if self._exact else chars.sure)
                if chars_within:
                    self._arcs[start] = (chars_within, end)
                return end
            case regex.Sequence(parts):
                for part in parts:
                    start = self._build(part, self._after(start))
                return start
            case regex.Choice(parts):
                ends = [self._build(part, self._after(start)) for part in parts]
                end = self._state()
                for last in ends:
                    self._silent[last].append(end)
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
        """Return a new state that another one reaches without a character, so that parts have separate first states."""
        fresh = self._state()
        self._silent[state].append(fresh)
        return fresh

    def _within(self, chars: CharSet) -> CharSet:
        within = self._sets.get(chars)
        if within is None:
            within = self._sets[chars] = chars & self._alphabet
        return within

    def _closure(self, states: Iterable[int]) -> frozenset[int]:
        """Return the states with arcs that are reached without a character."""
        seen: set[int] = set()
        waiting = list(states)
        while waiting:
            inner = waiting.pop()
            if inner not in seen:
                seen.add(inner)
                waiting.extend(self._silent[inner])
        return frozenset(inner for inner in seen if self._arcs[inner] is not None or inner == self._last)


class Intersection:
    """Strings that all of several automata accept."""

    def __init__(self, automata: Sequence[Automaton]) -> None:
        self._automata = automata
        self.start: State = tuple(automaton.start for automaton in automata)

    def edges(self, state: State) -> Edges:
        """Return the character sets that may follow a state, each with the state that it leads to."""
        assert isinstance(state, tuple)
        edges: list[tuple[CharSet, tuple[State, ...]]] = [
            (chars, (target,)) for chars, target in self._automata[0].edges(state[0])
        ]
        for automaton, inner in zip(self._automata[1:], state[1:], strict=True):
            edges = [
                (both, (*targets, target))
                for chars, targets in edges
                for others, target in automaton.edges(inner)
                if (both := chars & others)
            ]
        return edges

    def accepts(self, state: State) -> bool:
        """Return True if a string may end in this state."""
        assert isinstance(state, tuple)
        return all(automaton.accepts(inner) for automaton, inner in zip(self._automata, state, strict=True))


class Union:
    """Strings that at least one of several automata accepts."""

    def __init__(self, automata: Sequence[Automaton]) -> None:
        self._automata = automata
        self._numbers: dict[tuple[int, State], int] = {}
        self._states: list[tuple[int, State]] = []
        self.start: State = frozenset(self._number(at, automaton.start) for at, automaton in enumerate(automata))

    def _number(self, automaton: int, state: State) -> int:
        number = self._numbers.setdefault((automaton, state), len(self._states))
        if number == len(self._states):
            self._states.append((automaton, state))
        return number

    def edges(self, state: State) -> Edges:
        """Return the character sets that may follow a state, each with the state that it leads to."""
        assert isinstance(state, frozenset)
        arcs = [
            (chars, self._number(automaton, target))
            for automaton, inner in (self._states[number] for number in state)
            for chars, target in self._automata[automaton].edges(inner)
        ]
        return disjoint(arcs) if arcs else []

    def accepts(self, state: State) -> bool:
        """Return True if a string may end in this state."""
        assert isinstance(state, frozenset)
        return any(
            self._automata[automaton].accepts(inner) for automaton, inner in (self._states[number] for number in state)
        )


class ListOf:
    """Lists of ``least`` to ``most`` items, separated by single spaces. An item has no space."""

    def __init__(self, item: Automaton, least: int, most: int | None) -> None:
        self._item = item
        self._least = least
        self._most = most
        self.start: State = (0, item.start, True)

    def edges(self, state: State) -> Edges:
        """Return the character sets that may follow a state, each with the state that it leads to."""
        assert isinstance(state, tuple)
        done, inner, _ = state
        edges: list[tuple[CharSet, State]] = []
        if self._most is None or done < self._most:
            no_space = ((chars - _SPACE, target) for chars, target in self._item.edges(inner))
            edges.extend((chars, (done, target, False)) for chars, target in no_space if chars)
        if self._complete(inner) and (self._most is None or done + 1 < self._most):
            after = done + 1 if self._most is not None else min(done + 1, self._least)
            edges.append((_SPACE, (after, self._item.start, False)))
        return edges

    def accepts(self, state: State) -> bool:
        """Return True if a string may end in this state."""
        assert isinstance(state, tuple)
        done, inner, untouched = state
        return self._least == 0 if untouched else self._complete(inner) and done + 1 >= self._least

    def _complete(self, inner: State) -> bool:
        """Return True if an item may end here. An empty item is none: two spaces would follow each other."""
        return inner != self._item.start and self._item.accepts(inner)


_SPACE = CharSet.chars(" ")


_DIGIT = tuple(CharSet.chars(digit) for digit in "0123456789")
_POINT = CharSet.chars(".")
_PLUS = CharSet.chars("+")
_MINUS = CharSet.chars("-")


@dataclass(frozen=True, slots=True)
class _Read:
    """State of reading a number from the left: how its digits so far compare with those of the bound."""

    sign: int = 0  # 0 before the sign
    fraction: bool = False
    places: int = 0  # of the whole part without leading zeros, or of the fraction
    order: int = 0  # of the digits so far: -1 below the bound's, 1 above
    zero: bool = True


class DecimalBound:
    """Decimal texts above (or below) a bound, the bound itself included or not."""

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
        """Return the character sets that may follow a state, each with the state that it leads to."""
        assert isinstance(state, _Read)
        edges: list[tuple[CharSet, State]] = [(_DIGIT[digit], self._digit(state, digit)) for digit in range(10)]
        if state.sign == 0:
            edges += [(_PLUS, _Read(1)), (_MINUS, _Read(-1))]
        if not state.fraction:
            edges.append((_POINT, _Read(state.sign or 1, True, 0, self._whole_order(state), state.zero)))
        return edges

    def accepts(self, state: State) -> bool:
        """Return True if the number that was read is within the bound."""
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
    """Decimal texts with at most ``total`` digits, ``fraction`` of them after the point; leading zeros do not count."""

    def __init__(self, total: int | None, fraction: int | None) -> None:
        self._total = total
        self._fraction = fraction
        self.start: State = (0, -1)  # digits that count, digits behind the point (-1: no point yet)

    def edges(self, state: State) -> Edges:
        """Return the character sets that may follow a state, each with the state that it leads to."""
        assert isinstance(state, tuple)
        counted, behind = state
        edges: list[tuple[CharSet, State]] = []
        if counted == 0 and behind < 0:
            edges += [(_DIGIT[0], state), (_PLUS, state), (_MINUS, state)]
        for digit in range(10):
            if digit == 0 and counted == 0 and behind < 0:
                continue
            after = counted if self._total is None else counted + 1
            place = behind if behind < 0 or self._fraction is None else behind + 1
            if (self._total is None or after <= self._total) and (self._fraction is None or place <= self._fraction):
                edges.append((_DIGIT[digit], (after if self._total is not None else 1, place)))
        if behind < 0:
            edges.append((_POINT, (counted, 0)))
        return edges

    def accepts(self, state: State) -> bool:
        """Return True: the edges already exclude every other text."""
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
        """Return the character sets that may follow a state, each with the state that it leads to."""
        assert isinstance(state, int)
        if self._most is None:
            return [(self._alphabet, min(state + 1, self._least))]
        return [(self._alphabet, state + 1)] if state < self._most else []

    def accepts(self, state: State) -> bool:
        """Return True if the text is long enough."""
        assert isinstance(state, int)
        return state >= self._least


class PrefixBound:
    """Texts that begin with characters from ``low`` to ``high``, which have one length. The rest may be any text."""

    def __init__(self, low: str, high: str, alphabet: CharSet) -> None:
        self._low = low
        self._high = high
        self._alphabet = alphabet
        self.start: State = (0, True, True)

    def edges(self, state: State) -> Edges:
        """Return the character sets that may follow a state, each with the state that it leads to."""
        assert isinstance(state, tuple)
        at, on_low, on_high = state
        if at >= len(self._low) or not (on_low or on_high):
            return [(self._alphabet, (len(self._low), False, False))]
        low = ord(self._low[at]) if on_low else 0
        high = ord(self._high[at]) if on_high else 0x10FFFF
        edges: list[tuple[CharSet, State]] = []
        for first, last, still_low, still_high in _parts(low, high, on_low, on_high):
            chars = CharSet(((first, last),)) & self._alphabet
            if chars:
                edges.append((chars, (at + 1, still_low, still_high)))
        return edges

    def accepts(self, state: State) -> bool:
        """Return True: the edges already exclude every other text."""
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
