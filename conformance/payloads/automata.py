"""Machines that accept strings, and what is made of them: unions, intersections, lists, and tables to walk through.

A machine is deterministic and lazy: it gives the edges of a state when asked. Patterns that are ANDed, bounds and the
lexical form of a type become one machine by intersection, so that a string is made of all of them at once and none is
thrown away; whether anything is left is decided exactly.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from conformance.payloads import regex
from conformance.payloads.characters import CharSet

MOST_STATES = 20_000

State = Hashable
Edges = Sequence[tuple[CharSet, State]]


class TooLarge(ValueError):
    """A machine with more states than generation explores."""


class Machine(Protocol):
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


class PatternMachine:
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
    """The strings that all of several machines accept."""

    def __init__(self, machines: Sequence[Machine]) -> None:
        self._machines = machines
        self.start: State = tuple(each.start for each in machines)

    def edges(self, state: State) -> Edges:
        """The characters that may follow, and where each leads."""
        assert isinstance(state, tuple)
        found: list[tuple[CharSet, tuple[State, ...]]] = [
            (chars, (target,)) for chars, target in self._machines[0].edges(state[0])
        ]
        for machine, each in zip(self._machines[1:], state[1:], strict=True):
            found = [
                (both, (*targets, target))
                for chars, targets in found
                for others, target in machine.edges(each)
                if (both := chars & others)
            ]
        return found

    def accepts(self, state: State) -> bool:
        """Whether a string may end here."""
        assert isinstance(state, tuple)
        return all(machine.accepts(each) for machine, each in zip(self._machines, state, strict=True))


class Union:
    """The strings that at least one of several machines accepts."""

    def __init__(self, machines: Sequence[Machine]) -> None:
        self._machines = machines
        self._numbers: dict[tuple[int, State], int] = {}
        self._states: list[tuple[int, State]] = []
        self.start: State = frozenset(self._number(at, each.start) for at, each in enumerate(machines))

    def _number(self, machine: int, state: State) -> int:
        found = self._numbers.setdefault((machine, state), len(self._states))
        if found == len(self._states):
            self._states.append((machine, state))
        return found

    def edges(self, state: State) -> Edges:
        """The characters that may follow, and where each leads."""
        assert isinstance(state, frozenset)
        arcs = [
            (chars, self._number(machine, target))
            for machine, inner in (self._states[each] for each in state)
            for chars, target in self._machines[machine].edges(inner)
        ]
        return disjoint(arcs) if arcs else []

    def accepts(self, state: State) -> bool:
        """Whether a string may end here."""
        assert isinstance(state, frozenset)
        return any(self._machines[machine].accepts(inner) for machine, inner in (self._states[each] for each in state))


class Items:
    """Lists of ``least`` to ``most`` items, parted by single spaces; an item holds no space."""

    def __init__(self, item: Machine, least: int, most: int | None) -> None:
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


@dataclass(frozen=True, slots=True)
class Table:
    """A machine written out, without states from which nothing can be accepted; state 0 is the start.

    An empty table (no edges, nothing accepting) accepts no string.
    """

    edges: tuple[tuple[tuple[CharSet, int], ...], ...]
    accepting: frozenset[int]

    @property
    def empty(self) -> bool:
        """Whether no string is accepted."""
        return not self.accepting

    def count(self) -> int | None:
        """How many strings are accepted; None when there is no end of them."""
        counts: dict[int, int] = {}
        on_path: set[int] = set()
        stack = [0]
        while stack:
            state = stack[-1]
            missing = [target for _, target in self.edges[state] if target not in counts]
            if missing and state not in counts:
                if any(target in on_path or target == state for target in missing):
                    return None
                on_path.add(state)
                stack.append(missing[0])
                continue
            stack.pop()
            on_path.discard(state)
            counts[state] = (state in self.accepting) + sum(
                len(chars) * counts[target] for chars, target in self.edges[state]
            )
        return counts[0]


def write_out(machine: Machine) -> Table:
    """The machine as a table; raises TooLarge beyond MOST_STATES states."""
    numbers: dict[State, int] = {machine.start: 0}
    order: list[State] = [machine.start]
    edges: list[list[tuple[CharSet, int]]] = []
    for state in order:  # grows as it goes
        targets: dict[int, CharSet] = {}
        for chars, target in machine.edges(state):
            number = numbers.setdefault(target, len(order))
            if number == len(order):
                order.append(target)
                if number >= MOST_STATES:
                    raise TooLarge(f"it needs more than {MOST_STATES} states; generation does not go that far")
            targets[number] = targets[number] | chars if number in targets else chars
        edges.append([(chars, number) for number, chars in targets.items()])
    accepting = {number for state, number in numbers.items() if machine.accepts(state)}
    return _trimmed(edges, accepting)


def _trimmed(edges: list[list[tuple[CharSet, int]]], accepting: set[int]) -> Table:
    back: list[list[int]] = [[] for _ in edges]
    for state, found in enumerate(edges):
        for _, target in found:
            back[target].append(state)
    alive = set(accepting)
    waiting = list(accepting)
    while waiting:
        for state in back[waiting.pop()]:
            if state not in alive:
                alive.add(state)
                waiting.append(state)
    kept = [0, *sorted(alive - {0})]
    renamed = {state: number for number, state in enumerate(kept)}
    return Table(
        tuple(tuple((chars, renamed[target]) for chars, target in edges[state] if target in alive) for state in kept),
        frozenset(renamed[state] for state in accepting),
    )
