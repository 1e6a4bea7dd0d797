"""What BVKB and VRAA set up in DIT before a retailer may exchange anything: mailboxes, users, channels, rights.

Channel names are documented (BVKB's connecting steps); URNs, numbering of the retailers' sub-versions and the way the
national list is cut are assumed and come from the profile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from simulator.dit.model import Authority, Channel, ChannelKind, ChannelVersion, Repeated, Transformation, User
from simulator.documents.model import ChannelName
from simulator.documents.profile import ChannelProfile, Profile
from simulator.security.accounts import Account
from simulator.world import Retailer, World

BVKB_USER = "bvkb"


@dataclass(frozen=True, slots=True)
class Installation:
    """Everything that DIT has to know about a world; ``subscriptions`` are pairs of version URN and authority id."""

    authorities: tuple[Authority, ...]
    users: tuple[User, ...]
    channels: tuple[Channel, ...]
    versions: tuple[ChannelVersion, ...]
    subscriptions: tuple[tuple[str, str], ...]


def installation_for(world: World, profile: Profile, on: date | None = None) -> Installation:
    """The set-up of DIT for a world under a profile, as it is on a day. Pure.

    A retailer whose access is not open by then has a mailbox and a user, but no right on any channel: access is opened
    for a DIT user, per channel (BVKB's connecting steps, steps 3 and 6: documented). Without a day all access is open.
    """
    contract, discount, payout = (profile.channel(name) for name in ChannelName)
    bvkb = world.bvkb.id
    everyone = tuple(each.authority for each in world.retailers if _access_open(each, on))
    national = _national_version(profile, discount)
    cuts = tuple(
        _cut_version(profile, discount, each.discount_minor, each.registration_number) for each in world.retailers
    )
    return Installation(
        authorities=(
            Authority(bvkb, world.bvkb.name, world.bvkb.name),
            *(Authority(each.authority, each.name, each.name) for each in world.retailers),
        ),
        users=(User(BVKB_USER, bvkb), *(User(each.user, each.authority) for each in world.retailers)),
        channels=tuple(
            Channel(urn=each.urn, title=each.title, kind=ChannelKind(each.kind), owner=bvkb)
            for each in (contract, discount, payout)
        ),
        versions=(_plain_version(profile, contract), national, *cuts, _plain_version(profile, payout)),
        subscriptions=(
            *((contract.version_urn(), authority) for authority in everyone),
            *(
                (version.urn, retailer.authority)
                for version, retailer in zip(cuts, world.retailers, strict=True)
                if _access_open(retailer, on)
            ),
            *((payout.version_urn(), authority) for authority in everyone),
        ),
    )


def accounts_for(world: World) -> dict[str, Account]:
    """The users of a world as the STS knows them, by name."""
    everyone = (
        Account(BVKB_USER, world.bvkb.id, world.bvkb.name),
        *(Account(each.user, each.authority, each.name) for each in world.retailers),
    )
    return {each.user: each for each in everyone}


def _access_open(retailer: Retailer, on: date | None) -> bool:
    return on is None or retailer.access_opened is None or retailer.access_opened <= on


def _plain_version(profile: Profile, channel: ChannelProfile) -> ChannelVersion:
    return ChannelVersion(
        urn=channel.version_urn(),
        channel=channel.urn,
        major=channel.major,
        minor=0,
        schema=channel.schema_urn,
        element=channel.root,
        error_schema=profile.error_schema_urn,
        manual_acknowledgement=channel.manual_acknowledgement,
        use_receiver_filter=channel.use_receiver_filter,
    )


def _national_version(profile: Profile, channel: ChannelProfile) -> ChannelVersion:
    return ChannelVersion(
        urn=channel.version_urn(),
        channel=channel.urn,
        major=channel.major,
        minor=0,
        schema=profile.national.schema_urn,
        element=profile.national.root,
        error_schema=profile.error_schema_urn,
        manual_acknowledgement=channel.manual_acknowledgement,
        use_receiver_filter=channel.use_receiver_filter,
    )


def _cut_version(profile: Profile, channel: ChannelProfile, minor: int, provider: str) -> ChannelVersion:
    records = channel.tree.path_to("records")
    national = profile.national
    repeated = None
    if records is not None:
        repeated = Repeated(
            part=(national.root, national.part),
            record=(national.content, channel.root, *records),
            result=(channel.root, *records),
        )
    return ChannelVersion(
        urn=channel.version_urn(minor),
        channel=channel.urn,
        major=channel.major,
        minor=minor,
        schema=channel.schema_urn,
        element=channel.root,
        error_schema=profile.error_schema_urn,
        manual_acknowledgement=channel.manual_acknowledgement,
        use_receiver_filter=channel.use_receiver_filter,
        transformation=Transformation(
            stylesheet=national.stylesheet,
            source=channel.version_urn(),
            parameters=((national.parameter, provider),),
            repeated=repeated,
        ),
    )
