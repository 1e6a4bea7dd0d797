"""The reference retailer as it is: what faulty ones are compared with."""

from __future__ import annotations

from conformance.retailers.reference.driver import Driver

__all__ = ["Driver"]
