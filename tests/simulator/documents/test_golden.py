"""Hand-written documents compared with hand-written values, to find errors that reader and writer share."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from simulator.documents.business import RULES
from simulator.documents.profile import Profile
from simulator.documents.reading import read_document, read_error_report
from simulator.documents.validation import validate
from simulator.documents.writing import write_document
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
from simulator.settings.files import data_root

PAYLOADS = data_root("fixtures") / "payloads"
WINTER = timezone(timedelta(hours=2))
SUMMER = timezone(timedelta(hours=3))
MARCH = Period(2026, 3)

ILZE = "150385-00011"
SARLOTE = "329991-23456"
GIRTS = "311288-00042"

VALID = {
    "contract/valid-new.xml": Document(
        ChannelName.CONTRACT,
        Header(
            document_id="6f1c2a52-0d3b-4c8e-9a55-1f0e7c1b2a01",
            provider="40009990008",
            created_at=datetime(2026, 3, 2, 8, 15, 30, tzinfo=WINTER),
            period=MARCH,
            record_count=2,
        ),
        (
            ContractRecord(
                operation=Operation.NEW,
                contract="0012345678",
                metering_point="43Z-STO00000001Y",
                address=Address("Brīvības iela 1 - 2, Rīga, LV-1001", "800000001"),
                holder=Person(ILZE, "Ilze Anna", "Bērziņa-Kalniņa"),
                sub_users=(),
                valid_from=date(2026, 3, 1),
            ),
            ContractRecord(
                operation=Operation.NEW,
                contract="LV/2026-7",
                metering_point="43Z-STO00000002W",
                address=Address("Liepu iela 5, Cēsis"),
                holder=Person("29119900022", "Jānis", "Ž"),
                sub_users=(
                    SubUser(Person(SARLOTE, "Šarlote", "Ķirse"), Address("Liepu iela 5 - 1, Cēsis", "800000002")),
                    SubUser(Person(GIRTS, "Ģirts", "Ņikitins"), Address("Liepu iela 5 - 2, Cēsis")),
                ),
                valid_from=date(2026, 2, 15),
                valid_to=date(2027, 2, 14),
            ),
        ),
    ),
    "contract/valid-change-and-end.xml": Document(
        ChannelName.CONTRACT,
        Header(
            document_id="6F1C2A52-0D3B-4C8E-9A55-1F0E7C1B2A02",
            provider="40009990012",
            created_at=datetime(2026, 3, 31, 22, 30, tzinfo=UTC),
            period=Period(2026, 4),
            record_count=2,
            corrects="6f1c2a52-0d3b-4c8e-9a55-1f0e7c1b2a01",
        ),
        (
            ContractRecord(
                operation=Operation.CHANGE,
                contract="0012345678",
                metering_point="43Z-STO00000001Y",
                address=Address("Rīga & Pierīga"),
                holder=Person("329990-00000", "Ilze", "O'Hara"),
                sub_users=(),
                valid_from=date(2026, 3, 1),
            ),
            ContractRecord(
                operation=Operation.END,
                contract="000",
                metering_point="43Z-STO00000004S",
                address=Address("Ezera iela <3>"),
                holder=Person("290296-00077", "Əli", "Łukasz"),
                sub_users=(),
                valid_from=date(2020, 1, 1),
                valid_to=date(2026, 3, 31),
            ),
        ),
    ),
    "contract/valid-empty.xml": Document(
        ChannelName.CONTRACT,
        Header(
            document_id="6f1c2a52-0d3b-4c8e-9a55-1f0e7c1b2a03",
            provider="40009990008",
            created_at=datetime(2026, 5, 4, 9, 0, 0, 500_000, tzinfo=SUMMER),
            period=Period(2026, 5),
            record_count=0,
        ),
        (),
    ),
    "discount/valid-stacked.xml": Document(
        ChannelName.DISCOUNT,
        Header(
            document_id="0b7e4a10-5d2c-4f6b-8e01-33c1a4d7e901",
            provider="40009990008",
            created_at=datetime(2026, 3, 7, 9, 0, tzinfo=WINTER),
            period=MARCH,
            record_count=2,
        ),
        (
            DiscountRecord(
                contract="0012345678",
                person_code=ILZE,
                categories=(CategoryCount(Category.LARGE_FAMILY, 1), CategoryCount(Category.DISABLED_CHILD, 2)),
                amount_due=Decimal("65.00"),
                catch_up=(),
                status=DiscountStatus.GRANTED,
                decision_id="2026/3-1",
                decision_date=date(2026, 3, 7),
            ),
            DiscountRecord(
                contract="LV/2026-7",
                person_code=SARLOTE,
                categories=(
                    CategoryCount(Category.DISABILITY_GROUP_1, 1),
                    CategoryCount(Category.GUARDIAN, 3),
                    CategoryCount(Category.LOW_INCOME, 1),
                ),
                amount_due=Decimal("100.00"),
                catch_up=(),
                status=DiscountStatus.GRANTED,
                decision_id="2026/3-2",
                decision_date=date(2026, 3, 6),
                reason="Pirmais lēmums",
            ),
        ),
    ),
    "discount/valid-catch-up-and-termination.xml": Document(
        ChannelName.DISCOUNT,
        Header(
            document_id="0b7e4a10-5d2c-4f6b-8e01-33c1a4d7e902",
            provider="40009990008",
            created_at=datetime(2026, 4, 7, 9, 0, tzinfo=SUMMER),
            period=Period(2026, 4),
            record_count=2,
            corrects="0b7e4a10-5d2c-4f6b-8e01-33c1a4d7e901",
        ),
        (
            DiscountRecord(
                contract="0012345678",
                person_code=ILZE,
                categories=(CategoryCount(Category.LOW_INCOME, 1),),
                amount_due=Decimal("20.00"),
                catch_up=(
                    CatchUp(Period(2026, 1), Decimal("20.00"), "Nepilnīgi dati janvārī"),
                    CatchUp(Period(2026, 2), Decimal("4.99"), "Precizēta likme"),
                ),
                status=DiscountStatus.GRANTED,
                decision_id="2026/4-1",
                decision_date=date(2026, 4, 7),
            ),
            DiscountRecord(
                contract="LV/2026-7",
                person_code=GIRTS,
                categories=(),
                amount_due=Decimal("0.00"),
                catch_up=(),
                status=DiscountStatus.TERMINATED,
                decision_id="2026/4-2",
                decision_date=date(2026, 4, 7),
                reason="Statuss beidzies",
            ),
        ),
    ),
    "discount/valid-empty.xml": Document(
        ChannelName.DISCOUNT,
        Header(
            document_id="0b7e4a10-5d2c-4f6b-8e01-33c1a4d7e903",
            provider="40009990012",
            created_at=datetime(2026, 3, 7, 9, 0, tzinfo=WINTER),
            period=MARCH,
            record_count=0,
        ),
        (),
    ),
    "payout/valid-carry-over.xml": Document(
        ChannelName.PAYOUT,
        Header(
            document_id="a3d0c1f4-7b6e-4d19-8c42-5e9f00b1d201",
            provider="40009990008",
            created_at=datetime(2026, 4, 15, 16, 45, tzinfo=SUMMER),
            period=MARCH,
            record_count=3,
        ),
        (
            PayoutRecord(
                contract="0012345678",
                person_code=ILZE,
                period=MARCH,
                invoice_number="R-0001",
                invoice_date=date(2026, 4, 10),
                net_bill=Decimal("12.34"),
                applied=Decimal("12.34"),
                carried_over=Decimal("5.00"),
                remainder=Decimal("12.66"),
            ),
            PayoutRecord(
                contract="LV/2026-7",
                person_code=SARLOTE,
                period=Period(2026, 2),
                invoice_number="0000002",
                invoice_date=date(2026, 4, 10),
                net_bill=Decimal("30.50"),
                applied=Decimal("20.00"),
                carried_over=Decimal("0.00"),
                remainder=Decimal("0.00"),
            ),
            PayoutRecord(
                contract="LV/2026-7",
                person_code=GIRTS,
                period=Period(2026, 2),
                invoice_number="0000002",
                invoice_date=date(2026, 4, 10),
                net_bill=Decimal("30.50"),
                applied=Decimal("10.50"),
                carried_over=Decimal("0.00"),
                remainder=Decimal("9.50"),
            ),
        ),
    ),
    "payout/valid-reversal.xml": Document(
        ChannelName.PAYOUT,
        Header(
            document_id="a3d0c1f4-7b6e-4d19-8c42-5e9f00b1d202",
            provider="40009990008",
            created_at=datetime(2026, 5, 15, 16, 45, tzinfo=SUMMER),
            period=Period(2026, 4),
            record_count=1,
        ),
        (
            PayoutRecord(
                contract="0012345678",
                person_code=ILZE,
                period=MARCH,
                invoice_number="R-0001",
                invoice_date=date(2026, 4, 10),
                net_bill=Decimal("12.34"),
                applied=Decimal("12.34"),
                carried_over=Decimal("5.00"),
                remainder=Decimal("12.66"),
                reversal=True,
            ),
        ),
    ),
    "payout/valid-empty.xml": Document(
        ChannelName.PAYOUT,
        Header(
            document_id="a3d0c1f4-7b6e-4d19-8c42-5e9f00b1d203",
            provider="40009990008",
            created_at=datetime(2026, 4, 15, 16, 45, tzinfo=SUMMER),
            period=MARCH,
            record_count=0,
        ),
        (),
    ),
}

REPORTS = {
    "error/valid-report.xml": ErrorReport(
        "6f1c2a52-0d3b-4c8e-9a55-1f0e7c1b2a01",
        (
            RecordError(
                code="personal-code",
                severity=Severity.ERROR,
                text_lv="29119900023 nav derīgs personas kods.",
                text_en="29119900023 is no personal code.",
                position=2,
            ),
            RecordError(
                code="late",
                severity=Severity.WARNING,
                text_lv="Dokuments saņemts pēc termiņa.",
                text_en="",
            ),
        ),
    ),
    "error/valid-unread.xml": ErrorReport(
        None,
        (
            RecordError(
                code="schema",
                severity=Severity.ERROR,
                text_lv="Dokumentu nevar izlasīt.",
                text_en="The document cannot be read.",
            ),
        ),
    ),
}

INVALID = sorted(PAYLOADS.glob("*/invalid-*.xml"))


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def test_every_valid_document_is_expected() -> None:
    there = {f"{path.parent.name}/{path.name}" for path in PAYLOADS.glob("*/valid-*.xml")}
    assert there == VALID.keys() | REPORTS.keys()


@pytest.mark.parametrize("name", VALID)
def test_valid_documents(profile: Profile, name: str) -> None:
    data = (PAYLOADS / name).read_bytes()
    assert validate(data, profile) == ()
    document = read_document(data, profile)
    assert document == VALID[name]
    # the offset is kept as it was written, not only the instant
    assert document.header.created_at.utcoffset() == VALID[name].header.created_at.utcoffset()


@pytest.mark.parametrize("name", VALID)
def test_the_writer_says_the_same(profile: Profile, name: str) -> None:
    """A document written from the hand-written values reads as the hand-written document does."""
    data = write_document(VALID[name], profile)
    assert validate(data, profile) == ()
    assert read_document(data, profile) == VALID[name]
    assert data == write_document(read_document((PAYLOADS / name).read_bytes(), profile), profile)


@pytest.mark.parametrize("name", REPORTS)
def test_error_reports(profile: Profile, name: str) -> None:
    data = (PAYLOADS / name).read_bytes()
    assert profile.catalogue.validate(profile.error_schema_urn, data, element=profile.error_root) == ()
    assert read_error_report(data, profile) == REPORTS[name]


@pytest.mark.parametrize("path", INVALID, ids=_name)
def test_invalid_documents(profile: Profile, path: Path) -> None:
    expected = json.loads(path.with_suffix(".expect.json").read_text(encoding="utf-8"))
    complaints = validate(path.read_bytes(), profile)
    assert [(complaint.code, complaint.path, complaint.line) for complaint in complaints] == [
        (expected["code"], expected["path"], expected["line"])
    ]
    complaint = complaints[0]
    assert complaint.found
    assert complaint.expected
    assert complaint.provenance.source


def test_every_rule_has_a_document_that_breaks_it() -> None:
    """But for two, which the reconstruction's schema says already; another schema's tests break them."""
    broken = {json.loads(path.read_text(encoding="utf-8"))["code"] for path in PAYLOADS.glob("*/*.expect.json")}
    assert {rule.code for rule in RULES} - broken == {"time-zone", "money-decimals"}


def test_an_expected_value_that_is_wrong_is_noticed(profile: Profile) -> None:
    """The comparison above can fail: one cent, one code, one place more or less is seen."""
    document = read_document((PAYLOADS / "payout/valid-carry-over.xml").read_bytes(), profile)
    first = document.payouts()[0]
    for wrong in (
        replace(first, applied=Decimal("12.35")),
        replace(first, contract="12345678"),
        replace(first, period=Period(2026, 2)),
        replace(first, reversal=True),
    ):
        assert replace(document, records=(wrong, *document.records[1:])) != document
