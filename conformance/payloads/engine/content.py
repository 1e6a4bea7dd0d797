"""Elements and their content models: which elements an element holds, in which order and how often."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from lxml import etree

from conformance.payloads.engine.attributes import Attributes
from conformance.payloads.engine.choices import Choices
from conformance.payloads.engine.document import Constraint, Document, Element
from conformance.payloads.engine.loading import XSI
from conformance.payloads.engine.simple_types import Simple
from conformance.payloads.engine.strings import StringsOf

HALF = 128
_OWN_BLOCK = 96  # bytes of choices; an element that takes more has a block for itself
_SOMETIMES = 0xB0


class Filling:
    """An element that is being filled, and the number of optional elements that it may still take."""

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
        """Add a child. ``own`` is True if the choices are for this child alone."""
        if not own and item.size > _OWN_BLOCK:
            choices = self.document.choices(item.size)
        child = item.make(self.element, self.document, choices, min(self._share, self.room), self._depth + 1)
        if self._mixed is not None and choices.byte() >= _SOMETIMES:
            child.tail = self._mixed.make(choices)

    def adds_optional(self, choices: Choices, cost: float, extras: int) -> bool:
        """Return True if one more of about ``extras`` optional occurrences is added; zeros add none."""
        if self.chance <= 0 or self.room < cost:
            return False
        if choices.byte() >= (256 - self.chance if extras <= 1 else 512 // (2 + extras)):
            self.room -= cost
            return True
        return False


class Part:
    """A particle of a content model, which occurs ``least`` to ``most`` times (None: any number of times)."""

    def __init__(self, least: int, most: int | None) -> None:
        self.least = least
        self.most = most
        self.size = 0  # bytes of choices of one occurrence, as far as known at the start
        self.parent: Group | None = None
        self.cost: float = math.inf  # elements of the smallest single occurrence

    @property
    def least_cost(self) -> float:
        """Number of elements in as few occurrences as are allowed."""
        return self.least * self.cost if self.least else 0

    @property
    def expected(self) -> float:
        """Number of occurrences, about."""
        return self.least + (0 if self.most == self.least else 0.5 if self.most == 1 else 2)

    @property
    def optional_cost(self) -> float:
        """Number of elements that one more occurrence of everything optional adds."""
        own = self.cost if self.most is None or self.most > self.least else 0
        return (0 if math.isinf(own) else own) + self.inner_optional()

    def inner_optional(self) -> float:
        """Return the ``optional_cost`` of the parts inside."""
        return 0

    def update_costs(self) -> bool:
        """Calculate the cost from the parts inside. Returns True if it changed."""
        cost = self.single_cost()
        changed = cost != self.cost
        self.cost = cost
        return changed

    def single_cost(self) -> float:
        """Return the number of elements of the smallest occurrence."""
        raise NotImplementedError

    def fill(self, choices: Choices, filling: Filling) -> None:
        """Add all occurrences.

        Where there may be many, each takes its own block of choices, which begins with the choice whether it occurs: so
        Hypothesis can remove one occurrence and leave the others as they are.
        """
        least, most = self.least, self.most
        if most == 1:
            if least or (not math.isinf(self.cost) and filling.adds_optional(choices, self.cost, 1)):
                self.add_once(choices, filling, own=False)
            return
        document = filling.document
        for _ in range(least):
            self.add_once(document.choices(self.size), filling, own=True)
        extras = filling.repeats if most is None else min(most - least, filling.repeats)
        if extras <= 0 or math.isinf(self.cost) or filling.chance <= 0 or choices.byte() < 256 - filling.chance:
            return
        for _ in range(extras):
            own = document.choices(self.size + 1)
            if not filling.adds_optional(own, self.cost, extras):
                return
            self.add_once(own, filling, own=True)

    def add_once(self, choices: Choices, filling: Filling, *, own: bool) -> None:
        """Add one occurrence."""
        raise NotImplementedError

    def leaves(self) -> Iterator[Leaf]:
        """Yield the elements and wildcards inside."""
        raise NotImplementedError

    def require(self) -> None:
        """Make this particle and all groups around it occur at least once."""
        self.least = max(self.least, 1)
        if self.parent is not None:
            self.parent.prefer(self)
            self.parent.require()


class Leaf(Part):
    """An element with all its substitutes, or a wildcard with all the elements that it allows."""

    def __init__(self, items: Sequence[Item], least: int, most: int | None) -> None:
        super().__init__(least, most)
        self.items = list(items)

    def single_cost(self) -> float:
        """Number of elements of the smallest one."""
        return min((item.cost for item in self.items), default=math.inf)

    def ready(self) -> None:
        """Remove items that can never be completed, and sort the smallest first."""
        self.items = sorted((item for item in self.items if not math.isinf(item.cost)), key=lambda item: item.cost)

    def add_once(self, choices: Choices, filling: Filling, *, own: bool) -> None:
        """Add one of the items; the smallest if there is no room left."""
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
        """Yield this leaf."""
        yield self


class Group(Part):
    """Several particles."""

    def __init__(self, parts: Sequence[Part], least: int, most: int | None) -> None:
        super().__init__(least, most)
        self.parts = list(parts)
        for part in self.parts:
            part.parent = self

    def prefer(self, part: Part) -> None:
        """Choose this part wherever there is a choice of parts."""
        del part

    def inner_optional(self) -> float:
        """Return the sum over the parts."""
        return sum(part.optional_cost for part in self.parts)

    def update_costs(self) -> bool:
        """Calculate the costs of the parts inside, then its own. Returns True if its own changed."""
        for part in self.parts:
            part.update_costs()
        return super().update_costs()

    def ready(self) -> None:
        """Prepare the parts inside."""
        for part in self.parts:
            if isinstance(part, (Leaf, Group)):
                part.ready()

    def leaves(self) -> Iterator[Leaf]:
        """Yield the elements and wildcards inside."""
        for part in self.parts:
            yield from part.leaves()


class Sequential(Group):
    """Particles in a fixed order (xs:sequence)."""

    def single_cost(self) -> float:
        """Return the number of elements of all parts."""
        return sum(part.least_cost for part in self.parts)

    def add_once(self, choices: Choices, filling: Filling, *, own: bool) -> None:
        """Add the parts one after another."""
        del own
        for part in self.parts:
            part.fill(choices, filling)


class All(Group):
    """Particles in any order (xs:all)."""

    def single_cost(self) -> float:
        """Return the number of elements of all parts."""
        return sum(part.least_cost for part in self.parts)

    def add_once(self, choices: Choices, filling: Filling, *, own: bool) -> None:
        """Add all parts; zeros keep the order of the schema."""
        del own
        parts = list(self.parts)
        while parts:
            parts.pop(choices.index(len(parts))).fill(choices, filling)


class Choice(Group):
    """One of several particles (xs:choice)."""

    def __init__(self, parts: Sequence[Part], least: int, most: int | None) -> None:
        super().__init__(parts, least, most)
        self._branches: list[Part] = list(parts)
        self._preferred: Part | None = None

    def prefer(self, part: Part) -> None:
        """Take only this branch from now on."""
        self._preferred = part

    def single_cost(self) -> float:
        """Return the number of elements of the smallest branch."""
        if self._preferred is not None:
            return self._preferred.least_cost
        return min((part.least_cost for part in self.parts), default=0 if self.least == 0 else math.inf)

    def ready(self) -> None:
        """Sort the smallest branch first."""
        super().ready()
        usable = [part for part in self.parts if not math.isinf(part.least_cost)]
        self._branches = [self._preferred] if self._preferred else sorted(usable, key=lambda branch: branch.least_cost)

    def add_once(self, choices: Choices, filling: Filling, *, own: bool) -> None:
        """Add one branch; the smallest if there is no room left."""
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
    """An element that a content model allows: a declared one, or one that a wildcard allows."""

    @property
    def cost(self) -> float:
        """Number of elements of the smallest one."""

    def make(self, parent: Element | None, document: Document, choices: Choices, room: float, depth: int) -> Element:
        """Create one below a parent, or as the root of the document."""

    @property
    def size(self) -> int:
        """Bytes of choices that it takes at the start."""


@dataclass(slots=True, eq=False)
class ElementType:
    """A type of elements: ``simple`` is set for simple content, ``content`` for complex content."""

    attributes: Attributes
    simple: Simple | None = None
    content: Group | None = None
    mixed: StringsOf | None = None
    size: int = -1  # bytes of choices of one element, as far as known at the start
    optional: float = 0  # elements of one more of everything optional
    children: float = 0  # about how many elements it holds
    many: bool = False  # whether some of them may come without end

    @property
    def cost(self) -> float:
        """Number of elements inside the smallest one."""
        return 0 if self.content is None else self.content.least_cost

    def fill(self, element: Element, document: Document, choices: Choices, room: float, depth: int) -> None:
        """Add the content of an element of this type, which has its attributes already."""
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
    """A declared element.

    ``types`` has the declared type first (unless it is abstract), then those that xsi:type may name, with the name to
    write.
    """

    tag: str
    types: list[tuple[ElementType, str | None]] = field(default_factory=list)
    nillable: bool = False
    fixed: str | None = None
    default: str | None = None
    constraints: tuple[Constraint, ...] = ()
    cost: float = math.inf
    size: int = 0

    def update_costs(self) -> bool:
        """Calculate the cost. Returns True if it changed."""
        cost = 1 + min((kind.cost for kind, _ in self.types), default=math.inf)
        changed = cost != self.cost
        self.cost = cost
        return changed

    def ready(self) -> None:
        """Remove types that can never be completed."""
        declared = self.types[:1]
        usable = [pair for pair in self.types if not math.isinf(pair[0].cost)]
        first = [pair for pair in usable if pair in declared]
        self.types = first + sorted((pair for pair in usable if pair not in declared), key=lambda pair: pair[0].cost)

    def make(self, parent: Element | None, document: Document, choices: Choices, room: float, depth: int) -> Element:
        """Create one below a parent, or as the root of the document."""
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
        """Add a default or fixed value, or leave the element empty, which stands for that value."""
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
        """Return the value that an empty element stands for."""
        return self.fixed if self.fixed is not None else self.default


def makers_of(items: Sequence[Item]) -> list[ElementMaker]:
    """Return the items that are declared elements."""
    return [item for item in items if isinstance(item, ElementMaker)]
