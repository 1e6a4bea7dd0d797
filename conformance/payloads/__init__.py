"""Payloads from a schema: strategies of valid documents, and sample documents of the domain."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.payloads.errors import PayloadError, Place, SchemaUnusable, Unsatisfiable, Unsupported
    from conformance.payloads.loading import load_schema
    from conformance.payloads.strategy import from_schema

__all__ = ["PayloadError", "Place", "SchemaUnusable", "Unsatisfiable", "Unsupported", "from_schema", "load_schema"]

# Hypothesis and xmlschema take half a second to import, which `aldis generate` need not wait for.
_WHERE = {"from_schema": "strategy", "load_schema": "loading"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(importlib.import_module(f"{__name__}.{_WHERE.get(name, 'errors')}"), name)
