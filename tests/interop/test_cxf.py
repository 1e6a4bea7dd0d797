"""Apache CXF: its generator compiles the served WSDLs as they are, and the policies in them configure its security."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.interop.checking import EVENT_NAME, FAULT, assert_same
from tests.interop.served import serving
from tests.interop.stage import AUTHORITY, BVKB, LARGE, USER, Stage, open_stage

pytestmark = pytest.mark.interop

_CXF = Path(__file__).parent / "cxf"
_LIB = _CXF / "target" / "lib"
_WSDLS = ("/dit/v1-2/MessageService?wsdl", "/dit/v1-3/ConfigurationService?wsdl")


def java(keys: Path, *arguments: str, classes: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a Java program with CXF on its path, trusting the simulator's authority, without the machine's proxies."""
    path = os.pathsep.join([*([str(classes)] if classes is not None else []), str(_LIB / "*")])
    return subprocess.run(
        [
            _tool("java"),
            "-XX:TieredStopAtLevel=1",
            f"-Djavax.net.ssl.trustStore={keys / 'truststore.p12'}",
            "-Djavax.net.ssl.trustStorePassword=aldis",
            "-cp",
            path,
            *arguments,
        ],
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        env={key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")},
    )


def _tool(name: str) -> str:
    found = shutil.which(name)
    assert found is not None, f"{name} is not installed: run `make interop`, which installs it"
    assert _LIB.is_dir(), "Apache CXF is not there: run `make interop`, which fetches it"
    return found


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What CXF's generator makes of both WSDLs as they are served, compiled together with the walk."""
    folder = tmp_path_factory.mktemp("cxf")
    sources, compiled = folder / "sources", folder / "classes"
    with serving(folder, "username") as served:
        assert served.keys is not None
        for wsdl in _WSDLS:
            made = java(
                served.keys, "org.apache.cxf.tools.wsdlto.WSDLToJava", "-d", str(sources), f"{served.base}{wsdl}"
            )
            assert made.returncode == 0, made.stdout + made.stderr
            assert "Error" not in made.stderr
    files = [str(path) for path in (*sources.rglob("*.java"), _CXF / "src" / "Walk.java")]
    done = subprocess.run(
        [_tool("javac"), "-nowarn", "-d", str(compiled), "-cp", str(_LIB / "*"), *files],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return compiled


def walk(stage: Stage, classes: Path, credential: str, *, password: str | None = None) -> dict[str, str]:
    keys = stage.served.keys
    assert keys is not None
    known = re.search(rf'^"{USER}" = "(.*)"$', (keys / "users.toml").read_text(), re.MULTILINE)
    assert known is not None
    done = java(
        keys,
        "Walk",
        stage.served.base,
        credential,
        USER,
        password or known[1],
        str(keys),
        str(stage.contract),
        stage.contract_version,
        stage.discount_version,
        str(stage.report),
        str(stage.large),
        BVKB,
        classes=classes,
    )
    assert done.returncode == 0, f"CXF failed:\n{done.stdout}\n{done.stderr}"
    return dict(line.split(": ", 1) for line in done.stdout.splitlines())


@pytest.mark.parametrize("credential", ["username", "certificate"])
def test_walk(classes: Path, credential: str, tmp_path: Path) -> None:
    with open_stage(tmp_path, credential) as stage:
        saw = walk(stage, classes, credential)
        first, second = (discount.id for discount in stage.discounts)
        assert saw == {
            "events": "1",
            "received": f"{first} {second} ProviderDiscount",
            "restored": "true",
            "fault": FAULT,
            "received again": first,
            "replied": "true",
            "deleted": "true",
            "left": "1",
            "sent": "true",
            "sent to one": "true",
            "sent large": "true",
            "sent by MTOM": "true",
            "sent large by MTOM": "true",
            "received by MTOM": "1",
        }
        entries = stage.journal_since()
        tokens = [entry for entry in entries if entry["kind"] == "token"]
        assert {(token["details"]["credential"], token["outcome"]) for token in tokens} == {
            (f"{credential}mixed", "ok")
        }
        assert len(tokens) <= 2, "a token is used until it ends"
        calls = [entry for entry in entries if entry["kind"] == "exchange"]
        assert {call["authority"] for call in calls} == {AUTHORITY}
        assert {call["details"]["security"]["key_type"] for call in calls if call["outcome"] == "ok"} == {
            "SymmetricKey"
        }
        _sent(stage, [call for call in calls if call["operation"] == "SendMessage2"])


def _sent(stage: Stage, sent: list[dict[str, Any]]) -> None:
    """What came of a reply, a message, one to a receiver and a large one, and of a message and a large one by MTOM."""
    expected = [stage.report, stage.contract, stage.contract, stage.large, stage.contract, stage.large]
    for each, file in zip(sent, expected, strict=True):
        assert_same(stage.served.blob(each["payload"]), file.read_bytes(), blanks=True)
    details = [each["details"] for each in sent]
    assert (details[0]["event_name"], details[0]["related_message"]) == (EVENT_NAME, stage.discounts[0].id)
    assert [detail["receivers"] for detail in details] == [[], [], [BVKB], [], [], []]
    assert [detail.get("request_bytes", 0) > LARGE for detail in details] == [False, False, False, True, False, True]
    small = [sent[1], sent[2], sent[4]]  # of a large request the journal keeps the envelope alone
    assert [b"xop" in stage.served.blob(each["request"]) for each in small] == [False, False, True]


def test_a_wrong_password_is_told_apart_in_the_journal_alone(classes: Path, tmp_path: Path) -> None:
    with open_stage(tmp_path, "username") as stage:
        with pytest.raises(AssertionError, match="CXF failed"):
            walk(stage, classes, "username", password="guessed")
        (token,) = [each for each in stage.journal_since() if each["kind"] == "token"]
        assert token["outcome"] == "fault"
        assert "wsse:Password: it is not the password of 'paraugs'" in token["cause"]
