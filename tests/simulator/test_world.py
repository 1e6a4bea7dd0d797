from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from simulator.documents.access import ChannelRight, Environment
from simulator.documents.identifiers import is_synthetic_personal_code
from simulator.documents.model import Category, ChannelName
from simulator.world import Right, WorldError, load_world

SMALL = """\
name = "small"
start = 2026-01-01

[bvkb]
id = "100500"
name = "BVKB"

[[retailers]]
name = "Paraugs"
registration_number = "40009990008"
authority = "100777"
user = "paraugs"
discount_minor = 1

[[residents]]
code = "010180-00012"
given_name = "Anna"
surname = "Bērziņa"
address = "Paraugu iela 1"

[[residents]]
code = "140284-00020"
given_name = "Jānis"
surname = "Kalniņš"
address = "Paraugu iela 2"

[[spells]]
person = "010180-00012"
category = "low_income"
valid_from = 2026-01-01
valid_to = 2026-06-30
known_from = 2026-02-10
"""
SECOND_RETAILER = """
[[retailers]]
name = "Otrs"
registration_number = "{registration}"
authority = "{authority}"
user = "{user}"
discount_minor = {minor}
"""


def _error(tmp_path: Path, text: str) -> WorldError:
    path = tmp_path / "world.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WorldError) as caught:
        load_world(path)
    assert caught.value.file == str(path)
    return caught.value


def _second(registration: str = "40009990012", authority: str = "100778", user: str = "otrs", minor: int = 2) -> str:
    return SMALL + SECOND_RETAILER.format(registration=registration, authority=authority, user=user, minor=minor)


