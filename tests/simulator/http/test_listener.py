"""The HTTP server with faulty clients: strict heads, limits of bodies, answers that arrive."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest

from simulator.http.listener import HttpServer, Tls
from simulator.security.keys import open_material
from tests.simulator.fuzzing.wire import Line, NoAnswer

GOOD = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer with the body of the request; ``/deaf`` does not read it."""
    if environ["PATH_INFO"] == "/deaf":
        start_response("200 OK", [("Content-Length", "4")])
        return [b"deaf"]
    try:
        body = b"".join(iter(lambda: environ["wsgi.input"].read(1000), b""))
    except ValueError as error:
        body = f"broken: {error}".encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def start(server: HttpServer) -> Thread:
    server.timeout = 5
    server.shutdown_timeout = 1
    server.prepare()
    thread = Thread(target=server.serve, daemon=True)
    thread.start()
    return thread


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    server = HttpServer(("127.0.0.1", 0), application, numthreads=4)
    thread = start(server)
    yield f"http://127.0.0.1:{server.bind_addr[1]}"
    server.stop()
    thread.join()


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    material = open_material(tmp_path_factory.mktemp("keys"), ())
    server = HttpServer(("127.0.0.1", 0), application, numthreads=4)
    server.ssl_adapter = Tls(str(material.server_certificate), str(material.server_key))
    thread = start(server)
    yield f"https://127.0.0.1:{server.bind_addr[1]}", material.folder / "ca.pem"
    server.stop()
    thread.join()


def connected(base: str) -> socket.socket:
    parts = urlsplit(base)
    return socket.create_connection((parts.hostname, parts.port), timeout=30)


def until(connection: socket.socket, end: bytes) -> bytes:
    """Return the received bytes up to and including ``end``."""
    data = b""
    while not data.endswith(end):
        part = connection.recv(1000)
        assert part, data
        data += part
    return data


