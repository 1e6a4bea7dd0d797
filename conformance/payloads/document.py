"""One document while it is made: where decisions come from, and what must hold over all of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

from conformance.payloads.blocks import Block, Source
from conformance.payloads.errors import Place
from conformance.payloads.places import place_of
from conformance.payloads.simple_types import Role, Simple

if TYPE_CHECKING:
    from conformance.payloads.identity import Constraint

Element = etree._Element  # noqa: SLF001 - lxml's public name for it is not a type


class Conflict(Exception):
    """This document cannot be made to hold together; a smaller one is tried instead."""

    def __init__(self, reason: str, place: Place, constraint: Constraint | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.place = place
        self.constraint = constraint  # whose keys are wanted


@dataclass(slots=True)
class Slot:
    """A written value: the element, and the attribute's name (None for the text)."""

    element: Element
    attribute: str | None
    simple: Simple
    changeable: bool

    @property
    def text(self) -> str:
        """What is written."""
        if self.attribute is None:
            return self.element.text or ""
        return str(self.element.get(self.attribute, ""))

    @text.setter
    def text(self, value: str) -> None:
        write(self.element, self.attribute, value)


def write(element: Element, attribute: str | None, text: str) -> None:
    """Writes a text or an attribute."""
    if attribute is None:
        element.text = text
    else:
        element.set(attribute, text)


class Document:
    """Decisions, identifiers, references and constraints of one document."""

    def __init__(self, source: Source, declared: Mapping[str | None, str], *, repeats: int, keep: bool) -> None:
        self._source = source
        self._declared = dict(declared)
        self.repeats = repeats
        self._keep = keep
        self.slots: dict[tuple[Element, str | None], Slot] = {}
        self.scopes: list[tuple[Element, tuple[Constraint, ...]]] = []
        self._ids: dict[str, None] = {}
        self._fresh: dict[int, Iterator[str]] = {}
        self._references: list[tuple[Slot, int]] = []

    def block(self, size: int) -> Block:
        """Decisions for an element that begins."""
        return self._source.block(size)

    def root(self, tag: str) -> Element:
        """The document element, with all prefixes declared."""
        return etree.Element(tag, nsmap=self._declared)

    def put(self, element: Element, attribute: str | None, simple: Simple, block: Block) -> None:
        """Writes a value of a simple type."""
        text = simple.values.make(block)
        if simple.role is not Role.PLAIN:
            text = self._special(element, attribute, simple, text, block)
        write(element, attribute, text)
        if self._keep:
            self.slots[element, attribute] = Slot(element, attribute, simple, changeable=simple.role is Role.PLAIN)

    def put_fixed(self, element: Element, attribute: str | None, simple: Simple, text: str) -> None:
        """Writes a value that cannot be another one."""
        write(element, attribute, text)
        self.keep_fixed(element, attribute, simple)

    def keep_fixed(self, element: Element, attribute: str | None, simple: Simple) -> None:
        """Remembers a value that cannot be another one."""
        if self._keep:
            self.slots[element, attribute] = Slot(element, attribute, simple, changeable=False)

    def _special(self, element: Element, attribute: str | None, simple: Simple, text: str, block: Block) -> str:
        match simple.role:
            case Role.ID:
                return self._new_id(simple, text)
            case Role.IDREF | Role.IDREFS:
                self._references.append((Slot(element, attribute, simple, changeable=True), block.octet()))
            case _:
                pass
        return text

    def _new_id(self, simple: Simple, text: str) -> str:
        if text in self._ids:
            fresh = self._fresh.setdefault(id(simple.values), simple.values.all())
            found = next((each for each in fresh if each not in self._ids), None)
            if found is None:
                raise Conflict("there are not enough different values of xs:ID", _place(simple))
            text = found
        self._ids[text] = None
        return text

    def settle_references(self) -> None:
        """Lets every IDREF name an ID of the document."""
        if not self._references:
            return
        names = list(self._ids)
        for slot, choice in self._references:
            fitting = [each for each in names if slot.simple.role is Role.IDREFS or slot.simple.xsd_type.is_valid(each)]
            if not fitting:
                raise Conflict(
                    "an xs:IDREF is required where no document has an xs:ID to refer to", _place(slot.simple)
                )
            count = len(slot.text.split()) if slot.simple.role is Role.IDREFS else 1
            slot.text = " ".join(fitting[(choice + each) % len(fitting)] for each in range(count))


def _place(simple: Simple) -> Place:
    return place_of(simple.owner if simple.owner is not None else simple.xsd_type)
