"""Sample documents: valid by schema and by the domain's rules and with made-up people. Same seed, same bytes."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from faker import Faker
from simulator.documents.identifiers import synthetic_metering_point, synthetic_old_code

from simulator.clock import RIGA
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

PROVIDER = "40009990008"  # made up; its check digit is right
_NAMES = uuid.UUID("0a1d15c0-5a3e-5c5c-9d0f-00005a3b1e50")
_CENT = Decimal("0.01")
_AMOUNT = {
    Category.LOW_INCOME: Decimal("20.00"),
    Category.DISABLED_CHILD: Decimal("20.00"),
    Category.DISABILITY_GROUP_1: Decimal("20.00"),
    Category.GUARDIAN: Decimal("20.00"),
    Category.LARGE_FAMILY: Decimal("25.00"),
}


def sample_documents(channel: ChannelName, *, count: int, records: int, seed: int) -> Iterator[Document]:
    """``count`` documents of a channel with ``records`` records each, one after another."""
    for number in range(1, count + 1):
        yield _Sampler(f"{channel} {seed} {number}").document(channel, records)


class _Sampler:
    """One document's worth of chance; its people are numbered, so that no two share a code."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._random = random.Random(seed)  # noqa: S311 - made-up people, not secrets
        self._fake = Faker("lv_LV")
        self._fake.seed_instance(seed)
        self._period = Period(2026, self._random.randrange(1, 13))
        self._serial = 0

    def document(self, channel: ChannelName, records: int) -> Document:
        make = {
            ChannelName.CONTRACT: self._contract,
            ChannelName.DISCOUNT: self._discount,
            ChannelName.PAYOUT: self._payout,
        }[channel]
        made: tuple[Record, ...] = tuple(make() for _ in range(records))
        header = Header(
            document_id=self._identifier("document"),
            provider=PROVIDER,
            created_at=datetime(self._period.year, self._period.month, 3, 10, 0, tzinfo=RIGA),
            period=self._period,
            record_count=len(made),
        )
        return Document(channel, header, made)

    def _contract(self) -> ContractRecord:
        number = self._next()
        start = self._period.first_day - timedelta(days=self._random.choice((0, 0, 31, 400)))
        operation = self._random.choice((Operation.NEW, Operation.NEW, Operation.CHANGE, Operation.END))
        return ContractRecord(
            operation=operation,
            contract=self._contract_number(number),
            metering_point=synthetic_metering_point(number),
            address=self._address(),
            holder=self._person(),
            sub_users=tuple(
                SubUser(self._person(), self._address()) for _ in range(self._random.choice((0, 0, 0, 1, 2)))
            ),
            valid_from=start,
            valid_to=self._period.last_day if operation is Operation.END else None,
        )

    def _discount(self) -> DiscountRecord:
        number = self._next()
        granted = self._random.random() > 0.15
        chosen = sorted(self._random.sample(list(Category), k=self._random.choice((1, 1, 2)))) if granted else []
        categories = tuple(CategoryCount(each, self._times(each)) for each in chosen)
        due = sum((_AMOUNT[each.category] * each.count for each in categories), Decimal("0.00"))
        late = self._period - 1
        return DiscountRecord(
            contract=self._contract_number(number),
            person_code=self._person().code,
            categories=categories,
            amount_due=due,
            catch_up=(CatchUp(late, Decimal("20.00"), "Late data"),)
            if granted and late.year == self._period.year and self._random.random() < 0.2
            else (),
            status=DiscountStatus.GRANTED if granted else DiscountStatus.TERMINATED,
            reason=None if granted else "No longer protected",
            decision_id=self._identifier(f"decision {number}"),
            decision_date=self._period.first_day.replace(day=7),
        )

    def _payout(self) -> PayoutRecord:
        number = self._next()
        due = Decimal("20.00")
        carried = self._cents(2000) if self._period.month > 1 and self._random.random() < 0.3 else Decimal("0.00")
        net = self._cents(12000)
        applied = min(net, due + carried)
        return PayoutRecord(
            contract=self._contract_number(number),
            person_code=self._person().code,
            period=self._period,
            invoice_number=f"R-{self._period}-{number:05d}",
            invoice_date=self._period.last_day,
            net_bill=net,
            applied=applied,
            carried_over=min(applied, carried),
            remainder=due + carried - applied,
        )

    def _person(self) -> Person:
        self._serial += 1
        born = datetime(1880, 1, 1, tzinfo=RIGA).date() + timedelta(days=self._serial % 7000)
        code = synthetic_old_code(born, self._serial // 7000 % 1000)
        if self._random.random() < 0.5:
            return Person(code, self._fake.first_name_female(), self._fake.last_name_female())
        return Person(code, self._fake.first_name_male(), self._fake.last_name_male())

    def _address(self) -> Address:
        return Address(text=self._fake.address().replace("\n", ", "))

    def _contract_number(self, number: int) -> str:
        return f"{self._random.randrange(10):01d}{number:09d}"

    def _identifier(self, name: str) -> str:
        return str(uuid.uuid5(_NAMES, f"{self._seed} {name}"))

    def _times(self, category: Category) -> int:
        return self._random.choice((1, 1, 2)) if category in (Category.DISABLED_CHILD, Category.GUARDIAN) else 1

    def _cents(self, most: int) -> Decimal:
        return (self._random.randrange(most) * _CENT).quantize(_CENT)

    def _next(self) -> int:
        self._serial += 1
        return self._serial
