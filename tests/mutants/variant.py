"""How a faulty retailer is put together: the reference retailer with one part in its place."""

from __future__ import annotations

from conformance.retailers.reference.driver import Driver
from conformance.retailers.reference.exchange import Exchange


def with_parts(fault: str, **parts: type) -> type[Driver]:
    """A retailer with a fault, told in a sentence: other parts of its exchange, by Exchange's names for them."""
    return type(
        "FaultyRetailer", (Driver,), {"__doc__": fault, "exchange_type": type("FaultyExchange", (Exchange,), parts)}
    )
