"""The directory of authorities, users, channels and versions, and the routes of a message through it. Pure.

On a distribution channel (DIK) the owner sends and subscribers receive; on a collection channel (DSK) participants send
and the owner receives (documented: VRAA, DIT integration instruction v1.09, section 2). Events about a message go back
on the same channel version (documented).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.dit.model import Caller, ChannelKind, MessageClass, RefusalCode, VersionStatus
from simulator.dit.refusals import ACCESS, NO_SOURCE, Refused, documented, inferred, refuse
from simulator.dit.rights import require_right

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.dit.model import Authority, Channel, ChannelVersion, SendRequest
    from simulator.dit.rights import Grant, GrantKey, Use


@dataclass(frozen=True, slots=True)
class Directory:
    """The configuration of the network at one moment.

    ``authorities`` are by id, ``channels`` and ``versions`` by URN. ``users`` maps a user's name to its authority id,
    ``subscribers`` a version's URN to the ids of the authorities that may use it. ``grants`` are the known rights of
    users.
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
        """Return a channel by URN; raises Refused with DIT's documented text when there is none."""
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
        """Return the sub-versions that are cut from a version, ordered by URN."""
        cuts = (
            known
            for known in self.versions.values()
            if known.transformation and known.transformation.source == version.urn
        )
        return tuple(sorted(cuts, key=lambda cut: cut.urn))

    def require_right(self, caller: Caller, use: Use) -> None:
        """Raise Refused when the caller has no right for a call on its day."""
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
    similar = [name for name in known if name.casefold() == urn.strip().casefold()]
    if similar:
        return f": DIT knows {similar[0]}, and capital letters and blanks count"
    return f" (known here: {', '.join(sorted(known))})" if known else " (none is set up here)"


OPEN = frozenset({VersionStatus.TESTING, VersionStatus.ACTIVE, VersionStatus.ACTIVE_DEPRECATED})
"""Statuses of a version on which messages can be sent (assumed; the names of the statuses are inferred)."""


@dataclass(frozen=True, slots=True)
class Route:
    """One mailbox that a message is delivered to (an authority id), and the version under which it is there."""

    recipient: str
    version: ChannelVersion


def routes(directory: Directory, caller: Caller, version: ChannelVersion, request: SendRequest) -> tuple[Route, ...]:
    """Return the mailboxes that a message is delivered to; raises Refused when the caller may not send it.

    A business message is cut for each route whose version has a transformation.
    """
    require_open(version)
    by_owner = directory.owner(version) == caller.authority
    distribution = directory.channels[version.channel].kind is ChannelKind.DISTRIBUTION
    business = request.message_class is MessageClass.BUSINESS
    if not (business and distribution and directory.subscribed_to_any(caller.authority, version.channel)):
        directory.require_version_access(caller, version)  # else the wrong direction is the better explanation
    if business:
        if distribution:
            _require_owner(directory, caller, version, by_owner=by_owner)
            return _distributed(directory, version, request, required=False, allowed=version.use_receiver_filter)
        _require_participant(directory, caller, version)
        return _to_owner(directory, version, request)
    if by_owner:
        return _distributed(directory, version, request, required=not distribution, allowed=True)
    return _to_owner(directory, version, request)


def require_open(version: ChannelVersion) -> None:
    """Raise Refused unless messages can be sent on a version; a technical break counts as a fault of the server."""
    if version.status in OPEN:
        return
    pause = version.status is VersionStatus.TECHNICAL_BREAK
    raise refuse(
        RefusalCode.NOT_OPEN,
        f"channel version {version.urn} is not open: {version.status}",
        found=f"Channel version {version.urn} has status {version.status}.",
        expected=f"one of {', '.join(sorted(OPEN))}.",
        source=inferred("ChannelVersionStatus"),
        remedy="try again later; keep the message until then." if pause else "use the version that is active now.",
        server_side=pause,
    )


