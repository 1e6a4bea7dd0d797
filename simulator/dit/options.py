"""Options of DIT: the real one's behaviour is not known, or differs by environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.dit.transformation import SECONDS
from simulator.documents.access import Environment

if TYPE_CHECKING:
    from simulator.documents.profile_model import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRules:
    """The limits and checks of one network.

    ``message_bytes`` is the largest payload in bytes (500 MB is documented: section 2.4), ``month_bytes`` the most that
    an authority may send in a month (None: any amount). ``poll_seconds`` is the least simulated time between two polls;
    None: no duty of clients is enforced. ``transformation_seconds`` is the most wall time for one cut of a message, or
    of a slice of a large one. ``environment`` is the one in which users need rights. ``validate_on_send``: payloads are
    validated under the schema of their channel version; it is not known whether DIT does so.
    """

    message_bytes: int
    month_bytes: int | None = None
    poll_seconds: int | None = None
    transformation_seconds: float = SECONDS
    environment: Environment = Environment.TEST
    validate_on_send: bool = True


@dataclass(frozen=True, slots=True)
class Options:
    """Choices at the start of a simulation.

    ``environment``: rights are needed, and the quota holds, in this one. ``enforce_duties``: a client that breaks its
    duties is refused. ``validate_on_send``: a payload must be valid under its channel version's own schema.
    """

    environment: Environment = Environment.TEST
    enforce_duties: bool = False
    validate_on_send: bool = True

    def rules(self, limits: Limits) -> NetworkRules:
        """Return the rules of a network with a profile's limits."""
        return NetworkRules(
            message_bytes=limits.message_bytes.value,
            month_bytes=limits.month_bytes[self.environment].value,
            poll_seconds=limits.poll_seconds.value if self.enforce_duties else None,
            transformation_seconds=limits.transformation_seconds.value,
            environment=self.environment,
            validate_on_send=self.validate_on_send,
        )
