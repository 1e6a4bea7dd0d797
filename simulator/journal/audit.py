"""DIT's audit records: who called what in which channel, with what outcome. Read from the journal. Pure.

DIT keeps audit records of the calls made in a channel (BVKB's connecting steps: documented); what they hold is assumed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from simulator.documents.profile import Profile
from simulator.domain.errors import UserError
from simulator.domain.model import ChannelName
from simulator.journal import Entry, Kind, Outcome

_URN = re.compile(r"URN:IVIS:[0-9]{6}:\S+")
_VERSION = re.compile(r"-v\d+-\d+(?=-TYPE-)")


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One call: when (simulated time), by whom, in which channel, what came of it.

    ``channel`` is the channel's URN and ``channel_versions`` those that the call named or its messages lie under; of a
    call that could not be read neither is known. ``size`` is the payloads' bytes, sent or received.
    """

    number: int
    at: datetime
    interface: str
    user: str | None
    authority: str | None
    channel: str | None
    channel_versions: tuple[str, ...]
    operation: str
    outcome: Outcome
    fault_code: str | None
    message_ids: tuple[str, ...]
    size: int


class UnknownChannel(UserError):
    """What was given names no channel; says what does."""


def channel_named(text: str, profile: Profile) -> str:
    """The URN of a channel of ALDIS by its short name; a URN of a channel or version as it is, whoever made that one.

    Raises UnknownChannel for anything else.
    """
    names = {str(name): profile.channel(name).urn for name in ChannelName}
    if text in names:
        return names[text]
    if not _URN.fullmatch(text):
        raise UnknownChannel(f"there is no channel {text!r}; known are {', '.join(names)}, and any URN:IVIS:... of one")
    return text


def audit(
    entries: Iterable[Entry], *, channel: str | None = None, user: str | None = None, since: datetime | None = None
) -> Iterator[AuditRecord]:
    """The records of the calls among a journal's entries, in order.

    ``channel`` is the URN of a channel or of one version, ``user`` a DIT user or the 6-digit id of its authority.
    """
    for entry in entries:
        if entry.kind is not Kind.EXCHANGE or (since is not None and entry.at < since):
            continue
        record = record_of(entry)
        if user is not None and user not in (record.user, record.authority):
            continue
        if channel is None or channel == record.channel or channel in record.channel_versions:
            yield record


def record_of(entry: Entry) -> AuditRecord:
    """What the audit keeps of one call."""
    details = entry.details
    named = details.get("versions")
    versions = [str(each) for each in named] if isinstance(named, list) else []
    if entry.channel_version:
        versions.insert(0, entry.channel_version)
    versions = list(dict.fromkeys(versions))
    selector, size, user = details.get("selector"), details.get("size"), details.get("user")
    channel = selector.get("channel") if isinstance(selector, dict) else details.get("channel")
    if not isinstance(channel, str):
        channel = channel_of(versions[0]) if versions else None
    return AuditRecord(
        number=entry.number,
        at=entry.at,
        interface=entry.interface,
        user=user if isinstance(user, str) else None,
        authority=entry.authority,
        channel=channel,
        channel_versions=tuple(versions),
        operation=entry.operation,
        outcome=entry.outcome,
        fault_code=entry.fault_code,
        message_ids=entry.message_ids,
        size=size if isinstance(size, int) else 0,
    )


def channel_of(version: str) -> str:
    """The URN of the channel that a version is of: the version's without its number (documented by examples)."""
    return _VERSION.sub("", version)
