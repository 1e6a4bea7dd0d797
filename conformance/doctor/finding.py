"""What an examination comes to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How something was found: fine, usable with a caution, or not usable."""

    OK = "ok"
    CAUTION = "caution"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, how it was found, and in a sentence what was seen and what to do.

    ``is_given`` says that it was the user's choice (a file, an address, a database) and not the installation.
    """

    subject: str
    health: Health
    text: str
    is_given: bool = False
