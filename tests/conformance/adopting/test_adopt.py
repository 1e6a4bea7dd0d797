"""A made-up official schema is adopted and bound by names; what is wrong with a folder of schemas is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conformance.adopting.adopt import Adopted, adopt
from conformance.adopting.folder import AdoptionError
from simulator.documents.profile import load_profile
from simulator.domain.model import ChannelName
from simulator.settings import SettingsError
from simulator.settings.files import data_root

OFFICIAL = Path(__file__).parent / "official"
BASE = load_profile()


def _adopt(folder: Path, target: Path, **choices: object) -> Adopted:
    return adopt(folder, "official", target, base=BASE, **choices)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "downloaded"
    shutil.copytree(OFFICIAL, copy)
    return copy


def _replace(folder: Path, old: str, new: str, name: str = "ALISProvider.xsd") -> None:
    file = folder / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_every_field_of_the_made_up_official_schema_is_bound(tmp_path: Path) -> None:
    adopted = _adopt(OFFICIAL, tmp_path / "out")
    assert adopted.open == ()
    bound = adopted.bound
    assert bound["contract.records.operation"] == "@notikums"
    assert bound["contract.records.holder.code"] == "ppriv:Persona[@loma='turetajs']/@kods"
    assert bound["contract.records.sub_users.person.code"] == "@kods"
    assert bound["contract.records.address.text"] == "ppriv:Objekts/ppriv:Adrese"
    assert bound["contract.header.corrects"] == "ppriv:Galvene/ppriv:Labo/@dokuments"
    assert bound["discount.records.catch_up.amount"] == "."
    assert bound["discount.records.amount_due"] == "ppriv:Summas/ppriv:Perioda"
    assert bound["payout.records.net_bill"] == "ppriv:Rekins/@bezPvn"
    profile = load_profile(adopted.profile)
    assert profile.name == "official"
    assert profile.rates == BASE.rates
    assert profile.channel(ChannelName.CONTRACT).urn == BASE.channel(ChannelName.CONTRACT).urn


def test_the_reconstruction_itself_is_bound_as_its_profile_binds_it(tmp_path: Path) -> None:
    schemas = tmp_path / "schemas"
    schemas.mkdir()
    for each in ("aldis/ALISProvider.xsd", "ivis/FullName.xsd", "ivis/IVIS.xsd"):
        shutil.copy(data_root("schemas") / each, schemas)
    adopted = _adopt(schemas, tmp_path / "out")
    assert adopted.open == ()
    made = load_profile(adopted.profile)
    for channel in ChannelName:
        assert [node.name for node in made.channel(channel).tree.walk()] == [
            node.name for node in BASE.channel(channel).tree.walk()
        ]


def test_what_was_adopted_must_stay_as_it_was(tmp_path: Path) -> None:
    adopted = _adopt(OFFICIAL, tmp_path / "out")
    pinned = adopted.profile.parent / "schemas" / "FullName.xsd"
    pinned.write_bytes(pinned.read_bytes() + b"\n")
    adopted.profile.touch()
    with pytest.raises(SettingsError, match=r"FullName\.xsd is not what was adopted"):
        load_profile(adopted.profile)


def test_answers_are_never_overwritten(tmp_path: Path) -> None:
    _adopt(OFFICIAL, tmp_path / "out")
    with pytest.raises(AdoptionError, match="is there already, perhaps with answers of yours"):
        _adopt(OFFICIAL, tmp_path / "out")
    (tmp_path / "out" / "profile.toml").unlink()
    (tmp_path / "out" / "schemas" / "FullName.xsd").write_text("other")
    with pytest.raises(AdoptionError, match="is there already and differs"):
        _adopt(OFFICIAL, tmp_path / "out")


class TestOpen:
    def test_what_no_name_tells_is_asked_with_what_it_could_be(self, folder: Path, tmp_path: Path) -> None:
        _replace(folder, 'name="Parnests"', 'name="Zils"')
        _replace(folder, 'value="izbeigts"', 'value="dzeltens"')
        adopted = _adopt(folder, tmp_path / "out")
        assert len(adopted.open) == 2
        carried, status = sorted(adopted.open, key=lambda each: "status" in each)
        assert "payout.records.carried_over: no place was recognised; candidates are ppriv:Zils" in carried
        assert "discount.records.status: how is terminated written there?" in status
        text = adopted.profile.read_text(encoding="utf-8")
        assert '# ? carried_over = "..."' in text
        with pytest.raises(SettingsError):
            load_profile(adopted.profile)

    def test_the_answers_complete_it(self, folder: Path, tmp_path: Path) -> None:
        _replace(folder, 'name="Parnests"', 'name="Zils"')
        _replace(folder, 'value="izbeigts"', 'value="dzeltens"')
        asked: list[str] = []

        def ask_word(name: str, value: str, place: object) -> str:
            asked.append(f"{name} {value}")
            return "dzeltens"

        answers = {"payout.records.carried_over": "ppriv:Zils"}
        adopted = _adopt(folder, tmp_path / "out", bindings=answers, ask_word=ask_word)
        assert adopted.open == ()
        assert asked == ["discount.records.status terminated"]
        load_profile(adopted.profile)

    def test_a_person_is_asked_for_a_place(self, folder: Path, tmp_path: Path) -> None:
        _replace(folder, 'name="Parnests"', 'name="Zils"')
        adopted = _adopt(folder, tmp_path / "out", ask=lambda _, bound: bound.candidates[0].path)
        assert adopted.bound["payout.records.carried_over"] == "ppriv:Zils"
        assert adopted.open == ()

    def test_wrong_answers_are_said(self, tmp_path: Path) -> None:
        with pytest.raises(AdoptionError, match="there is no place 'x:Nothing'; there are"):
            _adopt(OFFICIAL, tmp_path / "out", bindings={"payout.records.net_bill": "x:Nothing"})
        with pytest.raises(AdoptionError, match=r"--bind payout\.records\.colour: is no field; known are"):
            _adopt(OFFICIAL, tmp_path / "out", bindings={"payout.records.colour": "@x"})

    def test_a_document_that_no_name_tells_is_said_by_the_user(self, folder: Path, tmp_path: Path) -> None:
        _replace(folder, '<xs:element name="Izmaksas">', '<xs:element name="Zils">')
        with pytest.raises(AdoptionError, match=r"recognised as the payout document; there are .*ppriv:Zils"):
            _adopt(folder, tmp_path / "out")
        adopted = _adopt(folder, tmp_path / "out", bindings={"payout": "ppriv:Zils"})
        assert adopted.open == ()

    def test_a_place_that_is_none_is_asked_for_again(self, folder: Path, tmp_path: Path) -> None:
        _replace(folder, 'name="Parnests"', 'name="Zils"')
        said = iter(["ppriv:Sarkans", "ppriv:Zils"])
        adopted = _adopt(folder, tmp_path / "out", ask=lambda *_: next(said))
        assert adopted.bound["payout.records.carried_over"] == "ppriv:Zils"


def test_a_part_without_a_namespace_is_pinned_with_the_schema_that_includes_it(folder: Path, tmp_path: Path) -> None:
    part = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">{}</xs:schema>'
    text = (folder / "ALISProvider.xsd").read_text(encoding="utf-8")
    start, end = text.index('<xs:complexType name="GalveneStructure">'), text.index("<xs:attributeGroup name=")
    (folder / "types" / "Galvene.xsd").write_text(part.format(text[start:end]), encoding="utf-8")
    text = text[:start] + text[end:]
    include = '<xs:include schemaLocation="types/Galvene.xsd"/>\n  <xs:import'
    (folder / "ALISProvider.xsd").write_text(text.replace("<xs:import", include, 1), encoding="utf-8")
    adopted = _adopt(folder, tmp_path / "out")
    assert adopted.open == ()
    assert adopted.bound["contract.header.period"] == "ppriv:Galvene/ppriv:Periods"
    assert (tmp_path / "out" / "schemas" / "types" / "Galvene.xsd").is_file()


class TestBadFolders:
    def test_no_folder_and_no_schema(self, tmp_path: Path) -> None:
        with pytest.raises(AdoptionError, match="is no folder"):
            _adopt(tmp_path / "nothing", tmp_path / "out")
        with pytest.raises(AdoptionError, match=r"holds no \.xsd file"):
            _adopt(tmp_path, tmp_path / "out")

    @pytest.mark.parametrize(
        ("old", "new", "says"),
        [
            ("</xs:schema>", "", r"ALISProvider\.xsd: line \d+: is not well-formed XML"),
            ("<xs:schema ", "<!DOCTYPE x><xs:schema ", "has a DOCTYPE"),
            ("xs:schema", "xs:schemata", "the document element is .*, expected xs:schema"),
            ("100001/PPriv/v1-0", "something", "which schema of the catalogue is it"),
            ('type="k:SummaType"', 'type="k:Nothing"', r"ALISProvider\.xsd: does not load: .*Nothing"),
            ("ALISKopejie/v1-0", "ALISOther/v1-0", r"line \d+: imports '.*ALISOther/v1-0' .*not in the folder"),
        ],
        ids=["cut off", "doctype", "no schema", "unknown namespace", "does not load", "missing import"],
    )
    def test_a_schema_that_cannot_be_used(self, folder: Path, tmp_path: Path, old: str, new: str, says: str) -> None:
        _replace(folder, old, new)
        with pytest.raises(AdoptionError, match=says):
            _adopt(folder, tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_a_part_that_nobody_includes(self, folder: Path, tmp_path: Path) -> None:
        (folder / "Part.xsd").write_text('<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>')
        with pytest.raises(AdoptionError, match=r"Part\.xsd: line 1: .* no other schema of the folder includes it"):
            _adopt(folder, tmp_path / "out")

    def test_two_files_with_one_urn(self, folder: Path, tmp_path: Path) -> None:
        (folder / "again").mkdir()
        shutil.copy(folder / "FullName.xsd", folder / "again")
        with pytest.raises(AdoptionError, match=r"has the URN .*, and so has"):
            _adopt(folder, tmp_path / "out")
