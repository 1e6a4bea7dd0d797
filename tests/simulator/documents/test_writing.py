"""Documents are written byte for byte as lxml writes them with indentation, by the project's profile and another."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from simulator.documents.bindings import Binding, Node
from simulator.documents.fields import Field, Kind, values_of
from simulator.documents.profile import Profile
from simulator.documents.values import WRITERS
from simulator.documents.writing import WritingError, _ElementWriter, document_parts, write_document
from simulator.domain.model import Document
from simulator.domain.provenance import Basis, Provenance
from tests.simulator.documents.strategies import documents

Values = dict[str, Any]


def _lxml_text(binding: Binding | None, values: Values) -> str | None:
    if binding is None or binding.field is None or binding.constant is not None:
        return binding.constant if binding else None
    value = values.get(binding.name)
    if value is None:
        return None
    text = WRITERS[binding.field.kind](value)
    return binding.values.get(text, text)


def _lxml_fill(element: etree._Element, node: Node, values: Values) -> None:
    for name, value in node.conditions:
        element.set(name, value)
    for name, binding in node.attributes.items():
        if (value := _lxml_text(binding, values)) is not None:
            element.set(name, value)
    element.text = _lxml_text(node.text, values)
    for child in node.children:
        if child.group is not None:
            for item in values.get(child.group.name) or ():
                _lxml_fill(etree.SubElement(element, child.name), child, item)
        elif child.always or not child.names or any(values.get(name) not in (None, []) for name in child.names):
            _lxml_fill(etree.SubElement(element, child.name), child, values)


def _compare(document: Document, profile: Profile) -> None:
    tree = profile.channel(document.channel).tree
    uris = {name[1:].partition("}")[0] for name in tree.vocabulary if name.startswith("{")}
    root = etree.Element(tree.name, nsmap={prefix: uri for prefix, uri in profile.namespaces.items() if uri in uris})
    _lxml_fill(root, tree, values_of(document))
    etree.indent(root, space="  ")
    written = write_document(document, profile)
    assert written == etree.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"
    if not document.records:
        with pytest.raises(WritingError, match="without records"):
            document_parts(document, profile)
        return
    before, body, between, after = document_parts(document, profile)
    assert before + body + after == written
    assert between.isspace()
    assert before.endswith(between)
    assert len(body.split(between + b"<")) >= len(document.records)


@settings(max_examples=150, deadline=None)
@given(documents())
def test_reconstruction(profile: Profile, document: Document) -> None:
    _compare(document, profile)


@settings(max_examples=100, deadline=None)
@given(documents())
def test_another_schema(other: Profile, document: Document) -> None:
    _compare(document, other)


_TEXTS = st.none() | st.text(st.sampled_from("a &<>\"'\r\n\t\u00a0\u0085\u2028ž😀"), max_size=4)


@settings(max_examples=300, deadline=None)
@given(_TEXTS, _TEXTS, _TEXTS, st.booleans(), st.sampled_from([None, "p"]))
def test_any_text_anywhere(
    text: str | None, attribute: str | None, leaf: str | None, always: bool, prefix: str | None
) -> None:
    """Texts that lxml escapes, indents over or leaves out, of an element with others below it and of one without."""
    values = {"text": text, "attribute": attribute, "leaf": leaf}
    bindings = {name: _binding(name) for name in values}
    below = Node("{u}leaf", text=bindings["leaf"], always=always, names=frozenset({"leaf"}))
    inner = Node("inner", conditions=(("kind", 'a"<'),), text=bindings["text"])
    node = Node(
        "{u}record", text=bindings["text"], attributes={"{v}of": bindings["attribute"]}, children=[below, inner]
    )
    uris = {prefix: "u", "v": "v"}
    root = etree.Element("{u}root", nsmap=uris)
    record = etree.SubElement(root, node.name)
    _lxml_fill(record, node, values)
    etree.indent(root, space="  ")
    record.tail = None
    opening = '<p:root xmlns:p="u" xmlns:v="v">' if prefix else '<root xmlns="u" xmlns:v="v">'
    written = _ElementWriter(node, 1, uris).write(values)
    whole = f"{opening}\n  {written}{'</p:root>' if prefix else '</root>'}"
    assert etree.tostring(root, encoding="UTF-8") == whole.encode()


def _binding(name: str) -> Binding:
    provenance = Provenance(Basis.ASSUMED, "this test")
    return Binding(name, name, (), name, provenance, Field(name, Kind.TEXT))
