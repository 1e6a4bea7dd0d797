"""Calls over real sockets: incomplete, too large and chunked bodies, lost replies, and many callers at once."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import requests

from simulator.fault_injection.faults import InjectedFault
from simulator.soap.application import SERVICE
from simulator.soap.body import ENVELOPE_ALLOWANCE
from tests.simulator.soap.setting import (
    BVKB,
    Setting,
    basic,
    open_setting,
    read_fault,
    request,
    selector,
    send_request,
    serving,
)

TYPE = {"Content-Type": "application/soap+xml; charset=utf-8"}
LIMIT = 200_000


@pytest.fixture
def served() -> Iterator[tuple[Setting, str]]:
    with open_setting(message_bytes=LIMIT) as setting, serving(setting) as base:
        yield setting, base


def raw(base: str, data: bytes, *, close_writing: bool = True) -> bytes:
    """Send bytes on a new connection and return everything that comes back until the server closes."""
    parts = urlsplit(base)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
        connection.sendall(data)
        if close_writing:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65536):
            answer += part
        return answer


def head(*lines: str) -> bytes:
    authorization = basic("paraugs")["Authorization"]
    return "\r\n".join(
        (
            f"POST {SERVICE}/plain HTTP/1.1",
            "Host: localhost",
            f"Authorization: {authorization}",
            f"Content-Type: {TYPE['Content-Type']}",
            *lines,
            "",
            "",
        )
    ).encode()


def fault_in(answer: bytes) -> tuple[int, str | None]:
    status, _, rest = answer.partition(b"\r\n")
    body = rest.partition(b"\r\n\r\n")[2]
    return int(status.split()[1]), read_fault(body).refusal


def body_for(setting: Setting) -> bytes:
    return send_request(setting.version(), setting.contract_document()).encode()


def test_a_body_that_is_cut_short_is_refused_and_journaled(served: tuple[Setting, str]) -> None:
    setting, base = served
    body = body_for(setting)
    answer = raw(base, head(f"Content-Length: {len(body)}") + body[:100])
    assert fault_in(answer) == (400, "incomplete-body")
    (entry,) = setting.exchanges
    assert setting.blob(entry.request) == body[:100]


def test_chunks_are_put_together(served: tuple[Setting, str]) -> None:
    setting, base = served
    body = body_for(setting)

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(body), 100):
            yield body[start : start + 100]

    reply = requests.post(f"{base}{SERVICE}/plain", data=pieces(), headers={**TYPE, **basic("paraugs")}, timeout=30)
    assert reply.status_code == 200
    assert setting.blob(setting.exchanges[0].request) == body


@pytest.mark.parametrize("chunks", [b"5\r\nabc", b"xyz\r\nabc\r\n0\r\n\r\n", b"3\r\nabcdef\r\n0\r\n\r\n"])
def test_broken_chunks_are_refused(served: tuple[Setting, str], chunks: bytes) -> None:
    setting, base = served
    answer = raw(base, head("Transfer-Encoding: chunked", "Connection: close") + chunks)
    status, refusal = fault_in(answer)
    assert (status, refusal) in {(400, "incomplete-body"), (400, "malformed-xml")}
    assert setting.exchanges[0].fault_code == refusal


def test_an_announced_body_over_the_limit_gets_its_413_after_writing(served: tuple[Setting, str]) -> None:
    _, base = served
    too_much = LIMIT + ENVELOPE_ALLOWANCE + 1
    reply = requests.post(
        f"{base}{SERVICE}/plain", data=b"x" * too_much, headers={**TYPE, **basic("paraugs")}, timeout=30
    )
    assert reply.status_code == 413
    assert read_fault(reply.content).refusal == "too-large"
    assert reply.headers["Connection"] == "close"


def test_a_chunked_body_over_the_limit_gets_its_413(served: tuple[Setting, str]) -> None:
    _, base = served
    total = LIMIT + ENVELOPE_ALLOWANCE + 100_000

    def pieces() -> Iterator[bytes]:
        for _ in range(total // 50_000):
            yield b"x" * 50_000

    reply = requests.post(f"{base}{SERVICE}/plain", data=pieces(), headers={**TYPE, **basic("paraugs")}, timeout=30)
    assert reply.status_code == 413


def test_a_client_that_asks_before_it_sends_is_told_to_go_on(served: tuple[Setting, str]) -> None:
    setting, base = served
    body = body_for(setting)
    answer = raw(
        base,
        head(f"Content-Length: {len(body)}", "Expect: 100-continue", "Connection: close") + body,
        close_writing=False,
    )
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


def test_a_connection_serves_good_and_bad_calls_one_after_the_other(served: tuple[Setting, str]) -> None:
    setting, base = served
    parts = urlsplit(base)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    statuses = []
    for body in (body_for(setting), b"<broken", b"", body_for(setting)):
        connection.request("POST", f"{SERVICE}/plain", body, {**TYPE, **basic("paraugs")})
        answer = connection.getresponse()
        statuses.append(answer.status)
        assert answer.read()
    connection.close()
    assert statuses == [200, 400, 400, 200]


def test_a_lost_reply_is_an_error_to_the_client_and_the_message_is_there(served: tuple[Setting, str]) -> None:
    setting, base = served
    setting.faults.arm(InjectedFault("drop_reply", "SendMessage2"))
    with pytest.raises(requests.ConnectionError):
        requests.post(
            f"{base}{SERVICE}/plain", data=body_for(setting), headers={**TYPE, **basic("paraugs")}, timeout=30
        )
    content = selector("ChannelVersionURN", setting.version())
    reply = requests.post(
        f"{base}{SERVICE}/plain",
        data=request("ReceiveMessageList", "MessageListRequest", content).encode(),
        headers={**TYPE, **basic(BVKB)},
        timeout=30,
    )
    assert reply.text.count(":MessageID>") == 2
    assert setting.exchanges[0].details["misbehaviour"] == "drop_reply"


def test_not_one_byte_of_a_lost_reply_leaves(served: tuple[Setting, str]) -> None:
    setting, base = served
    setting.faults.arm(InjectedFault("drop_reply"))
    body = body_for(setting)
    assert raw(base, head(f"Content-Length: {len(body)}") + body, close_writing=False) == b""


def test_each_of_many_callers_at_once_gets_its_own_errors(served: tuple[Setting, str]) -> None:
    setting, base = served

    def call(number: int) -> tuple[int, str]:
        content = f"<dit:MessageBasicInfo><dit:MessageID>caller-{number}</dit:MessageID></dit:MessageBasicInfo>"
        reply = requests.post(
            f"{base}{SERVICE}/plain",
            data=request("RestoreMessageList", "MessageBasicInfoList", content).encode(),
            headers={**TYPE, **basic("paraugs")},
            timeout=60,
        )
        (complaint,) = read_fault(reply.content).complaints
        return reply.status_code, complaint["Found"]

    with ThreadPoolExecutor(max_workers=8) as pool:
        answers = list(pool.map(call, range(120)))
    assert answers == [(400, f"the value 'caller-{number}'") for number in range(120)]
    assert len(setting.exchanges) == 120


def test_many_senders_at_once_are_all_kept(served: tuple[Setting, str]) -> None:
    setting, base = served

    def call(_: int) -> int:
        reply = requests.post(
            f"{base}{SERVICE}/plain", data=body_for(setting), headers={**TYPE, **basic("paraugs")}, timeout=60
        )
        return reply.status_code

    with ThreadPoolExecutor(max_workers=8) as pool:
        assert set(pool.map(call, range(60))) == {200}
    identifiers = [exchange.message_ids[0] for exchange in setting.exchanges]
    assert len(set(identifiers)) == 60


def test_a_slow_client_gets_its_fault_and_the_others_are_served(served: tuple[Setting, str]) -> None:
    setting, base = served
    body = body_for(setting)
    parts = urlsplit(base)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as slow:
        slow.sendall(head(f"Content-Length: {len(body)}") + body[:50])
        reply = requests.post(f"{base}{SERVICE}/plain", data=body, headers={**TYPE, **basic("paraugs")}, timeout=30)
        assert reply.status_code == 200
        answer = b"".join(iter(lambda: slow.recv(65536), b""))
        assert fault_in(answer) == (408, "body-too-slow")
    assert {exchange.fault_code for exchange in setting.exchanges} == {None, "body-too-slow"}
