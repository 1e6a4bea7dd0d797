"""Attributes of an element, and the elements and attributes that wildcards allow."""

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

_PRESENT = 0xA0  # a byte from here on: an optional attribute is written


@dataclass(slots=True, eq=False)
class AttributeUse:
    """A declared attribute: its Clark name, its type, whether it is required, and its fixed value."""

    name: str
    simple: Simple
    required: bool
    fixed: str | None = None

    def make(self, element: Element, document: Document, choices: Choices) -> None:
        """Add the attribute, or leave it out if it is optional; zeros leave it out."""
        if not self.required and choices.byte() < _PRESENT:
            return
        if self.fixed is not None:
            document.put_fixed(element, self.name, self.simple, self.fixed)
        else:
            document.put(element, self.name, self.simple, choices)


@dataclass(slots=True, eq=False)
class AnyAttribute:
    """An attribute wildcard with the attributes that it allows."""

    uses: Sequence[AttributeUse]

    def make(self, element: Element, document: Document, choices: Choices) -> None:
        """Add none, one or two of them."""
        byte = choices.byte()
        if byte < _PRESENT + 0x20:
            return
        for _ in range(1 + (byte >= 0xF0)):
            use = self.uses[choices.index(len(self.uses))]
            if use.name not in element.attrib:
                use.make(element, document, choices)


@dataclass(slots=True, eq=False)
class Attributes:
    """All attributes of a type."""

    uses: list[AttributeUse | AnyAttribute]

    @property
    def size(self) -> int:
        """Bytes of choices that they take."""
        return sum(
            8
            if isinstance(use, AnyAttribute)
            else (not use.required) + (use.simple.values.choice_bytes if use.required else 2)
            for use in self.uses
        )

    def declared(self, name: str) -> AttributeUse | None:
        """Return the declared attribute of this name, or None."""
        return next((use for use in self.declared_uses() if use.name == name), None)

    def declared_uses(self) -> list[AttributeUse]:
        """Return all attributes but the wildcard."""
        return [use for use in self.uses if isinstance(use, AttributeUse)]

    def make(self, element: Element, document: Document, choices: Choices) -> None:
        """Add them to an element."""
        for use in self.uses:
            use.make(element, document, choices)


UNKNOWN = "urn:example:unknown"
_NAME = "anything"
_RESERVED = ("http://www.w3.org/2001/XMLSchema", "http://www.w3.org/XML/1998/namespace")


@functools.cache
def free_text() -> StringsOf:
    """Return texts of up to 24 characters without any restriction."""
    return StringsOf(tabulate(PatternAutomaton(regex.parse(r"(\S+( \S+)*)?"), WRITTEN)), 0, 24)


@dataclass(frozen=True, slots=True)
class AnyItem:
    """An element with a name that no schema declares; it may have text and another such element inside."""

    tag: str
    cost: float = 1
    size: int = 6

    def make(self, parent: Element | None, document: Document, choices: Choices, room: float, depth: int) -> Element:
        """Create one below a parent."""
        assert parent is not None
        element = etree.SubElement(parent, self.tag)
        byte = choices.byte()
        if byte >= 0x80:
            element.text = free_text().make(choices)
        if byte >= 0xE0 and room >= 1 and depth < 8:
            self.make(element, document, choices, room - 1, depth + 1)
        return element


def declared_names(wildcard: XsdAnyElement | XsdAnyAttribute, names: Iterable[str]) -> list[str]:
    """Return the names of global declarations that the wildcard allows."""
    return [name for name in names if not _reserved(name) and wildcard.is_matching(name)]


def undeclared_names(wildcard: XsdAnyElement | XsdAnyAttribute, declared: Iterable[str]) -> list[str]:
    """Return names that the wildcard allows and no schema declares; none if its processContents is strict."""
    if wildcard.process_contents == "strict":
        return []
    namespaces = [
        UNKNOWN,
        "",
        *(uri for uri in sorted(wildcard.namespace) if not uri.startswith("##")),
    ]
    if wildcard.target_namespace and "##other" not in wildcard.namespace:
        namespaces.append(wildcard.target_namespace)
    taken = set(declared)
    names = [f"{{{namespace}}}{_NAME}" if namespace else _NAME for namespace in dict.fromkeys(namespaces)]
    return [name for name in names if name not in taken and not _reserved(name) and wildcard.is_matching(name)]


def _reserved(name: str) -> bool:
    return name.startswith(tuple(f"{{{namespace}" for namespace in _RESERVED))
