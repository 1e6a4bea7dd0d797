"""Types that hold themselves: bounded in depth and size, and told when they never end."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.payloads import Unsatisfiable
from tests.conformance.payloads.engine.checking import Checked, Element

TREE = """<xs:complexType name="Node"><xs:sequence><xs:element name="node" type="Node" {}/></xs:sequence>
  <xs:attribute name="x" type="xs:int"/></xs:complexType><xs:element name="e" type="Node"/>"""


def depth(element: Element) -> int:
    return 1 + max((depth(child) for child in element), default=0)


def test_a_tree_has_several_levels_and_an_end(tmp_path: Path) -> None:
    checked = Checked(tmp_path, TREE.format('minOccurs="0" maxOccurs="unbounded"'))
    documents = checked.documents(150)
    assert max(depth(element) for element in documents) >= 4
    assert max(sum(1 for _ in element.iter()) for element in documents) < 1000
    assert checked.smallest() == "<e/>"
    assert depth(checked.reach(lambda document: depth(document) >= 3)) == 3


def test_a_chain(tmp_path: Path) -> None:
    checked = Checked(tmp_path, TREE.format('minOccurs="0"'))
    assert max(depth(document) for document in checked.documents(150)) in range(4, 40)


def test_types_that_hold_each_other(tmp_path: Path) -> None:
    checked = Checked(
        tmp_path,
        """<xs:group name="g"><xs:choice><xs:element name="leaf" type="xs:int"/><xs:element name="branch" type="B"/></xs:choice></xs:group>
           <xs:complexType name="B"><xs:sequence><xs:group ref="g"/><xs:group ref="g"/></xs:sequence></xs:complexType>
           <xs:element name="e" type="B"/>""",
    )
    assert checked.smallest() == "<e><leaf>0</leaf><leaf>0</leaf></e>"
    assert depth(checked.reach(lambda document: depth(document) >= 4)) == 4


def test_what_needs_itself_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unsatisfiable, match=r"schema\.xsd:2: the element e cannot be finished"):
        Checked(tmp_path, TREE.format(""))


def test_a_branch_that_never_ends_is_not_taken(tmp_path: Path) -> None:
    checked = Checked(
        tmp_path,
        """<xs:complexType name="Endless"><xs:sequence><xs:element name="again" type="Endless"/></xs:sequence></xs:complexType>
           <xs:element name="e"><xs:complexType><xs:sequence><xs:element name="o" type="Endless" minOccurs="0"/>
           <xs:choice><xs:element name="x" type="Endless"/><xs:element name="y" type="xs:int"/></xs:choice></xs:sequence></xs:complexType></xs:element>""",
    )
    assert {str(document[0].tag) for document in checked.documents(40)} == {"y"}
