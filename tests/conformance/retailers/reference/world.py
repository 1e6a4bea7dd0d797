"""A mailbox in memory in place of DIT, and the reference retailer as its client, without a network."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self

from conformance.retailers.reference.client import ConnectionLost, Received, Refused
from conformance.retailers.reference.driver import Driver
from simulator.documents.profile import load_profile
from simulator.documents.reading import read_document, read_error_report
from simulator.documents.writing import write_document, write_error_report
from simulator.domain.identifiers import synthetic_metering_point, synthetic_personal_code
from simulator.domain.model import (
    CatchUp,
    Category,
    CategoryCount,
    ChannelName,
    DiscountRecord,
    DiscountStatus,
    Document,
    ErrorReport,
    Header,
    Period,
    RecordError,
)

PROFILE = load_profile()
PROVIDER = "40009990008"
VERSIONS = {
    ChannelName.CONTRACT: PROFILE.channel(ChannelName.CONTRACT).version_urn(),
    ChannelName.DISCOUNT: PROFILE.channel(ChannelName.DISCOUNT).version_urn(1),
    ChannelName.PAYOUT: PROFILE.channel(ChannelName.PAYOUT).version_urn(),
}
ALL = ("contract", "discount", "payout")
ANNA, JURIS, ZANE = (synthetic_personal_code(number) for number in (11, 12, 13))
MARCH = Period(2026, 3)


@dataclass
class WaitingMessage:
    """A message in the mailbox."""

    id: str
    version: str
    payload: bytes
    related: str | None = None
    status: str = "delivered"


@dataclass
class FakeDit:
    """A DIT in memory: its mailbox, the documents sent to it, and the calls. ``lose`` makes it lose replies."""

    sent: list[tuple[str, bytes, str | None]] = field(default_factory=list)
    mailbox: list[WaitingMessage] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    lost: list[tuple[str, bool]] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)

    def forget(self) -> None:
        """Do nothing: there is no token."""

    def lose(self, operation: str, *, times: int = 1, arrives: bool = True) -> None:
        """The next calls of an operation get no reply, whether or not they arrive."""
        self.lost += [(operation, arrives)] * times

    def put(self, channel: ChannelName, payload: bytes, *, related: str | None = None) -> str:
        """Deliver a message."""
        message = WaitingMessage(str(uuid.uuid4()), VERSIONS[channel], payload, related)
        self.mailbox.append(message)
        return message.id

    def of(self, message_id: str) -> WaitingMessage:
        """A message of the mailbox, by its id."""
        return next(message for message in self.mailbox if message.id == message_id)

    # -- methods of the client

    def send(self, version: str, payload: bytes) -> None:
        self._answer("send", lambda: self.sent.append((version, payload, None)))

    def send_event(self, version: str, payload: bytes, *, name: str, related: str) -> None:
        self._answer("send_event", lambda: self.sent.append((version, payload, related)))

    def list_messages(self, version: str, *, read: bool = False) -> tuple[str, ...]:
        wanted = "read" if read else "delivered"
        ids = tuple(message.id for message in self.mailbox if (message.version, message.status) == (version, wanted))
        return self._answer("list read" if read else "list", lambda: ids)

    def receive_message(self, message_id: str) -> tuple[Received, ...]:
        return self._answer("receive", lambda: self._read([self.of(message_id)]))

    def receive_version(self, version: str) -> tuple[Received, ...]:
        unread = [message for message in self.mailbox if (message.version, message.status) == (version, "delivered")]
        return self._answer("receive version", lambda: self._read(unread))

    def restore(self, message_ids: list[str]) -> None:
        def change() -> None:
            for message_id in message_ids:
                assert self.of(message_id).status == "read"
                self.of(message_id).status = "delivered"

        self._answer("restore", change)

    def delete(self, message_id: str) -> None:
        def change() -> None:
            if self.of(message_id).status == "deleted":
                raise Refused("soap:Sender", "deleted already")
            self.of(message_id).status = "deleted"

        self._answer("delete", change)

    def confirm(self, message_id: str) -> None:
        def change() -> None:
            if self.of(message_id).status != "read":
                raise Refused("soap:Sender", "not read")
            self.of(message_id).status = "processed"

        self._answer("confirm", change)

    def close(self) -> None:
        self.calls.append("close")

    def _read(self, messages: list[WaitingMessage]) -> tuple[Received, ...]:
        for message in messages:
            message.status = "read"
        return tuple(
            Received(message.id, message.payload, message.related is not None, message.related) for message in messages
        )

    def _answer(self, operation: str, act: Any) -> Any:
        self.calls.append(operation)
        lost = next((loss for loss in self.lost if loss[0] == operation), None)
        if lost is not None:
            self.lost.remove(lost)
            if lost[1]:
                act()
            raise ConnectionLost(f"{operation}: the reply was lost")
        if operation.startswith("send") and self.refusals:
            raise self.refusals.pop(0)
        return act()


class Retailer:
    """The reference retailer with a FakeDit, and short methods for the tests."""

    def __init__(self, driver: Driver | None = None, dit: FakeDit | None = None) -> None:
        self.dit = dit or FakeDit()
        self.driver = driver or Driver()
        self.driver.client_type = lambda *_, **__: self.dit  # type: ignore[assignment, return-value, misc]
        self.driver.hello(
            endpoints={"message_service": "http://127.0.0.1:1/dit/v1-2/MessageService/plain"},
            credentials={"user": "dit-100777", "password": ""},
            provider={"name": "Paraugs Enerģija", "registration_number": PROVIDER},
            channels=dict(VERSIONS),
            profile=str(PROFILE.path),
        )
        self.at("2026-03-02")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.driver.bye()

    def at(self, day: str) -> None:
        """Set the day."""
        self.driver.now(at=f"{day}T10:00:00+02:00")

    def happens(self, kind: str, contract: str = "0007", **fields: Any) -> None:
        """One business event."""
        self.driver.apply(events=[{"kind": kind, "contract": contract, **fields}])

    def signs(self, contract: str = "0007", code: str = ANNA, **fields: Any) -> None:
        """A contract begins."""
        self.happens("contract.new", contract, **(paper(code) | fields))

    def exchange(self, *channels: str) -> list[str]:
        """A scheduled run; returns what went wrong."""
        problems: list[str] = self.driver.exchange(channels=channels or ALL)["problems"]
        return problems

    def bills(
        self, period: str, net: str, invoice: str | None = None, contract: str = "0007", **fields: str
    ) -> list[Any]:
        """One bill; returns its lines."""
        number = invoice or f"R-{period}"
        bill = {"contract": contract, "invoice": number, "date": f"{period}-28", "net": net, "vat": "9.99", **fields}
        lines: list[Any] = self.driver.bill(period=period, invoices=[bill])["lines"]
        return lines

    def documents(self, channel: ChannelName) -> list[Document]:
        """The business documents sent on a channel so far."""
        return [
            read_document(payload, PROFILE, channel)
            for version, payload, related in self.dit.sent
            if version == VERSIONS[channel] and related is None
        ]

    def events(self) -> list[tuple[str, ErrorReport]]:
        """The error events sent so far, each with the message that it is about."""
        return [(related, read_error_report(payload, PROFILE)) for _, payload, related in self.dit.sent if related]


def paper(code: str = ANNA, **fields: Any) -> dict[str, Any]:
    """A contract's state in the protocol's words."""
    return {
        "metering_point": synthetic_metering_point(7),
        "address": {"text": "Rožu iela 1, Rīga", "code": None},
        "holder": {"code": code, "given_name": "Anna", "surname": "Šķēle"},
        "valid_from": "2026-03-01",
        "valid_to": None,
        **fields,
    }


def granted(
    amount: str, code: str = ANNA, contract: str = "0007", catch_up: dict[Period, str] | None = None
) -> DiscountRecord:
    """A decision."""
    return DiscountRecord(
        contract=contract,
        person_code=code,
        categories=(CategoryCount(Category.LARGE_FAMILY, 1),),
        amount_due=Decimal(amount),
        catch_up=tuple(CatchUp(period, Decimal(euros), "late") for period, euros in (catch_up or {}).items()),
        status=DiscountStatus.GRANTED,
        decision_id="L-1",
        decision_date=date(2026, 3, 7),
    )


def discount(
    *records: DiscountRecord,
    period: Period = MARCH,
    provider: str = PROVIDER,
    document_id: str | None = None,
    corrects: str | None = None,
) -> bytes:
    """A discount document."""
    header = Header(
        document_id=document_id or str(uuid.uuid4()),
        provider=provider,
        created_at=datetime.fromisoformat("2026-03-07T09:00:00+02:00"),
        period=period,
        record_count=len(records),
        corrects=corrects,
    )
    return write_document(Document(ChannelName.DISCOUNT, header, records), PROFILE)


def complaint(document_id: str, *errors: RecordError) -> bytes:
    """An error event's payload."""
    return write_error_report(ErrorReport(document_id, errors), PROFILE)
