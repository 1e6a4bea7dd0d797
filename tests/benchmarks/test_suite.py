"""Figures of the judge: the whole suite, generated live cases beside Schemathesis, and the start of the command."""

from __future__ import annotations

import base64
import http.client
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings

from conformance.payloads.domain.strategies import payloads
from simulator.documents.profile import load_profile
from simulator.domain.model import ChannelName
from tests.benchmarks.processes import started
from tests.conformance.commands.running import ALDIS, aldis_process

pytestmark = pytest.mark.bench
PROFILE = load_profile()
CONTRACT = PROFILE.channel(ChannelName.CONTRACT).version_urn()
CASES = 300
TURNS = 5
RECORDS = 10
FAST = settings(max_examples=CASES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
HEAD = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>'
    '<SendMessage xmlns="http://ivis.eps.gov.lv/ISS/DITService/v1-0">'
    '<MessageSave2 xmlns="http://ivis.eps.gov.lv/XMLSchemas/100000/DIT/v1-0">'
    f"<ChannelVersionURN>{CONTRACT}</ChannelVersionURN><BussinesMessage>"
).encode()
TAIL = b"</BussinesMessage></MessageSave2></SendMessage></s:Body></s:Envelope>"


def show(what: str, figure: str) -> None:
    print(f"\n{what:<84} {figure}")


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def test_the_whole_suite_against_the_reference_retailer(tmp_path: Path) -> None:
    def check() -> None:
        assert aldis_process("check", "--report", "report", cwd=tmp_path).returncode == 0

    took = seconds(check)
    show("aldis check, all scenarios and 10 random lives (at most 120 s on 2 cores)", f"{took:.1f} s")


def test_help_beside_a_bare_interpreter() -> None:
    def best(command: tuple[str, ...]) -> float:
        run = [*command]
        return min(seconds(lambda: subprocess.run(run, check=True, stdout=subprocess.DEVNULL)) for _ in range(20))

    bare, shown = best((sys.executable, "-c", "pass")), best((*ALDIS, "--help"))
    show("aldis --help, in bare interpreter starts (at most 4)", f"{shown / bare:.1f} ({1000 * shown:.0f} ms)")


def test_generated_live_cases_beside_schemathesis() -> None:
    """A live case: a document is generated, sent over HTTP, checked by schema and domain, stored, and journaled."""
    schemathesis = pytest.importorskip("schemathesis", reason="make bench installs it (dependency group bench)")
    with (
        started("live", "trivial") as (trivial, _),
        started("live", "simulated") as (simulated, _),
        requests.Session() as session,
    ):
        session.trust_env = False
        operation = schemathesis.openapi.from_url(f"{trivial}/openapi.json")["/contracts"]["POST"]
        parts = urlsplit(simulated)
        with closing(http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)) as connection:
            plays = (_schemathesis(operation, session), _ours(connection, 1), _ours(connection, RECORDS))
            # In turns, the best of each: a machine's pace is not the same from one minute to the next.
            turns = [tuple(CASES / seconds(play) for play in plays) for _ in range(TURNS)]
    theirs, documents, records = (max(each) for each in zip(*turns, strict=True))
    show("Schemathesis on a trivial Flask endpoint", f"{theirs:.0f} cases a second")
    show(
        "contract documents of one record, generated and sent live (at least 2 times)",
        f"{documents:.0f} a second, {documents / theirs:.1f} times",
    )
    show(
        f"contract records in documents of {RECORDS}, each judged by itself (at least 2 times)",
        f"{RECORDS * records:.0f} a second, {RECORDS * records / theirs:.1f} times",
    )


def _ours(connection: http.client.HTTPConnection, records: int) -> Callable[[], None]:
    kind, user = "application/soap+xml; charset=utf-8", base64.b64encode(b"100777:").decode()
    headers = {"Content-Type": kind, "Authorization": f"Basic {user}"}

    @FAST
    @given(payloads(ChannelName.CONTRACT, PROFILE, least=records, most=records))
    def send(data: bytes) -> None:
        body = HEAD + data[data.index(b"?>") + 2 :] + TAIL
        connection.request("POST", "/dit/v1-2/MessageService/plain", body, headers)
        with connection.getresponse() as reply:
            reply.read()
            assert reply.status == 200

    return send


def _schemathesis(operation: Any, session: requests.Session) -> Callable[[], None]:
    @FAST
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        assert case.call(session=session).status_code == 200

    return send
