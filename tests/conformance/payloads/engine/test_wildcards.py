"""any and anyAttribute: their namespaces, and how strictly their contents are checked."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from conformance.payloads import Unsatisfiable
from tests.conformance.payloads.engine.checking import Checked, Element

OTHER = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:o" elementFormDefault="qualified">
  <xs:element name="o" type="xs:int"/><xs:element name="p"><xs:complexType><xs:sequence><xs:element name="in" type="xs:byte"/></xs:sequence></xs:complexType></xs:element>
  <xs:attribute name="oa" type="xs:byte"/></xs:schema>"""
HEAD = '<xs:import namespace="urn:o" schemaLocation="other.xsd"/>'
OWN = 'targetNamespace="urn:t" xmlns:t="urn:t" elementFormDefault="qualified"'


def of(folder: Path, wildcard: str, more: str = "") -> Checked:
    body = f'{HEAD}<xs:element name="e"><xs:complexType><xs:sequence>{wildcard}</xs:sequence>{more}</xs:complexType></xs:element><xs:element name="f" type="xs:int"/>'
    return Checked(folder, body, attributes=OWN, other=OTHER)


def names(document: Element) -> set[str]:
    return {str(element.tag) for element in document}


def test_strict_contents_are_declared(tmp_path: Path) -> None:
    checked = of(tmp_path, '<xs:any namespace="##other" maxOccurs="unbounded"/>')
    documents = checked.documents(100)
    assert set().union(*(names(element) for element in documents)) == {"{urn:o}o", "{urn:o}p"}
    assert checked.reach(lambda document: "{urn:o}p" in names(document)).findtext(".//{urn:o}in") == "0"


def test_lax_contents_are_valid_when_declared_and_free_when_not(tmp_path: Path) -> None:
    checked = of(tmp_path, '<xs:any namespace="##any" processContents="lax" minOccurs="0" maxOccurs="3"/>')
    seen = set().union(*(names(document) for document in checked.documents(150)))
    assert {"{urn:o}o", "{urn:t}f", "{urn:example:unknown}anything", "anything"} <= seen


def test_skipped_contents_are_free(tmp_path: Path) -> None:
    checked = of(tmp_path, '<xs:any namespace="##other" processContents="skip"/>')
    documents = checked.documents(100)
    assert set().union(*(names(element) for element in documents)) == {"{urn:example:unknown}anything"}
    assert any(element[0].text for element in documents)
    assert any(len(element[0]) for element in documents)


@pytest.mark.parametrize(
    ("namespace", "expected"),
    [
        ("##targetNamespace", {"{urn:t}anything", "{urn:t}e", "{urn:t}f"}),
        ("##local", {"anything"}),
        ("urn:o urn:x", {"{urn:o}anything", "{urn:x}anything", "{urn:o}o", "{urn:o}p"}),
        ("urn:x ##local", {"{urn:x}anything", "anything"}),
    ],
)
def test_namespaces_of_a_lax_wildcard(tmp_path: Path, namespace: str, expected: set[str]) -> None:
    checked = of(tmp_path, f'<xs:any namespace="{namespace}" processContents="lax" minOccurs="0" maxOccurs="2"/>')
    assert set().union(*(names(document) for document in checked.documents(150))) == expected


def test_a_strict_wildcard_that_nothing_fits(tmp_path: Path) -> None:
    assert of(tmp_path, '<xs:any namespace="urn:x" minOccurs="0"/>').smallest() == '<t:e xmlns:t="urn:t"/>'
    with pytest.raises(Unsatisfiable, match="the element e cannot be finished"):
        of(tmp_path, '<xs:any namespace="urn:x"/>')


def test_any_attribute(tmp_path: Path) -> None:
    strict = of(tmp_path, "", '<xs:anyAttribute namespace="##other"/>')
    assert set().union(*(set(document.attrib) for document in strict.documents(100))) == {"{urn:o}oa"}
    lax = of(tmp_path, "", '<xs:attribute name="anything" type="xs:int"/><xs:anyAttribute processContents="lax"/>')
    documents = lax.documents(200)
    assert {"{urn:o}oa", "anything", "{urn:example:unknown}anything"} <= set().union(
        *(set(element.attrib) for element in documents)
    )
    skip = of(tmp_path, "", '<xs:anyAttribute namespace="##local" processContents="skip"/>')
    assert set().union(*(set(document.attrib) for document in skip.documents(100))) == {"anything"}


def test_the_smallest_has_nothing_that_may_be_missing(tmp_path: Path) -> None:
    checked = of(tmp_path, '<xs:any processContents="lax"/>', '<xs:anyAttribute processContents="lax"/>')
    assert etree.tostring(checked.reach(lambda _: True)[0]).startswith(b"<")
    assert len(checked.reach(lambda _: True)) == 1
