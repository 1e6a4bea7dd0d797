"""The wire's figures, run by ``make bench``: large documents against xmllint, and small calls a second for each core.

Prints figures and ratios; fails where one of them misses what the project promises: peak memory of 256 MB, three times
xmllint's wall time on the same file in the same run, 400 small calls a second for each core (see ``yardstick``).
"""

from __future__ import annotations

import base64
import http.client
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from simulator.documents.profile import load_profile
from simulator.domain.model import ChannelName
from simulator.settings.files import data_root
from simulator.soap.contract import DIT, SVC
from tests.benchmarks.processes import peak_memory, started
from tests.benchmarks.yardstick import measure, yardstick
from tests.simulator.soap.setting import RETAILER, open_setting, serving

pytestmark = pytest.mark.bench
MEGABYTE = 1024 * 1024
LARGE = int(os.environ.get("ALDIS_BENCH_MEGABYTES", "450"))
MOST_MEMORY = 256
MOST_TIMES_XMLLINT = 3.0
LEAST_CALLS = 400
SECONDS = 5
CLIENTS = 4
BVKB = "bvkb"
SCHEMA = data_root("schemas") / "aldis" / "ALISProvider.xsd"
VERSION = load_profile().channel(ChannelName.CONTRACT).version_urn()
ENVELOPE = (
    f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><SendMessage xmlns="{SVC}">'
    f'<MessageSave2 xmlns="{DIT}"><ChannelVersionURN>{VERSION}</ChannelVersionURN>'
    "<BussinesMessage>{}</BussinesMessage></MessageSave2></SendMessage></s:Body></s:Envelope>"
)
RECEIVE = (
    f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><ReceiveMessage xmlns="{SVC}">'
    f'<MessageRequest xmlns="{DIT}"><ChannelVersionURN>{VERSION}</ChannelVersionURN></MessageRequest>'
    "</ReceiveMessage></s:Body></s:Envelope>"
).encode()
PLAIN = "application/soap+xml; charset=utf-8"
PARTS = 'multipart/related; type="application/xop+xml"; start="<e>"; start-info="application/soap+xml"; boundary="B"'
ROOT = b'--B\r\nContent-ID: <e>\r\nContent-Type: application/xop+xml; type="application/soap+xml"\r\n\r\n'
INCLUDE = '<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:d"/>'
PART = b"\r\n--B\r\nContent-ID: <d>\r\nContent-Type: text/xml\r\nContent-Transfer-Encoding: binary\r\n\r\n"
END = b"\r\n--B--\r\n"


@dataclass(frozen=True)
class Server:
    base: str
    process: int

    def peak(self) -> float:
        """Most memory that the server's process ever had, MB."""
        return peak_memory(self.process)

    def post(
        self, port: str, content_type: str, pieces: Iterable[bytes], size: int, user: str
    ) -> tuple[int, int, bytes]:
        """HTTP status, bytes of the answer, and its first bytes."""
        parts = urlsplit(self.base)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=600)
        headers = {"Content-Type": content_type, "Content-Length": str(size), **_basic(user)}
        connection.request("POST", f"/dit/v1-2/MessageService/{port}", pieces, headers)
        reply = connection.getresponse()
        first = reply.read(2000)
        count = len(first)
        while data := reply.read(MEGABYTE):
            count += len(data)
        connection.close()
        return reply.status, count, first


