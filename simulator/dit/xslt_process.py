"""Stylesheets run in a process of their own, for a bounded time: what never ends is killed, and the server goes on."""

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
    """A transformation was stopped; says why, as the end of a sentence that begins with the stylesheet."""


class Unreadable(Exception):
    """A document cannot be transformed; says what it is or carries, as the end of a sentence."""


class Unusable(Exception):
    """A stylesheet cannot be used; says why."""


class Failed(Exception):
    """A stylesheet made no document of what it was given; says why."""


@dataclass(frozen=True, slots=True)
class Made:
    """The result of a transformation: bytes in the stylesheet's encoding, and the Clark name of their root.

    ``marked``: whether processing instructions stand before its first and behind its last record.
    """

    data: bytes
    element: str
    marked: bool


class Transformer:
    """A process that transforms one document after another; for one thread at a time."""

    def __init__(self) -> None:
        """Starts the process; raises OSError when the machine has no room for another."""
        self.owner = os.getpid()
        self._asked = False
        self._process = subprocess.Popen(  # noqa: S603 - our own program, no shell
            [sys.executable, "-P", "-s", str(_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # an interrupt from the keyboard is the server's matter; it ends with its input
        )

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def usable(self) -> bool:
        """True when the worker runs and belongs to this process."""
        return self.owner == os.getpid() and not self._asked and self._process.poll() is None

    def take(self, document: bytes) -> None:
        """The document to be transformed from now on; raises Unreadable, or Stopped when the process ended."""
        answer, _ = self._ask({"do": "document"}, document, None)
        if "wrong" in answer:
            raise Unreadable(answer["wrong"])

    def make(
        self, stylesheet: Path, transformation: Transformation, seconds: float, *, records: Sequence[str] | None = None
    ) -> Made | None:
        """Return the result of a stylesheet within some wall seconds; None when it is empty.

        ``records`` is the path of Clark names to the result's records, to have them marked. Raises Stopped, Unusable or
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
        return None if "nothing" in answer else Made(data, answer["element"], answer.get("marked", False))

    def close(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was still to be written goes to nobody
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
        found = bytearray()
        while len(found) < size:
            if not waiting.poll(None if end is None else max(0.0, end - time.monotonic()) * 1000):
                raise TimeoutError
            piece = os.read(pipe, min(_PIECE, size - len(found)))
            if not piece:
                raise EOFError
            found += piece
        return bytes(found)


_idle: list[Transformer] = []
_lock = threading.Lock()


@contextmanager
def transformer() -> Iterator[Transformer]:
    """A process for the transformations of one document, kept for the next ones when it is done."""
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
        # Those of the process that this one was forked from stay where they are: they are not ours to use, or to end.
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
