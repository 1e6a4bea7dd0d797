"""Injected faults, which test how a client tolerates a failing network, and the tokens that were tampered with.

All faults are assumed: real networks fail in such ways, but the failures of DIT are not public. Each armed fault is
triggered a given number of times, each time by exactly one call, also when several threads call at once.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from simulator.documents.parsing import Element

if TYPE_CHECKING:
    from simulator.store import Transaction


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
EXPIRED_TOKEN = "expired_token"  # noqa: S105 - the name of a fault
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
"""Every kind of fault, and its effect."""

BEFORE = frozenset({LOSE_REQUEST, HTTP_500, SOAP_FAULT, SLOW_REPLY})
"""Kinds that are injected before a call is carried out."""
AFTER = frozenset({DROP_REPLY, CUT_REPLY})
"""Kinds that damage the reply of a call that was carried out."""
TAMPERING = frozenset({INVALID_DOCUMENT, UNKNOWN_CONTRACT, OTHER_RETAILER, ODD_DECIMALS, EMPTY_LIST})
"""Kinds that change a delivered document."""
DELIVERY = TAMPERING | {DUPLICATE_DELIVERY, OUT_OF_ORDER}
"""Kinds that are injected while the network delivers a sent message."""
PUBLISHING = frozenset({LEAK})
"""Kinds that are injected when BVKB publishes its list."""
CONNECTING = frozenset({WRONG_CERTIFICATE})
"""Kinds that are injected while a connection is made (TLS), before the caller is known."""
ISSUING = frozenset({EXPIRED_TOKEN, FOREIGN_TOKEN})
"""Kinds that the STS injects."""

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

_MAX_SECONDS = 600.0  # wall seconds


class FaultsError(ValueError):
    """A fault does not exist, or no call could trigger it."""


@dataclass(frozen=True, slots=True)
class InjectedFault:
    """A fault to inject: its kind, the operation and authority that trigger it (None: any), and the number of times.

    ``recipient`` is the mailbox whose delivery fails (None: all mailboxes of the message). ``seconds`` is the delay of
    a slow reply in wall seconds.
    """

    kind: str
    operation: str | None = None
    authority: str | None = None
    times: int = 1
    recipient: str | None = None
    seconds: float = 2.0


@dataclass(slots=True, eq=False)
class _Armed:
    fault: InjectedFault
    remaining: int


class Faults:
    """The armed faults. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []
        self._triggered: dict[str, int] = {}

    def arm(self, fault: InjectedFault) -> None:
        """Arm a fault, after those already armed; raises FaultsError for one that no call could trigger."""
        if fault.kind not in KINDS:
            raise FaultsError(f"there is no fault {fault.kind!r}; known are: {', '.join(sorted(KINDS))}")
        if fault.kind in ISSUING and fault.operation not in (None, ISSUE):
            raise FaultsError(f"{fault.kind} happens when the STS issues a token; arm it on {ISSUE}")
        if fault.kind in CONNECTING and (fault.operation, fault.authority) != (None, None):
            raise FaultsError(
                f"{fault.kind} happens before a call is made; arm it without an operation and an authority"
            )
        if fault.operation not in (None, *OPERATIONS) and fault.kind not in ISSUING:
            raise FaultsError(f"DIT has no operation {fault.operation!r}; known are: {', '.join(OPERATIONS)}")
        delivery = fault.kind in DELIVERY
        if delivery and fault.operation not in (None, "SendMessage2"):
            raise FaultsError(f"{fault.kind} happens while sending; arm it on SendMessage2")
        if fault.kind == LEAK and fault.operation not in (None, "SendMessage2"):
            raise FaultsError(f"{LEAK} happens when BVKB sends its list; arm it on SendMessage2")
        if fault.recipient is not None and not delivery:
            raise FaultsError(f"{fault.kind} concerns a call, not a mailbox; arm it without a recipient")
        if not 0 <= fault.seconds <= _MAX_SECONDS:
            raise FaultsError(f"a reply can take 0 to {_MAX_SECONDS:.0f} seconds, not {fault.seconds}")
        if fault.times < 1:
            raise FaultsError(f"a fault happens at least once, not {fault.times} times")
        with self._lock:
            self._armed.append(_Armed(fault, fault.times))

    def take(
        self,
        operation: str,
        authority: str | None,
        *,
        kind: str | Collection[str] | None = None,
        recipient: str | None = None,
        transaction: Transaction | None = None,
    ) -> InjectedFault | None:
        """Return the first armed fault that this call triggers, and count it; None when there is none.

        ``kind`` is the kind, or the kinds, that the caller can inject: BEFORE and AFTER by default. ``recipient``
        selects the faults of one mailbox. ``transaction`` is the one in which the fault has its effect: a rollback
        arms the fault again.
        """
        kinds = BEFORE | AFTER if kind is None else {kind} if isinstance(kind, str) else frozenset(kind)
        with self._lock:
            for armed in self._armed:
                if _is_triggered(armed.fault, operation, authority, recipient) and armed.fault.kind in kinds:
                    self._count(armed)
                    if transaction is not None:
                        transaction.after_rollback(partial(self._rearm, armed, self._armed))
                    return armed.fault
        return None

    def is_armed(self, operation: str, authority: str | None, kinds: Collection[str]) -> bool:
        """Return True when such a call would trigger a fault of these kinds; it is not counted."""
        with self._lock:
            return any(
                armed.fault.kind in kinds and _is_triggered(armed.fault, operation, authority, None)
                for armed in self._armed
            )

    def armed(self) -> tuple[tuple[InjectedFault, int], ...]:
        """Return the faults that are still armed, each with the number of times that are left."""
        with self._lock:
            return tuple((armed.fault, armed.remaining) for armed in self._armed)

    def taken(self, kind: str) -> int:
        """Return how often a kind of fault was triggered."""
        with self._lock:
            return self._triggered.get(kind, 0)

    def disarm(self) -> None:
        """Disarm all faults; the counts stay."""
        with self._lock:
            self._armed = []

    def _count(self, armed: _Armed) -> None:
        armed.remaining -= 1
        if not armed.remaining:
            self._armed.remove(armed)
        self._triggered[armed.fault.kind] = self._triggered.get(armed.fault.kind, 0) + 1

    def _rearm(self, armed: _Armed, queue: list[_Armed]) -> None:
        """Take back that a fault was triggered; ``queue`` is the list that held it then."""
        with self._lock:
            self._triggered[armed.fault.kind] -= 1
            if not armed.remaining:
                queue.insert(0, armed)
            armed.remaining += 1


def _is_triggered(fault: InjectedFault, operation: str, authority: str | None, recipient: str | None) -> bool:
    return (
        fault.operation in (None, operation) and fault.authority in (None, authority) and fault.recipient == recipient
    )


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
