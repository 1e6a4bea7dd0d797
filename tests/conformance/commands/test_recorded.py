"""``aldis check --recorded``: the rules over what a served simulator recorded, however it was driven."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from conformance.recorded import RecordedError, judge_recorded
from conformance.retailers.reference.client import DitClient
from simulator.clock import RIGA, Clock
from simulator.documents.profile import load_profile
from simulator.server import Server
from simulator.simulation import Simulation
from simulator.world import load_world
from tests.conformance.commands.running import aldis, aldis_process

VERSION = "URN:IVIS:100001:CHA-ALDIS_ProviderDiscount-v1-1-TYPE-DIK"


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A retailer reads its discounts and never deletes them."""
    simulation = Simulation.open(
        world=load_world("town"),
        profile=load_profile(),
        clock=Clock.frozen(datetime(2026, 1, 5, 8, tzinfo=RIGA)),
        directory=tmp_path / "data",
    )
    server = Server(simulation)
    server.start()
    client = DitClient(f"{server.base_url}/dit/v1-2/MessageService/plain", "100777", "")
    simulation.advance(datetime(2026, 1, 7, 12, tzinfo=RIGA))
    for message in client.list_messages(VERSION):
        client.receive_message(message)
    simulation.advance(datetime(2026, 1, 8, 12, tzinfo=RIGA))
    client.list_messages(VERSION)
    client.close()
    server.stop()
    simulation.close()
    return tmp_path / "data"


def test_what_was_recorded_is_judged(recorded: Path, tmp_path: Path) -> None:
    done = aldis_process("check", "--recorded", "data", "--report", "report", cwd=tmp_path)
    assert done.returncode == 1
    assert "DIT-02" in done.stdout
    report = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert [each["id"] for each in report["requirements"] if each["status"] == "failed"] == ["DIT-02"]
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "Lists the new messages" in page


def test_only_the_retailer_that_is_named_is_judged(recorded: Path, tmp_path: Path) -> None:
    retailer = '[retailer]\nname = "Kaimiņi"\nregistration_number = "40009990012"\nauthority = "100778"\n'
    (tmp_path / "retailer.toml").write_text(f'{retailer}[driver]\nkind = "manual"\n', encoding="utf-8")
    done = aldis("check", "--recorded", "data", "--retailer", "retailer.toml", cwd=tmp_path)
    assert done.returncode == 4  # the neighbour never called


def test_a_damaged_folder_is_said_in_a_sentence(recorded: Path, tmp_path: Path) -> None:
    (database,) = recorded.glob("*.sqlite*")
    database.write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)
    done = aldis("check", "--recorded", "data", cwd=tmp_path)
    assert done.returncode == 2
    assert "data" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("DELETE FROM journal WHERE number = 2", "entry 2 of the journal is missing"),
        ("DELETE FROM blobs", "which is missing"),
        ("UPDATE blobs SET data = x'3c612f3e'", "was changed since"),
        ("UPDATE journal SET details = '{'", "damaged"),
        ("UPDATE journal SET details = 'null'", "details is not an object"),
        ("UPDATE journal SET kind = 'nonsense'", "cannot be read"),
        ("UPDATE archive SET body = '{'", "damaged"),
        ("DROP TABLE journal", "no such table"),
    ],
)
def test_whatever_is_missing_or_changed_nothing_is_judged(
    damage: str, says: str, recorded: Path, tmp_path: Path
) -> None:
    """What is missing would else count as what the retailer never did."""
    (database,) = recorded.glob("*.sqlite*")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        assert connection.execute(damage).rowcount != 0
        connection.commit()
    done = aldis("check", "--recorded", "data", cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    assert done.stderr.count("\n") == 1
    assert says in done.stderr
    assert "data" in done.stderr


@pytest.mark.parametrize("part", range(1, 8))
def test_a_folder_that_was_copied_in_part(part: int, recorded: Path, tmp_path: Path) -> None:
    (database,) = recorded.glob("*.sqlite*")
    data = database.read_bytes()
    database.write_bytes(data[: len(data) * part // 8])
    with pytest.raises(RecordedError, match="data"):
        judge_recorded(recorded, None, [])


@pytest.mark.parametrize("prepare", [lambda folder: None, lambda folder: folder.mkdir()])
def test_what_is_no_data_folder(prepare: object, tmp_path: Path) -> None:
    prepare(tmp_path / "data")  # type: ignore[operator]
    done = aldis("check", "--recorded", "data", cwd=tmp_path)
    assert done.returncode == 2
    assert "is not the data folder of a simulator" in done.stderr
