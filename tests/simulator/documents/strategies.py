"""Strategies for random documents that are valid by the reconstruction's schema; they may break business rules."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

from hypothesis import strategies as st

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

_GUID = st.uuids().map(str)
_MONEY = st.integers(-(10**9), 10**11).map(lambda cents: Decimal(cents).scaleb(-2))
_PERIODS = st.builds(Period, st.integers(1, 9999), st.integers(1, 12))
_DATES = st.dates(date(1, 1, 1))
_ZONES = st.integers(-840, 840).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_TIMES = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=_ZONES)  # noqa: DTZ001
_CHARACTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp"))
# No two spaces in a row: the other schema has tokens, which mean the same with one.
_SENTENCES = st.text(_CHARACTERS, min_size=1, max_size=30).map(lambda text: " ".join(text.split())).filter(bool)
_NAMES = st.text("aābcčeēgģiīkķlļnņsšuūzžABCĀČĒĢĪĶĻŅŠŪŽöłəЖя", min_size=1, max_size=50)
_CODES = st.from_regex(r"[0-9]{6}-?[0-9]{5}", fullmatch=True)
_PERSONS = st.builds(Person, _CODES, _NAMES, _NAMES)
_ADDRESSES = st.builds(Address, _SENTENCES, st.none() | st.from_regex(r"[0-9]{9}", fullmatch=True))
_EICS = st.from_regex(r"[0-9A-Z\-]{16}", fullmatch=True)

CONTRACTS = st.builds(
    ContractRecord,
    operation=st.sampled_from(Operation),
    contract=_SENTENCES,
    metering_point=_EICS,
    address=_ADDRESSES,
    holder=_PERSONS,
    sub_users=st.lists(st.builds(SubUser, _PERSONS, _ADDRESSES), max_size=3).map(tuple),
    valid_from=_DATES,
    valid_to=st.none() | _DATES,
)
DISCOUNTS = st.builds(
    DiscountRecord,
    contract=_SENTENCES,
    person_code=_CODES,
    categories=st.lists(st.builds(CategoryCount, st.sampled_from(Category), st.integers(1, 99)), max_size=3).map(tuple),
    amount_due=_MONEY,
    catch_up=st.lists(st.builds(CatchUp, _PERIODS, _MONEY, _SENTENCES), max_size=3).map(tuple),
    status=st.sampled_from(DiscountStatus),
    decision_id=_SENTENCES,
    decision_date=_DATES,
    reason=st.none() | _SENTENCES,
)
PAYOUTS = st.builds(
    PayoutRecord,
    contract=_SENTENCES,
    person_code=_CODES,
    period=_PERIODS,
    invoice_number=_SENTENCES,
    invoice_date=_DATES,
    net_bill=_MONEY,
    applied=_MONEY,
    carried_over=_MONEY,
    remainder=_MONEY,
    reversal=st.booleans(),
)
_RECORDS = {
    ChannelName.CONTRACT: CONTRACTS,
    ChannelName.DISCOUNT: DISCOUNTS,
    ChannelName.PAYOUT: PAYOUTS,
}


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A document of any channel, with the right record count."""
    channel = draw(st.sampled_from(ChannelName))
    records = tuple(draw(st.lists(_RECORDS[channel], max_size=3)))
    header = Header(
        document_id=draw(_GUID),
        provider=draw(st.from_regex(r"[0-9]{11}", fullmatch=True)),
        created_at=draw(_TIMES),
        period=draw(_PERIODS),
        record_count=len(records),
        corrects=draw(st.none() | _GUID),
    )
    return Document(channel, header, records)


REPORTS = st.builds(
    ErrorReport,
    st.none() | _GUID,
    st.lists(
        st.builds(
            RecordError,
            code=st.from_regex(r"[A-Za-z0-9._\-]{1,20}", fullmatch=True),
            severity=st.sampled_from(Severity),
            text_lv=_SENTENCES,
            text_en=st.just("") | _SENTENCES,
            position=st.none() | st.integers(1, 10**6),
        ),
        min_size=1,
        max_size=3,
    ).map(tuple),
)
