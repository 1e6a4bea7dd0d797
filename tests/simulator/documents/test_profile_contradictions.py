"""A profile whose rates have gaps or whose days collide is refused at load, with file, line and reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.documents.locations import data_root
from simulator.documents.profile import ProfileError, load_profile
from simulator.documents.tables import line_of

OWN = (data_root("schemas") / "profiles" / "reconstruction.toml").read_text(encoding="utf-8")
_DUE = "contract_before_day = { value = 5"
_PAYOUT = "payout_day = { value = 20"
_LOW = 'category = "low_income"\nvalid_from = "{}"'


def _refused(tmp_path: Path, before: str, after: str) -> str:
    assert OWN.count(before) >= 1
    path = tmp_path / "mine.toml"
    path.write_text(OWN.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(ProfileError) as caught:
        load_profile(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    return text.removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("before", "after", "key", "place", "reason"),
    [
        (
            _DUE,
            "contract_before_day = { value = 9",
            "contract_before_day",
            "due.contract_before_day",
            "on its way",
        ),
        (_PAYOUT, "payout_day = { value = 6", "payout_day", "due.payout_day", "fall on one moment"),
        (_PAYOUT, "payout_day = { value = 28", "payout_day", "due.payout_day", "February has no day 29"),
        (_PAYOUT, "payout_day = { value = 31", "payout_day", "due.payout_day", "1 to 28"),
    ],
)
def test_due_days_that_collide(tmp_path: Path, before: str, after: str, key: str, place: str, reason: str) -> None:
    text = _refused(tmp_path, before, after)
    line = next(n for n, each in enumerate(OWN.splitlines(), 1) if each.startswith(f"{key} = "))
    assert text.startswith(f"{place} (line {line}): ")
    assert reason in text


@pytest.mark.parametrize(
    ("before", "after", "number", "reason"),
    [
        ("2021-11", "2021-12", 2, "low_income has no rate from 2021-11 to 2021-11"),
        ("2023-08", "2024-02", 3, "low_income has no rate from 2023-08 to 2024-01"),
        ("2021-11", "2021-10", 2, "low_income has two rates for 2021-10"),
    ],
)
def test_a_gap_or_an_overlap_of_rates(tmp_path: Path, before: str, after: str, number: int, reason: str) -> None:
    text = _refused(tmp_path, _LOW.format(before), _LOW.format(after))
    at = OWN[: OWN.index(_LOW.format(before))].count("\n") + 2
    assert text.startswith(f"rates[{number}].valid_from (line {at}): ")
    assert reason in text


def test_a_rate_that_ends_before_it_begins(tmp_path: Path) -> None:
    text = _refused(tmp_path, 'valid_to = "2021-10"', 'valid_to = "2021-08"')
    assert "rates[1].valid_to (line" in text
    assert "2021-08 lies before valid_from 2021-09" in text


def test_where_a_place_stands() -> None:
    text = 'name = "x"\n[due]\nday = 5\n[[rates]]\namount = "1"\n# [[rates]]\n[[rates]]\nfrom = 1\namount = "2"\n'
    assert line_of(text, "name") == 1
    assert line_of(text, "due.day") == 3
    assert line_of(text, "rates[2].amount") == 9
    assert line_of(text, "rates[1].from") == 4  # missing: where its table begins
    assert line_of(text, "nothing") is None
