"""Complaints compared with those of xmlschema: both agree on validity, every error is named, every path exists."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from simulator.documents import explaining
from simulator.documents.catalogue import Catalogue, SchemaEntry
from simulator.documents.parsing import Complaint, Element
from simulator.documents.profile import Profile
from simulator.documents.reading import read_document
from simulator.documents.validation import validate
from simulator.documents.writing import write_document
from simulator.domain.model import ChannelName, Document
from simulator.domain.provenance import Basis, Provenance
from simulator.settings.files import data_root
from tests.simulator.documents.strategies import documents

PAYLOADS = data_root("fixtures") / "payloads"
ALIS = "URN:IVIS:100001:XSD-PPriv-ALISProvider-v1-0"
VALUES = ("", " ", "x", "1", "-1", "true", "2026-02-30", "2026-13", "20.005", "20,00", "Ē" * 600, "3.", "0")


def _drop(element: Element, value: str) -> None:
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)


def _repeat(element: Element, value: str) -> None:
    element.addnext(copy.deepcopy(element))


def _rename(element: Element, value: str) -> None:
    element.tag = f"{element.tag}X"


def _fill(element: Element, value: str) -> None:
    element.text = value


def _mark(element: Element, value: str) -> None:
    element.set("zime", value)


def _swap(element: Element, value: str) -> None:
    following = element.getnext()
    if following is not None:
        following.addnext(element)


MUTATORS: tuple[Callable[[Element, str], None], ...] = (_drop, _repeat, _rename, _fill, _mark, _swap)


@settings(max_examples=80, deadline=None)
@given(documents(), st.data())
def test_same_verdict_as_xmlschema(profile: Profile, document: Document, data: st.DataObject) -> None:
    root = etree.fromstring(write_document(document, profile))
    for _ in range(data.draw(st.integers(1, 3))):
        inside = [element for element in root.iter() if element is not root]
        if not inside:
            break  # all of it was dropped already
        mutate = data.draw(st.sampled_from(MUTATORS))
        mutate(inside[data.draw(st.integers(0, len(inside) - 1))], data.draw(st.sampled_from(VALUES)))
    invalid = etree.tostring(root)
    channel = profile.channel(document.channel)
    found = profile.catalogue.validate(channel.schema_urn, invalid, prefixes=profile.namespaces)
    tree = etree.fromstring(invalid)
    assert bool(found) != profile.catalogue.model(channel.schema_urn).is_valid(invalid)
    for complaint in found:
        assert complaint.found
        assert complaint.expected
        assert complaint.line is not None
        _stands_where_it_says(complaint, tree, profile)


def _stands_where_it_says(complaint: Complaint, tree: Element, profile: Profile) -> None:
    """The path selects exactly one node, and the line is its own; names from nowhere have no prefix to select by."""
    selected = tree.xpath(complaint.path, namespaces=dict(profile.namespaces))
    assert isinstance(selected, list)
    assert len(selected) == 1
    node = selected[0]
    element = node if etree.iselement(node) else node.getparent()  # type: ignore[union-attr]
    assert element.sourceline == complaint.line  # type: ignore[union-attr]


def test_all_faults_at_once(profile: Profile) -> None:
    data = (PAYLOADS / "contract/valid-new.xml").read_bytes()
    for good, bad in (
        (b"<Provider>40009990008", b"<Provider>4000"),
        (b"0012345678", b" "),
        (b"43Z-STO00000002W", b"43Z"),
        (b"<p:FirstName>\xc5\xa0arlote", b"<p:FirstName>1"),
        (b"2027-02-14", b"2027-02-29"),
    ):
        assert good in data
        data = data.replace(good, bad)
    found = validate(data, profile)
    assert [(complaint.line, complaint.path.rpartition("/")[2]) for complaint in found] == [
        (7, "ppriv:Provider"),
        (14, "ppriv:ContractNumber"),
        (26, "ppriv:MeteringPoint"),
        (26, "ppriv:MeteringPoint"),
        (35, "person:FirstName"),
        (47, "ppriv:ValidTo"),
    ]


def test_a_type_of_the_instances_own_that_there_is_none_of(profile: Profile) -> None:
    """xmlschema raises instead of reporting it, so libxml2's message stands beside the other records' errors."""
    document = (PAYLOADS / "contract" / "valid-new.xml").read_bytes().replace(b"New</Operation>", b"Old</Operation>")
    typed = b'<Holder xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="x:Unknown">'
    found = validate(document.replace(b"<Holder>", typed, 1), profile)
    assert [complaint.line for complaint in found] == sorted(complaint.line or 0 for complaint in found)
    assert "x:Unknown" in " ".join(complaint.found for complaint in found)
    assert any("'Old'" in complaint.found for complaint in found)


def test_source_and_basis_come_from_the_declaration(profile: Profile) -> None:
    (found,) = validate((PAYLOADS / "contract/invalid-schema-length.xml").read_bytes(), profile)
    assert found.provenance.basis is Basis.DOCUMENTED
    assert "FullName" in found.provenance.source
    (found,) = validate((PAYLOADS / "contract/invalid-schema-date.xml").read_bytes(), profile)
    assert found.provenance.basis is Basis.ASSUMED


def test_one_bad_record_among_many_and_then_all(profile: Profile) -> None:
    """Beyond the records that xmlschema explains, libxml2's own words serve; none is left out."""
    count = explaining._FULLY_EXPLAINED + 50
    document = read_document((PAYLOADS / "payout/valid-reversal.xml").read_bytes(), profile)
    many = Document(ChannelName.PAYOUT, document.header, document.records * count)
    data = write_document(many, profile)
    head, _, tail = data.rpartition(b"12.66")
    one = head + b"12,66" + tail
    found = profile.catalogue.validate(ALIS, one)
    assert len(found) == 1
    assert f"[{count}]" in found[0].path
    every = data.replace(b">true<", b">varb\xc5\xabt<")
    found = profile.catalogue.validate(ALIS, every)
    assert [complaint.path for complaint in found] == [
        f"/ppriv:ProviderPayout/ppriv:Payout[{number}]/ppriv:Reversal" for number in range(1, count + 1)
    ]
    assert all(complaint.code == "schema" and complaint.found and complaint.expected for complaint in found)
    assert "varbūt" in found[0].found
    assert "varbūt" in found[-1].found