def _basic(user: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:any".encode()).decode()}


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A valid contract document of the size wanted."""
    text = (data_root("fixtures") / "payloads" / "contract" / "valid-new.xml").read_text(encoding="utf-8")
    start, end = text.index("  <Contract>"), text.index("</Contract>") + len("</Contract>\n")
    record = text[start:end]
    count = LARGE * MEGABYTE // len(record.encode()) + 1
    path = tmp_path_factory.mktemp("document") / "large.xml"
    root = text.index("<ProviderContract")
    with path.open("w", encoding="utf-8") as file:
        file.write(text[root:start].replace("<RecordCount>2<", f"<RecordCount>{count}<"))
        for number in range(count):
            file.write(record.replace("0012345678", f"{number:010d}"))
        file.write("</ProviderContract>\n")
    return path


@contextmanager
def server(directory: Path) -> Iterator[Server]:
    """DIT behind the wire, in a process of its own, with nobody else in it."""
    with started("test_wire", str(directory)) as (base, process):
        yield Server(base, process)


def _serve(directory: Path) -> None:
    with open_setting(directory) as setting, serving(setting) as base:
        print(base, flush=True)
        sys.stdin.read()


def _inline(path: Path) -> Iterator[bytes]:
    before, after = ENVELOPE.split("{}")
    yield before.encode()
    yield from _bytes(path)
    yield after.encode()


def _part(path: Path) -> Iterator[bytes]:
    yield ROOT + ENVELOPE.replace("{}", INCLUDE).encode() + PART
    yield from _bytes(path)
    yield END


def _bytes(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while data := file.read(MEGABYTE):
            yield data


def _xmllint(path: Path) -> float:
    started = time.monotonic()
    command = ["xmllint", "--stream", "--noout", "--schema", str(SCHEMA), str(path)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    return time.monotonic() - started


@pytest.mark.skipif(shutil.which("xmllint") is None, reason="xmllint is missing (Debian: libxml2-utils)")
@pytest.mark.parametrize(("how", "port"), [("inline", "plain"), ("mtom", "plainMtom")])
def test_a_large_document(document: Path, tmp_path: Path, how: str, port: str) -> None:
    pieces = {"inline": _inline, "mtom": _part}[how]
    size = sum(map(len, pieces(document)))
    with server(tmp_path) as served:
        xmllint = _xmllint(document)
        started = time.monotonic()
        status, _, first = served.post(port, PLAIN if how == "inline" else PARTS, pieces(document), size, RETAILER)
        receive = time.monotonic() - started
        assert status == 200, first
        started = time.monotonic()
        wanted = RECEIVE if how == "inline" else ROOT + RECEIVE + END
        content_type = PLAIN if how == "inline" else PARTS
        status, count, first = served.post(port, content_type, [wanted], len(wanted), BVKB)
        read = time.monotonic() - started
        peak = served.peak()
        assert status == 200, first
        assert count > document.stat().st_size
    print(
        f"\n{how}: {size / MEGABYTE:.0f} MB received, validated, stored, journaled in {receive:.1f} s; "
        f"xmllint --stream {xmllint:.1f} s; ratio {receive / xmllint:.2f} (at most {MOST_TIMES_XMLLINT:.0f})"
        f"\n{how}: read back by the addressee in {read:.1f} s; "
        f"server's peak memory {peak:.0f} MB (at most {MOST_MEMORY})"
    )
    assert peak <= MOST_MEMORY
    assert receive <= MOST_TIMES_XMLLINT * xmllint


def test_one_byte_too_many_is_refused(tmp_path: Path) -> None:
    """501 MB: refused with 413, and the next call is served."""
    size = 501 * MEGABYTE + 1
    with server(tmp_path) as served:
        filling = (b"x" * MEGABYTE for _ in range(501))
        status, _, first = served.post("plain", PLAIN, (*filling, b"x"), size, RETAILER)
        assert (status, b"too-large" in first) == (413, True)
        assert served.post("plain", PLAIN, [RECEIVE], len(RECEIVE), BVKB)[0] == 200
        print(f"\n501 MB: refused with 413; server's peak memory {served.peak():.0f} MB")
        assert served.peak() <= MOST_MEMORY


def test_small_calls(tmp_path: Path) -> None:
    """SendMessage2, validated, durably stored and journaled; client processes and the server share the machine."""
    with server(tmp_path) as served, yardstick() as bare:
        for base in (served.base, bare.base):
            _send_until(base, time.monotonic() + 1)
        figure = measure(
            served.process, bare, partial(send_by_several, served.base), partial(send_by_several, bare.base)
        )
    print(figure.tell("small calls", LEAST_CALLS))
    assert figure.keeps(LEAST_CALLS)


def send_by_several(base: str) -> int:
    """How many small calls several client processes make at once, in a few wall seconds."""
    end = time.monotonic() + SECONDS
    with multiprocessing.get_context("fork").Pool(CLIENTS) as pool:
        return sum(pool.starmap(_send_until, [(base, end)] * CLIENTS))


def _send_until(base: str, end: float) -> int:
    text = (data_root("fixtures") / "payloads" / "contract" / "valid-empty.xml").read_text(encoding="utf-8")
    root = text[text.index("<ProviderContract") :]
    start = root.index("<DocumentIdentifier>") + len("<DocumentIdentifier>")
    parts = urlsplit(base)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
    headers = {"Content-Type": PLAIN, **_basic(RETAILER)}
    count = 0
    while time.monotonic() < end:
        body = ENVELOPE.replace("{}", f"{root[:start]}{uuid4()}{root[start + 36 :]}").encode()
        connection.request("POST", "/dit/v1-2/MessageService/plain", body, headers)
        reply = connection.getresponse()
        data = reply.read()
        assert reply.status == 200, data
        count += 1
    connection.close()
    return count


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
