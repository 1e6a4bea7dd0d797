"""Strategies of the three channels' documents: valid by the schema and by the domain's rules, and near the edges.

The schema alone knows no check digits, no sums and no order of dates. Here each document is made as the domain's values
(which agree with each other) and written through the profile; what the domain leaves open comes from the schema.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from uuid import UUID

from hypothesis import strategies as st

from conformance.payloads.domain.fields import EDGES, FieldTexts
from conformance.payloads.domain.invalid import make_invalid
from conformance.payloads.domain.mutators import InvalidDocument
from conformance.payloads.engine.choices import Block, Drawn, Source
from simulator.clock import RIGA
from simulator.documents.business.rules import FIRST_PERIOD
from simulator.documents.identifiers import (
    SYNTHETIC_NEW_CODES,
    personal_code_canonical,
    synthetic_metering_point,
    synthetic_new_personal_code,
    synthetic_personal_code,
    synthetic_registration_number,
)
from simulator.documents.model import (
    Address,
    CatchUp,
    Category,
    CategoryCount,
    ChannelName,
    ContractRecord,
    DiscountRecord,
    DiscountStatus,
    Document,
    Header,
    Operation,
    PayoutRecord,
    Period,
    Person,
    Record,
    SubUser,
)
from simulator.documents.profile import Profile
from simulator.documents.writing import write_document

RECORDS = 20
"""The most records of one document, where none is asked for."""
_PERIODS = (Period(2026, 3), FIRST_PERIOD, Period(2024, 2), Period(2025, 12), Period(2026, 1))
_CENTS = ("0.00", "0.01", "20.00", "0.99", "99999.99", "9999999999.99")
_LARGEST = tuple(Decimal(each) for each in ("0.00", "0.99", "99.99", "99999.99", "9999999999.99"))
_BLOCK = 96  # decisions that one record takes, about
_NOTHING = Decimal("0.00")


def documents(
    channel: ChannelName, profile: Profile, *, least: int = 0, most: int = RECORDS
) -> st.SearchStrategy[Document]:
    """A strategy of a channel's documents of ``least`` to ``most`` records; examples shrink to the simplest.

    Every one is without complaint under ``validate``, and all its people are made up. Raises PayloadError when the
    profile's schema has no text for a field.
    """
    made = partial(_Maker, profile, channel, FieldTexts(profile, profile.channel(channel)))

    @st.composite
    def document(draw: st.DrawFn) -> Document:
        return made(Drawn(draw)).document(least, most)

    return document()


def payloads(
    channel: ChannelName, profile: Profile, *, least: int = 0, most: int = RECORDS
) -> st.SearchStrategy[bytes]:
    """The same as they travel."""
    return documents(channel, profile, least=least, most=most).map(lambda document: write_document(document, profile))


def invalid_documents(channel: ChannelName, profile: Profile, kind: str) -> st.SearchStrategy[InvalidDocument]:
    """A strategy of documents with one fault, of one of the ``fault_kinds``. Raises PayloadError like ``documents``."""

    def mutated(document: Document, seed: int) -> InvalidDocument | None:
        return make_invalid(document, profile, kind, seed=seed)

    valid = documents(channel, profile, least=1, most=4)
    made = st.builds(mutated, valid, st.integers(0, 999))
    return made.filter(lambda document: document is not None)  # type: ignore[return-value]


class _Maker:
    """Makes one document of blocks of decisions, zeros the simplest."""

    def __init__(self, profile: Profile, channel: ChannelName, texts: FieldTexts, source: Source) -> None:
        self._profile = profile
        self._channel = channel
        self._texts = texts
        self._source = source
        self._seen: set[object] = set()
        self._period = _PERIODS[0]
        self._created = datetime(2026, 3, 2, 10, tzinfo=RIGA)
        self._bill: PayoutRecord | None = None

    def document(self, least: int, most: int) -> Document:
        block = self._source.block(24)
        makers: dict[ChannelName, Callable[[Block, int | None], Record | None]] = {
            ChannelName.CONTRACT: self._contract,
            ChannelName.DISCOUNT: self._discount,
            ChannelName.PAYOUT: self._payout,
        }
        count = least + block.index(most - least + 1)
        self._period = self._some_period(block)
        self._created = self._written(block)
        identifier = UUID(bytes=block.take(16) if block.octet() else bytes(15) + b"\1")
        corrects = UUID(bytes=bytes(15) + b"\2") if block.octet() > 230 else None
        provider = synthetic_registration_number(block.number(2) % 900)
        records = tuple(self._distinct(makers[self._channel], count))
        header = Header(
            document_id=str(identifier),
            provider=provider,
            created_at=self._created,
            period=self._period,
            record_count=len(records),
            corrects=str(corrects) if corrects is not None and corrects != identifier else None,
        )
        return Document(self._channel, header, records)

    def _distinct(self, make: Callable[[Block, int | None], Record | None], count: int) -> Iterator[Record]:
        """Records of which no two are about the same thing; where no other can be told apart, there are fewer."""
        for number in range(1, count + 1):
            record = make(self._source.block(_BLOCK), None) or make(self._source.block(_BLOCK), number)
            if record is not None:
                yield record

    def _number(self, field: str, block: Block, number: int | None) -> str:
        """A contract's or an invoice's number; with ``number`` one that is told from others by it."""
        if number is not None:
            for text in (f"N-{number:04d}", f"{number:010d}", f"{number:08d}", f"{number}"):
                if self._texts.takes(field, text):
                    return text
        return self._texts.text(field, block)

    # -- when

    def _some_period(self, block: Block) -> Period:
        if block.octet() < 160:
            return _PERIODS[block.index(len(_PERIODS))]
        return FIRST_PERIOD + block.index(128)

    def _written(self, block: Block) -> datetime:
        """The moment of a document: contracts from the month before on, the others when there is something to say."""
        month = self._period + (1 if self._channel is ChannelName.PAYOUT else block.index(3) // 2)
        day = self._day(month, block)
        hour = (10, 0, 23, 16)[block.index(4)]  # never in the hour that is there twice or not at all in a year
        return datetime(day.year, day.month, day.day, hour, block.index(60), tzinfo=RIGA)

    def _day(self, month: Period, block: Block) -> date:
        """A day of a month: early, or the last one, such as 29 February and 31 December, or any."""
        choice = block.index(4)
        if choice == 0:
            return month.first_day + timedelta(days=1)
        return month.last_day if choice == 1 else month.first_day + timedelta(days=block.index(month.last_day.day))

    # -- who

    def _code(self, field: str, block: Block) -> str:
        number = block.number(3)
        hyphen = not (block.octet() & 1 and self._texts.takes(field, "01018000012"))
        if block.octet() < 180:
            return synthetic_personal_code(number, hyphen=hyphen)
        return synthetic_new_personal_code(number % SYNTHETIC_NEW_CODES, hyphen=hyphen)

    def _person(self, field: str, block: Block) -> Person:
        texts = self._texts
        return Person(
            self._code(f"{field}.code", block),
            texts.text(f"{field}.given_name", block),
            texts.text(f"{field}.surname", block),
        )

    def _address(self, field: str, block: Block) -> Address:
        code = f"{field}.code"
        known = block.octet() > 170 and self._texts.has(code)
        return Address(self._texts.text(f"{field}.text", block), self._texts.text(code, block) if known else None)

    # -- money

    def _money(self, field: str, block: Block, most: Decimal | None = None) -> Decimal:
        """An amount with two decimals, 0.00 the simplest: an edge, or any; not above ``most``."""
        if block.octet() < 128:
            amount = Decimal(_CENTS[block.index(len(_CENTS))])
        else:
            amount = Decimal(block.number(block.index(4) + 1)).scaleb(-2)
        if most is not None and amount > most:
            amount = most if block.octet() & 1 else (most * block.octet() / 255).quantize(Decimal("0.01"))
        largest = next(each for each in reversed(_LARGEST) if self._texts.takes(f"records.{field}", f"{each:.2f}"))
        return min(amount, largest)

    # -- the records

    def _contract(self, block: Block, number: int | None) -> ContractRecord | None:
        operation = tuple(Operation)[block.index(len(Operation))]
        contract = self._number("records.contract", block, number)
        if contract in self._seen:
            return None
        self._seen.add(contract)
        start = self._day(self._period + (block.index(8) // 3 - 1), block) if block.octet() < 200 else date(1, 1, 1)
        last = None
        if operation is Operation.END or block.octet() > 170:
            last = start + timedelta(days=(0, 1, 365, 36_524)[block.index(4)])
        holder = self._person("records.holder", block)
        return ContractRecord(
            operation=operation,
            contract=contract,
            metering_point=synthetic_metering_point(block.number(3)),
            address=self._address("records.address", block),
            holder=holder,
            sub_users=tuple(self._sub_users(holder, block)),
            valid_from=start,
            valid_to=last,
        )

    def _sub_users(self, holder: Person, block: Block) -> Iterator[SubUser]:
        named = {personal_code_canonical(holder.code)}
        for _ in range(max(0, block.index(8) - 4)):
            person = self._person("records.sub_users.person", block)
            if personal_code_canonical(person.code) not in named:
                named.add(personal_code_canonical(person.code))
                yield SubUser(person, self._address("records.sub_users.address", block))

    def _discount(self, block: Block, number: int | None) -> DiscountRecord | None:
        contract = self._number("records.contract", block, number)
        person = self._code("records.person_code", block)
        if (contract, personal_code_canonical(person)) in self._seen:
            return None
        self._seen.add((contract, personal_code_canonical(person)))
        granted = block.octet() < 200
        categories = tuple(self._categories(block)) if granted else ()
        latest = self._created.date()
        reason = not granted or block.octet() > 200
        return DiscountRecord(
            contract=contract,
            person_code=person,
            categories=categories,
            amount_due=self._due(categories, block) if categories else _NOTHING,
            catch_up=tuple(self._catch_up(block)),
            status=DiscountStatus.GRANTED if granted else DiscountStatus.TERMINATED,
            reason=self._said("records.reason", block) if reason else None,
            decision_id=self._texts.text("records.decision_id", block),
            decision_date=latest - timedelta(days=block.index(40)),
        )

    def _categories(self, block: Block) -> Iterator[CategoryCount]:
        kinds = list(Category)
        for _ in range(1 + block.index(6) // 3):
            category = kinds.pop(block.index(len(kinds)))
            rate = self._profile.rate(category, self._period)
            single = rate is not None and not rate.per_count
            yield CategoryCount(category, 1 if single else (1, 2, 9, 99)[block.index(4)])

    def _due(self, categories: tuple[CategoryCount, ...], block: Block) -> Decimal:
        """What the rates come to; or, since ALDIS may have its reasons, any amount."""
        if block.octet() > 200:
            return self._money("amount_due", block)
        rates = ((self._profile.rate(each.category, self._period), each.count) for each in categories)
        return sum((rate.amount * count for rate, count in rates if rate is not None), _NOTHING)

    def _catch_up(self, block: Block) -> Iterator[CatchUp]:
        months = (self._period.year - FIRST_PERIOD.year) * 12 + self._period.month - FIRST_PERIOD.month
        for back in range(1, 1 + min(months, max(0, block.index(8) - 5))):
            amount = self._money("catch_up.amount", block)
            yield CatchUp(self._period - back, amount, self._said("records.catch_up.reason", block))

    def _said(self, field: str, block: Block) -> str:
        """A text that says something: a schema may allow blanks, to the rules they are nothing."""
        text = self._texts.text(field, block)
        return text if text.strip() else EDGES["reason"][0]

    def _payout(self, block: Block, number: int | None) -> PayoutRecord | None:
        bill = self._bill if block.octet() > 200 else None  # another person on the same bill
        contract = bill.contract if bill else self._texts.text("records.contract", block)
        invoice = bill.invoice_number if bill else self._number("records.invoice_number", block, number)
        person = self._code("records.person_code", block)
        if (contract, invoice, personal_code_canonical(person)) in self._seen:
            return None
        if bill is None and (contract, invoice) in self._seen:
            return None
        self._seen |= {(contract, invoice), (contract, invoice, personal_code_canonical(person))}
        net = bill.net_bill if bill else self._money("net_bill", block)
        reversal = block.octet() > 220
        left = net - (bill.applied if bill and not bill.reversal else _NOTHING)
        applied = self._money("applied", block, left)
        months = (self._period.year - FIRST_PERIOD.year) * 12 + self._period.month - FIRST_PERIOD.month
        period = self._period - min(months, block.index(6) // 4)
        latest = self._created.date()
        record = PayoutRecord(
            contract=contract,
            person_code=person,
            period=period,
            invoice_number=invoice,
            invoice_date=max(period.first_day, latest - timedelta(days=block.index(60))),
            net_bill=net,
            applied=applied,
            carried_over=self._money("carried_over", block, applied),
            remainder=self._money("remainder", block),
            reversal=reversal,
        )
        self._bill = record if bill is None else None
        return record
