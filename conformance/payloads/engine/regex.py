"""Reads a regular expression of XSD into a tree. There are no anchors, no groups to capture and no lazy quantifiers."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from conformance.payloads.engine import characters
from conformance.payloads.engine.characters import CharClass, CharSet

MAX_POSITIONS = 20_000  # of one pattern once its counts are written out; a pattern beyond is refused in bounded time


class RegexProblem(ValueError):
    """A pattern that is not a regular expression of XSD, or is too large. The message names the character."""


@dataclass(frozen=True, slots=True)
class One:
    """One character of a class."""

    chars: CharClass


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts one after another; without parts the empty string."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part from ``least`` to ``most`` times (None: any number of times)."""

    part: Node
    least: int
    most: int | None


Node = One | Sequence | Choice | Repeat

_SINGLE = {"n": "\n", "r": "\r", "t": "\t", **{char: char for char in "\\|.-^?*+{}()[]"}}


@functools.lru_cache(maxsize=4096)
def parse(pattern: str) -> Node:
    """Return the tree of a pattern. Raises RegexProblem."""
    reader = _Reader(pattern)
    node = reader.choice()
    if reader.at < len(pattern):
        raise reader.problem(f"{pattern[reader.at]!r} has no opening bracket")
    if positions(node) > MAX_POSITIONS:
        raise RegexProblem(f"it spells out to more than {MAX_POSITIONS} characters; generation does not go that far")
    return node


def positions(node: Node) -> int:
    """Return the number of characters of a pattern once its counts are written out."""
    match node:
        case One():
            return 1
        case Sequence(parts) | Choice(parts):
            return sum(positions(part) for part in parts)
        case Repeat(part, least, most):
            return positions(part) * max(1, least + 1 if most is None else most)


def nullable(node: Node) -> bool:
    """Return True if the empty string matches."""
    match node:
        case One():
            return False
        case Sequence(parts):
            return all(nullable(part) for part in parts)
        case Choice(parts):
            return any(nullable(part) for part in parts)
        case Repeat(part, least, _):
            return least == 0 or nullable(part)


def without_empty(node: Node) -> Node:
    """Return a pattern that matches the same strings but the empty one."""
    if not nullable(node):
        return node
    match node:
        case Sequence(parts):  # all nullable: the first that is not empty, and then the rest
            return Choice(tuple(Sequence((without_empty(part), *parts[at + 1 :])) for at, part in enumerate(parts)))
        case Choice(parts):
            return Choice(tuple(without_empty(part) for part in parts))
        case Repeat(part, _, most):
            return Repeat(without_empty(part), 1, most) if most != 0 else Choice(())
        case One():
            return node


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self._depth = 0

    def problem(self, reason: str) -> RegexProblem:
        return RegexProblem(f"at character {self.at + 1}: {reason}")

    def _next(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def _take(self) -> str:
        if self.at >= len(self.text):
            raise self.problem("the pattern ends too early")
        self.at += 1
        return self.text[self.at - 1]

    def choice(self) -> Node:
        self._depth += 1
        if self._depth > 100:
            raise self.problem("more than 100 brackets inside each other")
        parts = [self._sequence()]
        while self._next() == "|":
            self.at += 1
            parts.append(self._sequence())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self._next() not in {"", "|", ")"}:
            parts.append(self._quantified())
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _quantified(self) -> Node:
        atom = self._atom()
        most: int | None
        match self._next():
            case "?":
                least, most = 0, 1
            case "*":
                least, most = 0, None
            case "+":
                least, most = 1, None
            case "{":
                least, most = self._counts()
            case _:
                return atom
        self.at += 1
        if self._next() in {"?", "*", "+", "{"}:
            raise self.problem(f"{self._next()!r} follows a quantifier")
        return Repeat(atom, least, most)

    def _counts(self) -> tuple[int, int | None]:
        end = self.text.find("}", self.at)
        if end < 0:
            raise self.problem("'{' is not closed")
        low, comma, high = self.text[self.at + 1 : end].partition(",")
        if not (low.isascii() and low.isdigit()) or (high and not (high.isascii() and high.isdigit())):
            raise self.problem(f"{self.text[self.at : end + 1]!r} is not a count")
        if len(low) > 9 or len(high) > 9:
            raise self.problem("a count of more than nine digits")
        least = int(low)
        most = (int(high) if high else None) if comma else least
        if most is not None and most < least:
            raise self.problem(f"{self.text[self.at : end + 1]!r} counts down")
        self.at = end
        return least, most

    def _atom(self) -> Node:
        char = self._take()
        match char:
            case "(":
                inner = self.choice()
                if self._next() != ")":
                    raise self.problem("'(' is not closed")
                self.at += 1
                return inner
            case "[":
                return One(self._bracket())
            case ".":
                return One(characters.DOT)
            case "\\":
                return One(self._escape()[0])
            case "?" | "*" | "+" | "{" | "}" | "]":
                self.at -= 1
                raise self.problem(f"{char!r} stands where a character is expected; write \\{char}")
            case _:
                return One(_exactly(char))

    def _escape(self) -> tuple[CharClass, str | None]:
        """Read the class after a backslash; the second value is the character if it is a single one."""
        char = self._take()
        if char in _SINGLE:
            return _exactly(_SINGLE[char]), _SINGLE[char]
        if char in {"p", "P"}:
            chars = self._property()
            return (~chars if char == "P" else chars), None
        try:
            return characters.escape(char), None
        except KeyError:
            raise self.problem(f"\\{char} is no escape of XSD") from None

    def _property(self) -> CharClass:
        end = self.text.find("}", self.at)
        if self._next() != "{" or end < 0:
            raise self.problem("\\p needs a name in braces")
        name = self.text[self.at + 1 : end]
        try:
            chars = characters.block(name[2:]) if name.startswith("Is") else characters.category(name)
        except KeyError:
            raise self.problem(f"{name!r} is no category or block of Unicode") from None
        self.at = end + 1
        return chars

    def _bracket(self) -> CharClass:
        """Read a class in square brackets, of which the opening one is read already."""
        negative = self._next() == "^"
        if negative:
            self.at += 1
        chars = CharClass.exactly(characters.EMPTY)
        first = True
        while self._next() != "]":
            if self._next() == "-" and self.text[self.at : self.at + 2] == "-[" and not first:
                self.at += 2
                rest = self._bracket()
                if self._next() != "]":
                    raise self.problem("a subtraction must be the last part of a class")
                self.at += 1
                base = ~chars if negative else chars
                left = base - rest
                # libxml2 also subtracts what a subtracted class has itself subtracted
                return CharClass(left.sure, base.possible | rest.possible, left.exact)
            chars = chars | self._range()
            first = False
        if first:
            raise self.problem("an empty class")
        self.at += 1
        return ~chars if negative else chars

    def _range(self) -> CharClass:
        chars, low = self._member()
        if low is None or self._next() != "-" or self.text[self.at + 1 : self.at + 2] in {"]", "[", ""}:
            return chars
        self.at += 1
        _, high = self._member()
        if high is None or high < low:
            raise self.problem(f"the range that begins with {low!r} has no end after it")
        return CharClass.exactly(CharSet(((ord(low), ord(high)),)))

    def _member(self) -> tuple[CharClass, str | None]:
        char = self._take()
        if char == "\\":
            return self._escape()
        if char == "[":
            raise self.problem("'[' inside a class must be written \\[")
        return _exactly(char), char


def _exactly(char: str) -> CharClass:
    return CharClass.exactly(CharSet(((ord(char), ord(char)),)))
