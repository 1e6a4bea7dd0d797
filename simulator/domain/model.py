"""Documents of the three ALDIS channels, independent of any schema, and the environments and rights of DIT.

A document is a header and its records. The profile (``schemas/profiles``) has the XML names of the fields; no module
of Python contains an element name of the payload.

All fields of the payload are assumed, because the official ALISProvider schema is not public. Categories, their amounts
and the rules that use them are documented (Cabinet Regulation No. 345 of 01.06.2021).
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
        """Return the month of a day."""
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
    """The header of a document.

    ``document_id`` is a GUID chosen by the sender. An error report refers to the document by it alone, because DIT does
    not return a message id to the sender. ``provider`` is the retailer's registration number (11 digits).
    ``created_at`` has a time zone. ``corrects`` is the id of the document that this one replaces.
    """

    document_id: str
    provider: str
    created_at: datetime
    period: Period
    record_count: int
    corrects: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A natural person in a document; ``code`` is the personal code as written there."""

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
    """The event that a contract record reports: a new, changed or ended contract."""

    NEW = "new"
    CHANGE = "change"
    END = "end"


@dataclass(frozen=True, slots=True)
class ContractRecord:
    """A contract of a retailer. ``contract`` is its number, a text that need not be numeric."""

    operation: Operation
    contract: str
    metering_point: str
    address: Address
    holder: Person
    sub_users: tuple[SubUser, ...]
    valid_from: date
    valid_to: date | None = None


class Category(StrEnum):
    """A reason for a person's protection (Reg. 345, documented)."""

    LOW_INCOME = "low_income"
    DISABLED_CHILD = "disabled_child"
    DISABILITY_GROUP_1 = "disability_group_1"
    GUARDIAN = "guardian"
    LARGE_FAMILY = "large_family"

    __hash__ = str.__hash__  # that of Enum is slow Python code, called in each decision about each person


@dataclass(frozen=True, slots=True)
class CategoryCount:
    """A category and the number of times it counts (children, wards)."""

    category: Category
    count: int


@dataclass(frozen=True, slots=True)
class CatchUp:
    """An amount in EUR, without VAT, that is back-paid for an earlier period."""

    period: Period
    amount: Decimal
    reason: str


class DiscountStatus(StrEnum):
    """The status of a person's support: granted or ended."""

    GRANTED = "granted"
    TERMINATED = "terminated"


@dataclass(frozen=True, slots=True)
class DiscountRecord:
    """A decision about the support of one person on one contract; amounts in EUR, without VAT."""

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
        """The whole support of the decision in EUR: the amount of the period and all catch-up."""
        return sum((catch_up.amount for catch_up in self.catch_up), self.amount_due)


@dataclass(frozen=True, slots=True)
class PayoutRecord:
    """The support of one person that was applied to one bill; all amounts in EUR, without VAT.

    ``carried_over`` is the part of ``applied`` that came from earlier months (the oldest is used first: assumed);
    ``remainder`` can be used by later bills of the same calendar year. A reversal repeats the record that it cancels,
    with ``reversal`` true.
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

    The records of a large document are read from a file (``simulator.documents.reading``).
    """

    channel: ChannelName
    header: Header
    records: Sequence[Record]

    def contracts(self) -> tuple[ContractRecord, ...]:
        """Return the contract records; empty in a document of another channel."""
        return tuple(record for record in self.records if isinstance(record, ContractRecord))

    def discounts(self) -> tuple[DiscountRecord, ...]:
        """Return the discount records; empty in a document of another channel."""
        return tuple(record for record in self.records if isinstance(record, DiscountRecord))

    def payouts(self) -> tuple[PayoutRecord, ...]:
        """Return the payout records; empty in a document of another channel."""
        return tuple(record for record in self.records if isinstance(record, PayoutRecord))


class Severity(StrEnum):
    """The severity of an error in a document."""

    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class RecordError:
    """An error that the addressee found. ``position`` is the record, counted from 1; None means the whole document."""

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
    """The two environments of DIT. Access to each is opened separately (BVKB's steps 3 and 6: documented)."""

    TEST = "test"
    PRODUCTION = "production"


class ChannelRight(StrEnum):
    """A right of a user on a channel: to send, or to read its mailbox there. The two are assumed."""

    SEND = "send"
    RECEIVE = "receive"


def first_month_after(opened: date) -> Period:
    """Return the first month of regular exchange for the day on which access in production was opened.

    It is the next calendar month (BVKB's connecting steps, step 7: documented).
    """
    return Period.of(opened) + 1
