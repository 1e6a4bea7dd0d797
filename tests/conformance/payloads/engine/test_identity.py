"""unique, key, keyref; ID, IDREF, IDREFS; entities."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.payloads import Unsatisfiable, Unsupported
from tests.conformance.payloads.engine.checking import NIL, Checked, Element

RECORD = """<xs:element name="r" {occurs}><xs:complexType><xs:sequence><xs:element name="v" type="{type}" {v}/></xs:sequence>
  <xs:attribute name="k" type="{type}" {k}/></xs:complexType></xs:element>"""


def records(
    folder: Path,
    constraint: str,
    *,
    type_: str = "xs:int",
    occurs: str = 'minOccurs="0" maxOccurs="9"',
    v: str = "",
    k: str = "",
) -> Checked:
    body = RECORD.format(occurs=occurs, type=type_, v=v, k=k)
    return Checked(
        folder,
        f'<xs:element name="e"><xs:complexType><xs:sequence>{body}</xs:sequence></xs:complexType>{constraint}</xs:element>',
    )


def many(document: Element) -> bool:
    return len(document) >= 4


def test_unique_values_differ(tmp_path: Path) -> None:
    checked = records(tmp_path, '<xs:unique name="u"><xs:selector xpath="r"/><xs:field xpath="v"/></xs:unique>')
    documents = checked.documents(100)
    assert any(many(element) for element in documents)
    assert [element[0].text for element in checked.reach(many)[:2]] == ["0", "1"]
    assert checked.smallest() == "<e/>"


def test_unique_over_several_fields_and_missing_ones(tmp_path: Path) -> None:
    checked = records(
        tmp_path,
        '<xs:unique name="u"><xs:selector xpath=".//r"/><xs:field xpath="v"/><xs:field xpath="@k"/></xs:unique>',
        type_="xs:boolean",
        v='minOccurs="0" nillable="true"',
    )
    checked.documents(100)
    checked.see(lambda document: sum(len(element) == 1 and "k" in element.attrib for element in document) >= 3)
    checked.see(lambda document: many(document) and any(len(element) == 0 for element in document))
    assert not any(element.get(NIL) for document in checked.documents(60) for element in document.iter("v"))


def test_unique_by_value_and_not_by_text(tmp_path: Path) -> None:
    checked = records(
        tmp_path, '<xs:unique name="u"><xs:selector xpath="r"/><xs:field xpath="v"/></xs:unique>', type_="xs:decimal"
    )
    checked.documents(60)


def test_a_key_is_always_there(tmp_path: Path) -> None:
    checked = records(
        tmp_path,
        '<xs:key name="u"><xs:selector xpath="r"/><xs:field xpath="@k"/><xs:field xpath="v"/></xs:key>',
        v='minOccurs="0"',
    )
    documents = checked.documents(100)
    assert all("k" in element.attrib and len(element) == 1 for document in documents for element in document)


def test_a_key_whose_values_run_out_keeps_to_fewer_records(tmp_path: Path) -> None:
    checked = records(
        tmp_path, '<xs:unique name="u"><xs:selector xpath="r"/><xs:field xpath="v"/></xs:unique>', type_="xs:boolean"
    )
    assert {0, 1, 2} <= {len(document) for document in checked.documents(100)}


def test_an_unsatisfiable_key_is_told_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(Unsatisfiable, match=r"schema\.xsd:2: unique u: there are not enough different values"):
        records(
            tmp_path,
            '<xs:unique name="u"><xs:selector xpath="r"/><xs:field xpath="v"/></xs:unique>',
            type_="xs:boolean",
            occurs='minOccurs="3" maxOccurs="9"',
        )


KEYREF = """<xs:element name="e"><xs:complexType><xs:sequence>
    <xs:element name="thing" minOccurs="0" maxOccurs="unbounded"><xs:complexType><xs:attribute name="id" type="xs:int"/></xs:complexType></xs:element>
    <xs:element name="use" {} maxOccurs="unbounded" type="xs:int"/></xs:sequence></xs:complexType>
  <xs:key name="things"><xs:selector xpath="thing"/><xs:field xpath="@id"/></xs:key>
  <xs:keyref name="uses" refer="things"><xs:selector xpath="use"/><xs:field xpath="."/></xs:keyref></xs:element>"""


def test_a_keyref_names_a_key(tmp_path: Path) -> None:
    checked = Checked(tmp_path, KEYREF.format('minOccurs="0"'))
    for document in checked.documents(100):
        things = {element.get("id") for element in document.iterchildren("thing")}
        assert {element.text for element in document.iterchildren("use")} <= things
    checked.see(lambda document: len({element.text for element in document.iterchildren("use")}) >= 2)
    assert checked.smallest() == "<e/>"


def test_a_keyref_that_must_be_there_brings_a_key(tmp_path: Path) -> None:
    checked = Checked(tmp_path, KEYREF.format(""))
    assert checked.smallest() == '<e><thing id="0"/><use>0</use></e>'
    checked.documents(60)


def test_a_keyref_above_its_key(tmp_path: Path) -> None:
    checked = Checked(
        tmp_path,
        """<xs:element name="e"><xs:complexType><xs:sequence><xs:element ref="box" maxOccurs="unbounded"/>
             <xs:element name="use" type="xs:token" minOccurs="0" maxOccurs="3"/></xs:sequence></xs:complexType>
             <xs:keyref name="uses" refer="names"><xs:selector xpath="use"/><xs:field xpath="."/></xs:keyref></xs:element>
           <xs:element name="box"><xs:complexType><xs:sequence><xs:element name="n" type="xs:token" maxOccurs="3"/></xs:sequence></xs:complexType>
             <xs:key name="names"><xs:selector xpath="n"/><xs:field xpath="."/></xs:key></xs:element>""",
    )
    documents = checked.documents(100)
    assert any(len(element.findall("box")) >= 2 and element.find("use") is not None for element in documents)


def test_constraints_in_a_namespace(tmp_path: Path) -> None:
    checked = Checked(
        tmp_path,
        """<xs:element name="e"><xs:complexType><xs:sequence><xs:element name="r" type="xs:byte" maxOccurs="unbounded"/></xs:sequence></xs:complexType>
             <xs:key name="u"><xs:selector xpath="t:r | t:*"/><xs:field xpath="."/></xs:key></xs:element>""",
        attributes='targetNamespace="urn:t" xmlns:t="urn:t" elementFormDefault="qualified"',
    )
    assert any(len(document) >= 3 for document in checked.documents(60))


def test_ids_differ_and_references_name_them(tmp_path: Path) -> None:
    checked = Checked(
        tmp_path,
        """<xs:element name="e"><xs:complexType><xs:sequence><xs:element name="r" minOccurs="0" maxOccurs="unbounded"><xs:complexType>
             <xs:attribute name="id" type="xs:ID"/><xs:attribute name="to" type="xs:IDREF"/><xs:attribute name="all" type="xs:IDREFS"/>
             </xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element>""",
    )
    for document in checked.documents(100):
        ids = [element.get("id") for element in document if "id" in element.attrib]
        assert len(ids) == len(set(ids))
        assert {element.get("to") for element in document if "to" in element.attrib} <= set(ids)
    checked.see(lambda document: any(len((element.get("all") or "").split()) > 1 for element in document))


def test_a_reference_that_must_be_there_brings_an_id(tmp_path: Path) -> None:
    checked = Checked(
        tmp_path,
        """<xs:element name="e"><xs:complexType><xs:sequence>
             <xs:element name="r" minOccurs="0"><xs:complexType><xs:attribute name="id" type="xs:ID"/></xs:complexType></xs:element>
             </xs:sequence><xs:attribute name="to" type="xs:IDREF" use="required"/></xs:complexType></xs:element>""",
    )
    assert checked.smallest() == '<e to="A"><r id="A"/></e>'
    checked.documents(30)


def test_a_reference_to_nothing_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unsatisfiable, match="xs:IDREF is required where no document has an xs:ID"):
        Checked(
            tmp_path,
            '<xs:element name="e"><xs:complexType><xs:attribute name="to" type="xs:IDREF" use="required"/></xs:complexType></xs:element>',
        )


@pytest.mark.parametrize("name", ["ENTITY", "ENTITIES"])
def test_entities_are_refused_by_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(Unsupported, match=r"schema\.xsd:1: xs:ENTITY: libxml2 accepts no value of it"):
        Checked(tmp_path, f'<xs:element name="e" type="xs:{name}"/>')
