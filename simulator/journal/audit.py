"""Audit records of DIT, derived from a journal: caller, operation, channel and outcome of each call.

DIT keeps audit records of the calls made in a channel (BVKB's connecting steps: documented). Their fields are assumed.
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
    """The audit record of one call.

    ``at`` is simulated time. ``channel`` is the URN of the channel and ``channel_versions`` those of the versions that
    the call named or its messages belong to; a call that could not be read has neither. ``size`` is the length of the
    payloads in bytes, sent or received.
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
    """A text names no channel; the message lists the known names."""


def channel_named(text: str, profile: Profile) -> str:
    """Return the URN of a channel of ALDIS by its short name. A URN of any channel or version is returned unchanged.

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
    """Yield the audit records of the calls among a journal's entries, in their order.

    ``channel`` is the URN of a channel or of one version, ``user`` a DIT user or the 6-digit id of its authority,
    ``since`` the simulated time of the first call. None does not filter.
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
    """Return the audit record of an entry of kind EXCHANGE."""
    details = entry.details
    listed = details.get("versions")
    versions = [str(version) for version in listed] if isinstance(listed, list) else []
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
    """Return the URN of a version's channel: the version's URN without its number (documented by examples)."""
    return _VERSION.sub("", version)
