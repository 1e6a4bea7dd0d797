"""Runs ``aldis`` as a user does: as a process, in a folder of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ALDIS = (sys.executable, "-c", "from conformance.cli import main; main(prog_name='aldis')")


def aldis(*arguments: str, cwd: Path, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; whatever it does, it shows no traceback."""
    done = subprocess.run([*ALDIS, *arguments], cwd=cwd, capture_output=True, text=True, timeout=timeout)
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done
