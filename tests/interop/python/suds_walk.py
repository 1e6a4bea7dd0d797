"""Walks suds through the message service: reads a plan (JSON) from standard input, writes what it saw (JSON).

suds speaks SOAP 1.1 only.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from lxml import etree
from suds import WebFault
from suds.client import Client
from suds.plugin import MessagePlugin
from suds.sax.parser import Parser
from suds.transport.http import HttpAuthenticated

DIT = "{http://ivis.eps.gov.lv/XMLSchemas/100000/DIT/v1-0}"


class LastReply(MessagePlugin):  # type: ignore[misc]  # suds has no types
    """Keeps the reply's bytes: suds makes objects of payloads, and moves the namespaces of its own XML tree."""

    data = b""

    def received(self, context: Any) -> None:
        self.data = context.reply

    def payloads(self, kind: str) -> list[str]:
        messages = etree.fromstring(self.data).iter(f"{DIT}{kind}")
        return [etree.tostring(message[1], encoding="unicode", with_tail=False) for message in messages]


def as_list(value: Any) -> list[Any]:
    """suds gives one alone where there is one, and an empty text where there is nothing."""
    if value in (None, ""):
        return []
    return value if isinstance(value, list) else [value]


def described(info: Any) -> dict[str, Any]:
    return {
        "id": info.MessageID,
        "version": info.ChannelVersionURN,
        "class": info.MessageClass.CodeListCodeValue,
        "status": info.MessageStatus,
        "sender": info.SenderAuthority.AuthorityID,
        "sent": info.SentDateTime.isoformat(),
        "size": info.MessageSize,
    }


def walk(plan: dict[str, str]) -> dict[str, Any]:
    transport = HttpAuthenticated(username=plan["user"], password="any")
    reply = LastReply()
    client = Client(plan["wsdl"], transport=transport, cache=None, plugins=[reply])
    # prettyxml: without it suds writes of an element that is given to it whole no more than the name.
    client.set_options(port="Plain11", prettyxml=True)
    service = client.service
    contracts, discounts = plan["contract_version"], plan["discount_version"]

    def listed(version: str, **choice: bool) -> list[Any]:
        answer = service.ReceiveMessageList({"ChannelVersionURN": version, **choice})
        return as_list(getattr(answer, "MessageBasicInfo", None))

    def received(kind: str, **request: str) -> list[tuple[Any, str]]:
        messages = as_list(service.ReceiveMessage2(request)[kind])
        return list(zip(messages, reply.payloads(kind), strict=True))

    def business(**request: str) -> list[dict[str, str]]:
        return [{"id": message.MessageID, "payload": xml} for message, xml in received("BussinesMessage", **request)]

    def message_of(kind: str, path: str, **fields: str) -> Any:
        message = client.factory.create(f"{DIT}{kind}")
        message.any = Parser().parse(file=path).root()
        for name, value in fields.items():
            # suds writes the fields in the order in which they were set: these come behind the payload.
            delattr(message, name)
            setattr(message, name, value)
        return message

    saw: dict[str, Any] = {"events": [described(each) for each in listed(contracts)]}
    ((event, payload),) = received("EventMessageType", ChannelVersionURN=contracts)
    saw["event"] = {
        "id": event.MessageID,
        "name": event.Name,
        "related": event.RelatedMessageID,
        "payload": payload,
    }

    unread = listed(discounts)
    saw["unread"] = [described(each) for each in unread]

    saw["fault"] = None
    try:
        service.RestoreMessageList({"MessageBasicInfo": [{"MessageID": unread[0].MessageID}]})
    except WebFault as error:
        saw["fault"] = {"code": error.fault.faultcode, "text": error.fault.faultstring}

    saw["received"] = business(ChannelVersionURN=discounts)
    saw["read"] = [described(each) for each in listed(discounts, ReadMessage=True)]
    restored = {"MessageBasicInfo": [{"MessageID": each["id"]} for each in saw["read"]]}
    saw["restored"] = service.RestoreMessageList(restored)
    saw["unread_again"] = [described(each) for each in listed(discounts, ReadMessage=False)]

    first = saw["unread_again"][0]["id"]
    saw["received_again"] = business(MessageID=first)
    event = message_of("EventMessageType", plan["report"], Name="Kļūda: ēģļš", RelatedMessageID=first)
    saw["replied"] = service.SendMessage2({"ChannelVersionURN": discounts, "EventMessage": event})
    service.ConfirmationAck(first)
    saw["deleted"] = service.DeleteMessage({"MessageID": first})
    saw["left"] = [each.MessageID for each in listed(discounts)]

    message = message_of("BussinesMessageType", plan["contract"])
    saw["sent"] = service.SendMessage2({"ChannelVersionURN": contracts, "BussinesMessage": message})
    one = {"ReceiverFilter": {"Authority": [plan["owner"]]}, "ChannelVersionURN": contracts, "BussinesMessage": message}
    saw["sent_to_one"] = service.SendMessage2(one)
    large = message_of("BussinesMessageType", plan["large"])
    saw["sent_large"] = service.SendMessage2({"ChannelVersionURN": contracts, "BussinesMessage": large})
    return saw


if __name__ == "__main__":
    print(json.dumps(walk(json.load(sys.stdin))))
