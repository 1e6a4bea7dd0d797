"""The clients that we did not write, and how a walk of each is run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
_PYTHON = Path(sys.executable)


@dataclass(frozen=True)
class Client:
    """A client and what runs a program of it; ``folder`` is where its walk lies and where it finds its packages.

    ``reads_blanks`` and ``sends_blanks`` are false where a client loses the white space between a payload's elements.
    """

    name: str
    runner: tuple[str, ...]
    walk: Path
    soap: tuple[str, ...] = ("1.2", "1.1")
    reads_blanks: bool = True
    sends_blanks: bool = True

    def run(self, program: Path, *, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run one program of this client, without the machine's proxies."""
        runner = shutil.which(self.runner[0])
        assert runner is not None, f"{self.runner[0]} is not installed: run `make interop`, which installs it"
        environment = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
        environment["NODE_PATH"] = str(HERE / "node" / "node_modules")
        return subprocess.run(
            [runner, *self.runner[1:], program.name],
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            cwd=program.parent,
            env=environment,
            timeout=120,
        )

    def saw(self, plan: dict[str, str]) -> dict[str, Any]:
        """Walk, and return what the client saw; its own words are shown when it fails."""
        done = self.run(self.walk, stdin=json.dumps(plan))
        assert done.returncode == 0, f"{self.name} failed:\n{done.stdout}\n{done.stderr}"
        found: dict[str, Any] = json.loads(done.stdout)
        return found


PHP = Client("php", ("php",), HERE / "php" / "walk.php", reads_blanks=False)
NODE = Client("node", ("node",), HERE / "node" / "walk.js")
ZEEP = Client("zeep", (str(_PYTHON),), HERE / "python" / "zeep_walk.py")
SUDS = Client(
    "suds", (str(_PYTHON),), HERE / "python" / "suds_walk.py", soap=("1.1",), reads_blanks=False, sends_blanks=False
)
CLIENTS = (PHP, NODE, ZEEP, SUDS)
