"""Attributes of an element: declared ones and those that a wildcard lets in."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lxml import etree
from xmlschema.validators.wildcards import XsdAnyAttribute, XsdAnyElement

from conformance.payloads.engine import regex
from conformance.payloads.engine.automata import PatternAutomaton
from conformance.payloads.engine.characters import WRITTEN
from conformance.payloads.engine.choices import Choices
from conformance.payloads.engine.document import Document, Element
from conformance.payloads.engine.simple_types import Simple
from conformance.payloads.engine.strings import StringsOf, tabulate

_PRESENT = 0xA0  # an octet from here on: an optional attribute is written


@dataclass(slots=True, eq=False)
class AttributeUse:
    """One attribute: its Clark name, its type, whether it must be there, and its only value when that is fixed."""

    name: str
    simple: Simple
    required: bool
    fixed: str | None = None

    def make(self, element: Element, document: Document, choices: Choices) -> None:
        """Writes it, or leaves it out when it is optional; zeros leave it out."""
        if not self.required and choices.byte() < _PRESENT:
            return
        if self.fixed is not None:
            document.put_fixed(element, self.name, self.simple, self.fixed)
        else:
            document.put(element, self.name, self.simple, choices)


@dataclass(slots=True, eq=False)
class AnyAttribute:
    """A wildcard: up to one of each of these."""

    uses: Sequence[AttributeUse]

    def make(self, element: Element, document: Document, choices: Choices) -> None:
        """Writes none, one or two of them."""
        octet = choices.byte()
        if octet < _PRESENT + 0x20:
            return
        for _ in range(1 + (octet >= 0xF0)):
            use = self.uses[choices.index(len(self.uses))]
            if use.name not in element.attrib:
                use.make(element, document, choices)


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
            else (not each.required) + (each.simple.values.choice_bytes if each.required else 2)
            for each in self.uses
        )

    def declared(self, name: str) -> AttributeUse | None:
        """The attribute of this name."""
        return next((each for each in self.declared_uses() if each.name == name), None)

    def declared_uses(self) -> list[AttributeUse]:
        """All but the wildcard."""
        return [each for each in self.uses if isinstance(each, AttributeUse)]

    def make(self, element: Element, document: Document, choices: Choices) -> None:
        """Writes them."""
        for each in self.uses:
            each.make(element, document, choices)


UNKNOWN = "urn:example:unknown"
_NAME = "anything"
_RESERVED = ("http://www.w3.org/2001/XMLSchema", "http://www.w3.org/XML/1998/namespace")


@functools.cache
def free_text() -> StringsOf:
    """Text that nothing is asked of."""
    return StringsOf(tabulate(PatternAutomaton(regex.parse(r"(\S+( \S+)*)?"), WRITTEN)), 0, 24)


@dataclass(frozen=True, slots=True)
class AnyItem:
    """An element of a name that no schema declares, with text and perhaps one like it inside."""

    tag: str
    cost: float = 1
    size: int = 6

    def make(self, parent: Element | None, document: Document, choices: Choices, room: float, depth: int) -> Element:
        """Makes one below a parent."""
        assert parent is not None
        element = etree.SubElement(parent, self.tag)
        octet = choices.byte()
        if octet >= 0x80:
            element.text = free_text().make(choices)
        if octet >= 0xE0 and room >= 1 and depth < 8:
            self.make(element, document, choices, room - 1, depth + 1)
        return element


def declared_names(wildcard: XsdAnyElement | XsdAnyAttribute, names: Iterable[str]) -> list[str]:
    """The names of global declarations that the wildcard lets in."""
    return [each for each in names if not _reserved(each) and wildcard.is_matching(each)]


def made_up_names(wildcard: XsdAnyElement | XsdAnyAttribute, declared: Iterable[str]) -> list[str]:
    """Names that it lets in and that are declared nowhere; none when contents are strictly checked."""
    if wildcard.process_contents == "strict":
        return []
    namespaces = [UNKNOWN, "", *(each for each in sorted(wildcard.namespace) if not each.startswith("##"))]
    if wildcard.target_namespace and "##other" not in wildcard.namespace:
        namespaces.append(wildcard.target_namespace)
    taken = set(declared)
    names = [f"{{{each}}}{_NAME}" if each else _NAME for each in dict.fromkeys(namespaces)]
    return [each for each in names if each not in taken and not _reserved(each) and wildcard.is_matching(each)]


def _reserved(name: str) -> bool:
    return name.startswith(tuple(f"{{{each}" for each in _RESERVED))
