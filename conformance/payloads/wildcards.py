"""What wildcards let in: declared names where the contents are checked, made-up ones where they need not be."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree
from xmlschema.validators.wildcards import XsdAnyAttribute, XsdAnyElement

from conformance.payloads import regex
from conformance.payloads.automata import PatternMachine, write_out
from conformance.payloads.blocks import Block
from conformance.payloads.characters import WRITTEN
from conformance.payloads.document import Document, Element
from conformance.payloads.words import Words

UNKNOWN = "urn:example:unknown"
_NAME = "anything"
_RESERVED = ("http://www.w3.org/2001/XMLSchema", "http://www.w3.org/XML/1998/namespace")


@functools.cache
def free_text() -> Words:
    """Text that nothing is asked of."""
    return Words(write_out(PatternMachine(regex.parse(r"(\S+( \S+)*)?"), WRITTEN)), 0, 24)


@dataclass(frozen=True, slots=True)
class AnyItem:
    """An element of a name that no schema declares, with text and perhaps one like it inside."""

    tag: str
    cost: float = 1
    size: int = 6

    def make(self, parent: Element | None, document: Document, block: Block, room: float, depth: int) -> Element:
        """Makes one below a parent."""
        assert parent is not None
        element = etree.SubElement(parent, self.tag)
        octet = block.octet()
        if octet >= 0x80:
            element.text = free_text().make(block)
        if octet >= 0xE0 and room >= 1 and depth < 8:
            self.make(element, document, block, room - 1, depth + 1)
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
