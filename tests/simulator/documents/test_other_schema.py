"""A schema with other names, attributes and nesting is read and written by its own profile, without new code."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from lxml import etree

from simulator.documents.catalogue import Catalogue
from simulator.documents.profile import Profile
from simulator.documents.reading import DocumentError, read_document
from simulator.documents.validation import validate
from simulator.documents.writing import write_document, write_national
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
    Header,
    Operation,
    PayoutRecord,
    Period,
    Person,
    SubUser,
)
from tests.simulator.documents.conftest import OTHER

WINTER = timezone(timedelta(hours=2))
SUMMER = timezone(timedelta(hours=3))

CONTRACT = Document(
    ChannelName.CONTRACT,
    Header(
        document_id="6f1c2a52-0d3b-4c8e-9a55-1f0e7c1b2a01",
        provider="40009990008",
        created_at=datetime(2026, 3, 2, 8, 15, 30, tzinfo=WINTER),
        period=Period(2026, 3),
        record_count=1,
        corrects="6f1c2a52-0d3b-4c8e-9a55-1f0e7c1b2a00",
    ),
    (
        ContractRecord(
            operation=Operation.END,
            contract="0012345678",
            metering_point="43Z-STO00000001Y",
            address=Address("Liepu iela 5"),
            holder=Person("150385-00011", "Ilze", "Bērziņa"),
            # the schema's xs:token collapses white space, and so does the reader
            sub_users=(SubUser(Person("329991-23456", "Šarlote", "Ķirse"), Address("Liepu iela 5 - 1", "800000002")),),
            valid_from=date(2025, 1, 1),
            valid_to=date(2026, 3, 31),
        ),
    ),
)

DISCOUNT = Document(
    ChannelName.DISCOUNT,
    Header(
        document_id="0b7e4a10-5d2c-4f6b-8e01-33c1a4d7e901",
        provider="40009990008",
        created_at=datetime(2026, 3, 8, 9, 0, tzinfo=WINTER),
        period=Period(2026, 3),
        record_count=1,
    ),
    (
        DiscountRecord(
            contract="0012345678",
            person_code="150385-00011",
            categories=(CategoryCount(Category.LARGE_FAMILY, 1), CategoryCount(Category.DISABLED_CHILD, 2)),
            amount_due=Decimal("65.00"),
            catch_up=(
                CatchUp(Period(2026, 1), Decimal("20.00"), "novēloti"),
                CatchUp(Period(2026, 2), Decimal("4.99"), ""),
            ),
            status=DiscountStatus.GRANTED,
            decision_id="2026/3-1",
            decision_date=date(2026, 3, 8),
            reason="Pirmais lēmums",
        ),
    ),
)

PAYOUT = Document(
    ChannelName.PAYOUT,
    Header(
        document_id="a3d0c1f4-7b6e-4d19-8c42-5e9f00b1d201",
        provider="40009990008",
        created_at=datetime(2026, 4, 15, 16, 45, tzinfo=SUMMER),
        period=Period(2026, 3),
        record_count=2,
    ),
    (
        PayoutRecord(
            contract="0012345678",
            person_code="150385-00011",
            period=Period(2026, 3),
            invoice_number="R-0001",
            invoice_date=date(2026, 4, 10),
            net_bill=Decimal("12.34"),
            applied=Decimal("12.34"),
            carried_over=Decimal("5.00"),
            remainder=Decimal("12.66"),
            reversal=True,
        ),
        PayoutRecord(
            contract="0012345679",
            person_code="329991-23456",
            period=Period(2026, 3),
            invoice_number="R-0002",
            invoice_date=date(2026, 4, 10),
            net_bill=Decimal("100.00"),
            applied=Decimal("20.00"),
            carried_over=Decimal("0.00"),
            remainder=Decimal("0.00"),
        ),
    ),
)


def _given(name: ChannelName) -> bytes:
    return (OTHER / f"{name}.xml").read_bytes()


def test_reading(other: Profile) -> None:
    for expected in (CONTRACT, DISCOUNT, PAYOUT):
        assert validate(_given(expected.channel), other) == ()
        assert read_document(_given(expected.channel), other) == expected


def test_writing(other: Profile) -> None:
    for document in (CONTRACT, DISCOUNT, PAYOUT):
        data = write_document(document, other)
        assert validate(data, other) == ()
        assert read_document(data, other) == document


def test_empty_documents_keep_the_wrapper_that_the_schema_requires(other: Profile) -> None:
    empty = Document(ChannelName.CONTRACT, CONTRACT.header, ())
    data = write_document(empty, other)
    assert b"<x:Saraksts/>" in data
    assert validate(data, other) == ()


def test_constants_and_conditions_are_written(other: Profile) -> None:
    root = etree.fromstring(write_document(CONTRACT, other))
    assert root.get("versija") == "2"
    assert [element.get("loma") for element in root.iter("{*}Persona")] == ["turetajs", "apaksa"]


_SUMS = "/x:Atlaides/x:Lemums/x:Summas"


def test_what_only_the_business_rules_see(other: Profile) -> None:
    """This schema allows any decimals, a time without a zone, a count of none."""
    discount = _given(ChannelName.DISCOUNT)
    cases = (
        (b"<Perioda>65<", b"<Perioda>65.005<", "money-decimals", "/x:Atlaides/x:Lemums/x:Summas/x:Perioda"),
        (b"09:00:00+02:00", b"09:00:00", "time-zone", "/x:Atlaides/x:Galvene/x:Izveidots"),
        (b">4.99<", b">-4.99<", "money-negative", f"{_SUMS}/x:Izlidzinajums[2]"),
        (b'periods="2026-02"', b'periods="2026-03"', "catch-up-period", f"{_SUMS}/x:Izlidzinajums[2]/@periods"),
        (b'tirgotajs="40009990008"', b'tirgotajs="4000999"', "provider-number", "/x:Atlaides/@tirgotajs"),
    )  # fmt: skip
    for good, bad, code, path in cases:
        assert good in discount
        found = validate(discount.replace(good, bad), other)
        assert [(complaint.code, complaint.path) for complaint in found] == [(code, path)]


def test_members_of_a_group_are_found_among_their_like(other: Profile) -> None:
    """The sub-user's element has the holder's name; the condition distinguishes them."""
    found = validate(_given(ChannelName.CONTRACT).replace(b"329991-23456", b"329991-2345"), other)
    assert [(complaint.code, complaint.path) for complaint in found] == [
        ("personal-code", "/x:Ligumi/x:Saraksts/x:Ligums/x:Persona[2]/@kods")
    ]


def test_nil_and_absent_required_values_are_told(other: Profile) -> None:
    nil = b'<Parnests xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>'
    found = validate(_given(ChannelName.PAYOUT).replace(b"<Parnests>5</Parnests>", nil), other)
    assert [(complaint.code, complaint.path, complaint.found) for complaint in found] == [
        ("unreadable", "/x:Izmaksas/x:Izmaksa[1]", "carried_over is missing")
    ]


def test_the_official_place_of_an_import_is_never_asked(other: Profile) -> None:
    """The schema imports FullName.xsd by its address on the network; the catalogue answers."""
    urn = other.channel(ChannelName.CONTRACT).schema_urn
    assert b'schemaLocation="http://ivis.eps.gov.lv/' in other.catalogue.path(urn).read_bytes()
    assert other.catalogue.path(urn) == OTHER / "ALISProvider.xsd"
    assert Catalogue.default().path(urn) != other.catalogue.path(urn)


def test_the_national_list_holds_the_other_documents(other: Profile, profile: Profile) -> None:
    """Its import of ALISProvider follows the replacement, so a document of the shipped schema is refused inside."""
    national = other.national
    good = write_national({"40009990008": _given(ChannelName.DISCOUNT)}, other)
    assert other.catalogue.validate(national.schema_urn, good, element=national.root) == ()
    broken = good.replace(b"<Perioda>65<", b"<Perioda>daudz<")
    found = other.catalogue.validate(national.schema_urn, broken, element=national.root)
    assert [complaint.code for complaint in found] == ["schema"]
    assert profile.catalogue.validate(national.schema_urn, broken, element=national.root) == ()


def test_documents_of_the_other_schema_are_not_taken_for_ours(profile: Profile) -> None:
    found = validate(_given(ChannelName.DISCOUNT), profile)
    assert [complaint.code for complaint in found] == ["root"]
    with pytest.raises(DocumentError, match="Atlaides"):
        read_document(_given(ChannelName.DISCOUNT), profile)
