"""Walks zeep through the message service: reads a plan (JSON) from standard input, writes what it saw (JSON)."""

from __future__ import annotations

import json
import sys
from typing import Any

import requests
import zeep
from lxml import etree


def described(info: Any) -> dict[str, Any]:
    return {
        "id": info["MessageID"],
        "version": info["ChannelVersionURN"],
        "class": info["MessageClass"]["CodeListCodeValue"],
        "status": info["MessageStatus"],
        "sender": info["SenderAuthority"]["AuthorityID"],
        "sent": info["SentDateTime"].isoformat(),
        "size": info["MessageSize"],
    }


def xml(path: str) -> Any:
    return etree.parse(path).getroot()


def walk(plan: dict[str, str]) -> dict[str, Any]:
    session = requests.Session()
    session.auth = (plan["user"], "any")
    transport = zeep.Transport(session=session)  # type: ignore[no-untyped-call]
    client = zeep.Client(plan["wsdl"], transport=transport)  # type: ignore[no-untyped-call]
    # Without bind() zeep takes the first port, which is SOAP 1.2.
    service = client.bind("DITMessageService", "Plain" if plan["soap"] == "1.2" else "Plain11")
    contracts, discounts = plan["contract_version"], plan["discount_version"]

    def listed(version: str, **choice: bool) -> Any:
        return service.ReceiveMessageList(MessageListRequest={"ChannelVersionURN": version, **choice}) or []

    def received(kind: str, **request: str) -> list[Any]:
        # A repeated choice: zeep gives one dictionary per message, whose key is the message's kind.
        answer = service.ReceiveMessage2(MessageRequest=request)
        return [message[kind] for message in answer["_value_1"] if kind in message]

    def business(**request: str) -> list[dict[str, str]]:
        found = received("BussinesMessage", **request)
        return [
            {"id": each["MessageID"], "payload": etree.tostring(each["_value_1"], encoding="unicode")} for each in found
        ]

    saw: dict[str, Any] = {"events": [described(each) for each in listed(contracts)]}
    (event,) = received("EventMessageType", ChannelVersionURN=contracts)
    saw["event"] = {
        "id": event["MessageID"],
        "name": event["Name"],
        "related": event["RelatedMessageID"],
        "payload": etree.tostring(event["_value_1"], encoding="unicode"),
    }

    unread = listed(discounts)
    saw["unread"] = [described(each) for each in unread]

    saw["fault"] = None
    try:
        service.RestoreMessageList(MessageBasicInfoList={"MessageBasicInfo": [{"MessageID": unread[0]["MessageID"]}]})
    except zeep.exceptions.Fault as fault:
        saw["fault"] = {"code": fault.code, "text": fault.message}

    saw["received"] = business(ChannelVersionURN=discounts)
    read = listed(discounts, ReadMessage=True)
    saw["read"] = [described(each) for each in read]
    saw["restored"] = service.RestoreMessageList(MessageBasicInfoList={"MessageBasicInfo": read})
    again = listed(discounts, ReadMessage=False)
    saw["unread_again"] = [described(each) for each in again]

    first = again[0]["MessageID"]
    saw["received_again"] = business(MessageID=first)
    event = {"_value_1": xml(plan["report"]), "Name": "Kļūda: ēģļš", "RelatedMessageID": first}
    saw["replied"] = service.SendMessage2(MessageSave2={"ChannelVersionURN": discounts, "EventMessage": event})
    service.ConfirmationAck(MessageSampleId=first)
    saw["deleted"] = service.DeleteMessage(MessageRequest={"MessageID": first})
    saw["left"] = [each["MessageID"] for each in listed(discounts)]

    message = {"_value_1": xml(plan["contract"])}
    saw["sent"] = service.SendMessage2(MessageSave2={"ChannelVersionURN": contracts, "BussinesMessage": message})
    one = {"ReceiverFilter": {"Authority": [plan["owner"]]}, "ChannelVersionURN": contracts, "BussinesMessage": message}
    saw["sent_to_one"] = service.SendMessage2(MessageSave2=one)
    large = {"_value_1": xml(plan["large"])}
    saw["sent_large"] = service.SendMessage2(MessageSave2={"ChannelVersionURN": contracts, "BussinesMessage": large})
    return saw


if __name__ == "__main__":
    print(json.dumps(walk(json.load(sys.stdin))))