@pytest.mark.parametrize(
    ("head", "status", "says"),
    [
        ("POST /echo HTTP/1.1\r\n folded: 1\r\n", 400, "Illegal header"),
        ("POST /echo HTTP/1.1\r\nA: 1\r\n 2\r\n", 400, "Illegal header"),
        ("POST /echo HTTP/1.1\r\nA B: 1\r\n", 400, "Illegal header"),
        ("POST /echo HTTP/1.1\r\nA : 1\r\n", 400, "Illegal header"),
        ("POST /echo HTTP/1.1\r\nA: 1\x002\r\n", 400, "Illegal header"),
        ("POST /echo HTTP/1.1\r\nA: 1\n", 400, "CRLF"),
        ("POST /echo HTTP/1.1\r\nnothing\r\n", 400, "Illegal header"),
        ("POST /echo HTTP/1.1\r\nContent-Length: -1\r\n", 400, "Content-Length"),
        ("POST /echo HTTP/1.1\r\nContent-Length: +5\r\n", 400, "Content-Length"),
        ("POST /echo HTTP/1.1\r\nContent-Length: 1_0\r\n", 400, "Content-Length"),
        (f"POST /echo HTTP/1.1\r\nContent-Length: {'9' * 19}\r\n", 400, "Content-Length"),
        ("POST /echo HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n", 400, "twice"),
        ("POST /echo HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400, "exclude"),
        ("POST /echo HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n", 400, "chunked"),
        ("POST http://[ HTTP/1.1\r\n", 400, "Request-URI"),
        ("POST /echo HTTP/3.0\r\n", 400, "HTTP/1.1"),
        ("POST /echo HTTP/0.9\r\n", 400, "HTTP/1.1"),
        (f"POST /{'a' * 200_000} HTTP/1.1\r\n", 414, "exceeds"),
        (f"POST /echo HTTP/1.1\r\nA: {'a' * 200_000}\r\n", 413, "exceed"),
    ],
)
def test_heads_that_are_not_http_are_refused(base: str, head: str, status: int, says: str) -> None:
    line = Line(base)
    answer = line.ask([head.encode() + b"\r\n"], fresh=True)
    assert (answer.status, answer.kept) == (status, False)
    assert says in answer.body.decode()


@pytest.mark.parametrize(
    ("chunks", "answer"),
    [
        (b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
        (b"3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: z\r\n\r\n", b"hello"),
        (b"5\r\nhelloo\r\n0\r\n\r\n", b"broken: a chunk is longer than it says"),
        (b"5\r\nhello", b"broken: a chunk is longer than it says, or the connection ended behind it"),
        (b"5\r\nhello\r\n", b"broken: the connection ended between chunks"),
        (b"-5\r\nhello\r\n0\r\n\r\n", b"broken: bad chunk size b'-5'"),
        (b"ffffffffffffffffff\r\nhello", b"broken: bad chunk size b'ffffffffffffffffff'"),
        (b"fffffffffffffff\r\nhello", b"broken: the connection ended 1152921504606846970 bytes before the end"),
        (b"0\r\n" + b"A: b\r\n" * 5000 + b"\r\n", b"broken: the trailers are too long"),
    ],
)
def test_chunks(base: str, chunks: bytes, answer: bytes) -> None:
    line = Line(base)
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert line.ask([head + chunks], close_writing=True, fresh=True).body.startswith(answer)


def test_a_connection_is_closed_after_a_body_that_was_not_read(base: str) -> None:
    """The rest of the body is not taken for a request, and the answer arrives though the client still sends."""
    line = Line(base)
    smuggled = b"GET /smuggled HTTP/1.1\r\n\r\n" + b" " * 5_000_000
    head = b"POST /deaf HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(smuggled)
    answer = line.ask([head + smuggled])
    assert (answer.body, answer.kept) == (b"deaf", False)


def test_one_connection_serves_call_after_call(base: str) -> None:
    line = Line(base)
    for _ in range(3):
        answer = line.ask([GOOD])
        assert (answer.body, answer.kept) == (b"hello", True)
    line.close()


def test_requests_that_come_at_once_are_answered_in_turn(base: str) -> None:
    """The second request is answered at once though it was received together with the first."""
    with connected(base) as asking:
        asking.sendall(GOOD + GOOD.replace(b"hello", b"again"))
        data = until(asking, b"again")
    assert data.count(b"HTTP/1.1 200 OK\r\n") == 2
    assert data.index(b"hello") < data.index(b"again")


def test_continue_is_sent_only_when_the_application_reads_the_body(base: str) -> None:
    waiting = GOOD.replace(b"Host", b"Expect: 100-continue\r\nHost")
    with connected(base) as asking:
        asking.sendall(waiting.partition(b"hello")[0])
        assert asking.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        asking.sendall(b"hello")
        until(asking, b"\r\n\r\nhello")
    with connected(base) as asking:
        asking.sendall(waiting.partition(b"hello")[0].replace(b"/echo", b"/deaf"))
        assert until(asking, b"deaf").startswith(b"HTTP/1.1 200 OK\r\n")


def test_received_bytes_are_passed_on_at_once() -> None:
    """The application gets each received byte at once, so that it can measure how slowly the client sends."""
    seen: list[bytes] = []
    signals = socket.socketpair()

    def reading(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append(environ["wsgi.input"].read(1000))
        signals[0].sendall(b".")
        return application(environ, start_response)

    server = HttpServer(("127.0.0.1", 0), reading, numthreads=2)
    thread = start(server)
    try:
        with connected(f"http://127.0.0.1:{server.bind_addr[1]}") as asking:
            asking.sendall(GOOD[:-4])
            assert signals[1].recv(1) == b"."
            asking.sendall(GOOD[-4:])
            until(asking, b"\r\n\r\nello")
    finally:
        server.stop()
        thread.join()
        for signal in signals:
            signal.close()
    assert seen == [b"h"]


class TestTls:
    def test_a_client_without_a_handshake_does_not_block_the_others(self, tls: tuple[str, Path]) -> None:
        base, authorities = tls
        with connected(base), connected(base):
            line = Line(base, str(authorities))
            assert line.ask([GOOD]).body == b"hello"
            line.close()

    def test_plain_http_is_refused(self, tls: tuple[str, Path]) -> None:
        base, _ = tls
        answer = Line(base.replace("https", "http")).ask([GOOD], fresh=True)
        assert (answer.status, b"only speaks HTTPS" in answer.body) == (400, True)

    @pytest.mark.parametrize("data", [b"\x16\x03\x01\x00\x05hello", b"\x00" * 300, b"SSH-2.0-x\r\n"])
    def test_a_connection_without_tls_is_closed(
        self, tls: tuple[str, Path], data: bytes, caplog: pytest.LogCaptureFixture
    ) -> None:
        base, authorities = tls
        with pytest.raises((NoAnswer, ssl.SSLError)):
            Line(base.replace("https", "http")).ask([data], fresh=True, close_writing=True)
        line = Line(base, str(authorities))
        assert line.ask([GOOD]).body == b"hello"
        line.close()
        assert caplog.text == ""
