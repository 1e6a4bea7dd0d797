"""The simulated state for the tests: DIT, ALDIS, and two retailers that send the documents of a test."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from simulator.aldis.authority import Aldis
from simulator.aldis.decisions import Facts
from simulator.aldis.rates import Rates
from simulator.aldis.register import Register
from simulator.aldis.state import State, read_on
from simulator.dit.model import MailboxMessage, MessageClass, Payload, Selector, SendRequest
from simulator.dit.network import Network
from simulator.dit.rights import NetworkRules
from simulator.documents.business import breaches
from simulator.documents.catalogue import Catalogue
from simulator.documents.profile import Profile, load_profile
from simulator.documents.reading import read_document, read_error_report
from simulator.documents.timetable import Duty
from simulator.documents.writing import write_document, write_error_report
from simulator.domain.clock import RIGA, Clock
from simulator.domain.model import (
    ChannelName,
    DiscountRecord,
    Document,
    ErrorReport,
    Header,
    PayoutRecord,
    Period,
    Record,
)
from simulator.fault_injection.faults import Faults
from simulator.http.provisioning import installation_for
from simulator.journal import Entry, Kind, StoredJournal
from simulator.store import Store
from simulator.world.model import Retailer, World
from tests.simulator.aldis.people import PARAUGS


@dataclass
class Country:
    """A world that lives: time goes on day by day, ALDIS does its duties, retailers send and fetch."""

    world: World
    directory: Path | None = None
    validate_on_send: bool = True
    profile: Profile = field(default_factory=load_profile)
    faults: Faults = field(default_factory=Faults)
    store: Store = field(init=False)
    clock: Clock = field(init=False)
    network: Network = field(init=False)
    aldis: Aldis = field(init=False)
    _started: datetime = field(init=False)
    _documents: Any = field(init=False, default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self._started = datetime.combine(self.world.start, time(8), RIGA)
        self.clock = Clock.frozen(self._started)
        self.open()

    def open(self) -> None:
        """Start, or start again, with what the store holds."""
        self.store = Store.open(self.directory)
        self.network = Network(
            clock=self.clock,
            catalogue=Catalogue.default(),
            rules=NetworkRules(message_bytes=10_000_000, validate_on_send=self.validate_on_send),
            faults=self.faults,
        )
        setup = installation_for(self.world, self.profile)
        with self.store.transaction() as transaction:
            self.network.registry.install(transaction, setup)
        self.aldis = self.fresh_aldis()

    def fresh_aldis(self) -> Aldis:
        """ALDIS as it is after a restart."""
        return Aldis(
            world=self.world,
            profile=self.profile,
            clock=self.clock,
            network=self.network,
            store=self.store,
            faults=self.faults,
        )

    def state(self) -> State:
        """Return the state of ALDIS as a restart would read it from the store."""
        register = Register(self.world, determination_day=self.profile.due.determination_day.value)
        with self.store.reading() as transaction:
            state = State(register)
            read_on(transaction, state, self.profile, 0, self.store.spool)
            return state

    def facts(self) -> Facts:
        """Return the facts on which ALDIS would decide now."""
        state = self.state()
        return Facts(state.register, Rates(self.profile.rates), state.contracts, state.grants)

    # -- time

    def until(self, day: date, hour: int = 10) -> None:
        """Let time go on to an hour of a day; ALDIS does its duties on the way."""
        target = datetime.combine(day, time(hour), RIGA)
        for duty in self.aldis.duties(self._started, target):
            self.perform(duty)
        self.clock.advance(target)

    def perform(self, duty: Duty) -> None:
        """One duty at its hour."""
        self.clock.advance(max(duty.at, self.clock.now()))
        self.aldis.perform(duty)

    # -- retailers

    def document(
        self,
        *records: Record,
        period: str | None = None,
        retailer: Retailer = PARAUGS,
        channel: ChannelName | None = None,
        **header: Any,
    ) -> Document:
        """Return a document of these records with a correct header, except for what the arguments change."""
        payouts = [record for record in records if isinstance(record, PayoutRecord)]
        now = self.clock.now()
        month = (
            Period.parse(period)
            if period
            else max((payout.period for payout in payouts), default=Period.of(now.date()))
        )
        fields: dict[str, Any] = {
            "document_id": f"00000000-0000-4000-8000-{next(self._documents):012d}",
            "provider": retailer.registration_number,
            "created_at": now,
            "period": month,
            "record_count": len(records),
            **header,
        }
        name = channel or (ChannelName.CONTRACT if not payouts else ChannelName.PAYOUT)
        return Document(name, Header(**fields), records)

    def post(self, document: Document, retailer: Retailer = PARAUGS) -> str:
        """Put a document into DIT, without waking ALDIS; returns the message id."""
        return self.post_bytes(write_document(document, self.profile), document.channel, retailer)

    def post_bytes(self, data: bytes, name: ChannelName, retailer: Retailer = PARAUGS) -> str:
        """Put any bytes into DIT on a channel."""
        channel = self.profile.channel(name)
        with self.store.transaction() as transaction:
            payload = Payload(transaction.put_blob(data), len(data), channel.root)
            caller = self.network.caller(transaction, retailer.user)
            return self.network.send(transaction, caller, SendRequest(channel.version_urn(), payload))

    def send(self, *records: Record, retailer: Retailer = PARAUGS, **header: Any) -> dict[str, Any]:
        """Send a document of these records and wake ALDIS; returns the journal's details of its intake."""
        self.post(self.document(*records, retailer=retailer, **header), retailer)
        return self.take()

    def take(self) -> dict[str, Any]:
        """Wake ALDIS; returns the details of the last intake."""
        assert self.aldis.wake() > 0
        return self.acts("intake")[-1]

    def complain(self, about: MailboxMessage, report: ErrorReport, retailer: Retailer = PARAUGS) -> None:
        """The retailer answers a discount message with an error event."""
        data = write_error_report(report, self.profile)
        with self.store.transaction() as transaction:
            payload = Payload(transaction.put_blob(data), len(data), self.profile.error_root)
            request = SendRequest(
                about.version, payload, MessageClass.ERROR, related_message=about.id, event_name="DocumentErrors"
            )
            self.network.send(transaction, self.network.caller(transaction, retailer.user), request)

    # -- what can be seen

    def acts(self, operation: str) -> list[dict[str, Any]]:
        """The details of ALDIS's journal entries of one operation."""
        return [dict(entry.details) for entry in self.entries(operation)]

    def entries(self, operation: str) -> list[Entry]:
        """ALDIS's journal entries of one operation."""
        entries = StoredJournal(self.store).entries()
        return [entry for entry in entries if entry.kind is Kind.AUTHORITY and entry.operation == operation]

    def mailbox(self, retailer: Retailer, name: ChannelName) -> list[MailboxMessage]:
        """Return the unread messages in a retailer's mailbox on a channel."""
        with self.store.reading() as transaction:
            caller = self.network.caller(transaction, retailer.user)
            selector = Selector(channel=self.profile.channel(name).urn)
            return list(self.network.list_messages(transaction, caller, selector))

    def discounts(self, retailer: Retailer = PARAUGS) -> list[Document]:
        """Return the discount documents in a retailer's mailbox, after checking each by schema and business rules."""
        documents = []
        for message in self.mailbox(retailer, ChannelName.DISCOUNT):
            data = self.blob(message.payload.reference)
            assert Catalogue.default().validate(self.profile.channel(ChannelName.DISCOUNT).schema_urn, data) == ()
            document = read_document(data, self.profile, ChannelName.DISCOUNT)
            assert breaches(document, self.profile) == ()
            documents.append(document)
        return documents

    def granted(self, retailer: Retailer = PARAUGS) -> list[tuple[str, str, Decimal]]:
        """Period, contract and total of every record in a retailer's discount documents."""
        found: list[tuple[str, str, Decimal]] = []
        for document in self.discounts(retailer):
            for record in document.records:
                assert isinstance(record, DiscountRecord)
                found.append((str(document.header.period), record.contract, record.total))
        return found

    def errors(self, name: ChannelName, retailer: Retailer = PARAUGS) -> list[tuple[MailboxMessage, ErrorReport]]:
        """The error events in a retailer's mailbox on a channel."""
        return [
            (mailbox_message, read_error_report(self.blob(mailbox_message.payload.reference), self.profile))
            for mailbox_message in self.mailbox(retailer, name)
            if mailbox_message.message_class is MessageClass.ERROR
        ]

    def blob(self, reference: str) -> bytes:
        """The bytes behind a reference."""
        with self.store.reading() as transaction:
            return transaction.blob(reference)

    def bvkb_waiting(self) -> int:
        """Return the number of unread messages in BVKB's mailbox."""
        found = 0
        with self.store.reading() as transaction:
            caller = self.network.caller(transaction, self.world.bvkb.id)
            for name in ChannelName:
                selector = Selector(channel=self.profile.channel(name).urn)
                found += len(self.network.list_messages(transaction, caller, selector))
        return found


def codes(details: dict[str, Any]) -> list[tuple[str, int | None]]:
    """Code and position of the errors of an intake."""
    return [(error["code"], error["position"]) for error in details["errors"]]
