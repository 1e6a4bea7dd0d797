"""The seven operations of the configuration service as Spyne services.

Class and field names are those of the XML, including odd ones: the reply of SearchChannelsPaged is a
SendMessageResponse. All of them are inferred from DIT's client samples (integration instruction v1.09).
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

from spyne import Boolean, ComplexModel, Integer16, Integer32, ServiceBase, Unicode

from simulator.dit.administration import Administration, missing, status_of
from simulator.dit.model import Authority, Channel, ChannelKind, ChannelVersion
from simulator.documents.catalogue import CatalogueError
from simulator.soap.contract import CFG, DIT
from simulator.soap.services import AuthorityBasicInfoStructure, Invocation, MessageClassStructure, operation, structure

_BUSINESS, _ERROR = "1", "3"
DEFAULT_ERROR_SCHEMA = "URN:IVIS:100001:XSD-DIT-DITMessage-v1-0-TYPE-DefaultMessageError"
"""URN of the error schema of a version that names none (documented: integration instruction v1.09)."""


class MessageTypeStructure(ComplexModel):
    """A class of messages and its schema."""

    __namespace__ = DIT
    MessageClass = MessageClassStructure
    XMLSchemaURN = Unicode


class PostBoxStructure(ComplexModel):
    """A mailbox."""

    __namespace__ = DIT
    PostBoxID = Integer32
    Authority = AuthorityBasicInfoStructure


class ChannelInfoStructure(ComplexModel):
    """A channel."""

    __namespace__ = DIT
    ShortName = Unicode
    ChannelURN = Unicode
    ChannelType = Unicode
    OwnerAuthority = AuthorityBasicInfoStructure
    ChannelName = Unicode


class ChannelSearchStructure(ComplexModel):
    """A search for channels."""

    __namespace__ = DIT
    Channel = ChannelInfoStructure
    OnlyHeader = Boolean


class ChannelListStructure(ComplexModel):
    """The channels of a search's result."""

    __namespace__ = DIT
    Count = Integer32
    Channel = ChannelInfoStructure.customize(max_occurs="unbounded")


class ChannelVersionInfoStructure(ComplexModel):
    """A channel version; in XML its status is a list."""

    __namespace__ = DIT
    MessageType = MessageTypeStructure.customize(max_occurs="unbounded")
    ChannelVersionStatus = Unicode
    Channel = ChannelInfoStructure
    MinorVersion = Integer16
    MajorVersion = Integer16
    IsManualAck = Boolean
    UseReceiverFilter = Boolean
    ChannelVersionURN = Unicode


class ChannelVersionSearchStructure(ComplexModel):
    """A search for channel versions."""

    __namespace__ = DIT
    ChannelVersion = ChannelVersionInfoStructure


class ChannelVersionsListStructure(ComplexModel):
    """The channel versions of a search's result."""

    __namespace__ = DIT
    Count = Integer32
    ChannelVersion = ChannelVersionInfoStructure.customize(max_occurs="unbounded")


class ChannelSubscriberInfoStructure(ComplexModel):
    """A subscriber or participant."""

    __namespace__ = DIT
    ChannelVersionURN = Unicode
    SubscriberAuthority = AuthorityBasicInfoStructure


class ChannelSubscriberSearchStructure(ComplexModel):
    """A search for subscribers."""

    __namespace__ = DIT
    ChannelSubscriber = ChannelSubscriberInfoStructure


class ChannelSubscriberListStructure(ComplexModel):
    """The subscribers of a search's result."""

    __namespace__ = DIT
    Count = Integer32
    ChannelSubscriber = ChannelSubscriberInfoStructure.customize(max_occurs="unbounded")


_operation = partial(operation, CFG)


