"""Content models as parts that fill an element: which elements come, in which order and how often."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from lxml import etree

from conformance.payloads.engine.attributes import Attributes
from conformance.payloads.engine.choices import Choices
from conformance.payloads.engine.document import Constraint, Document, Element
from conformance.payloads.engine.loading import XSI
from conformance.payloads.engine.simple_types import Simple
from conformance.payloads.engine.strings import StringsOf

if TYPE_CHECKING:
    from conformance.payloads.engine.strings import StringsOf


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
        mixed: StringsOf | None,
    ) -> None:
        self.element = element
        self.document = document
        self.room = room  # elements
        self.chance = chance  # of 256 that something optional comes
        self.repeats = document.repeats
        self._share = share  # of the room for each child
        self._depth = depth
        self._mixed = mixed

    def put(self, item: Item, choices: Choices, *, own: bool) -> None:
        """Makes a child; ``own`` tells that the block is for this child alone."""
        if not own and item.size > _OWN_BLOCK:
            choices = self.document.choices(item.size)
        child = item.make(self.element, self.document, choices, min(self._share, self.room), self._depth + 1)
        if self._mixed is not None and choices.byte() >= _SOMETIMES:
            child.tail = self._mixed.make(choices)

    def takes(self, choices: Choices, cost: float, extras: int) -> bool:
        """Whether one more comes that need not, of about so many; zeros say no."""
        if self.chance <= 0 or self.room < cost:
            return False
        if choices.byte() >= (256 - self.chance if extras <= 1 else 512 // (2 + extras)):
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

    def update_costs(self) -> bool:
        """Works out the cost anew from the parts inside; whether it changed."""
        cost = self.single_cost()
        changed = cost != self.cost
        self.cost = cost
        return changed

    def single_cost(self) -> float:
        """Elements of the smallest single occurrence."""
        raise NotImplementedError

    def fill(self, choices: Choices, filling: Filling) -> None:
        """Makes all occurrences. Where there may be many, each has a block of its own that begins by saying whether it
        comes: so one can be taken out and the others stay as they are."""
        least, most = self.least, self.most
        if most == 1:
            if least or (not math.isinf(self.cost) and filling.takes(choices, self.cost, 1)):
                self.once(choices, filling, own=False)
            return
        document = filling.document
        for _ in range(least):
            self.once(document.choices(self.size), filling, own=True)
        extras = filling.repeats if most is None else min(most - least, filling.repeats)
        if extras <= 0 or math.isinf(self.cost) or filling.chance <= 0 or choices.byte() < 256 - filling.chance:
            return
        for _ in range(extras):
            own = document.choices(self.size + 1)
            if not filling.takes(own, self.cost, extras):
                return
            self.once(own, filling, own=True)

    def once(self, choices: Choices, filling: Filling, *, own: bool) -> None:
        """Makes one occurrence."""
        raise NotImplementedError

    def leaves(self) -> Iterator[Leaf]:
        """The elements and wildcards inside."""
        raise NotImplementedError

    def require(self) -> None:
        """From now on it comes at least once, with all groups around it."""
        self.least = max(self.least, 1)
        if self.parent is not None:
            self.parent.prefer(self)
            self.parent.require()


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

    def once(self, choices: Choices, filling: Filling, *, own: bool) -> None:
        """Makes one of them; under no room the smallest."""
        items = self.items
        item = items[0]
        if len(items) > 1:
            item = items[choices.index(len(items))]
            over = item.cost - self.cost
            if over > filling.room:
                item, over = items[0], 0
            filling.room -= over
        filling.put(item, choices, own=own)

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

    def update_costs(self) -> bool:
        """Works out the cost of the parts inside, then its own."""
        for each in self.parts:
            each.update_costs()
        return super().update_costs()

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

    def once(self, choices: Choices, filling: Filling, *, own: bool) -> None:
        """Makes one after the other."""
        del own
        for each in self.parts:
            each.fill(choices, filling)


class All(Group):
    """Parts in any order."""

    def single_cost(self) -> float:
        """Elements of all parts."""
        return sum(each.least_cost for each in self.parts)

    def once(self, choices: Choices, filling: Filling, *, own: bool) -> None:
        """Makes all parts; zeros keep their order."""
        del own
        parts = list(self.parts)
        while parts:
            parts.pop(choices.index(len(parts))).fill(choices, filling)


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

    def once(self, choices: Choices, filling: Filling, *, own: bool) -> None:
        """Makes one branch; under no room the smallest."""
        del own
        if not self._branches:
            return
        branch = self._branches[choices.index(len(self._branches))]
        over = branch.least_cost - self.cost
        if over > filling.room:
            branch, over = self._branches[0], 0
        filling.room -= over
        branch.fill(choices, filling)


NIL = f"{{{XSI}}}nil"
TYPE = f"{{{XSI}}}type"
DEPTH = 24  # elements inside each other; deeper ones are as small as they may be
_RARELY = 0xE0
_SOMETIMES = 0xB0


class Item(Protocol):
    """What stands where a content model says so."""

    @property
    def cost(self) -> float:
        """Elements of the smallest one."""

    def make(self, parent: Element | None, document: Document, choices: Choices, room: float, depth: int) -> Element:
        """Makes one below a parent, or as the root of the document."""

    @property
    def size(self) -> int:
        """Decisions that it takes at the start."""


@dataclass(slots=True, eq=False)
class ElementType:
    """A type of elements. Simple content has ``simple``, complex content has ``content``."""

    attributes: Attributes
    simple: Simple | None = None
    content: Group | None = None
    mixed: StringsOf | None = None
    size: int = -1  # decisions of one element, as far as it is known at the start
    optional: float = 0  # elements of one more of everything optional
    children: float = 0  # about how many elements it holds
    many: bool = False  # whether some of them may come without end

    @property
    def cost(self) -> float:
        """Elements inside the smallest one."""
        return 0 if self.content is None else self.content.least_cost

    def fill(self, element: Element, document: Document, choices: Choices, room: float, depth: int) -> None:
        """Makes what an element of the type holds; attributes are there already."""
        if self.simple is not None:
            document.put(element, None, self.simple, choices)
            return
        mixed, content = self.mixed, self.content
        if mixed is not None and choices.byte() >= _SOMETIMES:
            element.text = mixed.make(choices)
        if content is None:
            return
        if depth >= DEPTH:
            room = 0
        chance = 0
        if room > 0:
            chance = HALF if room >= 2 * self.optional else max(1, int(room * HALF / (2 * self.optional)))
        share = room / max(1.0, self.children if not self.many else self.children + document.repeats)
        content.fill(
            choices, Filling(element, document, room=room, share=share, chance=chance, depth=depth, mixed=mixed)
        )


@dataclass(slots=True, eq=False)
class ElementMaker:
    """A declaration of an element. ``types`` has the declared type first (unless it is abstract), then those that
    xsi:type may name, each with the name to be written."""

    tag: str
    types: list[tuple[ElementType, str | None]] = field(default_factory=list)
    nillable: bool = False
    fixed: str | None = None
    default: str | None = None
    constraints: tuple[Constraint, ...] = ()
    cost: float = math.inf
    size: int = 0

    def update_costs(self) -> bool:
        """Works out the cost anew; whether it changed."""
        cost = 1 + min((each.cost for each, _ in self.types), default=math.inf)
        changed = cost != self.cost
        self.cost = cost
        return changed

    def ready(self) -> None:
        """Leaves out types that can never be finished."""
        declared = self.types[:1]
        usable = [each for each in self.types if not math.isinf(each[0].cost)]
        first = [each for each in usable if each in declared]
        self.types = first + sorted((each for each in usable if each not in declared), key=lambda each: each[0].cost)

    def make(self, parent: Element | None, document: Document, choices: Choices, room: float, depth: int) -> Element:
        """Makes one below a parent, or as the root of the document."""
        element = document.root(self.tag) if parent is None else etree.SubElement(parent, self.tag)
        if self.constraints:
            document.scopes.append((element, self.constraints))
        kind, written = self.types[0]
        if len(self.types) > 1 and room > 0 and choices.byte() >= _RARELY:
            kind, written = self.types[1 + choices.index(len(self.types) - 1)]
        if written is not None:
            element.set(TYPE, written)
        if kind.attributes.uses:
            kind.attributes.make(element, document, choices)
        if self.nillable and self.fixed is None and choices.byte() >= _RARELY:
            element.set(NIL, "true")
        elif self.fixed is not None or self.default is not None:
            self._constrained(element, kind, document, choices, room, depth)
        else:
            kind.fill(element, document, choices, room, depth)
        return element

    def _constrained(
        self, element: Element, kind: ElementType, document: Document, choices: Choices, room: float, depth: int
    ) -> None:
        """A default lets the element be empty; a fixed value also must be itself."""
        text = self.fixed if self.fixed is not None else self.default
        assert text is not None
        empty = choices.byte() >= _SOMETIMES
        if kind.simple is None:  # mixed content: a text without elements
            if self.fixed is not None:
                element.text = None if empty else text
            elif not empty:
                kind.fill(element, document, choices, room, depth)
        elif empty:
            document.keep_fixed(element, None, kind.simple)
        elif self.fixed is not None:
            document.put_fixed(element, None, kind.simple, text)
        else:
            kind.fill(element, document, choices, room, depth)

    def value_when_empty(self) -> str | None:
        """What an empty element stands for."""
        return self.fixed if self.fixed is not None else self.default


def makers_of(items: Sequence[Item]) -> list[ElementMaker]:
    """Those of the items that are declared."""
    return [each for each in items if isinstance(each, ElementMaker)]
