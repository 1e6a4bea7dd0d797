"""Ports, loopback, proxies, room."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import NamedTuple

import pytest

from conformance import doctor
from conformance.doctor import Health
from simulator.http.server import ServerError


def test_a_simulator_answers() -> None:
    (finding,) = doctor.loopback()
    assert finding.health is Health.OK


def test_a_simulator_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise ServerError("cannot listen on 127.0.0.1")

    monkeypatch.setattr(doctor, "_fetch_wsdl", refuse)
    (finding,) = doctor.loopback()
    assert finding.health is Health.BROKEN
    assert "cannot listen" in finding.text


def test_a_port_in_use_is_a_caution() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        (finding,) = doctor.port("aldis serve", number)
    assert finding.health is Health.CAUTION
    assert "in use" in finding.text
    (free,) = doctor.port("aldis serve", number)
    assert free.health is Health.OK


@pytest.mark.parametrize(
    ("environment", "health"),
    [
        ({}, Health.OK),
        ({"HTTP_PROXY": "http://proxy:3128"}, Health.CAUTION),
        ({"http_proxy": "http://proxy:3128", "no_proxy": "example.org"}, Health.CAUTION),
        ({"HTTP_PROXY": "http://proxy:3128", "NO_PROXY": "localhost, 127.0.0.1"}, Health.OK),
        ({"ALL_PROXY": "socks5://proxy", "NO_PROXY": "*"}, Health.OK),
    ],
)
def test_a_proxy_between_a_program_and_the_simulator(environment: dict[str, str], health: Health) -> None:
    (finding,) = doctor.proxies(environment)
    assert finding.health is health


class _Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_room_for_the_largest_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda place: _Usage(10**12, 10**12 - 10**9 + 1, 10**9 - 1))
    (little,) = doctor.room(tmp_path)
    assert little.health is Health.CAUTION
    monkeypatch.setattr("shutil.disk_usage", lambda place: _Usage(10**12, 0, 10**9))
    (enough,) = doctor.room(tmp_path)
    assert enough.health is Health.OK
    monkeypatch.undo()
    (nowhere,) = doctor.room(tmp_path / "nowhere")
    assert nowhere.health is Health.BROKEN
