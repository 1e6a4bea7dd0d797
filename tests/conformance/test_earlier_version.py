"""A report of version 0.1 stays readable: its journal gets the verdicts that it got then, its report.json is valid.

``tests/data/version-0.1`` is the report of a run of one scenario against a faulty retailer (VAT is covered), made by
version 0.1 before its redesign; ``world.json`` beside it is the scenario's world.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from conformance.report.json_report import SCHEMA_PATH
from conformance.rules import judge
from conformance.rules.case import Case
from simulator.documents.profile import load_profile
from simulator.journal import FolderJournal, blob_references
from simulator.journal.run_metadata import world_from_json

FOLDER = Path(__file__).parents[1] / "data" / "version-0.1"


@pytest.fixture
def report() -> Any:
    return json.loads((FOLDER / "report.json").read_text(encoding="utf-8"))


@pytest.fixture
def journal(report: Any) -> FolderJournal:
    (scenario,) = report["scenarios"]
    return FolderJournal(FOLDER / scenario["journal"])


def test_the_journal_gets_the_verdicts_that_it_got_then(report: Any, journal: FolderJournal) -> None:
    world = world_from_json(json.loads((FOLDER / "world.json").read_text(encoding="utf-8")))
    verdicts = judge(Case(journal, world, load_profile(report["run"]["profile"]), world.retailers[0]))
    then = {requirement["id"]: requirement for requirement in report["requirements"]}
    judged = {verdict.requirement: (verdict.checked, len(verdict.breaches)) for verdict in verdicts}
    assert judged == {name: (then[name]["checked"], len(then[name]["breaches"])) for name in judged}
    assert [name for name, (_, broken) in judged.items() if broken] == ["PAY-01"]


def test_the_journal_is_read_to_its_last_byte(journal: FolderJournal) -> None:
    entries = list(journal.entries())
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    assert all(journal.blob(reference) for entry in entries for reference in blob_references(entry))


def test_the_schema_of_reports_accepts_the_report(report: Any) -> None:
    schema = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    jsonschema.validate(report, schema, cls=jsonschema.Draft202012Validator)
