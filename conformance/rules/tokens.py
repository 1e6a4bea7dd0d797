"""What a journal tells of tokens: those that the STS issued, and the calls that carried one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from conformance.rules.traffic import Call
from conformance.rules.values import table, tables, text, texts
from simulator.journal.entries import Entry, Kind, Outcome

REFUSED = "security"
"""The fault code of a call that DIT's guard did not let in."""
_SIMULATED = "simulated"


@dataclass(frozen=True, slots=True)
class Issue:
    """A request for a token, answered or refused. ``doctored`` tells that the token was made wrong on purpose."""

    entry: Entry
    token: str | None
    expires: datetime | None
    claims: tuple[str, ...]
    doctored: bool

    @property
    def number(self) -> int:
        """Number of the journal entry."""
        return self.entry.number

    @property
    def done(self) -> bool:
        """Whether a token was issued."""
        return self.entry.outcome is Outcome.OK

    @property
    def at(self) -> datetime:
        """When, by the clock that the retailer lives by."""
        return moment_of(self.entry, text(self.entry.details.get("clock")))


@dataclass(frozen=True, slots=True)
class Use:
    """A call that carried a token, accepted or refused. ``token`` is the journal's name for it."""

    call: Call
    token: str | None
    clock: str | None
    key_type: str | None

    @property
    def number(self) -> int:
        """Number of the journal entry."""
        return self.call.number

    @property
    def accepted(self) -> bool:
        """Whether DIT's guard let it in."""
        return self.call.entry.fault_code != REFUSED

    @property
    def doctored(self) -> bool:
        """Whether the token was made wrong on purpose, so that the refusal is not the retailer's fault."""
        return not self.accepted and bool(self.call.entry.details.get("misbehaviour"))

    def at(self, clock: str | None) -> datetime:
        """When, by a clock."""
        return moment_of(self.call.entry, self.clock or clock)


def moment_of(entry: Entry, clock: str | None) -> datetime:
    """An entry's time by the simulated clock or the machine's."""
    return entry.at if clock == _SIMULATED else entry.wall


def issues_of(entries: Iterable[Entry], authority: str) -> Iterator[Issue]:
    """The requests for tokens of an authority, and those whose maker could not be told."""
    for entry in entries:
        if entry.kind is Kind.TOKEN and entry.authority in (authority, None):
            details = table(entry.details)
            yield Issue(
                entry,
                token=text(details.get("token_digest")),
                expires=_moment(text(details.get("expires"))),
                claims=tuple(texts(details.get("claims"))),
                doctored=bool(details.get("misbehaviour")),
            )


def uses_of(calls: Iterable[Call]) -> Iterator[Use]:
    """The calls at DIT's guarded addresses."""
    for call in calls:
        security = table(call.entry.details.get("security"))
        if security or call.entry.fault_code == REFUSED:
            known = (text(security.get(each)) for each in ("token_digest", "clock", "key_type"))
            yield Use(call, *known)


def complaints_of(entry: Entry) -> frozenset[str]:
    """The checks that a refused call or request failed, by the simulator's words."""
    if entry.fault_code != REFUSED:
        return frozenset()
    return frozenset(code for each in tables(entry.details.get("complaints")) if (code := text(each.get("code"))))


def _moment(written: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(written) if written is not None else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
