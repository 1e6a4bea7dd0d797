"""kill -9 at any moment: every acknowledged message is there, once, and journal and mailboxes agree."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from sqlalchemy import select

from simulator.store import Store
from simulator.store.schema import blobs, deliveries, journal, messages
from simulator.store.store import BLOB_FOLDER

KILLS = 10
ROOT = Path(__file__).parents[3]


def test_kill_at_random_moments_loses_and_doubles_nothing(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    print(f"seed {seed}")
    acknowledged: list[str] = []
    for _ in range(KILLS):
        acknowledged += send_until_killed(tmp_path, chance)
        check(tmp_path / "data", acknowledged)
    assert len(acknowledged) > KILLS


def send_until_killed(directory: Path, chance: random.Random) -> list[str]:
    script = [sys.executable, "-m", "tests.simulator.dit.sender_process", str(directory), str(directory / "data")]
    with subprocess.Popen(script, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        lines = [process.stdout.readline() for _ in range(chance.randint(1, 15))]
        time.sleep(chance.uniform(0, 0.02))  # so that the kill falls anywhere in a send, not always behind a print
        process.kill()
        lines += process.stdout.readlines()
        process.wait()
    assert process.returncode == -9
    return [line.strip() for line in lines if line.endswith("\n")]


def check(data: Path, acknowledged: list[str]) -> None:
    with Store.open(data) as store, store.reading() as transaction:
        sent = list(transaction.connection.scalars(select(messages.c.id)))
        delivered = transaction.connection.execute(
            select(deliveries.c.message, deliveries.c.recipient, deliveries.c.payload)
        ).all()
        entries = transaction.connection.execute(
            select(journal.c.message_ids, journal.c.authority, journal.c.payload)
        ).all()
        kept = transaction.connection.execute(select(blobs.c.sha256, blobs.c.data)).all()

        assert max(Counter(sent).values()) == 1
        assert set(acknowledged) <= set(sent)
        assert set(sent) == {row.message for row in delivered}
        assert [(row.message, row.recipient, row.payload) for row in delivered] == [
            (row.message_ids[0], row.authority, row.payload) for row in entries
        ]
        for row in delivered:
            transaction.blob(row.payload)
        in_files = {row.sha256 for row in kept if row.data is None}
        assert {path.name for path in data.joinpath(BLOB_FOLDER).glob("*/*")} == in_files
