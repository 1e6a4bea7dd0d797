from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance.cli import main
from conformance.commands import COMMANDS
from conformance.commands.group import group
from tests.conformance.commands.running import aldis, aldis_process


def test_help_lists_every_command(tmp_path: Path) -> None:
    shown = aldis_process("--help", cwd=tmp_path)
    assert shown.returncode == 0
    for name in COMMANDS:
        assert name in shown.stdout


def test_wrong_use_of_a_process_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    done = aldis_process("check", "--retailer", "nowhere.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "nowhere.toml: cannot be read: there is no such file" in done.stderr


def test_a_reader_that_goes_away_ends_the_command_without_a_traceback(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = aldis_process("requirements", "--json", cwd=tmp_path, stdout=writing)
    finally:
        os.close(writing)
    assert done.returncode == 1
    assert done.stderr == ""


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
        "print([name for name in heavy if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[-1] == "[]"


def test_main_takes_its_arguments_instead_of_the_process_s(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["pytest", "tests"])
    with pytest.raises(SystemExit) as ended:
        main(args=["plan", "--from", "2026-03-02", "--json"], prog_name="aldis")
    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out)["first_month"] == "2026-05"
    with pytest.raises(SystemExit) as ended:
        main(args=["--help"], prog_name="aldis")
    assert ended.value.code == 0
    assert "doctor" in capsys.readouterr().out


@pytest.mark.parametrize("name", COMMANDS)
def test_click_s_runner_reaches_the_options_of_each_command(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stub that stands for a command in the listing has none of its options, arguments or subcommands."""
    monkeypatch.setattr(sys, "argv", ["pytest", "tests"])
    shown = CliRunner().invoke(group, [name, "--help"])
    assert shown.exit_code == 0
    names = {*re.findall(r"--[a-z-]+", shown.stdout)} - {"--help"}
    assert names or "Commands" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nonsense"], "No such command"),
        (["check", "--nonsense"], "No such option"),
        (
            ["check", "--retailer", "nowhere.toml"],
            "nowhere.toml: cannot be read: there is no such file; `aldis init` writes one",
        ),
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
