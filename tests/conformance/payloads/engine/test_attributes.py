"""Attributes: required, optional, prohibited, in groups, by reference, in namespaces."""

from __future__ import annotations

from pathlib import Path

from tests.conformance.payloads.engine.checking import Checked


def test_required_optional_and_prohibited(tmp_path: Path) -> None:
    checked = Checked(
        tmp_path,
        """<xs:element name="e"><xs:complexType><xs:attribute name="a" type="xs:boolean" use="required"/>
           <xs:attribute name="b" type="xs:boolean"/><xs:attribute name="c" type="xs:boolean" use="prohibited"/>
           </xs:complexType></xs:element>""",
    )
    assert {tuple(document.attrib) for document in checked.documents()} == {("a",), ("a", "b")}
    assert checked.smallest() == '<e a="false"/>'


def test_attribute_groups_inside_each_other(tmp_path: Path) -> None:
    checked = Checked(
        tmp_path,
        """<xs:attributeGroup name="inner"><xs:attribute name="a" type="xs:boolean" use="required"/></xs:attributeGroup>
           <xs:attributeGroup name="outer"><xs:attributeGroup ref="inner"/><xs:attribute name="b" type="xs:boolean"/></xs:attributeGroup>
           <xs:element name="e"><xs:complexType><xs:attributeGroup ref="outer"/></xs:complexType></xs:element>""",
    )
    assert {tuple(sorted(document.attrib)) for document in checked.documents()} == {("a",), ("a", "b")}


def test_global_and_qualified_attributes_have_a_namespace(tmp_path: Path) -> None:
    checked = Checked(
        tmp_path,
        """<xs:attribute name="g" type="xs:boolean"/>
           <xs:element name="e"><xs:complexType><xs:attribute ref="t:g" use="required" fixed="true"/>
           <xs:attribute name="q" type="xs:boolean" form="qualified" use="required"/>
           <xs:attribute name="n" type="xs:boolean" use="required"/></xs:complexType></xs:element>""",
        attributes='targetNamespace="urn:t" xmlns:t="urn:t"',
    )
    assert {tuple(sorted(document.attrib)) for document in checked.documents(10)} == {("n", "{urn:t}g", "{urn:t}q")}
    assert all(document.get("{urn:t}g") == "true" for document in checked.documents(10))


def test_xml_lang_by_import(tmp_path: Path) -> None:
    checked = Checked(
        tmp_path,
        """<xs:import namespace="http://www.w3.org/XML/1998/namespace" schemaLocation="xml.xsd"/>
           <xs:element name="e"><xs:complexType><xs:attribute ref="xml:lang" use="required"/></xs:complexType></xs:element>""",
        xml="""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.w3.org/XML/1998/namespace">
           <xs:attribute name="lang" type="xs:language"/></xs:schema>""",
    )
    assert checked.smallest() == '<e xml:lang="A"/>'
