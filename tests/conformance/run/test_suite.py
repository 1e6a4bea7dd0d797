"""A run in several processes emits what a run in one does, in the same order, and survives a process that ends."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from conformance.report.events import Event, RunFinished, RunStarted, ScenarioFinished, ScenarioStarted, Status
from conformance.report.summary import RunSummary
from conformance.retailers.config import REFERENCE_OBJECT, DriverConfig, DriverKind, RetailerConfig
from conformance.run.configuration import SuiteConfig
from conformance.run.suite import run_suite
from simulator.documents.profile import load_profile
from tests.mutants.green import Driver as Reference

ROOT = Path(__file__).parents[3]
FOUR = ("PAY-01", "The first contract and the first discount", "exploration")  # with the random histories, five


class Dies(Reference):
    """A driver that ends its own process when a bill is smaller than the support."""

    def bill(self, **fields: object) -> dict[str, object] | None:
        invoices = fields["invoices"]
        assert isinstance(invoices, list)
        if any(invoice["net"] == "12.34" for invoice in invoices):
            import os

            os._exit(9)
        return super().bill(**fields)  # type: ignore[arg-type]


def _run(workers: int, *only: str, driver: str = REFERENCE_OBJECT, report: Path | None = None) -> list[Event]:
    driver_config = DriverConfig(kind=DriverKind.PYTHON, object=driver)
    retailer = RetailerConfig("Paraugs Enerģija", "40009990008", "100777", driver_config, ROOT)
    events: list[Event] = []
    run_suite(
        SuiteConfig(retailer, load_profile(), only=only, cases=2, workers=workers, report=report), [events.append]
    )
    return events


def _comparable(event: Event, report: Path) -> object:
    """Return an event without what differs from run to run: durations, and the report's folder."""
    if isinstance(event, ScenarioFinished):
        assert event.journal is None or event.journal.is_dir()
        journal = None if event.journal is None else event.journal.relative_to(report)
        return replace(event, seconds=0.0, journal=journal, timeline=None)
    if isinstance(event, RunFinished):
        return replace(event, seconds=0.0, finished_at=None)  # type: ignore[arg-type]
    if isinstance(event, RunStarted):
        return replace(event, started_at=None)  # type: ignore[arg-type]
    return event


def test_two_processes_emit_what_one_does_in_the_same_order(tmp_path: Path) -> None:
    one, two = _run(1, *FOUR, report=tmp_path / "one"), _run(2, *FOUR, report=tmp_path / "two")
    assert isinstance(one[0], RunStarted)
    assert one[0].scenarios == sum(isinstance(event, ScenarioStarted) for event in one) == 5
    assert isinstance(one[-1], RunFinished)
    assert one[-1].retailer_name == "aldis-conformance reference retailer"
    assert [_comparable(event, tmp_path / "one") for event in one] == [
        _comparable(event, tmp_path / "two") for event in two
    ]


def test_a_process_that_ends_is_a_failure_of_the_harness_and_the_others_go_on() -> None:
    summary = RunSummary()
    for event in _run(2, *FOUR, driver="tests.conformance.run.test_suite:Dies"):
        summary(event)
    assert summary.exit_code == 3
    ended = [result.scenario for result in summary.scenarios if result.finished.status is Status.ERROR]
    assert ended == ["test_the_bill_is_smaller_than_the_support"]
    assert "process that ran it ended" in (summary.harness_failures[0].message)
    assert sum(result.finished.status is Status.PASSED for result in summary.scenarios) == 4


def test_hypothesis_is_imported_for_random_histories_only() -> None:
    program = (
        "import sys\n"
        "import conformance.commands.check\n"
        "from conformance.cli import main\n"
        "try:\n    main(args=['check', '--only', 'The first contract and the first discount'], prog_name='aldis')\n"
        "except SystemExit as end:\n    print(end.code, 'hypothesis' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.stdout.splitlines()[-1] == "0 False", done.stdout + done.stderr
