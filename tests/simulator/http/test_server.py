from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import requests

from simulator.documents.profile import load_profile
from simulator.domain.clock import RIGA, Clock
from simulator.http.server import Server, ServerError
from simulator.http.simulation import Simulation
from simulator.world.file import load_world


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    simulation = Simulation.open(
        world=load_world("town"),
        profile=load_profile(),
        clock=Clock.frozen(datetime(2026, 3, 2, 8, tzinfo=RIGA)),
        directory=tmp_path,
    )
    running = Server(simulation)
    running.start()
    yield running
    running.stop()
    simulation.close()


def test_a_port_in_use_is_one_sentence(server: Server) -> None:
    port = int(server.base_url.rpartition(":")[2])
    with pytest.raises(ServerError, match=f"port {port} on 127.0.0.1 is in use .* --port"):
        Server(port=port)


def test_the_front_page_says_what_is_served(server: Server) -> None:
    page = requests.get(server.base_url + "/", timeout=10)
    assert page.status_code == 200
    assert f"{server.base_url}/dit/v1-2/MessageService?wsdl" in page.text
    assert requests.get(server.base_url + "/nowhere", timeout=10).status_code == 404


def test_the_wsdl_on_the_front_page_is_there(server: Server) -> None:
    wsdl = requests.get(server.base_url + "/dit/v1-2/MessageService?wsdl", timeout=10)
    assert wsdl.status_code == 200
    assert f'location="{server.base_url}/dit/v1-2/MessageService/plain"' in wsdl.text


class TestAdmin:
    def test_time_is_advanced_and_shown(self, server: Server) -> None:
        moved = requests.post(server.base_url + "/admin/clock", json={"to": "2026-03-08T10:00:00+02:00"}, timeout=30)
        assert moved.json() == {"now": "2026-03-08T10:00:00+02:00"}
        assert requests.get(server.base_url + "/admin/clock", timeout=10).json() == moved.json()
        entries = requests.get(server.base_url + "/admin/journal", timeout=10).json()
        assert "determine" in [entry["operation"] for entry in entries]

    @pytest.mark.parametrize(
        ("body", "status", "says"),
        [
            ({"to": "soon"}, 400, "ISO 8601"),
            ({}, 400, "ISO 8601"),
            ([], 400, "JSON object"),
            ({"to": "2025-01-01T00:00:00+02:00"}, 409, "cannot go back"),
        ],
    )
    def test_bad_times_are_refused(self, server: Server, body: object, status: int, says: str) -> None:
        answer = requests.post(server.base_url + "/admin/clock", json=body, timeout=10)
        assert answer.status_code == status
        assert says in answer.json()["error"]

    def test_a_form_of_another_site_is_refused(self, server: Server) -> None:
        answer = requests.post(server.base_url + "/admin/clock", data={"to": "2026-03-08"}, timeout=10)
        assert answer.status_code == 415

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (b"[" * 100_000, 400),
            (b'{"to": "\xff"}', 400),
            (b'{"kind": ["drop_reply"], "operation": {}}', 400),
            (b'{"kind": "drop_reply", "operation": "SendMessage2", "times": "many"}', 400),
            (b" " * 2_000_000, 413),
        ],
        ids=["deep", "not UTF-8", "wrong kinds", "no number", "large"],
    )
    @pytest.mark.parametrize("path", ["clock", "faults"])
    def test_bodies_that_are_no_use(self, server: Server, path: str, body: bytes, status: int) -> None:
        answer = requests.post(
            f"{server.base_url}/admin/{path}", data=body, headers={"Content-Type": "application/json"}, timeout=30
        )
        assert answer.status_code == status, answer.text
        assert answer.json()["error"]

    def test_a_page_of_less_than_nothing(self, server: Server) -> None:
        assert requests.get(f"{server.base_url}/admin/journal?limit=-1", timeout=10).json() == []

    def test_journal_pages_and_blobs(self, server: Server) -> None:
        requests.post(server.base_url + "/admin/clock", json={"to": "2026-03-08T10:00:00+02:00"}, timeout=30)
        first = requests.get(server.base_url + "/admin/journal?limit=1", timeout=10).json()
        rest = requests.get(f"{server.base_url}/admin/journal?after={first[0]['number']}", timeout=10).json()
        assert len(first) == 1
        assert rest[0]["number"] == first[0]["number"] + 1
        payload = next(entry["payload"] for entry in first + rest if entry["payload"])
        assert b"<" in requests.get(f"{server.base_url}/admin/blob/{payload}", timeout=10).content
        assert requests.get(f"{server.base_url}/admin/blob/{'0' * 64}", timeout=10).status_code == 404

    def test_a_fault_is_armed_and_nonsense_refused(self, server: Server) -> None:
        wanted = {"kind": "drop_reply", "operation": "SendMessage2", "authority": "100777", "times": 1}
        armed = requests.post(server.base_url + "/admin/faults", json=wanted, timeout=10)
        assert armed.json()["armed"].items() >= wanted.items()
        refused = requests.post(server.base_url + "/admin/faults", json={"kind": "sulk"}, timeout=10)
        assert refused.status_code == 400
