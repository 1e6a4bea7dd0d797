"""Schemas that ask for more time, memory or stack than there is are refused, within bounds."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from conformance.adopting.adopt import adopt
from conformance.adopting.diff import differences, try_out
from conformance.adopting.folder import AdoptionError
from simulator.documents.profile import load_profile
from tests.conformance.commands.running import aldis

OFFICIAL = Path(__file__).parent / "official"
NAMESPACE = "http://ivis.eps.gov.lv/XMLSchemas/100001/PPriv/v1-0"
LEVELS = 9
DOCUMENT = '<xs:element name="ProviderContract"><xs:complexType>{}</xs:complexType></xs:element>'


def schema(folder: Path, body: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "ALISProvider.xsd").write_text(
        f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="{NAMESPACE}" targetNamespace="{NAMESPACE}"'
        f' elementFormDefault="qualified">{body}</xs:schema>',
        encoding="utf-8",
    )
    return folder


def groups(parts: Iterable[str]) -> str:
    held = "".join(f'<xs:group name="g{number}">{inside}</xs:group>' for number, inside in enumerate(parts))
    return held + DOCUMENT.format('<xs:group ref="g0"/>')


def many_times_over(kind: str) -> str:
    """A content model of ten to the ninth places."""
    inside = (f"<xs:{kind}>" + f'<xs:group ref="g{n + 1}"/>' * 10 + f"</xs:{kind}>" for n in range(LEVELS))
    return groups((*inside, f'<xs:{kind}><xs:element name="a"/></xs:{kind}>'))


def types() -> str:
    """A document that can hold ten to the eleventh elements, each in a place of its own."""
    inside = "".join(
        f'<xs:complexType name="t{level}"><xs:sequence>'
        + "".join(f'<xs:element name="e{n}" type="t{level + 1}"/>' for n in range(10))
        + "</xs:sequence></xs:complexType>"
        for level in range(11)
    )
    return inside + '<xs:complexType name="t11"/><xs:element name="ProviderContract" type="t0"/>'


def optional() -> str:
    """Thousands of elements each of which may be left out or come thousands of times."""
    inside = "".join(f'<xs:element name="a{n}" minOccurs="0" maxOccurs="5000"/>' for n in range(3000))
    return DOCUMENT.format(f"<xs:sequence>{inside}</xs:sequence>")


@pytest.mark.parametrize("kind", ["sequence", "choice"])
def test_a_content_model_that_grows_without_bound_is_given_up(tmp_path: Path, kind: str) -> None:
    folder = schema(tmp_path / "hostile", many_times_over(kind))
    with pytest.raises(AdoptionError) as refused:
        try_out(folder, seconds=3)
    (problem,) = refused.value.problems
    assert problem.startswith(str(tmp_path))
    assert "takes more than 3 seconds; look for groups or types that hold each other many times over" in problem
    assert "--seconds" in problem


def test_groups_in_groups_in_groups(tmp_path: Path) -> None:
    deep = DOCUMENT.format("<xs:sequence>" * 240 + '<xs:element name="a"/>' + "</xs:sequence>" * 240)
    with pytest.raises(AdoptionError, match=r"ALISProvider\.xsd: its groups or types nest too deeply to be loaded"):
        try_out(schema(tmp_path / "hostile", deep))
    chain = (f'<xs:sequence><xs:group ref="g{n + 1}"/></xs:sequence>' for n in range(3000))
    chained = groups((*chain, '<xs:sequence><xs:element name="a"/></xs:sequence>'))
    with pytest.raises(AdoptionError, match=r"ALISProvider\.xsd: .*(nest too deeply|takes more than|was ended by)"):
        try_out(schema(tmp_path / "hostile", chained), seconds=10)


def test_a_schema_that_takes_more_memory_than_is_allowed(tmp_path: Path) -> None:
    folder = schema(tmp_path / "hostile", optional())
    with pytest.raises(AdoptionError, match="loading it takes more than 150 MB of memory; look for"):
        try_out(folder, memory=150 * 1024**2)


def test_a_document_of_too_many_places(tmp_path: Path) -> None:
    folder = schema(tmp_path / "hostile", types())
    with pytest.raises(AdoptionError, match="more than 50000 elements, each in a place of its own"):
        try_out(folder)


def test_all_that_is_wrong_is_told_as_ever(tmp_path: Path) -> None:
    folder = schema(tmp_path / "wrong", '<xs:import namespace="urn:gone"/><xs:element name="a" type="nothing"/>')
    with pytest.raises(AdoptionError, match="imports 'urn:gone'"):
        try_out(folder)
    with pytest.raises(AdoptionError, match="is no folder"):
        try_out(tmp_path / "none")
    try_out(OFFICIAL)


def test_adopting_and_comparing_are_bounded(tmp_path: Path) -> None:
    folder = schema(tmp_path / "hostile", many_times_over("sequence"))
    with pytest.raises(AdoptionError, match="takes more than 1 seconds"):
        adopt(folder, "x", tmp_path / "out", base=load_profile(), seconds=1)
    assert not (tmp_path / "out").exists()
    with pytest.raises(AdoptionError, match="nest too deeply"):
        deep = DOCUMENT.format("<xs:sequence>" * 240 + '<xs:element name="a"/>' + "</xs:sequence>" * 240)
        differences(str(schema(tmp_path / "hostile", deep)), "reconstruction")


def test_the_command_says_it(tmp_path: Path) -> None:
    schema(tmp_path / "hostile", many_times_over("choice"))
    done = aldis("schemas", "adopt", "hostile", "--name", "x", "--seconds", "1", cwd=tmp_path)
    assert done.returncode == 2
    assert "ALISProvider.xsd: loading it takes more than 1 seconds; look for" in done.stderr
    assert "Traceback" not in done.stderr
