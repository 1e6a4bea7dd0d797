"""Intake of a retailer's document: checks the whole document, then each record, and books the accepted records.

A record with an error is refused; the other records of the document are accepted. Contract records are checked against
the register and the contracts reported before, payout records against contracts, decisions and the ledger, to the cent.
``Intake`` is the entry; the functions after it check one record each and change nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from simulator.aldis.account import ZERO, Account, Bill
from simulator.aldis.contracts import ContractKey
from simulator.aldis.errors import ErrorCatalogue
from simulator.aldis.ledger import AccountKey, month_number
from simulator.aldis.register import Register
from simulator.aldis.state import Filed, Refusal, State, positions
from simulator.documents.business import breaches
from simulator.documents.profile import Profile
from simulator.documents.timetable import Timetable
from simulator.domain.clock import RIGA
from simulator.domain.identifiers import personal_code_valid
from simulator.domain.model import (
    ChannelName,
    ContractRecord,
    Document,
    Header,
    Operation,
    PayoutRecord,
    Period,
    Record,
    RecordError,
    Severity,
)
from simulator.world.model import Retailer

_MONTHS = 12 * 10_000  # more than there are months up to the last year that a date can have


@dataclass(frozen=True, slots=True)
class Arrival:
    """Circumstances in which a document arrived.

    ``sender`` is None when the sending authority is no retailer; ``at`` is simulated time; ``message`` is the id of
    the message and ``blob`` the reference of its payload in the store.
    """

    sender_authority: str
    sender: Retailer | None
    at: datetime
    message: str
    blob: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of the intake of a document.

    ``filed`` is None when the document was not filed: it was a repetition, or not the sender's own. ``late`` means
    that it arrived after the day on which it was due.
    """

    errors: tuple[RecordError, ...]
    filed: Filed | None
    duplicate: bool = False
    late: bool = False

    @property
    def accepted(self) -> int:
        """Number of records that were accepted."""
        return len(self.filed.accepted) if self.filed else 0


