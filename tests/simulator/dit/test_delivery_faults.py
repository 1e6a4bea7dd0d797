"""Injected delivery faults follow the transaction in which they are triggered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.dit.model import Selector
from simulator.fault_injection.faults import DUPLICATE_DELIVERY, OUT_OF_ORDER, InjectedFault
from tests.simulator.dit.setting import FIRST, OWNER, PLAIN_1, Setting, item, setting


class Undone(Exception):
    """Rolls a transaction back."""


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Setting]:
    with setting(tmp_path) as opened:
        yield opened


def send_and_roll_back(net: Setting, number: int) -> None:
    with pytest.raises(Undone), net.store.transaction() as transaction:
        net.send_in(transaction, "owner", PLAIN_1, item(number))
        raise Undone


def delivered(net: Setting) -> list[bytes]:
    with net.store.transaction() as transaction:
        caller = net.network.caller(transaction, "first")
        messages = net.network.receive(transaction, caller, Selector(version=PLAIN_1))
        return [transaction.blob(message.payload.reference) for message in messages]


def test_a_held_message_is_delivered_although_the_send_that_released_it_was_rolled_back(net: Setting) -> None:
    net.faults.arm(InjectedFault(OUT_OF_ORDER, "SendMessage2", OWNER, recipient=FIRST))
    net.send("owner", PLAIN_1, item(1))
    send_and_roll_back(net, 2)
    net.send("owner", PLAIN_1, item(3))
    assert delivered(net) == [item(3), item(1)]


def test_a_message_whose_send_was_rolled_back_is_not_held(net: Setting) -> None:
    net.faults.arm(InjectedFault(OUT_OF_ORDER, "SendMessage2", OWNER, recipient=FIRST))
    send_and_roll_back(net, 1)
    net.send("owner", PLAIN_1, item(2))
    net.send("owner", PLAIN_1, item(3))
    assert delivered(net) == [item(3), item(2)]


def test_a_fault_stays_armed_when_the_send_that_triggered_it_was_rolled_back(net: Setting) -> None:
    duplicate = InjectedFault(DUPLICATE_DELIVERY, "SendMessage2", OWNER)
    net.faults.arm(duplicate)
    send_and_roll_back(net, 1)
    assert net.faults.armed() == ((duplicate, 1),)
    assert net.faults.taken(DUPLICATE_DELIVERY) == 0
    net.send("owner", PLAIN_1, item(2))
    assert delivered(net) == [item(2), item(2)]
    assert net.faults.taken(DUPLICATE_DELIVERY) == 1


def test_faults_disarmed_meanwhile_stay_disarmed_after_a_rollback(net: Setting) -> None:
    net.faults.arm(InjectedFault(DUPLICATE_DELIVERY, "SendMessage2", OWNER))
    with pytest.raises(Undone), net.store.transaction() as transaction:
        net.send_in(transaction, "owner", PLAIN_1, item(1))
        net.faults.disarm()
        raise Undone
    assert net.faults.armed() == ()
