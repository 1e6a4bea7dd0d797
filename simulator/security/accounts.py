"""The users whom the STS knows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """A DIT user as the STS knows it; ``authority`` has 6 digits, ``organisation`` is its name."""

    user: str
    authority: str
    organisation: str