class Intake:
    """Takes in documents: checks them and books their accepted records into the state."""

    def __init__(self, state: State, profile: Profile, timetable: Timetable, errors: ErrorCatalogue) -> None:
        self._state = state
        self._profile = profile
        self._timetable = timetable
        self._errors = errors

    def take(self, document: Document, arrival: Arrival, is_same: Callable[[str], bool]) -> Outcome:
        """Check a document, file it, and book its accepted records into the state.

        ``is_same`` returns True when the document in an earlier blob is the same document by its ``identity``
        (``simulator.domain.identifiers``), however each was serialised.
        """
        header = document.header
        if arrival.sender is None or arrival.sender.registration_number != header.provider:
            sender = arrival.sender.registration_number if arrival.sender else arrival.sender_authority
            return Outcome((self._errors.error("provider-not-sender", provider=header.provider, sender=sender),), None)
        late = self._late(document, arrival)
        earlier = self._state.files.find(header.provider, header.document_id)
        if earlier is not None:
            if earlier.channel is document.channel and is_same(earlier.blob):
                return Outcome((self._errors.error("document-repeated"),), None, duplicate=True, late=late)
            return Outcome((self._errors.error("document-id-reused"),), None, late=late)
        filed = self._file(document, arrival)
        by_position = _broken_rules(document, self._profile)
        whole = [*by_position.pop(None, []), *self._judge_whole(document, arrival)]
        if whole:
            # The document is filed although it is refused: a correction has to name its id.
            filed = replace(filed, corrects=None, refused=tuple(Refusal(None, error.code) for error in whole))
            self._state.files.add(filed)
            return Outcome(tuple(whole), filed, late=late)
        if header.corrects is not None:
            self._state.withdraw(self._corrected(header))
        errors, filed = self._take_records(document, filed, by_position, arrival.at)
        self._state.files.add(filed)
        return Outcome(tuple(errors), filed, late=late)

    def _late(self, document: Document, arrival: Arrival) -> bool:
        begins = arrival.sender.first_month if arrival.sender else None
        due = self._timetable.due(document.channel, document.header.period, begins)
        return due is not None and arrival.at.astimezone(RIGA).date() > due

    def _file(self, document: Document, arrival: Arrival) -> Filed:
        header, sequence = document.header, self._state.files.next_sequence()
        earlier = self._state.files.find(header.provider, header.corrects) if header.corrects else None
        return Filed(
            provider=header.provider,
            document_id=header.document_id,
            channel=document.channel,
            period=header.period,
            sequence=sequence,
            place=sequence if earlier is None else earlier.place,
            arrived=arrival.at,
            message=arrival.message,
            blob=arrival.blob,
            corrects=header.corrects,
        )

    def _judge_whole(self, document: Document, arrival: Arrival) -> list[RecordError]:
        header = document.header
        errors: list[RecordError] = []
        earliest, latest = self._timetable.plausible(document.channel, arrival.at)
        if header.period > latest:
            errors.append(self._errors.error("period-too-early", period=header.period, latest=latest))
        if header.period < earliest:
            errors.append(self._errors.error("period-too-late", period=header.period, earliest=earliest))
        first = arrival.sender.first_month if arrival.sender else None
        if first is not None and header.period < first:
            errors.append(self._errors.error("before-production", period=header.period, first=first))
        return errors + self._judge_correction(document)

    def _judge_correction(self, document: Document) -> list[RecordError]:
        header = document.header
        if header.corrects is None:
            return []
        earlier = self._state.files.find(header.provider, header.corrects)
        if earlier is None or earlier.channel is not document.channel:
            return [self._errors.error("corrects-unknown", corrects=header.corrects)]
        if earlier.replaced_by is not None:
            facts = {"corrects": header.corrects, "replaced_by": earlier.replaced_by}
            return [self._errors.error("corrects-replaced", **facts)]
        if earlier.period != header.period:
            return [self._errors.error("corrects-other-period", period=header.period, found=earlier.period)]
        return []

    def _corrected(self, header: Header) -> Filed:
        earlier = self._state.files.find(header.provider, header.corrects or "")
        if earlier is None:
            raise LookupError(f"document {header.corrects}, which is corrected, is not filed")
        return earlier

    def _take_records(
        self, document: Document, filed: Filed, by_position: dict[int | None, list[RecordError]], at: datetime
    ) -> tuple[list[RecordError], Filed]:
        earliest, _ = self._timetable.plausible(document.channel, at)
        errors: list[RecordError] = []
        accepted: list[int] = []
        for position, record in _in_order(document):
            errors_here = by_position.get(position, [])
            if not errors_here or isinstance(record, ContractRecord):
                # A payout record that contradicts itself cannot be compared with the ledger.
                errors_here = [*errors_here, *self._judge(filed, position, record, earliest)]
            errors += errors_here
            if all(error.severity is Severity.WARNING for error in errors_here):
                self._state.book(filed, position, record)
                accepted.append(position)
        errors.sort(key=lambda error: error.position or 0)
        refused = tuple(Refusal(error.position, error.code) for error in errors if error.severity is Severity.ERROR)
        return errors, replace(filed, accepted=positions(accepted), refused=refused)

    def _judge(self, filed: Filed, position: int, record: Record, earliest: Period) -> list[RecordError]:
        match record:
            case ContractRecord():
                return judge_contract(self._state, self._errors, filed, position, record)
            case PayoutRecord():
                return judge_payout(self._state, self._errors, filed, position, record, earliest)
            case _:
                raise TypeError(f"a retailer sends contracts and payouts, not a {type(record).__name__}")


