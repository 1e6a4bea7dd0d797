"""Connections with an untrusted certificate: a client that checks it breaks off, any other is reported."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
import urllib3

from simulator.documents.profile import load_profile
from simulator.domain.clock import RIGA, Clock
from simulator.fault_injection.faults import WRONG_CERTIFICATE, InjectedFault
from simulator.http.server import Server
from simulator.http.simulation import Simulation
from simulator.journal import Entry, Kind
from simulator.security.authenticator import Security
from simulator.security.settings import load_settings
from simulator.world.file import load_world


@pytest.fixture
def server(keys: Path) -> Iterator[Server]:
    simulation = Simulation.open(
        world=load_world("town"),
        profile=load_profile(),
        clock=Clock.frozen(datetime(2026, 3, 2, 8, tzinfo=RIGA)),
    )
    running = Server(simulation, security=Security(keys, load_settings()))
    running.start()
    yield running
    running.stop()
    simulation.close()


def connections(server: Server) -> list[Entry]:
    return [entry for entry in server.simulation.journal.entries() if entry.kind is Kind.CONNECTION]


def arm(server: Server) -> None:
    server.simulation.faults.arm(InjectedFault(kind=WRONG_CERTIFICATE))


def test_who_checks_the_certificate_breaks_off_and_nothing_has_come(server: Server, keys: Path) -> None:
    arm(server)
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(server.base_url, verify=str(keys / "ca.pem"), timeout=10)
    assert requests.get(server.base_url, verify=str(keys / "ca.pem"), timeout=10).status_code == 200
    entries = connections(server)
    assert [entry.operation for entry in entries] == ["shown", "handshake"]
    assert all(entry.details["certificate"] == "foreign" for entry in entries)
    assert "as it should" in (entries[1].cause or "")


def test_who_does_not_check_it_is_found_out(server: Server) -> None:
    arm(server)
    with pytest.warns(urllib3.exceptions.InsecureRequestWarning):
        answer = requests.post(f"{server.base_url}/dit/v1-2/MessageService", b"x", verify=False, timeout=10)
    assert (answer.status_code, answer.headers["Connection"]) == (503, "close")
    shown, request = connections(server)
    assert (shown.operation, request.operation) == ("shown", "request")
    assert request.details["said"] == "POST /dit/v1-2/MessageService"
    assert "ca.pem" in (request.cause or "")


def test_a_kept_connection_is_broken_so_that_the_next_call_shakes_hands(server: Server, keys: Path) -> None:
    with requests.Session() as session:
        session.trust_env = False  # REQUESTS_CA_BUNDLE, where it is set, would outvote the next line
        session.verify = str(keys / "ca.pem")
        assert session.get(server.base_url, timeout=10).status_code == 200
        arm(server)
        assert session.get(server.base_url, timeout=10).status_code == 200, "the connection was kept"
        server.hang_up()
        with pytest.raises(requests.exceptions.SSLError):
            session.get(server.base_url, timeout=10)
        assert session.get(server.base_url, timeout=10).status_code == 200


def test_plain_http_is_refused(server: Server) -> None:
    address = urlsplit(server.base_url)
    assert address.hostname is not None
    with socket.create_connection((address.hostname, address.port or 0), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            while connection.recv(4096):
                pass
    (entry,) = connections(server)
    assert (entry.operation, entry.details["certificate"]) == ("plain", "own")
    assert "call the https address" in (entry.cause or "")


def test_a_fault_of_connections_takes_no_operation(server: Server) -> None:
    with pytest.raises(ValueError, match="arm it without"):
        server.simulation.faults.arm(InjectedFault(kind=WRONG_CERTIFICATE, operation="SendMessage2"))
