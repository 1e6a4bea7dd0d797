from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from simulator.domain.identifiers import is_synthetic_personal_code
from simulator.domain.model import Category, ChannelName, ChannelRight, Environment
from simulator.settings import Problem, SettingsError
from simulator.world.file import load_world
from simulator.world.model import Right

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


def _errors(tmp_path: Path, text: str) -> dict[tuple[int | None, str], str]:
    """The messages of a world that is refused, by line and key."""
    path = tmp_path / "world.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_world(path)
    problems = [problem for problem in caught.value.problems if isinstance(problem, Problem)]
    assert {problem.path for problem in problems} == {path}
    return {(problem.line, problem.key): problem.message for problem in problems}


def _second(registration: str = "40009990012", authority: str = "100778", user: str = "otrs", minor: int = 2) -> str:
    return SMALL + SECOND_RETAILER.format(registration=registration, authority=authority, user=user, minor=minor)


def test_a_small_world_is_read(tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    path.write_text(SMALL, encoding="utf-8")
    world = load_world(path)
    assert world.name == "small"
    assert world.start == date(2026, 1, 1)
    assert [resident.code for resident in world.residents] == ["010180-00012", "140284-00020"]
    (spell,) = world.spells
    assert (spell.category, spell.valid_to, spell.known_from) == (
        Category.LOW_INCOME,
        date(2026, 6, 30),
        date(2026, 2, 10),
    )
    assert world == load_world(str(path))


def test_the_town_has_someone_for_every_rule() -> None:
    town = load_world("town")
    assert {spell.category for spell in town.spells} == set(Category)
    assert [
        (retailer.registration_number, retailer.authority, retailer.discount_minor) for retailer in town.retailers
    ] == [
        ("40009990008", "100777", 1),
        ("40009990012", "100778", 2),
    ]
    assert town.bvkb.id == "100500"
    assert town.arrears
    assert any(spell.known_from for spell in town.spells)
    assert any(resident.code_changes for resident in town.residents)
    assert {claim.source for claim in town.claims} == {"person", "municipality"}
    codes = [
        code for resident in town.residents for code in (resident.code, *(c.earlier for c in resident.code_changes))
    ]
    assert all(is_synthetic_personal_code(code) for code in codes)


def test_an_unknown_name_is_answered_with_the_names_that_there_are() -> None:
    with pytest.raises(SettingsError, match=r"village: there is no world of this name; there are: .*town"):
        load_world("village")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: there is no such file"):
        load_world(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("before", "after", "line", "key", "reason"),
    [
        ('"140284-00020"', '"010180-00012"', 21, "residents[2]", "already that of residents[1] (line 15)"),
        ('"140284-00020"', '"01018000012"', 21, "residents[2]", "already that of residents[1] (line 15)"),
        ('person = "010180-00012"', 'person = "140284-00038"', 28, "spells[1].person", "nobody's personal code"),
        ("valid_from = 2026-01-01\n", "", 27, "spells[1].valid_from", "is missing"),
        ("valid_from = 2026-01-01", "valid_from = 2026-02-30", 30, "", "in the calendar?"),
        ("valid_from = 2026-01-01", 'valid_from = "2026-02-30"', 30, "spells[1].valid_from", "date of the calendar"),
        ("valid_from = 2026-01-01", "valid_from = 2026", 30, "spells[1].valid_from", "a date of the calendar without"),
        ("valid_from = 2026-01-01", "valid_from = 2026-01-01T10:00:00", 30, "spells[1].valid_from", "without a time"),
        ("valid_to = 2026-06-30", "valid_to = 2025-12-31", 31, "spells[1].valid_to", "lies before valid_from"),
        ('"140284-00020"', '"140284-00021"', 22, "residents[2].code", "check digit"),
        ('"140284-00020"', '"310284-00020"', 22, "residents[2].code", "its date"),
        ('"140284-00020"', '"140284-1002"', 22, "residents[2].code", "expected a personal code"),
        ('"140284-00020"', '"010180-10014"', 22, "residents[2].code", "living person"),
        ('"140284-00020"', '"329980-00001"', 22, "residents[2].code", "living person"),
        ('"40009990008"', '"40009990009"', 10, "retailers[1].registration_number", "check digit"),
        ('"40009990008"', '"4000999000"', 10, "retailers[1].registration_number", "11 digits"),
        ('"100777"', '"10077"', 11, "retailers[1].authority", "6 digits"),
        ('"100777"', "100777", 11, "retailers[1].authority", "found 100777; expected a DIT authority id"),
        ('"100777"', '"100500"', 11, "retailers[1].authority", "already that of bvkb (line 4)"),
        ('id = "100500"', 'id = "BVKB"', 5, "bvkb.id", "6 digits"),
        ("[bvkb]", "[bvkc]", None, "bvkb", "is missing; expected a table headed [bvkb]"),
        ("discount_minor = 1", "discount_minor = 0", 13, "retailers[1].discount_minor", "a whole number from 1"),
        ("discount_minor = 1", "discount_minor = true", 13, "retailers[1].discount_minor", "a whole number from 1"),
        ('"low_income"', '"poor"', 29, "spells[1].category", 'expected one of "low_income"'),
        ("known_from", "known_form", 32, "spells[1].known_form", "unknown key; known are person, category"),
        ('category = "low_income"', 'category = "low_income"\ncount = 2', 30, "spells[1].count", "count children or"),
        ('category = "low_income"', 'category = "guardian"\ncount = 0', 30, "spells[1].count", "whole number from 1"),
        ('surname = "Kalniņš"', 'surname = " "', 24, "residents[2].surname", "not empty"),
        ('name = "small"', 'nam = "small"', None, "name", "is missing"),
        ("start = 2026-01-01\n", "start = 2026-01-01\nspels = 1\n", 3, "spels", 'did you mean "spells"?'),
        ('name = "small"', 'name = "small', 1, "", "not TOML"),
    ],
)
def test_a_mistake_is_reported_with_its_place(
    tmp_path: Path, before: str, after: str, line: int | None, key: str, reason: str
) -> None:
    assert before in SMALL
    assert reason in _errors(tmp_path, SMALL.replace(before, after, 1))[line, key]


def test_all_mistakes_in_a_world_are_reported_at_once(tmp_path: Path) -> None:
    text = SMALL.replace('"010180-00012"', '"010180-00013"').replace('"100777"', '"1"').replace("category", "categry")
    assert set(_errors(tmp_path, text)) == {
        (11, "retailers[1].authority"),
        (16, "residents[1].code"),
        (29, "spells[1].categry"),
        (27, "spells[1].category"),
    }
    text = SMALL + _WARD.replace("140284-00020", "140284-00038") + _CONTRACT.replace("40009990008", "40009990012")
    assert set(_errors(tmp_path, text)) == {(34, "wards[1].person"), (38, "contracts[1].provider")}


@pytest.mark.parametrize(
    ("text", "line", "key", "reason"),
    [
        (_second(minor=1), 39, "discount_minor", "1 is already that of retailers[1] (line 8)"),
        (_second(registration="40009990008"), 36, "registration_number", "40009990008 is already"),
        (_second(authority="100777"), 37, "authority", "100777 is already"),
        (_second(user="paraugs"), 38, "user", "paraugs is already"),
    ],
)
def test_two_retailers_share_nothing(tmp_path: Path, text: str, line: int, key: str, reason: str) -> None:
    assert reason in _errors(tmp_path, text)[line, f"retailers[2].{key}"]


@pytest.mark.parametrize(
    ("table", "line", "key", "reason"),
    [
        (
            '[[arrears]]\nperson = "170589-00054"\nvalid_from = 2026-01-01\n',
            34,
            "arrears[1].person",
            "nobody's personal code",
        ),
        ('[[arrears]]\nperson = "010180-00012"\n', 33, "arrears[1].valid_from", "is missing"),
        (
            '[[claims]]\nperson = "010180-00012"\nprovider = "40009990012"\ncontract = "1"\n',
            35,
            "claims[1].provider",
            "no retailer",
        ),
        (
            '[[claims]]\nperson = "010180-00012"\nprovider = "40009990008"\ncontract = "1"\nsource = "aunt"\n',
            37,
            "claims[1].source",
            'one of "person", "municipality"',
        ),
    ],
)
def test_facts_are_about_someone_who_is_there(tmp_path: Path, table: str, line: int, key: str, reason: str) -> None:
    assert reason in _errors(tmp_path, SMALL + table)[line, key]


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
    (_WARD.replace("140284-00020", "170589-00054"), 34, "wards[1].person", "170589-00054 is nobody's"),
    (_WARD.replace("010180-00012", "170589-00054"), 35, "wards[1].guardian", "170589-00054 is nobody's"),
    (_WARD.replace("valid_from = 2026-01-01\n", ""), 33, "wards[1].valid_from", "is missing"),
    (_WARD.replace("140284-00020", "010180-00012"), 33, "wards[1]", "ward of themselves"),
    (_WARD + _WARD, 37, "wards[2]", "has a guardian on some of the same days by wards[1] (line 33)"),
    (_FAMILY.replace('"140284-00020"', '"170589-00054"'), 35, "families[1].members", "170589-00054 is nobody's"),
    (_FAMILY.replace('"010180-00012", ', ""), 34, "families[1].beneficiary", "none of the family's members"),
    (_FAMILY + _FAMILY, 37, "families[2]", "belongs to the family of families[1] (line 33)"),
    (
        '[[spells]]\nperson = "010180-00012"\ncategory = "large_family"\nvalid_from = 2025-01-01\n' + _FAMILY,
        37,
        "families[1]",
        "has the category large_family on some of the same days by spells[2] (line 33)",
    ),
    (
        '[[spells]]\nperson = "010180-00012"\ncategory = "low_income"\nvalid_from = 2026-06-30\n',
        33,
        "spells[2]",
        "on some of the same days by spells[1] (line 27)",
    ),
    (_CONTRACT.replace("40009990008", "40009990012"), 34, "contracts[1].provider", "is no retailer of this world"),
    (_CONTRACT.replace("010180-00012", "170589-00054"), 36, "contracts[1].holder", "170589-00054 is nobody's"),
    (_CONTRACT.replace("0001Y", "0001Z"), 37, "contracts[1].metering_point", "expected an EIC"),
    (_CONTRACT + _CONTRACT, 41, "contracts[2].number", "in force on some of the same days by contracts[1] (line 33)"),
    (_CONTRACT + 'sub_users = ["010180-00012"]\n', 33, "contracts[1]", "on the contract twice"),
    (_CONTRACT + 'sub_users = ["170589-00054"]\n', 39, "contracts[1].sub_users", "170589-00054 is nobody's"),
    (_CONTRACT + 'sub_users = "140284-00020"\n', 39, "contracts[1].sub_users", "expected a list of texts"),
    (_CONTRACT + 'sub_users = ["140284-00020", "140284-00020"]\n', 39, "contracts[1].sub_users", "twice"),
]


