"""Schemas that cannot be used: file, line and reason, and no strategy."""

from __future__ import annotations

from pathlib import Path

import pytest
import xmlschema

from conformance.payloads import PayloadError, SchemaUnusable, Unsupported, from_schema, load_schema
from tests.conformance.payloads.engine.checking import XS, Checked


def written(folder: Path, text: str, name: str = "schema.xsd") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refused(path: Path, element: str = "e") -> str:
    with pytest.raises(SchemaUnusable) as caught:
        from_schema(path, element)
    assert str(caught.value) == f"{caught.value.place}: {caught.value.reason}"
    return str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "schema.xsd"
    assert refused(path) == f"{path}: the schema cannot be read: no such file"


def test_a_file_that_is_not_well_formed(tmp_path: Path) -> None:
    path = written(tmp_path, f"<xs:schema {XS}>\n<xs:element></xs:schema>")
    assert refused(path).startswith(f"{path}:2: not well-formed: ")


def test_a_file_that_is_no_schema(tmp_path: Path) -> None:
    path = written(tmp_path, "\n<schema/>")
    assert refused(path) == f"{path}:2: the root is schema, not xs:schema"


@pytest.mark.parametrize("what", ['import namespace="urn:o"', "include", "redefine"])
def test_a_file_that_is_missing(tmp_path: Path, what: str) -> None:
    path = written(tmp_path, f'<xs:schema {XS}>\n<!-- x -->\n<xs:{what} schemaLocation="other.xsd"/></xs:schema>')
    assert refused(path).startswith(f"{path}:3: xs:{what.split(maxsplit=1)[0]} of other.xsd: the file does not exist")


def test_a_file_that_is_missing_behind_another_one(tmp_path: Path) -> None:
    other = written(tmp_path, f'<xs:schema {XS}>\n\n<xs:include schemaLocation="third.xsd"/></xs:schema>', "other.xsd")
    path = written(tmp_path, f'<xs:schema {XS}><xs:include schemaLocation="other.xsd"/></xs:schema>')
    assert refused(path).startswith(f"{other}:3: xs:include of third.xsd: ")


def test_an_address_is_not_fetched_but_can_be_located(tmp_path: Path) -> None:
    other = written(
        tmp_path, f'<xs:schema {XS} targetNamespace="urn:o"><xs:element name="o" type="xs:int"/></xs:schema>', "o.xsd"
    )
    path = written(
        tmp_path,
        f"""<xs:schema {XS} xmlns:o="urn:o">
           <xs:import namespace="urn:o" schemaLocation="http://example.org/o.xsd"/>
           <xs:element name="e"><xs:complexType><xs:sequence><xs:element ref="o:o"/></xs:sequence></xs:complexType></xs:element></xs:schema>""",
    )
    assert "schemas are not fetched from the network" in refused(path)
    schema = load_schema(path, locate=lambda location: other if location.endswith("/o.xsd") else None)
    from_schema(schema, "e")


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        ('<xs:element name="e" type="Nothing"/>', "unknown type 'Nothing'"),
        (
            '<xs:element name="e"><xs:complexType><xs:sequence><xs:element ref="n"/></xs:sequence></xs:complexType></xs:element>',
            "unknown element 'n'",
        ),
        (
            '<xs:element name="e"><xs:simpleType><xs:restriction base="xs:int"><xs:minInclusive value="3"/><xs:maxInclusive value="2"/></xs:restriction></xs:simpleType></xs:element>',
            "'minInclusive' must be less or equal to 'maxInclusive'",
        ),
        (
            '<xs:element name="e"><xs:simpleType><xs:restriction base="xs:string"><xs:minLength value="3"/><xs:maxLength value="2"/></xs:restriction></xs:simpleType></xs:element>',
            "'maxLength' value is less than 'minLength'",
        ),
        (
            '<xs:element name="e"><xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="(a"/></xs:restriction></xs:simpleType></xs:element>',
            "unterminated",
        ),
    ],
)
def test_a_schema_that_does_not_hold_together(tmp_path: Path, definition: str, words: str) -> None:
    path = written(tmp_path, f"<xs:schema {XS}>\n<!-- a comment -->\n\n{definition}</xs:schema>")
    message = refused(path)
    assert message.startswith(f"{path}:4: not a usable schema: ")
    assert words in message


def test_an_element_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PayloadError, match="there is no global element x; in the target namespace there are: e"):
        Checked(tmp_path, '<xs:element name="e"/>', element="x")


def test_a_schema_of_another_version() -> None:
    schema = xmlschema.XMLSchema11(f'<xs:schema {XS}><xs:element name="e"/></xs:schema>')
    with pytest.raises(Unsupported, match=r"a schema of XSD 1\.1; load it as XSD 1\.0"):
        from_schema(schema, "e")


def test_the_line_of_a_facet_in_another_file(tmp_path: Path) -> None:
    other = written(
        tmp_path,
        f'<xs:schema {XS}>\n<xs:simpleType name="T">\n<xs:restriction base="xs:string">\n<xs:pattern value="[^\\s\\S]"/></xs:restriction></xs:simpleType></xs:schema>',
        "other.xsd",
    )
    path = written(
        tmp_path, f'<xs:schema {XS}><xs:include schemaLocation="other.xsd"/><xs:element name="e" type="T"/></xs:schema>'
    )
    with pytest.raises(PayloadError) as caught:
        from_schema(path, "e")
    assert str(caught.value) == f"{other}:4: no text matches the pattern [^\\s\\S]"
