"""The driver protocol, version 1: how the suite moves a retailer's system, whatever it is written in.

One JSON object a line, UTF-8. Each request has ``id`` and ``do``; the answer has the same ``id`` and either
``"ok": true`` with what is asked, or ``"error": "text"``, or ``"unsupported": true``. Money is text with two decimals,
EUR; dates are ISO 8601; a period is ``YYYY-MM``. docs/reference/driver-protocol.md is the same contract for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from simulator.domain.errors import UserError

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
