"""report.json is as its published schema says, however the run came out; the schema is as strict as it looks."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from conformance.report.events import Event, Status, Waiver
from conformance.report.json_report import SCHEMA_PATH, SCHEMA_VERSION, JsonReport, as_json
from conformance.report.summary import RunSummary
from tests.conformance.report.runs import BEGAN, fold, harness, info, judged, run, scenario

SCHEMA: Any = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
RUNS: dict[str, list[Event]] = {
    "passed": run(scenario("month", judged("PAY-01")), requirements=[info("PAY-01")]),
    "failed": run(
        scenario("month", judged("PAY-01", 2, 1), status=Status.FAILED, journal=Path("elsewhere")),
        requirements=[info("PAY-01"), info("DIT-04", "should", "assumed")],
    ),
    "warned": run(scenario("month", judged("PAY-10", 1, 1), status=Status.WARNED)),
    "waived": run(
        scenario("month", judged("PAY-01", 1, 1)),
        waivers=(Waiver("PAY-01", "later", BEGAN.date()), Waiver("DIT-04", "never", BEGAN.date().replace(year=2020))),
    ),
    "not tested": run(scenario("month", status=Status.NOT_TESTED, reason="the driver cannot")),
    "nothing": run(),
    "harness": run(harness(), scenario("month", status=Status.ERROR, reason="no space left on device")),
    "broken off": [],
}


def check(report: Any) -> None:
    jsonschema.validate(report, SCHEMA, cls=jsonschema.Draft202012Validator)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"].endswith(SCHEMA_VERSION)


@pytest.mark.parametrize("name", RUNS)
def test_a_run_is_reported_as_the_schema_says(name: str) -> None:
    check(as_json(fold(RUNS[name])))


def test_the_file_is_what_was_checked(tmp_path: Path) -> None:
    report = JsonReport(tmp_path)
    for event in RUNS["failed"]:
        report(event)
    check(json.loads((tmp_path / "report.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "path",
    [
        ("result", "outcome"),
        ("requirements", 0, "status"),
        ("requirements", 0, "breaches", 0, "evidence", 0, "entry"),
        ("requirements", 0, "text", "lv"),
        ("scenarios", 0, "status"),
        ("run", "seconds"),
    ],
)
def test_the_schema_refuses_what_is_not_so(path: tuple[str | int, ...]) -> None:
    report: Any = copy.deepcopy(as_json(fold(RUNS["failed"])))
    place = report
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = {"nonsense": True}
    with pytest.raises(jsonschema.ValidationError):
        check(report)
    del place[path[-1]]
    with pytest.raises(jsonschema.ValidationError):
        check(report)


def test_no_field_is_missing_from_the_schema() -> None:
    """The schema describes every field of a report."""
    report: Any = as_json(fold(RUNS["waived"]))
    assert set(report) == set(SCHEMA["properties"])
    assert set(report["run"]) == set(SCHEMA["properties"]["run"]["properties"])
    for name in ("requirements", "scenarios", "waivers"):
        described = SCHEMA["properties"][name]["items"]["properties"]
        assert set(report[name][0]) == set(described), name
    assert RunSummary().exit_code in SCHEMA["properties"]["result"]["properties"]["exit_code"]["enum"]
