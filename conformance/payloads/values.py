"""Texts of simple types: what every maker of them can do, and the ones that stand for themselves."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Protocol

from conformance.payloads.blocks import Block


class Values(Protocol):
    """The texts of a simple type, the simplest first."""

    @property
    def octets(self) -> int:
        """About how many decisions one text takes."""

    def make(self, block: Block) -> str:
        """One text; zeros make the simplest."""

    def all(self) -> Iterator[str]:
        """Every text once, as far as generation goes, the simplest first."""


class Picks:
    """One of a few texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = tuple(texts)
        self.octets = 0 if len(texts) == 1 else 1 if len(texts) <= 128 else 2

    def make(self, block: Block) -> str:
        """One of them."""
        return self._texts[block.index(len(self._texts))]

    def all(self) -> Iterator[str]:
        """All of them."""
        return iter(self._texts)


class Mixed:
    """A text of one of several makers."""

    def __init__(self, makers: Sequence[Values]) -> None:
        self._makers = tuple(makers)
        self.octets = 1 + max(each.octets for each in makers)

    def make(self, block: Block) -> str:
        """A text of one of them; zeros take the first."""
        return self._makers[block.index(len(self._makers))].make(block)

    def all(self) -> Iterator[str]:
        """The texts of all, in turn."""
        seen: set[str] = set()
        ended = object()
        for row in itertools.zip_longest(*(each.all() for each in self._makers), fillvalue=ended):
            for text in row:
                if isinstance(text, str) and text not in seen:
                    seen.add(text)
                    yield text


class Listed:
    """Texts of one maker parted by spaces, from ``least`` to ``most`` of them."""

    def __init__(self, item: Values, least: int, most: int | None) -> None:
        self._item = item
        self._least = least
        self._spread = 4 if most is None else min(most - least, 20)
        self.octets = 1 + min(12, least + self._spread) * item.octets

    def make(self, block: Block) -> str:
        """A list; zeros make the shortest."""
        count = self._least + block.index(self._spread + 1)
        return " ".join(self._item.make(block) for _ in range(count))

    def all(self) -> Iterator[str]:
        """Lists of every length, all of one item but the last."""
        for count in range(self._least, self._least + self._spread + 1):
            if count == 0:
                yield ""
                continue
            first = next(iter(self._item.all()))
            for last in self._item.all():
                yield " ".join([*[first] * (count - 1), last])
