"""What the wire asks of whoever guards the secured addresses (``simulator.security`` does)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from simulator.documents.parsing import Element
from simulator.journal import Json

if TYPE_CHECKING:
    from simulator.store import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """A call as it is shown to the guard: its header blocks, in the envelope that came.

    The payload may have been lifted out of that envelope, or have travelled beside it; ``body_whole`` is false then.
    """

    headers: tuple[Element, ...]
    encrypted_transport: bool
    body_whole: bool


@dataclass(frozen=True, slots=True)
class Once:
    """What makes a call different from all others: ``what``, which stands in ``element``, until it expires by a clock.

    ``now`` is what that clock shows.
    """

    what: str
    element: str
    clock: str
    now: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Admitted:
    """Who calls: a DIT user's name, what the journal is to know of how that was shown, and what must not come again."""

    user: str
    details: Mapping[str, Json] = field(default_factory=dict)
    once: Once | None = None


class Gate(Protocol):
    """The guard of the secured addresses. Safe to share between threads."""

    @property
    def understood(self) -> frozenset[str]:
        """Clark names of the header blocks that it reads."""
        ...

    @property
    def plain(self) -> bool:
        """Whether the addresses without security are served too."""
        ...

    def admit(self, presented: Presented) -> Admitted:
        """The user who calls; raises SoapRefusal for who may not."""
        ...

    def note(self, unit: Unit, admitted: Admitted) -> None:
        """Keep within a unit that an admitted call came; raises SoapRefusal when it came before, to whatever server."""
        ...

    def reply_headers(self, admitted: Admitted) -> tuple[Element, ...]:
        """Header blocks of the answer to an admitted call."""
        ...

    def policy(self, base: str) -> Element:
        """The wsp:Policy of the secured bindings, for a service below a base address such as ``https://host:port``."""
        ...
