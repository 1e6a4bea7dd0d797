"""install.sh: what it does when something is missing, and that doing it twice is doing it once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.interop.clients import HERE


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A copy of the folder, and a machine whose commands are ours; each says in ``log`` that it was called."""
    shutil.copy(HERE / "install.sh", tmp_path)
    (tmp_path / "node").mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / "node" / name, tmp_path / "node")
    (tmp_path / "bin").mkdir()
    _command(tmp_path, "php", "echo soap; echo dom")
    _command(tmp_path, "javac", "true")
    for program in ("curl", "lftp"):
        _command(tmp_path, program, "true")
    _command(tmp_path, "initdb", "true")
    (tmp_path / "cxf").mkdir()
    shutil.copy(HERE / "cxf" / "pom.xml", tmp_path / "cxf")
    _command(tmp_path, "mvn", "mkdir -p target/lib")
    _command(tmp_path, "node", '[ "$1" = --version ] && echo v22.0.0; true')
    _command(tmp_path, "npm", "mkdir -p node_modules")
    _command(tmp_path, "id", "echo 1000")
    _command(tmp_path, "apt-get", "true")
    return tmp_path


def _command(machine: Path, name: str, does: str) -> None:
    path = machine / "bin" / name
    path.write_text(f'#!/bin/sh\necho {name} "$@" >> "{machine}/log"\n{does}\n')
    path.chmod(0o755)


def _install(machine: Path) -> subprocess.CompletedProcess[str]:
    (machine / "log").write_text("")
    environment = {**os.environ, "PATH": f"{machine / 'bin'}:/usr/bin:/bin", "POSTGRESQL": str(machine / "postgresql")}
    return subprocess.run(["sh", machine / "install.sh"], env=environment, capture_output=True, text=True, timeout=60)


def _called(machine: Path, name: str) -> list[str]:
    return [line for line in (machine / "log").read_text().splitlines() if line.startswith(name)]


def test_twice_is_once(machine: Path) -> None:
    done = _install(machine)
    assert done.returncode == 0, done.stderr
    assert [each.split()[:2] for each in _called(machine, "npm")] == [["npm", "ci"]]
    again = _install(machine)
    assert again.returncode == 0, again.stderr
    assert _called(machine, "npm") == _called(machine, "mvn") == []
    assert _called(machine, "apt-get") == []


def test_another_lock_file_is_installed(machine: Path) -> None:
    _install(machine)
    with (machine / "node" / "package-lock.json").open("a") as lock:
        lock.write("\n")
    assert _install(machine).returncode == 0
    assert len(_called(machine, "npm")) == 1


def test_who_is_not_root_is_told_what_to_install(machine: Path) -> None:
    _command(machine, "php", "echo Core")
    done = _install(machine)
    assert done.returncode == 1
    assert "PHP's SoapClient is missing" in done.stderr
    assert "php-cli php-soap" in done.stderr
    assert _called(machine, "apt-get") == []


def test_root_gets_it_installed(machine: Path) -> None:
    _command(machine, "php", f'[ -e "{machine}/installed" ] && echo soap; echo dom')
    _command(machine, "id", "echo 0")
    _command(machine, "apt-get", f'[ "$1" = update ] || touch "{machine}/installed"')
    done = _install(machine)
    assert done.returncode == 0, done.stderr
    assert [each.split()[1] for each in _called(machine, "apt-get")] == ["update", "install"]
    assert _called(machine, "apt-get")[1].endswith("php-cli php-soap")


def test_php_that_reads_no_xml(machine: Path) -> None:
    _command(machine, "php", "echo soap")
    done = _install(machine)
    assert done.returncode == 1
    assert "PHP's DOM is missing" in done.stderr
    assert "php-xml" in done.stderr


def test_a_machine_without_postgresql(machine: Path) -> None:
    (machine / "bin" / "initdb").unlink()
    done = _install(machine)
    if shutil.which("initdb", path="/usr/bin:/bin") is None:
        assert done.returncode == 1
        assert "PostgreSQL is missing. Install it (on Debian and Ubuntu: apt-get install postgresql)" in done.stderr
    # Debian keeps it beside the path.
    program = machine / "postgresql" / "17" / "bin" / "initdb"
    program.parent.mkdir(parents=True)
    program.touch()
    assert _install(machine).returncode == 0


def test_php_that_stays_without_soap(machine: Path) -> None:
    _command(machine, "php", "echo Core")
    _command(machine, "id", "echo 0")
    done = _install(machine)
    assert done.returncode == 1
    assert "php still has no soap extension" in done.stderr


def test_an_old_node(machine: Path) -> None:
    _command(machine, "node", '[ "$1" = --version ] && echo v18.19.0 || exit 1')
    done = _install(machine)
    assert done.returncode == 1
    assert "needs Node 20.19 or later, found v18.19.0" in done.stderr


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((HERE / "node" / "package-lock.json").read_text())
    assert all("resolved" not in value for value in lock["packages"].values())
    assert all("integrity" in each for path, each in lock["packages"].items() if path)
    assert (
        lock["packages"][""]["dependencies"] == json.loads((HERE / "node" / "package.json").read_text())["dependencies"]
    )
