"""Tests of the catalogue: schemas by URN, imports from the catalogue only, validation in many threads at once."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from simulator.documents.catalogue import Catalogue, CatalogueError, CatalogueFile, SchemaEntry
from simulator.documents.parsing import Complaint
from simulator.documents.profile import Profile
from simulator.domain.model import ChannelName
from simulator.domain.provenance import Basis, Provenance
from simulator.settings import SettingsError, read
from simulator.settings.files import data_root

PAYLOADS = data_root("fixtures") / "payloads"
ALIS = "URN:IVIS:100001:XSD-PPriv-ALISProvider-v1-0"
ERRORS = "URN:IVIS:100001:XSD-DIT-DITMessage-v1-0"
HERE = Provenance(Basis.ASSUMED, "made up for the tests")


def _entry(
    path: Path, text: str, urn: str = "URN:IVIS:100001:XSD-Test-Test-v1-0", namespace: str = "urn:t"
) -> SchemaEntry:
    path.write_text(text, encoding="utf-8")
    return SchemaEntry(urn, path, namespace, HERE)


def _schema(inside: str, attributes: str = "") -> str:
    return (
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:t" targetNamespace="urn:t"'
        f' elementFormDefault="qualified" {attributes}>{inside}</xs:schema>'
    )


def test_every_schema_is_there_and_usable() -> None:
    catalogue = Catalogue.default()
    assert {ALIS, ERRORS} <= {entry.urn for entry in catalogue.entries}
    for entry in catalogue.entries:
        assert catalogue.path(entry.urn).is_file()
        assert catalogue.compiled(entry.urn) is catalogue.compiled(entry.urn)
        assert catalogue.model(entry.urn).target_namespace == entry.namespace
        assert entry.provenance.source


def test_unknown_urn() -> None:
    with pytest.raises(CatalogueError, match=r"no schema has the URN URN:IVIS:1:X; known are .*ALISProvider"):
        Catalogue.default().path("URN:IVIS:1:X")


def test_the_type_ending_names_the_document_element() -> None:
    catalogue = Catalogue.default()
    data = (PAYLOADS / "error/valid-report.xml").read_bytes()
    assert catalogue.validate(f"{ERRORS}-TYPE-DefaultMessageError", data) == ()
    found = catalogue.validate(f"{ERRORS}-TYPE-Other", data)
    assert [complaint.code for complaint in found] == ["root"]
    assert "Other" in found[0].expected


def test_a_valid_document_of_another_element_is_refused(profile: Profile) -> None:
    data = (PAYLOADS / "payout/valid-empty.xml").read_bytes()
    contract = profile.channel(ChannelName.CONTRACT)
    assert profile.catalogue.validate(contract.schema_urn, data) == ()
    found = profile.catalogue.validate(contract.schema_urn, data, element=contract.root)
    assert [(complaint.code, complaint.line) for complaint in found] == [("root", 2)]


def test_paths_use_the_schemas_own_prefixes_unless_told() -> None:
    data = (PAYLOADS / "contract/invalid-schema-date.xml").read_bytes()
    catalogue = Catalogue.default()
    assert catalogue.validate(ALIS, data)[0].path == "/ppriv:ProviderContract/ppriv:Contract/ppriv:ValidFrom"
    entry = catalogue.entry(ALIS)
    assert catalogue.validate(ALIS, data, prefixes={"q": entry.namespace})[0].path == (
        "/q:ProviderContract/q:Contract/q:ValidFrom"
    )
    assert catalogue.validate(ALIS, data, prefixes={})[0].path.startswith(f"/{{{entry.namespace}}}ProviderContract/")


def test_threads_get_their_own_answers() -> None:
    """libxml2's error log belongs to the compiled schema; a shared one would mix the answers."""
    catalogue = Catalogue.default()
    files = sorted(PAYLOADS.glob("*/*.xml"))
    jobs = [
        (ERRORS if file.parent.name == "error" else ALIS, file.read_bytes())
        for file in files
        if "root" not in file.name
    ]
    expected = [catalogue.validate(urn, data) for urn, data in jobs]
    start = threading.Barrier(8)

    def all_of(shift: int) -> list[tuple[Complaint, ...]]:
        start.wait()
        order = [(index + shift * 7) % len(jobs) for index in range(len(jobs))] * 3
        answers = {index: catalogue.validate(*jobs[index]) for index in order}
        return [answers[index] for index in range(len(jobs))]

    with ThreadPoolExecutor(8) as pool:
        for answers in pool.map(all_of, range(8)):
            assert answers == expected


