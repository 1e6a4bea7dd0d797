"""``pytest --aldis-retailer FILE``: the suite in a user's own pytest run, with pytest's options."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
RETAILER = """
[retailer]
name = "Sabojātā Enerģija"
registration_number = "40009990008"
authority = "100777"

[driver]
kind = "python"
object = "{object}"
timeout = 60
"""


def _pytest(folder: Path, *arguments: str, retailer: str = "tests.mutants.money:VatCovered") -> tuple[int, str]:
    (folder / "retailer.toml").write_text(RETAILER.format(object=retailer), encoding="utf-8")
    (folder / "pytest.ini").write_text(
        "[pytest]\naddopts = --strict-markers\nfilterwarnings = error\n", encoding="utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--aldis-retailer", "retailer.toml", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_broken_scenario_is_a_failed_test_and_k_chooses(tmp_path: Path) -> None:
    code, said = _pytest(tmp_path, "-k", "smaller_than_the_support or tenant_gets")
    assert code == 1
    assert "1 failed, 1 passed" in said
    assert "PAY-01" in said
    assert "2.59 EUR" in said  # the report stands behind pytest's own
    assert "Traceback" not in said


def test_x_stops_at_the_first(tmp_path: Path) -> None:
    code, said = _pytest(tmp_path, "-x", "-k", "smaller_than_the_support or too_small_for_all")
    assert code == 1
    assert "1 failed" in said
    assert "stopping after 1 failures" in said


def test_many_processes_that_stop_at_the_first_failure_are_no_failure_of_the_harness(tmp_path: Path) -> None:
    code, said = _pytest(tmp_path, "-n", "2", "-x", "-k", "smaller_than_the_support", "--aldis-report", "report")
    report = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert code == 2  # of pytest-xdist
    assert report["harness_failures"] == []
    assert "THE HARNESS FAILED" not in said
    assert "FAILED  PAY-01" in said


def test_many_processes_make_one_report(tmp_path: Path) -> None:
    code, said = _pytest(tmp_path, "-n", "2", "--aldis-only", "PAY-01", "--aldis-report", "report")
    report = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert code == 1, said
    assert len(report["scenarios"]) == 3
    assert report["run"]["system"]["name"] == "aldis-conformance reference retailer"
    assert [requirement["id"] for requirement in report["requirements"] if requirement["status"] == "failed"] == [
        "PAY-01"
    ]
    assert len(list((tmp_path / "report" / "journal").iterdir())) == 3


def test_own_tests_may_stand_beside_the_scenarios(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text("def test_sum():\n    assert 1 + 1 == 2\n", encoding="utf-8")
    code, said = _pytest(
        tmp_path, "test_own.py", "-k", "test_sum or tenant_gets", retailer="tests.mutants.green:Driver"
    )
    assert code == 0, said
    assert "2 passed" in said


def test_collecting_leaves_the_reproducers_of_an_earlier_run(tmp_path: Path) -> None:
    reproducer = tmp_path / "report" / "reproducers" / "first.feature"
    reproducer.parent.mkdir(parents=True)
    reproducer.write_text("# retailer: X\n# seed: 1\nFeature: f\n  Scenario: s\n", encoding="utf-8")
    _, said = _pytest(tmp_path, "--collect-only", "-k", "tenant_gets", "--aldis-report", "report")
    assert "test_a_tenant_gets" in said
    assert reproducer.exists()


def test_nothing_tested_is_never_green(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text("def test_sum():\n    assert 1 + 1 == 2\n", encoding="utf-8")
    code, said = _pytest(tmp_path, "test_own.py", "-k", "test_sum", retailer="tests.mutants.green:Driver")
    assert code == 5
    assert "NOTHING WAS TESTED" in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--aldis-retailer", "missing.toml"), "missing.toml"),
        (("--aldis-waivers", "missing.toml"), "missing.toml"),
        (("--aldis-profile", "nowhere"), "nowhere"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(arguments: tuple[str, ...], says: str, tmp_path: Path) -> None:
    code, said = _pytest(tmp_path, *arguments)
    assert code == 4
    assert says in said
    assert "Traceback" not in said


def test_without_the_option_it_only_adds_options() -> None:
    program = (
        "import sys, conformance.plugin; print([name for name in sys.modules if name.split('.')[0] == 'simulator'])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_same_seed_same_run_however_it_is_run(tmp_path: Path) -> None:
    """On one process, on two, or one scenario alone: the journals are the same, entry by entry."""

    def journals(folder: str, *arguments: str) -> dict[str, list[tuple[object, ...]]]:
        code, said = _pytest(tmp_path, "--aldis-report", folder, *arguments, retailer="tests.mutants.green:Driver")
        assert code == 0, said
        return {
            journal.parent.name: [
                (entry["number"], entry["operation"], entry["at"], entry.get("message_ids"))
                for entry in map(json.loads, journal.read_text(encoding="utf-8").splitlines())
            ]
            for journal in (tmp_path / folder / "journal").glob("*/journal.jsonl")
        }

    chosen = ("-k", "smaller_than_the_support or tenant_gets")
    one = journals("one", *chosen)
    assert len(one) == 2
    assert journals("two", *chosen, "-n", "2") == one
    alone = journals("alone", "-k", "tenant_gets", "-x")
    assert alone == {name: one[name] for name in alone}
    assert journals("other", *chosen, "--aldis-seed", "2") != one
