"""A month of the whole country: determination, publication, reconciliation (`make bench`).

170,000 protected persons and 4 retailers, who hand in contracts and bills for 12 months; the last month's duties are
measured in the process that lived through all of it, on SQLite. ``ALDIS_BENCH_PERSONS`` and ``ALDIS_BENCH_MONTHS`` make
it smaller. Prints the figures, what was promised, and how they compare with xmllint's reading and validating the same
month's list in the same run; time hangs on what else the machine does, so only the memory can fail it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.bench
PERSONS = int(os.environ.get("ALDIS_BENCH_PERSONS", "170000"))
MONTHS = int(os.environ.get("ALDIS_BENCH_MONTHS", "12"))
MOST_SECONDS = 30
MOST_MEGABYTES = 512


def test_a_month_of_the_country(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.benchmarks.national", str(PERSONS), str(MONTHS), str(tmp_path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures = json.loads(done.stdout)
    seconds = figures["determine, s"] + figures["reconcile, s"]
    processor = figures["determine, CPU s"] + figures["reconcile, CPU s"]
    print(
        f"\n{PERSONS} protected persons, 4 retailers, month {MONTHS}:"
        f"\n  determination and publication   {figures['determine, s']:.1f} s"
        f"\n  reconciliation                  {figures['reconcile, s']:.1f} s"
        f"\n  together (at most {MOST_SECONDS} s)         {seconds:.1f} s, of which on the processor {processor:.1f} s;"
        f" {seconds / figures['xmllint, s']:.1f} times what xmllint takes for the list of {figures['list, MB']:.0f} MB"
        f"\n  peak memory (at most {MOST_MEGABYTES} MB)    {figures['peak, MB']:.0f} MB, of a year's work with the"
        f" world; {figures['peak, MB'] / figures['list, MB']:.1f} times the list"
    )
    assert figures["peak, MB"] <= MOST_MEGABYTES
