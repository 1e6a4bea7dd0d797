"""The retailer's access to DIT: tokens and the calls that carried one, TLS connections, FTPS sessions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from conformance.rules.traffic import Call, Recorded
from conformance.rules.values import table, tables, text, texts
from simulator.journal.entries import Entry, Kind

REFUSED = "security"
"""The fault code of a call that DIT's authenticator refused."""
_SIMULATED = "simulated"


@dataclass(frozen=True, slots=True)
class Issue(Recorded):
    """A request for a token, answered or refused. ``doctored`` means that the simulator tampered with the token."""

    token: str | None
    expires: datetime | None
    claims: tuple[str, ...]
    doctored: bool

    @property
    def at(self) -> datetime:
        """Time of the request by the retailer's clock."""
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
        """Tell whether DIT's authenticator accepted it."""
        return self.call.entry.fault_code != REFUSED

    @property
    def doctored(self) -> bool:
        """Tell whether the token was made wrong on purpose, so that the refusal is not the retailer's fault."""
        return not self.accepted and bool(self.call.entry.details.get("misbehaviour"))

    def at(self, clock: str | None) -> datetime:
        """Return the time of the call by its own clock, or else by the given one."""
        return moment_of(self.call.entry, self.clock or clock)


@dataclass(frozen=True, slots=True)
class Command(Recorded):
    """A command of an FTPS session that was no call of DIT's: login, TLS, folders."""

    @property
    def verb(self) -> str:
        """The command."""
        return self.entry.operation

    @property
    def fault(self) -> str | None:
        """The fault code of the refusal, None when it was carried out."""
        return self.entry.fault_code


def commands_of(entries: Iterable[Entry], authority: str) -> Iterator[Command]:
    """Yield the commands of an authority; one whose caller is not known yet counts too, as with calls."""
    for entry in entries:
        if entry.kind is Kind.FTP and entry.authority in (authority, None):
            yield Command(entry)


def moment_of(entry: Entry, clock: str | None) -> datetime:
    """Return an entry's time by the simulated clock or the machine's."""
    return entry.at if clock == _SIMULATED else entry.wall


def issues_of(entries: Iterable[Entry], authority: str) -> Iterator[Issue]:
    """Yield the requests for tokens of an authority, and those whose sender is not known."""
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
    """Yield the calls at DIT's secured endpoints."""
    for call in calls:
        security = table(call.entry.details.get("security"))
        if security or call.entry.fault_code == REFUSED:
            known = (text(security.get(name)) for name in ("token_digest", "clock", "key_type"))
            yield Use(call, *known)


def complaints_of(entry: Entry) -> frozenset[str]:
    """Return the checks that a refused call or request failed, by the simulator's names for them."""
    if entry.fault_code != REFUSED:
        return frozenset()
    return frozenset(code for fields in tables(entry.details.get("complaints")) if (code := text(fields.get("code"))))


def _moment(written: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(written) if written is not None else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


class Access:
    """The access of one retailer to DIT."""

    def __init__(self, entries: Sequence[Entry], calls: Sequence[Call], authority: str) -> None:
        self._entries = entries
        self._calls = calls
        self._authority = authority

    @cached_property
    def issues(self) -> tuple[Issue, ...]:
        """The retailer's requests for tokens."""
        return tuple(issues_of(self._entries, self._authority))

    @cached_property
    def foreign_issues(self) -> tuple[Entry, ...]:
        """Entries of tokens that were issued to others."""
        own = (self._authority, None)
        return tuple(entry for entry in self._entries if entry.kind is Kind.TOKEN and entry.authority not in own)

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """The calls at DIT's secured endpoints, in order."""
        return tuple(uses_of(self._calls))

    @cached_property
    def connections(self) -> tuple[Entry, ...]:
        """Entries of connections that carried no call."""
        return tuple(entry for entry in self._entries if entry.kind is Kind.CONNECTION)

    @cached_property
    def ftp_commands(self) -> tuple[Command, ...]:
        """The commands of the retailer's FTPS sessions that are no calls of DIT."""
        return tuple(commands_of(self._entries, self._authority))

    @cached_property
    def blocked(self) -> tuple[int, ...]:
        """Numbers of the entries at which DIT could not be reached: a wrong certificate, no token, or a refused one."""
        tokens_refused = [issue.number for issue in self.issues if issue.doctored or not issue.done]
        calls_refused = [use.number for use in self.uses if not use.accepted]
        return (*tokens_refused, *calls_refused, *(entry.number for entry in self.connections))
