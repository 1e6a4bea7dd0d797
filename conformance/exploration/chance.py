"""Where random lives get their choices from: the seed alone.

Hypothesis's own provider also tries the numbers that stand in the code of whatever modules are loaded. That finds more
in a test of one's own code; here the same seed has to be the same run on every machine.
"""

from __future__ import annotations

from typing import Any

from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

NAME = "aldis-conformance"


class Chance(HypothesisProvider):
    """Draws as Hypothesis does, but no constants that it found lying about."""

    def _maybe_draw_constant(self, *_: Any, **__: Any) -> None:
        return None


AVAILABLE_PROVIDERS[NAME] = f"{Chance.__module__}.{Chance.__qualname__}"
