"""Elements: what they are called, which types they may have, their attributes, and how one is made."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from lxml import etree

from conformance.payloads.attributes import Attributes
from conformance.payloads.blocks import Block
from conformance.payloads.content import HALF, Filling, Group
from conformance.payloads.document import Document, Element
from conformance.payloads.identity import Constraint
from conformance.payloads.namespaces import XSI
from conformance.payloads.simple_types import Simple
from conformance.payloads.words import Words

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

    def make(self, parent: Element | None, document: Document, block: Block, room: float, depth: int) -> Element:
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
    mixed: Words | None = None
    size: int = -1  # decisions of one element, as far as it is known at the start
    optional: float = 0  # elements of one more of everything optional
    children: float = 0  # about how many elements it holds
    many: bool = False  # whether some of them may come without end

    @property
    def cost(self) -> float:
        """Elements inside the smallest one."""
        return 0 if self.content is None else self.content.least_cost

    def fill(self, element: Element, document: Document, block: Block, room: float, depth: int) -> None:
        """Makes what an element of the type holds; attributes are there already."""
        if self.simple is not None:
            document.put(element, None, self.simple, block)
            return
        mixed, content = self.mixed, self.content
        if mixed is not None and block.octet() >= _SOMETIMES:
            element.text = mixed.make(block)
        if content is None:
            return
        if depth >= DEPTH:
            room = 0
        chance = 0
        if room > 0:
            chance = HALF if room >= 2 * self.optional else max(1, int(room * HALF / (2 * self.optional)))
        share = room / max(1.0, self.children if not self.many else self.children + document.repeats)
        content.fill(block, Filling(element, document, room=room, share=share, chance=chance, depth=depth, mixed=mixed))


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

    def reckon(self) -> bool:
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

    def make(self, parent: Element | None, document: Document, block: Block, room: float, depth: int) -> Element:
        """Makes one below a parent, or as the root of the document."""
        element = document.root(self.tag) if parent is None else etree.SubElement(parent, self.tag)
        if self.constraints:
            document.scopes.append((element, self.constraints))
        kind, written = self.types[0]
        if len(self.types) > 1 and room > 0 and block.octet() >= _RARELY:
            kind, written = self.types[1 + block.index(len(self.types) - 1)]
        if written is not None:
            element.set(TYPE, written)
        if kind.attributes.uses:
            kind.attributes.make(element, document, block)
        if self.nillable and self.fixed is None and block.octet() >= _RARELY:
            element.set(NIL, "true")
        elif self.fixed is not None or self.default is not None:
            self._constrained(element, kind, document, block, room, depth)
        else:
            kind.fill(element, document, block, room, depth)
        return element

    def _constrained(
        self, element: Element, kind: ElementType, document: Document, block: Block, room: float, depth: int
    ) -> None:
        """A default lets the element be empty; a fixed value also must be itself."""
        text = self.fixed if self.fixed is not None else self.default
        assert text is not None
        empty = block.octet() >= _SOMETIMES
        if kind.simple is None:  # mixed content: a text without elements
            if self.fixed is not None:
                element.text = None if empty else text
            elif not empty:
                kind.fill(element, document, block, room, depth)
        elif empty:
            document.keep_fixed(element, None, kind.simple)
        elif self.fixed is not None:
            document.put_fixed(element, None, kind.simple, text)
        else:
            kind.fill(element, document, block, room, depth)

    def value_when_empty(self) -> str | None:
        """What an empty element stands for."""
        return self.fixed if self.fixed is not None else self.default


def makers_of(items: Sequence[Item]) -> list[ElementMaker]:
    """Those of the items that are declared."""
    return [each for each in items if isinstance(each, ElementMaker)]
