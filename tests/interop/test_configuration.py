"""zeep goes through the seven operations of the configuration service, and a message passes on what it made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from simulator.settings.files import data_root
from tests.interop.clients import HERE, ZEEP
from tests.interop.served import CONFIGURATION, serving
from tests.interop.stage import AUTHORITY, BVKB, BVKB_USER, USER

pytestmark = pytest.mark.interop

CHANNEL, VERSION = "URN:IVIS:100001:CHA-Zinas-TYPE-DIK", "URN:IVIS:100001:CHA-Zinas-v1-0-TYPE-DIK"


@pytest.mark.parametrize("soap", ZEEP.soap)
def test_walk(soap: str, tmp_path: Path) -> None:
    client = replace(ZEEP, walk=HERE / "python" / "zeep_configuration.py")
    with serving(tmp_path) as served:
        saw = client.saw(
            {
                "wsdl": served.wsdl,
                "configuration": f"{served.base}{CONFIGURATION}?wsdl",
                "soap": soap,
                "owner": BVKB,
                "owner_user": BVKB_USER,
                "subscriber": AUTHORITY,
                "subscriber_user": USER,
                "channel": CHANNEL,
                "version": VERSION,
                "schema": "URN:IVIS:100001:XSD-PPriv-ALISProvider-v1-0-TYPE-ProviderDiscount",
                "document": str(data_root("fixtures") / "payloads" / "discount" / "valid-stacked.xml"),
            }
        )
        assert "Argument exception: ChannelURN!" in saw.pop("fault")
        assert saw == {
            "post_box": [True, AUTHORITY],
            "channel": True,
            "channels": [1, "Ziņas"],
            "version": True,
            "versions": [[VERSION, ["active"], True, True]],
            "right": True,
            "rights": [AUTHORITY],
            "sent": True,
            "listed": [VERSION],
        }
        calls = [each for each in served.journal() if each["kind"] == "exchange"]
        assert [(call["operation"], call["outcome"]) for call in calls] == [
            ("SelectPostBox", "ok"),
            ("SearchChannelsPaged", "fault"),
            ("InsertChannel", "ok"),
            ("SearchChannelsPaged", "ok"),
            ("InsertChannelVersion", "ok"),
            ("SearchChannelVersionsPaged", "ok"),
            ("InsertSubscriberToChannel", "ok"),
            ("SearchSubscribersToChannelPaged", "ok"),
            ("SendMessage2", "ok"),
            ("ReceiveMessageList", "ok"),
        ]
        assert calls[8]["details"]["receivers"] == [AUTHORITY]
