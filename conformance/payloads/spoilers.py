"""Former names of the functions that make invalid documents. Deprecated: import them from ``conformance.payloads``."""

from __future__ import annotations

from conformance.payloads.domain.invalid import MUTATORS as SPOILERS
from conformance.payloads.domain.invalid import fault_kinds as kinds
from conformance.payloads.domain.invalid import make_invalid as spoil
from conformance.payloads.domain.mutators import InvalidDocument as Spoilt
from conformance.payloads.domain.mutators import Mutator as Spoiler
from conformance.payloads.domain.strategies import invalid_documents as spoilt

__all__ = ["SPOILERS", "Spoiler", "Spoilt", "kinds", "spoil", "spoilt"]
