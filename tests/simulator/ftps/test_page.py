"""docs/reference/ftps.md: its commands can be run, and its tables name what the code has."""

from __future__ import annotations

import re
import subprocess
from dataclasses import fields
from pathlib import Path
from uuid import uuid4

from simulator.dit.model import RefusalCode
from simulator.ftps.refusals import FtpCode
from simulator.ftps.settings import load_ftps_settings
from simulator.settings.files import data_root
from tests.simulator.ftps.setting import RETAILER, FtpsSetting, ftps_setting
from tests.simulator.ftps.test_served import OTHER_PROVIDER, PROVIDER, served

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "reference" / "ftps.md").read_text(encoding="utf-8")
SERVE, CURL = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


def test_the_commands(tmp_path: Path) -> None:
    document = (data_root("fixtures") / "payloads" / "contract" / "valid-new.xml").read_text("utf-8")
    document = document.replace(PROVIDER, OTHER_PROVIDER)  # so that ALDIS has something to say against it
    (tmp_path / "contract.xml").write_text(document.replace("6f1c2a52-0d3b-4c8e-9a55-1f0e7c1b2a01", str(uuid4())))
    options = SERVE.split()[2:]
    assert options == ["--ftps-port", "2121", "--data", "data"]
    with served(tmp_path, "--ftps-port", "0", "--data", str(tmp_path / "data")) as server:
        send, names, get, delete = (
            line.replace("localhost:2121", f"localhost:{server.ftps_port}") for line in CURL.strip().splitlines()
        )
        variables = {"PASSWORD": server.password(RETAILER), "PATH": "/usr/bin:/bin"}

        def run(command: str) -> str:
            done = subprocess.run(
                ["sh", "-c", command], cwd=tmp_path, env=variables, capture_output=True, text=True, timeout=60
            )
            assert done.returncode == 0, done.stderr
            return done.stdout

        run(send)
        server.settle()
        variables["FILE"] = run(names).strip()
        assert variables["FILE"].endswith(".xml")
        run(get)
        assert b"<" in (tmp_path / "error.xml").read_bytes()
        run(delete)
        assert run(names) == ""


def test_the_words_are_those_of_the_code() -> None:
    known = {*(str(ftp_code) for ftp_code in FtpCode), *(str(refusal_code) for refusal_code in RefusalCode)}
    refused = (ROOT / "docs" / "call-refused.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"`\d{3} ([a-z-]+)", refused))
    assert len(listed) > 10
    assert listed <= known


def test_the_folders_are_there(keys: Path) -> None:
    with ftps_setting(keys) as ftps:
        folders: FtpsSetting = ftps
        there = {"Write", "Read", "ReadError", "WriteEvent"}
        assert set(folders.client().names("/ALDIS_ProviderContract/DSK-v1-0")) == there
    listed = set(re.findall(r"^\| `(\w+)/", PAGE, re.MULTILINE))
    assert listed == there


def test_all_settings_have_basis_and_source() -> None:
    settings = load_ftps_settings()
    for table in (settings.folders, settings.files, settings.mailbox, settings.tls):
        for field in fields(table):
            assert getattr(table, field.name).provenance.source not in ("", "set in ftps.toml"), field.name
