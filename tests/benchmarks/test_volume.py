"""A document of national size: seconds, memory, and how that compares with reading it (`make bench`)."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from simulator.documents.profile import load_profile
from simulator.domain.model import ChannelName
from simulator.settings.files import data_root

pytestmark = pytest.mark.bench
RECORDS = 170_000
GENERATE = """
import os, sys
from conformance.cli import main
from tests.benchmarks.processes import peak_memory
try:
    main()
finally:
    print(peak_memory(os.getpid()), file=sys.stderr)
"""


def test_contract_records_of_the_whole_country(tmp_path: Path) -> None:
    start = time.perf_counter()
    command = [
        sys.executable,
        "-c",
        GENERATE,
        "generate",
        "contract",
        "--records",
        str(RECORDS),
        "--out",
        str(tmp_path),
    ]
    done = subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    writing = time.perf_counter() - start
    peak = float(done.stderr.splitlines()[-1])
    (file,) = tmp_path.glob("*.xml")
    schema = data_root("schemas") / load_profile().channel(ChannelName.CONTRACT).schema_path
    start = time.perf_counter()
    subprocess.run(
        ["xmllint", "--stream", "--noout", "--schema", str(schema), str(file)], check=True, capture_output=True
    )
    reading = time.perf_counter() - start
    print(
        f"\n{RECORDS} contract records, {file.stat().st_size / 1e6:.0f} MB (at most 20 s, 128 MB): {writing:.1f} s,"
        f" peak {peak:.0f} MB; {writing / reading:.1f} times what xmllint takes to read and validate it"
    )
