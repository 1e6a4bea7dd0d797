"""Misbehaviour on purpose: what the simulated network does wrong when it is told to, to see how a client bears it.

Everything here is assumed: real networks fail in such ways, how DIT fails is not public. Each armed misbehaviour
strikes a counted number of times, and each strike is handed out once, whatever the number of threads that ask.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.store import Unit

LOSE_REQUEST = "lose_request"
DROP_REPLY = "drop_reply"
CUT_REPLY = "cut_reply"
HTTP_500 = "http_500"
SOAP_FAULT = "soap_fault"
SLOW_REPLY = "slow_reply"
DUPLICATE_DELIVERY = "duplicate_delivery"
OUT_OF_ORDER = "out_of_order"
INVALID_DOCUMENT = "invalid_document"
UNKNOWN_CONTRACT = "unknown_contract"
OTHER_RETAILER = "other_retailer"
ODD_DECIMALS = "odd_decimals"
EMPTY_LIST = "empty_list"
LEAK = "leak"
WRONG_CERTIFICATE = "wrong_certificate"
EXPIRED_TOKEN = "expired_token"  # noqa: S105 - the name of a misbehaviour
FOREIGN_TOKEN = "foreign_token"  # noqa: S105

KINDS = {
    LOSE_REQUEST: "the call is not carried out, and no reply leaves: the connection breaks",
    DROP_REPLY: "the call is carried out and committed, but its reply never leaves: the connection breaks",
    CUT_REPLY: "the call is carried out and committed, but the connection breaks half-way through the reply",
    HTTP_500: "the call is not carried out; the reply is a web page with HTTP status 500",
    SOAP_FAULT: "the call is not carried out; the reply is a SOAP fault that blames DIT itself (Receiver)",
    SLOW_REPLY: "the call is carried out, but the reply comes only after some wall seconds",
    DUPLICATE_DELIVERY: "a sent message is delivered twice, the second time under a message id of its own",
    OUT_OF_ORDER: "a sent message is delivered only after the next one to the same mailbox",
    INVALID_DOCUMENT: "the delivered document is not valid by its schema",
    UNKNOWN_CONTRACT: "the delivered discount list also decides on a contract that nobody signed",
    OTHER_RETAILER: "the delivered discount list is another retailer's",
    ODD_DECIMALS: "an amount of the delivered discount list has a third decimal",
    EMPTY_LIST: "the delivered discount list has no records, although there were decisions",
    LEAK: "the list that BVKB sends gives a retailer (authority) a record about another retailer's customer, too",
    WRONG_CERTIFICATE: "the next connection meets a server whose certificate another authority has signed",
    EXPIRED_TOKEN: "the STS issues a token that has ended already",
    FOREIGN_TOKEN: "the STS issues a token that is signed with a key which DIT does not trust",
}

BEFORE = frozenset({LOSE_REQUEST, HTTP_500, SOAP_FAULT, SLOW_REPLY})
"""What the wire does wrong before a call is carried out."""
AFTER = frozenset({DROP_REPLY, CUT_REPLY})
"""What the wire does wrong with the reply of a call that was carried out."""
TAMPERING = frozenset({INVALID_DOCUMENT, UNKNOWN_CONTRACT, OTHER_RETAILER, ODD_DECIMALS, EMPTY_LIST})
"""What is wrong with a delivered document."""
DELIVERY = TAMPERING | {DUPLICATE_DELIVERY, OUT_OF_ORDER}
"""What the network does wrong while it delivers a sent message."""
PUBLISHING = frozenset({LEAK})
"""What BVKB does wrong when it publishes its list."""

CONNECTING = frozenset({WRONG_CERTIFICATE})
"""What goes wrong while a connection is made (TLS), before anybody knows whose it is."""
ISSUING = frozenset({EXPIRED_TOKEN, FOREIGN_TOKEN})
"""What the STS does wrong."""

OPERATIONS = (
    "SendMessage2",
    "ReceiveMessage2",
    "ReceiveMessageList",
    "RestoreMessageList",
    "DeleteMessage",
    "ConfirmationAck",
)
ISSUE = "Issue"
"""The STS's one operation."""


_LONGEST = 600.0  # wall seconds


