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

    ``payloads_in_parts``: whether MTOM answers carry each document in a part of its own, behind an xop:Include, or
    inside the envelope as WCF writes them (inferred: it optimises base64 values only). ``gate`` guards the federated
    addresses, which are not there without one.
    """

    store: Store
    network: Network
    clock: Clock
    profile: Profile
    faults: Faults
    payloads_in_parts: bool = False
    gate: Gate | None = None
