"""P_SHA1, by which WS-Trust makes one key of two entropies (WS-Trust 1.3, 4.4.4; TLS 1.0, RFC 2246, section 5)."""

from __future__ import annotations

import hmac


def p_sha1(secret: bytes, seed: bytes, size: int) -> bytes:
    """``size`` bytes of P_SHA1; WS-Trust takes the client's entropy as secret and the server's as seed."""
    made = b""
    link = seed
    while len(made) < size:
        link = hmac.digest(secret, link, "sha1")
        made += hmac.digest(secret, link + seed, "sha1")
    return made[:size]
