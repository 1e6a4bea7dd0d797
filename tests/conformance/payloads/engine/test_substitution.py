"""Substitution groups: heads, abstract ones, chains, and what blocks them."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.payloads import Unsatisfiable
from tests.conformance.payloads.engine.checking import Checked, tags

E = '<xs:element name="e"><xs:complexType><xs:sequence><xs:element ref="head" {}/></xs:sequence></xs:complexType></xs:element>'


def test_every_member_stands_for_its_head(tmp_path: Path) -> None:
    checked = Checked(
        tmp_path,
        """<xs:element name="head" type="xs:string"/>
           <xs:element name="one" type="xs:token" substitutionGroup="head"/>
           <xs:element name="two" substitutionGroup="one"/>"""
        + E.format(""),
    )
    assert {tags(document) for document in checked.documents(100)} == {"head", "one", "two"}
    assert checked.smallest() == "<e><head></head></e>"


def test_members_mix_where_the_head_may_come_again(tmp_path: Path) -> None:
    checked = Checked(
        tmp_path,
        """<xs:element name="head" type="xs:int" abstract="true"/>
           <xs:element name="one" substitutionGroup="head"/>
           <xs:element name="two" type="xs:byte" substitutionGroup="head"/>"""
        + E.format('maxOccurs="unbounded"'),
    )
    orders = {tags(document) for document in checked.documents(300)}
    assert {"one", "two", "one two", "two one"} <= orders
    assert not any("head" in order for order in orders)


@pytest.mark.parametrize(
    ("block", "allowed"),
    [
        ('block="substitution"', {"head"}),
        ('block="#all"', {"head"}),
        ('block="restriction"', {"head", "longer"}),
        ('block="extension"', {"head", "narrower"}),
        ("", {"head", "longer", "narrower"}),
    ],
)
def test_what_a_head_blocks(tmp_path: Path, block: str, allowed: set[str]) -> None:
    checked = Checked(
        tmp_path,
        f"""<xs:complexType name="T"><xs:sequence><xs:element name="a" type="xs:int" minOccurs="0"/></xs:sequence></xs:complexType>
           <xs:complexType name="L"><xs:complexContent><xs:extension base="T"><xs:attribute name="x" type="xs:int"/></xs:extension></xs:complexContent></xs:complexType>
           <xs:complexType name="N"><xs:complexContent><xs:restriction base="T"><xs:sequence><xs:element name="a" type="xs:int"/></xs:sequence></xs:restriction></xs:complexContent></xs:complexType>
           <xs:element name="head" type="T" {block}/>
           <xs:element name="longer" type="L" substitutionGroup="head"/>
           <xs:element name="narrower" type="N" substitutionGroup="head"/>"""
        + E.format(""),
    )
    assert {tags(document) for document in checked.documents(100)} == allowed


def test_an_abstract_head_without_members_is_left_out_where_it_is_optional(tmp_path: Path) -> None:
    checked = Checked(tmp_path, '<xs:element name="head" abstract="true"/>' + E.format('minOccurs="0"'))
    assert {tags(document) for document in checked.documents(20)} == {""}


def test_an_abstract_head_without_members_that_is_required_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unsatisfiable, match="the element e cannot be finished"):
        Checked(tmp_path, '<xs:element name="head" abstract="true"/>' + E.format(""))
