"""Remembers calls for as long as they could be repeated, so that none is taken twice."""

from __future__ import annotations

import threading
from datetime import datetime

from simulator.documents.model import Basis, Provenance
from simulator.security.errors import Check, SecurityError

_SOURCE = Provenance(Basis.ASSUMED, "WCF refuses replays by default; call.refuse_replays of the security settings")
_SWEEP = 1024


class Replays:
    """What was seen, by a name for it, until it could not be taken anyway. Of this process; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str], datetime] = {}
        self._since_sweep = 0

    def note(self, what: str, clock: str, now: datetime, until: datetime, element: str) -> None:
        """Note that a call came; raises SecurityError when it came before.

        ``what`` names the call, ``until`` is when it expires by the clock of that name, where it is ``now``.
        """
        with self._lock:
            self._since_sweep += 1
            if self._since_sweep >= _SWEEP:
                self._since_sweep = 0
                self._seen = {key: end for key, end in self._seen.items() if key[0] != clock or end >= now}
            seen = (clock, what) in self._seen
            self._seen[clock, what] = until
        if seen:
            raise SecurityError(
                Check.REPLAY,
                element,
                "a call with the same one came before",
                expected="each call once",
                advice="when a call is repeated, make its wsu:Timestamp, wsa:MessageID and signature anew; look for a "
                "proxy or a retry that sends the same bytes again",
                provenance=_SOURCE,
            )
