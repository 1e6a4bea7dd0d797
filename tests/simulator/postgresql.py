"""A PostgreSQL of the test's own: made in a temporary folder with the machine's programs, reached by a socket file."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MISSING = "PostgreSQL's initdb and pg_ctl were not found; `make interop` installs them on Debian"
_DEBIAN = Path("/usr/lib/postgresql")


def programs() -> Path | None:
    """The folder of the newest initdb and pg_ctl on the machine; None when there are none."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    versions = [path for path in _DEBIAN.glob("*/bin") if path.joinpath("initdb").exists()]
    return max(versions, key=lambda version: int(version.parent.name), default=None)


@contextmanager
def cluster(binaries: Path) -> Iterator[str]:
    """Run a cluster and yield the SQLAlchemy URL of an empty database in it."""
    owner = "postgres" if os.geteuid() == 0 else None  # the server refuses to be run by root
    folder = Path(tempfile.mkdtemp(prefix="aldis-pg-"))
    if owner is not None:
        shutil.chown(folder, owner)
    data = folder / "data"

    def run(program: str, *arguments: str) -> None:
        # The server inherits what it is started with: a pipe would never end.
        with folder.joinpath(f"{program}.log").open("wb") as log:
            subprocess.run([binaries / program, *arguments], check=True, user=owner, cwd=folder, stdout=log, stderr=log)

    try:
        run("initdb", "-D", str(data), "-U", "aldis", "-A", "trust", "-E", "UTF8", "--locale=C")
        settings = f"-c listen_addresses='' -c unix_socket_directories='{folder}'"
        run("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "server.log"), "-o", settings, "start")
        try:
            yield f"postgresql+psycopg://aldis@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)
