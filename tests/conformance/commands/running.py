"""Runs ``aldis`` as a user does: as a process, in a folder of its own."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

ALDIS = (sys.executable, "-c", "from conformance.cli import main; main(prog_name='aldis')")


def aldis(
    *arguments: str, cwd: Path, timeout: float = 300, file_bytes: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; whatever it does, it shows no traceback of ours.

    ``file_bytes`` is the most that any file may hold, as on a full disk. ``timeout`` is in wall seconds.
    """

    def limit() -> None:
        if file_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

    done = subprocess.run(
        [*ALDIS, *arguments], cwd=cwd, capture_output=True, text=True, timeout=timeout, preexec_fn=limit
    )
    assert "Traceback" not in done.stderr, done.stderr
    # A retailer's own traceback belongs to the report; one with the suite's command in it is the suite's.
    assert "Traceback" not in done.stdout or "conformance/cli.py" not in done.stdout, done.stdout
    return done
