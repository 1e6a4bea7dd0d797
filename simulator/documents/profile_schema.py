"""Check of a profile's paths against its schema: each element and attribute must exist there, in the same order.

Imports xmlschema, which takes long, so ``profile`` imports this module only when it checks a profile.
"""

from __future__ import annotations

from collections.abc import Iterator

from xmlschema.validators import XsdAnyElement, XsdElement, XsdGroup

from simulator.documents.bindings import Binding, Node
from simulator.documents.element_names import Names
from simulator.documents.explaining import child_declaration, child_declarations, content_group


def problems(root: Node, declaration: XsdElement, names: Names, schema: str) -> list[str]:
    """Check a document's tree against the declaration of its document element; return one sentence for each problem.

    ``schema`` is the schema's file name for the sentences. Sets in the tree what only the schema says: which values
    have their white space collapsed, and which elements are required even when empty.
    """
    return list(_Checker(names, schema).node(root, declaration))


class _Checker:
    def __init__(self, names: Names, schema: str) -> None:
        self._names = names
        self._schema = schema

    def node(self, node: Node, declaration: XsdElement) -> Iterator[str]:
        yield from self._attributes(node, declaration)
        yield from self._text(node, declaration)
        declared: list[tuple[Node, XsdElement]] = []
        for child in node.children:
            inner = child_declaration(declaration, child.name)
            if inner is not None:
                declared.append((child, inner))
                yield from self.node(child, inner)
            elif not _open(declaration):
                yield self._no_element(child, declaration)
        yield from self._order(declaration, declared)
        yield from self._uncovered(node, declaration)

    def _holds(self, declaration: XsdElement, otherwise: str) -> str:
        return ", ".join(self._names.name(str(child.name)) for child in child_declarations(declaration)) or otherwise

    def _no_element(self, child: Node, declaration: XsdElement) -> str:
        place, written = _origin(child)
        return (
            f"{place}: {written!r} names {self._names.name(child.name)}, which {self._schema} does not have in"
            f" {self._names.name(declaration.name)}; there are {self._holds(declaration, 'no elements')}"
        )

    def _attributes(self, node: Node, declaration: XsdElement) -> Iterator[str]:
        known = [name for name in declaration.attributes if name]
        for name, binding in node.attributes.items():
            if name not in known and None not in declaration.attributes:
                there = ", ".join(f"@{self._names.name(attribute)}" for attribute in known) or "no attributes"
                yield (
                    f"{binding.place}: {binding.written!r} names @{self._names.name(name)}, which {self._schema}"
                    f" does not have on {self._names.name(declaration.name)}; there are {there}"
                )
            elif name in known:
                kind = declaration.attributes[name].type
                if getattr(kind, "white_space", None) == "collapse":
                    node.collapsed.add(name)
                yield from self._values(binding, kind)
        for name, _ in node.conditions:
            if name not in known and None not in declaration.attributes:
                element = self._names.name(declaration.name)
                yield f"{_origin(node)[0]}: {self._schema} has no attribute @{self._names.name(name)} on {element}"

    def _text(self, node: Node, declaration: XsdElement) -> Iterator[str]:
        if node.text is None:
            return
        simple = declaration.type.simple_type
        if simple is None and not getattr(declaration.type, "mixed", False):
            yield (
                f"{node.text.place}: {node.text.written!r} ends at {self._names.name(declaration.name)}, which holds"
                f" no value of its own in {self._schema}; it holds {self._holds(declaration, 'nothing')}"
            )
            return
        node.collapse = getattr(simple, "white_space", None) == "collapse"
        if simple is not None:
            yield from self._values(node.text, simple)

    def _values(self, binding: Binding, simple: object) -> Iterator[str]:
        written = [binding.constant] if binding.constant is not None else list(binding.values.values())
        for value in written:
            if not simple.is_valid(value):  # type: ignore[attr-defined]
                allowed = getattr(simple, "enumeration", None)
                there = f"; allowed are {', '.join(str(choice) for choice in allowed)}" if allowed else ""
                yield f"{binding.place}: {self._schema} does not allow the value {value!r} there{there}"

    def _order(self, declaration: XsdElement, declared: list[tuple[Node, XsdElement]]) -> Iterator[str]:
        content = content_group(declaration)
        if content is None or content.max_occurs != 1 or any(group.model != "sequence" for group in _groups(content)):
            return
        order = [child.name for child in child_declarations(declaration)]
        latest: tuple[int, Node | None] = (0, None)
        for child, _ in declared:
            index = order.index(child.name) if child.name in order else latest[0]
            if index < latest[0] and latest[1] is not None:
                yield (
                    f"{_origin(child)[0]}: stands after {_origin(latest[1])[0]}, but {self._schema} has"
                    f" {self._names.name(child.name)} before {self._names.name(latest[1].name)}; put it in that order"
                )
            latest = max(latest, (index, child), key=lambda indexed: indexed[0])

    def _uncovered(self, node: Node, declaration: XsdElement) -> Iterator[str]:
        """Yield what the schema requires and the profile never writes; mark elements that are required when empty."""
        for required in _must(declaration):
            nodes = node.by_tag.get(required.name, [])
            for wrapper in nodes:
                wrapper.always = wrapper.group is None and any(below.group is not None for below in wrapper.walk())
            if not nodes:
                yield (
                    f"{_origin(node)[0]}: {self._schema} requires {self._names.name(str(required.name))} in"
                    f" {self._names.name(declaration.name)}, which no field of the profile writes; bind a field to it"
                    ' or write it with { path = "...", constant = "..." }'
                )
        for name, attribute in declaration.attributes.items():
            conditions = {condition for condition, _ in node.conditions}
            if name and getattr(attribute, "use", "") == "required" and name not in {*node.attributes, *conditions}:
                yield (
                    f"{_origin(node)[0]}: {self._schema} requires @{self._names.name(name)} on"
                    f" {self._names.name(declaration.name)}, which no field of the profile writes"
                )


def _must(declaration: XsdElement) -> Iterator[XsdElement]:
    content = content_group(declaration)
    if content is not None:
        yield from _must_of(content)


def _must_of(group: XsdGroup) -> Iterator[XsdElement]:
    """Yield the elements that a valid element must have, except those that a substitute may replace."""
    if group.min_occurs == 0 or group.model == "choice":
        return
    for particle in group:
        if isinstance(particle, XsdGroup):
            yield from _must_of(particle)
        elif isinstance(particle, XsdElement) and particle.min_occurs and not any(particle.iter_substitutes()):
            yield particle


def _groups(group: XsdGroup) -> Iterator[XsdGroup]:
    yield group
    for particle in group:
        if isinstance(particle, XsdGroup):
            yield from _groups(particle)


def _open(declaration: XsdElement) -> bool:
    """Return True when the schema allows any element here."""
    content = content_group(declaration)
    return content is not None and any(isinstance(element, XsdAnyElement) for element in content.iter_elements())


def _origin(node: Node) -> tuple[str, str]:
    """Return the place in the profile that a node comes from, and its path as written there."""
    for below in node.walk():
        if below.group is not None:
            return below.group.place, below.group.written
        for binding in (below.text, *below.attributes.values()):
            if binding is not None:
                return binding.place, binding.written
    return "", ""