class ConfigurationService(ServiceBase):
    """Each method takes Spyne's context, whose ``udc`` is the :class:`Invocation`, and the wrapper's children."""

    @_operation(
        "SelectPostBoxRequest",
        ("AuthorityId", Unicode),
        reply="SelectPostBoxResponse",
        result="PostBox",
        returns=structure(PostBoxStructure),
    )
    def select_post_box(ctx: Any, request: Any) -> Any:  # noqa: N805
        """SelectPostBox: returns an authority's mailbox."""
        call = _noted(ctx, authority=request)
        number, authority = _administration(call).post_box(request)
        return PostBoxStructure(PostBoxID=number, Authority=_authority(authority))

    @_operation(
        "SearchChannelsPaged",
        ("ChannelSearch", structure(ChannelSearchStructure)),
        ("ChannelVersionStatus", Unicode),
        reply="SendMessageResponse",
        result="ChannelList",
        returns=structure(ChannelListStructure),
    )
    def search_channels_paged(ctx: Any, request: Any, status_filter: Any) -> Any:  # noqa: N805
        """SearchChannelsPaged: returns the channels that match; with OnlyHeader without owner and name."""
        criteria = request.Channel
        call = _noted(ctx, channel=criteria.ChannelURN)
        administration = _administration(call)
        owner = criteria.OwnerAuthority
        channels = administration.channels(
            urn=criteria.ChannelURN,
            kind=criteria.ChannelType,
            owner=owner.AuthorityID if owner is not None else None,
            title=criteria.ChannelName or criteria.ShortName,
            statuses=_words(status_filter),
        )
        listed = [
            _channel(channel, None if request.OnlyHeader else administration.authority(channel.owner))
            for channel in channels
        ]
        return ChannelListStructure(Count=len(listed), Channel=listed)

    @_operation(
        "InsertChannel",
        ("Channel", structure(ChannelInfoStructure)),
        reply="InsertChannelResponse",
        result="InsertChannelResponse",
        returns=Integer32,
    )
    def insert_channel(ctx: Any, request: Any) -> int:  # noqa: N805
        """InsertChannel: adds a channel that the caller owns."""
        call = _noted(ctx, channel=request.ChannelURN)
        for name in ("ChannelURN", "ChannelType", "OwnerAuthority"):
            _require(request, name)
        channel = Channel(
            urn=request.ChannelURN,
            title=request.ChannelName or request.ShortName or request.ChannelURN,
            kind=ChannelKind(request.ChannelType),
            owner=request.OwnerAuthority.AuthorityID,
        )
        return _administration(call).insert_channel(call.caller, channel)

    @_operation(
        "SearchChannelVersionsPaged",
        ("ChannelVersionSearch", structure(ChannelVersionSearchStructure)),
        reply="SearchChannelVersionsPagedResponse",
        result="ChannelVersionsList",
        returns=structure(ChannelVersionsListStructure),
    )
    def search_channel_versions_paged(ctx: Any, request: Any) -> Any:  # noqa: N805
        """SearchChannelVersionsPaged: returns the channel versions that match."""
        criteria = request.ChannelVersion
        channel = criteria.Channel.ChannelURN if criteria.Channel is not None else None
        call = _noted(ctx, version=criteria.ChannelVersionURN, channel=channel)
        administration = _administration(call)
        versions = administration.versions(
            urn=criteria.ChannelVersionURN, channel=channel, statuses=_words(criteria.ChannelVersionStatus)
        )
        listed = [_version(version, administration.channel(version.channel)) for version in versions]
        return ChannelVersionsListStructure(Count=len(listed), ChannelVersion=listed)

    @_operation(
        "InsertChannelVersion",
        ("ChannelVersionData", structure(ChannelVersionInfoStructure)),
        reply="InsertChannelVersionResponse",
        result="InsertChannelVersionResponse",
        returns=Integer32,
    )
    def insert_channel_version(ctx: Any, request: Any) -> int:  # noqa: N805
        """InsertChannelVersion: adds a version to one of the caller's channels."""
        call = _noted(ctx, version=request.ChannelVersionURN)
        for name in ("ChannelVersionURN", "Channel", "MajorVersion", "MinorVersion", "MessageType"):
            _require(request, name)
        _require(request.Channel, "ChannelURN")
        schemas = {
            message_type.MessageClass.CodeListCodeValue: message_type.XMLSchemaURN
            for message_type in request.MessageType
        }
        if _BUSINESS not in schemas:
            raise missing("MessageType of class 1 (business)")
        version = ChannelVersion(
            urn=request.ChannelVersionURN,
            channel=request.Channel.ChannelURN,
            major=request.MajorVersion,
            minor=request.MinorVersion,
            schema=schemas[_BUSINESS],
            element="",
            error_schema=schemas.get(_ERROR, DEFAULT_ERROR_SCHEMA),
            manual_acknowledgement=bool(request.IsManualAck),
            use_receiver_filter=bool(request.UseReceiverFilter),
            status=status_of(_words(request.ChannelVersionStatus)),
        )
        return _administration(call).insert_version(call.caller, version)

    @_operation(
        "SearchSubscribersToChannelPaged",
        ("ChannelSubscriberSearch", structure(ChannelSubscriberSearchStructure)),
        reply="SearchSubscribersToChannelPagedResponse",
        result="ChannelSubscriberList",
        returns=structure(ChannelSubscriberListStructure),
    )
    def search_subscribers_to_channel_paged(ctx: Any, request: Any) -> Any:  # noqa: N805
        """SearchSubscribersToChannelPaged: returns the authorities that have rights on a version."""
        criteria = request.ChannelSubscriber
        authority = criteria.SubscriberAuthority
        call = _noted(ctx, version=criteria.ChannelVersionURN)
        subscribers = _administration(call).subscribers(
            version=criteria.ChannelVersionURN, authority=authority.AuthorityID if authority is not None else None
        )
        listed = [
            ChannelSubscriberInfoStructure(
                ChannelVersionURN=subscriber.version, SubscriberAuthority=_authority(subscriber.authority)
            )
            for subscriber in subscribers
        ]
        return ChannelSubscriberListStructure(Count=len(listed), ChannelSubscriber=listed)

    @_operation(
        "InsertSubscriberToChannel",
        ("ChannelSubscriber", structure(ChannelSubscriberInfoStructure)),
        reply="InsertSubscriberToChannelResponse",
        result="InsertSubscriberToChannelResult",
        returns=Integer32,
    )
    def insert_subscriber_to_channel(ctx: Any, request: Any) -> int:  # noqa: N805
        """InsertSubscriberToChannel: gives an authority rights on a version of the caller's channel."""
        call = _noted(ctx, version=request.ChannelVersionURN)
        _require(request, "ChannelVersionURN")
        _require(request, "SubscriberAuthority")
        authority = request.SubscriberAuthority.AuthorityID
        call.record.details["subscriber"] = authority
        return _administration(call).insert_subscriber(call.caller, request.ChannelVersionURN, authority)


