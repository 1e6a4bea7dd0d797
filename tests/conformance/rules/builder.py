"""Journals written by hand: a story of one retailer, call by call, and the verdicts of the rules on it."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from conformance.requirements.verdicts import Verdict
from conformance.rules import judge
from conformance.rules.case import Case
from simulator.documents.profile import load_profile
from simulator.documents.writing import write_document, write_error_report
from simulator.domain.clock import RIGA
from simulator.domain.identifiers import synthetic_metering_point, synthetic_new_personal_code, synthetic_personal_code
from simulator.domain.model import (
    Address,
    CatchUp,
    Category,
    CategoryCount,
    ChannelName,
    ContractRecord,
    DiscountRecord,
    DiscountStatus,
    Document,
    ErrorReport,
    Header,
    Operation,
    PayoutRecord,
    Period,
    Person,
    RecordError,
    Severity,
    SubUser,
)
from simulator.journal import Entry, Kind, Outcome
from simulator.world.model import Authority, Claim, CodeChange, Resident, Retailer, World

PROFILE = load_profile("reconstruction")
BVKB = Authority("100500", "BVKB")
OURS = Retailer("Paraugs Enerģija", "40009990008", "100777", "paraugs", 1)
THEIRS = Retailer("Kaimiņu Elektrība", "40009990012", "100778", "kaimins", 2)

ANNA = Person(synthetic_personal_code(1), "Anna", "Bērziņa")
JANIS = Person(synthetic_personal_code(2), "Jānis", "Kalniņš")
ILZE = Person(synthetic_personal_code(3), "Ilze", "Krūmiņa")
NEW_CODE = synthetic_new_personal_code(7)

NUMBER = "0012345678"
HOME = Address("Paraugu iela 1, Paraugciems", "123456789")
VAT = Decimal("0.21")


def euro(text: str | Decimal) -> Decimal:
    return Decimal(text)


class Memory:
    """A journal in memory."""

    def __init__(self) -> None:
        self.lines: list[Entry] = []
        self.blobs: dict[str, bytes] = {}

    def entries(self) -> Iterator[Entry]:
        yield from self.lines

    def blob(self, reference: str) -> bytes:
        return self.blobs[reference]

    def keep(self, data: bytes) -> str:
        reference = hashlib.sha256(data).hexdigest()
        self.blobs[reference] = data
        return reference


def contract(
    number: str = NUMBER,
    holder: Person = ANNA,
    operation: Operation = Operation.NEW,
    **changes: Any,
) -> ContractRecord:
    """A contract record as it should be for a contract signed by :meth:`Story.sign`."""
    record = ContractRecord(
        operation=operation,
        contract=number,
        metering_point=point_of(number),
        address=HOME,
        holder=holder,
        sub_users=(),
        valid_from=date(2026, 3, 1),
    )
    return replace(record, **changes)


def point_of(number: str) -> str:
    return synthetic_metering_point(int.from_bytes(number.encode()[-3:], "big"))


def grant(amount: str = "20.00", number: str = NUMBER, person: str = ANNA.code, **changes: Any) -> DiscountRecord:
    """A decision: poor or low-income, 20.00 EUR."""
    record = DiscountRecord(
        contract=number,
        person_code=person,
        categories=(CategoryCount(Category.LOW_INCOME, 1),),
        amount_due=euro(amount),
        catch_up=(),
        status=DiscountStatus.GRANTED,
        decision_id="L-1",
        decision_date=date(2026, 3, 7),
    )
    return replace(record, **changes)


def termination(number: str = NUMBER, person: str = ANNA.code) -> DiscountRecord:
    return grant(
        "0.00", number, person, categories=(), status=DiscountStatus.TERMINATED, reason="vairs nav kategorijas"
    )


def catch_up(period: str, amount: str) -> CatchUp:
    return CatchUp(Period.parse(period), euro(amount), "vēlāk uzzināts")


def payout(
    invoice: str,
    net: str,
    applied: str,
    carried: str = "0.00",
    remainder: str = "0.00",
    *,
    period: str = "2026-03",
    number: str = NUMBER,
    person: str = ANNA.code,
    issued: date | None = None,
    reversal: bool = False,
) -> PayoutRecord:
    month = Period.parse(period)
    return PayoutRecord(
        contract=number,
        person_code=person,
        period=month,
        invoice_number=invoice,
        invoice_date=issued or month.last_day,
        net_bill=euro(net),
        applied=euro(applied),
        carried_over=euro(carried),
        remainder=euro(remainder),
        reversal=reversal,
    )


@dataclass(slots=True)
class Waiting:
    """A message in the retailer's mailbox."""

    message: str
    channel: ChannelName
    payload: str


