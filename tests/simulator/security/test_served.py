"""The secured simulator on a socket: TLS by its own authority, and the command."""

from __future__ import annotations

import re
import subprocess
import sysconfig
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from simulator.documents.profile import load_profile
from simulator.domain.clock import RIGA, Clock
from simulator.http.server import Server
from simulator.http.simulation import Simulation
from simulator.security.authenticator import Security
from simulator.security.keys import open_material
from simulator.security.settings import load_settings
from simulator.world.file import load_world
from tests.simulator.security.client import Answer, FederatedClient
from tests.simulator.security.setting import LIST, RETAILER, SECURED

CONTRACTS = "URN:IVIS:100001:CHA-ALDIS_ProviderContract-v1-0-TYPE-DSK"


@pytest.fixture
def server(tmp_path: Path, keys: Path) -> Iterator[Server]:
    simulation = Simulation.open(
        world=load_world("town"),
        profile=load_profile(),
        clock=Clock.frozen(datetime(2026, 3, 2, 8, tzinfo=RIGA)),
        directory=tmp_path,
    )
    running = Server(simulation, security=Security(keys, load_settings()))
    running.start()
    yield running
    running.stop()
    simulation.close()


def client_of(base: str, keys: Path) -> FederatedClient:
    def post(path: str, body: bytes, content_type: str) -> Answer:
        got = requests.post(
            base + path, data=body, headers={"Content-Type": content_type}, verify=str(keys / "ca.pem"), timeout=30
        )
        return Answer(got.status_code, got.content)

    return FederatedClient(post, lambda: datetime.now(UTC))


def password(keys: Path) -> str:
    match = re.search(f'^"{RETAILER}" = "(.*)"$', (keys / "users.toml").read_text(), re.MULTILINE)
    assert match is not None
    return match[1]


def test_a_federated_call_over_tls(server: Server, keys: Path) -> None:
    client = client_of(server.base_url, keys)
    token = client.token(RETAILER, password(keys))
    answer = client.call(SECURED, "ReceiveMessageList", LIST.format(version=CONTRACTS), token)
    assert answer.status == 200, answer.body
    page = requests.get(server.base_url, verify=str(keys / "ca.pem"), timeout=10).text
    assert f"{server.base_url}/STS/Viss.Pfas.STS/sts/Issue.svc?wsdl" in page


def test_only_the_simulators_own_authority_vouches_for_it(server: Server, keys: Path) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(server.base_url, timeout=10)
    assert not re.search(rb"PRIVATE KEY", (keys / "ca.pem").read_bytes())
    assert (keys / "ca.key").stat().st_mode & 0o077 == 0


def test_the_command(tmp_path: Path) -> None:
    aldis = Path(sysconfig.get_path("scripts")) / "aldis"
    command = [str(aldis), "serve", "--port", "0", "--data", str(tmp_path / "data"), "--security", "username"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready, _, base = process.stdout.readline().strip().partition(" ")
            assert (ready, base[:8]) == ("ready", "https://")
            keys = tmp_path / "data" / "keys"
            client = client_of(base, keys)
            token = client.token(RETAILER, password(keys))
            assert client.call(SECURED, "ReceiveMessageList", LIST.format(version=CONTRACTS), token).status == 200
        finally:
            process.terminate()
            errors = process.communicate(timeout=30)[1]
    assert process.returncode == 0, errors
    assert errors == f"keys, certificates and passwords: {keys}\n"


def test_a_database_needs_a_folder_of_keys(tmp_path: Path) -> None:
    aldis = Path(sysconfig.get_path("scripts")) / "aldis"
    url = f"sqlite:///{tmp_path / 'x.db'}"
    done = subprocess.run(
        [str(aldis), "serve", "--port", "0", "--database", url, "--security", "username"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "--keys" in done.stderr


def test_passwords_are_kept_and_one_for_each_user(tmp_path: Path) -> None:
    users = ("bvkb", "kaimins", RETAILER)
    first = open_material(tmp_path, users)
    again = open_material(tmp_path, (*users, "jauns"))
    assert set(first.passwords) == set(users)
    assert again.passwords.items() >= first.passwords.items()
    assert "jauns" in again.passwords
    assert again.clients.items() >= first.clients.items()
    assert tomllib.loads((tmp_path / "users.toml").read_text()) == again.passwords
