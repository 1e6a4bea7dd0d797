"""Strings that an automaton accepts: its transition table, and walks through it of a wanted length."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from conformance.payloads.engine.automata import Automaton, State
from conformance.payloads.engine.characters import USUAL, CharSet, simplicity
from conformance.payloads.engine.choices import Choices

MAX_STATES = 20_000


@dataclass(frozen=True, slots=True)
class TransitionTable:
    """An automaton written out, without states from which nothing can be accepted; state 0 is the start.

    An empty table (no edges, nothing accepting) accepts no string.
    """

    edges: tuple[tuple[tuple[CharSet, int], ...], ...]
    accepting: frozenset[int]

    @property
    def empty(self) -> bool:
        """True if no string is accepted."""
        return not self.accepting

    def count(self) -> int | None:
        """Return the number of strings that are accepted, None if it is infinite."""
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


def tabulate(automaton: Automaton) -> TransitionTable:
    """Return the automaton as a table. Raises TooLarge if it has more than MAX_STATES states."""
    numbers: dict[State, int] = {automaton.start: 0}
    order: list[State] = [automaton.start]
    edges: list[list[tuple[CharSet, int]]] = []
    for state in order:  # grows as it goes
        targets: dict[int, CharSet] = {}
        for chars, target in automaton.edges(state):
            number = numbers.setdefault(target, len(order))
            if number == len(order):
                order.append(target)
                if number >= MAX_STATES:
                    raise TooLarge(f"it needs more than {MAX_STATES} states; generation does not go that far")
            targets[number] = targets[number] | chars if number in targets else chars
        edges.append([(chars, number) for number, chars in targets.items()])
    accepting = {number for state, number in numbers.items() if automaton.accepts(state)}
    return _trimmed(edges, accepting)


def _trimmed(edges: list[list[tuple[CharSet, int]]], accepting: set[int]) -> TransitionTable:
    back: list[list[int]] = [[] for _ in edges]
    for state, outgoing in enumerate(edges):
        for _, target in outgoing:
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
    return TransitionTable(
        tuple(tuple((chars, renamed[target]) for chars, target in edges[state] if target in alive) for state in kept),
        frozenset(renamed[state] for state in accepting),
    )


class TooLarge(ValueError):
    """An automaton with more states than generation explores."""


_LONG = 1024  # lengths up to here are reached when the schema allows them
_FRESH = 48  # characters of one string that are chosen; a longer string repeats the choices
_WIDE = 4096  # characters of one step that can be chosen


class StringsOf:
    """The strings of a table that are ``least`` to ``most`` characters long, shortest and simplest first."""

    def __init__(self, table: TransitionTable, least: int = 0, most: int | None = None) -> None:
        self._table = table
        horizon = least + max(64, len(table.edges))
        if most is not None:
            horizon = min(most, max(horizon, _LONG))
        self._lengths = _lengths(table, horizon)
        possible = self._lengths[0] >> least
        self.lengths = tuple(least + at for at in range(max(0, horizon - least) + 1) if possible >> at & 1)
        self._steps: dict[tuple[int, int], _Step] = {}
        self._longest = self.lengths[-1] if self.lengths and most is not None and most <= _LONG else None
        # hundreds of characters take their time, so they come more rarely
        self._long_from = 0xE8 if self._longest is not None and self._longest <= 64 else 0xFC

    @property
    def empty(self) -> bool:
        """True if there is no such string."""
        return not self.lengths

    @property
    def choice_bytes(self) -> int:
        """Bytes of choices that one string takes, about."""
        if self.empty:
            return 0
        return (len(self.lengths) > 1) + min(_FRESH, self.lengths[min(4, len(self.lengths) - 1)])

    def make(self, choices: Choices) -> str:
        """Return one string; zeros make the first of all."""
        length = self._length(choices) if len(self.lengths) > 1 else self.lengths[0]
        state, left = 0, length
        chars: list[str] = []
        steps = self._steps
        for byte in choices.take(min(length, _FRESH)):
            step = steps.get((state, left)) or self._step(state, left)
            left -= 1
            if byte < step.direct:
                chars.append(step.char_of[byte])
                state = step.target_of[byte]
            else:
                at = step.far(byte, choices)
                chars.append(step.chars[at])
                state = step.targets[at]
        if left:
            self._finish(chars, state, left)
        return "".join(chars)

    def all(self) -> Iterator[str]:
        """Yield every string once, the simplest first; of large character classes only the usual characters."""
        for length in self.lengths:
            yield from self._of_length(length)

    def _length(self, choices: Choices) -> int:
        byte = choices.byte()
        if byte < 0xD0:
            return self.lengths[byte % min(12, len(self.lengths))]
        if byte < self._long_from or self._longest is None:
            return self.lengths[choices.byte() * min(64, len(self.lengths)) >> 8]
        return self._longest

    def _finish(self, made: list[str], state: int, left: int) -> None:
        """Add the rest of a long string by repeating the earlier choices where they fit."""
        wishes = list(made)
        for at, remaining in enumerate(range(left, 0, -1)):
            step = self._steps.get((state, remaining)) or self._step(state, remaining)
            place = max(step.chars.find(wishes[at % len(wishes)]), 0)
            made.append(step.chars[place])
            state = step.targets[place]

    def _of_length(self, length: int) -> Iterator[str]:
        stack: list[tuple[int, str]] = [(0, "")]
        while stack:
            state, text = stack.pop()
            left = length - len(text)
            if left == 0:
                yield text
                continue
            step = self._steps.get((state, left)) or self._step(state, left)
            stack.extend(
                (target, text + char) for char, target in zip(reversed(step.chars), reversed(step.targets), strict=True)
            )

    def _step(self, state: int, left: int) -> _Step:
        chosen = [
            (chars, target) for chars, target in self._table.edges[state] if self._lengths[target] >> (left - 1) & 1
        ]
        made = self._steps[state, left] = _step_of(tuple(chosen))
        return made


class _Step:
    """The characters that may come next, simple ones first, with the states that they lead to.

    Bytes below ``direct`` stand for a character by themselves: for any one where there are few, else for one of ASCII.
    """

    __slots__ = ("_common", "char_of", "chars", "direct", "target_of", "targets")

    def __init__(self, chars: str, targets: list[int], common: int) -> None:
        self.chars = chars
        self.targets = targets
        self._common = common
        count = len(chars)
        near = count if count in {common, 1} or (common == 0 and count <= 256) else common
        self.direct = 256 if near == count else 200 if common else 0
        self.char_of = "".join(chars[byte % near] for byte in range(self.direct))
        self.target_of = [targets[byte % near] for byte in range(self.direct)]

    def far(self, byte: int, choices: Choices) -> int:
        """Return the number of a character for a byte that does not stand for one by itself."""
        if self._common == 0:
            return (byte << 8 | choices.byte()) % len(self.chars)
        wide = len(self.chars) - self._common
        if byte < 232:  # the Latin letters outside ASCII are the nearest
            return self._common + (choices.byte() | (byte & 1) << 8) % min(wide, 384)
        return self._common + ((byte - 232) << 8 | choices.byte()) % wide


_STEPS: dict[tuple[tuple[CharSet, int], ...], _Step] = {}


def _step_of(edges: tuple[tuple[CharSet, int], ...]) -> _Step:
    step = _STEPS.get(edges)
    if step is None:
        share = max(1, _WIDE // max(1, len(edges)))
        points = sorted(
            ((point, target) for chars, target in edges for point in _representatives(chars, share)),
            key=lambda pair: simplicity(pair[0]),
        )
        common = sum(0x20 <= point < 0x7F for point, _ in points)
        common = common if all(0x20 <= point < 0x7F for point, _ in points[:common]) else 0
        step = _Step("".join(chr(point) for point, _ in points), [target for _, target in points], common)
        if len(_STEPS) < 10_000:
            _STEPS[edges] = step
    return step


def _representatives(chars: CharSet, most: int) -> Iterator[int]:
    """Yield all points of a small set, the usual characters of a large one, or a selection if it has none of those."""
    if len(chars) <= most:
        yield from chars.points()
        return
    usual = chars & USUAL
    if usual:
        yield from usual.points()
        return
    share = max(1, most // max(1, len(chars.spans)))
    for first, last in chars.spans[:most]:
        yield from range(first, last + 1, (last - first) // share + 1)


def _lengths(table: TransitionTable, horizon: int) -> list[int]:
    """Return for each state the lengths of the strings from it to the end, as bits, up to the horizon."""
    mask = (1 << (horizon + 1)) - 1
    lengths = [1 if state in table.accepting else 0 for state in range(len(table.edges))]
    back: list[set[int]] = [set() for _ in table.edges]
    for state, edges in enumerate(table.edges):
        for _, target in edges:
            back[target].add(state)
    # Later states first: without loops every state then is looked at once, when all that follows it is known.
    waiting = [-state for state in table.accepting]
    heapq.heapify(waiting)
    queued = set(table.accepting)
    while waiting:
        state = -heapq.heappop(waiting)
        queued.discard(state)
        bits = lengths[state]
        if state in back[state]:  # a loop on itself: any longer length as well
            bits = mask & ~((1 << ((bits & -bits).bit_length() - 1)) - 1) if bits else 0
            lengths[state] = bits
        for source in back[state]:
            if source != state:
                grown = lengths[source] | (bits << 1 & mask)
                if grown != lengths[source]:
                    lengths[source] = grown
                    if source not in queued:
                        queued.add(source)
                        heapq.heappush(waiting, -source)
    return lengths
