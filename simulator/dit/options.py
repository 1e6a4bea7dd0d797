"""What can be switched about DIT when it is started: the real one's way is not known, or differs by environment."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.documents.access import Environment


@dataclass(frozen=True, slots=True)
class Options:
    """Whose rights are needed: those of the test environment, or of production."""

    environment: Environment = Environment.TEST
