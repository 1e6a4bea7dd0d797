"""FTPS by clients that we did not write, curl and lftp: send, list, read, delete, reply with an error, large files."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from simulator.documents.profile import load_profile
from simulator.documents.writing import write_national
from tests.interop.stage import (
    AUTHORITY,
    BVKB_USER,
    OTHER_PROVIDER,
    PROVIDER,
    USER,
    contract_document,
    discount_document,
    error_report,
)
from tests.simulator.ftps.test_served import Served, served

pytestmark = pytest.mark.interop

CONTRACT = "/ALDIS_ProviderContract/DSK-v1-0"
DISCOUNT = "/ALDIS_ProviderDiscount/DIK-v1-1"
NATIONAL = "/ALDIS_ProviderDiscount/DIK-v1-0"
LARGE = 60_000_000  # bytes


class Client(Protocol):
    """What a program can do; each raises CalledProcessError when the server refuses."""

    def put(self, file: Path, path: str) -> None: ...
    def names(self, folder: str) -> list[str]: ...
    def get(self, path: str, file: Path) -> None: ...
    def delete(self, path: str) -> None: ...


@dataclass(frozen=True)
class Place:
    """Where, who, and whom to trust."""

    port: int
    user: str
    password: str
    ca: Path


def _run(*command: str) -> str:
    program = shutil.which(command[0])
    assert program is not None, f"{command[0]} is not installed: run `make interop`, which installs it"
    environment = {key: each for key, each in os.environ.items() if not key.lower().endswith("_proxy")}
    done = subprocess.run(
        [program, *command[1:]], capture_output=True, text=True, timeout=300, env=environment, check=True
    )
    return done.stdout


@dataclass(frozen=True)
class Curl:
    """curl, a program for each step."""

    place: Place

    def put(self, file: Path, path: str) -> None:
        self._curl("-T", str(file), path=path)

    def names(self, folder: str) -> list[str]:
        return self._curl("--list-only", path=f"{folder}/").splitlines()

    def get(self, path: str, file: Path) -> None:
        self._curl("-o", str(file), path=path)

    def delete(self, path: str) -> None:
        self._curl("-Q", f"DELE {path}", path="/")

    def _curl(self, *options: str, path: str) -> str:
        place = self.place
        known = ("--silent", "--show-error", "--ssl-reqd", "--cacert", str(place.ca))
        login = ("--user", f"{place.user}:{place.password}")
        return _run("curl", *known, *login, *options, f"ftp://localhost:{place.port}{path}")


@dataclass(frozen=True)
class Lftp:
    """lftp, in the same way."""

    place: Place

    def put(self, file: Path, path: str) -> None:
        self._lftp(f'put "{file}" -o "{path}"')

    def names(self, folder: str) -> list[str]:
        return [line.rpartition("/")[2] for line in self._lftp(f'cls -1 "{folder}"').splitlines()]

    def get(self, path: str, file: Path) -> None:
        self._lftp(f'get "{path}" -o "{file}"')

    def delete(self, path: str) -> None:
        self._lftp(f'rm "{path}"')

    def _lftp(self, command: str) -> str:
        place = self.place
        settings = (
            "set cmd:fail-exit yes; set xfer:clobber yes; set net:max-retries 1; set net:timeout 60; "
            f"set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set ssl:verify-certificate yes; "
            f'set ssl:ca-file "{place.ca}"; '
        )
        login = f'open -u "{place.user}","{place.password}" ftp://localhost:{place.port}; '
        return _run("lftp", "--norc", "-c", settings + login + command)


CLIENTS = {"curl": Curl, "lftp": Lftp}


@contextmanager
def stage(folder: Path) -> Iterator[Served]:
    """A simulator whose discount channel takes ReceiverFilter."""
    text = load_profile().path.read_text("utf-8").replace("use_receiver_filter = false", "use_receiver_filter = true")
    profile = folder / "profile.toml"
    profile.write_text(text, "utf-8")
    with served(folder, "--ftps-port", "0", "--data", str(folder / "data"), "--profile", str(profile)) as server:
        yield server


def _client(kind: str, server: Served, user: str = USER) -> Client:
    passwords = tomllib.loads((server.keys / "users.toml").read_text("utf-8"))
    place = Place(server.ftps_port, user, passwords[user], server.keys / "ca.pem")
    made: Client = CLIENTS[kind](place)
    return made


@pytest.mark.parametrize("kind", CLIENTS)
def test_walk(kind: str, tmp_path: Path) -> None:
    profile = load_profile()
    with stage(tmp_path) as server:
        retailer, bvkb = _client(kind, server), _client(kind, server, BVKB_USER)
        file, got = tmp_path / "out.xml", tmp_path / "in.xml"

        # To one receiver: the other retailer has a part of the list, too, and gets nothing.
        parts = {each: discount_document("valid-stacked") for each in (PROVIDER, OTHER_PROVIDER)}
        parts[OTHER_PROVIDER] = parts[OTHER_PROVIDER].replace(PROVIDER.encode(), OTHER_PROVIDER.encode())
        file.write_bytes(write_national(parts, profile))
        bvkb.put(file, f"{NATIONAL}/Write/{AUTHORITY}/1.xml")
        assert _client(kind, server, "kaimins").names("/ALDIS_ProviderDiscount/DIK-v1-2/Read") == []

        # List, read, reply with an error, delete.
        (name,) = retailer.names(f"{DISCOUNT}/Read")
        retailer.get(f"{DISCOUNT}/Read/{name}", got)
        assert PROVIDER.encode() in got.read_bytes()
        file.write_bytes(error_report())
        retailer.put(file, f"{DISCOUNT}/WriteEvent/WriteEventError/{name}")
        retailer.delete(f"{DISCOUNT}/Read/{name}")
        assert retailer.names(f"{DISCOUNT}/Read") == []
        (reply,) = [each for each in _journal(server) if each["operation"] == "SendMessage2" and _is_reply(each)]
        assert reply["details"]["related_message"] == name.removesuffix(".xml")
        assert _ask(server, f"/admin/blob/{reply['payload']}") == file.read_bytes()

        # Send; what is wrong with it comes back as an error of ALDIS.
        file.write_bytes(contract_document(provider=OTHER_PROVIDER))
        retailer.put(file, f"{CONTRACT}/Write/2.xml")
        server.settle()
        (error,) = retailer.names(f"{CONTRACT}/ReadError")
        retailer.get(f"{CONTRACT}/ReadError/{error}", got)
        retailer.delete(f"{CONTRACT}/ReadError/{error}")
        assert b"<" in got.read_bytes()

        # Refused: the program says so.
        file.write_bytes(b"<a/>")
        with pytest.raises(subprocess.CalledProcessError) as refused:
            retailer.put(file, f"{CONTRACT}/Write/3.xml")
        assert f"{USER}:" not in (refused.value.stderr or "")
        refusals = [each["fault_code"] for each in _journal(server) if each["outcome"] == "fault"]
        assert "invalid-payload" in refusals
        # lftp asks for an extension or two of other servers; apart from that nobody does anything that is refused.
        assert set(refusals) <= {"invalid-payload", "command-not-offered"}


@pytest.mark.parametrize("kind", CLIENTS)
def test_a_large_file_streams(kind: str, tmp_path: Path) -> None:
    document = _large_list()
    file, got = tmp_path / "large.xml", tmp_path / "got.xml"
    file.write_bytes(write_national({PROVIDER: document}, load_profile()))
    assert file.stat().st_size > LARGE
    with stage(tmp_path) as server:
        retailer, bvkb = _client(kind, server), _client(kind, server, BVKB_USER)
        before = _peak(server.process.pid)
        bvkb.put(file, f"{NATIONAL}/Write/1.xml")
        (name,) = retailer.names(f"{DISCOUNT}/Read")
        retailer.get(f"{DISCOUNT}/Read/{name}", got)
        grown = _peak(server.process.pid) - before
        assert got.read_bytes().count(b"Discount>") == document.count(b"Discount>")
        assert got.stat().st_size > LARGE / 2
        print(f"{kind}: {file.stat().st_size} bytes sent, {got.stat().st_size} read; peak memory +{grown / 1e6:.0f} MB")
        assert grown < LARGE


def _large_list() -> bytes:
    """A discount document of more than LARGE bytes: many records, each with a long reason."""
    text = discount_document("valid-stacked").decode()
    start, end = text.index("  <Discount>"), text.index("</Discount>") + len("</Discount>\n")
    reason = "<Status>Granted</Status><Reason>" + "garumzīmes " * 40 + "beigas</Reason>"
    record = text[start:end].replace("<Status>Granted</Status>", reason)
    count = LARGE // len(record.encode()) + 1
    records = "".join(record.replace("0012345678", f"{number:010d}") for number in range(count))
    head = text[:start].replace("<RecordCount>2<", f"<RecordCount>{count}<")
    return f"{head}{records}</ProviderDiscount>\n".encode()


def _journal(server: Served) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while page := json.loads(_ask(server, f"/admin/journal?limit=1000&after={found[-1]['number'] if found else 0}")):
        found += page
    return found


def _is_reply(entry: dict[str, Any]) -> bool:
    return bool(entry["interface"] == "ftps" and entry["details"]["message_class"] == "error")


def _ask(server: Served, path: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(server.base + path, timeout=60) as reply:
        data: bytes = reply.read()
    return data


def _peak(process: int) -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024
