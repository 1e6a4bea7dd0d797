"""What the README tells a user to type works as it stands, in the order in which it stands."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.strip().splitlines()
    if not line.startswith("make")  # .ci/run calls these
]


def _commands(*beginnings: str) -> list[str]:
    found = [each for each in COMMANDS if each.startswith(beginnings)]
    assert found, f"the README has no {beginnings} any more"
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's folder: the command on the path, and the documentation beside it."""
    (tmp_path / "bin").mkdir()
    aldis = tmp_path / "bin" / "aldis"
    aldis.write_text(f"#!/bin/sh\nexec {sys.executable} -c 'from conformance.cli import main; main()' \"$@\"\n")
    aldis.chmod(0o755)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    return tmp_path


def _run(command: str, folder: Path) -> str:
    done = subprocess.run(
        ["sh", "-c", f'PATH="{folder}/bin:$PATH"; {command}'], cwd=folder, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_sample_payloads(folder: Path) -> None:
    for command in _commands("aldis generate", "aldis validate"):
        _run(command, folder)


def test_official_schemas_are_adopted(folder: Path) -> None:
    shutil.copytree(ROOT / "tests" / "conformance" / "adopting" / "official", folder / "downloaded")
    for command in _commands("aldis schemas", "aldis check --profile"):
        _run(f"{command} --only month" if " check " in command else command, folder)


def test_the_assumptions_can_be_listed(folder: Path) -> None:
    command = "aldis requirements --basis assumed"
    assert command in README
    assert "assumed" in _run(command, folder)


def test_talking_to_the_simulator(folder: Path) -> None:
    (serve,) = _commands("aldis serve")
    (advance,) = _commands("curl")
    with _serving(serve, folder) as port:
        assert "2026-03-08T10:00:00+02:00" in _run(advance.replace(":8080/", f":{port}/"), folder)
    recorded = "aldis check --recorded mydata"
    assert recorded in README
    done = subprocess.run(["bin/aldis", *recorded.split()[1:]], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 4, done.stdout + done.stderr  # time went on, but no retailer called


@contextmanager
def _serving(command: str, folder: Path) -> Iterator[int]:
    assert "--port 8080" in command
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    arguments = command.replace("--port 8080", f"--port {port}").split()
    process = subprocess.Popen([f"bin/{arguments[0]}", *arguments[1:]], cwd=folder, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline().strip() == f"ready http://127.0.0.1:{port}"
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()


def test_your_own_system_in_ten_minutes(folder: Path) -> None:
    for command in _commands("aldis init", "aldis check --retailer mine"):
        said = _run(command, folder)
    assert "PASSED" in said
    assert "Python example" in said
    doctor = "aldis doctor"
    assert f"`{doctor}`" in README
    _run(f"{doctor} --retailer mine/retailer.toml", folder)


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
