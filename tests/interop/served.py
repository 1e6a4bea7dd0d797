"""A real ``aldis serve`` on loopback, and what the tests ask of it over HTTP."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import sysconfig
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SERVICE = "/dit/v1-2/MessageService"
CONFIGURATION = "/dit/v1-3/ConfigurationService"
CLOCK = "2026-03-02T09:00:00+02:00"

_SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
_SVC = "http://ivis.eps.gov.lv/ISS/DITService/v1-0"
_DIT = "http://ivis.eps.gov.lv/XMLSchemas/100000/DIT/v1-0"


@dataclass(frozen=True)
class Served:
    """The simulator at a base URL such as ``http://127.0.0.1:40123``; ``keys`` is its folder of keys, over TLS."""

    base: str
    keys: Path | None = None

    @property
    def wsdl(self) -> str:
        return f"{self.base}{SERVICE}?wsdl"

    def address(self, soap: str) -> str:
        return f"{self.base}{SERVICE}/{'plain' if soap == '1.2' else 'plain11'}"

    def settle(self) -> None:
        """Wait until ALDIS has taken in what it was sent: time is moved to where it stands."""
        body = json.dumps({"to": CLOCK}).encode()
        self._ask("/admin/clock", body, {"Content-Type": "application/json"})

    def journal(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = []
        while page := json.loads(
            self._ask(f"/admin/journal?limit=1000&after={entries[-1]['number'] if entries else 0}")
        ):
            entries += page
        return entries

    def blob(self, reference: str) -> bytes:
        return self._ask(f"/admin/blob/{reference}")

    def send(self, user: str, version: str, document: bytes) -> None:
        """SendMessage2 of a business message, written by hand: no client of those under test."""
        payload = document.decode().partition("?>")[2]
        self._ask(
            f"{SERVICE}/plain",
            f'<s:Envelope xmlns:s="{_SOAP_12}"><s:Body><SendMessage xmlns="{_SVC}"><MessageSave2 xmlns="{_DIT}">'
            f"<ChannelVersionURN>{version}</ChannelVersionURN><BussinesMessage>{payload}</BussinesMessage>"
            "</MessageSave2></SendMessage></s:Body></s:Envelope>".encode(),
            {
                "Content-Type": "application/soap+xml; charset=utf-8",
                "Authorization": "Basic " + base64.b64encode(f"{user}:any".encode()).decode(),
            },
        )

    def _ask(self, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> bytes:
        request = urllib.request.Request(self.base + path, data=body, headers=headers or {})
        context = ssl.create_default_context(cafile=self.keys / "ca.pem") if self.keys is not None else None
        # A proxy of the machine's has no business here.
        loopback = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        with loopback.open(request, timeout=60) as reply:
            data: bytes = reply.read()
        return data


@contextmanager
def serving(directory: Path, security: str = "off") -> Iterator[Served]:
    """Run ``aldis serve`` on a free port, its data and its log in a folder; it must end cleanly when it is told to.

    With ``security`` the plain addresses stand open beside the guarded ones, for what the tests themselves send.
    """
    aldis = Path(sysconfig.get_path("scripts")) / "aldis"
    command = [str(aldis), "serve", "--port", "0", "--data", str(directory / "data"), "--clock", CLOCK]
    keys = None
    if security != "off":
        settings = directory / "security.toml"
        settings.write_text("[call]\nplain = true\n")
        keys = directory / "data" / "keys"
        command += ["--security", security, "--security-settings", str(settings)]
    log = directory / "serve.log"
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            ready, _, base = process.stdout.readline().strip().partition(" ")
            assert ready == "ready", log.read_text()
            yield Served(base, keys)
        finally:
            process.terminate()
            process.wait(timeout=30)
    assert process.returncode == 0, log.read_text()
    said = f"keys, certificates and passwords: {keys}\n" if keys is not None else ""
    assert log.read_text() == said, "the simulator complained"
