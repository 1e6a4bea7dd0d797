"""How a spoilt retailer is put together: the reference retailer with one part in its place."""

from __future__ import annotations

from conformance.retailers.reference.driver import Driver
from conformance.retailers.reference.exchange import Exchange


def with_parts(**parts: type) -> type[Driver]:
    """A retailer with other parts of its exchange, by the names that Exchange gives them (``fetching_type``, ...)."""
    return type("Spoilt", (Driver,), {"exchange_type": type("SpoiltExchange", (Exchange,), parts)})
