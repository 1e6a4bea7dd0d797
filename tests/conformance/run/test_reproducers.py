"""The reproducers in a report's folder belong to the run that wrote it last."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.report.events import ScenarioFinished, Status
from conformance.run.reproducers import ReproducerError, ReproducerReport, read_reproducers
from tests.conformance.report.runs import started


def run(report: Path, *failed: str) -> None:
    """Write the reproducers of a run in which these scenarios failed."""
    consumer = ReproducerReport(report)
    consumer(started())
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


def test_other_files_of_the_folder_stay(tmp_path: Path) -> None:
    run(tmp_path, "test_first")
    notes = tmp_path / "reproducers" / "notes.feature"
    notes.write_text("Feature: my own notes\n", encoding="utf-8")
    run(tmp_path)
    assert [path.name for path in notes.parent.iterdir()] == ["notes.feature"]
