"""The wheel works away from the checkout, on the interpreter that runs the tests.

``make test-pythons`` runs this on every other supported interpreter that is found.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INTERPRETER = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _run([sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)], folder)
    return next(folder.glob("aldis_conformance-*.whl"))


@pytest.mark.slow
def test_wheel_in_a_clean_environment(wheel: Path, tmp_path: Path) -> None:
    _run([str(INTERPRETER), "-m", "venv", "env"], tmp_path)
    _run(["env/bin/python", "-m", "pip", "install", "--quiet", str(wheel)], tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    checked = _run(["../env/bin/aldis", "check", "--only", "month", "--report", "report"], elsewhere)
    assert "PASSED" in checked.stdout
    assert "Prasības" in (elsewhere / "report" / "report.html").read_text(encoding="utf-8")
    report = json.loads((elsewhere / "report" / "report.json").read_text(encoding="utf-8"))
    assert report["result"]["exit_code"] == 0

    sample = _run(["../env/bin/aldis", "generate", "contract"], elsewhere).stdout
    (elsewhere / "contract.xml").write_text(sample, encoding="utf-8")
    _run(["../env/bin/aldis", "validate", "contract.xml"], elsewhere)
    _run(["../env/bin/aldis", "init", "mine", "--language", "java"], elsewhere)
    assert (elsewhere / "mine" / "Driver.java").exists()
    _run(["../env/bin/aldis", "doctor"], elsewhere)
    where = "from conformance.report.json_report import SCHEMA_PATH; print(SCHEMA_PATH.read_text(encoding='utf-8'))"
    assert "report.json of aldis check" in _run(["../env/bin/python", "-c", where], elsewhere).stdout


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV", "VIRTUAL"))
    }
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done
