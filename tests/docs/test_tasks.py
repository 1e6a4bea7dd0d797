"""The pages by task can be followed from top to bottom, and print what they show."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT
from tests.docs.walk import Walk

_PATIENT = """
from hypothesis import HealthCheck, settings

settings.register_profile("few", max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("few")
"""
"""Settings of Hypothesis with which an example of the page passes on a busy machine: no deadline, few examples."""


def _installs(line: str) -> bool:
    """Setting up Python, which `make interop` does in an environment of its own; and what .ci/run calls."""
    return line.startswith(("python3 -m venv", ". .venv", "pip install", "make "))


@pytest.mark.slow
def test_a_first_verdict_and_a_failed_requirement(tmp_path: Path) -> None:
    walk = Walk(tmp_path, _installs, whole=True)
    walk.follow(DOCS / "test-your-system.md")
    walk.follow(DOCS / "requirement-failed.md")
    assert len(walk.ran) == 7


@pytest.mark.slow
def test_the_same_in_latvian(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path, lambda line: _installs(line) or line.startswith("aldis check --retailer mine/retailer.toml --l")
    )
    walk.follow(DOCS / "lv" / "parbaudiet-savu-sistemu.md")
    walk.follow(DOCS / "lv" / "prasiba-nav-izpildita.md")
    assert len(walk.ran) == 7


def test_readme(tmp_path: Path) -> None:
    walk = Walk(tmp_path, _installs)
    walk.follow(ROOT / "README.md")
    assert len(walk.ran) == 2


def test_a_refused_call(tmp_path: Path) -> None:
    walk = Walk(tmp_path)
    walk.follow(DOCS / "call-refused.md")
    assert len(walk.ran) == 6


def test_exploring_by_hand(tmp_path: Path) -> None:
    walk = Walk(tmp_path)
    walk.follow(DOCS / "explore.md")
    assert len(walk.ran) == 9


def test_ci(tmp_path: Path) -> None:
    walk = Walk(tmp_path, _installs)
    walk.run("aldis init mine --language python")
    walk.follow(DOCS / "ci.md")
    assert len(walk.ran) == 3


def test_getting_ready_for_step_5(tmp_path: Path) -> None:
    walk = Walk(tmp_path, lambda line: line.startswith("aldis dossier"))  # the example gets no dossier
    walk.run("aldis init mine --language python")
    walk.follow(DOCS / "step-5.md")
    assert len(walk.ran) == 4


def test_admin_calls(tmp_path: Path) -> None:
    walk = Walk(tmp_path)
    walk.run("aldis serve --port 8080 --data mydata")
    walk.follow(DOCS / "reference" / "admin.md")
    assert len(walk.ran) == 5


def test_documents_from_any_schema(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    (tmp_path / "conftest.py").write_text(_PATIENT, encoding="utf-8")
    walk = Walk(tmp_path)
    walk.save(DOCS / "reference" / "payloads.md", "python", "test_payloads.py")
    walk.run("pytest -q test_payloads.py")
    assert "3 passed" in walk.printed