def test_a_small_world_is_read(tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    path.write_text(SMALL, encoding="utf-8")
    world = load_world(path)
    assert world.name == "small"
    assert world.start == date(2026, 1, 1)
    assert [each.code for each in world.residents] == ["010180-00012", "140284-00020"]
    (spell,) = world.spells
    assert (spell.category, spell.valid_to, spell.known_from) == (
        Category.LOW_INCOME,
        date(2026, 6, 30),
        date(2026, 2, 10),
    )
    assert world == load_world(str(path))


def test_the_town_has_someone_for_every_rule() -> None:
    town = load_world("town")
    assert {each.category for each in town.spells} == set(Category)
    assert [(each.registration_number, each.authority, each.discount_minor) for each in town.retailers] == [
        ("40009990008", "100777", 1),
        ("40009990012", "100778", 2),
    ]
    assert town.bvkb.id == "100500"
    assert town.arrears
    assert any(each.known_from for each in town.spells)
    assert any(each.code_changes for each in town.residents)
    assert {each.source for each in town.claims} == {"person", "municipality"}
    codes = [code for each in town.residents for code in (each.code, *(c.earlier for c in each.code_changes))]
    assert all(is_synthetic_personal_code(code) for code in codes)


def test_an_unknown_name_is_answered_with_the_names_that_there_are() -> None:
    with pytest.raises(WorldError, match=r"village: there is no world of this name; there are: .*town"):
        load_world("village")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="cannot be read: No such file"):
        load_world(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("before", "after", "place", "reason"),
    [
        ('"140284-00020"', '"010180-00012"', "residents 2 (line 21)", "already that of residents 1 (line 15)"),
        ('"140284-00020"', '"01018000012"', "residents 2 (line 21)", "already that of residents 1 (line 15)"),
        ('person = "010180-00012"', 'person = "140284-00038"', "spells 1 (line 27)", "nobody's personal code"),
        ("valid_from = 2026-01-01\n", "", "spells 1 (line 27)", "valid_from is missing"),
        ("valid_from = 2026-01-01", "valid_from = 2026-02-30", "spells 1 (line 30)", "in the calendar?"),
        ("valid_from = 2026-01-01", 'valid_from = "2026-02-30"', "spells 1 (line 27)", "not a date of the calendar"),
        ("valid_from = 2026-01-01", "valid_from = 2026", "spells 1 (line 27)", "must be a date without a time"),
        ("valid_from = 2026-01-01", "valid_from = 2026-01-01T10:00:00", "spells 1 (line 27)", "without a time"),
        ("valid_to = 2026-06-30", "valid_to = 2025-12-31", "spells 1 (line 27)", "lies before valid_from"),
        ('"140284-00020"', '"140284-00021"', "residents 2 (line 21)", "check digit"),
        ('"140284-00020"', '"310284-00020"', "residents 2 (line 21)", "its date"),
        ('"140284-00020"', '"140284-1002"', "residents 2 (line 21)", "must be a personal code"),
        ('"140284-00020"', '"010180-10014"', "residents 2 (line 21)", "living person"),
        ('"140284-00020"', '"329980-00001"', "residents 2 (line 21)", "living person"),
        ('"40009990008"', '"40009990009"', "retailers 1 (line 8)", "wrong check digit"),
        ('"40009990008"', '"4000999000"', "retailers 1 (line 8)", "must be 11 digits"),
        ('"100777"', '"10077"', "retailers 1 (line 8)", "6 digits"),
        ('"100777"', "100777", "retailers 1 (line 8)", "must be text in quotes"),
        ('"100777"', '"100500"', "retailers 1 (line 8)", "already that of bvkb"),
        ('id = "100500"', 'id = "BVKB"', "bvkb (line 4)", "6 digits"),
        ("[bvkb]", "[bvkc]", "", "[bvkb] with id and name is missing"),
        ("discount_minor = 1", "discount_minor = 0", "retailers 1 (line 8)", "from 1 on"),
        ("discount_minor = 1", "discount_minor = true", "retailers 1 (line 8)", "whole number"),
        ('"low_income"', '"poor"', "spells 1 (line 27)", "known are: low_income"),
        ("known_from", "known_form", "spells 1 (line 27)", "no field 'known_form'"),
        ('category = "low_income"', 'category = "low_income"\ncount = 2', "spells 1 (line 27)", "count children or"),
        ('category = "low_income"', 'category = "guardian"\ncount = 0', "spells 1 (line 27)", "from 1 on"),
        ('surname = "Kalniņš"', 'surname = " "', "residents 2 (line 21)", "not empty"),
        ('name = "small"', 'nam = "small"', "", "name is missing"),
        ("start = 2026-01-01\n", "start = 2026-01-01\nspels = 1\n", "", "no field 'spels'"),
        ('name = "small"', 'name = "small', "line 1", "not TOML"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, before: str, after: str, place: str, reason: str) -> None:
    assert before in SMALL
    error = _error(tmp_path, SMALL.replace(before, after, 1))
    assert error.place == place
    assert reason in error.reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (_second(minor=1), "discount_minor = 1 is already that of retailers 1 (line 8)"),
        (_second(registration="40009990008"), "registration_number = 40009990008 is already"),
        (_second(authority="100777"), "authority = 100777 is already"),
        (_second(user="paraugs"), "user = paraugs is already"),
    ],
)
def test_two_retailers_share_nothing(tmp_path: Path, text: str, reason: str) -> None:
    error = _error(tmp_path, text)
    assert error.place == "retailers 2 (line 34)"
    assert reason in error.reason


@pytest.mark.parametrize(
    ("table", "place", "reason"),
    [
        ('[[arrears]]\nperson = "170589-00054"\nvalid_from = 2026-01-01\n', "arrears 1", "nobody's personal code"),
        ('[[arrears]]\nperson = "010180-00012"\n', "arrears 1", "valid_from is missing"),
        ('[[claims]]\nperson = "010180-00012"\nprovider = "40009990012"\ncontract = "1"\n', "claims 1", "no retailer"),
        (
            '[[claims]]\nperson = "010180-00012"\nprovider = "40009990008"\ncontract = "1"\nsource = "aunt"\n',
            "claims 1",
            "known are: person, municipality",
        ),
    ],
)
def test_facts_are_about_someone_who_is_there(tmp_path: Path, table: str, place: str, reason: str) -> None:
    error = _error(tmp_path, SMALL + table)
    assert error.place == f"{place} (line 33)"
    assert reason in error.reason


