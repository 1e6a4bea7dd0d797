"""Tokens that were made wrong on purpose, so that the guard knows whose fault it is when it refuses them."""

from __future__ import annotations

import hashlib
import threading

from simulator.documents.parsing import Element

_NAMED = 16


def name_of(token: Element) -> str:
    """What the journal calls a token, readable or not: the beginning of its texts' SHA-256.

    A client that wrote an encrypted token with other prefixes, which does no harm, still shows the same one.
    """
    written = "".join("".join(map(str, token.itertext())).split())
    return hashlib.sha256(written.encode()).hexdigest()[:_NAMED]


class Doctored:
    """Which tokens were made wrong on purpose, and how. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kinds: dict[str, str] = {}

    def note(self, name: str, kind: str) -> None:
        """A token of that name was made wrong."""
        with self._lock:
            self._kinds[name] = kind

    def kind(self, name: str) -> str | None:
        """What is wrong with a token, None when nothing is."""
        with self._lock:
            return self._kinds.get(name)
