"""The state of ALDIS (contracts, decisions, ledger, received documents), and its archive in the store.

Every received document, determination and reconciliation has a row in the store's archive, written in the transaction
of its other effects. ``read_on`` builds the state from the archive after a restart, by the steps that build it live.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, BinaryIO

from simulator.aldis.account import Bill, Grant
from simulator.aldis.columns import GrantBook
from simulator.aldis.contracts import ContractBook, ContractKey, Version
from simulator.aldis.decisions import decision_id
from simulator.aldis.ledger import AccountKey, Ledger
from simulator.aldis.register import Register
from simulator.documents.profile import Profile
from simulator.documents.reading import read_document, read_streamed
from simulator.documents.timetable import Duty, DutyKind
from simulator.domain.identifiers import document_key
from simulator.domain.model import (
    CatchUp,
    ChannelName,
    ContractRecord,
    DiscountRecord,
    DiscountStatus,
    Document,
    PayoutRecord,
    Period,
    Record,
)
from simulator.store import Transaction
from simulator.store.store import ArchiveRow, archive_add, archive_end, archive_rows

_MANY = 1000


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record of a document that was not taken: its position, counted from 1 (None: the whole document), and why."""

    position: int | None
    code: str


@dataclass(frozen=True, slots=True)
class Filed:
    """A received document. ``sequence`` counts documents; ``place`` is the sequence that its records stand at in the
    order of things: its own, or that of the document which it replaces. ``accepted`` are positions from 1.
    """

    provider: str
    document_id: str
    channel: ChannelName
    period: Period
    sequence: int
    place: int
    arrived: datetime
    message: str
    blob: str
    accepted: Sequence[int] = ()
    refused: tuple[Refusal, ...] = ()
    corrects: str | None = None
    replaced_by: str | None = None


def positions(found: Iterable[int]) -> Sequence[int]:
    """Positions in order, so kept that those of a large document without gaps take no room."""
    ordered = sorted(found)
    if len(ordered) > _MANY:
        if ordered[-1] - ordered[0] == len(ordered) - 1:
            return range(ordered[0], ordered[-1] + 1)
        return array("I", ordered)
    return tuple(ordered)


class Files:
    """Filed documents, found by sender and document id (compared without regard to case, as GUIDs are)."""

    def __init__(self) -> None:
        self._files: dict[tuple[str, str], Filed] = {}
        self._last = 0

    def next_sequence(self) -> int:
        """The sequence of the document that comes next."""
        return self._last + 1

    def find(self, provider: str, document_id: str) -> Filed | None:
        """The document of a retailer, None when it was never received."""
        return self._files.get((provider, document_key(document_id)))

    def add(self, filed: Filed) -> None:
        """File a document, and mark the one that it replaces."""
        self._files[filed.provider, document_key(filed.document_id)] = filed
        self._last = max(self._last, filed.sequence)
        if filed.corrects is not None:
            earlier = self.find(filed.provider, filed.corrects)
            if earlier is not None:
                key = (earlier.provider, document_key(earlier.document_id))
                self._files[key] = replace(earlier, replaced_by=filed.document_id)

    def standing(self, provider: str, channel: ChannelName) -> Iterator[Filed]:
        """A retailer's documents of a channel that nothing replaced, as they came in."""
        for filed in self._files.values():
            if filed.provider == provider and filed.channel is channel and filed.replaced_by is None:
                yield filed


@dataclass(slots=True)
class State:
    """What was received and decided so far. ``determined`` and ``reconciled`` are the months whose duty is done."""

    register: Register
    contracts: ContractBook = field(init=False)
    grants: GrantBook = field(default_factory=GrantBook)
    ledger: Ledger = field(default_factory=Ledger)
    files: Files = field(default_factory=Files)
    determined: set[Period] = field(default_factory=set)
    reconciled: set[Period] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.contracts = ContractBook(self.register.identity)

    def withdraw(self, filed: Filed) -> None:
        """Undo what a document's records did, because another takes its place."""
        self.contracts.withdraw(filed.provider, filed.document_id)
        self.ledger.withdraw(filed.provider, filed.document_id)

    def book(self, filed: Filed, position: int, record: Record) -> None:
        """Take one accepted record of a document into the books."""
        order = (filed.place, position)
        match record:
            case ContractRecord():
                self.contracts.add(filed.provider, Version(order, filed.arrived, filed.document_id, record))
            case PayoutRecord():
                key = self.account_key(filed.provider, record)
                if key is not None:
                    self.ledger.bill(key, Bill(order, filed.document_id, record))
            case _:
                raise TypeError(f"a retailer sends contracts and payouts, not a {type(record).__name__}")

    def refile(self, filed: Filed, records: Sequence[Record]) -> None:
        """Take in a document that was judged before: its accepted records and nothing else."""
        if filed.corrects is not None:
            earlier = self.files.find(filed.provider, filed.corrects)
            if earlier is not None:
                self.withdraw(earlier)
        for position in filed.accepted:
            self.book(filed, position, records[position - 1])
        self.files.add(filed)

    def decided(self, contract: ContractKey, person: str, period: Period, record: DiscountRecord) -> None:
        """Take one published decision into the books."""
        self.grants.add(contract, person, period, record)
        if record.status is DiscountStatus.GRANTED:
            self.ledger.grant(AccountKey(contract, person, period.year), Grant(period, record.total))

    def account_key(self, provider: str, record: PayoutRecord) -> AccountKey | None:
        """Whose account a payout record is about, None when nobody ever had its personal code."""
        person = self.register.identity(record.person_code)
        if person is None:
            return None
        return AccountKey(self.contracts.key(provider, record.contract), person, record.period.year)


