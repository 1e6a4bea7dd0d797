"""A retailer whose books go by the suite's clock, and whose SOAP library goes by the machine's, as most do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import requests

from conformance.retailers.reference.client import DitClient
from conformance.retailers.reference.driver import Driver
from conformance.retailers.reference.federation import Access, Federation


class _MachineTime(Federation):
    def __init__(self, access: Access, session: requests.Session, clock: Callable[[], datetime]) -> None:
        del clock
        super().__init__(access, session, lambda: datetime.now(UTC))


class _Client(DitClient):
    federation_type = _MachineTime


class ByMachineClock(Driver):
    """Signs by the machine's clock."""

    client_type = _Client
