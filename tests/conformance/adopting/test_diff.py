"""What differs between schemas: by place, with what stood there before and stands there after."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conformance.adopting.adopt import adopt
from conformance.adopting.diff import Difference, differences
from conformance.adopting.folder import AdoptionError
from simulator.documents.profile import load_profile
from tests.conformance.adopting.test_adopt import OFFICIAL


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    copy = tmp_path / "changed"
    shutil.copytree(OFFICIAL, copy)
    file = copy / "ALISProvider.xsd"
    text = file.read_text(encoding="utf-8")
    ends = '<xs:attribute name="lidz" type="xs:date"'
    text = text.replace('<xs:attribute name="atcelts">', '<xs:attribute name="atsaukts">')
    file.write_text(text.replace(ends, f'{ends} use="required"'), encoding="utf-8")
    return copy


def test_nothing_differs_from_itself_nor_from_what_was_adopted(tmp_path: Path) -> None:
    adopted = adopt(OFFICIAL, "official", tmp_path / "out", base=load_profile())
    assert differences(str(OFFICIAL), str(OFFICIAL)) == ()
    assert differences(str(OFFICIAL), str(adopted.profile)) == ()


def test_what_came_went_and_changed(changed: Path) -> None:
    found = differences(str(OFFICIAL), str(changed))
    assert {(difference.kind, difference.place) for difference in found} == {
        ("gone", "/Izmaksas/Izmaksa/@atcelts"),
        ("new", "/Izmaksas/Izmaksa/@atsaukts"),
        ("changed", "/Ligumi/Saraksts/Ligums/Termins/@lidz"),
    }
    (gone,) = (difference for difference in found if difference.kind == "gone")
    assert gone == Difference("gone", gone.place, "string; may be absent; one of ja, ne", None)


def test_a_facet_is_a_difference(tmp_path: Path, changed: Path) -> None:
    again = tmp_path / "again"
    shutil.copytree(changed, again)
    names = again / "FullName.xsd"
    names.write_text(names.read_text(encoding="utf-8").replace('maxLength value="50"', 'maxLength value="60"'))
    found = differences(str(changed), str(again))
    assert len(found) == 4
    assert all(
        "maxLength 50" in (difference.before or "") and "maxLength 60" in (difference.after or "")
        for difference in found
    )


def test_what_is_neither_folder_nor_profile() -> None:
    with pytest.raises(AdoptionError, match="neither a folder of schemas nor a profile"):
        differences("reconstruction", "nonsense")