def _noted(ctx: Any, *, version: str | None = None, **about: str | None) -> Invocation:
    call: Invocation = ctx.udc
    call.record.channel_version = version
    call.record.details |= {name: value for name, value in about.items() if value is not None}
    return call


def _administration(call: Invocation) -> Administration:
    def element_of(urn: str) -> str | None:
        try:
            root = call.schemas.root(urn)
            elements = call.schemas.model(urn).elements
        except CatalogueError:
            return None
        names = [element.name for element in elements.values()]
        if root is not None:
            return root if root in names else None
        return names[0] if len(names) == 1 else None

    return Administration(call.network.registry, call.transaction, element_of)


def _require(record: Any, name: str) -> None:
    if getattr(record, name) is None:
        raise missing(name)


def _words(text: str | None) -> Collection[str]:
    return (text or "").split()


def _authority(authority: Authority) -> AuthorityBasicInfoStructure:
    return AuthorityBasicInfoStructure(AuthorityID=authority.id, ShortName=authority.short_name, Name=authority.name)


def _channel(channel: Channel, owner: Authority | None) -> ChannelInfoStructure:
    return ChannelInfoStructure(
        ShortName=channel.title,
        ChannelURN=channel.urn,
        ChannelType=channel.kind,
        OwnerAuthority=None if owner is None else _authority(owner),
        ChannelName=None if owner is None else channel.title,
    )


def _version(version: ChannelVersion, channel: Channel) -> ChannelVersionInfoStructure:
    types = [
        MessageTypeStructure(MessageClass=MessageClassStructure(CodeListCodeValue=code), XMLSchemaURN=urn)
        for code, urn in ((_BUSINESS, version.schema), (_ERROR, version.error_schema))
    ]
    return ChannelVersionInfoStructure(
        MessageType=types,
        ChannelVersionStatus=version.status,
        Channel=_channel(channel, None),
        MinorVersion=version.minor,
        MajorVersion=version.major,
        IsManualAck=version.manual_acknowledgement,
        UseReceiverFilter=version.use_receiver_filter,
        ChannelVersionURN=version.urn,
    )
