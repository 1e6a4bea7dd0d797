"""Content models as parts that plan: which elements come, in which order, before any of them is made."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from conformance.payloads.blocks import Block

if TYPE_CHECKING:
    from conformance.payloads.elements import Item

HALF = 128


class Plan:
    """The elements that one element will hold, and how much of what is optional it may still take."""

    __slots__ = ("chance", "items", "repeats", "room")

    def __init__(self, room: float, chance: int, repeats: int) -> None:
        self.items: list[tuple[Item, bool]] = []  # and whether it is one of many
        self.room = room  # elements
        self.chance = chance  # of 256 that something optional comes
        self.repeats = repeats

    def count(self, block: Block, least: int, most: int | None, cost: float) -> int:
        """How many times a part comes; zeros make it come as seldom as it may."""
        extras = self.repeats if most is None else most - least
        if not extras or self.chance <= 0 or self.room < cost:
            return least
        octet = block.octet()
        over = octet - 256 + self.chance
        if over < 0:
            return least
        extras = min(extras, self.repeats, int(self.room // cost) if cost else extras)
        taken = 1 + (over * extras // self.chance)
        self.room -= taken * cost
        return least + taken


class Part:
    """A particle: something that comes from ``least`` to ``most`` times."""

    def __init__(self, least: int, most: int | None) -> None:
        self.least = least
        self.most = most
        self.parent: Group | None = None
        self.cost: float = math.inf  # elements of the smallest single occurrence

    @property
    def least_cost(self) -> float:
        """Elements of as few occurrences as there may be."""
        return self.least * self.cost if self.least else 0

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

    def plan(self, block: Block, plan: Plan) -> None:
        """Plans all occurrences."""
        if self.most == 0 or (self.least == 0 and math.isinf(self.cost)):
            return
        count = self.least if self.least == self.most else plan.count(block, self.least, self.most, self.cost)
        many = self.most is None or self.most > 1
        for _ in range(count):
            self.once(block, plan, many=many)

    def once(self, block: Block, plan: Plan, *, many: bool) -> None:
        """Plans one occurrence."""
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

    def once(self, block: Block, plan: Plan, *, many: bool) -> None:
        """Plans one of them; under no room the smallest."""
        count = len(self.items)
        if count == 1:
            plan.items.append((self.items[0], many))
            return
        item = self.items[block.index(count)]
        over = item.cost - self.cost
        if over > plan.room:
            item, over = self.items[0], 0
        plan.room -= over
        plan.items.append((item, many))

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

    def once(self, block: Block, plan: Plan, *, many: bool) -> None:
        """Plans one after the other."""
        del many
        for each in self.parts:
            each.plan(block, plan)


class All(Group):
    """Parts in any order."""

    def single_cost(self) -> float:
        """Elements of all parts."""
        return sum(each.least_cost for each in self.parts)

    def once(self, block: Block, plan: Plan, *, many: bool) -> None:
        """Plans all parts; zeros keep their order."""
        del many
        parts = list(self.parts)
        while parts:
            parts.pop(block.index(len(parts))).plan(block, plan)


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

    def once(self, block: Block, plan: Plan, *, many: bool) -> None:
        """Plans one branch; under no room the smallest."""
        del many
        branch = self._branches[block.index(len(self._branches))]
        over = branch.least_cost - self.cost
        if over > plan.room:
            branch, over = self._branches[0], 0
        plan.room -= over
        if branch.least == 0 and branch.most != 0 and plan.room >= branch.cost and not math.isinf(branch.cost):
            # chosen, so that it is not left empty as often as it may; zeros leave it empty
            if block.octet() >= HALF // 2:
                plan.room -= branch.cost
                branch.once(block, plan, many=branch.most is None or branch.most > 1)
            return
        branch.plan(block, plan)