def _in_order(document: Document) -> Iterator[tuple[int, Record]]:
    """Yield positions (from 1) and records in the order in which they are checked.

    Payout records come by invoice date and period, whatever their order in the document.
    """
    if document.channel is not ChannelName.PAYOUT:
        yield from enumerate(document.records, start=1)
        return
    # One number for each record instead of a tuple of objects: the bills of a whole country are sorted here.
    keys = [
        ((record.invoice_date.toordinal() * _MONTHS + month_number(record.period)) << 32) + position
        for position, record in enumerate(document.records, start=1)
        if isinstance(record, PayoutRecord)
    ]
    keys.sort()
    for key in keys:
        position = key & 0xFFFFFFFF
        yield position, document.records[position - 1]


def _broken_rules(document: Document, profile: Profile) -> dict[int | None, list[RecordError]]:
    """Return the errors by the business rules of ``simulator.documents``, by position (None: the whole document)."""
    errors: dict[int | None, list[RecordError]] = defaultdict(list)
    for breach in breaches(document, profile):
        errors[breach.position].append(
            RecordError(breach.code, Severity.ERROR, breach.text_lv, breach.text_en, breach.position)
        )
    return errors


def judge_contract(
    state: State, errors: ErrorCatalogue, filed: Filed, position: int, record: ContractRecord
) -> list[RecordError]:
    """Return the errors of a contract record (``position`` from 1), by the register and the contracts known so far."""
    codes = (record.holder.code, *(sub_user.person.code for sub_user in record.sub_users))
    unknown = [error for code in codes for error in judge_code(state.register, errors, position, code)]
    return unknown + _judge_operation(state, errors, filed, position, record)


def judge_code(register: Register, errors: ErrorCatalogue, position: int, code: str) -> list[RecordError]:
    """Return an error for a personal code that nobody has or had.

    Returns none for an invalid code: the business rules have already reported it.
    """
    if register.person(code) is not None or not personal_code_valid(code):
        return []
    return [errors.error("person-unknown", position, code=code)]


def _judge_operation(
    state: State, errors: ErrorCatalogue, filed: Filed, position: int, record: ContractRecord
) -> list[RecordError]:
    key = ContractKey(filed.provider, record.contract)
    current = state.contracts.current(key, before=(filed.place, position))
    if record.operation is not Operation.NEW:
        return [] if current is not None else [errors.error("contract-unknown", position, contract=record.contract)]
    if current is None:
        return []
    if current.valid_to is None or current.valid_to >= record.valid_from:
        return [errors.error("contract-already-active", position, contract=record.contract)]
    return []


def judge_payout(
    state: State, errors: ErrorCatalogue, filed: Filed, position: int, record: PayoutRecord, earliest: Period
) -> list[RecordError]:
    """Return the errors and warnings of a payout record (``position`` from 1); it is accepted when there is no error.

    ``earliest`` is the first month that is not closed yet.
    """
    problems = judge_code(state.register, errors, position, record.person_code)
    if record.period < earliest:
        problems.append(errors.error("period-too-late", position, period=record.period, earliest=earliest))
    key = state.account_key(filed.provider, record)
    if key is None:
        return problems
    if not state.contracts.knows(key.contract):
        return [*problems, errors.error("contract-unknown", position, contract=record.contract)]
    account = state.ledger.account(key)
    if not account.granted(record.period):
        facts = {"code": record.person_code, "contract": record.contract, "period": record.period}
        return [*problems, errors.error("decision-unknown", position, **facts)]
    bill = Bill((filed.place, position), filed.document_id, record)
    if record.reversal:
        return [*problems, *_judge_reversal(errors, account, position, record)]
    return [*problems, *_judge_bill(state, errors, key, account, position, bill)]


def _judge_reversal(errors: ErrorCatalogue, account: Account, position: int, record: PayoutRecord) -> list[RecordError]:
    bill = _standing_bill(account, record.invoice_number)
    if bill is None:
        facts = {"invoice": record.invoice_number, "code": record.person_code}
        return [errors.error("reversal-of-nothing", position, **facts)]
    if _amounts(bill.record) != _amounts(record):
        return [
            errors.error(
                "reversal-differs",
                position,
                invoice=record.invoice_number,
                expected=bill.record.applied,
                found=record.applied,
            )
        ]
    return []


