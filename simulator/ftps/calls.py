"""One call of DIT's that an FTP command makes: one transaction with its journal entry, committed before the answer."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from simulator import journal
from simulator.dit.model import Caller, DitError
from simulator.faults import AFTER, BEFORE, CUT_REPLY, KINDS, LOSE_REQUEST, SLOW_REPLY
from simulator.ftps.backing import Backing
from simulator.ftps.recording import Command, Notes
from simulator.ftps.refusals import FtpError, Refused, refused_by_dit, refused_by_incident, refused_by_store
from simulator.store import StoreError, Unit

_log = logging.getLogger(__name__)

_OUT_OF_ORDER = "451 service-not-available: the service is not available for a while"

Act = Callable[[Unit, Caller], str]
"""What a call does inside its transaction; returns the answer's line."""

Keep = Callable[[Unit], str | None]
"""Puts into the store what is to be kept of a call that is not carried out."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The line that leaves; ``lost``: the connection is broken off instead, ``cut``: in the middle of the file."""

    line: str
    ok: bool = True
    lost: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Calls:
    """Carries out calls; each has its entry in the journal, whatever comes of it."""

    backing: Backing

    def strike(self, command: Command, notes: Notes, keep: Keep | None = None) -> Answer | None:
        """What is answered in place of carrying the call out, on purpose; None when it is to be carried out."""
        backing = self.backing
        if notes.authority is None:
            return None
        struck = backing.faults.take(notes.operation, notes.authority, kind=BEFORE)
        if struck is None:
            return None
        if struck.kind == SLOW_REPLY:
            time.sleep(struck.seconds)
            return None
        lost = struck.kind == LOSE_REQUEST
        with backing.store.unit() as unit:
            notes.payload = keep(unit) if keep is not None else None
            line = None if lost else _OUT_OF_ORDER
            entry = notes.misbehaved(backing.clock.now(), command, line, struck.kind, KINDS[struck.kind])
            journal.append(unit, entry)
        return Answer(_OUT_OF_ORDER, ok=False, lost=lost)

    def spoil(self, notes: Notes, unit: Unit | None = None) -> tuple[bool, bool]:
        """Whether the answer is to be lost, on purpose, and whether in the middle of the file."""
        struck = None
        if notes.authority is not None:
            struck = self.backing.faults.take(notes.operation, notes.authority, kind=AFTER, unit=unit)
        if struck is None:
            return False, False
        notes.details["misbehaviour"] = struck.kind
        return True, struck.kind == CUT_REPLY

    def carry_out(
        self, command: Command, notes: Notes, act: Act, *, keep: Keep | None = None, spoilt: bool | None = None
    ) -> Answer:
        """Do it, or say why not. ``keep`` keeps a refused call's payload; ``spoilt``: that was asked before."""
        done: list[bool] = []
        answer: Answer | None = None
        try:
            with self.backing.store.unit() as unit:
                unit.after_commit(lambda: done.append(True))
                caller = self.backing.network.caller(unit, command.user or "")
                notes.authority = caller.authority
                line = act(unit, caller)
                lost, cut = self.spoil(notes, unit) if spoilt is None else (spoilt, False)
                answer = Answer(line, lost=lost, cut=cut)
                journal.append(unit, notes.entry(self.backing.clock.now(), command, None if lost else line))
        except Exception as error:  # noqa: BLE001 - not hidden: answered and journaled, and logged where it is ours
            if answer is not None and done:
                # What is committed is done, and has to be acknowledged; others who were not told ask again later.
                _log.exception("%s was carried out, but telling others of it failed", notes.operation)
                return answer
            return self.refuse(command, notes, refused_for(error), keep=keep)
        return answer

    def refuse(self, command: Command, notes: Notes, refused: Refused, *, keep: Keep | None = None) -> Answer:
        """The answer to a call that is not carried out, journaled in a transaction of its own."""
        backing = self.backing
        try:
            with backing.store.unit() as unit:
                notes.payload = keep(unit) if keep is not None else None
                journal.append(unit, notes.refused(backing.clock.now(), command, refused))
        except StoreError as error:
            _log.warning("a refused FTPS call is journaled without its bytes: %s", error)
            self._without_bytes(command, notes, refused)
        return Answer(refused.reply, ok=False)

    def _without_bytes(self, command: Command, notes: Notes, refused: Refused) -> None:
        notes.payload = None
        try:
            with self.backing.store.unit() as unit:
                journal.append(unit, notes.refused(self.backing.clock.now(), command, refused))
        except StoreError:
            _log.exception("a refused FTPS call could not be journaled: %s", refused.cause)

    def identify(self, unit: Unit, command: Command, notes: Notes) -> Caller:
        """Who calls; raises DitError when DIT does not know the user."""
        caller = self.backing.network.caller(unit, command.user or "")
        notes.authority = caller.authority
        return caller


def refused_for(error: Exception) -> Refused:
    """How a call is refused for what was raised; a mistake of our own is logged under an incident."""
    if isinstance(error, FtpError):
        return error.refused
    if isinstance(error, DitError):
        return refused_by_dit(error)
    if isinstance(error, StoreError):
        _log.error("the store failed: %s", error)
        return refused_by_store(error)
    incident = uuid.uuid4().hex
    _log.error("incident %s: the simulator failed while answering an FTPS command", incident, exc_info=error)
    return refused_by_incident(incident)
