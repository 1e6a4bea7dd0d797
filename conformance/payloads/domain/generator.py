"""Generates documents of the three channels that are valid by the schema and by the business rules.

``DocumentGenerator`` makes typical documents from any source of choices. ``edges.EdgeGenerator`` puts values near the
limits in their place. All people are synthetic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from conformance.payloads.engine.choices import Choices, Source
from simulator.documents.profile import Profile
from simulator.domain.business_rules import FIRST_PERIOD
from simulator.domain.clock import RIGA
from simulator.domain.identifiers import personal_code_canonical, synthetic_metering_point, synthetic_personal_code
from simulator.domain.model import (
    Address,
    CatchUp,
    Category,
    CategoryCount,
    ChannelName,
    ContractRecord,
    DiscountRecord,
    DiscountStatus,
    Header,
    Operation,
    PayoutRecord,
    Period,
    Person,
    Record,
    SubUser,
)
from simulator.domain.people import FULL_NAMES, STREETS, street_address

PROVIDER = "40009990008"  # synthetic; its check digit is right
ZERO = Decimal("0.00")
LATE_DATA = "Dati saņemti vēlāk"
RECORD_BYTES = 96  # choices that one record takes, about
_OPERATIONS = (Operation.NEW, Operation.NEW, Operation.CHANGE, Operation.END)


class DocumentGenerator:
    """Makes one document of a channel: its header, and any number of records one after another.

    Records and people are numbered, so that no two share a contract, an invoice or a personal code.
    """

    def __init__(self, channel: ChannelName, profile: Profile, source: Source, period: Period | None = None) -> None:
        """``period`` is the month that the document is about; without it the source chooses one."""
        self._channel = channel
        self._source = source
        self._serial = 0
        choices = source.choices(24)
        self.period = self._choose_period(choices) if period is None else period
        self._created_at = self._choose_creation(choices)
        self._document_id = str(UUID(bytes=choices.take(16), version=4))
        self._provider = PROVIDER
        self._corrects: str | None = None
        rates = {category: profile.rate(category, self.period) for category in Category}
        self._rates = {category: rate for category, rate in rates.items() if rate is not None}
        self.categories: Sequence[Category] = tuple(self._rates)
        self._make_record: Callable[[Choices], Record] = {
            ChannelName.CONTRACT: self._contract,
            ChannelName.DISCOUNT: self._discount,
            ChannelName.PAYOUT: self._payout,
        }[channel]

    def header(self, record_count: int) -> Header:
        """Return the header of a document of so many records."""
        return Header(
            document_id=self._document_id,
            provider=self._provider,
            created_at=self._created_at,
            period=self.period,
            record_count=record_count,
            corrects=self._corrects,
        )

    def records(self, count: int) -> Iterator[Record]:
        """Yield the next ``count`` records; only one is in memory."""
        return (self._make_record(self._source.choices(RECORD_BYTES)) for _ in range(count))

    # ---- records

    def _contract(self, choices: Choices) -> Record:
        operation = choices.pick(_OPERATIONS)
        first_day, last_day = self._validity(operation, choices)
        holder = self._person("records.holder", choices)
        return ContractRecord(
            operation=operation,
            contract=self._contract_number(choices),
            metering_point=self._metering_point(choices),
            address=self._address("records.address", choices),
            holder=holder,
            sub_users=tuple(self._sub_users(holder, choices)),
            valid_from=first_day,
            valid_to=last_day,
        )

    def _sub_users(self, holder: Person, choices: Choices) -> Iterator[SubUser]:
        codes = {personal_code_canonical(holder.code)}
        for _ in range(max(0, choices.index(10) - 6)):
            person = self._person("records.sub_users.person", choices)
            code = personal_code_canonical(person.code)
            if code not in codes:
                codes.add(code)
                yield SubUser(person, self._address("records.sub_users.address", choices))

    def _discount(self, choices: Choices) -> Record:
        contract = self._contract_number(choices)
        person_code = self._personal_code("records.person_code", choices)
        granted = choices.byte() < 210
        categories = tuple(self._counted_categories(choices)) if granted else ()
        return DiscountRecord(
            contract=contract,
            person_code=person_code,
            categories=categories,
            amount_due=self._support(categories, choices) if granted else ZERO,
            catch_up=tuple(self._catch_up(choices)),
            status=DiscountStatus.GRANTED if granted else DiscountStatus.TERMINATED,
            reason=self._reason("records.reason", choices) if not granted or self._is_unusual(choices) else None,
            decision_id=self._decision_id(choices),
            decision_date=self._decision_date(choices),
        )

    def _counted_categories(self, choices: Choices) -> Iterator[CategoryCount]:
        remaining = list(self.categories)
        for _ in range(min(len(remaining), 1 + choices.index(6) // 3)):
            category = remaining.pop(choices.index(len(remaining)))
            rate = self._rates.get(category)
            yield CategoryCount(category, 1 if rate is not None and not rate.per_count else self._count(choices))

    def _support(self, categories: Sequence[CategoryCount], choices: Choices) -> Decimal:
        """Return the sum of the categories' rates in EUR; unusually any amount, for ALDIS may grant another one."""
        if self._is_unusual(choices):
            return self._money("amount_due", choices)
        known = (counted for counted in categories if counted.category in self._rates)
        return sum((self._rates[counted.category].amount * counted.count for counted in known), ZERO)

    def _catch_up(self, choices: Choices) -> Iterator[CatchUp]:
        """Yield amounts for the months before; in three documents of four there is none."""
        for months in range(1, 1 + min(self._months_before(), max(0, choices.index(8) - 5))):
            amount = self._support(tuple(self._counted_categories(choices)), choices)
            yield CatchUp(self.period - months, amount, self._reason("records.catch_up.reason", choices))

    def _months_before(self) -> int:
        """Return the number of months since support began."""
        return (self.period.year - FIRST_PERIOD.year) * 12 + self.period.month - FIRST_PERIOD.month

    def _payout(self, choices: Choices) -> Record:
        contract, invoice_number = self._contract_number(choices), self._invoice_number(choices)
        person_code = self._personal_code("records.person_code", choices)
        period, invoice_date = self._billing(choices)
        net_bill, applied, carried_over, remainder = self._payout_amounts(choices)
        return PayoutRecord(
            contract=contract,
            person_code=person_code,
            period=period,
            invoice_number=invoice_number,
            invoice_date=invoice_date,
            net_bill=net_bill,
            applied=applied,
            carried_over=carried_over,
            remainder=remainder,
            reversal=self._is_unusual(choices),
        )

    # ---- typical values, in the place of which EdgeGenerator has its own

    def _is_unusual(self, choices: Choices) -> bool:
        """Return True where a record shall have what records seldom have."""
        del choices
        return False

    def _choose_period(self, choices: Choices) -> Period:
        return Period(2026, 1 + choices.index(12))

    def _choose_creation(self, choices: Choices) -> datetime:
        """Contracts are reported early in the month, discounts on the 7th, payouts when the month is over."""
        del choices
        month = self.period + 1 if self._channel is ChannelName.PAYOUT else self.period
        day = 7 if self._channel is ChannelName.DISCOUNT else 2
        return datetime(month.year, month.month, day, 10, tzinfo=RIGA)

    def _next_serial(self) -> int:
        self._serial += 1
        return self._serial

    def _contract_number(self, choices: Choices) -> str:
        return f"{choices.index(10)}{self._next_serial():09d}"

    def _invoice_number(self, choices: Choices) -> str:
        del choices
        return f"R-{self.period}-{self._serial:05d}"

    def _metering_point(self, choices: Choices) -> str:
        del choices
        return synthetic_metering_point(self._serial)

    def _personal_code(self, field: str, choices: Choices) -> str:
        del field, choices
        return synthetic_personal_code(self._next_serial())

    def _person(self, field: str, choices: Choices) -> Person:
        given_name, surname = choices.pick(FULL_NAMES)
        return Person(self._personal_code(f"{field}.code", choices), given_name, surname)

    def _address(self, field: str, choices: Choices) -> Address:
        del field
        return Address(street_address(1 + choices.index(128), choices.pick(STREETS)))

    def _validity(self, operation: Operation, choices: Choices) -> tuple[date, date | None]:
        first_day = self.period.first_day - timedelta(days=choices.pick((0, 0, 31, 400)))
        return first_day, self.period.last_day if operation is Operation.END else None

    def _count(self, choices: Choices) -> int:
        return choices.pick((1, 1, 2))

    def _money(self, field: str, choices: Choices) -> Decimal:
        del field
        return Decimal(choices.number(2) % 12_000).scaleb(-2)

    def _reason(self, field: str, choices: Choices) -> str:
        del choices
        return LATE_DATA if "catch_up" in field else "Persona vairs nav aizsargātais lietotājs"

    def _decision_id(self, choices: Choices) -> str:
        return str(UUID(bytes=choices.take(16), version=4))

    def _decision_date(self, choices: Choices) -> date:
        del choices
        return self._created_at.date()

    def _billing(self, choices: Choices) -> tuple[Period, date]:
        del choices
        return self.period, self.period.last_day

    def _payout_amounts(self, choices: Choices) -> tuple[Decimal, Decimal, Decimal, Decimal]:
        """Return net bill, support applied to it, the part of that carried over from earlier months, remainder."""
        due = self._rates[choices.pick(self.categories)].amount
        has_carried = choices.byte() >= 180 and self.period.month > 1
        carried = Decimal(choices.number(2) % 2000).scaleb(-2) if has_carried else ZERO
        net = self._money("net_bill", choices)
        applied = min(net, due + carried)
        return net, applied, min(applied, carried), due + carried - applied