_WARD = '[[wards]]\nperson = "140284-00020"\nguardian = "010180-00012"\nvalid_from = 2026-01-01\n'
_FAMILY = """\
[[families]]
beneficiary = "010180-00012"
members = ["010180-00012", "140284-00020"]
valid_from = 2026-01-01
"""
_CONTRACT = """\
[[contracts]]
provider = "40009990008"
number = "0077000001"
holder = "010180-00012"
metering_point = "43Z-STO00000001Y"
valid_from = 2026-01-01
"""
CONTRADICTIONS = [
    (_WARD.replace("140284-00020", "170589-00054"), "wards 1 (line 33)", "person = 170589-00054 is nobody's"),
    (_WARD.replace("010180-00012", "170589-00054"), "wards 1 (line 33)", "guardian = 170589-00054 is nobody's"),
    (_WARD.replace("valid_from = 2026-01-01\n", ""), "wards 1 (line 33)", "valid_from is missing"),
    (_WARD.replace("140284-00020", "010180-00012"), "wards 1 (line 33)", "ward of themselves"),
    (_WARD + _WARD, "wards 2 (line 37)", "has a guardian on some of the same days by wards 1 (line 33)"),
    (_FAMILY.replace('"140284-00020"', '"170589-00054"'), "families 1 (line 33)", "members = 170589-00054 is nobody's"),
    (_FAMILY.replace('"010180-00012", ', ""), "families 1 (line 33)", "none of the family's members"),
    (_FAMILY + _FAMILY, "families 2 (line 37)", "belongs to the family of families 1 (line 33)"),
    (
        '[[spells]]\nperson = "010180-00012"\ncategory = "large_family"\nvalid_from = 2025-01-01\n' + _FAMILY,
        "families 1 (line 37)",
        "has the category large_family on some of the same days by spells 2 (line 33)",
    ),
    (
        '[[spells]]\nperson = "010180-00012"\ncategory = "low_income"\nvalid_from = 2026-06-30\n',
        "spells 2 (line 33)",
        "on some of the same days by spells 1 (line 27)",
    ),
    (_CONTRACT.replace("40009990008", "40009990012"), "contracts 1 (line 33)", "is no retailer of this world"),
    (_CONTRACT.replace("010180-00012", "170589-00054"), "contracts 1 (line 33)", "holder = 170589-00054 is nobody's"),
    (_CONTRACT.replace("0001Y", "0001Z"), "contracts 1 (line 33)", "no EIC"),
    (_CONTRACT + _CONTRACT, "contracts 2 (line 39)", "in force on some of the same days by contracts 1 (line 33)"),
    (_CONTRACT + 'sub_users = ["010180-00012"]\n', "contracts 1 (line 33)", "on the contract twice"),
    (_CONTRACT + 'sub_users = ["170589-00054"]\n', "contracts 1 (line 33)", "sub_users = 170589-00054 is nobody's"),
    (_CONTRACT + 'sub_users = "140284-00020"\n', "contracts 1 (line 33)", "must be a list of texts"),
    (_CONTRACT + 'sub_users = ["140284-00020", "140284-00020"]\n', "contracts 1 (line 33)", "twice"),
]


@pytest.mark.parametrize(("tables", "place", "reason"), CONTRADICTIONS)
def test_a_world_that_contradicts_itself_is_refused(tmp_path: Path, tables: str, place: str, reason: str) -> None:
    error = _error(tmp_path, SMALL + tables)
    assert error.place == place
    assert reason in error.reason


def test_a_source_names_one_contract_of_a_person(tmp_path: Path) -> None:
    claim = '[[claims]]\nperson = "010180-00012"\nprovider = "40009990008"\ncontract = "{}"\nsource = "{}"\n'
    other = SMALL + claim.format(1, "person") + claim.format(2, "municipality")
    (tmp_path / "other.toml").write_text(other, encoding="utf-8")
    assert len(load_world(tmp_path / "other.toml").claims) == 2
    error = _error(tmp_path, SMALL + claim.format(1, "person") + claim.format(2, "person"))
    assert error.place == "claims 2 (line 38)"
    assert "each source names one" in error.reason