def test_threads_build_a_fresh_catalogue_together() -> None:
    catalogue = Catalogue(Catalogue.default().entries)
    data = (PAYLOADS / "contract/invalid-schema-order.xml").read_bytes()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: catalogue.validate(ALIS, data), range(12)))
    assert len(set(answers)) == 1
    assert len(answers[0]) == 1


def test_the_network_is_never_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError(f"a connection was tried: {arguments}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    remote = "http://192.0.2.1/XMLSchemas/Unknown.xsd"
    importing = _schema(
        f'<xs:import namespace="urn:u" schemaLocation="{remote}"/><xs:element name="a" xmlns:u="urn:u" type="u:T"/>'
    )
    catalogue = Catalogue.default().extended([_entry(tmp_path / "a.xsd", importing)])
    urn = "URN:IVIS:100001:XSD-Test-Test-v1-0"
    with pytest.raises(CatalogueError, match=r"a\.xsd: not a usable schema"):
        catalogue.validate(urn, b'<a xmlns="urn:t"/>')
    with pytest.raises(
        CatalogueError, match=r"the import of http://192\.0\.2\.1/XMLSchemas/Unknown\.xsd is in no schema"
    ):
        catalogue.model(urn)


def test_an_import_by_file_name_alone_is_found(tmp_path: Path) -> None:
    """An adopted schema may name its neighbours as its publisher had them."""
    person = "http://ivis.eps.gov.lv/XMLSchemas/100001/Person/v1-0"
    text = _schema(
        f'<xs:import namespace="{person}" schemaLocation="FullName.xsd"/>'
        '<xs:element name="a"><xs:complexType><xs:sequence><xs:element ref="p:FullName"/></xs:sequence>'
        "</xs:complexType></xs:element>",
        f'xmlns:p="{person}"',
    )
    catalogue = Catalogue.default().extended([_entry(tmp_path / "a.xsd", text)])
    good = f'<a xmlns="urn:t"><FullName xmlns="{person}"><FirstName>I</FirstName><LastName>B</LastName></FullName></a>'
    urn = "URN:IVIS:100001:XSD-Test-Test-v1-0"
    assert catalogue.validate(urn, good.encode()) == ()
    assert len(catalogue.validate(urn, good.replace(">I<", ">1<").encode())) == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not a usable schema"),
        ("<xs:schema", "not a usable schema"),
        ("<a/>", "not a usable schema"),
        (_schema('<xs:element name="a" type="Missing"/>'), "not a usable schema"),
    ],
)
def test_broken_schemas(tmp_path: Path, text: str, problem: str) -> None:
    catalogue = Catalogue([_entry(tmp_path / "broken.xsd", text)])
    urn = catalogue.entries[0].urn
    with pytest.raises(CatalogueError, match=rf"broken\.xsd: {problem}"):
        catalogue.validate(urn, b"<a/>")
    with pytest.raises(CatalogueError, match=rf"broken\.xsd: {problem}"):
        catalogue.model(urn)


def test_a_schema_file_that_is_missing(tmp_path: Path) -> None:
    catalogue = Catalogue([SchemaEntry("URN:IVIS:100001:XSD-T-T-v1-0", tmp_path / "none.xsd", "urn:t", HERE)])
    for ask in (catalogue.compiled, catalogue.model):
        with pytest.raises(CatalogueError, match=r"none\.xsd"):
            ask("URN:IVIS:100001:XSD-T-T-v1-0")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[schema]", r"line 1: schema: found {}; expected tables, each headed \[\[schema\]\]"),
        ('[[schema]]\nurn = "u"', r"line 1: schema\[1\]\.file: is missing"),
        (
            '[[schema]]\nurn = "u"\nfile = "f"\nnamespace = "n"\nbasis = "guessed"\nsource = "s"',
            r'line 5: schema\[1\]\.basis: found "guessed"; expected one of "documented", "inferred", "assumed"',
        ),
    ],
)
def test_catalogue_files_with_mistakes(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "catalogue.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=problem):
        read(path, CatalogueFile)
