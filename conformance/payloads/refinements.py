"""Former module of the channels' strategies. Deprecated: import them from ``conformance.payloads``."""

from __future__ import annotations

from conformance.payloads.domain.strategies import documents, payloads

__all__ = ["documents", "payloads"]
