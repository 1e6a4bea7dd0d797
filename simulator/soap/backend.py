"""What the wire needs of the rest of the simulator."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.clock import Clock
from simulator.dit.network import Network
from simulator.documents.profile import Profile
from simulator.faults import Faults
from simulator.soap.gate import Gate
from simulator.store import Store


@dataclass(frozen=True, slots=True)
class Backend:
    """One running simulation as the wire sees it.

    ``gate`` guards the federated addresses, which are not there without one.
    """

    store: Store
    network: Network
    clock: Clock
    profile: Profile
    faults: Faults
    gate: Gate | None = None
