"""Look-ups in DIT's configuration: mailboxes, channels, and their users. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.dit.model import Caller, RefusalCode
from simulator.dit.refusals import ACCESS, Refused, documented, refuse
from simulator.dit.rights import require_right

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.dit.model import Authority, Channel, ChannelVersion
    from simulator.dit.rights import Grant, GrantKey, Use


@dataclass(frozen=True, slots=True)
class Directory:
    """The configuration of the network at one moment.

    ``users`` maps a user's name to its authority id, ``subscribers`` a version URN to the authorities that may use it.
    ``grants`` are the rights of users of which something is known.
    """

    authorities: Mapping[str, Authority] = field(default_factory=dict)
    users: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    versions: Mapping[str, ChannelVersion] = field(default_factory=dict)
    subscribers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    grants: Mapping[GrantKey, Grant] = field(default_factory=dict)

    def caller(self, user: str) -> Caller:
        """Return the caller of a user name or 6-digit authority id; raises Refused for anyone else."""
        if user in self.users:
            return Caller(user, self.users[user])
        if user in self.authorities:
            return Caller(user, user)
        raise refuse(
            RefusalCode.UNKNOWN_USER,
            f"unknown user {user!r}",
            found=f"The call came as user {user!r}, whom DIT does not know.",
            expected="the name of a DIT user, or the 6-digit id of its authority, that has been given access.",
            source=ACCESS,
            remedy="check the user name; access is opened per environment by VRAA and BVKB.",
        )

    def version(self, urn: str) -> ChannelVersion:
        """Return a channel version by URN; raises Refused when there is none."""
        if urn in self.versions:
            return self.versions[urn]
        hint = "that is a channel's URN, not a version's" if urn in self.channels else "DIT has no such channel version"
        raise refuse(
            RefusalCode.UNKNOWN_VERSION,
            "Argument exception: ChannelVersionURN!",
            found=f"The call names channel version {urn!r}: {hint}.",
            expected="the URN of a channel version, like URN:IVIS:100001:CHA-<Name>-v1-0-TYPE-DSK.",
            source=documented("channel URNs"),
            remedy=f"check the URN{_suggestion(urn, self.versions)}.",
        )

    def channel(self, urn: str) -> Channel:
        """A channel by URN; raises Refused, with DIT's documented words, when there is none."""
        if urn in self.channels:
            return self.channels[urn]
        hint = "that is a channel version's URN, not a channel's" if urn in self.versions else "DIT has no such channel"
        raise refuse(
            RefusalCode.UNKNOWN_CHANNEL,
            "Argument exception: ChannelURN!",
            found=f"The call names channel {urn!r}: {hint}.",
            expected="the URN of a channel, like URN:IVIS:100001:CHA-<Name>-TYPE-DSK.",
            source=documented("channel URNs"),
            remedy=f"check the URN{_suggestion(urn, self.channels)}.",
        )

    def authority(self, identifier: str) -> Authority:
        """Return an authority by its 6-digit id; raises Refused when it has no mailbox."""
        if identifier in self.authorities:
            return self.authorities[identifier]
        raise refuse(
            RefusalCode.UNKNOWN_AUTHORITY,
            f"unknown authority {identifier!r}",
            found=f"ReceiverFilter names authority {identifier!r}, which has no mailbox in DIT.",
            expected="6-digit ids of authorities that have a mailbox.",
            source=documented("mailboxes of authorities"),
            remedy="take the ids from the channel's subscribers.",
        )

    def owner(self, version: ChannelVersion) -> str:
        """Return the authority id of the owner of a version's channel."""
        return self.channels[version.channel].owner

    def subscribed(self, authority: str, version: ChannelVersion) -> bool:
        """Return True when an authority has a subscriber's (or participant's) rights on a version."""
        return authority in self.subscribers.get(version.urn, frozenset())

    def cuts_of(self, version: ChannelVersion) -> tuple[ChannelVersion, ...]:
        """The sub-versions that are cut from a version, by URN."""
        cuts = (
            known
            for known in self.versions.values()
            if known.transformation and known.transformation.source == version.urn
        )
        return tuple(sorted(cuts, key=lambda cut: cut.urn))

    def require_right(self, caller: Caller, use: Use) -> None:
        """Raise Refused when the caller's right for a call is withheld, or not open yet."""
        if not self.grants:
            return
        own = caller.user in self.users
        users = (
            (caller.user,)
            if own
            else sorted(name for name, authority in self.users.items() if authority == caller.authority)
        )
        require_right(self.grants, caller, users, use)

    def require_version_access(self, caller: Caller, version: ChannelVersion) -> None:
        """Raise Refused unless the caller owns the version's channel or subscribes to the version."""
        if self.owner(version) != caller.authority and not self.subscribed(caller.authority, version):
            raise self._no_right(caller, version.urn)

    def require_channel_access(self, caller: Caller, channel: Channel) -> None:
        """Raise Refused unless the caller owns the channel or subscribes to one of its versions."""
        if channel.owner != caller.authority and not self.subscribed_to_any(caller.authority, channel.urn):
            raise self._no_right(caller, channel.urn)

    def subscribed_to_any(self, authority: str, channel: str) -> bool:
        """Return True when an authority subscribes to any version of a channel (given by URN)."""
        return any(
            self.subscribed(authority, version) for version in self.versions.values() if version.channel == channel
        )

    def _no_right(self, caller: Caller, urn: str) -> Refused:
        own = sorted(version for version, authorities in self.subscribers.items() if caller.authority in authorities)
        return refuse(
            RefusalCode.NO_RIGHT,
            f"authority {caller.authority} has no rights on {urn}",
            found=f"User {caller.user!r} acts for authority {caller.authority}, "
            f"which neither owns nor subscribes to {urn}.",
            expected="a call by the channel's owner or by a subscriber of that channel version.",
            source=ACCESS,
            remedy=f"use a version that the authority has rights on ({', '.join(own) or 'it has none yet'}), "
            "or have access opened; rights are per user, channel and environment.",
        )


def _suggestion(urn: str, known: Mapping[str, object]) -> str:
    same = [name for name in known if name.casefold() == urn.strip().casefold()]
    if same:
        return f": DIT knows {same[0]}, and capital letters and blanks count"
    return f" (known here: {', '.join(sorted(known))})" if known else " (none is set up here)"
