"""Rights per user, channel and environment as a client sees them, on addresses with and without security."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from simulator.dit.rights import Options
from simulator.domain.clock import RIGA
from simulator.domain.model import ChannelName, ChannelRight, Environment
from simulator.security.settings import load_settings
from simulator.world.model import Right
from tests.simulator.security.setting import LIST, SECURED, SecuredSetting
from tests.simulator.soap.setting import (
    BVKB,
    OTHER,
    RETAILER,
    Setting,
    event_request,
    open_setting,
    read_fault,
    request,
    selector,
)

TEST, PRODUCTION = Environment.TEST, Environment.PRODUCTION


@contextmanager
def world_with(*rights: Right, environment: Environment = TEST) -> Iterator[Setting]:
    with open_setting() as setting:
        setting.world = replace(setting.world, rights=rights)
        setting.options = Options(environment=environment)
        yield setting


def _at(setting: Setting, month: int, day: int) -> None:
    setting.clock.advance(datetime(2026, month, day, 0, 0, tzinfo=RIGA))


def test_a_right_opens_on_its_day_in_the_test_environment() -> None:
    with world_with(Right(RETAILER, TEST, date(2026, 1, 10))) as setting:
        _at(setting, 1, 9)
        refused = setting.send()
        assert refused.status_code == 400
        fault = read_fault(refused.data)
        assert fault.refusal == "no-right"
        assert fault.texts["en"] == (
            f"user 'paraugs' has no right to send on {setting.version()} in the test environment: "
            "it opens on 2026-01-10"
        )
        assert fault.texts["lv"] == (
            f'Lietotājam "paraugs" testa vidē nav tiesību sūtīt kanālā {setting.version()}: '
            "tās tiks atvērtas 10.01.2026."
        )
        (entry,) = setting.exchanges
        assert entry.fault_code == "no-right"
        assert "wait until 2026-01-10" in str(entry.cause)
        assert "per DIT user and environment (documented)" in str(entry.cause)
        _at(setting, 1, 10)
        assert setting.send().status_code == 200


def test_production_begins_with_the_calendar_month_after() -> None:
    with world_with(Right(RETAILER, PRODUCTION, date(2026, 1, 10)), environment=PRODUCTION) as setting:
        _at(setting, 1, 31)
        fault = read_fault(setting.send().data)
        assert fault.texts["en"].endswith(
            "in production: it was granted on 2026-01-10 and can be used from 2026-02-01, the calendar month after"
        )
        assert "step 7" in str(setting.exchanges[-1].cause)
        _at(setting, 2, 1)
        assert setting.send().status_code == 200


def test_a_right_in_one_environment_is_none_in_the_other() -> None:
    with world_with(Right(RETAILER, TEST, date(2026, 1, 1)), environment=PRODUCTION) as setting:
        assert "in production: it was never granted" in read_fault(setting.send().data).texts["en"]
        assert setting.send(user=OTHER).status_code == 200, "of whom the world says nothing, nothing is withheld"


def test_rights_are_of_a_channel_and_to_send_or_to_receive() -> None:
    right = Right(RETAILER, TEST, date(2026, 1, 1), channel=ChannelName.CONTRACT, right=ChannelRight.SEND)
    with world_with(right) as setting:
        assert setting.send().status_code == 200
        for operation, asked, kind in (
            ("ReceiveMessage", "MessageRequest", "ChannelVersionURN"),
            ("ReceiveMessageList", "MessageListRequest", "ChannelVersionURN"),
            ("DeleteMessage", "MessageRequest", "ChannelURN"),
        ):
            channel = setting.profile.channel(ChannelName.CONTRACT)
            urn = channel.urn if kind == "ChannelURN" else channel.version_urn()
            fault = read_fault(setting.post(request(operation, asked, selector(kind, urn))).data)
            assert f"no right to receive from {urn} in the test environment" in fault.texts["en"]
        fault = read_fault(
            setting.post(
                request("ReceiveMessageList", "MessageListRequest", selector("ChannelVersionURN", _discounts(setting)))
            ).data
        )
        assert f"no right to receive from {_discounts(setting)}" in fault.texts["en"]


def test_a_message_named_by_its_id_needs_the_right_too() -> None:
    closed = Right(RETAILER, TEST, date(2026, 1, 1), date(2026, 1, 10))
    with world_with(closed) as setting:
        assert setting.send().status_code == 200
        related = setting.exchanges[0].message_ids[0]
        event = event_request(
            setting.version(), setting.error_report(), related, (setting.world.retailers[0].authority,)
        )
        assert setting.post(event, user=BVKB).status_code == 200
        message = setting.exchanges[-1].message_ids[0]
        _at(setting, 1, 10)
        calls = (
            request("ReceiveMessage", "MessageRequest", selector("MessageID", message)),
            request("DeleteMessage", "MessageRequest", selector("MessageID", message)),
            request(
                "RestoreMessageList",
                "MessageBasicInfoList",
                f"<dit:MessageBasicInfo>{selector('MessageID', message)}</dit:MessageBasicInfo>",
            ),
        )
        for call in calls:
            fault = read_fault(setting.post(call).data)
            assert fault.refusal == "no-right", fault
            assert fault.texts["en"].endswith("it was closed on 2026-01-10")


def test_whoever_calls_by_the_authoritys_id_has_the_rights_of_its_users() -> None:
    with world_with(Right(RETAILER, TEST, date(2026, 1, 10))) as setting:
        authority = setting.world.retailers[0].authority
        assert "user 'paraugs' has no right" in read_fault(setting.send(user=authority).data).texts["en"]
        _at(setting, 1, 10)
        assert setting.send(user=authority).status_code == 200


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def test_on_a_guarded_address_it_is_a_fault_of_its_own_and_not_invalid_security(keys: Path) -> None:
    with world_with(Right(RETAILER, TEST, date(2026, 1, 10))) as setting:
        secured = SecuredSetting(setting, keys, load_settings())
        token = secured.token()
        content = LIST.format(version=setting.version())
        answer = secured.client.call(SECURED, "ReceiveMessageList", content, token)
        assert answer.status == 500
        fault = read_fault(answer.body)
        assert (fault.refusal, "InvalidSecurity" in str(fault.subcodes)) == ("no-right", False)
        assert fault.texts["en"].endswith("it opens on 2026-01-10")
        _at(setting, 1, 10)
        token = secured.token()
        assert secured.client.call(SECURED, "ReceiveMessageList", content, token).status == 200


def _discounts(setting: Setting) -> str:
    return setting.version(ChannelName.DISCOUNT, setting.world.retailers[0].discount_minor)
