"""Replay cache: remembers calls until they expire, so that none is accepted twice by any server with the same store."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete
from sqlalchemy.dialects import postgresql, sqlite

from simulator.domain.provenance import Basis, Provenance
from simulator.security.errors import Check, refuse
from simulator.store.prepared import Prepared
from simulator.store.schema import replays

if TYPE_CHECKING:
    from simulator.soap.authenticator import ReplayKey
    from simulator.store import Transaction

_SOURCE = Provenance(Basis.ASSUMED, "WCF refuses replays by default; call.refuse_replays of the security settings")
_CALLS_PER_SWEEP = 1024  # expired rows are deleted with every so many calls

# Built once: building a statement takes longer than running it.
_NOTE = Prepared(
    {
        "sqlite": sqlite.insert(replays).on_conflict_do_nothing().returning(replays.c.digest),
        "postgresql": postgresql.insert(replays).on_conflict_do_nothing().returning(replays.c.digest),
    }
)
_EXPIRED = delete(replays).where(replays.c.clock == bindparam("its_clock"), replays.c.until < bindparam("its_now"))


class ReplayCache:
    """The digests of accepted calls, each until the call would be refused as expired.

    They are in the store, so all servers on it share them. Safe to share between threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since_sweep = 0

    def note(self, transaction: Transaction, key: ReplayKey) -> None:
        """Record a call in this transaction; raises Refused when a call with the same key was recorded before."""
        if self._is_due():
            transaction.connection.execute(_EXPIRED, {"its_clock": key.clock, "its_now": key.now})
        row = {
            "digest": hashlib.sha256(f"{key.clock} {key.value}".encode()).hexdigest(),
            "clock": key.clock,
            "until": key.until,
        }
        if _NOTE.run(transaction.connection, row) is None:
            raise refuse(
                Check.REPLAY,
                key.element,
                "a call with the same one came before",
                expected="each call once",
                remedy="when a call is repeated, make its wsu:Timestamp, wsa:MessageID and signature anew; look for a "
                "proxy or a retry that sends the same bytes again",
                source=_SOURCE,
            )

    def _is_due(self) -> bool:
        """Count a call; return True when expired rows are to be deleted with it."""
        with self._lock:
            self._since_sweep += 1
            due = self._since_sweep >= _CALLS_PER_SWEEP
            if due:
                self._since_sweep = 0
            return due
