"""One document while it is built, and the constraints that hold across all of it: ID, IDREF, unique, key and keyref."""

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
    """The document cannot keep its constraints. A smaller one is tried instead."""

    def __init__(self, reason: str, place: Place, constraint: Constraint | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.place = place
        self.constraint = constraint  # whose keys are wanted


@dataclass(slots=True)
class Slot:
    """A value in the document: its element, and the attribute's name (None for the text)."""

    element: Element
    attribute: str | None
    simple: Simple
    changeable: bool

    @property
    def text(self) -> str:
        """The value as it is written."""
        if self.attribute is None:
            return self.element.text or ""
        return str(self.element.get(self.attribute, ""))

    @text.setter
    def text(self, value: str) -> None:
        write(self.element, self.attribute, value)


def write(element: Element, attribute: str | None, text: str) -> None:
    """Set the text or an attribute of an element."""
    if attribute is None:
        element.text = text
    else:
        element.set(attribute, text)


class Document:
    """A document that is being built, with its source of choices, identifiers, references and constraints."""

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
        """Return choices for a new element."""
        return self._source.choices(size)

    def root(self, tag: str) -> Element:
        """Return a document element that declares all prefixes."""
        return etree.Element(tag, nsmap=self._declared)

    def put(self, element: Element, attribute: str | None, simple: Simple, choices: Choices) -> None:
        """Set a value of a simple type."""
        text = simple.values.make(choices)
        if simple.role is not Role.PLAIN:
            text = self._special(element, attribute, simple, text, choices)
        write(element, attribute, text)
        if self._keep:
            self.slots[element, attribute] = Slot(element, attribute, simple, changeable=simple.role is Role.PLAIN)

    def put_fixed(self, element: Element, attribute: str | None, simple: Simple, text: str) -> None:
        """Set a value that must stay as it is."""
        write(element, attribute, text)
        self.keep_fixed(element, attribute, simple)

    def keep_fixed(self, element: Element, attribute: str | None, simple: Simple) -> None:
        """Record a value that must stay as it is."""
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
            fresh_text = next((text for text in fresh if text not in self._ids), None)
            if fresh_text is None:
                raise Conflict("there are not enough different values of xs:ID", _place(simple))
            text = fresh_text
        self._ids[text] = None
        return text

    def resolve_references(self) -> None:
        """Make every IDREF name an ID of the document. Raises Conflict if there is none."""
        if not self._references:
            return
        names = list(self._ids)
        for slot, choice in self._references:
            fitting = [name for name in names if slot.simple.role is Role.IDREFS or slot.simple.xsd_type.is_valid(name)]
            if not fitting:
                raise Conflict(
                    "an xs:IDREF is required where no document has an xs:ID to refer to", _place(slot.simple)
                )
            count = len(slot.text.split()) if slot.simple.role is Role.IDREFS else 1
            slot.text = " ".join(fitting[(choice + offset) % len(fitting)] for offset in range(count))


def _place(simple: Simple) -> Place:
    return place_of(simple.owner if simple.owner is not None else simple.xsd_type)


_ROUNDS = 4
_TRIED = 20_000
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"

Key = tuple[object, ...]
Row = list[Slot | None]


@dataclass(slots=True, eq=False)
class Constraint:
    """A unique, key or keyref: the elements that it selects below its declaring element, and the fields it compares."""

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
        """Return the elements that are compared."""
        if self._select is None:
            namespaces = {prefix: uri for prefix, uri in self.namespaces.items() if prefix and uri}
            self._select = etree.XPath(self.selector, namespaces=namespaces)
            self._reach = tuple(etree.XPath(field, namespaces=namespaces) for field in self.fields)
        nodes = self._select(scope)
        assert isinstance(nodes, list)
        return [node for node in nodes if isinstance(node, etree._Element)]  # noqa: SLF001

    def slots(self, element: Element, document: Document) -> list[Slot | None]:
        """Return the values that are compared of one element, None for a field that is missing or nil."""
        slots: list[Slot | None] = []
        for reach in self._reach:
            nodes = reach(element)
            assert isinstance(nodes, list)
            if not nodes:
                slots.append(None)
                continue
            if len(nodes) > 1:
                raise Conflict(f"a field of {self.name} is there more than once", self.place)
            (node,) = nodes
            if isinstance(node, etree._Element):  # noqa: SLF001
                if node.get(_NIL) == "true":
                    slots.append(None)
                    continue
                slot = document.slots.get((node, None))
            else:
                slot = document.slots.get((node.getparent(), node.attrname))
            if slot is None:
                raise Conflict(f"a field of {self.name} is no simple value", self.place)
            slots.append(slot)
        return slots


class ConstraintSolver:
    """Changes the values of a document until all identity constraints hold."""

    def __init__(self, document: Document, empties: Mapping[str, str]) -> None:
        self._document = document
        self._empties = empties  # Clark name to what an empty element stands for
        self._values: dict[tuple[int, str], object] = {}

    def solve(self) -> None:
        """Change values until all constraints hold. Raises Conflict if they cannot."""
        scopes = self._document.scopes[::-1]  # inner ones first
        for _ in range(_ROUNDS):
            changed = False
            for scope, constraints in scopes:
                for constraint in sorted(constraints, key=lambda constraint: constraint.kind == "keyref"):
                    if constraint.kind == "keyref":
                        changed |= self._refer(scope, constraint)
                    else:
                        changed |= self._part(scope, constraint)
            if not changed:
                return
        raise Conflict("identity constraints that depend on each other do not come to rest", scopes[0][1][0].place)

    def _rows(self, scope: Element, constraint: Constraint) -> list[Row]:
        """Return the rows to compare. XSD leaves out rows with a missing field, xmlschema only rows without any."""
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
        """Return the value that is compared: 1.0 and 1.00 are the same decimal."""
        if not text and slot.attribute is None:
            text = self._empties.get(str(slot.element.tag), text)
        kind = slot.simple.xsd_type
        value = self._values.get((id(kind), text))
        if value is None:
            value = kind.decode(text) if kind.is_valid(text) else text
            value = (type(value).__name__, str(value) if isinstance(value, list) else value)
            self._values[id(kind), text] = value
        return value

    def _part(self, scope: Element, constraint: Constraint) -> bool:
        """Give equal rows of a unique or key different values. Returns True if anything changed."""
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
        """Make every row of a keyref repeat a row of its key. Returns True if anything changed."""
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
        """Return the keys that a keyref may repeat.

        Of several elements that hold keys xmlschema counts only the last; XSD counts no key that several of them hold.
        """
        tables: list[dict[Key, Row]] = []
        for inner, constraints in self._document.scopes:
            if refer in constraints and (inner is scope or scope in inner.iterancestors()):
                tables.append({self._key(row): row for row in self._rows(inner, refer)})
        if not tables:
            return {}
        *others, last = tables
        return {key: row for key, row in last.items() if not any(key in table for table in others)}

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
