"""Audit records of real calls, as listed by the admin call and by the command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from werkzeug.test import Client

from simulator.documents.profile import load_profile
from simulator.domain.clock import RIGA, Clock
from simulator.domain.model import ChannelName
from simulator.http.admin import AdminApplication
from simulator.http.simulation import Simulation
from simulator.soap.application import SERVICE, SoapApplication
from simulator.soap.refusals import SoapVersion
from simulator.world.file import load_world
from tests.conformance.commands.running import aldis
from tests.simulator.soap.setting import basic, request, selector, send_request

PROFILE = load_profile()
CONTRACT, DISCOUNT = PROFILE.channel(ChannelName.CONTRACT), PROFILE.channel(ChannelName.DISCOUNT)
DOCUMENT = (Path(__file__).parents[3] / "fixtures" / "payloads" / "contract" / "valid-empty.xml").read_bytes()


@pytest.fixture
def simulation(tmp_path: Path) -> Iterator[Simulation]:
    clock = Clock.frozen(datetime(2026, 3, 2, 8, tzinfo=RIGA))
    simulation = Simulation.open(world=load_world("town"), profile=PROFILE, clock=clock, directory=tmp_path / "data")
    client = Client(SoapApplication(lambda: simulation.services))

    def call(body: str, user: str) -> None:
        content_type = SoapVersion.SOAP_12.content_type
        client.post(f"{SERVICE}/plain", data=body.encode(), content_type=content_type, headers=basic(user))

    call(send_request(CONTRACT.version_urn(), DOCUMENT), "paraugs")
    call(send_request(DISCOUNT.version_urn(2), DOCUMENT), "paraugs")
    simulation.advance(datetime(2026, 3, 8, tzinfo=RIGA))
    call(request("ReceiveMessage", "MessageRequest", selector("ChannelURN", DISCOUNT.urn)), "kaimins")
    received = [entry.message_ids for entry in simulation.journal.entries() if entry.operation == "ReceiveMessage2"][-1]
    call(request("DeleteMessage", "MessageRequest", selector("MessageID", received[0])), "kaimins")
    call("<nonsense", "kaimins")
    yield simulation
    simulation.close()


def _audit(simulation: Simulation, query: str = "") -> dict[str, object]:
    answer = Client(AdminApplication(lambda: simulation)).get(f"/admin/audit{query}")
    assert answer.status_code == 200, answer.json
    page: dict[str, object] = answer.json
    return page


def _records(simulation: Simulation, query: str = "") -> list[dict[str, object]]:
    records = _audit(simulation, query)["records"]
    assert isinstance(records, list)
    return records


def test_each_call_is_a_record(simulation: Simulation) -> None:
    sent, refused, received, deleted, unread = _records(simulation)
    (message,) = [entry.message_ids for entry in simulation.journal.entries() if entry.number == sent["number"]]
    assert sent == {
        "number": sent["number"],
        "at": "2026-03-02T08:00:00+02:00",
        "interface": "soap",
        "user": "paraugs",
        "authority": "100777",
        "channel": CONTRACT.urn,
        "channel_versions": [CONTRACT.version_urn()],
        "operation": "SendMessage2",
        "outcome": "ok",
        "fault_code": None,
        "message_ids": list(message),
        "size": sent["size"],
    }
    assert 0 < int(str(sent["size"])) <= len(DOCUMENT)
    assert (refused["outcome"], refused["fault_code"], refused["channel_versions"]) == (
        "fault",
        "no-right",
        [DISCOUNT.version_urn(2)],
    )
    assert (received["user"], received["channel"], received["channel_versions"]) == (
        "kaimins",
        DISCOUNT.urn,
        [DISCOUNT.version_urn(2)],
    )
    assert int(str(received["size"])) > 100
    assert (deleted["operation"], deleted["channel"], deleted["message_ids"]) == (
        "DeleteMessage",
        DISCOUNT.urn,
        received["message_ids"],
    )
    assert (unread["user"], unread["operation"], unread["channel"], unread["fault_code"]) == (
        "kaimins",
        "",
        None,
        "malformed-xml",
    )


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("?channel=contract", 1),
        (f"?channel={DISCOUNT.urn}", 3),
        (f"?channel={DISCOUNT.version_urn(2)}", 3),
        ("?channel=discount&user=kaimins", 2),
        ("?user=100777", 2),
        ("?since=2026-03-03", 3),
        ("?since=2026-03-08T00:00:01", 0),
    ],
)
def test_records_are_chosen(simulation: Simulation, query: str, count: int) -> None:
    assert len(_records(simulation, query)) == count


def test_records_come_in_pages(simulation: Simulation) -> None:
    everything = _records(simulation)
    first = _audit(simulation, "?limit=3")
    assert first["records"] == everything[:3]
    second = _audit(simulation, f"?limit=3&after={first['next']}")
    assert (second["records"], second["next"]) == (everything[3:], None)


@pytest.mark.parametrize("query", ["?limit=many", "?since=soon", "?authority=1"])
def test_what_cannot_be_read_is_refused(simulation: Simulation, query: str) -> None:
    answer = Client(AdminApplication(lambda: simulation)).get(f"/admin/audit{query}")
    assert answer.status_code == 400
    assert "error" in answer.json


def test_the_command_lists_them(simulation: Simulation, tmp_path: Path) -> None:
    lines = aldis("audit", "--data", "data", "--channel", "discount", "--json", cwd=tmp_path).stdout.splitlines()
    assert [json.loads(line) for line in lines] == _records(simulation, "?channel=discount")
    latvian = aldis("audit", "--data", "data", "--user", "paraugs", "--lang", "lv", cwd=tmp_path).stdout.splitlines()
    assert latvian[0].startswith("laiks\tlietotājs\tiestāde")
    assert [line.split("\t")[3:5] for line in latvian[1:]] == [
        ["SendMessage2", "pieņemts"],
        ["SendMessage2", "no-right"],
    ]
    unknown = aldis("audit", "--data", "data", "--channel", "contrac", cwd=tmp_path)
    assert unknown.returncode == 2
    assert "there is no channel 'contrac'; known are contract, discount, payout" in unknown.stderr
    wrong = aldis("audit", "--data", "data", "--since", "soon", cwd=tmp_path)
    assert (wrong.returncode, "ISO 8601" in wrong.stderr) == (2, True)


def test_a_channel_that_is_none_is_refused(simulation: Simulation) -> None:
    answer = Client(AdminApplication(lambda: simulation)).get("/admin/audit?channel=contrac")
    assert answer.status_code == 400
    assert "there is no channel 'contrac'" in str(answer.json)
