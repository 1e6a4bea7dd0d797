"""Compiles xmlschema's components: every type and element that a document can reach, once each."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence

import xmlschema
from xmlschema.validators.attributes import XsdAttribute
from xmlschema.validators.complex_types import XsdComplexType
from xmlschema.validators.elements import XsdElement
from xmlschema.validators.groups import XsdGroup
from xmlschema.validators.identities import XsdIdentity, XsdKey, XsdKeyref
from xmlschema.validators.simple_types import XsdSimpleType
from xmlschema.validators.wildcards import XsdAnyAttribute, XsdAnyElement
from xmlschema.validators.xsdbase import XsdComponent, XsdType

from conformance.payloads.engine.attributes import (
    AnyAttribute,
    AnyItem,
    Attributes,
    AttributeUse,
    declared_names,
    free_text,
    undeclared_names,
)
from conformance.payloads.engine.content import (
    All,
    Choice,
    ElementMaker,
    ElementType,
    Group,
    Item,
    Leaf,
    Part,
    Sequential,
)
from conformance.payloads.engine.document import Constraint
from conformance.payloads.engine.errors import Unsatisfiable, Unsupported, place_of
from conformance.payloads.engine.loading import XSI, Prefixes
from conformance.payloads.engine.simple_types import Role, Simple, SimpleTypes

XS = "{http://www.w3.org/2001/XMLSchema}"
_ANY_TYPE = f"{XS}anyType"
_MAX_LAX = 12  # declared elements that a lax wildcard is filled with; a strict one gets all
_MAX_SIZE = 160  # bytes of choices at the start of an element


class Compiler:
    """Compiles elements of one schema, with everything that they reach."""

    def __init__(self, schema: xmlschema.XMLSchemaBase) -> None:
        self._maps = schema.maps
        self.prefixes = Prefixes(_wanted_prefixes(schema))
        self.simple_types = SimpleTypes(self.prefixes)
        self.constraints: list[Constraint] = []
        self._elements: dict[int, ElementMaker] = {}
        self._types: dict[int, ElementType] = {}
        self._queue: list[tuple[XsdElement, ElementMaker]] = []
        self._pending: list[tuple[XsdComplexType, ElementType]] = []
        self._identities: dict[int, Constraint] = {}
        self.ambiguous_model: XsdComponent | None = None
        self._derived: dict[int, list[XsdComplexType]] | None = None

    def root(self, element: XsdElement) -> ElementMaker:
        """Return the compiled global element. Raises PayloadError."""
        maker = self._element(element)
        self._finish()
        self.update_costs()
        if math.isinf(maker.cost):
            raise Unsatisfiable(
                f"the element {element.local_name} cannot be finished: something in it is abstract without a "
                "substitute, is not declared, or needs itself inside itself without end",
                place_of(element),
            )
        return maker

    def update_costs(self) -> None:
        """Calculate all costs and sizes, repeating until none changes."""
        makers, types = list(self._elements.values()), list(self._types.values())
        changed = True
        while changed:
            changed = False
            for kind in reversed(types):
                if kind.content is not None:
                    changed |= kind.content.update_costs()
            for maker in reversed(makers):
                changed |= maker.update_costs()
        for kind in types:
            if kind.content is not None:
                kind.content.ready()
                kind.optional = kind.content.optional_cost
                leaves_inside = list(kind.content.leaves())
                kind.children = sum(leaf.expected for leaf in leaves_inside)
                kind.many = any(leaf.most is None for leaf in leaves_inside)
        for maker in makers:
            maker.ready()
        _sizes(makers, types)

    @property
    def makers(self) -> list[ElementMaker]:
        """All elements compiled so far."""
        return list(self._elements.values())

    # ---- elements

    def _element(self, element: XsdElement) -> ElementMaker:
        declaration = element if element.ref is None else element.ref
        maker = self._elements.get(id(declaration))
        if maker is None:
            maker = self._elements[id(declaration)] = ElementMaker(declaration.name)
            self._queue.append((declaration, maker))
        return maker

    def _finish(self) -> None:
        while self._queue or self._pending:
            while self._queue:
                self._fill_element(*self._queue.pop())
            while self._pending:
                self._fill_type(*self._pending.pop())

    def _fill_element(self, element: XsdElement, maker: ElementMaker) -> None:
        kinds: list[tuple[ElementType, str | None]] = []
        declared = element.type
        if not declared.abstract:
            kinds.append((self._type(declared, element), None))
        for derived in self._derived_types(element):
            assert derived.name is not None
            kinds.append((self._type(derived, element), self.prefixes.written(derived.name)))
        if not kinds:
            raise Unsatisfiable(
                f"the type of the element {element.local_name} is abstract and nothing is derived from it",
                place_of(element),
            )
        maker.types = kinds
        maker.nillable = element.nillable
        if element.nillable or any(written for _, written in kinds):
            self.prefixes.prefix(XSI)
        maker.fixed = self._value(element, element.fixed)
        maker.default = element.default
        maker.constraints = tuple(self._constraint(identity) for identity in element.identities)

    def _value(self, element: XsdElement | XsdAttribute, text: str | None) -> str | None:
        """Return a fixed value; a QName gets the prefix of the document."""
        if text is not None and element.type.is_qname():
            return self.prefixes.rewritten(text, element.schema.namespaces)
        return text

    def _items(self, element: XsdElement) -> list[Item]:
        """Return an element and all its substitutes."""
        declaration = element if element.ref is None else element.ref
        items: list[Item] = []
        if not declaration.abstract:
            items.append(self._element(declaration))
        if element.ref is None or not declaration.substitutes:
            return items
        barred = _split(declaration.block) | _split(getattr(declaration.type, "block", ""))
        if "substitution" in barred:
            return items
        members = sorted(declaration.iter_substitutes(), key=lambda member: str(member.name))
        usable = (
            member for member in members if not member.abstract and not _methods(member.type, declaration.type) & barred
        )
        return [*items, *(self._element(member) for member in usable)]

    # ---- types

    def _type(self, xsd_type: XsdType, owner: XsdComponent) -> ElementType:
        kind = self._types.get(id(xsd_type))
        if kind is not None:
            return kind
        if isinstance(xsd_type, XsdSimpleType):
            kind = ElementType(Attributes([]), simple=self._simple(xsd_type, owner))
            self._types[id(xsd_type)] = kind
            return kind
        assert isinstance(xsd_type, XsdComplexType)
        kind = self._types[id(xsd_type)] = ElementType(Attributes([]))
        self._pending.append((xsd_type, kind))
        return kind

    def _fill_type(self, xsd_type: XsdComplexType, kind: ElementType) -> None:
        kind.attributes = self._attributes(xsd_type)
        content = xsd_type.content
        if isinstance(content, XsdSimpleType):
            kind.simple = self._simple(content, xsd_type)
            return
        if xsd_type.mixed:
            kind.mixed = free_text()
        group = self._group(content)
        self._note_ambiguity(group, xsd_type, repeated=False)
        if group.parts and group.most != 0:
            kind.content = group

    def _simple(self, xsd_type: XsdSimpleType, owner: XsdComponent) -> Simple:
        simple = self.simple_types.simple(xsd_type)
        if simple.role is Role.ENTITY:
            raise Unsupported("xs:ENTITY: libxml2 accepts no value of it, declared or not", place_of(owner))
        return simple if simple.role is Role.PLAIN else dataclasses.replace(simple, owner=owner)

    def _derived_types(self, element: XsdElement) -> list[XsdComplexType]:
        """Return the types that xsi:type may name in place of the declared one."""
        declared = element.type
        if not isinstance(declared, XsdComplexType) or declared.name in {None, _ANY_TYPE}:
            return []
        if self._derived is None:
            self._derived = {}
            for xsd_type in self._maps.types.values():
                if (
                    isinstance(xsd_type, XsdComplexType)
                    and xsd_type.base_type is not None
                    and not str(xsd_type.name).startswith(XS)
                ):
                    self._derived.setdefault(id(xsd_type.base_type), []).append(xsd_type)
        barred = _split(element.block) | _split(declared.block)
        types: list[XsdComplexType] = []
        waiting = list(self._derived.get(id(declared), ()))
        while waiting:
            derived = waiting.pop(0)
            waiting.extend(self._derived.get(id(derived), ()))
            if not derived.abstract and not _methods(derived, declared) & barred and derived not in types:
                types.append(derived)
        return types

    # ---- content

    def _group(self, group: XsdGroup) -> Group:
        parts = [part for particle in group if (part := self._part(particle)) is not None]
        kind = {"sequence": Sequential, "choice": Choice, "all": All}[group.model]
        return kind(parts, group.min_occurs, group.max_occurs)

    def _note_ambiguity(self, group: Group, owner: XsdComponent, *, repeated: bool) -> None:
        """Record a content model that xmlschema may not follow.

        It counts occurrences greedily: of a repeated group of two to three elements it takes the first element of the
        second group as the third of the first.
        """
        if group.least > 1:
            self.ambiguous_model = owner
        repeated = repeated or group.most != 1
        for part in group.parts:
            if isinstance(part, Group):
                self._note_ambiguity(part, owner, repeated=repeated)
            elif repeated and part.least > 1 and part.most != part.least:
                self.ambiguous_model = owner

    def _part(self, particle: XsdElement | XsdGroup | XsdAnyElement) -> Part | None:
        if particle.max_occurs == 0:
            return None
        if isinstance(particle, XsdGroup):
            group = particle
            if group.ref is not None and not len(group):
                group = group.ref
            inner = self._group(group)
            inner.least, inner.most = particle.min_occurs, particle.max_occurs
            return inner
        items = self._any(particle) if isinstance(particle, XsdAnyElement) else self._items(particle)
        return Leaf(items, particle.min_occurs, particle.max_occurs)

    def _any(self, wildcard: XsdAnyElement) -> list[Item]:
        declared = list(self._maps.elements)
        items: list[Item] = [AnyItem(name) for name in undeclared_names(wildcard, declared)]
        if wildcard.process_contents == "skip":
            return items
        names = declared_names(wildcard, declared)
        for name in names if wildcard.process_contents == "strict" else names[:_MAX_LAX]:
            element = self._maps.elements[name]
            if not element.abstract:
                items.append(self._element(element))
        return items

    # ---- attributes

    def _attributes(self, xsd_type: XsdComplexType) -> Attributes:
        uses: list[AttributeUse | AnyAttribute] = []
        declared = {name for name in xsd_type.attributes if name is not None}
        for attribute in xsd_type.attributes.values():
            if isinstance(attribute, XsdAnyAttribute):
                if wild := self._any_attributes(attribute, declared):
                    uses.append(AnyAttribute(wild))
            elif attribute.use != "prohibited":
                uses.append(self._attribute(attribute, required=attribute.use == "required"))
        return Attributes(uses)

    def _attribute(self, attribute: XsdAttribute, *, required: bool) -> AttributeUse:
        fixed = self._value(attribute, attribute.fixed)
        return AttributeUse(attribute.name, self._simple(attribute.type, attribute), required, fixed)

    def _any_attributes(self, wildcard: XsdAnyAttribute, declared: set[str]) -> list[AttributeUse]:
        known = list(self._maps.attributes)
        text = Simple(self._maps.any_simple_type, free_text(), Role.PLAIN)
        uses = [
            AttributeUse(name, text, required=True)
            for name in undeclared_names(wildcard, [*known, *declared])
            if name not in declared
        ]
        if wildcard.process_contents != "skip":
            names = (name for name in declared_names(wildcard, known) if name not in declared)
            uses += [self._attribute(self._maps.attributes[name], required=True) for name in names]
        return [use for use in uses if use.simple.role is not Role.ID]

    # ---- identity constraints

    def _constraint(self, identity: XsdIdentity) -> Constraint:
        constraint = self._identities.get(id(identity))
        if constraint is None:
            assert identity.selector is not None
            constraint = self._identities[id(identity)] = Constraint(
                "key" if isinstance(identity, XsdKey) else "keyref" if isinstance(identity, XsdKeyref) else "unique",
                identity.local_name,
                identity.selector.path,
                tuple(field.path for field in identity.fields),
                identity.schema.namespaces,
                place_of(identity),
            )
            self.constraints.append(constraint)
            if isinstance(identity, XsdKeyref) and isinstance(identity.refer, XsdIdentity):
                constraint.refer = self._constraint(identity.refer)
        return constraint


def _wanted_prefixes(schema: xmlschema.XMLSchemaBase) -> dict[str, str]:
    wanted = {prefix: uri for prefix, uri in schema.namespaces.items() if prefix}
    if schema.target_namespace and schema.target_namespace not in wanted.values():
        wanted.setdefault("tns", schema.target_namespace)
    return wanted


def _split(words: str | None) -> set[str]:
    methods = set((words or "").split())
    return {"extension", "restriction", "substitution"} if "#all" in methods else methods


def _methods(derived: XsdType, base: XsdType) -> set[str]:
    """Return the methods by which a type is derived from another one."""
    methods: set[str] = set()
    current: XsdType | None = derived
    while current is not None and current is not base:
        if current.derivation:
            methods.add(current.derivation)
        elif isinstance(current, XsdSimpleType):
            methods.add("restriction")
        current = current.base_type
    return methods


def _sizes(makers: Sequence[ElementMaker], types: Sequence[ElementType]) -> None:
    """Calculate the bytes of choices that each element takes at the start."""
    done: dict[int, int] = {}

    def of_type(kind: ElementType) -> int:
        if id(kind) in done:
            return done[id(kind)]
        done[id(kind)] = _MAX_SIZE  # inside itself
        size = kind.attributes.size + (kind.mixed is not None)
        if kind.simple is not None:
            size += kind.simple.values.choice_bytes
        elif kind.content is not None:
            kind.content.size = of_group(kind.content)
            size += kind.content.size
        done[id(kind)] = kind.size = min(size, _MAX_SIZE)
        return kind.size

    def of_group(group: Group) -> int:
        sizes = []
        for part in group.parts:
            part.size = of_part(part)
            sizes.append(
                (part.least != part.most) + (part.size if part.most == 1 and part.least else min(part.size, 2))
            )
        size = 1 + max(sizes, default=0) if isinstance(group, Choice) else sum(sizes)
        return min(size + (len(sizes) if isinstance(group, All) else 0), _MAX_SIZE)

    def of_part(part: Part) -> int:
        if isinstance(part, Leaf):
            return (len(part.items) > 1) + (of_item(part.items[0]) if part.items else 0)
        assert isinstance(part, Group)
        return of_group(part)

    def of_item(item: Item) -> int:
        if not isinstance(item, ElementMaker) or not item.types:
            return item.size
        item.size = min(
            _MAX_SIZE,
            of_type(item.types[0][0])
            + item.nillable
            + (len(item.types) > 1)
            + (item.fixed is not None or item.default is not None),
        )
        return item.size

    for maker in makers:
        of_item(maker)
    for kind in types:
        of_type(kind)


def leaves(maker: ElementMaker) -> Iterator[Leaf]:
    """Yield the elements and wildcards that an element may hold."""
    for kind, _ in maker.types:
        if kind.content is not None:
            yield from kind.content.leaves()
