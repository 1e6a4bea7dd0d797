from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from simulator.documents.profile import load_profile
from simulator.domain.model import ChannelName
from simulator.soap.application import SERVICE
from simulator.soap.refusals import SoapVersion
from tests.conformance.commands.running import ALDIS, aldis, aldis_process
from tests.simulator.soap.setting import basic, read_fault, request, selector, send_request


@contextmanager
def serving(*arguments: str, cwd: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    process = subprocess.Popen([*ALDIS, "serve", "--port", "0", *arguments], cwd=cwd, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        word, _, url = process.stdout.readline().strip().partition(" ")
        assert word == "ready"
        yield url, process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_it_is_ready_and_ends_cleanly_on_sigterm(tmp_path: Path) -> None:
    with serving(cwd=tmp_path) as (url, process):
        assert requests.get(f"{url}/admin/health", timeout=10).json()["ready"] is True
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = aldis_process("serve", "--port", str(port), cwd=tmp_path)
    assert done.returncode == 2
    assert f"port {port} on 127.0.0.1 is in use" in done.stderr


def test_what_was_served_can_be_judged_and_served_again(tmp_path: Path) -> None:
    with serving("--data", "data", cwd=tmp_path) as (url, _):
        requests.post(f"{url}/admin/clock", json={"to": "2026-03-08T10:00:00+02:00"}, timeout=60)
    nothing = aldis("check", "--recorded", "data", cwd=tmp_path)
    assert nothing.returncode == 4
    with serving("--data", "data", cwd=tmp_path) as (url, _):
        assert requests.get(f"{url}/admin/clock", timeout=10).json() == {"now": "2026-03-08T10:00:00+02:00"}


def test_a_data_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    done = aldis("serve", "--port", "0", "--data", "file/inside", cwd=tmp_path)
    assert done.returncode == 2
    assert "file/inside" in done.stderr


def test_the_environment_is_chosen_and_kept(tmp_path: Path) -> None:
    with serving("--data", "data", "--environment", "production", cwd=tmp_path) as (url, _):
        assert requests.get(f"{url}/admin/rights", timeout=10).json()["environment"] == "production"
    done = aldis("serve", "--port", "0", "--data", "data", cwd=tmp_path)
    assert done.returncode == 2
    assert "start with --environment production" in done.stderr


def test_duties_and_validation_are_switched(tmp_path: Path) -> None:
    contract = load_profile().channel(ChannelName.CONTRACT).version_urn()
    poll = request("ReceiveMessageList", "MessageListRequest", selector("ChannelVersionURN", contract))
    nonsense = send_request(contract, b"<Nonsense/>")

    def call(url: str, body: str) -> str | None:
        kind = {"Content-Type": SoapVersion.SOAP_12.content_type}
        answer = requests.post(f"{url}{SERVICE}/plain", body.encode(), headers=kind | basic("paraugs"), timeout=30)
        return None if answer.ok else read_fault(answer.content).refusal

    with serving(cwd=tmp_path) as (url, _):
        assert [call(url, request) for request in (poll, poll, nonsense)] == [None, None, "invalid-payload"]
    with serving("--enforce-duties", "--validate-on-send", "off", cwd=tmp_path) as (url, _):
        assert [call(url, request) for request in (poll, poll, nonsense)] == [None, "polled-too-often", None]
