"""DIT's configuration service: searching and creating channels, versions and subscribers.

The rights that it needs are not public. Here every user may search, and only a channel's owner may change the channel
(assumed).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulator.dit.configuration import Configuration
from simulator.dit.model import Authority, Channel, ChannelVersion, RefusalCode, User, VersionStatus
from simulator.dit.refusals import ACCESS, NO_SOURCE, Refused, documented, refuse

if TYPE_CHECKING:
    from collections.abc import Collection

    from simulator.dit.configuration import Registry
    from simulator.dit.directory import Directory
    from simulator.dit.model import Caller
    from simulator.store import Transaction

_CHANNEL = re.compile(r"(URN:IVIS:\d{6}:CHA-[A-Za-z0-9_()+,.=@;$!*-]+)-TYPE-(DIK|DSK)")


@dataclass(frozen=True, slots=True)
class Subscriber:
    """An authority's rights on a version (a URN): as a subscriber of a DIK, as a participant of a DSK."""

    version: str
    authority: Authority


class Administration:
    """The operations of the configuration service, in one transaction.

    ``element_of`` returns the Clark name of the document element for a schema URN, None when the URN is unknown or does
    not determine the element.
    """

    def __init__(self, registry: Registry, transaction: Transaction, element_of: Callable[[str], str | None]) -> None:
        self._registry = registry
        self._transaction = transaction
        self._element_of = element_of

    # Searching

    def post_box(self, authority: str) -> tuple[int, Authority]:
        """Carry out SelectPostBox: return the number of an authority's mailbox, and the authority. Raises Refused."""
        directory = self._directory()
        owner = directory.authority(authority)
        return sorted(directory.authorities).index(owner.id) + 1, owner

    def channels(
        self,
        *,
        urn: str | None = None,
        kind: str | None = None,
        owner: str | None = None,
        title: str | None = None,
        statuses: Collection[str] = (),
    ) -> tuple[Channel, ...]:
        """Carry out SearchChannelsPaged: return the channels that match all criteria, ordered by URN.

        ``title`` is a part of the channel's title; with ``statuses`` a channel must have a version in one of them.
        Raises Refused for an unknown URN, with DIT's documented text.
        """
        directory = self._directory()
        if urn is not None:
            directory.channel(urn)
        return tuple(
            channel
            for channel in sorted(directory.channels.values(), key=lambda channel: channel.urn)
            if urn in (None, channel.urn) and kind in (None, channel.kind) and owner in (None, channel.owner)
            if title is None or title.casefold() in channel.title.casefold()
            if not statuses
            or any(
                version.channel == channel.urn and version.status in statuses for version in directory.versions.values()
            )
        )

    def versions(
        self, *, urn: str | None = None, channel: str | None = None, statuses: Collection[str] = ()
    ) -> tuple[ChannelVersion, ...]:
        """Carry out SearchChannelVersionsPaged: return the versions that match all criteria, ordered by URN.

        Raises Refused for an unknown URN.
        """
        directory = self._directory()
        if urn is not None:
            directory.version(urn)
        if channel is not None:
            directory.channel(channel)
        return tuple(
            version
            for version in sorted(directory.versions.values(), key=lambda version: version.urn)
            if urn in (None, version.urn) and channel in (None, version.channel)
            if not statuses or version.status in statuses
        )

    def subscribers(self, *, version: str | None = None, authority: str | None = None) -> tuple[Subscriber, ...]:
        """Carry out SearchSubscribersToChannelPaged: return who has rights on a version, or the rights of one.

        Raises Refused for an unknown URN.
        """
        directory = self._directory()
        if version is not None:
            directory.version(version)
        return tuple(
            Subscriber(urn, directory.authorities[identifier])
            for urn, authorities in sorted(directory.subscribers.items())
            for identifier in sorted(authorities)
            if version in (None, urn) and authority in (None, identifier)
        )

    def channel(self, urn: str) -> Channel:
        """Return a channel by URN; raises Refused when there is none."""
        return self._directory().channel(urn)

    def authority(self, identifier: str) -> Authority:
        """Return an authority by its 6-digit id; raises Refused when it has no mailbox."""
        return self._directory().authority(identifier)

    # Creating

    def insert_channel(self, caller: Caller, channel: Channel) -> int:
        """Carry out InsertChannel: create a channel that the caller owns, and return its number. Raises Refused."""
        directory = self._directory()
        directory.authority(channel.owner)
        if channel.owner != caller.authority:
            raise _not_owner(caller, channel.owner, channel.urn)
        form = _CHANNEL.fullmatch(channel.urn)
        if form is None or form[2].lower() != channel.kind:
            raise _wrong(
                f"channel URN {channel.urn!r} of a channel of type {channel.kind}",
                f"URN:IVIS:<6 digits>:CHA-<Name>-TYPE-{channel.kind.upper()}",
            )
        if channel.urn in directory.channels:
            raise _there_already(channel.urn)
        self._install(directory, channels={**directory.channels, channel.urn: channel})
        return len(directory.channels) + 1

    def insert_version(self, caller: Caller, version: ChannelVersion) -> int:
        """Carry out InsertChannelVersion: create a version of a channel of the caller, and return its number.

        ``version.element`` is set from the version's schema URN. Raises Refused.
        """
        directory = self._directory()
        channel = directory.channel(version.channel)
        if channel.owner != caller.authority:
            raise _not_owner(caller, channel.owner, channel.urn)
        expected = version_urn(channel, version.major, version.minor)
        if version.urn != expected:
            raise _wrong(f"version URN {version.urn!r} of version {version.major}.{version.minor}", expected)
        if version.urn in directory.versions:
            raise _there_already(version.urn)
        element = self._element_of(version.schema)
        if element is None:
            raise _wrong(
                f"schema {version.schema!r}",
                "the URN of a schema of the catalogue, ending in -TYPE-<element> where it has several elements",
                remedy="`aldis schemas list` shows the catalogue",
            )
        new_version = replace(version, element=element)
        self._install(directory, versions={**directory.versions, new_version.urn: new_version})
        return len(directory.versions) + 1

    def insert_subscriber(self, caller: Caller, version: str, authority: str) -> int:
        """Carry out InsertSubscriberToChannel: give an authority rights on a version of a channel of the caller.

        Returns the number of the new record. Raises Refused.
        """
        directory = self._directory()
        known = directory.version(version)
        directory.authority(authority)
        if directory.owner(known) != caller.authority:
            raise _not_owner(caller, directory.owner(known), known.urn)
        if directory.subscribed(authority, known):
            raise _there_already(f"{authority} on {known.urn}")
        before = directory.subscribers.get(known.urn, frozenset())
        self._refuse_two_cuts(directory, known, authority)
        self._install(directory, subscribers={**directory.subscribers, known.urn: before | {authority}})
        return sum(len(authorities) for authorities in directory.subscribers.values()) + 1

    def _refuse_two_cuts(self, directory: Directory, version: ChannelVersion, authority: str) -> None:
        source = version.transformation.source if version.transformation else version.urn
        for urn, subscribed in directory.subscribers.items():
            other = directory.versions[urn]
            if authority in subscribed and source == (other.transformation.source if other.transformation else urn):
                raise _wrong(
                    f"a second way for authority {authority} to the messages of {source}: it has {urn}",
                    "one version of them for each authority",
                )

    def _install(
        self,
        directory: Directory,
        *,
        channels: dict[str, Channel] | None = None,
        versions: dict[str, ChannelVersion] | None = None,
        subscribers: dict[str, frozenset[str]] | None = None,
    ) -> None:
        rights = directory.subscribers if subscribers is None else subscribers
        wanted = Configuration(
            authorities=tuple(directory.authorities.values()),
            users=tuple(User(name, authority) for name, authority in directory.users.items()),
            channels=tuple((directory.channels if channels is None else channels).values()),
            versions=tuple((directory.versions if versions is None else versions).values()),
            subscriptions=tuple(
                (urn, authority) for urn, authorities in rights.items() for authority in sorted(authorities)
            ),
        )
        self._registry.install(self._transaction, wanted)

    def _directory(self) -> Directory:
        return self._registry.directory(self._transaction)