LARGE = 1024 * 1024
"""Documents of more bytes than this are read without all of their records in memory."""

_OWNER = "aldis"
_DOCUMENT = "document"


def keep_document(transaction: Transaction, filed: Filed) -> None:
    """Write down a document that was taken in."""
    body = {
        "provider": filed.provider,
        "document": filed.document_id,
        "channel": filed.channel.value,
        "period": str(filed.period),
        "sequence": filed.sequence,
        "place": filed.place,
        "message": filed.message,
        "accepted": _runs(filed.accepted),
        "refused": [[refusal.position, refusal.code] for refusal in filed.refused],
        "corrects": filed.corrects,
    }
    key = f"{filed.provider} {document_key(filed.document_id)}"
    _add(transaction, _DOCUMENT, key, filed.arrived, body, filed.blob)


def keep_determination(transaction: Transaction, period: Period, at: datetime, decisions: int, lines: str) -> None:
    """Write down that a month was determined; ``lines`` is the blob of what was decided, as the journal has it."""
    _add(transaction, DutyKind.DETERMINE.value, str(period), at, {"decisions": decisions}, lines)


def keep_reconciliation(transaction: Transaction, period: Period, at: datetime) -> None:
    """Write down that a month was reconciled."""
    _add(transaction, DutyKind.RECONCILE.value, str(period), at, None, None)


@contextmanager
def reading(
    transaction: Transaction,
    blob: str,
    profile: Profile,
    spool: Callable[[], BinaryIO],
    channel: ChannelName | None,
) -> Iterator[Document]:
    """A document of the store, for as long as the block lasts; a large one is not all in memory.

    ``spool`` makes a file for its records. Raises DocumentError.
    """
    opened = transaction.open_blob(blob)
    if opened.size <= LARGE:
        yield read_document(transaction.blob(blob), profile, channel)
        return
    with spool() as file:
        yield read_streamed(opened.pieces, profile, file, channel)


def read_on(transaction: Transaction, state: State, profile: Profile, after: int, spool: Callable[[], BinaryIO]) -> int:
    """Take into the books what the archive holds behind a number, in order; returns the number read up to."""
    end = archive_end(transaction)
    for row in archive_rows(transaction, _OWNER, after=after) if end > after else ():
        match row.kind:
            case "document":
                filed = _filed(row)
                with reading(transaction, filed.blob, profile, spool, filed.channel) as document:
                    state.refile(filed, document.records if filed.accepted else ())
            case DutyKind.DETERMINE:
                for line in _lines(transaction, row.blob or ""):
                    state.decided(*_decision(line, row, state))
                state.determined.add(Period.parse(row.key))
            case DutyKind.RECONCILE:
                state.reconciled.add(Period.parse(row.key))
            case unknown:
                raise ValueError(f"the archive of ALDIS holds a record of an unknown kind, {unknown!r}")
    return end


def is_done(state: State, duty: Duty) -> bool:
    """Whether a duty was done before."""
    done = state.determined if duty.kind is DutyKind.DETERMINE else state.reconciled
    return duty.period in done


def _add(transaction: Transaction, kind: str, key: str, at: datetime, body: Any, blob: str | None) -> None:
    if not archive_add(transaction, owner=_OWNER, kind=kind, key=key, at=at, body=body, blob=blob):
        raise ValueError(f"ALDIS was about to do the same {kind} twice: {key}")


def _runs(positions: Sequence[int]) -> list[list[int]]:
    """Positions as first and last of each run without gaps."""
    runs: list[list[int]] = []
    for position in positions:
        if runs and runs[-1][1] == position - 1:
            runs[-1][1] = position
        else:
            runs.append([position, position])
    return runs


def _filed(row: ArchiveRow) -> Filed:
    body = row.body
    return Filed(
        provider=body["provider"],
        document_id=body["document"],
        channel=ChannelName(body["channel"]),
        period=Period.parse(body["period"]),
        sequence=body["sequence"],
        place=body["place"],
        arrived=row.at,
        message=body["message"],
        blob=row.blob or "",
        accepted=positions(number for first, last in body["accepted"] for number in range(first, last + 1)),
        refused=tuple(Refusal(position, code) for position, code in body["refused"]),
        corrects=body["corrects"],
    )


def _lines(transaction: Transaction, blob: str) -> Iterator[dict[str, Any]]:
    rest = b""
    for piece in transaction.open_blob(blob).pieces():
        *lines, rest = (rest + piece).split(b"\n")
        yield from map(json.loads, lines)


def _decision(line: dict[str, Any], row: ArchiveRow, state: State) -> tuple[ContractKey, str, Period, DiscountRecord]:
    """A decision as far as the books need it."""
    contract, period = state.contracts.key(line["provider"], line["contract"]), Period.parse(row.key)
    person = state.register.identity(line["person"]) or line["person"]
    record = DiscountRecord(
        contract=contract.contract,
        person_code=line["person"],
        categories=(),
        amount_due=Decimal(line["amount_due"]),
        catch_up=tuple(CatchUp(Period.parse(each["period"]), Decimal(each["amount"]), "") for each in line["catch_up"]),
        status=DiscountStatus(line["status"]),
        decision_id=decision_id(contract, person, period),
        decision_date=row.at.date(),
    )
    return contract, person, period, record