class FaultsError(ValueError):
    """A misbehaviour was asked for that does not exist."""


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """One thing to do wrong: its kind, on which operation and for whose call (None: any), how many times.

    ``recipient`` is the mailbox in which a delivery goes wrong (None: all that the message goes to); ``seconds`` is how
    long a slow reply takes, wall time.
    """

    kind: str
    operation: str | None = None
    authority: str | None = None
    times: int = 1
    recipient: str | None = None
    seconds: float = 2.0


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
        if misbehaviour.kind in ISSUING and misbehaviour.operation not in (None, ISSUE):
            raise FaultsError(f"{misbehaviour.kind} happens when the STS issues a token; arm it on {ISSUE}")
        if misbehaviour.kind in CONNECTING and (misbehaviour.operation, misbehaviour.authority) != (None, None):
            raise FaultsError(
                f"{misbehaviour.kind} happens before a call is made; arm it without an operation and an authority"
            )
        if misbehaviour.operation not in (None, *OPERATIONS) and misbehaviour.kind not in ISSUING:
            raise FaultsError(f"DIT has no operation {misbehaviour.operation!r}; known are: {', '.join(OPERATIONS)}")
        delivery = misbehaviour.kind in DELIVERY
        if delivery and misbehaviour.operation not in (None, "SendMessage2"):
            raise FaultsError(f"{misbehaviour.kind} happens while sending; arm it on SendMessage2")
        if misbehaviour.kind == LEAK and misbehaviour.operation not in (None, "SendMessage2"):
            raise FaultsError(f"{LEAK} happens when BVKB sends its list; arm it on SendMessage2")
        if misbehaviour.recipient is not None and not delivery:
            raise FaultsError(f"{misbehaviour.kind} concerns a call, not a mailbox; arm it without a recipient")
        if not 0 <= misbehaviour.seconds <= _LONGEST:
            raise FaultsError(f"a reply can take 0 to {_LONGEST:.0f} seconds, not {misbehaviour.seconds}")
        if misbehaviour.times < 1:
            raise FaultsError(f"a misbehaviour happens at least once, not {misbehaviour.times} times")
        with self._lock:
            self._armed.append(_Armed(misbehaviour, misbehaviour.times))

    def take(
        self,
        operation: str,
        authority: str | None,
        *,
        kind: str | Collection[str] | None = None,
        recipient: str | None = None,
        unit: Unit | None = None,
    ) -> Misbehaviour | None:
        """The first armed misbehaviour that concerns this call, counted as committed; None when the call is to go well.

        ``kind`` narrows the question to what the asker can commit; without it every kind of the wire's is handed out,
        and none of those that the network takes while it delivers or BVKB when it publishes. ``recipient`` asks for
        one mailbox. ``unit`` is the transaction in which the fault has its effect: a rollback arms the fault again.
        """
        kinds = BEFORE | AFTER if kind is None else {kind} if isinstance(kind, str) else frozenset(kind)
        with self._lock:
            for each in self._armed:
                if _concerns(each.misbehaviour, operation, authority, recipient) and each.misbehaviour.kind in kinds:
                    self._count(each)
                    if unit is not None:
                        unit.after_rollback(partial(self._rearm, each, self._armed))
                    return each.misbehaviour
        return None

    def is_armed(self, operation: str, authority: str | None, kinds: Collection[str]) -> bool:
        """Return True when a fault of these kinds waits for such a call; it is not counted."""
        with self._lock:
            return any(
                armed.misbehaviour.kind in kinds and _concerns(armed.misbehaviour, operation, authority, None)
                for armed in self._armed
            )

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
            self._armed = []

    def _rearm(self, armed: _Armed, queue: list[_Armed]) -> None:
        """Take back that a fault was triggered; ``queue`` is the list that held it then."""
        with self._lock:
            self._taken[armed.misbehaviour.kind] -= 1
            if not armed.remaining:
                queue.insert(0, armed)
            armed.remaining += 1

    def _count(self, armed: _Armed) -> None:
        armed.remaining -= 1
        if not armed.remaining:
            self._armed.remove(armed)
        self._taken[armed.misbehaviour.kind] = self._taken.get(armed.misbehaviour.kind, 0) + 1


def _concerns(misbehaviour: Misbehaviour, operation: str, authority: str | None, recipient: str | None) -> bool:
    return (
        misbehaviour.operation in (None, operation)
        and misbehaviour.authority in (None, authority)
        and misbehaviour.recipient == recipient
    )