def test_families_and_wards_protect_one_person_each(tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    path.write_text(SMALL + _FAMILY + _WARD + _CONTRACT, encoding="utf-8")
    world = load_world(path)
    assert [(each.person, each.category, each.count) for each in world.all_spells()] == [
        ("010180-00012", Category.LOW_INCOME, 1),
        ("010180-00012", Category.LARGE_FAMILY, 1),
        ("010180-00012", Category.GUARDIAN, 1),
    ]
    (contract,) = world.contracts
    assert contract.runs_on(date(2026, 1, 1))
    assert not contract.runs_on(date(2025, 12, 31))


def test_a_wrong_earlier_code_is_placed_inside_its_resident(tmp_path: Path) -> None:
    change = '\n[[residents.code_changes]]\nearlier = "010180-00012"\non = 2026-02-01\n'
    error = _error(tmp_path, SMALL.replace('address = "Paraugu iela 2"\n', f'address = "Paraugu iela 2"\n{change}'))
    assert error.place == "residents 2 (line 21)"
    assert "already that of residents 1" in error.reason


def test_tables_written_inline_are_placed_by_their_number(tmp_path: Path) -> None:
    text = SMALL[: SMALL.index("[[spells]]")].replace("start =", 'spells = [{ person = "x" }]\nstart =')
    assert _error(tmp_path, text).place == "spells 1"


def test_a_world_without_retailers(tmp_path: Path) -> None:
    text = SMALL[: SMALL.index("[[retailers]]")] + SMALL[SMALL.index("[[residents]]") :]
    assert "no retailer" in _error(tmp_path, text).reason


RIGHT = """
[[rights]]
user = "{user}"
environment = "{environment}"
opened = {opened}
{more}
"""


def test_rights_are_read(tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    more = 'channel = "payout"\nright = "send"\nclosed = 2026-05-01'
    text = RIGHT.format(user="paraugs", environment="production", opened="2026-03-10", more=more)
    path.write_text(SMALL + text, encoding="utf-8")
    assert load_world(path).rights == (
        Right(
            "paraugs",
            Environment.PRODUCTION,
            date(2026, 3, 10),
            date(2026, 5, 1),
            ChannelName.PAYOUT,
            ChannelRight.SEND,
        ),
    )


@pytest.mark.parametrize(
    ("rights", "says"),
    [
        ([{"user": "nobody"}], "no retailer's user; there are: paraugs"),
        ([{"environment": "live"}], "known are: test, production"),
        ([{"more": 'channel = "bills"'}], "known are: contract, discount, payout"),
        ([{"more": 'right = "write"'}], "known are: send, receive"),
        ([{"more": "closed = 2026-03-01"}], "must come after opened"),
        ([{}, {"more": 'channel = "payout"'}], "paraugs's right to send on payout is given by rights 1"),
    ],
)
def test_rights_that_contradict_are_refused(tmp_path: Path, rights: list[dict[str, str]], says: str) -> None:
    usual = {"user": "paraugs", "environment": "test", "opened": "2026-03-10", "more": ""}
    path = tmp_path / "world.toml"
    path.write_text(SMALL + "".join(RIGHT.format(**{**usual, **each}) for each in rights), encoding="utf-8")
    with pytest.raises(WorldError) as caught:
        load_world(path)
    assert says in str(caught.value)
    assert f"rights {len(rights)} (line" in str(caught.value)


def test_access_is_opened_in_one_way_only(tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    small = SMALL.replace("discount_minor = 1", "discount_minor = 1\naccess_opened = 2026-03-01")
    text = RIGHT.format(user="paraugs", environment="test", opened="2026-03-10", more="")
    path.write_text(small + text, encoding="utf-8")
    with pytest.raises(WorldError, match="say it there or here, not in both"):
        load_world(path)
