"""Payloads from a schema: strategies of valid documents, and sample documents of the domain."""

from conformance.payloads.errors import PayloadError, Place, SchemaUnusable, Unsatisfiable, Unsupported
from conformance.payloads.loading import load_schema
from conformance.payloads.strategy import from_schema

__all__ = ["PayloadError", "Place", "SchemaUnusable", "Unsatisfiable", "Unsupported", "from_schema", "load_schema"]
