"""A profile whose rates have gaps or whose days collide is refused at load, with file, line and reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.documents.profile import load_profile, profile_names
from simulator.settings import Problem, SettingsError
from simulator.settings.files import data_root

OWN = (data_root("schemas") / "profiles" / "reconstruction.toml").read_text(encoding="utf-8")
_DUE = "contract_before_day = { value = 5"
_PAYOUT = "payout_day = { value = 20"
_LOW = 'category = "low_income"\nvalid_from = "{}"'


def _refused(tmp_path: Path, *changes: tuple[str, str]) -> dict[tuple[int | None, str], str]:
    """Return the messages about a profile that is refused, by line and key."""
    text = OWN
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_profile(path)
    problems = [problem for problem in caught.value.problems if isinstance(problem, Problem)]
    assert {problem.path for problem in problems} == {path}
    return {(problem.line, problem.key): problem.message for problem in problems}


def _line(start: str) -> int:
    return next(number for number, line in enumerate(OWN.splitlines(), 1) if line.startswith(start))


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
    assert reason in _refused(tmp_path, (before, after))[_line(f"{key} = "), place]


@pytest.mark.parametrize(
    ("before", "after", "number", "reason"),
    [
        ("2021-11", "2021-12", 2, "low_income has no rate from 2021-11 to 2021-11"),
        ("2023-08", "2024-02", 3, "low_income has no rate from 2023-08 to 2024-01"),
        ("2021-11", "2021-10", 2, "low_income has two rates for 2021-10"),
    ],
)
def test_a_gap_or_an_overlap_of_rates(tmp_path: Path, before: str, after: str, number: int, reason: str) -> None:
    at = OWN[: OWN.index(_LOW.format(before))].count("\n") + 2
    errors = _refused(tmp_path, (_LOW.format(before), _LOW.format(after)))
    assert reason in errors[at, f"rates[{number}].valid_from"]


def test_a_rate_that_ends_before_it_begins(tmp_path: Path) -> None:
    errors = _refused(tmp_path, ('valid_to = "2021-10"', 'valid_to = "2021-08"'))
    assert "2021-08 lies before valid_from 2021-09" in errors[_line('valid_to = "2021-10"'), "rates[1].valid_to"]


CHANNEL = "channels.contract"


@pytest.mark.parametrize(
    ("before", "after", "start", "key", "reason"),
    [
        ('name = "rec', 'nam = "rec', "name", "nam", 'did you mean "name"?'),
        ('assumed_requirements = "warn"', 'assumed_requirements = "worn"', "assumed", "assumed_requirements", "warn"),
        ("poll_seconds = 300", "poll_seconds = 0", "poll_seconds", "limits.poll_seconds", "a whole number above 0"),
        ("poll_seconds = 300", "poll_secs = 300", "poll_seconds", "limits.poll_secs", "unknown key"),
        ("poll_seconds = 300", "", "[limits]", "limits.poll_seconds", "is missing"),
        ('amount = "5.00"', "amount = 5", 'amount = "5', "rates[1].amount", 'such as "20.00"'),
        ('amount = "5.00"', 'amount = "-5"', 'amount = "5', "rates[1].amount", 'such as "20.00"'),
        ('valid_from = "2021-09"', 'valid_from = "2021"', "valid_from", "rates[1].valid_from", 'such as "2026-03"'),
        (
            'category = "low_income"',
            'category = "low_incom"',
            "category",
            "rates[1].category",
            'mean "low_income"?',
        ),
        ("{major}-{minor}-TYPE", "{major}-TYPE", "version_urn", f"{CHANNEL}.version_urn", "holds {minor}"),
        ('kind = { value = "dsk"', 'kind = { value = "dks"', "kind", f"{CHANNEL}.kind", 'did you mean "dsk"?'),
        ('root = "ppriv:ProviderContract"', 'root = "x:A"', 'root = "ppriv', f"{CHANNEL}.root", "x"),
        ('root = "ppriv:ProviderContract"', 'root = "a/b"', 'root = "ppriv', f"{CHANNEL}.root", "one element name"),
        (
            'root = "ppriv:ProviderContract"',
            'root = "ppriv:A"',
            'root = "ppriv',
            f"{CHANNEL}.root",
            "not a document el",
        ),
        ('part = "nat:Part"', 'part = "nit:Part"', "part", "national.part", "nit"),
        ('root = "nat:NationalDiscount"', 'root = "nat:A"', 'root = "nat', "national.root", "not a document element"),
        ('"aldis/discount-cut.xslt"', '"cut.xslt"', "stylesheet", "national.stylesheet", "no file cut.xslt below"),
        ('holder.code = "', 'holder.cod = "', "holder.code", f"{CHANNEL}.records.holder.cod", "is no field"),
        ('holder.code = "', 'holder.cod = "', "holder.code", f"{CHANNEL}.records.holder.code", "is missing"),
        ('"ppriv:MeteringPoint"', '"ppriv:Meter"', "metering", f"{CHANNEL}.records.metering_point", "does not have"),
        ('"ppriv:MeteringPoint"', '""', "metering", f"{CHANNEL}.records.metering_point.path", "must be text"),
        ('"ppriv:MeteringPoint"', "5", "metering", f"{CHANNEL}.records.metering_point.path", "must be text, found 5"),
        ('"ppriv:MeteringPoint"', '"x:M"', "metering", f"{CHANNEL}.records.metering_point", "x"),
        ('each = "ppriv:Contract"', "each = 5", "[channels.contract.rec", f"{CHANNEL}.records", "must be a table"),
        (', end = "End"', "", "operation", f"{CHANNEL}.records.operation.values", "how end is written"),
        (', end = "End"', ', end = "New"', "operation", f"{CHANNEL}.records.operation.values", "two values alike"),
        (
            ', end = "End"',
            ', end = "End", x = "X"',
            "operation",
            f"{CHANNEL}.records.operation.values.x",
            "no value of",
        ),
        (
            '{ path = "ppriv:Operation",',
            '{ basis = "sure", path = "ppriv:Operation",',
            "operation",
            f"{CHANNEL}.records.operation.basis",
            'found "sure"; expected one of',
        ),
        (
            "[channels.payout.records]",
            "[channels.payout.records]\nsource = 5",
            'each = "ppriv:Payout',
            "channels.payout.records.source",
            "found 5; expected text",
        ),
        ('basis = "assumed"\nsource = "rec', 'basis = "sure"\nsource = "rec', "basis", "basis", "one of"),
    ],
)
def test_a_mistake_in_a_profile_is_told_with_its_line(
    tmp_path: Path, before: str, after: str, start: str, key: str, reason: str
) -> None:
    errors = _refused(tmp_path, (before, after))
    assert reason in errors.get((_line(start), key), ""), errors


def test_everything_wrong_in_a_profile_is_told_at_once(tmp_path: Path) -> None:
    errors = _refused(
        tmp_path,
        ('"ppriv:MeteringPoint"', '"x:M"'),
        ('part = "nat:Part"', 'part = "nit:Part"'),
        (_LOW.format("2021-11"), _LOW.format("2021-12")),
    )
    assert {key for _, key in errors} == {
        "channels.contract.records.metering_point",
        "national.part",
        "rates[2].valid_from",
    }


@pytest.mark.parametrize("name", profile_names())
def test_a_shipped_profile_agrees_with_its_schemas(name: str) -> None:
    assert load_profile(name, against_schemas=True).name == name


def test_a_profile_of_ones_own_is_checked_against_its_schemas(tmp_path: Path) -> None:
    (before,) = [line for line in OWN.splitlines() if line.startswith("period = ")][:1]
    problems = _refused(tmp_path, (before, 'period = "ppriv:NoSuchElement"'))
    assert any("NoSuchElement" in message for message in problems.values())