@dataclass
class Story:
    """Writes a journal entry by entry. Time goes on by a second with each; :meth:`at` sets it."""

    residents: tuple[Resident, ...] = (
        Resident(ANNA.code, ANNA.given_name, ANNA.surname, HOME.text),
        Resident(JANIS.code, JANIS.given_name, JANIS.surname, HOME.text),
        Resident(ILZE.code, ILZE.given_name, ILZE.surname, HOME.text),
    )
    claims: tuple[Claim, ...] = ()
    journal: Memory = field(default_factory=Memory)
    now: datetime = datetime(2026, 3, 2, 8, 0, tzinfo=RIGA)
    mailbox: list[Waiting] = field(default_factory=list)
    _ids: int = 0

    # -- the judge

    def case(self) -> Case:
        world = World("story", date(2026, 3, 1), BVKB, (OURS, THEIRS), residents=self.residents, claims=self.claims)
        return Case(self.journal, world, PROFILE, OURS)

    def verdicts(self) -> dict[str, Verdict]:
        return {verdict.requirement: verdict for verdict in judge(self.case())}

    def broken(self) -> dict[str, int]:
        """The requirements that are broken, each with the number of its breaches."""
        return {name: len(verdict.breaches) for name, verdict in self.verdicts().items() if verdict.breaches}

    # -- time and entries

    def at(self, day: str, hour: int = 10, minute: int = 0) -> Story:
        self.now = datetime.combine(date.fromisoformat(day), time(hour, minute), RIGA)
        return self

    def identifier(self) -> str:
        self._ids += 1
        return str(uuid.UUID(int=self._ids))

    def write(self, kind: Kind, operation: str, **fields: Any) -> Entry:
        self.now += timedelta(seconds=1)
        interface = {Kind.EXCHANGE: "soap", Kind.DELIVERY: "dit", Kind.STIMULUS: "suite", Kind.AUTHORITY: "aldis"}
        entry = Entry(
            number=len(self.journal.lines) + 1,
            kind=kind,
            at=self.now,
            wall=self.now,
            operation=operation,
            **{"interface": interface.get(kind, "admin"), "authority": OURS.authority} | fields,
        )
        self.journal.lines.append(entry)
        return entry

    # -- the suite moves the retailer

    @contextmanager
    def asked(self, do: str, answer: dict[str, Any] | None = None, **details: Any) -> Iterator[None]:
        self.write(Kind.STIMULUS, do, details=details)
        yield
        said = {"ok": True, "error": None, "unsupported": False} | (answer or {})
        self.write(Kind.STIMULUS, f"{do}.answer", details=said)

    def ask(self, do: str, answer: dict[str, Any] | None = None, **details: Any) -> None:
        with self.asked(do, answer, **details):
            pass

    @contextmanager
    def run(self, *channels: str, answer: dict[str, Any] | None = None) -> Iterator[None]:
        """A scheduled run; the clock jumps an hour before, so that no run follows too soon."""
        self.now += timedelta(hours=1)
        with self.asked("exchange", answer, channels=list(channels)):
            yield

    def apply(self, answer: dict[str, Any] | None = None, **event: Any) -> None:
        self.ask("apply", answer, events=[event])

    def sign(self, number: str = NUMBER, holder: Person = ANNA, *, kind: str = "contract.new", **changes: Any) -> None:
        event: dict[str, Any] = {
            "kind": kind,
            "contract": number,
            "metering_point": point_of(number),
            "address": {"text": HOME.text, "code": HOME.code},
            "holder": {"code": holder.code, "given_name": holder.given_name, "surname": holder.surname},
            "valid_from": "2026-03-01",
            "valid_to": None,
        }
        self.apply(**event | changes)

    def end(self, day: str, number: str = NUMBER) -> None:
        self.apply(kind="contract.end", contract=number, valid_to=day)

    def join(self, person: Person, day: str = "2026-03-01", number: str = NUMBER) -> None:
        self.apply(
            kind="sub_user.add",
            contract=number,
            person={"code": person.code, "given_name": person.given_name, "surname": person.surname},
            address={"text": HOME.text, "code": HOME.code},
            valid_from=day,
        )

    def leave(self, person: Person, day: str, number: str = NUMBER) -> None:
        self.apply(kind="sub_user.end", contract=number, person={"code": person.code}, valid_to=day)

    def bill(
        self,
        period: str,
        *invoices: tuple[str, str],
        number: str = NUMBER,
        lines: list[dict[str, str]] | None = None,
        reverses: str | None = None,
    ) -> None:
        """Bills of a contract, each an invoice number and its net amount."""
        last = Period.parse(period).last_day
        issued = last.isoformat()
        if self.now.date() < last:
            self.at(issued, 18)
        bills = [
            {
                "contract": number,
                "invoice": invoice,
                "date": issued,
                "net": net,
                "vat": f"{euro(net) * VAT:.2f}",
                **({"reverses": reverses} if reverses else {}),
            }
            for invoice, net in invoices
        ]
        self.ask("bill", {} if lines is None else {"lines": lines}, period=period, invoices=bills)

    # -- the state

    def decide(self, period: str, *records: DiscountRecord, document: str | None = None, **changes: Any) -> str:
        """BVKB's decisions arrive in the mailbox on the 7th, or now when that is past."""
        if self.now.date() < Period.parse(period).first_day.replace(day=7):
            self.at(f"{period}-07", 9)
        data = write_document(
            self.document(ChannelName.DISCOUNT, period, records, document=document, **changes), PROFILE
        )
        return self.deliver(ChannelName.DISCOUNT, data)

    def deliver(self, channel: ChannelName, data: bytes, *, related: str | None = None) -> str:
        message, payload = self.identifier(), self.journal.keep(data)
        self.mailbox.append(Waiting(message, channel, payload))
        self.write(
            Kind.DELIVERY,
            "deliver",
            channel_version=self.version(channel),
            message_ids=(message,),
            payload=payload,
            details={
                "message_class": "business" if related is None else "error",
                "sender": BVKB.id,
                "related_message": related,
            },
        )
        return message

    def complain(self, document: str, position: int | None, severity: Severity = Severity.ERROR) -> str:
        """BVKB finds a contract record wrong."""
        error = RecordError("person-unknown", severity, "Personas nav", "There is no such person", position)
        data = write_error_report(ErrorReport(document, (error,)), PROFILE)
        return self.deliver(ChannelName.CONTRACT, data, related=self.identifier())

    def neighbour_reports(self, record: ContractRecord) -> None:
        """Another retailer's contract document reaches BVKB."""
        document = self.document(ChannelName.CONTRACT, "2026-03", (record,), provider=THEIRS.registration_number)
        self.write(
            Kind.DELIVERY,
            "deliver",
            authority=BVKB.id,
            channel_version=self.version(ChannelName.CONTRACT),
            message_ids=(self.identifier(),),
            payload=self.journal.keep(write_document(document, PROFILE)),
            details={"message_class": "business", "sender": THEIRS.authority},
        )

    # -- the retailer on the wire

    def version(self, channel: ChannelName) -> str:
        return PROFILE.channel(channel).version_urn(1 if channel is ChannelName.DISCOUNT else 0)

    def document(
        self,
        channel: ChannelName,
        period: str,
        records: tuple[Any, ...],
        *,
        document: str | None = None,
        corrects: str | None = None,
        provider: str = OURS.registration_number,
        record_count: int | None = None,
    ) -> Document:
        header = Header(
            document_id=document or self.identifier(),
            provider=provider,
            created_at=self.now,
            period=Period.parse(period),
            record_count=len(records) if record_count is None else record_count,
            corrects=corrects,
        )
        return Document(channel, header, records)

    def report(self, *records: ContractRecord, period: str = "2026-03", **options: Any) -> str:
        """Send a contract document; returns its document id."""
        return self.send(ChannelName.CONTRACT, period, records, **options)

    def pay(self, period: str, *records: PayoutRecord, **options: Any) -> str:
        """Send a payout document; returns its document id."""
        return self.send(ChannelName.PAYOUT, period, records, **options)

    def send(
        self,
        channel: ChannelName,
        period: str,
        records: tuple[Any, ...],
        *,
        lost: bool = False,
        fault: str | None = None,
        **header: Any,
    ) -> str:
        document = self.document(channel, period, records, **header)
        self.send_bytes(channel, write_document(document, PROFILE), lost=lost, fault=fault)
        return document.header.document_id

    def send_bytes(
        self,
        channel: ChannelName,
        data: bytes,
        *,
        lost: bool = False,
        fault: str | None = None,
        related: str | None = None,
        request: bytes = b"<soap/>",
        version: str | None = None,
    ) -> Entry:
        details: dict[str, Any] = {
            "message_class": "business" if related is None else "error",
            "related_message": related,
            "size": len(data),
        }
        return self.call(
            "SendMessage2",
            lost=lost,
            fault=fault,
            details=details,
            channel_version=version or self.version(channel),
            message_ids=() if fault else (self.identifier(),),
            payload=self.journal.keep(data),
            request=self.journal.keep(request),
        )

    def call(
        self,
        operation: str,
        *,
        lost: bool = False,
        fault: str | None = None,
        details: dict[str, Any] | None = None,
        **fields: Any,
    ) -> Entry:
        all_details = dict(details or {}) | ({"misbehaviour": "drop_reply"} if lost else {})
        failed: dict[str, Any] = {}
        if fault is not None:
            failed = {"outcome": Outcome.FAULT, "fault_code": fault, "cause": f"refused: {fault}", "http_status": 500}
        return self.write(Kind.EXCHANGE, operation, details=all_details, **failed | fields)

    def list_messages(self, channel: str, *messages: str, read: bool = False, **fields: Any) -> None:
        selector = {"channel": None, "version": self.version(ChannelName(channel)), "message": None}
        self.call("ReceiveMessageList", message_ids=messages, details={"selector": selector, "read": read}, **fields)

    def receive(self, message: str, **fields: Any) -> None:
        selector = {"channel": None, "version": None, "message": message}
        self.call("ReceiveMessage2", message_ids=(message,), details={"selector": selector}, **fields)

    def restore(self, *messages: str) -> None:
        self.call("RestoreMessageList", message_ids=messages)

    def confirm(self, message: str) -> None:
        self.call("ConfirmationAck", message_ids=(message,))

    def delete(self, message: str) -> None:
        selector = {"channel": None, "version": None, "message": message}
        self.call("DeleteMessage", message_ids=(message,), details={"selector": selector})

    def fetch(self, channel: str) -> list[str]:
        """List, read, confirm where needed, delete: all that waits on a channel."""
        name = ChannelName(channel)
        waiting = [waiting for waiting in self.mailbox if waiting.channel is name]
        self.list_messages(channel, *(message.message for message in waiting))
        for message in waiting:
            self.mailbox.remove(message)
            self.receive(message.message)
            if PROFILE.channel(name).manual_acknowledgement:
                self.confirm(message.message)
            self.delete(message.message)
        return [message.message for message in waiting]

    # -- whole passages, as a good retailer does them

    def first_contract(self) -> Story:
        """Anna signs, and the contract is reported."""
        self.sign()
        with self.run("contract"):
            self.fetch("contract")
            self.report(contract())
        return self

    def month(
        self,
        period: str,
        records: tuple[DiscountRecord, ...],
        net: str | None,
        *paid: PayoutRecord,
        invoice: str | None = None,
    ) -> Story:
        """Decisions come, are fetched, a bill is issued (``net``), payouts are reported."""
        self.decide(period, *records)
        with self.run("discount"):
            self.fetch("discount")
        self.bill(period, *(((invoice or f"R-{period}", net),) if net is not None else ()))
        with self.run("payout"):
            self.fetch("payout")
            self.pay(period, *paid)
        return self


def renamed_anna() -> tuple[Resident, ...]:
    """Anna, whose personal code changes on the 1st of April."""
    anna = Resident(NEW_CODE, ANNA.given_name, ANNA.surname, HOME.text, (CodeChange(ANNA.code, date(2026, 4, 1)),))
    return (anna, *Story().residents[1:])


def tenant(person: Person) -> SubUser:
    return SubUser(person, HOME)
