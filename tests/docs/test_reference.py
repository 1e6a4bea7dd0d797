"""Pages that list what the code has: none is missing, and none is invented."""

from __future__ import annotations

import json
import re
import subprocess
import sys

from simulator.dit.model import RefusalCode
from simulator.soap.refusals import EnvelopeCode
from tests.docs.pages import DOCS, ROOT


def test_keys_of_retailer_toml() -> None:
    page = (DOCS / "reference" / "retailer-toml.md").read_text(encoding="utf-8").partition("## Waivers")[0]
    named = re.findall(r"^\| (?:`\[\w+\]` )?`(\w+)` \|", page, re.MULTILINE)
    schema = json.loads((ROOT / "schemas" / "settings" / "retailer.schema.json").read_text(encoding="utf-8"))
    assert named == [key for table in schema["properties"].values() for key in table["properties"]]


def test_options_of_the_plugin() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "pytest", "--help"], capture_output=True, text=True, check=True
    ).stdout
    page = (DOCS / "ci.md").read_text(encoding="utf-8")
    assert set(re.findall(r"--aldis-[a-z]+", page)) == set(re.findall(r"--aldis-[a-z]+", shown))


def test_fault_codes() -> None:
    page = (DOCS / "call-refused.md").read_text(encoding="utf-8")
    tables = page.partition("### The envelope and the connection")[2].partition("### Tokens and signatures")[0]
    rows = [row.split("|")[1] for row in tables.splitlines() if row.startswith("| `")]
    named = [code for row in rows for code in re.findall(r"`([a-z-]+)`", row)]
    assert set(named) == {*map(str, RefusalCode), *map(str, EnvelopeCode)}
