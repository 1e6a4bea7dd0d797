"""The sentences that scenarios are written in."""

from __future__ import annotations

from conformance.scenarios.steps import business, exchange, people, security

STEPS = (people, business, exchange, security)
"""The modules of sentences, as pytest plugins."""
