"""Routes of a message: checks the sender, and finds the mailboxes that it reaches. Pure.

Distribution (DIK): the owner sends, subscribers receive. Collection (DSK): participants send, the owner receives
(documented: VRAA, DIT integration instruction v1.09, section 2).
Events about a message go back on the same channel version (documented).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.dit.model import ChannelKind, MessageClass, RefusalCode, VersionStatus
from simulator.dit.refusals import NO_SOURCE, Refused, documented, inferred, refuse

if TYPE_CHECKING:
    from simulator.dit.directory import Directory
    from simulator.dit.model import Caller, ChannelVersion, SendRequest

OPEN = frozenset({VersionStatus.TESTING, VersionStatus.ACTIVE, VersionStatus.ACTIVE_DEPRECATED})
"""Version statuses in which messages pass (assumed; the words are inferred)."""


@dataclass(frozen=True, slots=True)
class Route:
    """One mailbox that a message goes to, and the version under which it lies there."""

    recipient: str
    version: ChannelVersion


def routes(directory: Directory, caller: Caller, version: ChannelVersion, request: SendRequest) -> tuple[Route, ...]:
    """The mailboxes that a message reaches; raises Refused when the caller may not send it.

    A route whose version has a transformation (and the request is business) gets its own cut of the payload.
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
    """Raise Refused unless messages pass on a version; during a technical break the caller is not to blame."""
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
    found: dict[str, Route] = {}
    for each in (version, *directory.cuts_of(version)):
        if each.status in OPEN:
            for authority in sorted(directory.subscribers.get(each.urn, ())):
                found.setdefault(authority, Route(authority, each))
    return found


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
