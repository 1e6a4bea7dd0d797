"""Simple types: the built-in ones, every facet and many together, lists, unions. What is made is valid, what can be made is
reached, and the smallest comes first."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.payloads import Unsatisfiable, Unsupported
from tests.conformance.payloads.engine.checking import Checked

SMALLEST = {
    "string": "", "normalizedString": "", "token": "", "language": "A", "Name": "A", "NCName": "A", "NMTOKEN": "0",
    "NMTOKENS": "0", "ID": "A", "boolean": "false", "decimal": "0", "integer": "0", "long": "0", "int": "0", "short": "0",
    "byte": "0", "nonNegativeInteger": "0", "positiveInteger": "1", "nonPositiveInteger": "0", "negativeInteger": "-1",
    "unsignedLong": "0", "unsignedInt": "0", "unsignedShort": "0", "unsignedByte": "0", "float": "0", "double": "0",
    "duration": "PT0S", "dateTime": "2000-01-01T00:00:00", "date": "2000-01-01", "time": "00:00:00", "gYear": "2000",
    "gYearMonth": "2000-01", "gMonth": "--01", "gDay": "---01", "gMonthDay": "--01-01", "hexBinary": "",
    "base64Binary": "", "anyURI": "", "QName": "A",
}  # fmt: skip


def restricted(folder: Path, base: str, *facets: tuple[str, object]) -> Checked:
    inner = "".join(f'<xs:{name} value="{value}"/>' for name, value in facets)
    return of(folder, f'<xs:restriction base="xs:{base}">{inner}</xs:restriction>')


def of(folder: Path, definition: str, more: str = "") -> Checked:
    return Checked(folder, f'<xs:element name="e"><xs:simpleType>{definition}</xs:simpleType></xs:element>{more}')


def texts(checked: Checked, count: int = 100) -> set[str]:
    return {document.text or "" for document in checked.documents(count)}


@pytest.mark.parametrize("name", SMALLEST)
def test_a_built_in_type(tmp_path: Path, name: str) -> None:
    checked = Checked(tmp_path, f'<xs:element name="e" type="xs:{name}"/>')
    assert len(texts(checked)) > (1 if name == "boolean" else 8)
    assert (checked.reach(lambda _: True).text or "") == SMALLEST[name]


# Base, facets, texts that are reached (None: no more than these), the smallest.
COMBINED: list[tuple[str, list[tuple[str, object]], set[str], str]] = [
    ("string", [("length", 2)], set(), "00"),
    ("string", [("minLength", 1), ("maxLength", 2), ("pattern", "[ab]*")], {"a", "b", "aa", "ab", "ba", "bb"}, "a"),
    ("string", [("enumeration", " x "), ("enumeration", "y")], {" x ", "y"}, " x "),
    ("string", [("whiteSpace", "collapse"), ("enumeration", " x "), ("enumeration", "y")], {"y"}, "y"),
    ("string", [("whiteSpace", "replace"), ("pattern", "a.b"), ("length", 3)], set(), "a0b"),
    ("token", [("enumeration", "ab"), ("enumeration", "c"), ("pattern", ".")], {"c"}, "c"),
    ("token", [("pattern", "a b|c"), ("maxLength", 1)], {"c"}, "c"),
    ("boolean", [("pattern", "[01]")], {"0", "1"}, "0"),
    ("decimal", [("totalDigits", 2), ("fractionDigits", 1), ("minExclusive", "9.7"), ("maxInclusive", "10")], {"9.8", "9.9"}, "9.8"),
    ("decimal", [("minExclusive", "0"), ("maxExclusive", "0.003")], set(), "0.001"),
    ("decimal", [("pattern", r"\d\.\d\d"), ("minInclusive", "1.5"), ("maxExclusive", "1.52")], {"1.50", "1.51"}, "1.50"),
    ("decimal", [("pattern", r"-.*"), ("minInclusive", "-0.25"), ("fractionDigits", 2)], set(), "-0.1"),
    ("integer", [("minInclusive", -1), ("maxExclusive", 2)], {"-1", "0", "1"}, "0"),
    ("integer", [("pattern", r"00[1-3]"), ("maxInclusive", 2)], {"001", "002"}, "001"),
    ("nonNegativeInteger", [("totalDigits", 1)], {str(number) for number in range(10)}, "0"),
    ("long", [("minInclusive", 9223372036854775806)], {"9223372036854775806", "9223372036854775807"}, "9223372036854775806"),
    ("float", [("minInclusive", "0.1"), ("maxInclusive", "0.1000001")], set(), "0.10000000149011612"),
    ("double", [("minExclusive", "1"), ("maxExclusive", "1.0000000000000005")], {"1.0000000000000002"}, "1.0000000000000002"),
    ("double", [("minInclusive", "INF")], {"INF"}, "INF"),
    ("double", [("pattern", r"\d\.\dE[1-3]")], set(), "0.0E1"),
    ("double", [("pattern", r"\d\.\d"), ("minInclusive", "2.5"), ("maxInclusive", "2.6")], {"2.5", "2.6"}, "2.5"),
    ("float", [("enumeration", "INF"), ("enumeration", "NaN"), ("enumeration", "1.50")], {"INF", "NaN", "1.50"}, "INF"),
    ("date", [("minInclusive", "2024-02-28"), ("maxExclusive", "2024-03-01")], {"2024-02-28", "2024-02-29"}, "2024-02-28"),
    ("date", [("pattern", "2004-02-.9"), ("pattern", "2005-02-29")], {"2004-02-09", "2004-02-19", "2004-02-29"}, "2004-02-09"),
    ("date", [("pattern", ".*Z"), ("maxInclusive", "1999-12-31Z")], set(), "1999-12-31Z"),
    ("dateTime", [("pattern", r".+(Z|[+\-][0-9]{2}:[0-9]{2})")], set(), "2000-01-01T00:00:00Z"),
    ("dateTime", [("minInclusive", "2020-01-01T00:00:00Z"), ("pattern", r".*\+05:30")], set(), "2020-01-01T05:30:00+05:30"),
    ("dateTime", [("minInclusive", "2020-01-09T00:00:00+02:00"), ("maxExclusive", "2020-01-08T22:00:01Z")], set(), "2020-01-09T00:00:00+02:00"),
    ("dateTime", [("pattern", r".*\.\d{3}Z")], set(), "0001-01-01T00:00:00.000Z"),
    ("time", [("minExclusive", "23:59:57")], set(), "23:59:58"),
    ("gYearMonth", [("pattern", r"\d{4}-\d{2}")], set(), "2000-01"),
    ("gMonthDay", [("minInclusive", "--02-28"), ("maxInclusive", "--03-01")], {"--02-28", "--02-29", "--03-01"}, "--02-28"),
    ("gDay", [("pattern", "---3.")], {"---30", "---31"}, "---30"),
    ("gYear", [("maxInclusive", "1999")], set(), "1999"),
    ("duration", [("minExclusive", "PT0S"), ("maxInclusive", "PT2S")], {"PT1S", "PT2S"}, "PT1S"),
    ("duration", [("minInclusive", "P1Y"), ("maxInclusive", "P14M")], {"P1Y", "P1Y1M", "P1Y2M"}, "P1Y"),
    ("duration", [("pattern", r"P[0-9]D")], {f"P{number}D" for number in range(10)}, "P0D"),
    ("hexBinary", [("length", 2)], set(), "0000"),
    ("hexBinary", [("pattern", "[ab]*"), ("maxLength", 1)], {"", "aa", "ab", "ba", "bb"}, ""),
    ("base64Binary", [("minLength", 1), ("maxLength", 2)], set(), "000="),
    ("base64Binary", [("length", 3), ("pattern", "AA.*")], set(), "AA00"),
    ("anyURI", [("pattern", "urn:.*"), ("length", 7)], set(), "urn:0:0"),
    ("anyURI", [("pattern", "mailto:.+@example\\.org")], set(), "mailto:0@example.org"),
    ("language", [("pattern", "[a-z]{2}")], set(), "aa"),
    ("NMTOKENS", [("length", 2)], set(), "0 0"),
    ("QName", [("pattern", "[a-c]")], {"a", "b", "c"}, "a"),
]  # fmt: skip


@pytest.mark.parametrize(("base", "facets", "reached", "smallest"), COMBINED)
def test_facets_together(
    tmp_path: Path, base: str, facets: list[tuple[str, object]], reached: set[str], smallest: str
) -> None:
    checked = restricted(tmp_path, base, *facets)
    written = texts(checked, 300 if reached else 60)
    assert reached <= written
    assert not reached or written <= reached or len(reached) < len(written)
    assert (checked.reach(lambda _: True).text or "") == smallest


def test_patterns_of_several_steps_are_all_kept(tmp_path: Path) -> None:
    checked = Checked(
        tmp_path,
        """<xs:simpleType name="A"><xs:restriction base="xs:token"><xs:pattern value="[a-f]{2,6}"/><xs:pattern value="x+"/></xs:restriction></xs:simpleType>
           <xs:simpleType name="B"><xs:restriction base="A"><xs:pattern value=".{3}"/><xs:maxLength value="5"/></xs:restriction></xs:simpleType>
           <xs:simpleType name="C"><xs:restriction base="B"><xs:pattern value="[^b]*c|x*"/></xs:restriction></xs:simpleType>
           <xs:element name="e" type="C"/>""",
    )
    written = texts(checked, 200)
    assert all(len(text) == 3 for text in written)
    assert "xxx" in written
    assert any(text.endswith("c") for text in written)


def test_lists(tmp_path: Path) -> None:
    plain = texts(of(tmp_path, '<xs:list itemType="xs:byte"/>'), 150)
    counts = {len(text.split()) for text in plain}
    assert counts >= {0, 1, 2}
    assert max(counts) > 2
    inner = '<xs:simpleType><xs:list itemType="xs:byte"/></xs:simpleType>'
    assert {
        len(text.split())
        for text in texts(of(tmp_path, f'<xs:restriction>{inner}<xs:length value="3"/></xs:restriction>'))
    } == {3}
    bounded = f'<xs:restriction>{inner}<xs:minLength value="1"/><xs:maxLength value="2"/></xs:restriction>'
    assert {len(text.split()) for text in texts(of(tmp_path, bounded))} == {1, 2}
    chosen = f'<xs:restriction>{inner}<xs:enumeration value="1  2"/><xs:enumeration value="3"/></xs:restriction>'
    assert texts(of(tmp_path, chosen)) == {"1 2", "3"}
    matched = f'<xs:restriction>{inner}<xs:pattern value="1.* 2"/><xs:maxLength value="2"/></xs:restriction>'
    assert all(text[0] == "1" and text.endswith(" 2") for text in texts(of(tmp_path, matched)))


def test_unions(tmp_path: Path) -> None:
    members = """<xs:union memberTypes="xs:boolean"><xs:simpleType><xs:restriction base="xs:int"><xs:minInclusive value="100"/></xs:restriction></xs:simpleType>
        <xs:simpleType><xs:list itemType="xs:date"/></xs:simpleType></xs:union>"""
    written = texts(of(tmp_path, members), 150)
    assert {"true", "false"} <= written
    assert any(text.isdigit() and int(text) >= 100 for text in written)
    assert any(" " in text for text in written)
    matched = (
        f'<xs:restriction><xs:simpleType>{members}</xs:simpleType><xs:pattern value="t.*|1\\d\\d"/></xs:restriction>'
    )
    narrow = texts(of(tmp_path, matched), 150)
    assert "true" in narrow
    assert narrow - {"true"} <= {str(number) for number in range(100, 200)}
    chosen = f'<xs:restriction><xs:simpleType>{members}</xs:simpleType><xs:enumeration value="true"/><xs:enumeration value="100"/></xs:restriction>'
    assert texts(of(tmp_path, chosen)) == {"true", "100"}


def test_notations_and_enumerated_names_carry_a_declared_prefix(tmp_path: Path) -> None:
    checked = Checked(
        tmp_path,
        """<xs:notation name="gif" public="image/gif"/><xs:notation name="png" public="image/png"/>
           <xs:simpleType name="Picture"><xs:restriction base="xs:NOTATION"><xs:enumeration value="q:gif"/><xs:enumeration value="q:png"/></xs:restriction></xs:simpleType>
           <xs:element name="e"><xs:complexType><xs:attribute name="n" type="q:Picture" use="required"/>
             <xs:attribute name="q" use="required"><xs:simpleType><xs:restriction base="xs:QName"><xs:enumeration value="q:one"/><xs:enumeration value="q:two"/></xs:restriction></xs:simpleType></xs:attribute>
           </xs:complexType></xs:element>""",
        attributes='targetNamespace="urn:t" xmlns:q="urn:t"',
    )
    assert {(document.get("n"), document.get("q")) for document in checked.documents(60)} == {
        (n, q) for n in ("q:gif", "q:png") for q in ("q:one", "q:two")
    }


BAD: list[tuple[str, list[tuple[str, object]], type[Exception], str]] = [
    ("string", [("pattern", "a[^\\s\\S]")], Unsatisfiable, "no text matches the pattern a"),
    ("string", [("pattern", "a"), ("minLength", 2)], Unsatisfiable, "no value fits all facets of a type without a name: a value of string, pattern a, length 2"),
    ("integer", [("pattern", "[a-z]+")], Unsatisfiable, "a value of integer, pattern"),
    ("integer", [("minInclusive", 5), ("pattern", "[0-4]")], Unsatisfiable, "at least 5"),
    ("decimal", [("minExclusive", "1"), ("maxExclusive", "1.1"), ("fractionDigits", 1)], Unsatisfiable, "above 1, below 1.1, 1 fraction digits"),
    ("date", [("pattern", "2023-02-29")], Unsatisfiable, "no date of the years 1 to 9999 fits the patterns"),
    ("date", [("minInclusive", "12000-01-01")], Unsupported, "outside the years 1 to 9999"),
    ("token", [("enumeration", "ab"), ("pattern", "c")], Unsatisfiable, "none of the values enumerated"),
    ("string", [("pattern", "(a|b)*a(a|b){18}")], Unsupported, "needs more than 20000 states"),
    ("string", [("pattern", "(a{200}){200}")], Unsupported, "more than 20000 characters"),
    ("duration", [("minInclusive", "P1D"), ("pattern", "P.*")], Unsupported, "both a pattern and bounds on a duration"),
    ("hexBinary", [("length", 2), ("pattern", "[0-9]{3}")], Unsatisfiable, "a value of hexBinary"),
    ("string", [("minLength", 2_000_000)], Unsupported, "more than 1000000 characters"),
]  # fmt: skip


@pytest.mark.parametrize(("base", "facets", "kind", "words"), BAD)
def test_facets_that_leave_nothing_are_told_with_their_place(
    tmp_path: Path, base: str, facets: list[tuple[str, object]], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind) as caught:
        restricted(tmp_path, base, *facets)
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / 'schema.xsd'}:1: ")
