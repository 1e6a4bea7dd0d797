"""Security in the docs: programs run, snippets are parts of the programs, checks are those of the code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from lxml import etree

from simulator.http.server import Server
from simulator.security.errors import Check
from tests.simulator.security.setting import RETAILER
from tests.simulator.security.test_served import CONTRACTS, password, server

__all__ = ["server"]
ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
REFUSED = (ROOT / "docs" / "call-refused.md").read_text(encoding="utf-8")


def test_the_python_program(server: Server, keys: Path) -> None:
    program = ROOT / "docs" / "examples" / "security" / "federated.py"
    arguments = [server.base_url, str(keys / "ca.pem"), RETAILER, password(keys), CONTRACTS]
    done = subprocess.run([sys.executable, str(program), *arguments], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "accepted\n", ""), done.stderr
    refused = subprocess.run(
        [sys.executable, str(program), *arguments[:3], "guessed", CONTRACTS], capture_output=True, text=True, timeout=60
    )
    assert "see the simulator's journal" in refused.stderr


def test_the_java_lines_are_those_of_the_walk() -> None:
    walk = (ROOT / "tests" / "interop" / "cxf" / "src" / "Walk.java").read_text(encoding="utf-8")
    (snippet,) = re.findall(r"```java\n(.*?)```", PAGE, re.DOTALL)
    known = {line.strip() for line in walk.splitlines()}
    assert [line for line in snippet.splitlines() if line.strip() not in known] == []


def test_the_dotnet_configuration_is_xml_with_the_documented_words() -> None:
    (snippet,) = re.findall(r"```xml\n(.*?)```", PAGE, re.DOTALL)
    root = etree.fromstring(f"<bindings>{snippet}</bindings>")
    modes = {element.get("mode") for element in root.iter("security")}
    assert modes == {"TransportWithMessageCredential"}
    assert {element.get("establishSecurityContext") for element in root.iter("message")} == {"false"}


def test_all_checks_are_explained() -> None:
    named = set(re.findall(r"`([a-z-]+)`", REFUSED.partition("| check |")[2].partition("### FTPS")[0]))
    assert named == {check.value for check in Check}
