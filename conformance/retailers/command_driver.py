"""Driver of kind ``command``: a program that exchanges one JSON object a line on its standard input and output."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
from typing import IO, TYPE_CHECKING, Any, NoReturn

from conformance.retailers.protocol import LONGEST_ANSWER, Answer, DriverError, DriverNotStarted, Tail, read_answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_BYE_SECONDS = 5.0  # wall
_EXIT_SECONDS = 2.0  # wall
_READ_SECONDS = 1.0  # wall; for the streams to run dry after the process ended
_UNASKED_LINES = 8  # a driver has one line waiting at most: the answer


class CommandDriver:
    """A program that is started once, in ``directory``, and ended by ``close``.

    ``timeout`` is in wall seconds for one answer. ``log`` is a file for everything that the program writes to its
    error stream. A program that breaks the protocol is stopped, and every further request raises the same DriverError.
    Raises DriverNotStarted when the program cannot be started.
    """

    def __init__(self, command: Sequence[str], *, directory: Path, timeout: float, log: Path | None = None) -> None:
        self._timeout = timeout
        self._errors = Tail(copy=log)
        self._lines: queue.Queue[bytes | None] = queue.Queue(_UNASKED_LINES)
        self._flooded = False
        self._requests: queue.Queue[bytes | None] = queue.Queue()
        self._last_id = 0
        self._broken: str | None = None
        self._ended = False
        self._process = _start(command, directory)
        self._threads = [
            threading.Thread(target=target, name=f"driver {name}", daemon=True)
            for name, target in (("output", self._read_output), ("errors", self._read_errors), ("input", self._write))
        ]
        for thread in self._threads:
            thread.start()

    @property
    def log(self) -> str:
        """Text that the program has written to its error stream (the last 64 KiB)."""
        return self._errors.text()

    def ask(self, do: str, **fields: Any) -> Answer:
        """Send one request and wait for its answer; raises DriverError when the protocol is broken."""
        return self._ask(do, fields, self._timeout)

    def close(self) -> None:
        """Send bye, then end the program and every process that it started; never raises."""
        if not self._ended:
            if self._broken is None:
                with contextlib.suppress(DriverError):
                    self._ask("bye", {}, min(self._timeout, _BYE_SECONDS))
            self._requests.put(None)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_EXIT_SECONDS)
        self._end()

    def _ask(self, do: str, fields: Mapping[str, Any], timeout: float) -> Answer:
        if self._broken is not None:
            raise DriverError(self._broken)
        if self._flooded:
            self._break(
                f'the driver wrote more than {_UNASKED_LINES} lines before it was asked "{do}"; expected one line for '
                "each request, and nothing else on standard output"
            )
        self._last_id += 1
        request = {"id": self._last_id, "do": do, **fields}
        self._requests.put(json.dumps(request, ensure_ascii=False).encode() + b"\n")
        try:
            line = self._lines.get(timeout=timeout)
        except queue.Empty:
            self._break(f'the driver did not answer "{do}" within {timeout:g} seconds (driver.timeout)')
        if line is None:
            self._break(f'the driver {self._how_it_ended()} before it answered "{do}"')
        try:
            return self._read_answer(line, do)
        except DriverError as reason:
            self._break(str(reason))

    def _read_answer(self, line: bytes, do: str) -> Answer:
        if len(line) > LONGEST_ANSWER:
            raise DriverError(f'the driver answered "{do}" with a line of more than {LONGEST_ANSWER} bytes')
        expected = "expected one JSON object on a line, and nothing else on standard output"
        return read_answer(line, do=do, request_id=self._last_id, expected=expected)

    def _break(self, reason: str) -> NoReturn:
        self._end()
        lines = self._errors.last_lines()
        self._broken = f"{reason}; its error stream ends with: {lines}" if lines else reason
        raise DriverError(self._broken)

    def _how_it_ended(self) -> str:
        try:
            status = self._process.wait(_READ_SECONDS)
        except subprocess.TimeoutExpired:
            return "closed its standard output"
        if status < 0:
            return f"was ended by signal {-status} ({signal.strsignal(-status)})"
        return f"ended with exit status {status}"

    def _end(self) -> None:
        if self._ended:
            return
        self._ended = True
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._requests.put(None)
        for thread in self._threads:
            thread.join(_READ_SECONDS)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):
                _stream(stream).close()
        self._errors.close()

    def _read_output(self) -> None:
        output = _stream(self._process.stdout)
        try:
            with contextlib.suppress(OSError, ValueError):
                while line := output.readline(LONGEST_ANSWER + 1):
                    if line.strip():
                        self._lines.put_nowait(line)
            self._lines.put_nowait(None)
        except queue.Full:
            # Unrequested lines must not fill the memory. The driver may block on its pipe; the next request ends it.
            self._flooded = True

    def _read_errors(self) -> None:
        errors = _stream(self._process.stderr)
        with contextlib.suppress(OSError, ValueError):
            while chunk := os.read(errors.fileno(), 8192):
                self._errors.add(chunk)

    def _write(self) -> None:
        # A program that does not read its input blocks the writer, so requests are written on a thread of their own.
        # A broken pipe is not reported here: the end of the output is reported, with the exit status.
        target = _stream(self._process.stdin)
        with contextlib.suppress(OSError, ValueError):
            while (request := self._requests.get()) is not None:
                target.write(request)
                target.flush()
        with contextlib.suppress(OSError, ValueError):
            target.close()


def _start(command: Sequence[str], directory: Path) -> subprocess.Popen[bytes]:
    shown = " ".join(command)
    if not directory.is_dir():
        raise DriverNotStarted(f"cannot start the driver `{shown}`: there is no folder {directory}")
    try:
        return subprocess.Popen(  # noqa: S603 - to run the retailer's own program is the purpose
            command,
            cwd=directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # so that every process that it starts can be ended with it
        )
    except FileNotFoundError:
        raise DriverNotStarted(
            f"cannot start the driver `{shown}`: there is no program {command[0]!r}, neither on the PATH nor from "
            f"{directory}; check driver.command in retailer.toml"
        ) from None
    except PermissionError:
        raise DriverNotStarted(
            f"cannot start the driver `{shown}`: {command[0]!r} may not be executed; make it executable (chmod +x), "
            "or name the interpreter first in driver.command"
        ) from None
    except (OSError, ValueError) as reason:
        raise DriverNotStarted(f"cannot start the driver `{shown}`: {reason}; check driver.command") from reason


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # all three are pipes
    return stream
