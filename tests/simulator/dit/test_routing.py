"""Routes of messages: the checks of senders and the mailboxes that are reached."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.dit.directory import OPEN, Directory, routes
from simulator.dit.model import (
    Authority,
    Caller,
    Channel,
    ChannelKind,
    MessageClass,
    Payload,
    RefusalCode,
    SendRequest,
    VersionStatus,
)
from simulator.dit.refusals import Refusal, Refused
from tests.simulator.dit.setting import (
    COLLECT,
    COLLECTION,
    CUT_1,
    CUT_2,
    DISTRIBUTION,
    FIRST,
    OWNER,
    PLAIN,
    PLAIN_1,
    SECOND,
    STRANGER,
    WHOLE,
    versions,
)

DIRECTORY = Directory(
    authorities={
        identifier: Authority(identifier, identifier, identifier) for identifier in (OWNER, FIRST, SECOND, STRANGER)
    },
    users={"owner": OWNER, "first": FIRST, "second": SECOND, "stranger": STRANGER},
    channels={
        COLLECTION: Channel(COLLECTION, "Collect", ChannelKind.COLLECTION, OWNER),
        DISTRIBUTION: Channel(DISTRIBUTION, "Distribute", ChannelKind.DISTRIBUTION, OWNER),
        PLAIN: Channel(PLAIN, "Plain", ChannelKind.DISTRIBUTION, OWNER),
    },
    versions={version.urn: version for version in versions()},
    subscribers={
        COLLECT: frozenset({FIRST, SECOND}),
        CUT_1: frozenset({FIRST}),
        CUT_2: frozenset({SECOND}),
        PLAIN_1: frozenset({FIRST, SECOND}),
    },
)
BUSINESS, ERROR = MessageClass.BUSINESS, MessageClass.ERROR


def reached(
    user: str, urn: str, kind: MessageClass, *receivers: str, directory: Directory = DIRECTORY
) -> list[tuple[str, str]]:
    request = SendRequest(urn, Payload("0" * 64, 1, "x"), kind, receivers)
    reached = routes(directory, directory.caller(user), directory.version(urn), request)
    return [(route.recipient, route.version.urn) for route in reached]


def refused(user: str, urn: str, kind: MessageClass, *receivers: str, directory: Directory = DIRECTORY) -> Refusal:
    with pytest.raises(Refused) as refusal:
        reached(user, urn, kind, *receivers, directory=directory)
    cause = refusal.value.refusal.cause
    assert refusal.value.refusal.text
    assert all(part in cause for part in ("Expected: ", "Source: ", "What to do: "))
    assert any(basis in cause for basis in ("(documented)", "(inferred)", "(assumed)"))
    return refusal.value.refusal


@pytest.mark.parametrize(
    ("user", "urn", "kind", "receivers", "expected"),
    [
        ("first", COLLECT, BUSINESS, (), [(OWNER, COLLECT)]),
        ("first", COLLECT, BUSINESS, (OWNER,), [(OWNER, COLLECT)]),
        ("first", COLLECT, ERROR, (), [(OWNER, COLLECT)]),
        ("owner", COLLECT, ERROR, (SECOND,), [(SECOND, COLLECT)]),
        ("owner", COLLECT, ERROR, (SECOND, FIRST, SECOND), [(SECOND, COLLECT), (FIRST, COLLECT)]),
        ("owner", PLAIN_1, BUSINESS, (), [(FIRST, PLAIN_1), (SECOND, PLAIN_1)]),
        ("owner", PLAIN_1, ERROR, (), [(FIRST, PLAIN_1), (SECOND, PLAIN_1)]),
        ("owner", PLAIN_1, ERROR, (FIRST,), [(FIRST, PLAIN_1)]),
        ("owner", WHOLE, BUSINESS, (), [(FIRST, CUT_1), (SECOND, CUT_2)]),
        ("owner", WHOLE, BUSINESS, (SECOND,), [(SECOND, CUT_2)]),
        ("owner", CUT_1, ERROR, (), [(FIRST, CUT_1)]),
        ("owner", WHOLE, ERROR, (FIRST,), [(FIRST, CUT_1)]),
        ("first", CUT_1, ERROR, (), [(OWNER, CUT_1)]),
        ("second", PLAIN_1, ERROR, (), [(OWNER, PLAIN_1)]),
    ],
)
def test_a_message_reaches(
    user: str, urn: str, kind: MessageClass, receivers: tuple[str, ...], expected: list[tuple[str, str]]
) -> None:
    assert reached(user, urn, kind, *receivers) == expected


@pytest.mark.parametrize(
    ("user", "urn", "kind", "receivers", "code", "says"),
    [
        ("stranger", COLLECT, BUSINESS, (), RefusalCode.NO_RIGHT, "neither owns nor subscribes"),
        ("stranger", PLAIN_1, BUSINESS, (), RefusalCode.NO_RIGHT, "it has none yet"),
        ("stranger", PLAIN_1, ERROR, (), RefusalCode.NO_RIGHT, "access opened"),
        ("second", CUT_1, ERROR, (), RefusalCode.NO_RIGHT, CUT_2),
        ("first", WHOLE, ERROR, (), RefusalCode.NO_RIGHT, CUT_1),
        ("owner", COLLECT, BUSINESS, (), RefusalCode.NO_RIGHT, "business messages there from the participants"),
        (
            "first",
            PLAIN_1,
            BUSINESS,
            (),
            RefusalCode.NO_RIGHT,
            f"business messages there from the channel's owner ({OWNER})",
        ),
        ("first", CUT_1, BUSINESS, (), RefusalCode.NO_RIGHT, "EventMessage with RelatedMessageID"),
        ("first", WHOLE, BUSINESS, (), RefusalCode.NO_RIGHT, "EventMessage with RelatedMessageID"),
        ("owner", CUT_1, BUSINESS, (), RefusalCode.NO_RIGHT, f"send on {WHOLE}"),
        ("owner", PLAIN_1, BUSINESS, (FIRST,), RefusalCode.FILTER_NOT_USED, "UseReceiverFilter=false"),
        ("first", COLLECT, BUSINESS, (SECOND,), RefusalCode.FILTER_NOT_USED, f"owner ({OWNER}) alone"),
        ("first", CUT_1, ERROR, (SECOND,), RefusalCode.FILTER_NOT_USED, f"owner ({OWNER}) alone"),
        ("owner", COLLECT, ERROR, (), RefusalCode.FILTER_REQUIRED, "sender of the related message"),
        ("owner", COLLECT, ERROR, ("123456",), RefusalCode.UNKNOWN_AUTHORITY, "no mailbox"),
        ("owner", COLLECT, ERROR, (FIRST, STRANGER), RefusalCode.NO_RIGHT, f"{FIRST}, {SECOND}"),
        ("owner", WHOLE, BUSINESS, (STRANGER,), RefusalCode.NO_RIGHT, "does not receive"),
    ],
)
def test_a_message_is_refused(
    user: str, urn: str, kind: MessageClass, receivers: tuple[str, ...], code: RefusalCode, says: str
) -> None:
    error = refused(user, urn, kind, *receivers)
    assert error.code is code
    assert says in error.cause
    assert not error.server_side


@pytest.mark.parametrize("status", VersionStatus)
def test_messages_pass_only_on_open_versions(status: VersionStatus) -> None:
    directory = replace(DIRECTORY, versions={COLLECT: replace(DIRECTORY.versions[COLLECT], status=status)})
    if status in OPEN:
        assert reached("first", COLLECT, BUSINESS, directory=directory) == [(OWNER, COLLECT)]
        return
    error = refused("first", COLLECT, BUSINESS, directory=directory)
    assert error.code is RefusalCode.NOT_OPEN
    assert error.server_side is (status is VersionStatus.TECHNICAL_BREAK)


def test_a_sub_version_that_is_not_open_gets_nothing() -> None:
    closed = replace(DIRECTORY.versions[CUT_1], status=VersionStatus.CREATING)
    directory = replace(DIRECTORY, versions={**DIRECTORY.versions, CUT_1: closed})
    assert reached("owner", WHOLE, BUSINESS, directory=directory) == [(SECOND, CUT_2)]


def test_callers_are_known_by_user_name_or_authority() -> None:
    assert DIRECTORY.caller("first") == Caller("first", FIRST)
    assert DIRECTORY.caller(FIRST) == Caller(FIRST, FIRST)
    with pytest.raises(Refused) as refusal:
        DIRECTORY.caller("First")
    assert refusal.value.refusal.code is RefusalCode.UNKNOWN_USER
    assert "'First'" in refusal.value.refusal.cause


def test_an_unknown_version_or_channel_is_explained() -> None:
    with pytest.raises(Refused, match="ChannelVersionURN") as refusal:
        DIRECTORY.version(COLLECT.lower())
    assert refusal.value.refusal.code is RefusalCode.UNKNOWN_VERSION
    assert f"DIT knows {COLLECT}, and capital letters" in refusal.value.refusal.cause
    with pytest.raises(Refused) as refusal:
        DIRECTORY.version(COLLECTION)
    assert "that is a channel's URN" in refusal.value.refusal.cause
    with pytest.raises(Refused, match="Argument exception: ChannelURN!") as refusal:
        DIRECTORY.channel(COLLECT)
    assert refusal.value.refusal.code is RefusalCode.UNKNOWN_CHANNEL
    assert "that is a channel version's URN" in refusal.value.refusal.cause
    with pytest.raises(Refused) as refusal:
        Directory().channel(COLLECTION)
    assert "none is set up here" in refusal.value.refusal.cause
