"""A served simulator under load, killed at any moment; two on one PostgreSQL: nothing lost, nothing double."""

from __future__ import annotations

import http.client
import json
import random
import subprocess
import sysconfig
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from lxml import etree
from sqlalchemy import select

from simulator.journal import Kind, Outcome, StoredJournal
from simulator.soap.application import SERVICE
from simulator.store import Store
from simulator.store.schema import deliveries, messages
from tests.simulator.postgresql import MISSING, cluster, programs
from tests.simulator.soap.setting import RETAILER, Setting, basic, open_setting, send_request

SENDERS = 4
CLOCK = "2026-03-02T09:00:00+02:00"
HEADERS = {"Content-Type": "application/soap+xml; charset=utf-8", **basic(RETAILER)}


@dataclass
class Load:
    """What was sent, each document once, and which of it was acknowledged: document ids."""

    base: str
    setting: Setting
    tried: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    refused: list[bytes] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def send(self) -> None:
        """Send until told to stop, or until the server is gone in the middle of a call."""
        parts = urlsplit(self.base)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
        try:
            while not self.stop.is_set():
                document = str(uuid4())
                body = send_request(self.setting.version(), self.setting.contract_document(document_id=document))
                self.tried.add(document)
                connection.request("POST", f"{SERVICE}/plain", body.encode(), HEADERS)
                reply = connection.getresponse()
                data = reply.read()
                if reply.status == 200:
                    self.acknowledged.add(document)
                else:
                    self.refused.append(data)
        except (OSError, http.client.HTTPException):
            self.stop.set()  # the kill: what this call came to is open, and it is not sent again
        finally:
            connection.close()

    @contextmanager
    def running(self) -> Iterator[None]:
        threads = [threading.Thread(target=self.send) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stop.set()
            for thread in threads:
                thread.join()


@contextmanager
def served(log: Path, *place: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """``aldis serve`` with its data in a place; killed at the end where it still runs. Its log must stay empty."""
    aldis = Path(sysconfig.get_path("scripts")) / "aldis"
    command = [str(aldis), "serve", "--port", "0", "--clock", CLOCK, *place]
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            ready, _, base = process.stdout.readline().strip().partition(" ")
            assert ready == "ready", log.read_text()
            yield process, base
        finally:
            process.kill()
    assert log.read_text() == ""


def _settle(base: str) -> None:
    """Wait until ALDIS has taken in what it was sent: time is moved to where it stands."""
    parts = urlsplit(base)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=120)
    connection.request("POST", "/admin/clock", json.dumps({"to": CLOCK}), {"Content-Type": "application/json"})
    reply = connection.getresponse()
    answer = reply.read()
    connection.close()
    assert reply.status == 200, answer


def _check(store: Store, tried: set[str], acknowledged: set[str]) -> set[str]:
    """Every acknowledged message is there, once, with its document, and in the journal; returns all messages."""
    with store.reading() as transaction:
        sent = list(transaction.connection.scalars(select(messages.c.id)))
        arrived = transaction.connection.execute(
            select(deliveries.c.message, deliveries.c.recipient, deliveries.c.payload)
        ).all()
        payloads = {row.payload: transaction.blob(row.payload) for row in arrived}
    assert set(Counter(sent).values()) <= {1}
    assert set(Counter((row.message, row.recipient) for row in arrived).values()) <= {1}
    held: dict[str, set[str]] = {}
    for row in arrived:
        for document in etree.fromstring(payloads[row.payload]).iter("{*}DocumentIdentifier"):
            if document.text in tried:
                held.setdefault(str(document.text), set()).add(row.message)
    assert all(len(found) == 1 for found in held.values())
    assert acknowledged <= held.keys()
    entries = list(StoredJournal(store).entries())
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    told = Counter(
        entry.message_ids[0]
        for entry in entries
        if entry.kind is Kind.EXCHANGE and entry.operation == "SendMessage2" and entry.outcome is Outcome.OK
    )
    kept = [message for found in held.values() for message in found]
    assert told == Counter(kept)
    return set(kept)


def _rounds(data: Path, count: int) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    tried: set[str] = set()
    acknowledged: set[str] = set()
    rounds = 0
    with open_setting() as setting:
        # On a machine with much else to do a server may be killed before it took anything: then once more.
        while rounds < count or (len(acknowledged) <= count and rounds < 5 * count):
            rounds += 1
            with served(data.with_name("serve.log"), "--data", str(data)) as (process, base):
                load = Load(base, setting)
                with load.running():
                    time.sleep(chance.uniform(0.02, 0.7))
                    process.kill()
                    process.wait()
            assert process.returncode == -9
            assert load.refused == []
            tried |= load.tried
            acknowledged |= load.acknowledged
            with Store.open(data) as store:
                _check(store, tried, acknowledged)
    assert len(acknowledged) > count
    print(f"{rounds} kills; {len(tried)} messages tried, {len(acknowledged)} acknowledged: each there once")


def test_a_killed_server_loses_and_doubles_nothing(tmp_path: Path) -> None:
    _rounds(tmp_path / "data", 3)


@pytest.mark.bench
def test_fifty_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    _rounds(tmp_path / "data", 50)


@pytest.mark.postgresql
def test_two_servers_on_one_postgresql_serve_the_same_mailboxes(tmp_path: Path) -> None:
    binaries = programs()
    if binaries is None:
        pytest.skip(MISSING)
    with ExitStack() as stack:
        url = stack.enter_context(cluster(binaries))
        setting = stack.enter_context(open_setting())
        # ALDIS runs in both and takes from the same mailbox: its answers are the harder half of this test.
        bases = [stack.enter_context(served(tmp_path / f"{name}.log", "--database", url))[1] for name in ("a", "b")]
        loads = [Load(base, setting) for base in bases]
        with loads[0].running(), loads[1].running():
            time.sleep(2)
        for base in bases:
            _settle(base)
        assert [load.refused for load in loads] == [[], []]
        assert all(load.acknowledged for load in loads)
        acknowledged = loads[0].acknowledged | loads[1].acknowledged
        with Store.open(tmp_path / "look", url=url) as store:
            kept = _check(store, loads[0].tried | loads[1].tried, acknowledged)
            taken = Counter(
                entry.details["message"]
                for entry in StoredJournal(store).entries()
                if entry.kind is Kind.AUTHORITY and entry.operation == "intake"
            )
        assert taken == Counter(kept)
