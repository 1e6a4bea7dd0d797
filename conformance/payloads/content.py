"""Content models as parts that fill an element: which elements come, in which order and how often."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from conformance.payloads.blocks import Block
from conformance.payloads.document import Document, Element

if TYPE_CHECKING:
    from conformance.payloads.elements import Item
    from conformance.payloads.words import Words

HALF = 128
_OWN_BLOCK = 96  # decisions; an element that takes more has a block for itself
_SOMETIMES = 0xB0


class Filling:
    """An element that is being filled, and how much of what is optional it may still take."""

    __slots__ = ("_depth", "_mixed", "_share", "chance", "document", "element", "repeats", "room")

    def __init__(
        self,
        element: Element,
        document: Document,
        *,
        room: float,
        share: float,
        chance: int,
        depth: int,
        mixed: Words | None,
    ) -> None:
        self.element = element
        self.document = document
        self.room = room  # elements
        self.chance = chance  # of 256 that something optional comes
        self.repeats = document.repeats
        self._share = share  # of the room for each child
        self._depth = depth
        self._mixed = mixed

    def put(self, item: Item, block: Block, *, own: bool) -> None:
        """Makes a child; ``own`` tells that the block is for this child alone."""
        if not own and item.size > _OWN_BLOCK:
            block = self.document.block(item.size)
        child = item.make(self.element, self.document, block, min(self._share, self.room), self._depth + 1)
        if self._mixed is not None and block.octet() >= _SOMETIMES:
            child.tail = self._mixed.make(block)

    def takes(self, block: Block, cost: float, extras: int) -> bool:
        """Whether one more comes that need not, of about so many; zeros say no."""
        if self.chance <= 0 or self.room < cost:
            return False
        if block.octet() >= (256 - self.chance if extras <= 1 else 512 // (2 + extras)):
            self.room -= cost
            return True
        return False


class Part:
    """A particle: something that comes from ``least`` to ``most`` times."""

    def __init__(self, least: int, most: int | None) -> None:
        self.least = least
        self.most = most
        self.size = 0  # decisions of one occurrence, as far as they are known at the start
        self.parent: Group | None = None
        self.cost: float = math.inf  # elements of the smallest single occurrence

    @property
    def least_cost(self) -> float:
        """Elements of as few occurrences as there may be."""
        return self.least * self.cost if self.least else 0

    @property
    def expected(self) -> float:
        """About how many occurrences there are."""
        return self.least + (0 if self.most == self.least else 0.5 if self.most == 1 else 2)

    @property
    def optional_cost(self) -> float:
        """Elements of one occurrence more of all that is optional in it."""
        own = self.cost if self.most is None or self.most > self.least else 0
        return (0 if math.isinf(own) else own) + self.inner_optional()

    def inner_optional(self) -> float:
        """The same of the parts inside."""
        return 0

    def reckon(self) -> bool:
        """Works out the cost anew from the parts inside; whether it changed."""
        cost = self.single_cost()
        changed = cost != self.cost
        self.cost = cost
        return changed

    def single_cost(self) -> float:
        """Elements of the smallest single occurrence."""
        raise NotImplementedError

    def fill(self, block: Block, filling: Filling) -> None:
        """Makes all occurrences. Where there may be many, each has a block of its own that begins by saying whether it
        comes: so one can be taken out and the others stay as they are."""
        least, most = self.least, self.most
        if most == 1:
            if least or (not math.isinf(self.cost) and filling.takes(block, self.cost, 1)):
                self.once(block, filling, own=False)
            return
        document = filling.document
        for _ in range(least):
            self.once(document.block(self.size), filling, own=True)
        extras = filling.repeats if most is None else min(most - least, filling.repeats)
        if extras <= 0 or math.isinf(self.cost) or filling.chance <= 0 or block.octet() < 256 - filling.chance:
            return
        for _ in range(extras):
            own = document.block(self.size + 1)
            if not filling.takes(own, self.cost, extras):
                return
            self.once(own, filling, own=True)

    def once(self, block: Block, filling: Filling, *, own: bool) -> None:
        """Makes one occurrence."""
        raise NotImplementedError

    def leaves(self) -> Iterator[Leaf]:
        """The elements and wildcards inside."""
        raise NotImplementedError

    def demand(self) -> None:
        """From now on it comes at least once, with all groups around it."""
        self.least = max(self.least, 1)
        if self.parent is not None:
            self.parent.prefer(self)
            self.parent.demand()


class Leaf(Part):
    """An element, with all that may stand in its place, or a wildcard with all that it lets in."""

    def __init__(self, items: Sequence[Item], least: int, most: int | None) -> None:
        super().__init__(least, most)
        self.items = list(items)

    def single_cost(self) -> float:
        """Elements of the smallest one."""
        return min((each.cost for each in self.items), default=math.inf)

    def ready(self) -> None:
        """Leaves out what can never be finished, and puts the smallest first."""
        self.items = sorted((each for each in self.items if not math.isinf(each.cost)), key=lambda each: each.cost)

    def once(self, block: Block, filling: Filling, *, own: bool) -> None:
        """Makes one of them; under no room the smallest."""
        items = self.items
        item = items[0]
        if len(items) > 1:
            item = items[block.index(len(items))]
            over = item.cost - self.cost
            if over > filling.room:
                item, over = items[0], 0
            filling.room -= over
        filling.put(item, block, own=own)

    def leaves(self) -> Iterator[Leaf]:
        """Itself."""
        yield self


class Group(Part):
    """Parts together."""

    def __init__(self, parts: Sequence[Part], least: int, most: int | None) -> None:
        super().__init__(least, most)
        self.parts = list(parts)
        for each in self.parts:
            each.parent = self

    def prefer(self, part: Part) -> None:
        """A part inside is demanded."""
        del part

    def inner_optional(self) -> float:
        """Elements of one occurrence more of all that is optional inside."""
        return sum(each.optional_cost for each in self.parts)

    def reckon(self) -> bool:
        """Works out the cost of the parts inside, then its own."""
        for each in self.parts:
            each.reckon()
        return super().reckon()

    def ready(self) -> None:
        """Makes the parts inside ready."""
        for each in self.parts:
            if isinstance(each, (Leaf, Group)):
                each.ready()

    def leaves(self) -> Iterator[Leaf]:
        """The elements and wildcards inside."""
        for each in self.parts:
            yield from each.leaves()


class Sequential(Group):
    """Parts in their order."""

    def single_cost(self) -> float:
        """Elements of all parts."""
        return sum(each.least_cost for each in self.parts)

    def once(self, block: Block, filling: Filling, *, own: bool) -> None:
        """Makes one after the other."""
        del own
        for each in self.parts:
            each.fill(block, filling)


class All(Group):
    """Parts in any order."""

    def single_cost(self) -> float:
        """Elements of all parts."""
        return sum(each.least_cost for each in self.parts)

    def once(self, block: Block, filling: Filling, *, own: bool) -> None:
        """Makes all parts; zeros keep their order."""
        del own
        parts = list(self.parts)
        while parts:
            parts.pop(block.index(len(parts))).fill(block, filling)


class Choice(Group):
    """One of several parts."""

    def __init__(self, parts: Sequence[Part], least: int, most: int | None) -> None:
        super().__init__(parts, least, most)
        self._branches: list[Part] = list(parts)
        self._preferred: Part | None = None

    def prefer(self, part: Part) -> None:
        """From now on only this branch is taken."""
        self._preferred = part

    def single_cost(self) -> float:
        """Elements of the smallest branch."""
        if self._preferred is not None:
            return self._preferred.least_cost
        return min((each.least_cost for each in self.parts), default=0 if self.least == 0 else math.inf)

    def ready(self) -> None:
        """Puts the smallest branch first."""
        super().ready()
        usable = [each for each in self.parts if not math.isinf(each.least_cost)]
        self._branches = [self._preferred] if self._preferred else sorted(usable, key=lambda each: each.least_cost)

    def once(self, block: Block, filling: Filling, *, own: bool) -> None:
        """Makes one branch; under no room the smallest."""
        del own
        if not self._branches:
            return
        branch = self._branches[block.index(len(self._branches))]
        over = branch.least_cost - self.cost
        if over > filling.room:
            branch, over = self._branches[0], 0
        filling.room -= over
        branch.fill(block, filling)
