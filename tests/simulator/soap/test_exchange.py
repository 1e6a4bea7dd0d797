"""The journal entry of a call, when it succeeds and when the store or an operation fails."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from simulator.dit.network import Network
from simulator.fault_injection.faults import InjectedFault
from simulator.journal import Outcome
from simulator.soap.refusals import SoapVersion
from simulator.store import StorageFull, Store, StoreError, Transaction
from tests.simulator.soap.setting import BVKB, Setting, read_fault, request, selector, send_request

BOTH = pytest.mark.parametrize("version", list(SoapVersion))


def messages(setting: Setting) -> int:
    """Return the number of messages in BVKB's mailbox."""
    from simulator.dit.model import Selector

    with setting.store.reading() as transaction:
        caller = setting.network.caller(transaction, BVKB)
        return len(setting.network.list_messages(transaction, caller, Selector(version=setting.version())))


def test_a_send_and_its_entries_are_one(setting: Setting) -> None:
    document = setting.contract_document()
    reply = setting.send(document)
    delivery, exchange = setting.journal
    assert (delivery.kind, exchange.kind) == ("delivery", "exchange")
    assert exchange.message_ids == delivery.message_ids
    assert (exchange.operation, exchange.interface, exchange.authority) == ("SendMessage2", "soap", "100777")
    assert (exchange.outcome, exchange.http_status, exchange.fault_code) == (Outcome.OK, 200, None)
    assert exchange.channel_version == setting.version()
    assert exchange.details == {
        "user": "paraugs",
        "message_class": "business",
        "receivers": [],
        "related_message": None,
        "event_name": None,
        "size": len(setting.blob(exchange.payload)),
    }
    assert setting.blob(exchange.reply) == reply.data
    assert exchange.at == setting.clock.now()


def test_receiving_is_journaled_with_the_payload_of_each_message(setting: Setting) -> None:
    setting.send()
    setting.send()
    first, second = (exchange.message_ids[0] for exchange in setting.exchanges)
    content = selector("ChannelVersionURN", setting.version())
    reply = setting.post(request("ReceiveMessage", "MessageRequest", content), user=BVKB)
    entry = setting.exchanges[-1]
    assert entry.message_ids == (first, second)
    payloads = entry.details["payloads"]
    assert isinstance(payloads, dict)
    assert list(payloads) == [first, second]
    assert setting.blob(str(payloads[first])) in reply.data
    assert entry.details["selector"] == {"channel": None, "version": setting.version(), "message": None}


def test_listing_is_journaled_with_what_it_listed(setting: Setting) -> None:
    setting.send()
    content = selector("ChannelVersionURN", setting.version())
    setting.post(request("ReceiveMessageList", "MessageListRequest", content), user=BVKB)
    entry = setting.exchanges[-1]
    assert entry.message_ids == setting.exchanges[0].message_ids
    assert entry.details["read"] is False


def test_a_large_reply_is_journaled_without_its_payloads(setting: Setting) -> None:
    big = b"<!--" + b"x" * 2_000_000 + b"-->"
    setting.send()
    document = setting.contract_document()
    end = document.rindex(b"</")
    setting.send(document[:end] + big + document[end:])
    content = selector("ChannelVersionURN", setting.version())
    reply = setting.post(request("ReceiveMessage", "MessageRequest", content), user=BVKB)
    assert big in reply.data
    journaled = setting.blob(setting.exchanges[-1].reply)
    assert len(journaled) < 3000
    assert journaled.count(b"<?payload ") == 2


