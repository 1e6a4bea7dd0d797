"""A driver behind an address: the same protocol, and the same patience with what breaks it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from conformance.retailers.opening import HttpDriver
from conformance.retailers.protocol import DriverError, DriverNotStarted

Answer = Callable[[dict[str, Any]], tuple[int, bytes]]


class Served:
    """A little server whose answer to each request a test chooses."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.answer: Answer = lambda request: (200, json.dumps({"id": request["id"], "ok": True}).encode())
        served = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                request = json.loads(body)
                served.requests.append(request)
                status, reply = served.answer(request)
                self.send_response(status)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/"


@pytest.fixture
def served() -> Iterator[Served]:
    found = Served()
    yield found
    found.server.shutdown()
    found.server.server_close()


def test_requests_are_posted_one_by_one(served: Served) -> None:
    driver = HttpDriver(served.url, timeout=5)
    served.answer = lambda request: (200, json.dumps({"id": request["id"], "ok": True, "name": "Ē"}).encode())
    assert driver.ask("hello", profile="ā").fields == {"name": "Ē"}
    assert driver.ask("reset").ok
    driver.close()
    assert [request["do"] for request in served.requests] == ["hello", "reset", "bye"]
    assert [request["id"] for request in served.requests] == [1, 2, 3]
    assert served.requests[0]["profile"] == "ā"


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (500, b"Traceback", "HTTP 500"),
        (200, b"<html>", "one JSON object"),
        (200, b"[1]", "one JSON object"),
        (200, b"[" * 5000, "one JSON object"),
        (200, b'{"id": 99, "ok": true}', "expected 1"),
        (200, b'{"id": 1}', "exactly one of"),
    ],
)
def test_what_breaks_the_protocol_is_said_and_remembered(status: int, body: bytes, says: str, served: Served) -> None:
    served.answer = lambda _: (status, body)
    driver = HttpDriver(served.url, timeout=5)
    for _ in range(2):
        with pytest.raises(DriverError, match=says):
            driver.ask("hello")
    assert len(served.requests) == 1
    driver.close()


def test_an_answer_that_does_not_come(served: Served) -> None:
    served.answer = lambda _: (time.sleep(1), (200, b"{}"))[1]  # type: ignore[func-returns-value]
    driver = HttpDriver(served.url, timeout=0.1)
    with pytest.raises(DriverError, match="did not answer"):
        driver.ask("hello")
    driver.close()


def test_nobody_is_there() -> None:
    driver = HttpDriver("http://127.0.0.1:1/", timeout=5)
    with pytest.raises(DriverNotStarted, match=r"start your driver, and check driver\.url"):
        driver.ask("hello")
    driver.close()
