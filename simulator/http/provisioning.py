"""The set-up of DIT by BVKB and VRAA before a retailer can exchange documents: mailboxes, users, channels, rights.

Channel names are documented (BVKB's connecting steps). URNs, the numbers of the retailers' sub-versions and the way in
which the national list is divided are assumed; they come from the profile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from simulator.dit.configuration import Configuration
from simulator.dit.model import Authority, Channel, ChannelKind, ChannelVersion, Repeated, Transformation, User
from simulator.dit.rights import UNBOUNDED, Grant, GrantKey
from simulator.documents.profile import ChannelProfile, Profile
from simulator.domain.model import ChannelName, ChannelRight, Environment
from simulator.security.keys import Account
from simulator.world.model import Retailer, World

BVKB_USER = "bvkb"

FAR_FUTURE = date(9999, 1, 1)
"""A day that no simulation reaches."""


def installation_for(
    world: World, profile: Profile, on: date | None = None, grants: Mapping[GrantKey, Grant] | None = None
) -> Configuration:
    """Return the configuration of DIT for a world and a profile on a day. Without a day, all access is open.

    ``grants`` are the rights in the environment that is set up. A retailer without access to a channel on that day has
    a mailbox and a user, but does not take part in the channel: access is opened for a DIT user, for each channel
    (BVKB's connecting steps, steps 3 and 6: documented).
    """
    contract, discount, payout = (profile.channel(name) for name in ChannelName)
    bvkb = world.bvkb.id

    def takes_part(retailer: Retailer, channel: ChannelProfile) -> bool:
        known = [
            grant for key, grant in (grants or {}).items() if (key.user, key.channel) == (retailer.user, channel.urn)
        ]
        return on is None or not known or any(grant.opened is not None and grant.opened <= on for grant in known)

    national = _national_version(profile, discount)
    cuts = tuple(
        _cut_version(profile, discount, retailer.discount_minor, retailer.registration_number)
        for retailer in world.retailers
    )
    return Configuration(
        authorities=(
            Authority(bvkb, world.bvkb.name, world.bvkb.name),
            *(Authority(retailer.authority, retailer.name, retailer.name) for retailer in world.retailers),
        ),
        users=(User(BVKB_USER, bvkb), *(User(retailer.user, retailer.authority) for retailer in world.retailers)),
        channels=tuple(
            Channel(
                urn=channel_profile.urn, title=channel_profile.title, kind=ChannelKind(channel_profile.kind), owner=bvkb
            )
            for channel_profile in (contract, discount, payout)
        ),
        versions=(_plain_version(profile, contract), national, *cuts, _plain_version(profile, payout)),
        subscriptions=(
            *(
                (contract.version_urn(), retailer.authority)
                for retailer in world.retailers
                if takes_part(retailer, contract)
            ),
            *(
                (version.urn, retailer.authority)
                for version, retailer in zip(cuts, world.retailers, strict=True)
                if takes_part(retailer, discount)
            ),
            *(
                (payout.version_urn(), retailer.authority)
                for retailer in world.retailers
                if takes_part(retailer, payout)
            ),
        ),
    )


def accounts_for(world: World) -> dict[str, Account]:
    """Return the accounts of a world's users at the STS, by user name."""
    everyone = (
        Account(BVKB_USER, world.bvkb.id, world.bvkb.name),
        *(Account(retailer.user, retailer.authority, retailer.name) for retailer in world.retailers),
    )
    return {account.user: account for account in everyone}


def grants_for(world: World, profile: Profile, environment: Environment) -> tuple[Grant, ...]:
    """Return the rights of a world in an environment. A user without any rights among them has every right.

    ``access_opened`` of a retailer opens all of its rights on one day, in the environment that is served.
    """
    given = {
        GrantKey(right.user, profile.channel(name).urn, right.environment, kind): right
        for right in world.rights
        for name in ChannelName
        for kind in ChannelRight
        if right.channel in (None, name) and right.right in (None, kind)
    }
    named = {right.user for right in world.rights}
    grants = []
    for retailer in world.retailers:
        for key in _keys(retailer, profile, environment):
            if retailer.access_opened is not None:
                grants.append(Grant(key, retailer.access_opened))
            elif retailer.user in named:
                right = given.get(key)
                grants.append(Grant(key, None) if right is None else Grant(key, right.opened, right.closed))
    return tuple(grants)


def exchanging(world: World, profile: Profile, grants: Mapping[GrantKey, Grant]) -> World:
    """Return the world as BVKB sees it in production: access of a retailer is open from the day of its last right.

    BVKB begins the exchange with a retailer once it has all its rights (assumed).
    """

    def opened(retailer: Retailer) -> date | None:
        known = [grants.get(key) for key in _keys(retailer, profile, Environment.PRODUCTION)]
        days = [FAR_FUTURE if grant.opened is None else grant.opened for grant in known if grant is not None]
        last = max(days, default=UNBOUNDED)
        return None if last == UNBOUNDED else last

    return replace(
        world, retailers=tuple(replace(retailer, access_opened=opened(retailer)) for retailer in world.retailers)
    )


def _keys(retailer: Retailer, profile: Profile, environment: Environment) -> list[GrantKey]:
    return [
        GrantKey(retailer.user, profile.channel(name).urn, environment, kind)
        for name in ChannelName
        for kind in ChannelRight
    ]


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
