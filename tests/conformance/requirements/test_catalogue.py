from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conformance.requirements import catalogue
from conformance.requirements.catalogue import load
from simulator.settings import SettingsError


def test_the_bundled_catalogue_is_read_once() -> None:
    assert load() is load()


def test_the_catalogue_of_a_folder_is_read_each_time(tmp_path: Path) -> None:
    for path in Path(catalogue.__file__).parent.glob("*.toml"):
        shutil.copy(path, tmp_path)
    assert load(tmp_path) == load()
    (tmp_path / "pay.toml").unlink()
    with pytest.raises(SettingsError, match=r"pay\.toml: cannot be read: .*it is the file of chapter PAY"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("before", "after", "key", "says"),
    [
        ('id = "CON-01"', 'id = "CAN-01"', "id", 'found "CAN-01"; expected CON- and two digits, like CON-01'),
        ('id = "CON-01"', 'id = "CON-1"', "id", "expected CON- and two digits"),
        ('id = "CON-02"', 'id = "CON-01"', "id", "CON-01 stands twice"),
        ('level = "must"', 'level = "mist"', "level", 'expected one of "must", "should"; did you mean "must"?'),
        ('basis = "inferred"', 'basis = "sure"', "basis", 'found "sure"; expected one of "documented"'),
        (
            'level = "must"',
            'level = "must"\nneeds = "sap"',
            "needs",
            'known are ftps, security, soap; did you mean "soap"',
        ),
        ('level = "must"', 'level = "must"\ncolour = 1', "colour", "unknown key"),
        ('level = "must"', 'level = "must"\nuntested = " "', "untested", 'found " "; expected a sentence'),
        ('level = "must"', 'level = "must"\nexpected_lv = "x"', "expected_lv", "stands alone"),
        ('text_en = "Every new contract is reported to BVKB."', "", "text_en", "is missing; expected a sentence"),
        ("[[requirement]]", "[requirement]", "requirement", "expected tables, each headed [[requirement]]"),
    ],
)
def test_a_mistake_in_a_chapter_is_told(tmp_path: Path, before: str, after: str, key: str, says: str) -> None:
    for path in Path(catalogue.__file__).parent.glob("*.toml"):
        shutil.copy(path, tmp_path)
    chapter = tmp_path / "con.toml"
    text = chapter.read_text(encoding="utf-8")
    if after == "[requirement]":
        text = "[requirement]\n"
    assert after == "[requirement]" or before in text
    chapter.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(tmp_path)
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"{chapter}, line ")
    assert f"{key}: " in str(problem)
    assert says in str(problem)
