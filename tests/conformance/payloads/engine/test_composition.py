"""Schemas of several files: include, chameleon include, import, redefine; and schemas without a namespace."""

from __future__ import annotations

from pathlib import Path

from tests.conformance.payloads.engine.checking import XS, Checked

TYPES = f"""<xs:schema {XS} {{}}><xs:complexType name="T"><xs:sequence><xs:element name="a" type="Small"/></xs:sequence></xs:complexType>
  <xs:simpleType name="Small"><xs:restriction base="xs:int"><xs:minInclusive value="3"/></xs:restriction></xs:simpleType>
  <xs:group name="g"><xs:sequence><xs:element name="x" type="xs:boolean"/></xs:sequence></xs:group>
  <xs:attributeGroup name="ag"><xs:attribute name="p" type="xs:boolean" use="required"/></xs:attributeGroup></xs:schema>"""


def test_include(tmp_path: Path) -> None:
    checked = Checked(
        tmp_path,
        '<xs:include schemaLocation="types.xsd"/><xs:element name="e" type="t:T"/>',
        attributes='targetNamespace="urn:t" xmlns:t="urn:t" elementFormDefault="qualified"',
        types=TYPES.format('targetNamespace="urn:t" xmlns="urn:t" elementFormDefault="qualified"'),
    )
    assert checked.smallest() == '<t:e xmlns:t="urn:t"><t:a>3</t:a></t:e>'


def test_a_chameleon_takes_the_namespace_of_who_includes_it(tmp_path: Path) -> None:
    checked = Checked(
        tmp_path,
        '<xs:include schemaLocation="types.xsd"/><xs:element name="e" type="t:T"/>',
        attributes='targetNamespace="urn:t" xmlns:t="urn:t"',
        types=TYPES.format('elementFormDefault="qualified"'),
    )
    assert checked.smallest() == '<t:e xmlns:t="urn:t"><t:a>3</t:a></t:e>'


def test_import_of_another_namespace_and_of_none(tmp_path: Path) -> None:
    checked = Checked(
        tmp_path,
        """<xs:import namespace="urn:o" schemaLocation="other.xsd"/><xs:import schemaLocation="none.xsd"/>
           <xs:element name="e"><xs:complexType><xs:sequence><xs:element ref="o:o"/><xs:element ref="n"/></xs:sequence></xs:complexType></xs:element>""",
        attributes='targetNamespace="urn:t" xmlns:o="urn:o"',
        other=f'<xs:schema {XS} targetNamespace="urn:o"><xs:element name="o" type="xs:int"/></xs:schema>',
        none=f'<xs:schema {XS}><xs:element name="n" type="xs:int"/></xs:schema>',
    )
    assert [str(element.tag) for element in checked.reach(lambda _: True)] == ["{urn:o}o", "n"]
    checked.documents(20)


def test_unqualified_local_elements_below_a_qualified_root(tmp_path: Path) -> None:
    checked = Checked(
        tmp_path,
        """<xs:element name="e"><xs:complexType><xs:sequence><xs:element name="l" type="xs:int"/>
           <xs:element name="q" type="xs:int" form="qualified"/></xs:sequence></xs:complexType></xs:element>""",
        attributes='targetNamespace="urn:t"',
    )
    assert [str(element.tag) for element in checked.reach(lambda _: True)] == ["l", "{urn:t}q"]


def test_redefined_types_groups_and_attribute_groups(tmp_path: Path) -> None:
    checked = Checked(
        tmp_path,
        """<xs:redefine schemaLocation="types.xsd">
             <xs:complexType name="T"><xs:complexContent><xs:extension base="T"><xs:sequence><xs:element name="b" type="xs:int"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>
             <xs:simpleType name="Small"><xs:restriction base="Small"><xs:maxInclusive value="4"/></xs:restriction></xs:simpleType>
             <xs:group name="g"><xs:sequence><xs:group ref="g"/><xs:element name="y" type="xs:boolean"/></xs:sequence></xs:group>
             <xs:attributeGroup name="ag"><xs:attributeGroup ref="ag"/><xs:attribute name="q" type="xs:boolean" use="required"/></xs:attributeGroup>
           </xs:redefine>
           <xs:element name="e"><xs:complexType><xs:sequence><xs:element name="t" type="T"/><xs:group ref="g"/></xs:sequence>
             <xs:attributeGroup ref="ag"/></xs:complexType></xs:element>""",
        types=TYPES.format(""),
    )
    assert checked.smallest() == '<e p="false" q="false"><t><a>3</a><b>0</b></t><x>false</x><y>false</y></e>'
    assert {document[0][0].text for document in checked.documents(60)} == {"3", "4"}
