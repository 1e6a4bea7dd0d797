"""Former module of the domain's types. Deprecated: import them from ``simulator.domain.model``."""

from __future__ import annotations

from simulator.domain.model import *  # noqa: F403
