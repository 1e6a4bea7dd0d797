"""The number of processes of a run, its waivers and its time limit, and its way into another process."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from conformance.report.events import Waiver
from conformance.retailers.config import DriverConfig, DriverKind, RetailerConfig, load_retailer, reference_config
from conformance.run.configuration import SuiteConfig, WorkersError, pack, unpack, worker_count
from conformance.run.redaction import Redactor
from simulator.documents.profile import load_profile

PROFILE = load_profile()
MANY = 1000  # scenarios
COMMAND = DriverConfig(kind=DriverKind.COMMAND, command=("true",))
TOML = """
[retailer]
name = "Paraugs Enerģija"
registration_number = "40009990008"
authority = "100777"
[driver]
kind = "command"
command = ["true"]
parallel = true
"""


def _config(driver: DriverConfig, **changes: object) -> SuiteConfig:
    retailer = RetailerConfig("Paraugs Enerģija", "40009990008", "100777", driver, Path())
    return SuiteConfig(retailer, PROFILE, **changes)  # type: ignore[arg-type]


@pytest.fixture
def four_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)


@pytest.mark.usefixtures("four_processors")
def test_a_long_run_of_the_reference_retailer_uses_all_processors_and_a_short_one_does_not() -> None:
    config = SuiteConfig(reference_config(), PROFILE)
    assert [worker_count(config, scenarios) for scenarios in (0, 1, 31, 32, 48, MANY)] == [1, 1, 1, 2, 3, 4]


@pytest.mark.usefixtures("four_processors")
def test_other_retailers_get_several_processes_when_they_say_so(tmp_path: Path) -> None:
    assert worker_count(_config(COMMAND), MANY) == 1
    assert worker_count(_config(replace(COMMAND, parallel=True)), MANY) == 4
    (tmp_path / "retailer.toml").write_text(TOML, encoding="utf-8")
    assert load_retailer(tmp_path / "retailer.toml").driver.parallel


def test_the_number_that_is_asked_for_counts() -> None:
    assert worker_count(_config(COMMAND, workers=3), 1) == 3
    assert worker_count(SuiteConfig(reference_config(), PROFILE, workers=1), MANY) == 1


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (_config(DriverConfig(kind=DriverKind.MANUAL), workers=2), "asks one person"),
        (_config(DriverConfig(kind=DriverKind.HTTP, url="http://127.0.0.1:1/"), workers=2), "one running system"),
        (_config(COMMAND, workers=2, redactor=Redactor()), "--redact"),
    ],
)
def test_several_processes_that_cannot_be_had_are_refused(config: SuiteConfig, says: str) -> None:
    with pytest.raises(WorkersError, match=says):
        worker_count(config, MANY)
    assert worker_count(replace(config, workers=1), MANY) == 1
    parallel = replace(config.retailer, driver=replace(config.retailer.driver, parallel=True))
    assert worker_count(replace(config, workers=None, retailer=parallel), MANY) == 1


def test_a_waiver_counts_until_its_last_day_by_the_start_of_the_run() -> None:
    waivers = (Waiver("PAY-01", "soon", date(2026, 3, 1)), Waiver("PAY-02", "soon", date(2026, 3, 2)))
    config = _config(COMMAND, waivers=waivers, started_at=datetime(2026, 3, 2, 23, 59, tzinfo=UTC))
    assert config.policy.waived == {"PAY-02"}


def test_the_time_limit_counts_from_the_start_of_the_run() -> None:
    began = datetime.now(UTC) - timedelta(seconds=100)
    assert _config(COMMAND, time_limit=99, started_at=began).time_is_up
    assert not _config(COMMAND, time_limit=1000, started_at=began).time_is_up
    assert not _config(COMMAND, started_at=began).time_is_up


@pytest.mark.parametrize(
    ("only", "cases", "explores"),
    [
        ((), 1, True),
        (("exploration",), 1, True),
        (("PAY-01", "Exploration"), 1, True),
        (("PAY-01",), 1, False),
        (("Exploration",), 0, False),
    ],
)
def test_random_histories_are_selected_by_their_name_in_any_case(
    only: tuple[str, ...], cases: int, explores: bool
) -> None:
    assert _config(COMMAND, only=only, cases=cases).explores is explores


def test_a_configuration_reaches_another_process_unchanged() -> None:
    config = _config(COMMAND, only=("PAY-01",), time_limit=5.0, report=Path("report"), cases=3)
    copy = unpack(pack(config))
    assert replace(copy, profile=PROFILE) == config
    assert (copy.profile.name, copy.profile.path) == (PROFILE.name, PROFILE.path)
