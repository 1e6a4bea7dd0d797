"""The driver protocol, version 1: how the suite moves a retailer's system, whatever it is written in.

One JSON object a line, UTF-8. Each request has ``id`` and ``do``; the answer has the same ``id`` and either
``"ok": true`` with what is asked, or ``"error": "text"``, or ``"unsupported": true``. Money is text with two decimals,
EUR; dates are ISO 8601; a period is ``YYYY-MM``. docs/reference/driver-protocol.md is the same contract for people.

From what a driver said to an Answer: the part of the protocol that every kind of driver shares.

The last part of what a program wrote: enough to say why it failed, never enough to fill the memory.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Protocol

from simulator.domain.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


PROTOCOL_VERSION = 1

REQUESTS = ("hello", "reset", "now", "apply", "bill", "exchange", "status", "bye")
CAPABILITIES = ("clock", "sub_users", "corrections", "reversals", "ftps", "status", "notifications")
EVENT_KINDS = ("contract.new", "contract.change", "contract.end", "sub_user.add", "sub_user.end")


@dataclass(frozen=True, slots=True)
class Answer:
    """A retailer's answer. Exactly one of ok, error and unsupported holds."""

    ok: bool
    error: str | None = None
    unsupported: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)


class DriverError(Exception):
    """The driver broke the protocol: died, hung, printed garbage, answered another id. The retailer's fault."""


class DriverNotStarted(UserError):
    """The driver could not be started: a wrong command, address or object in retailer.toml. Wrong use (exit 2)."""


class Driver(Protocol):
    """A way to move a retailer: command, http, python or manual."""

    def ask(self, do: str, **fields: Any) -> Answer:
        """Send one request and wait for its answer; raises DriverError when the protocol is broken."""
        ...

    def close(self) -> None:
        """Say bye, then let go of the process or connection; never raises."""
        ...

    @property
    def log(self) -> str:
        """What the driver wrote to its error stream so far, for the report."""
        ...


_ENVELOPE = ("id", "ok", "error", "unsupported")


def answer_from(said: Mapping[str, Any], *, do: str) -> Answer:
    """Read the envelope of an answer; raises DriverError unless exactly one of ok, error and unsupported holds."""
    ok, error, unsupported = said.get("ok", False), said.get("error"), said.get("unsupported", False)
    if not isinstance(ok, bool) or not isinstance(unsupported, bool) or not isinstance(error, str | None):
        raise DriverError(
            f'the answer to "{do}" has a wrong type: ok and unsupported must be true or false, error a text; '
            f"found ok={ok!r}, error={error!r}, unsupported={unsupported!r}"
        )
    if (ok, error is not None, unsupported).count(True) != 1:
        raise DriverError(
            f'the answer to "{do}" must say exactly one of "ok": true, "error": "text" and "unsupported": true; '
            f"found {_excerpt(said)}"
        )
    fields = {key: value for key, value in said.items() if key not in _ENVELOPE}
    return Answer(ok=ok, error=error, unsupported=unsupported, fields=fields)


def _excerpt(said: Mapping[str, Any], longest: int = 200) -> str:
    text = repr(dict(said))
    return text if len(text) <= longest else text[:longest] + " ..."


_LARGEST_COPY = 16 * 1024 * 1024  # bytes


class Tail:
    """Keeps about the last ``most`` bytes given to it, and a ``copy`` of the first 16 MiB in a file.

    Safe to use from several threads. When the file cannot be written, the kept text says so.
    """

    def __init__(self, most: int = 64 * 1024, *, copy: Path | None = None) -> None:
        self._most = most
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._dropped = False
        self._lock = threading.Lock()
        self._path = copy
        self._copy: IO[bytes] | None = None

    def add(self, chunk: bytes) -> None:
        """Append bytes; the oldest are forgotten once there are too many."""
        with self._lock:
            self._keep(chunk)
            try:
                self._write_copy(chunk)
            except OSError as reason:
                self._keep(f"[no copy is kept in {self._path}: {reason.strerror}]\n".encode())
                self._path = None

    def _keep(self, chunk: bytes) -> None:
        kept = chunk[-self._most :]
        self._dropped = self._dropped or len(kept) < len(chunk)
        self._chunks.append(kept)
        self._size += len(kept)
        while self._size - len(self._chunks[0]) >= self._most:
            self._size -= len(self._chunks.popleft())
            self._dropped = True

    def _write_copy(self, chunk: bytes) -> None:
        if self._path is None:
            return
        if self._copy is None:
            self._copy = self._path.open("ab")
        if self._copy.tell() < _LARGEST_COPY:
            self._copy.write(chunk)
            self._copy.flush()

    def text(self) -> str:
        """All that is kept, as text; a first line says so when earlier text was dropped."""
        with self._lock:
            kept = b"".join(self._chunks).decode("utf-8", errors="replace")
            return f"[earlier output dropped]\n{kept}" if self._dropped else kept

    def last_lines(self, count: int = 5) -> str:
        """The last lines, joined by `` | ``; empty when nothing was written."""
        lines = [line.strip() for line in self.text().splitlines() if line.strip()]
        return " | ".join(lines[-count:])

    def close(self) -> None:
        """Close the file; what is kept can still be read."""
        with self._lock:
            if self._copy:
                self._copy.close()
            self._copy = self._path = None
