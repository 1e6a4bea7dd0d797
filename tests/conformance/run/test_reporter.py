"""The events of a run in several processes: those of the suite's scenarios, in their order."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from conformance.report.events import Event, HarnessFailed, RunFinished, RunStarted, ScenarioFinished, Status
from conformance.retailers.config import reference_config
from conformance.run.configuration import SuiteConfig
from conformance.run.reporter import Reporter
from simulator.documents.profile import load_profile

NAME = "test_the_bill_is_smaller_than_the_support"
SCENARIO = f"test_scenarios.py::{NAME}"
OWN = ("test_scenarios.py::test_sum", "tests/test_scenarios.py::test_sum", "test_own.py::TestBill::test_sum")


def reporter() -> tuple[Reporter, list[Event]]:
    """Return a reporter of the suite's own scenarios, and the events that it has passed on."""
    events: list[Event] = []
    return Reporter(SuiteConfig(reference_config(), load_profile()), [events.append]), events


def report(nodeid: str, when: Any, *events: Event, message: str | None = None) -> pytest.TestReport:
    """Return a report from a worker process that carries these events."""
    made = pytest.TestReport(
        nodeid, ("", 0, ""), {}, "passed" if message is None else "failed", message, when=when, sections=()
    )
    if events:
        made.aldis_events = pickle.dumps(list(events))  # type: ignore[attr-defined]
    return made


def test_scenarios_are_reported_after_a_module_that_cannot_be_collected() -> None:
    run, events = reporter()
    run.pytest_collectreport(pytest.CollectReport("test_own.py", "failed", "SyntaxError", []))
    run.pytest_xdist_node_collection_finished([SCENARIO])
    run.pytest_xdist_node_collection_finished([SCENARIO])  # by the second process
    finished = ScenarioFinished(scenario=NAME, status=Status.PASSED)
    run.pytest_runtest_logreport(report(SCENARIO, "call", finished))
    run.pytest_runtest_logreport(report(SCENARIO, "teardown"))
    assert [type(event) for event in events] == [RunStarted, HarnessFailed, ScenarioFinished]
    assert events[-1] == finished


@pytest.mark.parametrize("nodeid", [SCENARIO, f"::{NAME}", f".venv/scenarios/{SCENARIO}", f"{SCENARIO}[12::34 EUR]"])
def test_a_scenario_is_one_wherever_the_suite_is_installed(nodeid: str) -> None:
    run, events = reporter()
    run.pytest_xdist_node_collection_finished([*OWN, nodeid, "exploration"])
    assert isinstance(events[0], RunStarted)
    assert events[0].scenarios == 2
    run.pytest_runtest_logreport(report(nodeid, "teardown", ScenarioFinished(scenario=NAME, status=Status.PASSED)))
    assert [type(event) for event in events] == [RunStarted, ScenarioFinished]


@pytest.mark.parametrize("own", OWN)
def test_a_process_that_ends_in_a_users_own_test_is_no_failure_of_the_harness(own: str) -> None:
    run, events = reporter()
    run.pytest_xdist_node_collection_finished([own, SCENARIO])
    run.pytest_runtest_logreport(report(own, "???", message="worker 'gw0' crashed"))
    run.finish(pytest.ExitCode.TESTS_FAILED)
    assert [type(event) for event in events] == [RunStarted, RunFinished]


def test_the_scenarios_are_those_of_the_runs_own_folder(tmp_path: Path) -> None:
    for name in ("first", "second"):  # of the same title
        (tmp_path / f"{name}.feature").write_text("Feature: bills\n  Scenario: A bill, paid\n", encoding="utf-8")
    events: list[Event] = []
    run = Reporter(SuiteConfig(reference_config(), load_profile(), scenarios=tmp_path), [events.append])
    run.pytest_xdist_node_collection_finished(
        [SCENARIO, "work/test_scenarios.py::test_a_bill_paid", "work/test_scenarios.py::test_a_bill_paid_1"]
    )
    assert isinstance(events[0], RunStarted)
    assert events[0].scenarios == 2


@pytest.mark.parametrize(("is_stopped", "failures"), [(True, 0), (False, 1)])
def test_a_run_that_is_stopped_on_purpose_is_no_failure_of_the_harness(is_stopped: bool, failures: int) -> None:
    run, events = reporter()
    run.finish(pytest.ExitCode.INTERRUPTED, is_stopped=is_stopped)
    assert sum(isinstance(event, HarnessFailed) for event in events) == failures


def test_an_internal_error_is_a_failure_of_the_harness_even_when_the_run_is_stopped() -> None:
    run, events = reporter()
    run.finish(pytest.ExitCode.INTERNAL_ERROR, is_stopped=True)
    assert any(isinstance(event, HarnessFailed) for event in events)
