"""Small calls with a token: how many a second the server carries out for each core (`make bench`)."""

from __future__ import annotations

import http.client
import multiprocessing
import ssl
import sys
import time
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from lxml import etree

from simulator.documents.profile import load_profile
from simulator.domain.model import ChannelName
from simulator.http.listener import HttpServer, Tls
from simulator.security.settings import load_settings
from simulator.settings.files import data_root
from simulator.soap.contract import DIT, SVC
from tests.benchmarks.processes import started
from tests.benchmarks.test_wire import CLIENTS, SECONDS, send_by_several
from tests.benchmarks.yardstick import measure, serve_until_told, yardstick
from tests.simulator.security.client import Token
from tests.simulator.security.setting import RETAILER, SECURED, SecuredSetting
from tests.simulator.security.test_served import client_of, password
from tests.simulator.soap.setting import open_setting

pytestmark = pytest.mark.bench
LEAST_CALLS = 250
KIND = "application/soap+xml; charset=utf-8"
VERSION = load_profile().channel(ChannelName.CONTRACT).version_urn()


def test_small_calls_with_a_symmetric_key(tmp_path: Path) -> None:
    """SendMessage2 over TLS, the token remembered, each call's signature checked; clients share the machine."""
    keys = tmp_path / "keys"
    with started("test_token_calls", str(tmp_path)) as (base, process), yardstick() as bare:
        token = client_of(base, keys).token(RETAILER, password(keys))
        shown = (etree.tostring(token.element), etree.tostring(token.reference), token.secret)
        _send(base, keys, shown, time.monotonic() + 1)
        send_by_several(bare.base)
        figure = measure(
            process, bare, partial(_send_by_several, base, keys, shown), partial(send_by_several, bare.base)
        )
    print(figure.tell("small calls with a SymmetricKey token", LEAST_CALLS))
    assert figure.keeps(LEAST_CALLS)


def _send_by_several(base: str, keys: Path, shown: tuple[bytes, bytes, bytes | None]) -> int:
    end = time.monotonic() + SECONDS
    with multiprocessing.get_context("fork").Pool(CLIENTS) as pool:
        return sum(pool.starmap(_send, [(base, keys, shown, end)] * CLIENTS))


def _send(base: str, keys: Path, shown: tuple[bytes, bytes, bytes | None], end: float) -> int:
    token = Token(etree.fromstring(shown[0]), etree.fromstring(shown[1]), shown[2], None, "")
    client = client_of(base, keys)
    text = (data_root("fixtures") / "payloads" / "contract" / "valid-empty.xml").read_text(encoding="utf-8")
    root = text[text.index("<ProviderContract") :]
    start = root.index("<DocumentIdentifier>") + len("<DocumentIdentifier>")
    parts = urlsplit(base)
    context = ssl.create_default_context(cafile=keys / "ca.pem")
    connection = http.client.HTTPSConnection(str(parts.hostname), parts.port, timeout=60, context=context)
    count = 0
    while time.monotonic() < end:
        content = (
            f'<SendMessage xmlns="{SVC}"><MessageSave2 xmlns="{DIT}"><ChannelVersionURN>{VERSION}</ChannelVersionURN>'
            f"<BussinesMessage>{root[:start]}{uuid4()}{root[start + 36 :]}</BussinesMessage>"
            "</MessageSave2></SendMessage>"
        )
        body = etree.tostring(client.envelope(SECURED, "SendMessage2", content, token))
        connection.request("POST", SECURED, body, {"Content-Type": KIND})
        reply = connection.getresponse()
        data = reply.read()
        assert reply.status == 200, data
        count += 1
    connection.close()
    return count


def _serve(directory: Path) -> None:
    """DIT and the STS behind TLS, in a process of their own, with nobody else in it."""
    with open_setting(directory) as setting:
        secured = SecuredSetting(setting, directory / "keys", load_settings())
        material = secured.secured.material
        server = HttpServer(("127.0.0.1", 0), secured.application, numthreads=8)
        server.ssl_adapter = Tls(str(material.server_certificate), str(material.server_key))
        serve_until_told(server, "https")


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
