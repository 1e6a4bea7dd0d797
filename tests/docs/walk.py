"""Follows a page as a reader would: runs its commands, makes its changes, and compares what is printed.

- ``sh`` blocks are run line by line in a folder of the reader's. `` # exit code 1`` behind a command says how it ends.
- ``aldis serve --port 8080`` is started and kept until the page ends, or the next command that judges its recording.
- A run of the whole suite is shortened to the feature "One month", unless ``whole`` is set: it takes a minute.
- ``diff`` blocks replace lines: ``--- FILE``, then the lines that go (``-``) and those that come (``+``).
- ``xml`` blocks that begin with a comment are saved under the name in it, without the comment: ``<!-- FILE -->``.
- ``text`` blocks stand in what the command before has printed, whatever the width of its lines; ``...`` leaves out.
"""

from __future__ import annotations

import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tests.docs.pages import Block, blocks

_SHORT = " --only month"
_WHOLE = " --cases 1 --months 1"
_PROGRAMS = {"aldis": "-c 'from conformance.cli import main; main()'", "pytest": "-m pytest -p no:cacheprovider"}
_SAVED = re.compile(r"<!-- ([\w.-]+) -->\n")
_EXIT = re.compile(r" # exit code (\d)$")


class Walk:
    """One reader in ``folder``. ``skip`` says which command lines are left to other tests."""

    def __init__(self, folder: Path, skip: Callable[[str], bool] = lambda _line: False, *, whole: bool = False) -> None:
        self._folder = folder
        self._whole = whole
        self._skip = skip
        self._printed = ""
        self._ports: dict[str, str] = {}
        self._server: subprocess.Popen[str] | None = None
        self.ran: list[str] = []
        (folder / "bin").mkdir()
        for name, program in _PROGRAMS.items():
            file = folder / "bin" / name
            file.write_text(f'#!/bin/sh\nexec {sys.executable} {program} "$@"\n')
            file.chmod(0o755)

    @property
    def printed(self) -> str:
        """Return the output of the last command, of both streams."""
        return self._printed

    def save(self, page: Path, language: str, name: str) -> None:
        """Write all blocks of a language into one file."""
        text = "\n\n".join(block.text for block in blocks(page) if block.language == language)
        (self._folder / name).write_text(text, encoding="utf-8")

    def follow(self, page: Path) -> None:
        """Run the blocks of a page in order. Raises AssertionError where it says something else than what happens."""
        with ExitStack() as stack:
            stack.callback(self._stop)
            for block in blocks(page):
                match block.language:
                    case "sh":
                        for line in block.text.replace("\\\n", "").splitlines():
                            self.run(line)
                    case "xml" if saved := _SAVED.match(block.text):
                        (self._folder / saved[1]).write_text(block.text[saved.end() :], encoding="utf-8")
                    case "diff":
                        self._change(block)
                    case "text":
                        self._compare(block)

    def run(self, line: str) -> None:
        """Run one command line. Raises AssertionError when it ends otherwise than the line says."""
        if self._skip(line) or not line.strip():
            return
        self.ran.append(line)
        expected = _EXIT.search(line)
        command = _EXIT.sub("", line)
        if command.startswith("aldis serve"):
            self._serve(command)
            return
        if " --recorded " in command:
            self._stop()
        elif _is_whole_run(command):
            command += _WHOLE if self._whole else _SHORT
        for written, port in self._ports.items():
            command = command.replace(f":{written}", f":{port}")
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self._folder,
            env={"PATH": f"{self._folder}/bin:/usr/bin:/bin", "COLUMNS": "120", "HOME": str(self._folder)},
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == int(expected[1] if expected else 0), f"{line}\n{done.stdout}\n{done.stderr}"
        self._printed = done.stdout + done.stderr

    def _serve(self, command: str) -> None:
        self._stop()
        arguments = shlex.split(command)[1:]
        for option in ("--port", "--ftps-port"):
            if option in arguments:
                written = arguments[arguments.index(option) + 1]
                with socket.create_server(("127.0.0.1", 0)) as free:
                    self._ports[written] = str(free.getsockname()[1])
                arguments[arguments.index(option) + 1] = self._ports[written]
        self._server = subprocess.Popen(
            [str(self._folder / "bin" / "aldis"), *arguments], cwd=self._folder, stdout=subprocess.PIPE, text=True
        )
        assert self._server.stdout is not None
        assert self._server.stdout.readline().startswith("ready ")

    def _stop(self) -> None:
        if self._server is not None:
            self._server.terminate()
            self._server.wait(timeout=30)
            assert self._server.stdout is not None
            self._server.stdout.close()
            self._server = None

    def _change(self, block: Block) -> None:
        head, *lines = block.text.splitlines()
        file = self._folder / head.removeprefix("--- ")
        gone, come = ("\n".join(line[1:] for line in lines if line[0] == sign) for sign in "-+")
        before = file.read_text(encoding="utf-8")
        assert before.count(gone) == 1, f"{head}: {gone!r} stands there {before.count(gone)} times"
        file.write_text(before.replace(gone, come), encoding="utf-8")

    def _compare(self, block: Block) -> None:
        printed = " ".join(self._printed.split())
        for line in block.text.splitlines():
            for part in line.split("..."):
                assert " ".join(part.split()) in printed, f"not printed: {part}\n\n{self._printed}"


def _is_whole_run(command: str) -> bool:
    return command.startswith("aldis check ") and not {"--only", "--recorded"} & set(command.split())
