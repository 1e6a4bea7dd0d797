"""Run ``aldis`` in the tests: in this process by default, or as a separate process where that is what is tested."""

from __future__ import annotations

import contextlib
import logging
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from conformance.commands.group import group

ALDIS = (sys.executable, "-c", "from conformance.cli import main; main(prog_name='aldis')")


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that has ended: its exit code and all that it printed."""

    returncode: int
    stdout: str
    stderr: str


def aldis(*arguments: str, cwd: Path) -> Finished:
    """Run a command in this process, in the folder ``cwd``. Raises whatever exception leaves the command."""
    with _restored(), contextlib.chdir(cwd):
        result = CliRunner().invoke(group, arguments, prog_name="aldis", catch_exceptions=False)
    return Finished(result.exit_code, result.stdout, result.stderr)


def aldis_process(
    *arguments: str, cwd: Path, timeout: float = 300, file_bytes: int | None = None, stdout: int = subprocess.PIPE
) -> Finished:
    """Run a command as a process and assert that it shows no traceback of the suite.

    ``timeout`` is in wall seconds. ``file_bytes`` is the size in bytes at which writing to a file fails, as on a full
    disk. ``stdout`` takes the place of a pipe.
    """

    def limit() -> None:
        if file_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

    done = subprocess.run(
        [*ALDIS, *arguments],
        cwd=cwd,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=timeout,
        preexec_fn=limit,
    )
    assert "Traceback" not in done.stderr, done.stderr
    # The traceback of a retailer's driver belongs to the report; one through the command line is the suite's.
    assert "Traceback" not in (done.stdout or "") or "conformance/cli.py" not in done.stdout, done.stdout
    return Finished(done.returncode, done.stdout or "", done.stderr)


@contextlib.contextmanager
def _restored() -> Iterator[None]:
    """Give back the environment, sys.path, modules and the root logger as they were before the command."""
    environment, path, modules, root = dict(os.environ), list(sys.path), set(sys.modules), logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(environment)
        sys.path[:] = path
        root.handlers[:] = handlers
        root.setLevel(level)
        for name in [name for name in sys.modules.keys() - modules if not _installed(name)]:
            del sys.modules[name]


def _installed(name: str) -> bool:
    """Tell whether a module is found on sys.path, unlike a driver's or the scenarios', which a run loads by file."""
    file = getattr(sys.modules.get(name.partition(".")[0]), "__file__", None)
    if file is None:
        return True
    folder = Path(file).parent
    return str(folder.parent if Path(file).stem == "__init__" else folder) in sys.path
