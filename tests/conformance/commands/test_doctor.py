from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.commands.doctor import exit_code
from conformance.doctor import Finding, Health
from tests.conformance.commands.running import aldis, aldis_process


def test_a_machine_that_is_fit(tmp_path: Path) -> None:
    done = aldis_process("doctor", "--data", "data", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    findings = json.loads(done.stdout)
    assert all(set(finding) == {"subject", "health", "text"} for finding in findings)
    subjects = {finding["subject"] for finding in findings}
    assert subjects >= {"Python", "packages", "certificates", "simulator", "port 8080", "port 2121", "data"}
    assert [*tmp_path.iterdir()] == []


def test_what_was_named_and_cannot_be_used_is_wrong_use(tmp_path: Path) -> None:
    done = aldis("doctor", "--retailer", "nowhere.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert "BROKEN   retailer.toml" in done.stdout
    assert "there is no such file" in done.stdout


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([], 0),
        ([Finding("port 8080", Health.CAUTION, "in use")], 0),
        ([Finding("key", Health.BROKEN, "no key", is_given=True)], 2),
        ([Finding("key", Health.BROKEN, "no key", is_given=True), Finding("packages", Health.BROKEN, "lxml")], 3),
    ],
)
def test_the_exit_code_says_whose_the_fault_is(findings: list[Finding], code: int) -> None:
    assert exit_code(findings) == code
