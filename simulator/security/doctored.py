"""Tokens that were tampered with as injected faults, so that the authenticator knows why it refuses them."""

from __future__ import annotations

import hashlib
import threading

from simulator.documents.parsing import Element

_DIGEST_DIGITS = 16


def digest_of(token: Element) -> str:
    """Return the name of a token in the journal, readable or not: the beginning of its texts' SHA-256.

    It does not depend on prefixes, which a client may change in an encrypted token without harm.
    """
    written = "".join("".join(map(str, token.itertext())).split())
    return hashlib.sha256(written.encode()).hexdigest()[:_DIGEST_DIGITS]


class TamperedTokens:
    """The tampered tokens, with the kind of fault of each. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kinds: dict[str, str] = {}

    def note(self, digest: str, kind: str) -> None:
        """Note that the token with this digest was tampered with."""
        with self._lock:
            self._kinds[digest] = kind

    def kind(self, digest: str) -> str | None:
        """Return the kind of fault of a token, None for one that was not tampered with."""
        with self._lock:
            return self._kinds.get(digest)
