"""What stands in the fields that the domain leaves open: names, addresses, numbers, as the schema allows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from xmlschema.validators import XsdElement, XsdSimpleType

from conformance.payloads.engine.choices import Block, Mixed, Picks, Values
from conformance.payloads.engine.loading import Prefixes
from conformance.payloads.engine.simple_types import SimpleTypes
from simulator.documents.bindings import Node
from simulator.documents.explaining import child_declaration, global_element
from simulator.documents.profile import ChannelProfile, Profile

_LATVIAN = "AĀBCČDEĒFGĢHIĪJKĶLĻMNŅOPRSŠTUŪVZŽ"
_LONGEST = 500  # characters of an edge, where the schema sets no length
_NAMES = (
    "Anna",
    "Ž",
    _LATVIAN,
    _LATVIAN.lower(),
    "Anna-Marija",
    "Be\u0304rzin\u0327s",  # combining marks instead of the letters that have them
    "D'Arsija",
)
EDGES: Mapping[str, tuple[str, ...]] = {
    "given_name": _NAMES,
    "surname": _NAMES,
    "contract": ("1", "0012345678", "ĻĢ-12/3 a", "0", "R&D <1>"),
    "invoice_number": ("1", "R-2026-03-0001", "00001", "Ē/1"),
    "text": ("Paraugu iela 1, Paraugciems", 'Māja "Ļaudis", 2. stāvs & bēniņi', "A"),
    "reason": ("Dati saņemti vēlāk", "x"),
    "decision_id": ("1", "L-2026/0001"),
}
"""By the last word of the field's name, the simplest first; those that the schema does not allow are left out."""


class FieldTexts:
    """Makers of the texts of one channel's documents, by the field's name (``records.holder.surname``).

    Raises PayloadError when the schema allows nothing, or has what no text can be made for.
    """

    def __init__(self, profile: Profile, channel: ChannelProfile) -> None:
        model = profile.catalogue.model(channel.schema_urn)
        root = global_element(model, channel.root)
        assert root is not None  # the profile was held against its schemas
        self._types = dict(_types(channel.tree, root, ""))
        self._simple = SimpleTypes(Prefixes({}))
        self._makers: dict[str, Values] = {}
        self._known: dict[tuple[str, str], bool] = {}

    def text(self, field: str, block: Block) -> str:
        """One text of a field; zeros make the simplest."""
        if field not in self._makers:
            self._makers[field] = self._maker(field)
        return self._makers[field].make(block)

    def takes(self, field: str, text: str) -> bool:
        """Whether the schema allows a text in a field."""
        known = self._known.get((field, text))
        if known is None:
            found = self._types.get(field)
            known = self._known[field, text] = found is None or bool(found.is_valid(text))
        return known

    def has(self, field: str) -> bool:
        """Whether the profile writes a field at all."""
        return field in self._types

    def _maker(self, field: str) -> Values:
        found = self._types.get(field)
        edges = [each for each in self._edges(field, found) if self.takes(field, each)]
        if found is None:
            return Picks(edges)
        own = self._simple.simple(found).values
        return Mixed((Picks(edges), own)) if edges else own

    def _edges(self, field: str, found: XsdSimpleType | None) -> Iterator[str]:
        known = EDGES.get(field.rpartition(".")[2], EDGES["text"])
        yield from known
        longest = getattr(found, "max_length", None) or _LONGEST
        yield from (each * longest for each in ("ņ", "Š", "7"))


def _types(node: Node, declaration: XsdElement, prefix: str) -> Iterator[tuple[str, XsdSimpleType]]:
    """The simple type of each field that the profile binds."""
    if node.text is not None and node.text.field is not None and declaration.type.simple_type is not None:
        yield prefix + node.text.name, declaration.type.simple_type
    for name, binding in node.attributes.items():
        attribute = declaration.attributes.get(name)
        if binding.field is not None and attribute is not None and attribute.type is not None:
            yield prefix + binding.name, attribute.type
    for child in node.children:
        inner = child_declaration(declaration, child.name)
        if inner is not None:
            yield from _types(child, inner, f"{prefix}{child.group.name}." if child.group else prefix)
