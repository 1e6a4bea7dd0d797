"""Sample documents: valid by schema and by the domain's rules and with made-up people. Same seed, same bytes."""

from __future__ import annotations

import functools
import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice

from faker import Faker

from simulator.clock import RIGA
from simulator.documents.identifiers import synthetic_metering_point, synthetic_personal_code
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
from simulator.documents.profile import Profile, ProfileError
from simulator.documents.writing import document_parts, write_document

PROVIDER = "40009990008"  # made up; its check digit is right
_NAMES = uuid.UUID("0a1d15c0-5a3e-5c5c-9d0f-00005a3b1e50")
_CENT = Decimal("0.01")


def sample_documents(
    channel: ChannelName, profile: Profile, *, count: int, records: int, seed: int, period: Period | None = None
) -> Iterator[Document]:
    """``count`` documents of a channel with ``records`` records each, one after another; rates are the profile's.

    Raises ProfileError when the profile has no rates for the ``period`` asked for.
    """
    for number in range(1, count + 1):
        sampler = Sampler(f"{channel} {seed} {number}", channel, profile, period)
        made = tuple(sampler.records(records))
        yield Document(channel, sampler.header(records), made)


@dataclass(frozen=True, slots=True)
class _Pool:
    """Made-up names and addresses; what is drawn of them makes the people."""

    women: tuple[tuple[str, str], ...]
    men: tuple[tuple[str, str], ...]
    addresses: tuple[str, ...]


@functools.cache
def _pool() -> _Pool:
    """The same for all documents: to make each name anew would take most of the time that a document takes."""
    fake = Faker("lv_LV")
    fake.seed_instance("people")
    return _Pool(
        women=tuple((fake.first_name_female(), fake.last_name_female()) for _ in range(300)),
        men=tuple((fake.first_name_male(), fake.last_name_male()) for _ in range(300)),
        addresses=tuple(fake.address().replace("\n", ", ") for _ in range(600)),
    )


class Sampler:
    """One document's worth of chance; its people are numbered, so that no two share a code."""

    def __init__(self, seed: str, channel: ChannelName, profile: Profile, period: Period | None = None) -> None:
        """Without a ``period`` it is one of 2026, by the seed. Raises ProfileError where there are no rates."""
        self._seed = seed
        self._channel = channel
        self._random = random.Random(seed)  # noqa: S311 - made-up people, not secrets
        self._pool = _pool()
        by_seed = Period(2026, self._random.randrange(1, 13))
        self._period = by_seed if period is None else period
        self._rates = {each.category: each for each in profile.rates if each.covers(self._period)}
        if not self._rates:
            first = min(each.valid_from for each in profile.rates)
            raise ProfileError(f"the profile {profile.name} has no rates for {self._period}; its first are of {first}")
        self._serial = 0

    def header(self, records: int) -> Header:
        """The header of a document of so many records."""
        return Header(
            document_id=self._identifier("document"),
            provider=PROVIDER,
            created_at=self._written(self._channel),
            period=self._period,
            record_count=records,
        )

    def records(self, count: int) -> Iterator[Record]:
        """The next records, one after another."""
        makers: dict[ChannelName, Callable[[], Record]] = {
            ChannelName.CONTRACT: self._contract,
            ChannelName.DISCOUNT: self._discount,
            ChannelName.PAYOUT: self._payout,
        }
        make = makers[self._channel]
        return (make() for _ in range(count))

    def _written(self, channel: ChannelName) -> datetime:
        """Contracts are reported early in the month, discounts on the 7th, payouts when the month is over."""
        month = self._period + 1 if channel is ChannelName.PAYOUT else self._period
        return datetime(month.year, month.month, 7 if channel is ChannelName.DISCOUNT else 2, 10, tzinfo=RIGA)

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
        chosen = (
            sorted(self._random.sample(list(self._rates), k=min(len(self._rates), self._random.choice((1, 1, 2)))))
            if granted
            else []
        )
        categories = tuple(CategoryCount(each, self._times(each)) for each in chosen)
        due = sum((self._rates[each.category].amount * each.count for each in categories), Decimal("0.00"))
        late = self._period - 1
        return DiscountRecord(
            contract=self._contract_number(number),
            person_code=self._person().code,
            categories=categories,
            amount_due=due,
            catch_up=(CatchUp(late, due, "Late data"),)
            if granted and late.year == self._period.year and self._random.random() < 0.2
            else (),
            status=DiscountStatus.GRANTED if granted else DiscountStatus.TERMINATED,
            reason=None if granted else "No longer protected",
            decision_id=self._identifier(f"decision {number}"),
            decision_date=self._period.first_day.replace(day=7),
        )

    def _payout(self) -> PayoutRecord:
        number = self._next()
        due = self._random.choice(list(self._rates.values())).amount
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
        code = synthetic_personal_code(self._serial)
        given_name, surname = self._random.choice(self._pool.women if self._random.random() < 0.5 else self._pool.men)
        return Person(code, given_name, surname)

    def _address(self) -> Address:
        return Address(text=self._random.choice(self._pool.addresses))

    def _contract_number(self, number: int) -> str:
        return f"{self._random.randrange(10):01d}{number:09d}"

    def _identifier(self, name: str) -> str:
        return str(uuid.uuid5(_NAMES, f"{self._seed} {name}"))

    def _times(self, category: Category) -> int:
        return self._random.choice((1, 1, 2)) if self._rates[category].per_count else 1

    def _cents(self, most: int) -> Decimal:
        return (self._random.randrange(most) * _CENT).quantize(_CENT)

    def _next(self) -> int:
        self._serial += 1
        return self._serial


AT_ONCE = 500
"""Records in memory at a time."""


def sample_bytes(
    channel: ChannelName, profile: Profile, *, records: int, seed: int, number: int = 1, period: Period | None = None
) -> Iterator[bytes]:
    """The bytes, piece by piece, of the ``number``-th sample document of a seed; the same as written whole.

    Raises WritingError when the profile cannot write it, ProfileError when it has no rates for the ``period``.
    """
    sampler = Sampler(f"{channel} {seed} {number}", channel, profile, period)
    made, header = sampler.records(records), sampler.header(records)
    if not records:
        yield write_document(Document(channel, header, ()), profile)
        return
    first, after = True, b""
    while some := tuple(islice(made, AT_ONCE)):
        before, body, between, after = document_parts(Document(channel, header, some), profile)
        yield (before if first else between) + body
        first = False
    yield after
