"""Many threads on one network: no message is lost, delivered twice, or out of order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from simulator.dit.model import Selector
from simulator.dit.refusals import Refused
from tests.simulator.dit.setting import COLLECT, CUT_1, CUT_2, FIRST, SECOND, WHOLE, item, listing, setting

EACH = 15


def test_eight_threads_send_while_two_receive(tmp_path: Path) -> None:
    with setting(tmp_path, tmp_path / "data") as net:

        def send(thread: int) -> list[str]:
            user = ("first", "second")[thread % 2]
            return [net.send(user, COLLECT, item(thread * EACH + number)) for number in range(EACH)]

        def receive(rounds: int) -> list[str]:
            got = []
            for _ in range(rounds):
                with net.store.transaction() as transaction:
                    owner = net.network.caller(transaction, "owner")
                    got += [
                        mailbox_message.id
                        for mailbox_message in net.network.receive(transaction, owner, Selector(version=COLLECT))
                    ]
            return got

        with ThreadPoolExecutor(10) as pool:
            sending = [pool.submit(send, number) for number in range(8)]
            receiving = [pool.submit(receive, 20) for _ in range(2)]
            sent = [future.result() for future in sending]
            received = [identifier for future in receiving for identifier in future.result()] + receive(1)

        acknowledged = [identifier for identifiers in sent for identifier in identifiers]
        assert len(set(acknowledged)) == len(acknowledged) == 8 * EACH
        assert sorted(received) == sorted(acknowledged)
        delivered = [entry.message_ids[0] for entry in net.journal.entries()]
        assert sorted(delivered) == sorted(acknowledged)
        assert [entry.number for entry in net.journal.entries()] == list(range(1, 8 * EACH + 1))
        for one_thread in sent:
            assert [identifier for identifier in delivered if identifier in one_thread] == one_thread


def test_threads_cut_lists_each_for_its_own_retailer(tmp_path: Path) -> None:
    with setting(tmp_path) as net:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: net.send("owner", WHOLE, listing(FIRST, SECOND, number=number)), range(40)))
        for user, urn, authority in (("first", CUT_1, FIRST), ("second", CUT_2, SECOND)):
            with net.store.transaction() as transaction:
                messages = net.network.receive(
                    transaction, net.network.caller(transaction, user), Selector(version=urn)
                )
                data = [transaction.blob(message.payload.reference) for message in messages]
            assert len(set(data)) == 40
            assert all(authority.encode() in payload for payload in data)


def test_two_threads_that_restore_one_message_do_it_once(tmp_path: Path) -> None:
    with setting(tmp_path) as net:
        for _ in range(10):
            sent = net.send("first", COLLECT, item())
            with net.store.transaction() as transaction:
                net.network.receive(transaction, net.network.caller(transaction, "owner"), Selector(message=sent))

            def restore(_: int, message: str = sent) -> bool:
                with net.store.transaction() as transaction:
                    try:
                        net.network.restore(transaction, net.network.caller(transaction, "owner"), [message])
                    except Refused:
                        return False
                    return True

            with ThreadPoolExecutor(2) as pool:
                assert sorted(pool.map(restore, range(2))) == [False, True]


@pytest.mark.parametrize("broken", [b"<", b'<Item xmlns="urn:t"><N>x</N></Item>'])
def test_refusals_in_threads_carry_their_own_complaints(tmp_path: Path, broken: bytes) -> None:
    with setting(tmp_path) as net:

        def refused(number: int) -> bool:
            data = broken.replace(b"x<", f"x{number}<".encode()) + b" " * number
            error = net.refusal(lambda transaction: net.send_in(transaction, "first", COLLECT, data))
            return broken == b"<" or f"'x{number}'" in error.complaints[0].found

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(refused, range(64)))