@pytest.mark.parametrize(("tables", "line", "key", "reason"), CONTRADICTIONS)
def test_a_world_that_contradicts_itself_is_refused(
    tmp_path: Path, tables: str, line: int, key: str, reason: str
) -> None:
    path = tmp_path / "world.toml"
    path.write_text(SMALL + tables, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_world(path)
    places = [(problem.line, problem.key) for problem in caught.value.problems if isinstance(problem, Problem)]
    assert set(places) == {(line, key)}
    assert reason in str(caught.value)


def test_a_source_names_one_contract_of_a_person(tmp_path: Path) -> None:
    claim = '[[claims]]\nperson = "010180-00012"\nprovider = "40009990008"\ncontract = "{}"\nsource = "{}"\n'
    other = SMALL + claim.format(1, "person") + claim.format(2, "municipality")
    (tmp_path / "other.toml").write_text(other, encoding="utf-8")
    assert len(load_world(tmp_path / "other.toml").claims) == 2
    errors = _errors(tmp_path, SMALL + claim.format(1, "person") + claim.format(2, "person"))
    assert "each source names one" in errors[38, "claims[2]"]


def test_families_and_wards_protect_one_person_each(tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    path.write_text(SMALL + _FAMILY + _WARD + _CONTRACT, encoding="utf-8")
    world = load_world(path)
    assert [(spell.person, spell.category, spell.count) for spell in world.all_spells()] == [
        ("010180-00012", Category.LOW_INCOME, 1),
        ("010180-00012", Category.LARGE_FAMILY, 1),
        ("010180-00012", Category.GUARDIAN, 1),
    ]
    (contract,) = world.contracts
    assert contract.runs_on(date(2026, 1, 1))
    assert not contract.runs_on(date(2025, 12, 31))


def test_a_wrong_earlier_code_is_placed_inside_its_resident(tmp_path: Path) -> None:
    change = '\n[[residents.code_changes]]\nearlier = "010180-00012"\non = 2026-02-01\n'
    text = SMALL.replace('address = "Paraugu iela 2"\n', f'address = "Paraugu iela 2"\n{change}')
    assert "already that of residents[1]" in _errors(tmp_path, text)[21, "residents[2]"]
    errors = _errors(tmp_path, text.replace('earlier = "010180-00012"', 'earlier = "1"'))
    assert "expected a personal code" in errors[28, "residents[2].code_changes[1].earlier"]


def test_tables_written_inline_are_placed_by_their_number(tmp_path: Path) -> None:
    text = SMALL[: SMALL.index("[[spells]]")].replace("start =", 'spells = [{ person = "x" }]\nstart =')
    assert set(_errors(tmp_path, text)) == {(2, "spells[1].category"), (2, "spells[1].valid_from")}


def test_a_world_without_retailers(tmp_path: Path) -> None:
    text = SMALL[: SMALL.index("[[retailers]]")] + SMALL[SMALL.index("[[residents]]") :]
    assert "at least one retailer, in a table headed [[retailers]]" in _errors(tmp_path, text)[None, "retailers"]


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
        ([{"environment": "live"}], 'expected one of "test", "production"'),
        ([{"more": 'channel = "bills"'}], 'expected one of "contract", "discount", "payout"'),
        ([{"more": 'right = "write"'}], 'expected one of "send", "receive"'),
        ([{"more": "closed = 2026-03-01"}], "must come after opened"),
        ([{}, {"more": 'channel = "payout"'}], "paraugs's right to send on payout is given by rights[1]"),
    ],
)
def test_rights_that_contradict_are_refused(tmp_path: Path, rights: list[dict[str, str]], says: str) -> None:
    usual = {"user": "paraugs", "environment": "test", "opened": "2026-03-10", "more": ""}
    path = tmp_path / "world.toml"
    path.write_text(SMALL + "".join(RIGHT.format(**{**usual, **right}) for right in rights), encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_world(path)
    assert says in str(caught.value)
    assert f"rights[{len(rights)}]" in str(caught.value)
    assert f"{path}, line " in str(caught.value)


def test_access_is_opened_in_one_way_only(tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    small = SMALL.replace("discount_minor = 1", "discount_minor = 1\naccess_opened = 2026-03-01")
    text = RIGHT.format(user="paraugs", environment="test", opened="2026-03-10", more="")
    path.write_text(small + text, encoding="utf-8")
    with pytest.raises(SettingsError, match="say it there or here, not in both"):
        load_world(path)
