"""From the schema of an element to a Hypothesis strategy of its documents.

The first part makes optional fields required without which no document could keep its identity constraints.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from xml.etree import ElementTree

import xmlschema
from hypothesis import strategies as st

from conformance.payloads.engine.choices import Choices, Source, ZeroSource
from conformance.payloads.engine.compiling import Compiler, leaves
from conformance.payloads.engine.content import ElementMaker, ElementType, Leaf, makers_of
from conformance.payloads.engine.document import Conflict, Constraint, ConstraintSolver, Document, Element
from conformance.payloads.engine.errors import NOWHERE, Place, Unsatisfiable, Unsupported, place_of
from conformance.payloads.engine.loading import load_schema
from conformance.payloads.engine.simple_types import Role

_Path = tuple[Leaf, ...]


def require_fields(compiler: Compiler) -> None:
    """Make every field of a key required, and of a keyref with several fields (xmlschema also checks incomplete ones).

    No field of any constraint may be nil, for libxml2 accepts none that is.
    """
    for maker in compiler.makers:
        for constraint in maker.constraints:
            there = constraint.kind == "key" or (constraint.kind == "keyref" and len(constraint.fields) > 1)
            for path in constraint.selector.split("|"):
                for owner, _ in list(_follow(maker, path, constraint)):
                    for field in constraint.fields:
                        _require_field(owner, field.split("|")[0], constraint, there=there)
    compiler.update_costs()


def _require_field(owner: ElementMaker, field: str, constraint: Constraint, *, there: bool) -> None:
    path, _, last = field.strip().rpartition("/")
    if last.strip().startswith(("@", "attribute::")):
        if not there:
            return
        name = _clark(last.strip().removeprefix("@").removeprefix("attribute::"), constraint)
        for target, way in list(_follow(owner, path or ".", constraint)):
            _require_path(way)
            for kind, _ in target.types:
                use = kind.attributes.declared(name)
                if use is not None:
                    use.required = True
        return
    for target, way in list(_follow(owner, field, constraint)):
        if there:
            _require_path(way)
        target.nillable = False


def require_keys(root: ElementMaker, constraint: Constraint) -> bool:
    """Make a key required below every element that declares it. Returns True if that was possible."""
    possible = False
    for maker in _reachable(root):
        if constraint in maker.constraints:
            target = next(_follow(maker, constraint.selector.split("|")[0], constraint), None)
            if target is not None:
                _require_path(target[1])
                for field in constraint.fields:
                    _require_field(target[0], field.split("|")[0], constraint, there=True)
                possible = True
    return possible


def require_identifier(root: ElementMaker) -> bool:
    """Make the nearest ID required, of the smallest elements if they have one. Returns True if that was possible."""
    return _require_nearest(root, first_only=True) or _require_nearest(root, first_only=False)


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """A step from an element of one of its types to a child that one of its particles allows."""

    maker: ElementMaker
    kind: ElementType
    leaf: Leaf
    item: ElementMaker

    def require(self) -> None:
        """Make documents always take this step."""
        _take_type(self.maker, self.kind)
        self.leaf.require()
        if self.leaf.items[0] is not self.item:
            self.leaf.items = [self.item]


def _take_type(maker: ElementMaker, kind: ElementType) -> None:
    if maker.types[0][0] is not kind:
        maker.types = [pair for pair in maker.types if pair[0] is kind]


def _require_nearest(root: ElementMaker, *, first_only: bool) -> bool:
    waiting: deque[tuple[ElementMaker, tuple[_Step, ...]]] = deque([(root, ())])
    seen = {id(root)}
    while waiting:
        maker, way = waiting.popleft()
        for kind, _ in maker.types[:1] if first_only else maker.types:
            use = next((use for use in kind.attributes.declared_uses() if use.simple.role is Role.ID), None)
            if use is not None or (kind.simple is not None and kind.simple.role is Role.ID):
                if use is not None:
                    use.required = True
                _take_type(maker, kind)
                for step in way:
                    step.require()
                return True
            for leaf in kind.content.leaves() if kind.content is not None else ():
                for child in makers_of(leaf.items[:1] if first_only else leaf.items):
                    if id(child) not in seen:
                        seen.add(id(child))
                        waiting.append((child, (*way, _Step(maker, kind, leaf, child))))
    return False


def _require_path(way: _Path) -> None:
    for leaf in way:
        leaf.require()


def _reachable(root: ElementMaker) -> list[ElementMaker]:
    makers = [root]
    seen = {id(root)}
    for maker in makers:  # grows as it goes
        for leaf in leaves(maker):
            for child in makers_of(leaf.items):
                if id(child) not in seen:
                    seen.add(id(child))
                    makers.append(child)
    return makers


def _follow(maker: ElementMaker, path: str, constraint: Constraint) -> Iterator[tuple[ElementMaker, _Path]]:
    """Yield the elements that a path of a constraint leads to, each with the particles on the way."""
    path = path.strip()
    if path.startswith(".//"):
        starts = list(_descend(maker))
        path = path[3:]
    else:
        starts = [(maker, ())]
    steps = starts
    for raw in path.split("/"):
        step = raw.strip().removeprefix("child::")
        if step == ".":
            continue
        steps = [
            (child, (*way, leaf))
            for owner, way in steps
            for leaf in leaves(owner)
            for child in makers_of(leaf.items)
            if _matches(child.tag, step, constraint)
        ]
    yield from steps


def _descend(maker: ElementMaker) -> Iterator[tuple[ElementMaker, _Path]]:
    waiting: deque[tuple[ElementMaker, _Path]] = deque([(maker, ())])
    seen = {id(maker)}
    while waiting:
        current, way = waiting.popleft()
        yield current, way
        for leaf in leaves(current):
            for child in makers_of(leaf.items):
                if id(child) not in seen:
                    seen.add(id(child))
                    waiting.append((child, (*way, leaf)))


def _matches(tag: str, step: str, constraint: Constraint) -> bool:
    if step == "*":
        return True
    if step.endswith(":*"):
        return tag.startswith(f"{{{constraint.namespaces.get(step[:-2], '')}}}")
    return tag == _clark(step, constraint)


def _clark(name: str, constraint: Constraint) -> str:
    prefix, colon, local = name.strip().rpartition(":")
    namespace = constraint.namespaces.get(prefix, "") if colon else ""
    return f"{{{namespace}}}{local}" if namespace else local


_GREEDY = "xmlschema does not follow this content model: it counts the occurrences of groups inside groups greedily"
ROOM = 240  # optional elements of one document
REPEATS = 4  # times more than the least that something comes which may come without end


MOST_BYTES = 3900  # of one document: below half of what Hypothesis takes for one example; what comes after is smallest
_BYTES_PER_DRAW = 2  # that Hypothesis itself counts for a draw


class HypothesisSource:
    """Choices that Hypothesis draws, as many bytes as one document may have; then zeros."""

    def __init__(self, draw: Callable[[st.SearchStrategy[bytes]], bytes], most: int = MOST_BYTES) -> None:
        self._draw = draw
        self._left = most

    def choices(self, size: int) -> Choices:
        """Return a block of drawn bytes."""
        return Choices(self._bytes(size) if size else b"", self._bytes)

    def _bytes(self, size: int) -> bytes:
        size = min(size, self._left - _BYTES_PER_DRAW)
        if size <= 0:
            return b""
        self._left -= size + _BYTES_PER_DRAW
        return self._draw(_bytes_of(size))


@functools.cache
def _bytes_of(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=size, max_size=size)


@dataclass(frozen=True, slots=True)
class DocumentFactory:
    """Makes documents of one element."""

    maker: ElementMaker
    declared: Mapping[str | None, str]
    empties: Mapping[str, str]
    keep: bool
    check: Callable[[Element], bool] | None  # where xmlschema may not follow a content model
    repeats: int
    room: int

    def make(self, source: Source, *, room: float, repeats: int) -> Element:
        """Return one document. Raises Conflict if it cannot keep its constraints."""
        document = Document(source, self.declared, repeats=repeats, keep=self.keep)
        root = self.maker.make(None, document, source.choices(self.maker.size), room, 0)
        document.resolve_references()
        if document.scopes:
            ConstraintSolver(document, self.empties).solve()
        if self.check is not None and not self.check(root):
            raise Conflict(_GREEDY, NOWHERE)
        return root

    def draw(self, draw: Callable[[st.SearchStrategy[bytes]], bytes]) -> Element:
        """Return a document of Hypothesis; if it cannot keep its constraints, a smaller one, at last the smallest."""
        source = HypothesisSource(draw)
        for room, repeats in ((self.room, self.repeats), (self.room // 8, 1), (0, 0)):
            try:
                return self.make(source, room=room, repeats=repeats)
            except Conflict:
                continue
        return self.make(ZeroSource(), room=0, repeats=0)


def from_schema(
    schema: xmlschema.XMLSchemaBase | Path | str, element: str, *, repeats: int = REPEATS, room: int = ROOM
) -> st.SearchStrategy[Element]:
    """Return a strategy of valid documents of a global element; examples shrink to the smallest document.

    ``schema`` is a loaded schema or the path of one; ``element`` the name of a global element, as a Clark name or, when
    it is in the target namespace, alone. ``repeats`` is how many more than the least come of what may come without end,
    ``room`` how many optional elements one document may have. Raises SchemaUnusable, Unsatisfiable or Unsupported, each
    with the place in the schema.
    """
    documents = compile_element(schema, element, repeats=repeats, room=room)

    @st.composite
    def document(draw: st.DrawFn) -> Element:
        return documents.draw(draw)

    return document()


def compile_element(
    schema: xmlschema.XMLSchemaBase | Path | str, element: str, *, repeats: int = REPEATS, room: int = ROOM
) -> DocumentFactory:
    """Return the factory that ``from_schema`` draws from. Raises like ``from_schema``."""
    if isinstance(schema, (str, Path)):
        schema = load_schema(Path(schema))
    if schema.XSD_VERSION != "1.0":
        raise Unsupported(f"a schema of XSD {schema.XSD_VERSION}; load it as XSD 1.0", _file(schema))
    name = (
        element if element.startswith("{") or not schema.target_namespace else f"{{{schema.target_namespace}}}{element}"
    )
    declaration = schema.maps.elements.get(name)
    if declaration is None:
        known = ", ".join(sorted(name for name in schema.elements)) or "none"
        raise Unsupported(
            f"there is no global element {name}; in the target namespace there are: {known}", _file(schema)
        )
    compiler = Compiler(schema)
    maker = compiler.root(declaration)
    require_fields(compiler)
    documents = DocumentFactory(
        maker,
        compiler.prefixes.declared,
        {maker.tag: value for maker in compiler.makers if (value := maker.value_when_empty()) is not None},
        bool(compiler.constraints),
        None if compiler.ambiguous_model is None else _validator(schema),
        repeats,
        room,
    )
    _try_smallest(compiler, documents)
    return documents


def _try_smallest(compiler: Compiler, documents: DocumentFactory) -> None:
    """Make the smallest document, and require what it turns out to lack."""
    tried: set[Constraint | None] = set()
    while True:
        try:
            documents.make(ZeroSource(), room=0, repeats=0)
        except Conflict as conflict:
            if conflict.reason == _GREEDY and compiler.ambiguous_model is not None:
                raise Unsupported(_GREEDY, place_of(compiler.ambiguous_model)) from conflict
            wanted = conflict.constraint
            if wanted in tried or not (
                require_keys(documents.maker, wanted) if wanted is not None else _wants_id(conflict, documents)
            ):
                raise Unsatisfiable(conflict.reason, conflict.place) from conflict
            tried.add(wanted)
            compiler.update_costs()
        else:
            return


def _validator(schema: xmlschema.XMLSchemaBase) -> Callable[[Element], bool]:
    """Return a check whether xmlschema accepts a document."""
    return lambda root: schema.is_valid(cast(ElementTree.Element, root))


def _wants_id(conflict: Conflict, documents: DocumentFactory) -> bool:
    return "IDREF" in conflict.reason and require_identifier(documents.maker)


def _file(schema: xmlschema.XMLSchemaBase) -> Place:
    return NOWHERE if schema.url is None else Place(schema.url.removeprefix("file://"), None)
