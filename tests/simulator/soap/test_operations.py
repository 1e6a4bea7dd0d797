"""The six operations, from the request's bytes to the store, in both SOAP versions."""

from __future__ import annotations

import pytest
from lxml import etree

from simulator.documents.reading import read_document
from simulator.domain.model import ChannelName
from simulator.soap.contract import DIT, IVIS, SVC, contract_folder
from simulator.soap.refusals import SoapVersion
from tests.simulator.soap.setting import (
    BVKB,
    OTHER,
    RETAILER,
    Setting,
    body_of,
    envelope,
    event_request,
    read_fault,
    request,
    selector,
    send_request,
)

BOTH = pytest.mark.parametrize("version", list(SoapVersion))


def _valid(wrapper: etree._Element) -> etree._Element:
    schema = etree.XMLSchema(etree.parse(str(contract_folder() / "DITMessageService.xsd")))
    schema.assertValid(etree.fromstring(etree.tostring(wrapper)))
    return wrapper


def _listed(setting: Setting, *, user: str = BVKB, read: bool = False) -> list[etree._Element]:
    flag = "<dit:ReadMessage>true</dit:ReadMessage>" if read else ""
    content = selector("ChannelVersionURN", setting.version()) + flag
    reply = setting.post(request("ReceiveMessageList", "MessageListRequest", content), user=user)
    assert reply.status_code == 200, reply.text
    return list(_valid(body_of(reply.data))[0])


def _id(info: etree._Element) -> str:
    return info.findtext(f"{{{DIT}}}MessageID", "")


@BOTH
def test_send_is_answered_with_true_alone(setting: Setting, version: SoapVersion) -> None:
    reply = setting.post(send_request(setting.version(), setting.contract_document(), version=version), version=version)
    assert reply.status_code == 200
    assert reply.headers["Content-Type"] == version.content_type
    wrapper = _valid(body_of(reply.data))
    assert wrapper.tag == f"{{{SVC}}}SendMessageResponse"
    assert [(element.tag, element.text) for element in wrapper] == [(f"{{{SVC}}}SendMessageResult", "true")]


@BOTH
def test_what_is_received_is_the_document_that_was_sent(setting: Setting, version: SoapVersion) -> None:
    document = setting.contract_document()
    setting.send(document)
    content = selector("ChannelURN", setting.profile.channel(ChannelName.CONTRACT).urn)
    reply = setting.post(
        request("ReceiveMessage", "MessageRequest", content, version=version), version=version, user=BVKB
    )
    (message,) = _valid(body_of(reply.data))[0]
    assert message.tag == f"{{{DIT}}}BussinesMessage"
    identifier, payload = message
    assert setting.exchanges[0].message_ids == (identifier.text,)
    assert etree.tostring(payload, method="c14n", exclusive=True) == etree.tostring(
        etree.fromstring(document), method="c14n", exclusive=True
    )
    again = read_document(etree.tostring(payload), setting.profile, ChannelName.CONTRACT)
    assert again == read_document(document, setting.profile, ChannelName.CONTRACT)


def test_the_list_tells_what_is_known_of_a_message(setting: Setting) -> None:
    setting.send(setting.contract_document())
    (info,) = _listed(setting)
    values = {etree.QName(element).localname: element for element in info}
    assert values["ChannelVersionURN"].text == setting.version()
    assert values["MessageClass"][0].text == "1"
    assert values["MessageStatus"].text == "delivered"
    assert values["SenderAuthority"].findtext(f"{{{IVIS}}}AuthorityID") == "100777"
    assert values["SentDateTime"].text == "2026-01-05T09:00:00+02:00"
    (sent,) = setting.exchanges[:1]
    assert int(values["MessageSize"].text or 0) == sent.details["size"] == len(setting.blob(sent.payload))


def test_bad_read_is_recovered_in_the_documented_order(setting: Setting) -> None:
    setting.send()
    (info,) = _listed(setting)
    content = selector("MessageID", _id(info))
    setting.post(request("ReceiveMessage", "MessageRequest", content), user=BVKB)
    assert _listed(setting) == []
    (read,) = _listed(setting, read=True)
    # As a client does it: what the list gave goes back as it is.
    back = etree.tostring(read).decode()
    restored = setting.post(request("RestoreMessageList", "MessageBasicInfoList", back), user=BVKB)
    assert _valid(body_of(restored.data)).findtext(f"{{{SVC}}}RestoreMessageListResult") == "true"
    assert [_id(element) for element in _listed(setting)] == [_id(info)]
    setting.post(request("ReceiveMessage", "MessageRequest", content), user=BVKB)
    deleted = setting.post(request("DeleteMessage", "MessageRequest", content), user=BVKB)
    assert _valid(body_of(deleted.data)).findtext(f"{{{SVC}}}DeleteMessageResult") == "true"
    assert _listed(setting) == _listed(setting, read=True) == []


def test_restoring_what_is_delivered_faults_with_the_documented_text(setting: Setting) -> None:
    setting.send()
    (info,) = _listed(setting)
    content = f"<dit:MessageBasicInfo>{selector('MessageID', _id(info).upper())}</dit:MessageBasicInfo>"
    text = 'statuss "Pegādāts" vairs nevar tikt mainīts uz statusu "Pegādāts"!'
    for version, status in ((SoapVersion.SOAP_12, 400), (SoapVersion.SOAP_11, 500)):
        reply = setting.post(
            request("RestoreMessageList", "MessageBasicInfoList", content, version=version), version=version, user=BVKB
        )
        fault = read_fault(reply.data)
        assert reply.status_code == status
        assert fault.first == fault.texts["lv"] == text
        assert fault.refusal == "bad-status"
    entry = setting.exchanges[-1]
    assert (entry.fault_code, entry.message_ids) == ("bad-status", (_id(info),))