def version_urn(channel: Channel, major: int, minor: int) -> str:
    """Return the URN of a version: the channel's, with the version before the type (documented by examples)."""
    stem, _, kind = channel.urn.rpartition("-TYPE-")
    return f"{stem}-v{major}-{minor}-TYPE-{kind}"


def status_of(words: Collection[str]) -> VersionStatus:
    """Return the status for a new version from the names in a request: active when there is none (assumed).

    Raises Refused for more than one.
    """
    if len(words) > 1:
        raise _wrong(f"{len(words)} statuses for one version: {' '.join(words)}", "one status")
    return VersionStatus(next(iter(words), VersionStatus.ACTIVE))


def missing(what: str) -> Refused:
    """Return the refusal of a new record without a needed value; ``what`` names the value."""
    return _wrong(f"no {what}", f"{what}, without which nothing can be made")


def _wrong(found: str, expected: str, *, remedy: str = "correct the record and send it again") -> Refused:
    return refuse(
        RefusalCode.BAD_CONFIGURATION,
        f"the record cannot be made: {found}; expected {expected}",
        found=f"The call gives {found}.",
        expected=f"{expected}.",
        source=documented("channel and version URNs, their schemas"),
        remedy=f"{remedy}.",
    )


def _there_already(what: str) -> Refused:
    return refuse(
        RefusalCode.BAD_CONFIGURATION,
        f"{what} is there already",
        found=f"The call makes {what}, which DIT has already.",
        expected="a record that is new; nothing is changed by making it again.",
        source=NO_SOURCE,
        remedy="look for it with the Search... operations first.",
    )


def _not_owner(caller: Caller, owner: str, what: str) -> Refused:
    return refuse(
        RefusalCode.NO_RIGHT,
        f"authority {caller.authority} does not own {what}",
        found=f"User {caller.user!r} acts for authority {caller.authority}; {what} is owned by {owner}.",
        expected="a call by the channel's owner.",
        source=ACCESS,
        remedy="make channels of your own, or have the owner do it (who may do what is assumed).",
    )
