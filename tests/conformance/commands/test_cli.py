from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conformance.cli import COMMANDS
from tests.conformance.commands.running import aldis


def test_help_lists_every_command(tmp_path: Path) -> None:
    shown = aldis("--help", cwd=tmp_path)
    assert shown.returncode == 0
    for name in COMMANDS:
        assert name in shown.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself(name: str, tmp_path: Path) -> None:
    shown = aldis(name, "--help", cwd=tmp_path)
    assert shown.returncode == 0
    assert "Usage: aldis" in shown.stdout


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['aldis', '--help']\n"
        "from conformance.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = ('spyne', 'hypothesis', 'sqlalchemy', 'zeep', 'lxml', 'pytest')\n"
        "print([each for each in heavy if each in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nonsense"], "No such command"),
        (["check", "--nonsense"], "No such option"),
        (["check", "--retailer", "nowhere.toml"], "nowhere.toml: there is no such file; `aldis init` writes one"),
        (["check", "--profile", "nonsense"], "nonsense"),
        (["check", "--recorded", "nowhere"], "nowhere is not the data folder of a simulator"),
        (["serve", "--data", "d", "--database", "sqlite://"], "--data and --database exclude each other"),
        (["serve", "--clock", "soon"], "--clock takes an ISO 8601 date and time"),
        (["serve", "--world", "nowhere.toml"], "nowhere.toml"),
        (["generate", "contract", "--count", "2"], "add --out DIR"),
        (["validate", "nowhere.xml"], "nowhere.xml: cannot be read"),
        (["schemas", "show", "URN:IVIS:100001:XSD-No-Such-v1-0"], "no schema has the URN"),
    ],
)
def test_wrong_use_is_one_sentence_and_exit_code_2(arguments: list[str], says: str, tmp_path: Path) -> None:
    done = aldis(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert says in " ".join((done.stdout + done.stderr).replace("│", " ").split())