class TestStore:
    @BOTH
    def test_a_full_disk_is_the_servers_fault_and_nothing_is_acknowledged(
        self, setting: Setting, monkeypatch: pytest.MonkeyPatch, version: SoapVersion
    ) -> None:
        body = send_request(setting.version(), setting.contract_document(), version=version)
        setting.send()  # what was kept before stays
        full = StorageFull("no room left while writing a blob: No space left on device; make room and do it again")

        def put_blob(_transaction: Transaction, _data: bytes) -> str:
            raise full

        with monkeypatch.context() as patch:
            patch.setattr(Transaction, "put_blob", put_blob)
            reply = setting.post(body, version=version)
        fault = read_fault(reply.data)
        assert reply.status_code == 500
        assert fault.code == version.tag("Receiver" if version is SoapVersion.SOAP_12 else "Server")
        assert fault.refusal == "storage-full"
        assert messages(setting) == 1
        entry = setting.exchanges[-1]
        assert (entry.fault_code, entry.request, entry.message_ids) == ("storage-full", None, ())
        assert setting.post(body, version=version).status_code == 200

    def test_a_commit_that_fails_is_not_acknowledged(self, setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
        setting.send()
        original = Store.transaction
        calls: list[int] = []

        @contextmanager
        def transaction(store: Store) -> Iterator[Transaction]:
            calls.append(1)
            with original(store) as opened:
                yield opened
                if len(calls) == 1:
                    raise StoreError("failed while committing")

        monkeypatch.setattr(Store, "transaction", transaction)
        reply = setting.send()
        assert (reply.status_code, read_fault(reply.data).refusal) == (500, "storage-failed")
        assert messages(setting) == 1
        entry = setting.exchanges[-1]
        assert (entry.outcome, entry.message_ids) == (Outcome.FAULT, ())
        assert setting.blob(entry.request)

    def test_a_store_that_cannot_even_journal_still_answers(
        self, setting: Setting, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        setting.send()

        def transaction(_store: Store) -> Transaction:
            raise StoreError("the database is held by another process")

        monkeypatch.setattr(Store, "transaction", transaction)
        reply = setting.send()
        assert read_fault(reply.data).refusal == "storage-failed"
        assert "could not be journaled" in caplog.text


class TestIncident:
    @BOTH
    def test_a_mistake_of_ours_is_a_fault_with_an_incident(
        self,
        setting: Setting,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        version: SoapVersion,
    ) -> None:
        def broken(*_args: Any, **_kwargs: Any) -> str:
            raise ZeroDivisionError("secret detail")

        monkeypatch.setattr(Network, "send", broken)
        body = send_request(setting.version(), setting.contract_document(), version=version)
        with caplog.at_level(logging.ERROR):
            reply = setting.post(body, version=version)
        fault = read_fault(reply.data)
        assert reply.status_code == 500
        assert fault.code == version.tag("Receiver" if version is SoapVersion.SOAP_12 else "Server")
        assert "secret detail" not in reply.text
        assert "Traceback" not in reply.text
        entry = setting.exchanges[-1]
        assert (entry.fault_code, entry.operation) == ("internal-error", "SendMessage2")
        incident = str(entry.details["incident"])
        assert incident in reply.text
        assert incident in caplog.text
        assert "ZeroDivisionError: secret detail" in caplog.text

    def test_who_cannot_be_told_of_a_delivery_does_not_undo_it(
        self, setting: Setting, caplog: pytest.LogCaptureFixture
    ) -> None:
        def broken() -> None:
            raise RuntimeError("asleep")

        setting.network.deliveries.on_delivery("100500", broken)
        reply = setting.send()
        assert reply.status_code == 200
        assert messages(setting) == 1
        assert [exchange.outcome for exchange in setting.exchanges] == [Outcome.OK]
        assert "but a listener failed" in caplog.text


class TestDropReply:
    def test_the_effect_stays_and_the_connection_breaks(self, setting: Setting) -> None:
        setting.faults.arm(InjectedFault("drop_reply", "SendMessage2", "100777"))
        with pytest.raises(ConnectionResetError):
            setting.send()
        assert messages(setting) == 1
        (entry,) = setting.exchanges
        assert (entry.outcome, entry.http_status) == (Outcome.OK, None)
        assert entry.details["misbehaviour"] == "drop_reply"
        assert entry.message_ids
        assert setting.send().status_code == 200
        assert "misbehaviour" not in setting.exchanges[-1].details

    def test_a_refused_call_does_not_use_it_up(self, setting: Setting) -> None:
        setting.faults.arm(InjectedFault("drop_reply"))
        assert setting.send(b'<a xmlns="urn:a"/>').status_code == 400
        with pytest.raises(ConnectionResetError):
            setting.send()

    def test_calls_of_others_are_answered(self, setting: Setting) -> None:
        setting.faults.arm(InjectedFault("drop_reply", "SendMessage2", "100778"))
        assert setting.send().status_code == 200
