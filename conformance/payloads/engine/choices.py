"""Choices as bytes: a document is made from blocks of them, and a zero always means the smallest outcome.

That is what lets Hypothesis shrink a document: it makes bytes smaller or takes blocks out.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

_T = TypeVar("_T")
_REFILL = 24  # bytes


class Source(Protocol):
    """A source of choices: Hypothesis, a seed, or zeros."""

    def choices(self, size: int) -> Choices:
        """Return a block for one element, of about ``size`` bytes; it grows when more are taken."""


class Choices:
    """A block of choices that belong together, such as those of one element."""

    __slots__ = ("_data", "_more", "_position")

    def __init__(self, data: bytes, more: Callable[[int], bytes]) -> None:
        self._data = data
        self._position = 0
        self._more = more

    def byte(self) -> int:
        """Return the next byte; 0 when the source is used up."""
        position = self._position
        if position >= len(self._data):
            self._data = self._more(_REFILL)
            self._position = position = 0
            if not self._data:
                return 0
        self._position = position + 1
        return self._data[position]

    def take(self, count: int) -> bytes:
        """Return the next ``count`` bytes, with zeros at the end when the source is used up."""
        end = self._position + count
        if end > len(self._data):
            rest = self._data[self._position :]
            data = rest + self._more(max(_REFILL, count - len(rest)))
            self._data = data + bytes(max(0, count - len(data)))
            self._position, end = 0, count
        taken = self._data[self._position : end]
        self._position = end
        return taken

    def number(self, size: int) -> int:
        """Return a number of ``size`` bytes."""
        value = 0
        for _ in range(size):
            value = value << 8 | self.byte()
        return value

    def index(self, count: int) -> int:
        """Return a number below ``count``; all are about equally likely."""
        if count <= 1:
            return 0
        if count <= 128:
            return self.byte() * count >> 8
        return self.number(2 if count <= 8192 else 4) % count

    def pick(self, options: Sequence[_T]) -> _T:
        """Return one of the options; zeros take the first."""
        return options[self.index(len(options))]


class SeededSource:
    """Choices drawn from a random number generator: the same seed gives the same choices."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - sample documents, not secrets

    def choices(self, size: int) -> Choices:
        """Return a block of random bytes."""
        return Choices(self._random.randbytes(size), self._random.randbytes)


class ZeroSource:
    """Zeros, which make the smallest document."""

    def choices(self, size: int) -> Choices:
        """Return a block of zeros."""
        del size
        return Choices(b"", _nothing)


def _nothing(size: int) -> bytes:
    del size
    return b""


class Values(Protocol):
    """The texts of a simple type, the simplest first."""

    @property
    def choice_bytes(self) -> int:
        """Bytes of choices that one text takes, about."""

    def make(self, choices: Choices) -> str:
        """Return one text; zeros make the simplest."""

    def all(self) -> Iterator[str]:
        """Yield every text that can be generated once, the simplest first."""


class Literals:
    """A few given texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = tuple(texts)
        self.choice_bytes = 0 if len(texts) == 1 else 1 if len(texts) <= 128 else 2

    def make(self, choices: Choices) -> str:
        """Return one of them."""
        return self._texts[choices.index(len(self._texts))]

    def all(self) -> Iterator[str]:
        """Yield all of them."""
        return iter(self._texts)


class UnionValues:
    """The texts of several sources of texts."""

    def __init__(self, makers: Sequence[Values]) -> None:
        self._makers = tuple(makers)
        self.choice_bytes = 1 + max(maker.choice_bytes for maker in makers)

    def make(self, choices: Choices) -> str:
        """Return a text of one of them; zeros take the first."""
        return self._makers[choices.index(len(self._makers))].make(choices)

    def all(self) -> Iterator[str]:
        """Yield the texts of all of them in turn."""
        seen: set[str] = set()
        ended = object()
        for row in itertools.zip_longest(*(maker.all() for maker in self._makers), fillvalue=ended):
            for text in row:
                if isinstance(text, str) and text not in seen:
                    seen.add(text)
                    yield text


class ListValues:
    """Lists of ``least`` to ``most`` texts, separated by spaces."""

    def __init__(self, item: Values, least: int, most: int | None) -> None:
        self._item = item
        self._least = least
        self._spread = 4 if most is None else min(most - least, 20)
        self.choice_bytes = 1 + min(12, least + self._spread) * item.choice_bytes

    def make(self, choices: Choices) -> str:
        """Return a list; zeros make the shortest."""
        count = self._least + choices.index(self._spread + 1)
        return " ".join(self._item.make(choices) for _ in range(count))

    def all(self) -> Iterator[str]:
        """Yield lists of every length that differ in their last item."""
        for count in range(self._least, self._least + self._spread + 1):
            if count == 0:
                yield ""
                continue
            first = next(iter(self._item.all()))
            for last in self._item.all():
                yield " ".join([*[first] * (count - 1), last])
