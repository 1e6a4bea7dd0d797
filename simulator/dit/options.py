"""What can be switched about DIT when it is started: the real one's way is not known, or differs by environment."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.documents.access import Environment


@dataclass(frozen=True, slots=True)
class Options:
    """How DIT is to be.

    ``environment``: whose rights are needed and which quota holds. ``enforce_duties``: whether a client that breaks its
    duties is refused. ``validate_on_send``: whether a payload has to be valid by its channel version's own schema.
    """

    environment: Environment = Environment.TEST
    enforce_duties: bool = False
    validate_on_send: bool = True
