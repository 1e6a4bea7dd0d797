"""Armed faults are counted, and each is triggered once, by a call that it is for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from simulator.fault_injection.faults import (
    AFTER,
    BEFORE,
    CONNECTING,
    DELIVERY,
    DROP_REPLY,
    DUPLICATE_DELIVERY,
    ISSUING,
    KINDS,
    PUBLISHING,
    TAMPERING,
    Faults,
    FaultsError,
    InjectedFault,
)


def test_nothing_is_wrong_until_it_is_armed() -> None:
    assert Faults().take("SendMessage2", "100777") is None


def test_a_fault_is_triggered_as_often_as_it_was_armed_for() -> None:
    faults = Faults()
    drop = InjectedFault(kind="drop_reply", operation="SendMessage2", authority="100777", times=2)
    faults.arm(drop)
    assert faults.take("SendMessage2", "100778") is None
    assert faults.take("DeleteMessage", "100777") is None
    assert faults.take("SendMessage2", None) is None
    assert faults.take("SendMessage2", "100777") is drop
    assert faults.armed() == ((drop, 1),)
    assert faults.take("SendMessage2", "100777") is drop
    assert faults.take("SendMessage2", "100777") is None
    assert faults.taken(DROP_REPLY) == 2
    assert faults.armed() == ()


def test_a_fault_without_operation_and_authority_is_for_all_calls_and_the_first_armed_is_triggered_first() -> None:
    faults = Faults()
    anyone, one = InjectedFault(DROP_REPLY), InjectedFault(DROP_REPLY, "DeleteMessage", "100777")
    faults.arm(anyone)
    faults.arm(one)
    assert faults.take("DeleteMessage", "100777") is anyone
    assert faults.take("DeleteMessage", "100777") is one


def test_two_that_are_alike_are_counted_apart() -> None:
    faults = Faults()
    for _ in range(2):
        faults.arm(InjectedFault(DROP_REPLY, times=2))
    assert [faults.take("SendMessage2", None) is not None for _ in range(5)] == [True] * 4 + [False]


def test_duplicate_delivery_is_for_the_network_that_asks_for_it_by_name() -> None:
    faults = Faults()
    faults.arm(InjectedFault(DUPLICATE_DELIVERY, "SendMessage2"))
    assert faults.take("SendMessage2", "100777") is None
    assert faults.take("SendMessage2", "100777", kind=DROP_REPLY) is None
    assert faults.take("SendMessage2", "100777", kind=DUPLICATE_DELIVERY) is not None


def test_a_delivery_goes_wrong_in_the_mailbox_that_it_was_armed_for() -> None:
    faults = Faults()
    faults.arm(InjectedFault("empty_list", "SendMessage2", "100500", recipient="100777"))
    assert faults.take("SendMessage2", "100500") is None
    assert faults.take("SendMessage2", "100500", kind=TAMPERING) is None
    assert faults.take("SendMessage2", "100500", kind=TAMPERING, recipient="100778") is None
    assert faults.take("SendMessage2", "100500", kind=TAMPERING, recipient="100777") is not None


def test_every_kind_belongs_to_one_who_commits_it() -> None:
    assert set(KINDS) == BEFORE | AFTER | DELIVERY | PUBLISHING | CONNECTING | ISSUING
    assert not BEFORE & AFTER
    assert not (BEFORE | AFTER) & DELIVERY


def test_disarming_ends_it_and_keeps_the_counts() -> None:
    faults = Faults()
    faults.arm(InjectedFault(DROP_REPLY, times=5))
    faults.take("SendMessage2", None)
    faults.disarm()
    assert faults.take("SendMessage2", None) is None
    assert faults.taken(DROP_REPLY) == 1


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (InjectedFault("set_fire"), "no fault 'set_fire'; known are: cut_reply, drop_reply"),
        (InjectedFault(DROP_REPLY, "SendMessage"), "no operation 'SendMessage'"),
        (InjectedFault(DROP_REPLY, times=0), "at least once"),
        (InjectedFault(DUPLICATE_DELIVERY, "DeleteMessage"), "arm it on SendMessage2"),
        (InjectedFault("odd_decimals", "ReceiveMessage2"), "arm it on SendMessage2"),
        (InjectedFault(DROP_REPLY, recipient="100777"), "concerns a call, not a mailbox"),
        (InjectedFault("slow_reply", seconds=-1.0), "0 to 600 seconds"),
    ],
)
def test_a_fault_that_no_call_could_trigger_is_refused(fault: InjectedFault, reason: str) -> None:
    with pytest.raises(FaultsError, match=reason):
        Faults().arm(fault)


def test_each_fault_is_triggered_once_among_threads() -> None:
    faults = Faults()
    faults.arm(InjectedFault(DROP_REPLY, times=50))
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: faults.take("SendMessage2", "100777"), range(400)))
    assert sum(fault is not None for fault in taken) == 50
