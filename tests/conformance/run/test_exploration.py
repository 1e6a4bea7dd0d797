"""Random histories: the reference retailer passes, and a faulty one fails with a short sequence of steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.report.events import Status
from conformance.report.summary import RunSummary
from conformance.retailers.config import REFERENCE_OBJECT, DriverConfig, DriverKind, RetailerConfig
from conformance.run.configuration import SuiteConfig
from conformance.run.reproducers import ReproducerError, read_reproducers
from conformance.run.suite import run_suite
from simulator.documents.profile import load_profile
from tests.conformance.commands.running import aldis

ROOT = Path(__file__).parents[3]
SEQUENCES = Path(__file__).parent / "sequences"
TOML = """
[retailer]
name = "Sabojātā Enerģija"
registration_number = "40009990008"
authority = "100777"

[driver]
kind = "python"
object = "{object}"
"""


def explore(variant: str, cases: int, seed: int = 1) -> RunSummary:
    driver = DriverConfig(kind=DriverKind.PYTHON, object=variant)
    retailer = RetailerConfig("Sabojātā Enerģija", "40009990008", "100777", driver, ROOT)
    summary = RunSummary()
    run_suite(SuiteConfig(retailer, load_profile(), only=("exploration",), cases=cases, seed=seed), [summary])
    return summary


def test_the_reference_retailer_passes_random_histories() -> None:
    summary = explore("conformance.retailers.reference.driver:Driver", 12)
    assert summary.exit_code == 0, summary.scenarios[0].finished.reason
    assert summary.count(Status.PASSED) > 40
    assert summary.count(Status.WARNED) == 0


DEAD = DriverConfig(kind=DriverKind.COMMAND, command=("sh", "-c", "echo 'error: ; expected' >&2; exit 1"))


@pytest.mark.parametrize(
    ("only", "status", "says"),
    [
        (("exploration",), Status.FAILED, "error: ; expected"),
        ((), Status.NOT_TESTED, "the driver broke down in 2 scenarios running"),
    ],
    ids=["alone", "after scenarios"],
)
def test_a_driver_that_does_not_start_is_the_retailers_failure(
    only: tuple[str, ...], status: Status, says: str
) -> None:
    retailer = RetailerConfig("Sabojātā Enerģija", "40009990008", "100777", DEAD, ROOT)
    summary = RunSummary()
    run_suite(SuiteConfig(retailer, load_profile(), only=only, cases=3), [summary])
    last = summary.scenarios[-1]
    assert (last.title, last.finished.status) == ("Random histories", status)
    assert says in (last.finished.reason or "")
    assert (summary.harness_failures, summary.exit_code) == ([], 1)


@pytest.mark.parametrize("sequence", sorted(SEQUENCES.glob("*.feature")), ids=lambda path: path.stem)
def test_the_reference_retailer_passes_sequences_that_failed_once(sequence: Path) -> None:
    done = aldis("replay", str(sequence), cwd=ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("variant", "requirement"),
    [("money:CarryOverLost", "PAY-"), ("network:NeverDeletes", "DIT-02"), ("contracts:SubUsersUntold", "CON-06")],
)
def test_a_fault_is_found_and_reduced_to_a_short_sequence(variant: str, requirement: str) -> None:
    summary = explore(f"tests.mutants.{variant}", 60)
    (scenario,) = summary.scenarios
    assert summary.exit_code == 1, scenario.finished.reason
    assert [
        verdict
        for verdict in summary.verdicts
        if verdict.status is Status.FAILED and verdict.info.id.startswith(requirement)
    ], scenario.finished.reason
    sequence = scenario.finished.reproducer
    assert sequence is not None
    sentences = [line for line in sequence.splitlines() if line.startswith("    ")]
    assert sentences[0].startswith("    Given it is ")
    assert len(sentences) <= 12
    assert sequence in (scenario.finished.reason or "")


def test_same_seed_same_sequence() -> None:
    first, again = (explore("tests.mutants.network:NeverDeletes", 20).scenarios[0].finished for _ in range(2))
    assert first.reproducer == again.reproducer is not None


def test_a_failure_is_done_again_from_its_reproducer(tmp_path: Path) -> None:
    (tmp_path / "retailer.toml").write_text(TOML.format(object="tests.mutants.network:NeverDeletes"), encoding="utf-8")
    retailer = ("--retailer", str(tmp_path / "retailer.toml"))
    report = str(tmp_path / "report")
    done = aldis("check", *retailer, "--only", "exploration", "--cases", "20", "--report", report, cwd=ROOT)
    assert done.returncode == 1
    assert (tmp_path / "report" / "reproducers" / "exploration.feature").is_file()
    assert aldis("replay", report, *retailer, cwd=ROOT).returncode == 1
    (tmp_path / "good.toml").write_text(TOML.format(object=REFERENCE_OBJECT), encoding="utf-8")
    good = ("--retailer", str(tmp_path / "good.toml"))
    assert aldis("replay", report, *good, cwd=ROOT).returncode == 0  # the reference retailer does not have the fault


def test_a_scripted_scenario_is_done_again_too(tmp_path: Path) -> None:
    (tmp_path / "retailer.toml").write_text(TOML.format(object="tests.mutants.network:NeverDeletes"), encoding="utf-8")
    retailer = ("--retailer", str(tmp_path / "retailer.toml"))
    report = str(tmp_path / "report")
    aldis("check", *retailer, "--only", "Three customers sign in the same week", "--report", report, cwd=ROOT)
    done = aldis("replay", report, *retailer, "--report", str(tmp_path / "again"), cwd=ROOT)
    assert done.returncode == 1
    assert "DIT-02" in done.stdout
    assert (tmp_path / "again" / "report.html").is_file()
    without = aldis("replay", report, cwd=ROOT)
    assert without.returncode == 2
    assert "this failed with the system of" in without.stderr
    assert "--retailer" in without.stderr


def test_all_that_failed_is_done_again(tmp_path: Path) -> None:
    (tmp_path / "retailer.toml").write_text(TOML.format(object="tests.mutants.network:NeverDeletes"), encoding="utf-8")
    retailer = ("--retailer", str(tmp_path / "retailer.toml"))
    report = str(tmp_path / "report")
    titles = ("Three customers sign in the same week", "A month without any support to pay out")
    aldis("check", *retailer, "--only", titles[0], "--only", titles[1], "--report", report, cwd=ROOT)
    done = aldis("replay", report, *retailer, cwd=ROOT)
    assert done.returncode == 1
    assert "2 scenarios" in done.stdout


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "there is no reproducer"),
        ({"a.feature": "# seed: 1\nScenario: x", "b.feature": "# seed: 2\nScenario: y"}, "name the file"),
        ({"a.feature": "Feature: x\n  Scenario: y\n"}, "is no reproducer"),
        ({"a.feature": "# seed: 1\n"}, "is no reproducer"),
    ],
)
def test_what_is_no_reproducer_is_said(files: dict[str, str], says: str, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ReproducerError, match=says):
        read_reproducers(tmp_path)


def test_a_reproducer_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = aldis("replay", "nothing.feature", cwd=tmp_path)
    assert done.returncode == 2
    assert "nothing.feature" in done.stderr
