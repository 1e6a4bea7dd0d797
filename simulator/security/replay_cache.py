"""Remembers calls for as long as they could be repeated, so that none is taken twice, whichever server it comes to."""

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
_SWEEP = 1024

# Built once: building a statement takes longer than running it.
_NOTE = Prepared(
    {
        "sqlite": sqlite.insert(replays).on_conflict_do_nothing().returning(replays.c.digest),
        "postgresql": postgresql.insert(replays).on_conflict_do_nothing().returning(replays.c.digest),
    }
)
_EXPIRED = delete(replays).where(replays.c.clock == bindparam("its_clock"), replays.c.until < bindparam("its_now"))


class Replays:
    """What was seen, by a name for it, until it could not be taken anyway.

    Kept in the store, so all servers on it know. Safe between threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since_sweep = 0

    def note(self, transaction: Transaction, key: ReplayKey) -> None:
        """Note that a call came, with all that the transaction does; raises Refused when it came before."""
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
        """Whether what has expired is to be removed with this call."""
        with self._lock:
            self._since_sweep += 1
            due = self._since_sweep >= _SWEEP
            if due:
                self._since_sweep = 0
            return due
