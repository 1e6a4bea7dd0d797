"""The reproducers in a report's folder belong to the run that wrote it last."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.report.events import ScenarioFinished, Status
from conformance.run.reproducers import ReproducerError, ReproducerReport, read_reproducers
from tests.conformance.report.runs import finished, started


def run(report: Path, *failed: str) -> None:
    """Write the reproducers of a run in which one scenario passed, and then these failed."""
    consumer = ReproducerReport(report)
    consumer(started())
    consumer(ScenarioFinished(scenario="test_passed", status=Status.PASSED))
    for scenario in failed:
        text = f"# seed: 1\nFeature: {scenario}\n  Scenario: {scenario}\n"
        consumer(ScenarioFinished(scenario=scenario, status=Status.FAILED, reproducer=text))


def test_a_run_replaces_the_reproducers_of_an_earlier_run(tmp_path: Path) -> None:
    run(tmp_path, "test_first", "test_second")
    run(tmp_path, "test_second", "test_third")
    assert [reproducer.path.name for reproducer in read_reproducers(tmp_path)] == ["second.feature", "third.feature"]


def test_after_a_run_without_failures_there_is_no_reproducer(tmp_path: Path) -> None:
    run(tmp_path, "test_first")
    run(tmp_path)
    with pytest.raises(ReproducerError, match="there is no reproducer"):
        read_reproducers(tmp_path)


def test_a_run_without_scenarios_leaves_the_reproducers_of_an_earlier_run(tmp_path: Path) -> None:
    run(tmp_path, "test_first")
    consumer = ReproducerReport(tmp_path)
    consumer(started())
    consumer(finished())
    assert [reproducer.path.name for reproducer in read_reproducers(tmp_path)] == ["first.feature"]


@pytest.mark.parametrize(
    "text",
    [
        "Feature: my own notes\n",
        "# seed: 1\nFeature: my own scenario\n  Scenario: a bill\n",
        "# my own scenario\n# retailer: Paraugs Enerģija\n# seed: 1\nFeature: bills\n  Scenario: a bill\n",
    ],
)
def test_other_files_of_the_folder_stay(text: str, tmp_path: Path) -> None:
    run(tmp_path, "test_first")
    notes = tmp_path / "reproducers" / "notes.feature"
    notes.write_text(text, encoding="utf-8")
    run(tmp_path)
    assert [path.name for path in notes.parent.iterdir()] == ["notes.feature"]
