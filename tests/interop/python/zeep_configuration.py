"""Walks zeep through the configuration service: reads a plan (JSON) from standard input, writes what it saw (JSON)."""

from __future__ import annotations

import json
import sys
from typing import Any

import requests
import zeep
from lxml import etree

MESSAGES, CONFIGURATION = "DITMessageService", "DITConfigurationService"


def connected(plan: dict[str, str], user: str, wsdl: str, name: str) -> Any:
    session = requests.Session()
    session.auth = (user, "any")
    transport = zeep.Transport(session=session)  # type: ignore[no-untyped-call]
    client = zeep.Client(plan[wsdl], transport=transport)  # type: ignore[no-untyped-call]
    return client.bind(name, "Plain" if plan["soap"] == "1.2" else "Plain11")


def walk(plan: dict[str, str]) -> dict[str, Any]:
    service = connected(plan, plan["owner_user"], "configuration", CONFIGURATION)
    channel, version, subscriber = plan["channel"], plan["version"], {"AuthorityID": plan["subscriber"]}
    saw: dict[str, Any] = {}

    found = service.SelectPostBox(AuthorityId=plan["subscriber"])
    saw["post_box"] = [found.PostBoxID > 0, found.Authority.AuthorityID]

    saw["fault"] = None
    try:
        service.SearchChannelsPaged(ChannelSearch={"Channel": {"ChannelURN": channel}})
    except zeep.exceptions.Fault as fault:
        saw["fault"] = fault.message
    made = {
        "ShortName": "Zinas",
        "ChannelURN": channel,
        "ChannelType": "dik",
        "OwnerAuthority": {"AuthorityID": plan["owner"]},
        "ChannelName": "Ziņas",
    }
    saw["channel"] = service.InsertChannel(Channel=made) > 0
    search = {"Channel": {"ChannelURN": channel}, "OnlyHeader": False}
    channels = service.SearchChannelsPaged(ChannelSearch=search)
    saw["channels"] = [channels.Count, *(each.ChannelName for each in channels.Channel)]

    data = {
        "MessageType": [{"MessageClass": {"CodeListCodeValue": "1"}, "XMLSchemaURN": plan["schema"]}],
        "ChannelVersionStatus": ["active"],
        "Channel": {"ChannelURN": channel},
        "MinorVersion": 0,
        "MajorVersion": 1,
        "IsManualAck": True,
        "UseReceiverFilter": True,
        "ChannelVersionURN": version,
    }
    saw["version"] = service.InsertChannelVersion(ChannelVersionData=data) > 0
    versions = service.SearchChannelVersionsPaged(
        ChannelVersionSearch={"ChannelVersion": {"Channel": {"ChannelURN": channel}}}
    )
    saw["versions"] = [
        [each.ChannelVersionURN, each.ChannelVersionStatus, each.IsManualAck, each.UseReceiverFilter]
        for each in versions.ChannelVersion
    ]

    right = {"ChannelVersionURN": version, "SubscriberAuthority": subscriber}
    saw["right"] = service.InsertSubscriberToChannel(ChannelSubscriber=right) > 0
    rights = service.SearchSubscribersToChannelPaged(
        ChannelSubscriberSearch={"ChannelSubscriber": {"ChannelVersionURN": version}}
    )
    saw["rights"] = [each.SubscriberAuthority.AuthorityID for each in rights.ChannelSubscriber]

    # A message to one receiver passes on what was just made.
    payload = etree.parse(plan["document"]).getroot()
    sender = connected(plan, plan["owner_user"], "wsdl", MESSAGES)
    sent = {
        "ReceiverFilter": {"Authority": [plan["subscriber"]]},
        "ChannelVersionURN": version,
        "BussinesMessage": {"_value_1": payload},
    }
    saw["sent"] = sender.SendMessage2(MessageSave2=sent)
    reader = connected(plan, plan["subscriber_user"], "wsdl", MESSAGES)
    listed = reader.ReceiveMessageList(MessageListRequest={"ChannelVersionURN": version})
    saw["listed"] = [each.ChannelVersionURN for each in listed]
    return saw


if __name__ == "__main__":
    print(json.dumps(walk(json.load(sys.stdin))))
