from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from simulator.journal import StoredJournal, write_folder
from simulator.journal.run_metadata import RunMetadata, record_run
from simulator.world.file import load_world
from tests.conformance.commands.running import aldis
from tests.simulator.aldis.country import Country
from tests.simulator.aldis.situations.story import Story

ANNA = "010180-00012"


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data/, as a served simulator leaves it, and journal/, as a report has it."""
    folder = tmp_path_factory.mktemp("ledger")
    country = Country(load_world("carry-over"), folder / "data")
    with country.store.transaction() as transaction:
        record_run(transaction, RunMetadata(country.world, "reconstruction", country.clock.now()))
    story = Story(country)
    story.sign()
    country.until(date(2026, 2, 2))
    assert story.pay(story.bill("0077000001", "2026-01", "12.35", "12.35", "0.00", "7.65", of="Anna")) == []
    write_folder(StoredJournal(country.store), folder / "journal")
    country.store.close()
    return folder


def test_a_year_from_a_simulators_data(places: Path) -> None:
    done = aldis("ledger", "--data", "data", "--person", "01018000012", "--year", "2026", cwd=places)
    assert done.returncode == 0, done.stderr
    assert "Anna Bērziņa, 010180-00012, 2026" in done.stdout
    assert "20.00 = 12.35 (came off bills) + 7.65 (left for later bills) + 0.00 (lapsed)" in done.stdout


def test_a_year_from_a_reports_journal(places: Path) -> None:
    done = aldis("ledger", "--journal", "journal", "--person", ANNA, "--year", "2026", "--lang", "lv", cwd=places)
    assert done.returncode == 0, done.stderr
    assert "Atbalsts elektroenerģijas rēķinā: 010180-00012, 2026" in done.stdout
    with_world = (
        "ledger",
        "--journal",
        "journal",
        "--world",
        "carry-over",
        "--person",
        ANNA,
        "--year",
        "2026",
        "--json",
    )
    figures = json.loads(aldis(*with_world, cwd=places).stdout)
    assert (figures["name"], figures["totals"]["applied"]) == ("Anna Bērziņa", "12.35")


def test_a_page(places: Path) -> None:
    done = aldis("ledger", "--data", "data", "--person", ANNA, "--year", "2026", "--html", "anna.html", cwd=places)
    assert (done.returncode, done.stdout) == (0, "anna.html\n")
    assert '<td class="sum">12.35</td>' in (places / "anna.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--person", ANNA, "--year", "2026"), "give either --data"),
        (("--data", "data", "--journal", "journal", "--person", ANNA, "--year", "2026"), "give either --data"),
        (("--data", "nowhere", "--person", ANNA, "--year", "2026"), "is not the data folder of a simulator"),
        (("--journal", ".", "--person", ANNA, "--year", "2026"), "give one of them: journal"),
        (("--journal", "nowhere", "--person", ANNA, "--year", "2026"), "holds no journal"),
        (("--data", "data", "--person", "010180-00013", "--year", "2026"), "is no personal code"),
        (("--data", "data", "--person", "190385-00140", "--year", "2026"), "codes of that year are 010180-00012"),
        (("--data", "data", "--person", ANNA, "--year", "2025"), "nothing was granted"),
        (("--data", "data", "--person", ANNA, "--year", "2026", "--html", "no/where.html"), "cannot be written"),
        (("--journal", "journal", "--world", "no-such", "--person", ANNA, "--year", "2026"), "no world of this name"),
    ],
)
def test_wrong_use_says_why(places: Path, arguments: tuple[str, ...], said: str) -> None:
    done = aldis("ledger", *arguments, cwd=places)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""
