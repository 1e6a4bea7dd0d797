"""Old messages are deleted from every mailbox, later ones stay, and the journal keeps the entries of all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from simulator.dit.model import RefusalCode
from simulator.journal import Kind
from tests.simulator.dit.setting import COLLECT, FIRST, OWNER, PLAIN_1, SECOND, START, Setting, item, setting
from tests.simulator.dit.test_network import listed, receive, refusal


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Setting]:
    with setting(tmp_path) as opened:
        yield opened


def _purge(net: Setting) -> int:
    with net.store.transaction() as transaction:
        return net.network.deliveries.purge(transaction, START + timedelta(minutes=1))


def test_the_old_goes_read_or_not_and_the_new_stays(net: Setting) -> None:
    read, unread = net.send("first", COLLECT, item(1)), net.send("owner", PLAIN_1, item(2))
    assert [mailbox_message.id for mailbox_message in receive(net, "owner", version=COLLECT)] == [read]
    net.clock.advance(START + timedelta(days=1))
    later = net.send("owner", PLAIN_1, item(3))
    assert _purge(net) == 3  # one read by the owner, one for each of the two subscribers
    assert listed(net, "owner", version=COLLECT, read=True) == []
    assert listed(net, "first", version=PLAIN_1) == listed(net, "second", version=PLAIN_1) == [later]
    assert refusal(net, "restore", "owner", [read]) is RefusalCode.UNKNOWN_MESSAGE
    assert _purge(net) == 0
    assert unread not in listed(net, "first", version=PLAIN_1, read=True)


def test_the_journal_tells_what_was_purged_and_keeps_its_payload(net: Setting) -> None:
    sent = net.send("owner", PLAIN_1, item(2))
    net.clock.advance(START + timedelta(days=1))
    _purge(net)
    entries = list(net.journal.entries())
    purged = [entry for entry in entries if entry.operation == "purge"]
    assert {(entry.kind, entry.authority, entry.message_ids) for entry in purged} == {
        (Kind.DELIVERY, FIRST, (sent,)),
        (Kind.DELIVERY, SECOND, (sent,)),
    }
    delivered = next(entry for entry in entries if entry.operation == "deliver")
    assert net.journal.blob(delivered.payload or "") == item(2)
    assert OWNER not in {entry.authority for entry in purged}
