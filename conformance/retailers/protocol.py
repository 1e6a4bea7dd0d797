"""The driver protocol, version 1: requests by which the suite controls a retailer's system, and their answers.

One JSON object a line, UTF-8. Each request has ``id`` and ``do``; the answer has the same ``id`` and either
``"ok": true`` with the fields that the request asks for, or ``"error": "text"``, or ``"unsupported": true``. Money is
text with two decimals, EUR; dates are ISO 8601; a period is ``YYYY-MM``. docs/reference/driver-protocol.md specifies
it. The module also has the parts that all kinds of drivers share: reading an answer, and keeping the end of a log.
"""

from __future__ import annotations

import json
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
LONGEST_ANSWER = 16 * 1024 * 1024  # bytes

_ENVELOPE = ("id", "ok", "error", "unsupported")
_SHOWN_TEXT, _SHOWN_FIELDS = 120, 200  # characters of an answer that a message shows
_LARGEST_COPY = 16 * 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """A retailer's answer. Exactly one of ok, error and unsupported holds."""

    ok: bool
    error: str | None = None
    unsupported: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)


class DriverError(Exception):
    """The driver broke the protocol: it ended, did not answer in time, or answered wrongly. The retailer's fault."""


class DriverNotStarted(UserError):
    """The driver could not be started: a wrong command, address or object in retailer.toml. Wrong use (exit 2)."""


class Driver(Protocol):
    """A way to control a retailer's system: command, http, python or manual."""

    def ask(self, do: str, **fields: Any) -> Answer:
        """Send one request and wait for its answer; raises DriverError when the protocol is broken."""
        ...

    def close(self) -> None:
        """Send bye, then end the process or connection; never raises."""
        ...

    @property
    def log(self) -> str:
        """Text that the driver has written to its error stream so far, for the report."""
        ...


def read_answer(data: bytes, *, do: str, request_id: int, expected: str) -> Answer:
    """Read an answer of a program or an address from its JSON.

    ``do`` and ``request_id`` are those of the request; ``expected`` describes the form of an answer. Raises DriverError
    when the answer is of another form or to another request.
    """
    try:
        content = json.loads(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise DriverError(f'the driver answered "{do}" with {excerpt(data)}, not UTF-8; {expected}') from None
    except (ValueError, RecursionError):  # the latter: brackets nested thousands deep
        raise DriverError(f'the driver answered "{do}" with {excerpt(data)}; {expected}') from None
    if not isinstance(content, dict):
        raise DriverError(f'the driver answered "{do}" with {excerpt(data)}, not a JSON object; {expected}')
    answered_id = content.get("id")
    if isinstance(answered_id, bool) or answered_id != request_id:
        raise DriverError(
            f'the driver answered "{do}" with id {json.dumps(answered_id)}; '
            f"expected {request_id}, the id of the request"
        )
    return answer_from(content, do=do)


def answer_from(content: Mapping[str, Any], *, do: str) -> Answer:
    """Read the envelope of an answer; raises DriverError unless exactly one of ok, error and unsupported holds."""
    ok, error, unsupported = content.get("ok", False), content.get("error"), content.get("unsupported", False)
    if not isinstance(ok, bool) or not isinstance(unsupported, bool) or not isinstance(error, str | None):
        raise DriverError(
            f'the answer to "{do}" has a wrong type: ok and unsupported must be true or false, error a text; '
            f"found ok={ok!r}, error={error!r}, unsupported={unsupported!r}"
        )
    if (ok, error is not None, unsupported).count(True) != 1:
        raise DriverError(
            f'the answer to "{do}" must say exactly one of "ok": true, "error": "text" and "unsupported": true; '
            f"found {_cut(repr(dict(content)), _SHOWN_FIELDS)}"
        )
    fields = {key: value for key, value in content.items() if key not in _ENVELOPE}
    return Answer(ok=ok, error=error, unsupported=unsupported, fields=fields)


def excerpt(data: bytes) -> str:
    """Return the beginning of a text in quotation marks, for a message."""
    return repr(_cut(data.decode("utf-8", errors="replace").strip(), _SHOWN_TEXT))


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[:longest] + " ..."


class Tail:
    """The last part of a log: about ``most`` bytes in memory, and a ``copy`` of the first 16 MiB in a file.

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
        """Return the kept text; a first line says so when earlier text was dropped."""
        with self._lock:
            kept = b"".join(self._chunks).decode("utf-8", errors="replace")
            return f"[earlier output dropped]\n{kept}" if self._dropped else kept

    def last_lines(self, count: int = 5) -> str:
        """Return the last lines, joined by `` | ``; empty when nothing was written."""
        lines = [line.strip() for line in self.text().splitlines() if line.strip()]
        return " | ".join(lines[-count:])

    def close(self) -> None:
        """Close the file; the kept text can still be read."""
        with self._lock:
            if self._copy:
                self._copy.close()
            self._copy = self._path = None
