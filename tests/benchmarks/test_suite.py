"""Figures of the judge: the whole suite, generated live cases beside Schemathesis, and the start of the command."""

from __future__ import annotations

import base64
import http.client
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings

from conformance.payloads.refinements import payloads
from simulator.documents.model import ChannelName
from simulator.documents.profile import load_profile
from tests.benchmarks.live import served
from tests.conformance.commands.running import ALDIS, aldis

pytestmark = pytest.mark.bench
PROFILE = load_profile()
CONTRACT = PROFILE.channel(ChannelName.CONTRACT).version_urn()
CASES = 1000
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
    took = seconds(lambda: aldis("check", "--report", "report", cwd=tmp_path).check_returncode())
    show("aldis check, all scenarios and 10 random lives (at most 120 s on 2 cores)", f"{took:.1f} s")


def test_help_beside_a_bare_interpreter() -> None:
    def best(command: tuple[str, ...]) -> float:
        run = [*command]
        return min(seconds(lambda: subprocess.run(run, check=True, stdout=subprocess.DEVNULL)) for _ in range(20))

    bare, shown = best((sys.executable, "-c", "pass")), best((*ALDIS, "--help"))
    show("aldis --help, in bare interpreter starts (at most 4)", f"{shown / bare:.1f} ({1000 * shown:.0f} ms)")


def test_generated_live_cases_beside_schemathesis() -> None:
    """A live case: a document is generated, sent over HTTP, checked by schema and domain, stored, and journaled."""
    theirs = _schemathesis()
    documents = _ours(1)
    records = RECORDS * _ours(RECORDS)
    show("Schemathesis on a trivial Flask endpoint", f"{theirs:.0f} cases a second")
    show(
        "contract documents of one record, generated and sent live (at least 2 times)",
        f"{documents:.0f} a second, {documents / theirs:.1f} times",
    )
    show(
        f"contract records in documents of {RECORDS}, each judged by itself (at least 2 times)",
        f"{records:.0f} a second, {records / theirs:.1f} times",
    )


def _ours(records: int) -> float:
    text, what = (
        "application/soap+xml; charset=utf-8",
        payloads(ChannelName.CONTRACT, PROFILE, least=records, most=records),
    )
    sent: list[int] = []
    with served("simulated") as base:
        parts = urlsplit(base)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
        headers = {"Content-Type": text, "Authorization": "Basic " + base64.b64encode(b"100777:").decode()}

        @FAST
        @given(what)
        def send(data: bytes) -> None:
            body = HEAD + data[data.index(b"?>") + 2 :] + TAIL
            connection.request("POST", "/dit/v1-2/MessageService/plain", body, headers)
            with connection.getresponse() as reply:
                reply.read()
                sent.append(reply.status)

        took = seconds(send)
        connection.close()
    assert set(sent) == {200}
    return len(sent) / took


def _schemathesis() -> float:
    schemathesis = pytest.importorskip("schemathesis", reason="make bench installs it (dependency group bench)")
    sent: list[int] = []
    with served("trivial") as base, requests.Session() as session:
        session.trust_env = False
        operation = schemathesis.openapi.from_url(f"{base}/openapi.json")["/contracts"]["POST"]

        @FAST
        @given(case=operation.as_strategy())
        def send(case: Any) -> None:
            sent.append(case.call(session=session).status_code)

        took = seconds(send)
    return len(sent) / took