FACETS = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:t" targetNamespace="urn:t"
  elementFormDefault="qualified"><xs:element name="r"><xs:complexType><xs:sequence>
  <xs:element name="a" maxOccurs="9"><xs:complexType><xs:simpleContent><xs:extension base="T">
    <xs:attribute name="id" type="xs:int" use="required"/></xs:extension></xs:simpleContent></xs:complexType>
  </xs:element>
  <xs:choice minOccurs="0"><xs:element name="b" type="xs:string"/><xs:element name="c" type="xs:string"/></xs:choice>
  </xs:sequence></xs:complexType>
  <xs:unique name="ids"><xs:selector xpath="*"/><xs:field xpath="@id"/></xs:unique></xs:element>
  <xs:simpleType name="T"><xs:restriction base="xs:decimal"><xs:minExclusive value="0"/><xs:maxExclusive value="100"/>
  <xs:totalDigits value="3"/></xs:restriction></xs:simpleType></xs:schema>"""


@pytest.mark.parametrize(
    ("inside", "found", "expected"),
    [
        ('<a id="1">0</a>', "the value '0'", "more than 0"),
        ('<a id="1">100</a>', "the value '100'", "less than 100"),
        ('<a id="1">1.234</a>', "the value '1.234'", "at most 3 digits"),
        ('<a id="x">1</a>', "the value 'x'", "a whole number in digits"),
        ('<a id="">1</a>', "an empty value", "a whole number in digits"),
        ("<a>1</a>", "a required attribute left out", "id"),
        ('<a id="1" z="1">1</a>', "the attribute z", "only the attributes id"),
        ('<a id="1">1</a><a id="1">2</a>', "ids", "what the schema allows here"),
        ('<a id="1">1</a><b/><c/>', "the element t:c", "no such element here"),
        ("", "t:r ends too early", "the element t:a"),
        ("<b/>", "the element t:b", "the element t:a"),
    ],
)
def test_words_for_each_kind(tmp_path: Path, inside: str, found: str, expected: str) -> None:
    (tmp_path / "t.xsd").write_text(FACETS, encoding="utf-8")
    provenance = Provenance(Basis.ASSUMED, "made up")
    catalogue = Catalogue([SchemaEntry("URN:T", tmp_path / "t.xsd", "urn:t", provenance)])
    complaints = catalogue.validate("URN:T", f'<r xmlns="urn:t">{inside}</r>'.encode(), prefixes={"t": "urn:t"})
    assert any(found in complaint.found and expected in complaint.expected for complaint in complaints), complaints
    assert all(complaint.provenance == provenance for complaint in complaints)
