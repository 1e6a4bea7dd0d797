"""The strategy of a schema's element: valid documents, the smallest first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from xml.etree import ElementTree

import xmlschema
from hypothesis import strategies as st

from conformance.payloads.blocks import Drawn, Smallest, Source
from conformance.payloads.compiling import Compiler
from conformance.payloads.document import Conflict, Document, Element
from conformance.payloads.elements import ElementMaker
from conformance.payloads.errors import NOWHERE, Place, Unsatisfiable, Unsupported
from conformance.payloads.forcing import force_fields, force_identifier, force_keys
from conformance.payloads.identity import Constraint, Settling
from conformance.payloads.loading import load_schema
from conformance.payloads.places import place_of

_GREEDY = "xmlschema does not follow this content model: it counts the occurrences of groups inside groups greedily"
ROOM = 240  # optional elements of one document
REPEATS = 4  # times more than the least that something comes which may come without end


@dataclass(frozen=True, slots=True)
class Documents:
    """What makes the documents of one element."""

    maker: ElementMaker
    declared: Mapping[str | None, str]
    empties: Mapping[str, str]
    keep: bool
    check: Callable[[Element], bool] | None  # where xmlschema may not follow a content model
    repeats: int
    room: int

    def make(self, source: Source, *, room: float, repeats: int) -> Element:
        """One document; raises Conflict when it cannot be made to hold together."""
        document = Document(source, self.declared, repeats=repeats, keep=self.keep)
        root = self.maker.make(None, document, source.block(self.maker.size), room, 0)
        document.settle_references()
        if document.scopes:
            Settling(document, self.empties).settle()
        if self.check is not None and not self.check(root):
            raise Conflict(_GREEDY, NOWHERE)
        return root

    def drawn(self, draw: Callable[[st.SearchStrategy[bytes]], bytes]) -> Element:
        """One document by Hypothesis: when it cannot hold together a smaller one, at last the smallest."""
        source = Drawn(draw)
        for room, repeats in ((self.room, self.repeats), (self.room // 8, 1), (0, 0)):
            try:
                return self.make(source, room=room, repeats=repeats)
            except Conflict:
                continue
        return self.make(Smallest(), room=0, repeats=0)


def from_schema(
    schema: xmlschema.XMLSchemaBase | Path | str, element: str, *, repeats: int = REPEATS, room: int = ROOM
) -> st.SearchStrategy[Element]:
    """A strategy of documents of a global element, valid by construction; examples shrink to the smallest document.

    ``schema`` is a loaded schema or the path of one; ``element`` the name of a global element, as a Clark name or, when
    it is in the target namespace, alone. ``repeats`` is how many more than the least come of what may come without end,
    ``room`` how many optional elements one document may have. Raises SchemaUnusable, Unsatisfiable or Unsupported, each
    with the place in the schema.
    """
    documents = compiled(schema, element, repeats=repeats, room=room)

    @st.composite
    def document(draw: st.DrawFn) -> Element:
        return documents.drawn(draw)

    return document()


def compiled(
    schema: xmlschema.XMLSchemaBase | Path | str, element: str, *, repeats: int = REPEATS, room: int = ROOM
) -> Documents:
    """What ``from_schema`` draws from; raises the same."""
    if isinstance(schema, (str, Path)):
        schema = load_schema(Path(schema))
    if schema.XSD_VERSION != "1.0":
        raise Unsupported(f"a schema of XSD {schema.XSD_VERSION}; load it as XSD 1.0", _file(schema))
    name = (
        element if element.startswith("{") or not schema.target_namespace else f"{{{schema.target_namespace}}}{element}"
    )
    found = schema.maps.elements.get(name)
    if found is None:
        known = ", ".join(sorted(each for each in schema.elements)) or "none"
        raise Unsupported(
            f"there is no global element {name}; in the target namespace there are: {known}", _file(schema)
        )
    compiler = Compiler(schema)
    maker = compiler.root(found)
    force_fields(compiler)
    documents = Documents(
        maker,
        compiler.prefixes.declared,
        {each.tag: value for each in compiler.makers if (value := each.value_when_empty()) is not None},
        bool(compiler.constraints),
        None if compiler.doubtful is None else _validator(schema),
        repeats,
        room,
    )
    _try_smallest(compiler, documents)
    return documents


def _try_smallest(compiler: Compiler, documents: Documents) -> None:
    """Makes the smallest document, and demands what it turns out to lack."""
    tried: set[Constraint | None] = set()
    while True:
        try:
            documents.make(Smallest(), room=0, repeats=0)
        except Conflict as conflict:
            if conflict.reason == _GREEDY and compiler.doubtful is not None:
                raise Unsupported(_GREEDY, place_of(compiler.doubtful)) from conflict
            wanted = conflict.constraint
            if wanted in tried or not (
                force_keys(documents.maker, wanted) if wanted is not None else _wants_id(conflict, documents)
            ):
                raise Unsatisfiable(conflict.reason, conflict.place) from conflict
            tried.add(wanted)
            compiler.reckon()
        else:
            return


def _validator(schema: xmlschema.XMLSchemaBase) -> Callable[[Element], bool]:
    """Whether xmlschema takes a document, which it reads like any other tree of elements."""
    return lambda root: schema.is_valid(cast(ElementTree.Element, root))


def _wants_id(conflict: Conflict, documents: Documents) -> bool:
    return "IDREF" in conflict.reason and force_identifier(documents.maker)


def _file(schema: xmlschema.XMLSchemaBase) -> Place:
    return NOWHERE if schema.url is None else Place(schema.url.removeprefix("file://"), None)
