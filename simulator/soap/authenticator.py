"""Interface of the authenticator for the secured endpoints (``simulator.security`` implements it)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from simulator.documents.parsing import Element
from simulator.journal import Json

if TYPE_CHECKING:
    from simulator.store import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The header blocks of a call, in the envelope as received, and the protection of its transport (TLS).

    ``body_whole`` is false when the payload was extracted from the envelope, or came in a part of its own.
    """

    headers: tuple[Element, ...]
    encrypted_transport: bool
    body_whole: bool


@dataclass(frozen=True, slots=True)
class ReplayKey:
    """A value that only one call may have: ``value``, the content of ``element``, remembered until ``until``.

    ``until`` and ``now`` are times of the clock named ``clock``.
    """

    value: str
    element: str
    clock: str
    now: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller: a DIT user's name, details for the journal, and the key that detects a replay."""

    user: str
    details: Mapping[str, Json] = field(default_factory=dict)
    replay_key: ReplayKey | None = None


class Authenticator(Protocol):
    """Authenticates calls to the secured endpoints. Safe to share between threads."""

    @property
    def understood(self) -> frozenset[str]:
        """Clark names of the header blocks that it reads."""
        ...

    @property
    def plain(self) -> bool:
        """True when the endpoints without security are served too."""
        ...

    def authenticate(self, credentials: Credentials) -> Principal:
        """Return the caller; raises Refused when the credentials are missing or invalid."""
        ...

    def note(self, transaction: Transaction, principal: Principal) -> None:
        """Record the call in this transaction. Raises Refused if it is a replay, on any server with this store."""
        ...

    def reply_headers(self, principal: Principal) -> tuple[Element, ...]:
        """Return the header blocks of the answer to an authenticated call."""
        ...

    def policy(self, base: str) -> Element:
        """Return the wsp:Policy of the secured bindings, for a service below a base URL (``https://host:port``)."""
        ...
