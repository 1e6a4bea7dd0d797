"""Enforcement of a client's duties, and validation switched off, as a client sees them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from simulator.dit.rights import Options
from simulator.domain.model import ChannelName
from tests.simulator.soap.setting import (
    BVKB,
    RETAILER,
    Setting,
    event_request,
    open_setting,
    read_fault,
    request,
    selector,
    send_request,
)


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Setting]:
    with open_setting(tmp_path) as setting:
        setting.options = Options(enforce_duties=True)
        yield setting


def _deliver(setting: Setting, count: int = 1) -> list[str]:
    """Put event messages into the retailer's mailbox and return their ids."""
    message_ids = []
    for _ in range(count):
        assert setting.send().status_code == 200
        related = setting.exchanges[-1].message_ids[0]
        receivers = (setting.world.retailers[0].authority,)
        event = event_request(setting.version(), setting.error_report(), related, receivers)
        assert setting.post(event, user=BVKB).status_code == 200
        message_ids.append(setting.exchanges[-1].message_ids[0])
    return message_ids


def _list(setting: Setting, *, read: bool = False) -> str | None:
    asked = selector("ChannelVersionURN", setting.version()) + (selector("ReadMessage", "true") if read else "")
    return _called(setting, request("ReceiveMessageList", "MessageListRequest", asked))


def _receive(setting: Setting, message: str | None = None) -> str | None:
    chosen = ("MessageID", message) if message else ("ChannelVersionURN", setting.version())
    return _called(setting, request("ReceiveMessage", "MessageRequest", selector(*chosen)))


def _delete(setting: Setting, message: str) -> str | None:
    return _called(setting, request("DeleteMessage", "MessageRequest", selector("MessageID", message)))


def _called(setting: Setting, body: str) -> str | None:
    reply = setting.post(body)
    return None if reply.status_code == 200 else read_fault(reply.data).refusal


def _wait(setting: Setting, seconds: int = 300) -> None:
    setting.clock.advance(setting.clock.now() + timedelta(seconds=seconds))


def test_who_keeps_the_duties_notices_nothing(strict: Setting) -> None:
    for _ in range(3):
        messages = _deliver(strict, 2)
        assert _list(strict) is None
        assert [_receive(strict, message) for message in messages] == [None, None]
        assert [_delete(strict, message) for message in messages] == [None, None]
        _wait(strict)


def test_five_minutes_between_two_polls_of_the_same(strict: Setting) -> None:
    assert _list(strict) is None
    assert _receive(strict) is None, "another poll"
    assert _list(strict) == "polled-too-often"
    _wait(strict, 299)
    assert [_list(strict), _receive(strict)] == ["polled-too-often", "polled-too-often"]
    entry = strict.exchanges[-1]
    assert "at least 300 seconds" in str(entry.cause)
    assert "section 2.4 (documented)" in str(entry.cause)
    _wait(strict, 1)
    assert [_list(strict), _receive(strict)] == [None, None], "a refused poll does not count"


def test_the_last_poll_is_remembered_over_a_restart(strict: Setting, tmp_path: Path) -> None:
    assert _list(strict) is None
    strict.store.close()
    with open_setting(tmp_path) as again:
        again.options = Options(enforce_duties=True)
        assert _list(again) == "polled-too-often"


def test_a_list_is_read_whole_before_the_next(strict: Setting) -> None:
    first, second = _deliver(strict, 2)
    assert _list(strict) is None
    assert (_receive(strict, first), _delete(strict, first)) == (None, None)
    _wait(strict)
    reply = strict.post(
        request("ReceiveMessageList", "MessageListRequest", selector("ChannelVersionURN", strict.version()))
    )
    fault = read_fault(reply.data)
    assert fault.refusal == "list-not-read"
    assert fault.texts["en"] == f"1 of the 2 messages listed before have not been read: {second}"
    assert second in fault.texts["lv"]
    assert (_receive(strict, second), _delete(strict, second), _list(strict)) == (None, None, None)


def test_what_was_read_is_deleted_before_the_next_poll(strict: Setting) -> None:
    (message,) = _deliver(strict)
    assert (_list(strict), _receive(strict, message)) == (None, None)
    _wait(strict)
    assert [_list(strict), _receive(strict)] == ["read-not-deleted", "read-not-deleted"]
    assert "section 3.2.1.8 (documented)" in str(strict.exchanges[-1].cause)
    assert (_delete(strict, message), _list(strict)) == (None, None)


def test_a_bad_read_can_be_recovered_in_the_prescribed_order(strict: Setting) -> None:
    (message,) = _deliver(strict)
    assert (_list(strict), _receive(strict, message)) == (None, None)
    _wait(strict)
    restore = request(
        "RestoreMessageList",
        "MessageBasicInfoList",
        f"<dit:MessageBasicInfo>{selector('MessageID', message)}</dit:MessageBasicInfo>",
    )
    assert (_list(strict, read=True), _called(strict, restore)) == (None, None)
    assert (_receive(strict, message), _delete(strict, message), _list(strict)) == (None, None, None)


def test_a_stranger_is_told_of_its_rights_and_not_of_duties(strict: Setting) -> None:
    body = request(
        "ReceiveMessageList",
        "MessageListRequest",
        selector("ChannelVersionURN", strict.version(ChannelName.DISCOUNT, 2)),
    )
    assert [read_fault(strict.post(body, user=RETAILER).data).refusal for _ in range(2)] == ["no-right", "no-right"]


def test_by_default_nothing_is_enforced() -> None:
    with open_setting() as setting:
        (message,) = _deliver(setting)
        assert [_list(setting), _list(setting), _receive(setting, message)] == [None] * 3
        _wait(setting)
        assert [_list(setting), _receive(setting)] == [None] * 2


def test_validation_is_switched_off() -> None:
    body = send_request("{version}", b"<Nonsense/>")
    with open_setting() as setting:
        reply = setting.post(body.format(version=setting.version()))
        assert read_fault(reply.data).refusal == "invalid-payload"
    with open_setting() as setting:
        setting.options = Options(validate_on_send=False)
        assert setting.post(body.format(version=setting.version())).status_code == 200
