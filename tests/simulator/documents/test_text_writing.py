"""Records written as text are, byte for byte, what lxml writes: under the project's profile and another."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from simulator.documents import writing
from simulator.documents.bindings import Binding, Node
from simulator.documents.fields import Field, Kind, values_of
from simulator.documents.model import Basis, Document, Provenance
from simulator.documents.profile import Profile
from simulator.documents.text_writing import TextWriter
from simulator.documents.writing import document_parts, write_document
from tests.simulator.documents.strategies import documents


def _agree(document: Document, profile: Profile) -> None:
    if not document.records:
        return
    tree = profile.channel(document.channel).tree
    assert writing._text_writer(tree, profile) is not None
    parts = document_parts(document, profile)
    assert parts == writing._cut(tree, values_of(document), profile)
    before, body, _, after = parts
    assert before + body + after == write_document(document, profile)


@settings(max_examples=150, deadline=None)
@given(documents())
def test_reconstruction(profile: Profile, document: Document) -> None:
    _agree(document, profile)


@settings(max_examples=100, deadline=None)
@given(documents())
def test_another_schema(other: Profile, document: Document) -> None:
    _agree(document, other)


_TEXTS = st.none() | st.text(st.sampled_from("a &<>\"'\r\n\t\u00a0\u0085\u2028ž😀"), max_size=4)


@settings(max_examples=300, deadline=None)
@given(_TEXTS, _TEXTS, _TEXTS, st.booleans(), st.sampled_from([None, "p"]))
def test_any_text_anywhere(
    text: str | None, attribute: str | None, leaf: str | None, always: bool, prefix: str | None
) -> None:
    """Texts that lxml escapes, indents over or leaves out, of an element with others below it and of one without."""
    values = {"text": text, "attribute": attribute, "leaf": leaf}
    names = {each: _binding(each) for each in values}
    below = Node("{u}leaf", text=names["leaf"], always=always)
    inner = Node("inner", conditions=(("kind", 'a"<'),), text=names["text"])
    node = Node("{u}record", text=names["text"], attributes={"{v}of": names["attribute"]}, children=[below, inner])
    uris = {prefix: "u", "v": "v"}
    root = etree.Element("{u}root", nsmap=uris)
    record = etree.SubElement(root, node.name)
    writing._fill(record, node, values)
    etree.indent(root, space="  ")
    record.tail = None
    opening = '<p:root xmlns:p="u" xmlns:v="v">' if prefix else '<root xmlns="u" xmlns:v="v">'
    written = TextWriter(node, 1, uris, writing._text).write(values)
    whole = f"{opening}\n  {written}{'</p:root>' if prefix else '</root>'}"
    assert etree.tostring(root, encoding="UTF-8") == whole.encode()


def _binding(name: str) -> Binding:
    provenance = Provenance(Basis.ASSUMED, "this test")
    return Binding(name, name, (), name, provenance, Field(name, Kind.TEXT))
