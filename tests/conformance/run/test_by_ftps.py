"""The suite by FTPS: the reference retailer is green by folders and files too, and nobody is taken for one who can."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.report.events import Status
from conformance.report.summary import RunSummary
from conformance.retailers.config import DriverConfig, DriverKind, RetailerConfig, load_retailer
from conformance.retailers.reference.driver import Driver
from conformance.run.configuration import SuiteConfig
from conformance.run.suite import run_suite
from simulator.documents.profile import load_profile

ROOT = Path(__file__).parents[3]


class WithoutFtps(Driver):
    """A driver that knows nothing of FTPS."""

    def hello(self, **fields: object) -> dict[str, object]:
        said = super().hello(**fields)  # type: ignore[arg-type]
        return {**said, "can": [ability for ability in said["can"] if ability != "ftps"]}


def play(keys: Path, *only: str, security: str = "off", driver: str | None = None) -> RunSummary:
    config = RetailerConfig(
        name="Mapju Enerģija",
        registration_number="40009990008",
        authority="100777",
        driver=DriverConfig(kind=DriverKind.PYTHON, object=driver or "conformance.retailers.reference.driver:Driver"),
        directory=ROOT,
        security=security,
        keys=keys,
        transport="ftps",
    )
    summary = RunSummary()
    run_suite(SuiteConfig(config, load_profile(), only=only), [summary])
    assert not summary.harness_failures
    return summary


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


def test_a_month_by_folders_and_files(keys: Path) -> None:
    summary = play(keys, "month")
    verdicts = {verdict.info.id: verdict.status for verdict in summary.verdicts}
    assert summary.exit_code == 0
    assert {name for name, status in verdicts.items() if status is Status.FAILED} == set()
    assert all(verdicts[f"FTP-0{number}"] is Status.PASSED for number in range(1, 6))
    assert verdicts["DIT-01"] is Status.NOT_TESTED
    reason = next(verdict.info.untested for verdict in summary.verdicts if verdict.info.id == "DIT-01")
    assert reason is not None
    assert "FTP chapter" in reason


def test_by_ftps_of_a_secured_simulator(keys: Path) -> None:
    assert play(keys, "The first contract and the first discount", security="certificate").exit_code == 0


def test_a_driver_that_cannot_is_not_tested(keys: Path) -> None:
    summary = play(keys, "month", driver="tests.conformance.run.test_by_ftps:WithoutFtps")
    assert summary.exit_code != 0
    assert not [verdict for verdict in summary.verdicts if verdict.status is Status.PASSED]


def test_the_setting_is_read(tmp_path: Path) -> None:
    file = tmp_path / "retailer.toml"
    file.write_text(
        '[retailer]\nname = "M"\nregistration_number = "40009990008"\nauthority = "100777"\n'
        '[driver]\nkind = "manual"\n[run]\ntransport = "ftps"\n'
    )
    assert load_retailer(file).switched_on == {"ftps"}
