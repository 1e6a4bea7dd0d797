"""What FTPS needs of the rest of the simulator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulator.clock import Clock
from simulator.dit.network import Network
from simulator.faults import Faults
from simulator.ftps.settings import FtpsSettings
from simulator.store import Store


@dataclass(frozen=True, slots=True)
class Backing:
    """One running simulation as FTPS sees it.

    ``passwords`` are by user name, the same as the STS's; ``message_bytes`` is the largest message in bytes.
    """

    store: Store
    network: Network
    clock: Clock
    faults: Faults
    message_bytes: int
    passwords: Mapping[str, str]
    settings: FtpsSettings
