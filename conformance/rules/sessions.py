"""What a journal tells of FTPS sessions: the commands that were no calls of DIT's, and where files were written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from conformance.rules.traffic import Call, Sent
from simulator.documents.parsing import ParsingError, parse
from simulator.documents.profile import Profile
from simulator.journal.entries import Entry, Kind, Outcome


@dataclass(frozen=True, slots=True)
class Command:
    """A command of an FTPS session that was no call of DIT's: login, TLS, folders."""

    entry: Entry

    @property
    def number(self) -> int:
        """Number of the journal entry."""
        return self.entry.number

    @property
    def verb(self) -> str:
        """The command."""
        return self.entry.operation

    @property
    def done(self) -> bool:
        """Whether it was carried out."""
        return self.entry.outcome is Outcome.OK

    @property
    def fault(self) -> str | None:
        """The word for why it was refused."""
        return self.entry.fault_code


def commands_of(entries: Iterable[Entry], authority: str) -> Iterator[Command]:
    """The commands of an authority; one whose caller is not known yet counts too, as with calls."""
    for entry in entries:
        if entry.kind is Kind.FTP and entry.authority in (authority, None):
            yield Command(entry)


BAD_NAME = "bad-file-name"


def is_nameless_reply(call: Call) -> bool:
    """Whether a reply was refused because the name of its file does not tell what it is about."""
    return call.by_ftps and call.entry.fault_code == BAD_NAME and "WriteEvent" in (call.path or "")


def is_report_elsewhere(sent: Sent, profile: Profile) -> bool:
    """Whether a file that was written as a business message is an error report."""
    if not sent.call.by_ftps or sent.is_event or sent.content is None:
        return False
    try:
        return bool(parse(sent.content.data).getroot().tag == profile.error_root)
    except ParsingError:
        return False
