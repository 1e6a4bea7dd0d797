"""The worked examples of a retailer's system in other languages, each with the runtime that a retailer would use.

The one in C# is not among them: no package of Debian's brings .NET.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from conformance.retailers.config import load_retailer
from tests.conformance.commands.running import aldis

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
LANGUAGES = ("java", "node", "php", "python")
NAMES = {"java": "Java example", "node": "Node example", "php": "PHP example", "python": "Python example"}

pytestmark = pytest.mark.interop


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_example_does_its_month_and_bears_a_lost_reply(language: str, tmp_path: Path) -> None:
    retailer = EXAMPLES / language / "retailer.toml"
    program = load_retailer(retailer).driver.command[0]
    assert shutil.which(program), f"{program} is not installed: run `make interop`, which installs it"
    chosen = ("--only", "month", "--only", "carry_over", "--only", "support")
    done = aldis("check", "--retailer", str(retailer), *chosen, "--report", "report", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert report["run"]["system"] == {"name": NAMES[language], "version": "1", "can": ["clock"]}
    hold = {each["id"] for each in report["requirements"] if each["status"] == "passed"}
    assert hold >= {"CON-01", "PAY-01", "PAY-03", "PAY-10", "DIT-01", "DIT-02", "DIT-07"}


def test_all_examples_come_out_alike(tmp_path: Path) -> None:
    """They are one program in several languages: what the suite finds in one, it finds in each."""
    found = {}
    for language in LANGUAGES:
        folder = f"report-{language}"
        retailer = str(EXAMPLES / language / "retailer.toml")
        aldis("check", "--retailer", retailer, "--only", "authority", "--report", folder, cwd=tmp_path)
        report = json.loads((tmp_path / folder / "report.json").read_text(encoding="utf-8"))
        found[language] = {each["id"]: each["status"] for each in report["requirements"]}
    assert found == dict.fromkeys(LANGUAGES, found["python"])
