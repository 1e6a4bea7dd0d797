"""Holds what a client saw, and what its calls left behind in the simulator, against what was there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lxml import etree

from tests.interop.clients import Client
from tests.interop.stage import AUTHORITY, BVKB, LARGE, PROVIDER, Message, Stage

FAULT = 'statuss "Pegādāts" vairs nevar tikt mainīts uz statusu "Pegādāts"!'
"""DIT's own words for restoring a message that was never read (documented: integration instruction v1.09)."""
EVENT_NAME = "Kļūda: ēģļš"
"""The name that a walk gives to the event with which it replies."""
_ENVELOPES = {"1.2": "http://www.w3.org/2003/05/soap-envelope", "1.1": "http://schemas.xmlsoap.org/soap/envelope/"}


@dataclass(frozen=True)
class Check:
    """One walk's check."""

    stage: Stage
    client: Client
    soap: str

    def saw(self, saw: dict[str, Any]) -> None:
        """What came back to the client."""
        first, second = self.stage.discounts
        both = [first.id, second.id]
        self._event(saw)
        assert [each["id"] for each in saw["unread"]] == both
        for info, message in zip(saw["unread"], self.stage.discounts, strict=True):
            self._info(info, message, "1")
        self._fault(saw["fault"])
        self._payloads(saw["received"], self.stage.discounts)
        assert [(each["id"], each["status"]) for each in saw["read"]] == [(each, "read") for each in both]
        assert saw["restored"] is True
        assert [(each["id"], each["status"]) for each in saw["unread_again"]] == [(each, "delivered") for each in both]
        self._payloads(saw["received_again"], (first,))
        assert saw["replied"] is True
        assert saw["deleted"] is True
        assert saw["left"] == [second.id]
        assert saw["sent"] is True
        assert saw["sent_to_one"] is True
        assert saw["sent_large"] is True

    def _event(self, saw: dict[str, Any]) -> None:
        event = self.stage.event
        assert [each["id"] for each in saw["events"]] == [event.id]
        self._info(saw["events"][0], event, "3")
        assert event.name
        assert (saw["event"]["name"], saw["event"]["related"]) == (event.name, event.related)
        self._payloads([saw["event"]], (event,))

    def _info(self, info: dict[str, Any], message: Message, message_class: str) -> None:
        assert info["version"] == message.version
        assert info["class"] == message_class
        assert info["status"] == "delivered"
        assert info["sender"] == BVKB
        assert info["size"] == len(message.payload)
        assert info["sent"].startswith("2026-03-02T09:00:00")

    def _fault(self, fault: dict[str, Any]) -> None:
        assert fault["text"] == FAULT
        assert fault["code"].rpartition(":")[2] == ("Sender" if self.soap == "1.2" else "Client")

    def _payloads(self, received: list[dict[str, Any]], messages: tuple[Message, ...]) -> None:
        assert [each["id"] for each in received] == [message.id for message in messages]
        for each, message in zip(received, messages, strict=True):
            assert_same(each["payload"], message.payload, blanks=self.client.reads_blanks)

    def journal(self) -> None:
        """What the simulator recorded: which calls, by whom, about what, in which SOAP version."""
        stage, (first, second) = self.stage, self.stage.discounts
        contracts, discounts, both = stage.contract_version, stage.discount_version, [first.id, second.id]
        entries = stage.journal_since()
        calls = [entry for entry in entries if entry["kind"] == "exchange"]
        assert [
            (call["operation"], call["outcome"], call["channel_version"], call["message_ids"]) for call in calls
        ] == [
            ("ReceiveMessageList", "ok", contracts, [stage.event.id]),
            ("ReceiveMessage2", "ok", contracts, [stage.event.id]),
            ("ReceiveMessageList", "ok", discounts, both),
            ("RestoreMessageList", "fault", None, [first.id]),
            ("ReceiveMessage2", "ok", discounts, both),
            ("ReceiveMessageList", "ok", discounts, both),
            ("RestoreMessageList", "ok", None, both),
            ("ReceiveMessageList", "ok", discounts, both),
            ("ReceiveMessage2", "ok", None, [first.id]),
            ("SendMessage2", "ok", discounts, calls[9]["message_ids"]),
            ("ConfirmationAck", "ok", None, [first.id]),
            ("DeleteMessage", "ok", None, [first.id]),
            ("ReceiveMessageList", "ok", discounts, [second.id]),
            ("SendMessage2", "ok", contracts, calls[13]["message_ids"]),
            ("SendMessage2", "ok", contracts, calls[14]["message_ids"]),
            ("SendMessage2", "ok", contracts, calls[15]["message_ids"]),
        ]
        assert {call["authority"] for call in calls} == {AUTHORITY}
        for call in calls:
            assert etree.QName(etree.fromstring(stage.served.blob(call["request"]))).namespace == _ENVELOPES[self.soap]
        self._sent(entries, calls[9], calls[13])
        self._sent_otherwise(calls[14], calls[15])

    def _sent(self, entries: list[dict[str, Any]], reply: dict[str, Any], contract: dict[str, Any]) -> None:
        stage, served = self.stage, self.stage.served
        assert reply["details"]["message_class"] == "error"
        assert reply["details"]["event_name"] == EVENT_NAME
        assert reply["details"]["related_message"] == stage.discounts[0].id
        assert_same(served.blob(reply["payload"]), stage.report.read_bytes(), blanks=self.client.sends_blanks)
        assert contract["details"]["message_class"] == "business"
        assert_same(served.blob(contract["payload"]), stage.contract.read_bytes(), blanks=self.client.sends_blanks)
        delivered = [(entry["authority"], entry["message_ids"]) for entry in entries if entry["kind"] == "delivery"]
        assert [(BVKB, reply["message_ids"]), (BVKB, contract["message_ids"])] == delivered[:2]
        (intake,) = [
            entry
            for entry in entries
            if entry["operation"] == "intake" and entry["message_ids"] == contract["message_ids"]
        ]
        assert (intake["details"]["provider"], intake["details"]["accepted"]) == (PROVIDER, 2)

    def _sent_otherwise(self, to_one: dict[str, Any], large: dict[str, Any]) -> None:
        stage, blanks = self.stage, self.client.sends_blanks
        assert [each["details"]["receivers"] for each in (to_one, large)] == [[BVKB], []]
        assert_same(stage.served.blob(to_one["payload"]), stage.contract.read_bytes(), blanks=blanks)
        assert large["details"]["request_bytes"] > LARGE
        assert_same(stage.served.blob(large["payload"]), stage.large.read_bytes(), blanks=blanks)


def assert_same(found: bytes | str, expected: bytes, *, blanks: bool) -> None:
    """The same document to the last character; how its tags are written (quotes, places of prefixes) does not count.

    Without ``blanks`` the white space between elements does not count either.
    """
    assert canonical(found, blanks=blanks) == canonical(expected, blanks=blanks)


def canonical(document: bytes | str, *, blanks: bool) -> bytes:
    """Canonical XML without comments."""
    parser = etree.XMLParser(remove_blank_text=not blanks)
    data = document.strip().encode() if isinstance(document, str) else document
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as reason:
        raise AssertionError(f"not an XML document ({reason}): {document!r}") from reason
    return etree.tostring(root, method="c14n", exclusive=True, with_comments=False)
