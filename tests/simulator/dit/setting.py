"""A small network for the tests: an owner like BVKB, two participants, one channel of each kind, tiny schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lxml import etree

from simulator.dit.configuration import Configuration
from simulator.dit.deliveries import random_id
from simulator.dit.model import (
    Authority,
    Channel,
    ChannelKind,
    ChannelVersion,
    MessageClass,
    Payload,
    SendRequest,
    Transformation,
    User,
)
from simulator.dit.network import Network
from simulator.dit.refusals import Refusal, Refused
from simulator.dit.rights import NetworkRules
from simulator.documents.parsing import Complaint, Pieces
from simulator.domain.clock import RIGA, Clock
from simulator.domain.provenance import Basis, Provenance
from simulator.fault_injection.faults import Faults
from simulator.journal import StoredJournal
from simulator.store import Store, Transaction

OWNER, FIRST, SECOND, STRANGER = "100200", "100777", "100778", "100999"
START = datetime(2026, 3, 2, 9, 0, tzinfo=RIGA)
COLLECTION = "URN:IVIS:100001:CHA-Test_Collect-TYPE-DSK"
COLLECT = "URN:IVIS:100001:CHA-Test_Collect-v1-0-TYPE-DSK"
DISTRIBUTION = "URN:IVIS:100001:CHA-Test_Distribute-TYPE-DIK"
WHOLE, CUT_1, CUT_2 = (f"URN:IVIS:100001:CHA-Test_Distribute-v1-{n}-TYPE-DIK" for n in range(3))
PLAIN = "URN:IVIS:100001:CHA-Test_Plain-TYPE-DIK"
PLAIN_1 = "URN:IVIS:100001:CHA-Test_Plain-v1-0-TYPE-DIK"

ITEM = (
    '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:t" targetNamespace="urn:t" '
    'elementFormDefault="qualified">'
    '<xs:element name="Item"><xs:complexType><xs:sequence><xs:element name="N" type="xs:int" maxOccurs="unbounded"/>'
    '</xs:sequence><xs:attribute name="for"/></xs:complexType></xs:element>'
    '<xs:element name="List"><xs:complexType><xs:sequence><xs:element ref="Item" minOccurs="0" maxOccurs="unbounded"/>'
    "</xs:sequence></xs:complexType></xs:element>"
    '<xs:element name="Error" type="xs:string"/></xs:schema>'
)
CUT_STYLESHEET = """<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:t="urn:t">
<xsl:param name="who"/><xsl:template match="/"><xsl:copy-of select="t:List/t:Item[@for = $who]"/></xsl:template>
</xsl:stylesheet>"""


class TinySchemas:
    """One schema under every URN; the element names the root."""

    def __init__(self) -> None:
        self._text = ITEM.encode()

    def validate(self, urn: str, data: bytes, *, element: str | None = None) -> tuple[Complaint, ...]:
        schema = etree.XMLSchema(etree.fromstring(self._text))
        provenance = Provenance(Basis.ASSUMED, f"test schema {urn}")
        try:
            root = etree.fromstring(data)
        except etree.XMLSyntaxError as error:
            return (Complaint("schema", 1, "/", str(error), "well-formed XML", provenance),)
        if element is not None and root.tag != element:
            return (Complaint("schema", 1, "/", f"root {root.tag!r}", element, provenance),)
        schema.validate(root)
        return tuple(
            Complaint("schema", log_entry.line, log_entry.path or "/", log_entry.message, "valid", provenance)
            for log_entry in schema.error_log
        )

    def validate_stream(
        self, urn: str, pieces: Pieces, *, root: str | None = None, element: str | None = None
    ) -> tuple[Complaint, ...]:
        return self.validate(urn, b"".join(pieces()), element=element)


@dataclass
class Setting:
    """Store, clock, network and journal together, with short functions for the tests."""

    store: Store
    clock: Clock
    network: Network
    journal: StoredJournal
    faults: Faults

    def send(self, user: str, version: str, data: bytes, **fields: object) -> str:
        with self.store.transaction() as transaction:
            return self.send_in(transaction, user, version, data, **fields)

    def send_in(self, transaction: Transaction, user: str, version: str, data: bytes, **fields: object) -> str:
        payload = Payload(transaction.put_blob(data), len(data), "{urn:t}Item")
        return self.network.send(
            transaction, self.network.caller(transaction, user), SendRequest(version, payload, **fields)
        )  # type: ignore[arg-type]

    def event(
        self,
        user: str,
        version: str,
        about: str | None,
        *receivers: str,
        data: bytes = b'<Error xmlns="urn:t">!</Error>',
    ) -> str:
        return self.send(
            user,
            version,
            data,
            message_class=MessageClass.ERROR,
            related_message=about,
            receivers=receivers,
            event_name="Error",
        )

    def refusal(self, call: object, *args: object, **kwargs: object) -> Refusal:
        """Return the refusal of a call, after committing its transaction."""
        with self.store.transaction() as transaction:
            try:
                call(transaction, *args, **kwargs)  # type: ignore[operator]
            except Refused as error:
                return error.refusal
        raise AssertionError("the call was not refused")


def item(number: int | str = 1, receiver: str = FIRST) -> bytes:
    return f'<Item xmlns="urn:t" for="{receiver}"><N>{number}</N></Item>'.encode()


def listing(*receivers: str, number: int | str = 1) -> bytes:
    return b'<List xmlns="urn:t">' + b"".join(item(number, receiver) for receiver in receivers) + b"</List>"


def version(urn: str, channel: str, minor: int = 0, root: str = "Item", **fields: object) -> ChannelVersion:
    return ChannelVersion(urn, channel, 1, minor, "urn:schema", f"{{urn:t}}{root}", "urn:errors", **fields)  # type: ignore[arg-type]


def versions() -> list[ChannelVersion]:
    return [
        version(COLLECT, COLLECTION),
        version(WHOLE, DISTRIBUTION, root="List", use_receiver_filter=True),
        *(
            version(
                urn,
                DISTRIBUTION,
                minor,
                manual_acknowledgement=True,
                transformation=Transformation("cut.xslt", WHOLE, (("who", who),)),
            )
            for minor, urn, who in ((1, CUT_1, FIRST), (2, CUT_2, SECOND))
        ),
        version(PLAIN_1, PLAIN),
    ]


def install(network: Network, transaction: Transaction, changed: list[ChannelVersion] | None = None) -> None:
    wanted = Configuration(
        authorities=tuple(
            Authority(identifier, identifier, f"Authority {identifier}")
            for identifier in (OWNER, FIRST, SECOND, STRANGER)
        ),
        users=(User("owner", OWNER), User("first", FIRST), User("second", SECOND), User("stranger", STRANGER)),
        channels=(
            Channel(COLLECTION, "Collect", ChannelKind.COLLECTION, OWNER),
            Channel(DISTRIBUTION, "Distribute", ChannelKind.DISTRIBUTION, OWNER),
            Channel(PLAIN, "Plain", ChannelKind.DISTRIBUTION, OWNER),
        ),
        versions=tuple(versions() if changed is None else changed),
        subscriptions=(
            (COLLECT, FIRST),
            (COLLECT, SECOND),
            (CUT_1, FIRST),
            (CUT_2, SECOND),
            (PLAIN_1, FIRST),
            (PLAIN_1, SECOND),
        ),
    )
    network.registry.install(transaction, wanted)


@contextmanager
def setting(
    directory: Path,
    store_directory: Path | None = None,
    *,
    new_id: Callable[[], str] = random_id,
    **rules: Any,
) -> Iterator[Setting]:
    """Open a network with its stylesheet in a directory, and a temporary store unless a directory is given for it."""
    directory.joinpath("cut.xslt").write_text(CUT_STYLESHEET)
    clock, faults = Clock.frozen(START), Faults()
    chosen = NetworkRules(**{"message_bytes": 10_000, **rules})
    with Store.open(store_directory) as store:
        network = Network(
            clock=clock, catalogue=TinySchemas(), rules=chosen, new_id=new_id, faults=faults, stylesheets=directory
        )
        with store.transaction() as transaction:
            install(network, transaction)
        yield Setting(store, clock, network, StoredJournal(store), faults)
