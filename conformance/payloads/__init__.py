"""Documents from schemas: Hypothesis strategies for any XSD, and documents of the three channels.

``engine`` makes strategies from any XSD 1.0 schema and knows nothing of this project; ``domain`` makes documents of the
three channels. This module is the public import of both; names are loaded when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.payloads.domain.invalid import fault_kinds, make_invalid
    from conformance.payloads.domain.mutators import InvalidDocument
    from conformance.payloads.domain.samples import sample_bytes, sample_documents
    from conformance.payloads.domain.strategies import documents, invalid_documents, payloads
    from conformance.payloads.engine.errors import PayloadError, Place, SchemaUnusable, Unsatisfiable, Unsupported
    from conformance.payloads.engine.loading import load_schema
    from conformance.payloads.engine.strategies import from_schema

__all__ = [
    "InvalidDocument",
    "PayloadError",
    "Place",
    "SchemaUnusable",
    "Unsatisfiable",
    "Unsupported",
    "documents",
    "fault_kinds",
    "from_schema",
    "invalid_documents",
    "load_schema",
    "make_invalid",
    "payloads",
    "sample_bytes",
    "sample_documents",
]

# Hypothesis and xmlschema take half a second to import, and few users of this package need both.
_MODULES = {
    "InvalidDocument": "domain.mutators",
    "documents": "domain.strategies",
    "fault_kinds": "domain.invalid",
    "from_schema": "engine.strategies",
    "invalid_documents": "domain.strategies",
    "load_schema": "engine.loading",
    "make_invalid": "domain.invalid",
    "payloads": "domain.strategies",
    "sample_bytes": "domain.samples",
    "sample_documents": "domain.samples",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES.get(name, 'engine.errors')}"), name)
