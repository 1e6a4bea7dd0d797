"""Derivation, abstract types, xsi:type, nil, default and fixed values."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.payloads import Unsatisfiable
from tests.conformance.payloads.engine.checking import NIL, TYPE, Checked, tags

BASE = """<xs:complexType name="Base" {}><xs:sequence><xs:element name="a" type="xs:int" minOccurs="0"/></xs:sequence>
  <xs:attribute name="x" type="xs:boolean"/></xs:complexType>"""
EXTENDED = """<xs:complexType name="Extended"><xs:complexContent><xs:extension base="Base"><xs:sequence>
  <xs:element name="b" type="xs:int"/></xs:sequence><xs:attribute name="y" type="xs:boolean" use="required"/>
  </xs:extension></xs:complexContent></xs:complexType>"""
RESTRICTED = """<xs:complexType name="Restricted"><xs:complexContent><xs:restriction base="Base"><xs:sequence>
  <xs:element name="a" type="xs:byte"/></xs:sequence><xs:attribute name="x" use="prohibited"/>
  </xs:restriction></xs:complexContent></xs:complexType>"""


def test_extension_adds_after_the_base(tmp_path: Path) -> None:
    checked = Checked(tmp_path, BASE.format("") + EXTENDED + '<xs:element name="e" type="Extended"/>')
    documents = checked.documents()
    assert {tags(element) for element in documents} == {"b", "a b"}
    assert {tuple(sorted(element.attrib)) for element in documents} == {("y",), ("x", "y")}
    assert checked.smallest() == '<e y="false"><b>0</b></e>'


def test_restriction_takes_the_place_of_the_base(tmp_path: Path) -> None:
    checked = Checked(tmp_path, BASE.format("") + RESTRICTED + '<xs:element name="e" type="Restricted"/>')
    documents = checked.documents()
    assert {tags(element) for element in documents} == {"a"}
    assert not any(element.attrib for element in documents)
    assert all(-128 <= int(element[0].text or "") <= 127 for element in documents)


def test_simple_content_with_attributes_extended_and_restricted(tmp_path: Path) -> None:
    checked = Checked(
        tmp_path,
        """<xs:complexType name="Money"><xs:simpleContent><xs:extension base="xs:decimal">
           <xs:attribute name="currency" type="xs:token" use="required"/></xs:extension></xs:simpleContent></xs:complexType>
           <xs:complexType name="Euro"><xs:simpleContent><xs:restriction base="Money"><xs:minInclusive value="5"/>
           <xs:attribute name="currency" type="xs:token" use="required" fixed="EUR"/></xs:restriction></xs:simpleContent></xs:complexType>
           <xs:element name="e" type="Euro"/>""",
    )
    assert checked.smallest() == '<e currency="EUR">5</e>'
    assert all(float(document.text or "") >= 5 for document in checked.documents())


def test_xsi_type_names_derived_types(tmp_path: Path) -> None:
    checked = Checked(tmp_path, BASE.format("") + EXTENDED + RESTRICTED + '<xs:element name="e" type="Base"/>')
    assert {document.get(TYPE) for document in checked.documents(200)} == {None, "Extended", "Restricted"}
    assert checked.smallest() == "<e/>"


def test_an_abstract_type_needs_xsi_type(tmp_path: Path) -> None:
    checked = Checked(
        tmp_path, BASE.format('abstract="true"') + EXTENDED + RESTRICTED + '<xs:element name="e" type="Base"/>'
    )
    assert {document.get(TYPE) for document in checked.documents(200)} == {"Extended", "Restricted"}


def test_xsi_type_in_a_namespace_has_a_prefix(tmp_path: Path) -> None:
    checked = Checked(
        tmp_path,
        (BASE.format('abstract="true"') + EXTENDED).replace('base="', 'base="t:')
        + '<xs:element name="e"><xs:complexType><xs:sequence><xs:element name="in" type="t:Base"/></xs:sequence></xs:complexType></xs:element>',
        attributes='targetNamespace="urn:t" xmlns:t="urn:t"',
    )
    assert {document[0].get(TYPE) for document in checked.documents(10)} == {"t:Extended"}


@pytest.mark.parametrize(
    ("block", "allowed"),
    [("extension", {None, "Restricted"}), ("restriction", {None, "Extended"}), ("#all", {None})],
)
def test_blocked_derivations_are_not_named(tmp_path: Path, block: str, allowed: set[str | None]) -> None:
    checked = Checked(
        tmp_path, BASE.format("") + EXTENDED + RESTRICTED + f'<xs:element name="e" type="Base" block="{block}"/>'
    )
    assert {document.get(TYPE) for document in checked.documents(150)} == allowed


def test_an_abstract_type_without_a_derived_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unsatisfiable, match=r"schema\.xsd:1: the type of the element e is abstract"):
        Checked(tmp_path, '<xs:complexType name="T" abstract="true"/><xs:element name="e" type="T"/>')


def test_nil_both_ways(tmp_path: Path) -> None:
    checked = Checked(
        tmp_path,
        """<xs:element name="e" nillable="true"><xs:complexType><xs:sequence><xs:element name="a" type="xs:int" nillable="true"/>
           </xs:sequence><xs:attribute name="x" type="xs:int" use="required"/></xs:complexType></xs:element>""",
    )
    nil = checked.reach(lambda document: document.get(NIL) == "true")
    assert len(nil) == 0
    assert nil.get("x") == "0"
    assert checked.reach(lambda document: len(document) and document[0].get(NIL) == "true")[0].text is None
    assert checked.smallest() == '<e x="0"><a>0</a></e>'


def test_a_default_is_left_to_the_validator_or_written(tmp_path: Path) -> None:
    checked = Checked(tmp_path, '<xs:element name="e" type="xs:int" default="7"/>')
    texts = {document.text for document in checked.documents(100)}
    assert None in texts
    assert len(texts) > 3


def test_a_fixed_value_is_the_only_one(tmp_path: Path) -> None:
    checked = Checked(
        tmp_path,
        """<xs:element name="e"><xs:complexType><xs:sequence>
           <xs:element name="a" type="xs:int" fixed="7" nillable="true"/></xs:sequence>
           <xs:attribute name="x" type="xs:int" fixed="3"/><xs:attribute name="y" type="xs:int" default="4"/>
           </xs:complexType></xs:element>""",
    )
    documents = checked.documents(100)
    assert {element[0].text for element in documents} == {None, "7"}
    assert {element.get("x") for element in documents} == {None, "3"}
    assert len({element.get("y") for element in documents}) > 3


def test_fixed_and_default_text_of_mixed_content(tmp_path: Path) -> None:
    part = '<xs:complexType mixed="true"><xs:sequence><xs:element name="a" type="xs:int" minOccurs="0"/></xs:sequence></xs:complexType>'
    fixed = Checked(tmp_path, f'<xs:element name="e" fixed="so">{part}</xs:element>')
    assert {(document.text, len(document)) for document in fixed.documents()} == {("so", 0), (None, 0)}
    default = Checked(tmp_path, f'<xs:element name="e" default="so">{part}</xs:element>')
    assert {0, 1} == {len(document) for document in default.documents()}


def test_any_type_holds_anything(tmp_path: Path) -> None:
    checked = Checked(tmp_path, '<xs:element name="e" type="xs:anyType"/><xs:element name="f" type="xs:int"/>')
    checked.reach(lambda document: document.text)
    checked.reach(lambda document: tags(document) == "f")
    checked.reach(lambda document: document.attrib)
    checked.documents()
    assert checked.smallest() == "<e/>"


def test_any_simple_type(tmp_path: Path) -> None:
    checked = Checked(tmp_path, '<xs:element name="e" type="xs:anySimpleType"/>')
    assert len({document.text for document in checked.documents(30)}) > 10
