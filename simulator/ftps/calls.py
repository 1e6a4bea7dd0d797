"""FTP commands and the calls of DIT among them: their answers and their entries in the journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from simulator.dit.calls import CallRecord, SimulationServices
from simulator.dit.refusals import as_refused
from simulator.fault_injection.faults import CUT_REPLY, LOSE_REQUEST
from simulator.ftps.refusals import reply_line
from simulator.journal import Entry, Json, Kind, wall_now

if TYPE_CHECKING:
    from simulator.dit.model import Caller
    from simulator.dit.refusals import Refusal
    from simulator.fault_injection.faults import InjectedFault
    from simulator.ftps.settings import FtpsSettings
    from simulator.store import Transaction

INTERFACE = "ftps"
HIDDEN = "*"
"""The text in the journal in place of a password."""

_UNAVAILABLE = "451 service-not-available: the service is not available for a while"


@dataclass(frozen=True, slots=True)
class FtpsBackend:
    """The parts of a running simulation that FTPS serves; ``passwords`` are by user name, as in the STS."""

    services: SimulationServices
    passwords: Mapping[str, str]
    settings: FtpsSettings

    @property
    def message_bytes(self) -> int:
        """The largest message, in bytes."""
        return self.services.profile.limits.message_bytes.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command of a client: verb, argument (a password is hidden), session, and user (None before login).

    ``tls``: the control connection had TLS. ``path`` is the absolute path, if the argument is one.
    """

    verb: str
    argument: str
    session: str
    user: str | None
    tls: bool
    path: str | None = None

    def details(self, reply: str | None) -> Json:
        """Return the command for the journal; ``reply`` is the line of the reply, None when none was sent."""
        return {
            "command": self.verb,
            "argument": self.argument,
            "path": self.path,
            "reply": reply,
            "session": self.session,
            "tls": self.tls,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply line; ``lost``: the connection is closed instead of sending it, ``cut``: in the middle of the file."""

    line: str
    ok: bool = True
    lost: bool = False
    cut: bool = False


@dataclass(slots=True, eq=False)
class FtpsCall:
    """A call of DIT that a command makes; implements :class:`simulator.dit.calls.Call`.

    ``perform`` carries it out within a transaction and returns the line to answer. ``store_payload`` stores the upload
    of a call that is not carried out, and returns the blob's reference.
    """

    backend: FtpsBackend
    command: Command
    operation: str
    perform: Callable[[Transaction, Caller], str] | None = None
    store_payload: Callable[[Transaction], str | None] | None = None
    record: CallRecord = field(init=False)

    def __post_init__(self) -> None:
        """Create the call's record."""
        self.record = CallRecord(operation=self.operation, user=self.command.user)

    @property
    def interface(self) -> str:
        """The interface's name in the journal."""
        return INTERFACE

    def identify(self, transaction: Transaction) -> Caller:
        """Return the caller and note its authority; raises Refused when DIT does not know the user."""
        caller = self.backend.services.network.caller(transaction, self.command.user or "")
        self.record.authority = caller.authority
        return caller

    def act(self, transaction: Transaction, caller: Caller) -> Answer:
        """Carry the call out; raises Refused, StoreError."""
        if self.perform is None:
            raise AssertionError("a call that is carried out has something to perform")
        return Answer(self.perform(transaction, caller))

    def keep(self, transaction: Transaction) -> None:
        """Store the upload of a call that is not carried out."""
        self.record.payload = self.store_payload(transaction) if self.store_payload is not None else None

    def refused(self, refusal: Refusal) -> Answer:
        """Return a refusal as a reply."""
        return Answer(reply_line(refusal), ok=False)

    def replaced(self, fault: InjectedFault) -> Answer:
        """Return the answer of an injected fault: no reply, or that the service is not available."""
        return Answer(_UNAVAILABLE, ok=False, lost=fault.kind == LOSE_REQUEST)

    def broken_off(self, answer: Answer, fault: InjectedFault) -> Answer:
        """Return the answer as lost, or with a file that is cut half-way."""
        return replace(answer, lost=True, cut=fault.kind == CUT_REPLY)

    def complete(self, transaction: Transaction | None, entry: Entry, answer: Answer) -> Entry:
        """Return the entry with the command and its reply."""
        del transaction  # a command has no bytes beside its payload
        reply = None if answer.lost else answer.line
        return replace(entry, details={**entry.details, "ftp": self.command.details(reply)})


def command_entry(at: datetime, command: Command, reply: str, authority: str | None, refusal: Refusal | None) -> Entry:
    """Return the journal entry of a command that is no call of DIT.

    ``at`` is simulated time; ``refusal`` is the reason when the command was refused.
    """
    entry = Entry(
        kind=Kind.FTP,
        at=at,
        wall=wall_now(),
        interface=INTERFACE,
        operation=command.verb,
        authority=authority,
        details={"ftp": command.details(reply)},
    )
    return entry if refusal is None else as_refused(entry, refusal)
