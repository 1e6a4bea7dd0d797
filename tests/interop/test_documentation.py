"""The programs in docs/clients.md run as they stand there, and do what the page says that they do."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.interop.checking import assert_same
from tests.interop.clients import CLIENTS, HERE, Client
from tests.interop.stage import USER, open_stage

PAGE = (HERE.parents[1] / "docs" / "clients.md").read_text(encoding="utf-8")
BASE = "http://127.0.0.1:8080"


def _program(client: Client) -> str:
    (section,) = re.findall(rf"^## {client.name}$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL | re.IGNORECASE)
    (program,) = re.findall(r"```\w+\n(.*?)```", section, re.DOTALL)
    assert BASE in program
    assert USER in program
    return str(program)


def test_the_page_is_about_all_clients() -> None:
    *names, security = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert [name.lower() for name in names] == [client.name for client in CLIENTS]
    assert security == "With security"  # tests/simulator/security/test_page.py has its programs


@pytest.mark.interop
@pytest.mark.parametrize("client", [pytest.param(client, id=client.name) for client in CLIENTS])
def test_a_program_of_the_page(client: Client, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    with open_stage(tmp_path) as stage:
        shutil.copy(stage.contract, folder / "contract.xml")
        program = folder / f"program{client.walk.suffix}"
        program.write_text(_program(client).replace(BASE, stage.served.base), encoding="utf-8")
        done = client.run(program)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

        received = {path.stem: path for path in folder.glob("*.xml") if path.stem != "contract"}
        assert set(received) == {discount.id for discount in stage.discounts}
        for message in stage.discounts:
            assert_same(received[message.id].read_bytes(), message.payload, blanks=client.reads_blanks)
        calls = [each for each in stage.journal_since() if each["kind"] == "exchange"]
        assert [(call["operation"], call["outcome"]) for call in calls] == [
            ("SendMessage2", "ok"),
            ("ReceiveMessage2", "ok"),
        ]
        sent = stage.served.blob(calls[0]["payload"])
        assert_same(sent, stage.contract.read_bytes(), blanks=client.sends_blanks)

        again = client.run(program)  # now the mailbox is empty
        assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
