"""Documents of the channels: valid by schema and domain, near the edges, whatever the schema calls its elements."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from conformance.payloads.domain.strategies import documents, payloads
from simulator.documents.profile import Profile, load_profile
from simulator.documents.reading import read_document
from simulator.documents.validation import validate
from simulator.documents.writing import write_document
from simulator.domain.identifiers import is_synthetic_personal_code
from simulator.domain.model import Category, ChannelName, DiscountStatus, Document, Operation
from tests.simulator.documents.conftest import OTHER

PROFILES = {"reconstruction": load_profile(), "other": load_profile(OTHER / "profile.toml")}


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
@pytest.mark.parametrize("channel", ChannelName)
def test_every_document_is_without_complaint_and_reads_back(channel: ChannelName, profile: Profile) -> None:
    @settings(max_examples=60)
    @given(documents(channel, profile))
    def holds(document: Document) -> None:
        data = write_document(document, profile)
        assert validate(data, profile, channel) == ()
        assert read_document(data, profile, channel) == document

    holds()


@settings(max_examples=30)
@given(st.data())
def test_as_many_records_as_asked_for_and_nobody_alive(data: st.DataObject) -> None:
    least = data.draw(st.integers(0, 20))
    document = data.draw(documents(ChannelName.CONTRACT, PROFILES["reconstruction"], least=least))
    assert least <= len(document.records) <= 20
    people = [
        p for contract in document.contracts() for p in (contract.holder, *(s.person for s in contract.sub_users))
    ]
    assert all(is_synthetic_personal_code(person.code) for person in people)


def _some(channel: ChannelName, holds: Callable[[Document], bool]) -> Document:
    return find(
        documents(channel, PROFILES["reconstruction"]),
        holds,
        settings=settings(
            max_examples=5000, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
        ),
    )


def _names(document: Document) -> set[str]:
    return {name for contract in document.contracts() for name in (contract.holder.given_name, contract.holder.surname)}


@pytest.mark.parametrize(
    ("channel", "holds"),
    [
        (ChannelName.CONTRACT, lambda d: any(len(name) == 1 for name in _names(d))),
        (ChannelName.CONTRACT, lambda d: any(len(name) == 50 for name in _names(d))),
        (ChannelName.CONTRACT, lambda d: any(set("āčēģīķļņšūž") <= set(name.lower()) for name in _names(d))),
        (ChannelName.CONTRACT, lambda d: any(any(map(unicodedata.combining, name)) for name in _names(d))),
        (ChannelName.CONTRACT, lambda d: any(contract.valid_from == date(2024, 2, 29) for contract in d.contracts())),
        (ChannelName.CONTRACT, lambda d: any((contract.valid_from.month, contract.valid_from.day) == (12, 31) for contract in d.contracts())),
        (ChannelName.CONTRACT, lambda d: any(len(contract.sub_users) > 2 for contract in d.contracts())),
        (ChannelName.CONTRACT, lambda d: {contract.operation for contract in d.contracts()} == set(Operation)),
        (ChannelName.CONTRACT, lambda d: any(contract.holder.code.startswith("32") for contract in d.contracts())),
        (ChannelName.CONTRACT, lambda d: any("-" not in contract.holder.code for contract in d.contracts())),
        (ChannelName.CONTRACT, lambda d: len(d.records) == 0),
        (ChannelName.CONTRACT, lambda d: len(d.records) == 20),
        (ChannelName.DISCOUNT, lambda d: any(discount.amount_due == Decimal("9999999999.99") for discount in d.discounts())),
        (ChannelName.DISCOUNT, lambda d: any(discount.status is DiscountStatus.TERMINATED and discount.catch_up for discount in d.discounts())),
        (ChannelName.DISCOUNT, lambda d: {c.category for discount in d.discounts() for c in discount.categories} == set(Category)),
        (ChannelName.PAYOUT, lambda d: any(payout.applied == payout.net_bill > 0 for payout in d.payouts())),
        (ChannelName.PAYOUT, lambda d: any(payout.applied == 0 < payout.net_bill for payout in d.payouts())),
        (ChannelName.PAYOUT, lambda d: any(payout.reversal for payout in d.payouts())),
        (ChannelName.PAYOUT, lambda d: len({payout.invoice_number for payout in d.payouts()}) < len(d.records)),
        (ChannelName.PAYOUT, lambda d: any(payout.period < d.header.period for payout in d.payouts())),
    ],
)  # fmt: skip
def test_it_reaches(channel: ChannelName, holds: Callable[[Document], bool]) -> None:
    try:
        assert holds(_some(channel, holds))
    except NoSuchExample:
        pytest.fail("not reached in 5000 documents")


@pytest.mark.parametrize("channel", ChannelName)
def test_it_shrinks_to_one_plain_record(channel: ChannelName) -> None:
    document = find(
        documents(channel, PROFILES["reconstruction"]),
        lambda document: len(document.records) > 0,
        settings=settings(database=None, suppress_health_check=list(HealthCheck)),
    )
    (record,) = document.records
    assert record.contract == "1"
    assert document.header.corrects is None


@given(payloads(ChannelName.PAYOUT, PROFILES["reconstruction"], least=1, most=1))
@settings(max_examples=10)
def test_as_they_travel(data: bytes) -> None:
    assert data.startswith(b"<?xml")
    assert len(read_document(data, PROFILES["reconstruction"]).records) == 1
