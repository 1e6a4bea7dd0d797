"""What travels over the three ALDIS channels, in the field's words and free of any schema.

A document is a header and its records. How each field is spelt in XML is the profile's business
(``schemas/profiles``); nothing here or in any other module knows an element name of the payload.

All fields of the payload are assumed (the official ALISProvider schema is not public); categories, their
amounts and the rules that use them are documented (Cabinet Regulation No. 345 of 01.06.2021).

Where and for what a DIT user is given access: environments, rights on a channel, the month of the first exchange.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Self


class ChannelName(StrEnum):
    """The three ALDIS channels."""

    CONTRACT = "contract"
    DISCOUNT = "discount"
    PAYOUT = "payout"


_PERIOD = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A calendar month of consumption, written ``YYYY-MM``."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``YYYY-MM``; raises ValueError for anything else."""
        match = _PERIOD.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a period; expected YYYY-MM, for example 2026-03")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> Self:
        """The month that a day belongs to."""
        return cls(day.year, day.month)

    def __add__(self, months: int) -> Self:
        index = self.year * 12 + self.month - 1 + months
        return type(self)(index // 12, index % 12 + 1)

    def __sub__(self, months: int) -> Self:
        return self + -months

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def first_day(self) -> date:
        """The first calendar day of the month."""
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        """The last calendar day of the month."""
        return date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])


@dataclass(frozen=True, slots=True)
class Header:
    """What every document begins with.

    ``document_id`` is a GUID chosen by the sender: since DIT tells the sender no message id, it is the only thing
    that ties a later error to the document. ``provider`` is the retailer's registration number (11 digits).
    ``created_at`` carries a time zone. ``corrects`` is the document id that this one replaces.
    """

    document_id: str
    provider: str
    created_at: datetime
    period: Period
    record_count: int
    corrects: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A natural person as the payload names one; the personal code is kept as it was written."""

    code: str
    given_name: str
    surname: str


@dataclass(frozen=True, slots=True)
class Address:
    """An address as text, and its VARIS code (9 digits) where it is known."""

    text: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class SubUser:
    """A tenant who gets support through the end user's contract (apakšlietotājs)."""

    person: Person
    address: Address


class Operation(StrEnum):
    """What a contract record says about the contract."""

    NEW = "new"
    CHANGE = "change"
    END = "end"


@dataclass(frozen=True, slots=True)
class ContractRecord:
    """One contract of a retailer. The contract number is opaque text, never a number."""

    operation: Operation
    contract: str
    metering_point: str
    address: Address
    holder: Person
    sub_users: tuple[SubUser, ...]
    valid_from: date
    valid_to: date | None = None


class Category(StrEnum):
    """Why a person is protected (Reg. 345, documented)."""

    LOW_INCOME = "low_income"
    DISABLED_CHILD = "disabled_child"
    DISABILITY_GROUP_1 = "disability_group_1"
    GUARDIAN = "guardian"
    LARGE_FAMILY = "large_family"

    __hash__ = str.__hash__  # an enumeration's own is Python, and each decision on a country's people asks it


@dataclass(frozen=True, slots=True)
class CategoryCount:
    """A category and how many times it counts (children, wards)."""

    category: Category
    count: int


@dataclass(frozen=True, slots=True)
class CatchUp:
    """An amount in EUR that makes good an earlier period."""

    period: Period
    amount: Decimal
    reason: str


class DiscountStatus(StrEnum):
    """Whether support runs or has ended."""

    GRANTED = "granted"
    TERMINATED = "terminated"


@dataclass(frozen=True, slots=True)
class DiscountRecord:
    """One decision: how much in EUR, without VAT, comes off this person's bill on this contract."""

    contract: str
    person_code: str
    categories: tuple[CategoryCount, ...]
    amount_due: Decimal
    catch_up: tuple[CatchUp, ...]
    status: DiscountStatus
    decision_id: str
    decision_date: date
    reason: str | None = None

    @property
    def total(self) -> Decimal:
        """What the decision adds to the person's support: the amount of the period and all catch-up, EUR."""
        return sum((catch_up.amount for catch_up in self.catch_up), self.amount_due)


@dataclass(frozen=True, slots=True)
class PayoutRecord:
    """What one bill took of one person's support; all amounts in EUR, without VAT.

    ``carried_over`` is the part of ``applied`` that came from earlier months (the oldest is used first: assumed);
    ``remainder`` is what is left for later bills of the same calendar year. A reversal repeats the record that it
    cancels, with ``reversal`` true.
    """

    contract: str
    person_code: str
    period: Period
    invoice_number: str
    invoice_date: date
    net_bill: Decimal
    applied: Decimal
    carried_over: Decimal
    remainder: Decimal
    reversal: bool = False


Record = ContractRecord | DiscountRecord | PayoutRecord


@dataclass(frozen=True, slots=True)
class Document:
    """A document of one channel: its header and its records, all of the channel's record type.

    The records of a large one are not all in memory (``simulator.documents.reading``).
    """

    channel: ChannelName
    header: Header
    records: Sequence[Record]

    def contracts(self) -> tuple[ContractRecord, ...]:
        """The records of a contract document."""
        return tuple(record for record in self.records if isinstance(record, ContractRecord))

    def discounts(self) -> tuple[DiscountRecord, ...]:
        """The records of a discount document."""
        return tuple(record for record in self.records if isinstance(record, DiscountRecord))

    def payouts(self) -> tuple[PayoutRecord, ...]:
        """The records of a payout document."""
        return tuple(record for record in self.records if isinstance(record, PayoutRecord))


class Severity(StrEnum):
    """How bad an error about a document is."""

    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class RecordError:
    """One thing that the addressee found wrong. ``position`` counts records from 1; None means the whole document."""

    code: str
    severity: Severity
    text_lv: str
    text_en: str
    position: int | None = None


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """The payload of an error event (DefaultMessageError; its content is assumed)."""

    document_id: str | None
    errors: tuple[RecordError, ...]


class Environment(StrEnum):
    """DIT's two environments; access is opened in each by itself (BVKB's connecting steps, 3 and 6: documented)."""

    TEST = "test"
    PRODUCTION = "production"


class ChannelRight(StrEnum):
    """What a user may do on a channel: send, or read its mailbox there (that DIT has these two is assumed)."""

    SEND = "send"
    RECEIVE = "receive"


def first_month_after(opened: date) -> Period:
    """The month with which regular exchange begins, when access in production was opened on a day.

    It is the calendar month after (BVKB's connecting steps, step 7: documented).
    """
    return Period.of(opened) + 1
