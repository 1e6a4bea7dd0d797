"""Misbehaviour on purpose: what the simulated network does wrong when it is told to, to see how a client bears it.

Everything here is assumed: real networks fail in such ways, how DIT fails is not public. Each armed misbehaviour
strikes a counted number of times, and each strike is handed out once, whatever the number of threads that ask.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

DROP_REPLY = "drop_reply"
DUPLICATE_DELIVERY = "duplicate_delivery"
LEAK = "leak"

KINDS = {
    DROP_REPLY: "the call is carried out and committed, but its reply never leaves: the connection breaks",
    DUPLICATE_DELIVERY: "a sent message is delivered twice, the second time under a message id of its own",
    LEAK: "the list that BVKB sends gives a retailer (authority) a record about another retailer's customer, too",
}

OPERATIONS = (
    "SendMessage2",
    "ReceiveMessage2",
    "ReceiveMessageList",
    "RestoreMessageList",
    "DeleteMessage",
    "ConfirmationAck",
)


class FaultsError(ValueError):
    """A misbehaviour was asked for that does not exist."""


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """One thing to do wrong: its kind, on which operation and for whose call (None: any), how many times."""

    kind: str
    operation: str | None = None
    authority: str | None = None
    times: int = 1


@dataclass(slots=True, eq=False)
class _Armed:
    misbehaviour: Misbehaviour
    remaining: int


class Faults:
    """The armed misbehaviours; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []
        self._taken: dict[str, int] = {}

    def arm(self, misbehaviour: Misbehaviour) -> None:
        """Add a misbehaviour behind those already armed; raises FaultsError for one that nothing would ever commit."""
        if misbehaviour.kind not in KINDS:
            raise FaultsError(f"there is no misbehaviour {misbehaviour.kind!r}; known are: {', '.join(sorted(KINDS))}")
        if misbehaviour.operation is not None and misbehaviour.operation not in OPERATIONS:
            raise FaultsError(f"DIT has no operation {misbehaviour.operation!r}; known are: {', '.join(OPERATIONS)}")
        if misbehaviour.kind == DUPLICATE_DELIVERY and misbehaviour.operation not in (None, "SendMessage2"):
            raise FaultsError(f"{DUPLICATE_DELIVERY} happens while sending; arm it on SendMessage2")
        if misbehaviour.kind == LEAK and misbehaviour.operation not in (None, "SendMessage2"):
            raise FaultsError(f"{LEAK} happens when BVKB sends its list; arm it on SendMessage2")
        if misbehaviour.times < 1:
            raise FaultsError(f"a misbehaviour happens at least once, not {misbehaviour.times} times")
        with self._lock:
            self._armed.append(_Armed(misbehaviour, misbehaviour.times))

    def take(self, operation: str, authority: str | None, *, kind: str | None = None) -> Misbehaviour | None:
        """The first armed misbehaviour that concerns this call, counted as committed; None when the call is to go well.

        ``kind`` narrows the question to what the asker can commit; without it every kind is handed out but duplicate
        delivery, which the network itself takes, and the leak, which is BVKB's.
        """
        with self._lock:
            for each in self._armed:
                if _concerns(each.misbehaviour, operation, authority, kind):
                    self._count(each)
                    return each.misbehaviour
        return None

    def armed(self) -> tuple[tuple[Misbehaviour, int], ...]:
        """What is still armed, each with the number of strikes that are left."""
        with self._lock:
            return tuple((each.misbehaviour, each.remaining) for each in self._armed)

    def taken(self, kind: str) -> int:
        """How often a kind of misbehaviour has struck."""
        with self._lock:
            return self._taken.get(kind, 0)

    def disarm(self) -> None:
        """Behave well from now on; the counts of what has struck stay."""
        with self._lock:
            self._armed.clear()

    def _count(self, armed: _Armed) -> None:
        armed.remaining -= 1
        if not armed.remaining:
            self._armed.remove(armed)
        self._taken[armed.misbehaviour.kind] = self._taken.get(armed.misbehaviour.kind, 0) + 1


def _concerns(misbehaviour: Misbehaviour, operation: str, authority: str | None, kind: str | None) -> bool:
    if kind is None and misbehaviour.kind in (DUPLICATE_DELIVERY, LEAK):
        return False
    return (
        kind in (None, misbehaviour.kind)
        and misbehaviour.operation in (None, operation)
        and misbehaviour.authority in (None, authority)
    )
