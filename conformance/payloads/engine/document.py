"""One document while it is made: where decisions come from, and what must hold over all of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from lxml import etree

from conformance.payloads.engine.choices import Choices, Source
from conformance.payloads.engine.errors import Place, place_of
from conformance.payloads.engine.simple_types import Role, Simple

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

    def choices(self, size: int) -> Choices:
        """Decisions for an element that begins."""
        return self._source.choices(size)

    def root(self, tag: str) -> Element:
        """The document element, with all prefixes declared."""
        return etree.Element(tag, nsmap=self._declared)

    def put(self, element: Element, attribute: str | None, simple: Simple, choices: Choices) -> None:
        """Writes a value of a simple type."""
        text = simple.values.make(choices)
        if simple.role is not Role.PLAIN:
            text = self._special(element, attribute, simple, text, choices)
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

    def _special(self, element: Element, attribute: str | None, simple: Simple, text: str, choices: Choices) -> str:
        match simple.role:
            case Role.ID:
                return self._new_id(simple, text)
            case Role.IDREF | Role.IDREFS:
                self._references.append((Slot(element, attribute, simple, changeable=True), choices.byte()))
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

    def resolve_references(self) -> None:
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


_ROUNDS = 4
_TRIED = 20_000
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"

Key = tuple[object, ...]
Row = list[Slot | None]


@dataclass(slots=True, eq=False)
class Constraint:
    """A unique, key or keyref: which elements it selects below the one that declares it, and what it compares."""

    kind: Literal["unique", "key", "keyref"]
    name: str
    selector: str
    fields: tuple[str, ...]
    namespaces: Mapping[str, str]
    place: Place
    refer: Constraint | None = None
    defaults: Mapping[str, str] | None = None
    _select: etree.XPath | None = None
    _reach: tuple[etree.XPath, ...] = ()

    def selected(self, scope: Element) -> list[Element]:
        """The elements that are compared."""
        if self._select is None:
            namespaces = {prefix: uri for prefix, uri in self.namespaces.items() if prefix and uri}
            self._select = etree.XPath(self.selector, namespaces=namespaces)
            self._reach = tuple(etree.XPath(each, namespaces=namespaces) for each in self.fields)
        found = self._select(scope)
        assert isinstance(found, list)
        return [each for each in found if isinstance(each, etree._Element)]  # noqa: SLF001

    def slots(self, element: Element, document: Document) -> list[Slot | None]:
        """What is compared of one element; None for a part that is missing or nil."""
        found: list[Slot | None] = []
        for reach in self._reach:
            nodes = reach(element)
            assert isinstance(nodes, list)
            if not nodes:
                found.append(None)
                continue
            if len(nodes) > 1:
                raise Conflict(f"a field of {self.name} is there more than once", self.place)
            (node,) = nodes
            if isinstance(node, etree._Element):  # noqa: SLF001
                if node.get(_NIL) == "true":
                    found.append(None)
                    continue
                slot = document.slots.get((node, None))
            else:
                slot = document.slots.get((node.getparent(), node.attrname))
            if slot is None:
                raise Conflict(f"a field of {self.name} is no simple value", self.place)
            found.append(slot)
        return found


class ConstraintSolver:
    """Makes all constraints of one document hold."""

    def __init__(self, document: Document, empties: Mapping[str, str]) -> None:
        self._document = document
        self._empties = empties  # Clark name to what an empty element stands for
        self._values: dict[tuple[int, str], object] = {}

    def solve(self) -> None:
        """Changes values until nothing is left to change; raises Conflict when that cannot be."""
        scopes = self._document.scopes[::-1]  # inner ones first
        for _ in range(_ROUNDS):
            changed = False
            for scope, constraints in scopes:
                for constraint in sorted(constraints, key=lambda each: each.kind == "keyref"):
                    if constraint.kind == "keyref":
                        changed |= self._refer(scope, constraint)
                    else:
                        changed |= self._part(scope, constraint)
            if not changed:
                return
        raise Conflict("identity constraints that depend on each other do not come to rest", scopes[0][1][0].place)

    def _rows(self, scope: Element, constraint: Constraint) -> list[Row]:
        """What is compared. By XSD a row with a missing part is not; xmlschema leaves out only those without any."""
        rows: list[Row] = []
        for element in constraint.selected(scope):
            slots = constraint.slots(element, self._document)
            if None in slots and constraint.kind == "key":
                raise Conflict(f"a field of the key {constraint.name} may be missing", constraint.place)
            if any(slots):
                rows.append(slots)
        return rows

    def _key(self, row: Row) -> Key:
        return tuple(None if slot is None else self._value(slot, slot.text) for slot in row)

    def _value(self, slot: Slot, text: str) -> object:
        """The value that is compared: 1.0 and 1.00 are one decimal."""
        if not text and slot.attribute is None:
            text = self._empties.get(str(slot.element.tag), text)
        kind = slot.simple.xsd_type
        found = self._values.get((id(kind), text))
        if found is None:
            found = kind.decode(text) if kind.is_valid(text) else text
            found = (type(found).__name__, str(found) if isinstance(found, list) else found)
            self._values[id(kind), text] = found
        return found

    def _part(self, scope: Element, constraint: Constraint) -> bool:
        """Tells equal rows of a unique or key apart."""
        rows = self._rows(scope, constraint)
        taken = {self._key(row) for row in rows}
        if len(taken) == len(rows):
            return False
        seen: set[Key] = set()
        for row in rows:
            key = self._key(row)
            if key in seen:
                key = self._renew(row, key, taken, constraint)
                taken.add(key)
            seen.add(key)
        return True

    def _renew(self, row: Row, key: Key, taken: set[Key], constraint: Constraint) -> Key:
        for at, slot in enumerate(row):
            if slot is None or not slot.changeable:
                continue
            for text in itertools.islice(slot.simple.values.all(), _TRIED):
                fresh = (*key[:at], self._value(slot, text), *key[at + 1 :])
                if fresh not in taken:
                    slot.text = text
                    return fresh
        raise Conflict(
            f"{constraint.kind} {constraint.name}: there are not enough different values for its fields",
            constraint.place,
        )

    def _refer(self, scope: Element, constraint: Constraint) -> bool:
        """Lets each row of a keyref repeat a row of its key."""
        rows = self._rows(scope, constraint)
        refer = constraint.refer
        if not rows or refer is None:
            return False
        keys = self._keys(scope, refer)
        changed = False
        choices = self._document.choices(len(rows))
        for row in rows:
            if self._key(row) not in keys:
                if not keys:
                    raise Conflict(
                        f"keyref {constraint.name} is required where {refer.name} has no keys", constraint.place, refer
                    )
                self._repeat(row, list(keys.values()), choices.index(len(keys)), constraint)
                changed = True
        return changed

    def _keys(self, scope: Element, refer: Constraint) -> dict[Key, Row]:
        """The keys that a keyref may repeat. Of several elements that hold keys only the last one counts for xmlschema,
        and what more than one of them holds counts for none by XSD."""
        tables: list[dict[Key, Row]] = []
        for inner, constraints in self._document.scopes:
            if refer in constraints and (inner is scope or scope in inner.iterancestors()):
                tables.append({self._key(row): row for row in self._rows(inner, refer)})
        if not tables:
            return {}
        *others, last = tables
        return {key: row for key, row in last.items() if not any(key in each for each in others)}

    def _repeat(self, row: Row, keys: list[Row], first: int, constraint: Constraint) -> None:
        for key in (*keys[first:], *keys[:first]):
            pairs = [
                (slot, other.text)
                for slot, other in zip(row, key, strict=True)
                if slot is not None and other is not None
            ]
            if len(pairs) == len(row) and all(_fits(slot, text) for slot, text in pairs):
                for slot, text in pairs:
                    slot.text = text
                return
        raise Conflict(f"keyref {constraint.name}: no key fits its fields", constraint.place)


def _fits(slot: Slot, text: str) -> bool:
    return slot.text == text or (slot.changeable and slot.simple.xsd_type.is_valid(text))