def _require_owner(directory: Directory, caller: Caller, version: ChannelVersion, *, by_owner: bool) -> None:
    owner = directory.owner(version)
    if not by_owner:
        raise refuse(
            RefusalCode.NO_RIGHT,
            f"authority {caller.authority} may not send business messages on {version.urn}",
            found=f"Authority {caller.authority} sent a business message on {version.urn}, a version of a distribution "
            "channel that it only receives from.",
            expected=f"business messages there from the channel's owner ({owner}); a subscriber answers with an event.",
            source=documented("section 2"),
            remedy="send data on a collection (DSK) channel; to tell the owner of an error in a message received here, "
            "send an EventMessage with RelatedMessageID.",
        )
    if version.transformation is not None:
        raise refuse(
            RefusalCode.NO_RIGHT,
            f"business messages for {version.urn} are sent on {version.transformation.source}",
            found=f"The owner sent a business message on sub-version {version.urn}, which DIT fills by transformation.",
            expected=f"the whole message on {version.transformation.source}; each sub-version then gets its own cut.",
            source=NO_SOURCE,
            remedy=f"send on {version.transformation.source}.",
        )


def _require_participant(directory: Directory, caller: Caller, version: ChannelVersion) -> None:
    if directory.subscribed(caller.authority, version):
        return
    raise refuse(
        RefusalCode.NO_RIGHT,
        f"authority {caller.authority} may not send business messages on {version.urn}",
        found=f"Authority {caller.authority} sent a business message on {version.urn}, a version of a collection "
        "channel that it owns.",
        expected="business messages there from the participants; the owner receives them.",
        source=documented("section 2"),
        remedy="distribute data on a distribution (DIK) channel; to answer a participant's message, send an "
        "EventMessage with RelatedMessageID and ReceiverFilter.",
    )


def _to_owner(directory: Directory, version: ChannelVersion, request: SendRequest) -> tuple[Route, ...]:
    owner = directory.owner(version)
    if request.receivers and set(request.receivers) != {owner}:
        raise _filter_not_used(version, f"the message goes to the channel's owner ({owner}) alone.")
    return (Route(owner, version),)


def _distributed(
    directory: Directory, version: ChannelVersion, request: SendRequest, *, required: bool, allowed: bool
) -> tuple[Route, ...]:
    if request.receivers and not allowed:
        raise _filter_not_used(version, "all subscribers receive (UseReceiverFilter=false).")
    if required and not request.receivers:
        raise refuse(
            RefusalCode.FILTER_REQUIRED,
            f"an event of the owner of {version.urn} needs ReceiverFilter",
            found=f"The owner sent an EventMessage on collection channel version {version.urn} without ReceiverFilter.",
            expected="ReceiverFilter with the authority whose message the event is about; else every participant "
            "would see it.",
            source=NO_SOURCE,
            remedy="name the sender of the related message in ReceiverFilter.",
        )
    everyone = _everyone(directory, version)
    if not request.receivers:
        return tuple(everyone.values())
    return tuple(_chosen(directory, version, everyone, receiver) for receiver in dict.fromkeys(request.receivers))


def _everyone(directory: Directory, version: ChannelVersion) -> dict[str, Route]:
    by_receiver: dict[str, Route] = {}
    for cut in (version, *directory.cuts_of(version)):
        if cut.status in OPEN:
            for authority in sorted(directory.subscribers.get(cut.urn, ())):
                by_receiver.setdefault(authority, Route(authority, cut))
    return by_receiver


def _chosen(directory: Directory, version: ChannelVersion, everyone: dict[str, Route], receiver: str) -> Route:
    if receiver in everyone:
        return everyone[receiver]
    directory.authority(receiver)
    raise refuse(
        RefusalCode.NO_RIGHT,
        f"authority {receiver} does not receive on {version.urn}",
        found=f"ReceiverFilter names authority {receiver}, which does not receive on {version.urn}.",
        expected=f"those who receive on it or on an open sub-version ({', '.join(everyone) or 'nobody does'}).",
        source=documented("section 2"),
        remedy="name subscribers only, or have the authority subscribed first.",
    )


def _filter_not_used(version: ChannelVersion, why: str) -> Refused:
    return refuse(
        RefusalCode.FILTER_NOT_USED,
        f"ReceiverFilter is not used on {version.urn}",
        found=f"The message carries ReceiverFilter on channel version {version.urn}.",
        expected=f"no ReceiverFilter: {why}",
        source=inferred("UseReceiverFilter"),
        remedy="leave ReceiverFilter out.",
    )
