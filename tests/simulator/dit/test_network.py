"""The six operations on a network with a store, but without a socket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from simulator.dit.configuration import Configuration, ConfigurationError
from simulator.dit.model import (
    ChannelVersion,
    MailboxMessage,
    MessageClass,
    MessageStatus,
    Payload,
    RefusalCode,
    Selector,
    SendRequest,
    Transformation,
    User,
)
from simulator.dit.refusals import Refusal
from simulator.dit.xslt import StylesheetError
from simulator.fault_injection.faults import DUPLICATE_DELIVERY, InjectedFault
from simulator.journal import Entry, Kind
from simulator.store import Store
from simulator.store.schema import deliveries, messages
from tests.simulator.dit.setting import (
    COLLECT,
    COLLECTION,
    CUT_1,
    CUT_2,
    CUT_STYLESHEET,
    DISTRIBUTION,
    FIRST,
    OWNER,
    PLAIN_1,
    SECOND,
    START,
    STRANGER,
    WHOLE,
    Setting,
    install,
    item,
    listing,
    setting,
    version,
    versions,
)


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Setting]:
    with setting(tmp_path) as opened:
        yield opened


def receive(net: Setting, user: str, **selector: str) -> tuple[MailboxMessage, ...]:
    with net.store.transaction() as transaction:
        return net.network.receive(transaction, net.network.caller(transaction, user), Selector(**selector))


def listed(net: Setting, user: str, *, read: bool = False, **selector: str) -> list[str]:
    with net.store.reading() as transaction:
        caller = net.network.caller(transaction, user)
        return [
            message.id for message in net.network.list_messages(transaction, caller, Selector(**selector), read=read)
        ]


def refusal(net: Setting, operation: str, user: str, argument: object) -> str:
    """Return the refusal of an operation; assert that it changed nothing although its transaction was committed."""
    before = state(net)
    error = net.refusal(
        lambda transaction: getattr(net.network, operation)(
            transaction, net.network.caller(transaction, user), argument
        )
    )
    assert state(net) == before
    assert all(part in error.cause for part in ("Expected: ", "Source: ", "What to do: "))
    return error.code


def state(net: Setting) -> list[object]:
    with net.store.reading() as transaction:
        rows = transaction.connection.execute(select(deliveries).order_by(deliveries.c.number)).all()
        return [
            *rows,
            transaction.connection.scalar(select(func.count()).select_from(messages)),
            *net.journal.entries(),
        ]


def send_refused(net: Setting, user: str, urn: str, data: bytes, **fields: object) -> str:
    before = state(net)
    error = net.refusal(lambda transaction: net.send_in(transaction, user, urn, data, **fields))
    assert state(net) == before
    return error.code


# Sending and receiving


def test_a_participants_message_lies_in_the_owners_mailbox_until_it_is_read(net: Setting) -> None:
    sent = net.send("first", COLLECT, item(7))
    net.clock.advance(START + timedelta(hours=1))
    (message,) = receive(net, "owner", version=COLLECT)
    assert message == MailboxMessage(
        id=sent,
        version=COLLECT,
        channel=COLLECTION,
        message_class=MessageClass.BUSINESS,
        sender=FIRST,
        recipient=OWNER,
        sent_at=START,
        delivered_at=START,
        status=MessageStatus.READ,
        payload=message.payload,
        read_at=START + timedelta(hours=1),
    )
    with net.store.reading() as transaction:
        assert transaction.blob(message.payload.reference) == item(7)
    assert receive(net, "owner", version=COLLECT) == ()
    assert receive(net, "owner", message=sent)[0].status is MessageStatus.READ


def test_messages_come_in_order_of_delivery_across_versions(net: Setting) -> None:
    sent = [net.send("owner", PLAIN_1, item(number)) for number in range(12)]
    assert [mailbox_message.id for mailbox_message in receive(net, "first", version=PLAIN_1)] == sent
    assert listed(net, "second", version=PLAIN_1) == sent


def test_each_retailer_gets_its_own_cut_and_nothing_of_others(net: Setting) -> None:
    sent = net.send("owner", WHOLE, listing(FIRST, SECOND, number=5))
    for user, authority, urn in (("first", FIRST, CUT_1), ("second", SECOND, CUT_2)):
        (message,) = receive(net, user, channel=DISTRIBUTION)
        assert (message.id, message.version, message.payload.element) == (sent, urn, "{urn:t}Item")
        with net.store.reading() as transaction:
            data = transaction.blob(message.payload.reference)
        assert authority.encode() in data
        assert (FIRST if authority == SECOND else SECOND).encode() not in data
        assert message.payload.size == len(data)


def test_an_empty_cut_is_not_delivered(net: Setting) -> None:
    net.send("owner", WHOLE, listing(SECOND))
    assert receive(net, "first", channel=DISTRIBUTION) == ()
    assert len(receive(net, "second", channel=DISTRIBUTION)) == 1
    net.send("owner", WHOLE, listing())
    assert len(list(net.journal.entries())) == 1


def test_the_journal_has_one_delivery_entry_for_each_mailbox(net: Setting) -> None:
    sent = net.send("owner", WHOLE, listing(FIRST, SECOND))
    (received, other) = (receive(net, user, channel=DISTRIBUTION)[0] for user in ("first", "second"))
    entries = list(net.journal.entries())
    assert entries == [
        Entry(
            number=number,
            kind=Kind.DELIVERY,
            at=START,
            wall=entries[number - 1].wall,
            interface="dit",
            operation="deliver",
            authority=authority,
            channel_version=urn,
            message_ids=(sent,),
            payload=message.payload.reference,
            details={"message_class": "business", "sender": OWNER, "related_message": None, "event_name": None},
        )
        for number, authority, urn, message in ((1, FIRST, CUT_1, received), (2, SECOND, CUT_2, other))
    ]


def test_an_error_goes_back_to_the_sender_of_the_message(net: Setting) -> None:
    sent = net.send("first", COLLECT, item())
    event = net.event("owner", COLLECT, sent.upper(), FIRST)
    (message,) = receive(net, "first", version=COLLECT)
    assert (message.id, message.message_class, message.related_message) == (event, MessageClass.ERROR, sent)
    assert message.event_name == "Error"
    assert listed(net, "second", version=COLLECT) == []
    assert list(net.journal.entries())[-1].details["related_message"] == sent


def test_a_retailer_answers_a_discount_with_an_event_to_the_owner(net: Setting) -> None:
    sent = net.send("owner", WHOLE, listing(FIRST))
    net.event("first", CUT_1, sent)
    (message,) = receive(net, "owner", channel=DISTRIBUTION)
    assert (message.sender, message.version, message.related_message) == (FIRST, CUT_1, sent)


@pytest.mark.parametrize("about", [None, "", "4711"])
def test_an_event_about_no_message_is_refused(net: Setting, about: str | None) -> None:
    fields = {"message_class": MessageClass.ERROR, "related_message": about, "receivers": (FIRST,)}
    assert send_refused(net, "owner", COLLECT, b'<Error xmlns="urn:t"/>', **fields) is RefusalCode.UNKNOWN_MESSAGE


def test_an_event_about_somebody_elses_message_or_another_channel_is_refused(net: Setting) -> None:
    sent = net.send("first", COLLECT, item())
    error = b'<Error xmlns="urn:t"/>'
    fields = {"message_class": MessageClass.ERROR, "related_message": sent}
    assert send_refused(net, "second", COLLECT, error, **fields) is RefusalCode.UNKNOWN_MESSAGE
    assert send_refused(net, "first", PLAIN_1, error, **fields) is RefusalCode.UNKNOWN_MESSAGE
    with net.store.reading() as transaction:
        assert transaction.connection.scalar(select(func.count()).select_from(messages)) == 1


def test_an_invalid_payload_is_refused_with_all_complaints(net: Setting) -> None:
    broken = b'<Item xmlns="urn:t"><N>one</N>\n<N>two</N></Item>'
    assert send_refused(net, "first", COLLECT, broken) is RefusalCode.INVALID_PAYLOAD
    error = net.refusal(lambda transaction: net.send_in(transaction, "first", COLLECT, broken))
    assert [complaint.line for complaint in error.complaints] == [1, 2]
    assert "urn:schema" in error.text
    assert "(and 1 more)" in error.text
    assert "aldis validate" in error.cause


@pytest.mark.parametrize("data", [b"", b"<", b'<Other xmlns="urn:t"/>', listing(FIRST)])
def test_what_is_not_the_versions_document_is_refused(net: Setting, data: bytes) -> None:
    assert send_refused(net, "first", COLLECT, data) is RefusalCode.INVALID_PAYLOAD


def test_an_invalid_event_payload_is_refused_by_the_error_schema(net: Setting) -> None:
    sent = net.send("first", COLLECT, item())
    fields = {"message_class": MessageClass.ERROR, "related_message": sent, "receivers": (FIRST,)}
    error = net.refusal(lambda transaction: net.send_in(transaction, "owner", COLLECT, b"<Unknown/>", **fields))
    assert error.code is RefusalCode.INVALID_PAYLOAD
    assert "urn:errors" in error.text


def test_an_invalid_cut_refuses_the_whole_message(net: Setting) -> None:
    twice = listing(FIRST, SECOND, FIRST)
    assert send_refused(net, "owner", WHOLE, twice) is RefusalCode.INVALID_PAYLOAD
    error = net.refusal(lambda transaction: net.send_in(transaction, "owner", WHOLE, twice))
    assert CUT_1 in error.text
    assert "names each addressee once" in error.cause


def test_validation_can_be_switched_off(tmp_path: Path) -> None:
    with setting(tmp_path, validate_on_send=False) as net:
        sent = net.send("first", COLLECT, b"not even XML")
        assert listed(net, "owner", version=COLLECT) == [sent]
        net.send("owner", WHOLE, listing(FIRST, number="many"))
        assert len(receive(net, "first", channel=DISTRIBUTION)) == 1
        assert send_refused(net, "owner", WHOLE, b"<unclosed>") is RefusalCode.INVALID_PAYLOAD


def test_a_message_over_the_limit_is_refused_and_one_at_the_limit_passes(tmp_path: Path) -> None:
    with setting(tmp_path, message_bytes=len(item())) as net:
        net.send("first", COLLECT, item())
        assert send_refused(net, "first", COLLECT, item() + b" ") is RefusalCode.TOO_LARGE


def test_unknown_version_and_wrong_direction_are_refused(net: Setting) -> None:
    assert send_refused(net, "first", "urn:none", item()) is RefusalCode.UNKNOWN_VERSION
    assert send_refused(net, "owner", COLLECT, item()) is RefusalCode.NO_RIGHT
    assert send_refused(net, "first", CUT_1, item()) is RefusalCode.NO_RIGHT
    assert send_refused(net, "stranger", COLLECT, item()) is RefusalCode.NO_RIGHT


# Transformation


@pytest.mark.parametrize(
    "stylesheet",
    [
        CUT_STYLESHEET.replace("t:List/t:Item[@for = $who]", "document('{secret}')/*"),
        CUT_STYLESHEET.replace(
            'version="1.0"', 'version="1.0" xmlns:exsl="http://exslt.org/common" extension-element-prefixes="exsl"'
        ).replace(
            '<xsl:copy-of select="t:List/t:Item[@for = $who]"/>', '<exsl:document href="{out}">x</exsl:document>'
        ),
    ],
)
def test_a_stylesheet_neither_reads_nor_writes_files(tmp_path: Path, stylesheet: str) -> None:
    secret, out = tmp_path / "secret.xml", tmp_path / "out.xml"
    secret.write_text('<Item xmlns="urn:t" for="x"><N>42</N></Item>')
    with setting(tmp_path) as net:
        tmp_path.joinpath("bad.xslt").write_text(stylesheet.replace("{secret}", str(secret)).replace("{out}", str(out)))
        changed = [_with_stylesheet("bad.xslt", version) for version in versions()]
        with net.store.transaction() as transaction:
            install(net.network, transaction, changed)
        error = net.refusal(lambda transaction: net.send_in(transaction, "owner", WHOLE, listing(FIRST)))
        assert error.code is RefusalCode.INVALID_PAYLOAD
        assert "could not cut" in error.cause
        assert not out.exists()


def _with_stylesheet(name: str, version: ChannelVersion) -> ChannelVersion:
    cut = version.transformation
    return version if cut is None else replace(version, transformation=replace(cut, stylesheet=name))


def test_a_payload_with_a_document_type_is_not_cut(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("42")
    with setting(tmp_path, validate_on_send=False) as net:
        for declared in (f'<!ENTITY e SYSTEM "{secret}">', '<!ENTITY e "42">'):
            data = f"<!DOCTYPE List [{declared}]>".encode() + listing(FIRST, number="&e;")
            assert send_refused(net, "owner", WHOLE, data) is RefusalCode.INVALID_PAYLOAD


@pytest.mark.parametrize("content", [None, "<unclosed", "<not-xslt/>"])
def test_a_wrong_stylesheet_is_told_when_the_network_is_set_up(tmp_path: Path, content: str | None) -> None:
    with setting(tmp_path) as net:
        if content is not None:
            tmp_path.joinpath("wrong.xslt").write_text(content)
        changed = [_with_stylesheet("wrong.xslt", version) for version in versions()]
        with (
            pytest.raises(StylesheetError, match=r"wrong\.xslt cannot be used"),
            net.store.transaction() as transaction,
        ):
            install(net.network, transaction, changed)


# Mailboxes


def test_a_list_changes_nothing_and_shows_delivered_or_read(net: Setting) -> None:
    one, two = net.send("first", COLLECT, item(1)), net.send("second", COLLECT, item(2))
    assert listed(net, "owner", version=COLLECT) == [one, two] == listed(net, "owner", channel=COLLECTION)
    receive(net, "owner", message=one)
    assert listed(net, "owner", version=COLLECT) == [two]
    assert listed(net, "owner", version=COLLECT, read=True) == [one]
    assert listed(net, "owner", message=one) == []
    assert listed(net, "owner", message=one, read=True) == [one]


def test_the_documented_recovery_of_a_bad_read(net: Setting) -> None:
    sent = net.send("first", COLLECT, item())
    receive(net, "owner", channel=COLLECTION)
    assert listed(net, "owner", channel=COLLECTION, read=True) == [sent]
    with net.store.transaction() as transaction:
        owner = net.network.caller(transaction, "owner")
        assert net.network.restore(transaction, owner, [sent]) == (sent,)
        assert [
            mailbox_message.id
            for mailbox_message in net.network.receive(transaction, owner, Selector(channel=COLLECTION))
        ] == [sent]
        assert net.network.delete(transaction, owner, Selector(message=sent)) == (sent,)
    assert listed(net, "owner", channel=COLLECTION) == listed(net, "owner", channel=COLLECTION, read=True) == []


def test_restoring_is_all_or_nothing(net: Setting) -> None:
    read, delivered = net.send("first", COLLECT, item(1)), net.send("first", COLLECT, item(2))
    receive(net, "owner", message=read)
    assert refusal(net, "restore", "owner", [read, delivered]) is RefusalCode.BAD_STATUS
    assert refusal(net, "restore", "owner", [read, "4711"]) is RefusalCode.UNKNOWN_MESSAGE
    with net.store.transaction() as transaction:
        assert net.network.restore(transaction, net.network.caller(transaction, "owner"), []) == ()
        assert net.network.restore(
            transaction, net.network.caller(transaction, "owner"), [f"{{{read.upper()}}}", read]
        ) == (read,)
    assert listed(net, "owner", version=COLLECT) == [read, delivered]


def test_deleting_by_channel_takes_the_callers_own_of_that_channel(net: Setting) -> None:
    lists = [net.send("owner", WHOLE, listing(FIRST, SECOND)) for _ in range(2)]
    plain = net.send("owner", PLAIN_1, item())
    receive(net, "first", message=lists[0])
    with net.store.transaction() as transaction:
        first = net.network.caller(transaction, "first")
        net.network.confirm(transaction, first, lists[0])
        assert net.network.delete(transaction, first, Selector(channel=DISTRIBUTION)) == tuple(lists)
        assert net.network.delete(transaction, first, Selector(channel=DISTRIBUTION)) == ()
    assert listed(net, "first", version=PLAIN_1) == [plain]
    assert listed(net, "second", version=CUT_2) == lists


def test_confirmation_is_for_versions_with_manual_acknowledgement(net: Setting) -> None:
    manual, automatic = net.send("owner", WHOLE, listing(FIRST)), net.send("owner", PLAIN_1, item())
    assert refusal(net, "confirm", "first", manual) is RefusalCode.BAD_STATUS  # not read yet
    receive(net, "first", version=PLAIN_1)
    assert refusal(net, "confirm", "first", automatic) is RefusalCode.BAD_STATUS
    receive(net, "first", version=CUT_1)
    with net.store.transaction() as transaction:
        net.network.confirm(transaction, net.network.caller(transaction, "first"), manual.upper())
    assert listed(net, "first", version=CUT_1, read=True) == []
    for operation, argument in (("confirm", manual), ("restore", [manual]), ("receive", Selector(message=manual))):
        assert refusal(net, operation, "first", argument) is RefusalCode.BAD_STATUS


@pytest.mark.parametrize("operation", ["receive", "list_messages", "delete"])
def test_selectors_that_mean_nothing_are_refused(net: Setting, operation: str) -> None:
    sent = net.send("first", COLLECT, item())
    for selector, expected in (
        (Selector(), RefusalCode.BAD_SELECTOR),
        (Selector(channel=COLLECTION, version=COLLECT), RefusalCode.BAD_SELECTOR),
        (Selector(channel=COLLECTION, version=COLLECT, message=sent), RefusalCode.BAD_SELECTOR),
        (Selector(channel="urn:none"), RefusalCode.UNKNOWN_CHANNEL),
        (Selector(channel=COLLECT), RefusalCode.UNKNOWN_CHANNEL),
        (Selector(channel=""), RefusalCode.UNKNOWN_CHANNEL),
        (Selector(version=COLLECTION), RefusalCode.UNKNOWN_VERSION),
        (Selector(message="4711"), RefusalCode.UNKNOWN_MESSAGE),
    ):
        assert refusal(net, operation, "owner", selector) is expected
    assert refusal(net, operation, "first", Selector(message=sent)) is RefusalCode.UNKNOWN_MESSAGE
    assert refusal(net, operation, "stranger", Selector(channel=COLLECTION)) is RefusalCode.NO_RIGHT
    assert refusal(net, operation, "stranger", Selector(version=COLLECT)) is RefusalCode.NO_RIGHT
    assert refusal(net, operation, "second", Selector(version=CUT_1)) is RefusalCode.NO_RIGHT


def test_the_wire_does_not_tell_strangers_which_messages_exist(net: Setting) -> None:
    sent = net.send("first", COLLECT, item())

    def ask(identifier: str) -> Refusal:
        return net.refusal(
            lambda transaction: net.network.confirm(transaction, net.network.caller(transaction, "second"), identifier)
        )

    assert ask(sent).text.replace(sent, "?") == ask("4711").text.replace("4711", "?")
    assert "not delivered to this authority" in ask(sent).cause
    assert "does not exist" in ask("4711").cause


# Callbacks, misbehaviour, set-up


def test_recipients_are_told_after_the_commit_and_only_then(net: Setting) -> None:
    notified: list[str] = []
    remove = net.network.deliveries.on_delivery(FIRST, lambda: notified.append(FIRST))
    net.network.deliveries.on_delivery(SECOND, lambda: notified.append(SECOND))
    with pytest.raises(RuntimeError), net.store.transaction() as transaction:
        net.send_in(transaction, "owner", PLAIN_1, item())
        raise RuntimeError
    assert notified == []
    with net.store.transaction() as transaction:
        net.send_in(transaction, "owner", PLAIN_1, item())
        assert notified == []
    assert notified == [FIRST, SECOND]
    net.send("owner", WHOLE, listing(SECOND))
    assert notified == [FIRST, SECOND, SECOND]
    remove()
    remove()
    net.send("owner", PLAIN_1, item())
    assert notified == [FIRST, SECOND, SECOND, SECOND]


def test_a_callback_may_read_and_send(net: Setting) -> None:
    def answer() -> None:
        for mailbox_message in receive(net, "owner", channel=COLLECTION):
            net.event("owner", COLLECT, mailbox_message.id, mailbox_message.sender)

    net.network.deliveries.on_delivery(OWNER, answer)
    sent = net.send("first", COLLECT, item())
    (event,) = receive(net, "first", version=COLLECT)
    assert event.related_message == sent


def test_duplicate_delivery_comes_under_an_id_of_its_own(net: Setting) -> None:
    net.faults.arm(InjectedFault(DUPLICATE_DELIVERY, "SendMessage2", OWNER))
    net.send("first", COLLECT, item())
    sent = net.send("owner", PLAIN_1, item())
    ids = listed(net, "first", version=PLAIN_1)
    assert len(ids) == 2
    assert ids[0] == sent
    assert len(listed(net, "owner", version=COLLECT)) == 1
    marked = [entry.details.get("misbehaviour") for entry in net.journal.entries()]
    assert marked == [None, None, None, DUPLICATE_DELIVERY, DUPLICATE_DELIVERY]


def test_message_ids_are_those_that_are_made(tmp_path: Path) -> None:
    ids = iter(["one", "two"])
    with setting(tmp_path, new_id=lambda: next(ids)) as net:
        assert [net.send("first", COLLECT, item()) for _ in range(2)] == ["one", "two"]


def test_setting_up_again_changes_nothing_and_keeps_messages(tmp_path: Path) -> None:
    with setting(tmp_path, tmp_path / "data") as net:
        sent = net.send("first", COLLECT, item())
        with net.store.reading() as transaction:
            before = net.network.directory(transaction)
    with setting(tmp_path, tmp_path / "data") as net:
        with net.store.reading() as transaction:
            assert net.network.directory(transaction) == before
        assert listed(net, "owner", version=COLLECT) == [sent]


def test_setting_up_with_changes_takes_them_over_and_another_network_sees_them(tmp_path: Path) -> None:
    with setting(tmp_path, tmp_path / "data") as net, setting(tmp_path, tmp_path / "data") as other:
        changed = [replace(version, manual_acknowledgement=True) for version in versions()]
        with net.store.transaction() as transaction:
            install(net.network, transaction, changed)
        with other.store.reading() as transaction:
            version_read = other.network.directory(transaction).version(COLLECT)
            assert version_read.manual_acknowledgement
            assert version_read == changed[0]


def test_an_undone_set_up_is_not_remembered(net: Setting) -> None:
    with pytest.raises(RuntimeError), net.store.transaction() as transaction:
        install(net.network, transaction, [replace(version, manual_acknowledgement=True) for version in versions()])
        assert net.network.directory(transaction).versions[COLLECT].manual_acknowledgement
        raise RuntimeError
    with net.store.reading() as transaction:
        assert not net.network.directory(transaction).versions[COLLECT].manual_acknowledgement


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"users": [User("x", "999999")]}, "user x acts for unknown authority 999999"),
        ({"subscriptions": [("urn:none", FIRST)]}, "subscribes to unknown version urn:none"),
        ({"subscriptions": [(COLLECT, "999999")]}, "unknown authority 999999 subscribes"),
        ({"subscriptions": [(CUT_1, FIRST), (CUT_2, FIRST)]}, "would get each message twice"),
        ({"subscriptions": [(WHOLE, FIRST), (CUT_1, FIRST)]}, "would get each message twice"),
        ({"versions": [version("urn:v", "urn:none")]}, "of unknown channel urn:none"),
        (
            {"versions": [version("urn:v", COLLECTION, transformation=Transformation("cut.xslt", "urn:none"))]},
            "cut from unknown version urn:none",
        ),
        (
            {"versions": [*versions(), version("urn:v", COLLECTION, transformation=Transformation("cut.xslt", WHOLE))]},
            "cut from another channel",
        ),
        (
            {
                "versions": [
                    *versions(),
                    version("urn:v", DISTRIBUTION, transformation=Transformation("cut.xslt", CUT_1)),
                ]
            },
            "which is a cut itself",
        ),
    ],
)
def test_a_set_up_that_contradicts_itself_is_refused(net: Setting, changes: dict[str, Any], reason: str) -> None:
    with net.store.reading() as transaction:
        known = net.network.directory(transaction)
    whole = Configuration(tuple(known.authorities.values()), (), tuple(known.channels.values()), tuple(versions()), ())
    with pytest.raises(ConfigurationError, match=reason), net.store.transaction() as transaction:
        net.network.registry.install(transaction, replace(whole, **changes))


def test_a_full_store_refuses_the_send_and_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    from simulator.store import StorageFull

    with setting(tmp_path, tmp_path / "data") as net:
        net.send("first", COLLECT, item())
    with Store.open(tmp_path / "data", max_bytes=500_000) as small, setting(tmp_path, tmp_path / "data") as net:
        big = b'<Item xmlns="urn:t">' + b"<N>1</N>" * 1000 + b"</Item>"
        sent = [net.send("first", COLLECT, item(2))]
        with pytest.raises(StorageFull):
            for number in range(100):
                data = big + f"<!--{number}-->".encode()
                with small.transaction() as transaction:
                    caller = net.network.caller(transaction, "first")
                    request = SendRequest(COLLECT, Payload(transaction.put_blob(data), len(data), "{urn:t}Item"))
                    identifier = net.network.send(transaction, caller, request)
                sent.append(identifier)
        assert len(sent) > 2
        assert listed(net, "owner", version=COLLECT)[1:] == sent
        assert len(list(net.journal.entries())) == len(sent) + 1


def test_strangers_have_a_mailbox_but_no_channel(net: Setting) -> None:
    with net.store.reading() as transaction:
        assert net.network.caller(transaction, "stranger").authority == STRANGER
        assert net.network.directory(transaction).authorities[STRANGER].id == STRANGER
