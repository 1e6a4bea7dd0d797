"""The configuration service, called with zeep from its served WSDL; the message service sees changes at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import zeep
from lxml import etree
from zeep.transports import Transport

from simulator.dit.directory import Directory
from simulator.dit.model import RefusalCode
from simulator.domain.model import ChannelName
from simulator.soap.application import schema_files
from simulator.soap.contract import CFG, CONFIGURATION, DIT, contract_folder, operations
from simulator.soap.dispatching import server
from tests.simulator.soap.setting import Setting, envelope, open_setting, serving
from tests.simulator.soap.test_contract import FACT, LANGUAGE, XS, children, xmlschema

OWNER, RETAILER, OTHER = "100500", "100777", "100778"
NEWS = "URN:IVIS:100001:CHA-News-TYPE-DIK"
NEWS_1 = "URN:IVIS:100001:CHA-News-v1-0-TYPE-DIK"
SCHEMA = "URN:IVIS:100001:XSD-PPriv-ALISProvider-v1-0-TYPE-ProviderDiscount"
WRAPPERS = {
    "SelectPostBox": ("SelectPostBoxRequest", [(CFG, "AuthorityId")], "SelectPostBoxResponse", [(DIT, "PostBox")]),
    "SearchChannelsPaged": (
        "SearchChannelsPaged",
        [(DIT, "ChannelSearch"), (CFG, "ChannelVersionStatus")],
        "SendMessageResponse",
        [(DIT, "ChannelList")],
    ),
    "InsertChannel": (
        "InsertChannel",
        [(DIT, "Channel")],
        "InsertChannelResponse",
        [(CFG, "InsertChannelResponse")],
    ),
    "SearchChannelVersionsPaged": (
        "SearchChannelVersionsPaged",
        [(DIT, "ChannelVersionSearch")],
        "SearchChannelVersionsPagedResponse",
        [(DIT, "ChannelVersionsList")],
    ),
    "InsertChannelVersion": (
        "InsertChannelVersion",
        [(DIT, "ChannelVersionData")],
        "InsertChannelVersionResponse",
        [(CFG, "InsertChannelVersionResponse")],
    ),
    "SearchSubscribersToChannelPaged": (
        "SearchSubscribersToChannelPaged",
        [(DIT, "ChannelSubscriberSearch")],
        "SearchSubscribersToChannelPagedResponse",
        [(DIT, "ChannelSubscriberList")],
    ),
    "InsertSubscriberToChannel": (
        "InsertSubscriberToChannel",
        [(DIT, "ChannelSubscriber")],
        "InsertSubscriberToChannelResponse",
        [(CFG, "InsertSubscriberToChannelResult")],
    ),
}
"""The contract as it is known, by hand: operation, request wrapper and children, reply wrapper and children."""


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Setting, str]]:
    with open_setting() as setting, serving(setting) as base:
        yield setting, base


def _client(base: str, user: str, *, port: str = "Plain", path: str = CONFIGURATION.path, name: str = "") -> Any:
    session = requests.Session()
    session.trust_env = False
    session.auth = (user, "any")
    client = zeep.Client(f"{base}{path}?wsdl", transport=Transport(session=session))
    return client.bind(name or CONFIGURATION.name, port)


@pytest.fixture
def bvkb(served: tuple[Setting, str]) -> Any:
    return _client(served[1], OWNER)


def _channel(urn: str = NEWS, kind: str = "dik", owner: str = OWNER) -> dict[str, Any]:
    return {"ChannelURN": urn, "ChannelType": kind, "OwnerAuthority": {"AuthorityID": owner}, "ChannelName": "News"}


def _version(urn: str = NEWS_1, schema: str = SCHEMA, **changes: Any) -> dict[str, Any]:
    message_type = [{"MessageClass": {"CodeListCodeValue": "1"}, "XMLSchemaURN": schema}]
    record = {"MessageType": message_type, "Channel": {"ChannelURN": NEWS}, "MajorVersion": 1, "MinorVersion": 0}
    return {**record, "ChannelVersionURN": urn, **changes}


def _refused(setting: Setting, call: Any, refusal: RefusalCode) -> str:
    before = _directory(setting)
    with pytest.raises(zeep.exceptions.Fault) as caught:
        call()
    assert _directory(setting) == before
    last = setting.exchanges[-1]
    assert last.fault_code == refusal
    assert "Expected: " in (last.cause or "")
    return str(caught.value.message)


def _directory(setting: Setting) -> Directory:
    with setting.store.reading() as transaction:
        return setting.network.directory(transaction)


class TestContract:
    def test_wrappers_and_children_are_those_of_the_contract(self) -> None:
        schema = xmlschema.XMLSchema10(str(contract_folder() / "DITConfigurationService.xsd"))
        for request, inside, reply, answer in WRAPPERS.values():
            assert children(schema, f"{{{CFG}}}{request}") == inside
            assert children(schema, f"{{{CFG}}}{reply}") == answer

    def test_operations_are_those_of_the_contract(self) -> None:
        wrappers = {
            operation.name: (operation.request, operation.reply) for operation in operations(CONFIGURATION).values()
        }
        assert wrappers == {
            name: (f"{{{CFG}}}{request}", f"{{{CFG}}}{reply}") for name, (request, _, reply, _) in WRAPPERS.items()
        }

    def test_spyne_serves_every_operation(self) -> None:
        interface = server(CONFIGURATION).app.interface
        assert set(operations(CONFIGURATION)) == set(interface.service_method_map)

    @pytest.mark.parametrize("path", [*schema_files(CONFIGURATION).values()], ids=lambda path: path.name)
    def test_every_declaration_says_how_it_is_known(self, path: Any) -> None:
        kinds = {f"{XS}{kind}" for kind in ("complexType", "simpleType", "enumeration", "element")}
        named = [element for element in etree.parse(str(path)).getroot().iter(*kinds) if element.get("name")]
        assert len(named) > 5
        for element in named:
            assert len(element.findall(f"{XS}annotation/{XS}appinfo/{FACT}")) == 1, element.get("name")
            texts = element.findall(f"{XS}annotation/{XS}documentation")
            assert {text.get(LANGUAGE) for text in texts} == {"lv", "en"}


class TestLooking:
    @pytest.mark.parametrize("port", ["Plain", "Plain11"])
    def test_a_mailbox(self, served: tuple[Setting, str], port: str) -> None:
        mailbox = _client(served[1], "paraugs", port=port).SelectPostBox(AuthorityId=OWNER)
        assert (mailbox.PostBoxID, mailbox.Authority.AuthorityID, mailbox.Authority.Name) == (
            1,
            OWNER,
            served[0].world.bvkb.name,
        )

    def test_channels_by_urn_kind_and_owner(self, served: tuple[Setting, str], bvkb: Any) -> None:
        profile = served[0].profile
        discount = profile.channel(ChannelName.DISCOUNT)
        (channel,) = bvkb.SearchChannelsPaged(ChannelSearch={"Channel": {"ChannelURN": discount.urn}}).Channel
        assert (channel.ChannelURN, channel.ChannelType, channel.OwnerAuthority.AuthorityID, channel.ChannelName) == (
            discount.urn,
            "dik",
            OWNER,
            discount.title,
        )
        collecting = bvkb.SearchChannelsPaged(ChannelSearch={"Channel": {"ChannelType": "dsk"}, "OnlyHeader": True})
        assert collecting.Count == 2
        assert {channel.OwnerAuthority for channel in collecting.Channel} == {None}
        nobodys = bvkb.SearchChannelsPaged(
            ChannelSearch={"Channel": {"OwnerAuthority": {"AuthorityID": RETAILER}}}, ChannelVersionStatus=["active"]
        )
        assert (nobodys.Count, nobodys.Channel) == (0, [])

    def test_the_reply_has_the_odd_name(self, served: tuple[Setting, str]) -> None:
        search = "<dit:ChannelSearch><dit:Channel/></dit:ChannelSearch>"
        body = f'<c:SearchChannelsPaged xmlns:c="{CFG}">{search}</c:SearchChannelsPaged>'
        reply = served[0].post(envelope(body), path=f"{CONFIGURATION.path}/plain")
        assert etree.fromstring(reply.data)[-1][0].tag == f"{{{CFG}}}SendMessageResponse"

    def test_an_unknown_channel_is_refused_in_the_documented_words(
        self, served: tuple[Setting, str], bvkb: Any
    ) -> None:
        search = {"Channel": {"ChannelURN": NEWS.replace("News", "Nothing")}}
        text = _refused(served[0], lambda: bvkb.SearchChannelsPaged(ChannelSearch=search), RefusalCode.UNKNOWN_CHANNEL)
        assert "Argument exception: ChannelURN!" in text

    def test_versions_and_subscribers(self, served: tuple[Setting, str], bvkb: Any) -> None:
        setting = served[0]
        discount = setting.profile.channel(ChannelName.DISCOUNT)
        versions = bvkb.SearchChannelVersionsPaged(
            ChannelVersionSearch={"ChannelVersion": {"Channel": {"ChannelURN": discount.urn}}}
        )
        urns = [version.ChannelVersionURN for version in versions.ChannelVersion]
        assert urns == [discount.version_urn(number) for number in range(3)]
        assert versions.Count == 3
        version = versions.ChannelVersion[1]
        assert (version.MinorVersion, version.MajorVersion, version.IsManualAck, version.ChannelVersionStatus) == (
            1,
            1,
            True,
            ["active"],
        )
        schemas = {kind.MessageClass.CodeListCodeValue: kind.XMLSchemaURN for kind in version.MessageType}
        assert schemas == {
            "1": discount.schema_urn,
            "3": setting.profile.error_schema_urn,
        }
        rights = bvkb.SearchSubscribersToChannelPaged(
            ChannelSubscriberSearch={"ChannelSubscriber": {"SubscriberAuthority": {"AuthorityID": RETAILER}}}
        )
        assert discount.version_urn(1) in {right.ChannelVersionURN for right in rights.ChannelSubscriber}
        assert rights.Count == 3


class TestMaking:
    def test_what_is_made_works_at_once(self, bvkb: Any) -> None:
        with open_setting() as setting, serving(setting) as base:
            owner = _client(base, OWNER)
            assert owner.InsertChannel(Channel=_channel()) == 4
            assert owner.InsertChannelVersion(ChannelVersionData=_version(ChannelVersionStatus=["active"])) == 6
            subscriber = {"ChannelVersionURN": NEWS_1, "SubscriberAuthority": {"AuthorityID": OTHER}}
            assert owner.InsertSubscriberToChannel(ChannelSubscriber=subscriber) == 7

            document = (contract_folder().parents[1] / "fixtures/payloads/discount/valid-stacked.xml").read_bytes()
            sending = _client(base, OWNER, path="/dit/v1-2/MessageService", name="DITMessageService")
            sent = {"ChannelVersionURN": NEWS_1, "BussinesMessage": {"_value_1": etree.fromstring(document)}}
            assert sending.SendMessage2(MessageSave2=sent) is True
            reading = _client(base, OTHER, path="/dit/v1-2/MessageService", name="DITMessageService")
            listed = reading.ReceiveMessageList(MessageListRequest={"ChannelVersionURN": NEWS_1})
            assert [message.ChannelVersionURN for message in listed] == [NEWS_1]
            assert {exchange.operation for exchange in setting.exchanges} == {
                "InsertChannel",
                "InsertChannelVersion",
                "InsertSubscriberToChannel",
                "SendMessage2",
                "ReceiveMessageList",
            }

    @pytest.mark.parametrize(
        ("record", "refusal", "says"),
        [
            (_channel(owner=RETAILER), RefusalCode.NO_RIGHT, "does not own"),
            (_channel(owner="999999"), RefusalCode.UNKNOWN_AUTHORITY, "999999"),
            (_channel(kind="dsk"), RefusalCode.BAD_CONFIGURATION, "TYPE-DSK"),
            ({"ChannelURN": NEWS}, RefusalCode.BAD_CONFIGURATION, "no ChannelType"),
        ],
        ids=["not the owner", "unknown owner", "wrong type", "incomplete"],
    )
    def test_a_bad_channel_is_refused(
        self, served: tuple[Setting, str], bvkb: Any, record: dict[str, Any], refusal: RefusalCode, says: str
    ) -> None:
        assert says in _refused(served[0], lambda: bvkb.InsertChannel(Channel=record), refusal)

    def test_nothing_is_made_twice(self, served: tuple[Setting, str], bvkb: Any) -> None:
        urn = served[0].profile.channel(ChannelName.CONTRACT).urn
        again = _channel(urn, "dsk")
        assert "already" in _refused(
            served[0], lambda: bvkb.InsertChannel(Channel=again), RefusalCode.BAD_CONFIGURATION
        )

    @pytest.mark.parametrize(
        ("record", "says"),
        [
            (_version(NEWS_1.replace("v1-0", "v1-1")), "expected URN:IVIS:100001:CHA-News-v1-0-TYPE-DIK"),
            (_version(schema="URN:IVIS:100001:XSD-No-Such-v1-0"), "catalogue"),
            (_version(schema=SCHEMA.partition("-TYPE-")[0]), "-TYPE-"),
            (_version(schema=SCHEMA.replace("ProviderDiscount", "Nonsense")), "catalogue"),
            (_version(ChannelVersionStatus=["active", "testing"]), "one status"),
            (_version(MessageType=[]), "no MessageType"),
        ],
        ids=["wrong URN", "unknown schema", "which element", "no such element", "two statuses", "no schema"],
    )
    def test_a_bad_version_is_refused(self, record: dict[str, Any], says: str) -> None:
        with open_setting() as setting, serving(setting) as base:
            owner = _client(base, OWNER)
            owner.InsertChannel(Channel=_channel())
            refused = _refused(
                setting, lambda: owner.InsertChannelVersion(ChannelVersionData=record), RefusalCode.BAD_CONFIGURATION
            )
            assert says in refused

    def test_rights_are_given_by_the_owner_and_once(self, served: tuple[Setting, str], bvkb: Any) -> None:
        setting, base = served
        discount = setting.profile.channel(ChannelName.DISCOUNT)
        own = {"ChannelVersionURN": discount.version_urn(1), "SubscriberAuthority": {"AuthorityID": RETAILER}}
        others = {"ChannelVersionURN": discount.version_urn(2), "SubscriberAuthority": {"AuthorityID": RETAILER}}
        call = bvkb.InsertSubscriberToChannel
        assert "already" in _refused(setting, lambda: call(ChannelSubscriber=own), RefusalCode.BAD_CONFIGURATION)
        assert "second way" in _refused(setting, lambda: call(ChannelSubscriber=others), RefusalCode.BAD_CONFIGURATION)
        stranger = _client(base, "kaimins").InsertSubscriberToChannel
        _refused(setting, lambda: stranger(ChannelSubscriber=others), RefusalCode.NO_RIGHT)