def test_acknowledgement_is_an_empty_wrapper(setting: Setting) -> None:
    discount = setting.profile.channel(ChannelName.DISCOUNT)
    assert discount.manual_acknowledgement
    with setting.services.store.transaction() as transaction:
        identifier = _deliver_discount(setting, transaction)
    content = selector("MessageID", identifier)
    setting.post(request("ReceiveMessage", "MessageRequest", content))
    ack = envelope(
        f"<svc:ConfirmationAck><svc:MessageSampleId>{identifier}</svc:MessageSampleId></svc:ConfirmationAck>"
    )
    reply = setting.post(ack)
    wrapper = _valid(body_of(reply.data))
    assert (wrapper.tag, len(wrapper)) == (f"{{{SVC}}}ConfirmationAckResponse", 0)
    assert setting.exchanges[-1].message_ids == (identifier,)
    assert read_fault(setting.post(ack).data).refusal == "bad-status"


def _deliver_discount(setting: Setting, transaction: object) -> str:
    """BVKB publishes an empty national list; the retailer's cut of it arrives."""
    from datetime import UTC, datetime

    from simulator.dit.model import Payload, SendRequest
    from simulator.documents.writing import write_document, write_national
    from simulator.domain.model import Document, Header, Period
    from simulator.store import Transaction

    assert isinstance(transaction, Transaction)
    provider = setting.world.retailers[0].registration_number
    header = Header(
        "3f2504e0-4f89-41d3-9a0c-0305e82c3301", provider, datetime(2026, 1, 7, 9, tzinfo=UTC), Period(2026, 1), 0
    )
    document = write_document(Document(ChannelName.DISCOUNT, header, ()), setting.profile)
    national = write_national({provider: document}, setting.profile)
    payload = Payload(transaction.put_blob(national), len(national), setting.profile.national.root)
    caller = setting.network.caller(transaction, BVKB)
    return setting.network.send(transaction, caller, SendRequest(setting.version(ChannelName.DISCOUNT), payload))


def test_an_event_comes_back_on_the_same_version_behind_what_was_sent_before(setting: Setting) -> None:
    setting.send()
    (info,) = _listed(setting)
    report = setting.error_report()
    event = setting.post(event_request(setting.version(), report, _id(info), ("100777",)), user=BVKB)
    assert event.status_code == 200, event.text
    content = selector("ChannelVersionURN", setting.version())
    reply = setting.post(request("ReceiveMessage", "MessageRequest", content))
    (message,) = _valid(body_of(reply.data))[0]
    assert message.tag == f"{{{DIT}}}EventMessageType"
    assert message.findtext(f"{{{DIT}}}RelatedMessageID") == _id(info)
    assert message.findtext(f"{{{DIT}}}Name") == "Kļūda"
    assert message[1].tag == etree.fromstring(report).tag
    sent = next(exchange for exchange in setting.exchanges if exchange.details.get("event_name"))
    assert sent.details["message_class"] == "error"
    assert sent.details["related_message"] == _id(info)
    assert sent.details["receivers"] == ["100777"]


def test_messages_of_several_kinds_keep_their_common_order(setting: Setting) -> None:
    from simulator.dit.model import MailboxMessage, MessageClass, MessageStatus, Payload
    from simulator.soap.dispatching import dispatch
    from simulator.soap.services import CallRecord, Invocation
    from tests.simulator.soap.setting import START

    kinds = [MessageClass.ERROR, MessageClass.BUSINESS, MessageClass.TRANSACTION, MessageClass.BUSINESS]
    payload = Payload("0" * 64, 4, "x")

    class Mailbox:
        def receive(self, *_: object) -> tuple[MailboxMessage, ...]:
            return tuple(
                MailboxMessage(str(n), "v", "c", kind, "1", "2", START, START, MessageStatus.READ, payload, "r", "n")
                for n, kind in enumerate(kinds)
            )

    content = f'<MessageRequest xmlns="{DIT}"><ChannelURN>c</ChannelURN></MessageRequest>'
    wrapper = etree.fromstring(f'<ReceiveMessage xmlns="{SVC}">{content}</ReceiveMessage>')
    answer = dispatch(wrapper, Invocation(None, Mailbox(), None, CallRecord()))  # type: ignore[arg-type]
    names = [etree.QName(element).localname for element in answer[0]]
    assert names == ["EventMessageType", "BussinesMessage", "Message", "BussinesMessage"]


def test_an_empty_mailbox_gives_an_empty_answer(setting: Setting) -> None:
    content = selector("ChannelVersionURN", setting.version())
    reply = setting.post(request("ReceiveMessage", "MessageRequest", content), user=BVKB)
    assert len(_valid(body_of(reply.data))[0]) == 0
    assert setting.exchanges[-1].message_ids == ()


def test_the_caller_may_be_named_by_its_authority(setting: Setting) -> None:
    assert setting.send(user="100777").status_code == 200
    assert setting.exchanges[-1].authority == "100777"


def test_another_retailer_sees_nothing_of_it(setting: Setting) -> None:
    setting.send(user=RETAILER)
    (info,) = _listed(setting)
    reply = setting.post(request("ReceiveMessage", "MessageRequest", selector("MessageID", _id(info))), user=OTHER)
    assert read_fault(reply.data).refusal == "unknown-message"


def test_deleting_by_channel_deletes_the_callers_messages(setting: Setting) -> None:
    for _ in range(3):
        setting.send()
    ids = {_id(element) for element in _listed(setting)}
    content = selector("ChannelURN", setting.profile.channel(ChannelName.CONTRACT).urn)
    setting.post(request("DeleteMessage", "MessageRequest", content), user=BVKB)
    assert set(setting.exchanges[-1].message_ids) == ids
    assert _listed(setting) == []
