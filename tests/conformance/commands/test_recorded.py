"""``aldis check --recorded``: the rules over what a served simulator recorded, however it was driven."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from conformance.retailers.reference.client import DitClient
from conformance.run.recorded import RecordedError, judge_recorded
from simulator.documents.profile import load_profile
from simulator.domain.clock import RIGA, Clock
from simulator.http.server import Server
from simulator.http.simulation import Simulation
from simulator.world.file import load_world
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
    assert [requirement["id"] for requirement in report["requirements"] if requirement["status"] == "failed"] == [
        "DIT-02"
    ]
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
    """A missing entry would otherwise count as something that the retailer never did."""
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


def waivers(folder: Path, requirement: str) -> str:
    text = f'[[waiver]]\nrequirement = "{requirement}"\nreason = "comes with release 4.2"\nuntil = 2099-12-31\n'
    (folder / "waivers.toml").write_text(text, encoding="utf-8")
    return "waivers.toml"


def test_a_waiver_applies_to_recorded_traffic(recorded: Path, tmp_path: Path) -> None:
    arguments = ("--waivers", waivers(tmp_path, "DIT-02"), "--report", "report")
    done = aldis("check", "--recorded", "data", *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert [requirement["id"] for requirement in report["requirements"] if requirement["status"] == "waived"] == [
        "DIT-02"
    ]


def test_a_waiver_that_is_not_needed_fails_recorded_traffic(recorded: Path, tmp_path: Path) -> None:
    done = aldis("check", "--recorded", "data", "--waivers", waivers(tmp_path, "DIT-01"), cwd=tmp_path)
    assert done.returncode == 1
    assert "DIT-01" in done.stdout


def test_only_the_chosen_requirements_are_judged(recorded: Path, tmp_path: Path) -> None:
    def judged(*only: str) -> tuple[int, set[str]]:
        chosen = [argument for word in only for argument in ("--only", word)]
        done = aldis("check", "--recorded", "data", *chosen, "--json", cwd=tmp_path)
        requirements = json.loads(done.stdout)["requirements"]
        return done.returncode, {
            requirement["id"] for requirement in requirements if requirement["status"] != "not_tested"
        }

    assert judged("DIT-02") == (1, {"DIT-02"})
    code, chapter = judged("xml", "DIT-01")
    assert code == 0
    assert "DIT-01" in chapter
    assert {name.partition("-")[0] for name in chapter} <= {"XML", "DIT"}
    assert judged("PAY-02") == (4, set())


def test_the_profile_is_that_of_the_option(recorded: Path, tmp_path: Path) -> None:
    profile = load_profile().path.read_text(encoding="utf-8").replace('name = "reconstruction"', 'name = "stricter"')
    folder = load_profile().path.parent
    profile = profile.replace("../", f"{folder.parent}/")
    (tmp_path / "stricter.toml").write_text(profile, encoding="utf-8")
    done = aldis("check", "--recorded", "data", "--profile", "stricter.toml", "--json", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["run"]["profile"] == "stricter"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--waivers", "missing.toml"), "missing.toml: cannot be read: there is no such file"),
        (("--profile", "no-such"), "no profile has the name 'no-such'"),
        (("--only", "NOPE-99"), "there is no chapter, requirement, tag, feature or scenario of that name"),
        (("--only", "month"), "--only month: --recorded runs no scenario"),
        (("--seed", "1"), "--seed does not apply to --recorded"),
        (("--cases", "10"), "--cases does not apply to --recorded"),
        (("--months", "3"), "--months does not apply to --recorded"),
        (("--time-limit", "60"), "--time-limit does not apply to --recorded"),
    ],
)
def test_an_option_that_cannot_be_applied_is_refused(
    arguments: tuple[str, ...], says: str, recorded: Path, tmp_path: Path
) -> None:
    done = aldis("check", "--recorded", "data", *arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    assert says in done.stderr
    assert done.stdout == ""
