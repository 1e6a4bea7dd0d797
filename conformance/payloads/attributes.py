"""Attributes of an element: declared ones and those that a wildcard lets in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.payloads.blocks import Block
from conformance.payloads.document import Document, Element
from conformance.payloads.simple_types import Simple

_PRESENT = 0xA0  # an octet from here on: an optional attribute is written


@dataclass(slots=True, eq=False)
class AttributeUse:
    """One attribute: its Clark name, its type, whether it must be there, and its only value when that is fixed."""

    name: str
    simple: Simple
    required: bool
    fixed: str | None = None

    def make(self, element: Element, document: Document, block: Block) -> None:
        """Writes it, or leaves it out when it is optional; zeros leave it out."""
        if not self.required and block.octet() < _PRESENT:
            return
        if self.fixed is not None:
            document.put_fixed(element, self.name, self.simple, self.fixed)
        else:
            document.put(element, self.name, self.simple, block)


@dataclass(slots=True, eq=False)
class AnyAttribute:
    """A wildcard: up to one of each of these."""

    uses: Sequence[AttributeUse]

    def make(self, element: Element, document: Document, block: Block) -> None:
        """Writes none, one or two of them."""
        octet = block.octet()
        if octet < _PRESENT + 0x20:
            return
        for _ in range(1 + (octet >= 0xF0)):
            use = self.uses[block.index(len(self.uses))]
            if use.name not in element.attrib:
                use.make(element, document, block)


@dataclass(slots=True, eq=False)
class Attributes:
    """All attributes of a type."""

    uses: list[AttributeUse | AnyAttribute]

    @property
    def size(self) -> int:
        """Decisions that they take."""
        return sum(
            8
            if isinstance(each, AnyAttribute)
            else (not each.required) + (each.simple.values.octets if each.required else 2)
            for each in self.uses
        )

    def declared(self, name: str) -> AttributeUse | None:
        """The attribute of this name."""
        return next((each for each in self.declared_uses() if each.name == name), None)

    def declared_uses(self) -> list[AttributeUse]:
        """All but the wildcard."""
        return [each for each in self.uses if isinstance(each, AttributeUse)]

    def make(self, element: Element, document: Document, block: Block) -> None:
        """Writes them."""
        for each in self.uses:
            each.make(element, document, block)
