"""``aldis serve --ftps-port``: it serves beside SOAP, has clear errors, and loses nothing when it is killed."""

from __future__ import annotations

import ftplib
import io
import json
import random
import re
import socket
import ssl
import subprocess
import sysconfig
import threading
import time
import tomllib
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from simulator.documents.profile import load_profile
from simulator.ftps.settings import load_ftps_settings
from simulator.http.file_server import Ftps
from simulator.http.server import Server, ServerError
from simulator.journal import Kind, Outcome, StoredJournal
from simulator.security.authenticator import Security
from simulator.security.settings import load_settings
from simulator.store import Store
from simulator.store.schema import deliveries
from tests.conformance.commands.running import aldis
from tests.simulator.ftps.setting import CONTRACT, RETAILER, Client
from tests.simulator.soap.setting import open_setting

ALDIS = Path(sysconfig.get_path("scripts")) / "aldis"
CLOCK = "2026-03-02T09:00:00+02:00"
PROVIDER = "40009990008"
OTHER_PROVIDER = "40009990012"


@dataclass
class Served:
    """A running ``aldis serve``."""

    process: subprocess.Popen[str]
    base: str
    ftps_port: int
    keys: Path
    clients: list[Client] = field(default_factory=list)

    def password(self, user: str) -> str:
        password = tomllib.loads((self.keys / "users.toml").read_text("utf-8"))[user]
        assert isinstance(password, str)
        return password

    def client(self, user: str = RETAILER) -> Client:
        client = Client(context=ssl.create_default_context(cafile=str(self.keys / "ca.pem")), timeout=60)
        self.clients.append(client)
        client.connect("127.0.0.1", self.ftps_port)
        client.login(user, self.password(user))
        client.prot_p()
        return client

    def settle(self) -> None:
        """Wait until ALDIS has read its messages."""
        request = urllib.request.Request(
            f"{self.base}/admin/clock", json.dumps({"to": CLOCK}).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as reply:
            reply.read()


@contextmanager
def served(folder: Path, *options: str) -> Iterator[Served]:
    """Run the command with some options, and kill it at the end; it prints two lines on stderr."""
    log = folder / "serve.log"
    serve = [str(ALDIS), "serve", "--port", "0", "--clock", CLOCK, *options]
    with (
        log.open("wb") as errors,
        subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            ready, _, base = process.stdout.readline().strip().partition(" ")
            assert ready == "ready", log.read_text()
            printed = re.fullmatch(
                r"FTPS: 127\.0\.0\.1:(\d+)\nkeys, certificates and passwords: (.+)\n", log.read_text()
            )
            assert printed is not None, log.read_text()
            server = Served(process, base, int(printed[1]), Path(printed[2]))
            try:
                yield server
            finally:
                for client in server.clients:
                    client.close()
        finally:
            process.kill()
    assert log.read_text().count("\n") == 2, log.read_text()


def test_beside_the_secured_services(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('[folders]\nread = "Inbox"\n')
    options = ("--security", "username", "--data", str(tmp_path / "data"), "--ftps-settings", str(mine))
    with served(tmp_path, "--ftps-port", "0", *options) as server:
        assert server.base.startswith("https://")
        client = server.client()
        assert "ALDIS_ProviderContract" in client.names("/")
        assert "Inbox" in client.names(CONTRACT)
        server.process.terminate()  # a session that is open does not keep it
        assert server.process.wait(timeout=30) == 0


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--ftps-port", "PORT"), r"port \d+ on 127\.0\.0\.1 is in use .* --ftps-port"),
        (("--ftps-port", "70000"), "--ftps-port"),
        (("--ftps-port", "0", "--database", "DATABASE"), "--ftps-port needs a folder for its keys .* --keys"),
        (("--ftps-port", "0", "--ftps-settings", "BAD"), "mailbox.list_read: found 1; expected true or false"),
        (("--ftps-port", "0", "--keys", "FILE"), "cannot be read or made"),
    ],
)
def test_what_cannot_be_is_one_sentence(tmp_path: Path, options: tuple[str, ...], says: str) -> None:
    (tmp_path / "bad.toml").write_text("[mailbox]\nlist_read = 1\n")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        words = {
            "PORT": str(taken.getsockname()[1]),
            "BAD": str(tmp_path / "bad.toml"),
            "FILE": str(tmp_path / "bad.toml" / "keys"),
            "DATABASE": f"sqlite:///{tmp_path}/one.sqlite3",
        }
        chosen = [words.get(option, option) for option in options]
        done = aldis("serve", "--port", "0", *chosen, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert re.search(says, " ".join(done.stderr.split())), done.stderr


def test_no_ftps_unless_it_is_asked_for(keys: Path) -> None:
    server = Server()
    assert (server.ftps_address, server.keys) == (None, None)
    server.stop()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ftps = Ftps(taken.getsockname()[1], Security(keys, load_settings()), load_ftps_settings())
        with pytest.raises(ServerError, match="is in use"):
            Server(ftps=ftps)
    assert load_profile().limits.message_bytes.value == 500 * 1024 * 1024


def test_a_killed_server_has_what_it_acknowledged(tmp_path: Path) -> None:
    """Kill the server at a random moment under load, twice, and compare the store with the acknowledgements."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    acknowledged: set[str] = set()
    tried: set[str] = set()
    with open_setting() as setting:
        for _ in range(2):
            with served(tmp_path, "--ftps-port", "0", "--data", str(tmp_path / "data")) as server:
                stop = threading.Event()

                def send(server: Served = server, stop: threading.Event = stop) -> None:
                    try:
                        client = server.client()
                        while not stop.is_set():
                            document = str(uuid4())
                            data = setting.contract_document(document_id=document)
                            tried.add(document)
                            client.storbinary(f"STOR {CONTRACT}/Write/1.xml", io.BytesIO(data))
                            acknowledged.add(document)
                    except (OSError, EOFError, ftplib.Error):
                        stop.set()

                senders = [threading.Thread(target=send) for _ in range(3)]
                for sender in senders:
                    sender.start()
                time.sleep(chance.uniform(0.3, 1.2))
                server.process.kill()
                server.process.wait()
                stop.set()
                for sender in senders:
                    sender.join()
            with Store.open(tmp_path / "data") as store:
                _check(store, tried, acknowledged)
    assert len(acknowledged) > 3


def _check(store: Store, tried: set[str], acknowledged: set[str]) -> None:
    with store.reading() as transaction:
        arrived = transaction.connection.execute(select(deliveries.c.message, deliveries.c.payload)).all()
        arrivals = Counter(
            document for row in arrived for document in tried if document.encode() in transaction.blob(row.payload)
        )
    assert all(arrivals[message] >= 1 for message in acknowledged)
    entries = list(StoredJournal(store).entries())
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    sent = [entry for entry in entries if entry.kind is Kind.EXCHANGE and entry.operation == "SendMessage2"]
    acknowledged_by_entry = Counter(
        message for entry in sent if entry.outcome is Outcome.OK for message in entry.message_ids
    )
    assert max(acknowledged_by_entry.values()) == 1
    assert set(acknowledged_by_entry) <= {row.message for row in arrived}