def _amounts(record: PayoutRecord) -> tuple[Decimal, ...]:
    return record.net_bill, record.applied, record.carried_over, record.remainder


def _judge_bill(
    state: State, errors: ErrorCatalogue, key: AccountKey, account: Account, position: int, bill: Bill
) -> list[RecordError]:
    record = bill.record
    if _standing_bill(account, record.invoice_number) is not None:
        facts = {"invoice": record.invoice_number, "code": record.person_code}
        return [errors.error("invoice-repeated", position, **facts)]
    problems = _judge_net(errors, position, record, _others_on_invoice(state, key, record))
    room = account.room(bill)
    if record.applied > room:
        problems.append(
            errors.error(
                "applied-above-available",
                position,
                invoice=record.invoice_number,
                found=record.applied,
                expected=room,
            )
        )
        return problems
    return [*problems, *_judge_carry(errors, account, position, bill)]


def _judge_net(
    errors: ErrorCatalogue, position: int, record: PayoutRecord, others: list[PayoutRecord]
) -> list[RecordError]:
    """Check that the persons of a contract, who share one bill, together take no more than its net amount."""
    problems = []
    differing = next((other for other in others if other.net_bill != record.net_bill), None)
    if differing is not None:
        facts = {"invoice": record.invoice_number, "found": record.net_bill, "expected": differing.net_bill}
        problems.append(errors.error("net-bill-differs", position, **facts))
    applied = record.applied + sum((other.applied for other in others), ZERO)
    if applied > record.net_bill:
        facts = {"invoice": record.invoice_number, "found": applied, "expected": record.net_bill}
        problems.append(errors.error("applied-above-net", position, **facts))
    return problems


def _judge_carry(errors: ErrorCatalogue, account: Account, position: int, bill: Bill) -> list[RecordError]:
    record, expected = bill.record, account.expected(bill)
    carried_right = record.carried_over == expected.carried_over
    remainder_right = record.remainder in remainders(record, expected.remainder)
    if carried_right and remainder_right:
        return []
    missing = account.unbilled_before(bill)
    could_be = record.carried_over <= expected.carried_over and record.remainder <= expected.remainder
    if missing is not None and could_be:
        return [
            errors.error(
                "carry-unconfirmed",
                position,
                missing=missing,
                expected_carried=expected.carried_over,
                expected_remainder=expected.remainder,
                carried=record.carried_over,
                remainder=record.remainder,
            )
        ]
    problems = []
    if not carried_right:
        facts = {"found": record.carried_over, "expected": expected.carried_over}
        problems.append(errors.error("carried-over-wrong", position, **facts))
    if not remainder_right:
        facts = {"found": record.remainder, "expected": expected.remainder}
        problems.append(errors.error("remainder-wrong", position, **facts))
    return problems


def remainders(record: PayoutRecord, left: Decimal) -> tuple[Decimal, ...]:
    """Return the remainders that a record may state when ``left`` EUR are left.

    In December zero is allowed too, because the rest lapses at the end of the year (assumed).
    """
    return (left, ZERO) if record.period.month == 12 else (left,)


def _standing_bill(account: Account, invoice: str) -> Bill | None:
    return next((bill for bill in account.standing() if bill.record.invoice_number == invoice), None)


def _others_on_invoice(state: State, key: AccountKey, record: PayoutRecord) -> list[PayoutRecord]:
    accounts = (
        state.ledger.account(account_key)
        for account_key in state.ledger.on_contract(key.contract, key.year)
        if account_key != key
    )
    return [
        bill.record
        for account in accounts
        for bill in account.standing()
        if bill.record.invoice_number == record.invoice_number
    ]
