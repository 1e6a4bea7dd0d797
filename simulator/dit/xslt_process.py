"""Running stylesheets in a separate process, for a limited time: one that does not end is killed."""

from __future__ import annotations

import atexit
import json
import os
import select
import struct
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.dit.xslt_worker import send

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from simulator.dit.model import Transformation

_PROGRAM = Path(__file__).with_name("xslt_worker.py")
_PIECE = 1024 * 1024


class Stopped(Exception):
    """A transformation was stopped. The text ends a sentence that begins with the stylesheet."""


class Unreadable(Exception):
    """A document cannot be transformed. The text ends a sentence that begins with the document."""


class Unusable(Exception):
    """A stylesheet cannot be used; the text is the reason."""


class Failed(Exception):
    """A stylesheet did not turn the document into one document; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Output:
    """The output of a transformation: bytes in the stylesheet's encoding, and the Clark name of their root.

    ``marked``: there are processing instructions before its first and after its last record.
    """

    data: bytes
    element: str
    marked: bool


class Transformer:
    """A process that transforms one document after another. Only one thread at a time may use it."""

    def __init__(self) -> None:
        """Start the process; raises OSError when the machine cannot start another."""
        self.owner = os.getpid()
        self._asked = False
        self._process = subprocess.Popen(  # noqa: S603 - our own program, no shell
            [sys.executable, "-P", "-s", str(_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is handled by the server; the worker ends with its input
        )

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def usable(self) -> bool:
        """True when the worker runs and belongs to this process."""
        return self.owner == os.getpid() and not self._asked and self._process.poll() is None

    def take(self, document: bytes) -> None:
        """Parse the document that is to be transformed next; raises Unreadable, or Stopped when the process ended."""
        answer, _ = self._ask({"do": "document"}, document, None)
        if "wrong" in answer:
            raise Unreadable(answer["wrong"])

    def make(
        self, stylesheet: Path, transformation: Transformation, seconds: float, *, records: Sequence[str] | None = None
    ) -> Output | None:
        """Return the output of a stylesheet within a number of wall seconds; None when it is empty.

        ``records`` is the path of Clark names to the output's records, to have them marked. Raises Stopped, Unusable or
        Failed.
        """
        request = {
            "do": "cut",
            "stylesheet": str(stylesheet),
            "parameters": list(transformation.parameters),
            "records": None if records is None else list(records),
            "seconds": seconds,
        }
        answer, data = self._ask(request, b"", seconds)
        if "unusable" in answer:
            raise Unusable(answer["unusable"])
        if "failed" in answer:
            raise Failed(answer["failed"])
        if "stopped" in answer:
            raise Stopped(answer["stopped"])
        return None if "nothing" in answer else Output(data, answer["element"], answer.get("marked", False))

    def close(self) -> None:
        """Kill the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # unwritten data has no reader any more
                    pipe.close()

    def _ask(self, request: dict[str, Any], data: bytes, seconds: float | None) -> tuple[dict[str, Any], bytes]:
        end = None if seconds is None else time.monotonic() + seconds
        try:
            if self._process.stdin is None:
                raise AssertionError("the process was started with pipes")
            self._asked = True
            send(self._process.stdin, request, data)
            header = json.loads(self._read(struct.unpack(">I", self._read(4, end))[0], end))
            data = self._read(header["size"], None)
            self._asked = False
        except (BrokenPipeError, EOFError) as error:
            self.close()
            raise Stopped(f"ended its process (status {self._process.returncode})") from error
        except TimeoutError as error:
            self.close()
            raise Stopped(f"took longer than {seconds:g} seconds") from error
        return header, data

    def _read(self, size: int, end: float | None) -> bytes:
        if self._process.stdout is None:
            raise AssertionError("the process was started with pipes")
        pipe = self._process.stdout.fileno()
        waiting = select.poll()
        waiting.register(pipe, select.POLLIN)
        data = bytearray()
        while len(data) < size:
            if not waiting.poll(None if end is None else max(0.0, end - time.monotonic()) * 1000):
                raise TimeoutError
            piece = os.read(pipe, min(_PIECE, size - len(data)))
            if not piece:
                raise EOFError
            data += piece
        return bytes(data)


_idle: list[Transformer] = []
_lock = threading.Lock()


@contextmanager
def transformer() -> Iterator[Transformer]:
    """Provide a process for the transformations of one document; it is reused for later documents."""
    chosen = _take() or Transformer()
    try:
        yield chosen
    finally:
        if chosen.usable:
            with _lock:
                _idle.append(chosen)
        else:
            chosen.close()


def _take() -> Transformer | None:
    with _lock:
        # Workers of the parent of a forked process are left alone: this process must neither use nor end them.
        ours = [transformer for transformer in _idle if transformer.owner == os.getpid()]
        while ours:
            chosen = ours.pop()
            _idle.remove(chosen)
            if chosen.usable:
                return chosen
            chosen.close()
    return None


@atexit.register
def _end() -> None:
    with _lock:
        for transformer in _idle:
            if transformer.owner == os.getpid():
                transformer.close()
        _idle.clear()
