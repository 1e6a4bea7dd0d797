"""Bills and the payout documents that tell of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from conformance.retailers.reference.customers import BusinessError
from simulator.documents.validation import validate
from simulator.domain.model import ChannelName, PayoutRecord, Period, RecordError, Severity
from tests.conformance.retailers.reference.world import (
    ANNA,
    JURIS,
    MARCH,
    PROFILE,
    ZANE,
    Retailer,
    complaint,
    discount,
    granted,
    paper,
)

PAYOUT = ChannelName.PAYOUT


@pytest.fixture
def customer(retailer: Retailer) -> Retailer:
    retailer.signs()
    retailer.at("2026-03-08")
    retailer.dit.put(ChannelName.DISCOUNT, discount(granted("20.00")))
    retailer.exchange("discount")
    retailer.at("2026-04-01")
    return retailer


def reported(retailer: Retailer) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    return [
        (
            str(one.header.period),
            [(payout.invoice_number, str(payout.applied), payout.reversal) for payout in one.payouts()],
        )
        for one in retailer.documents(PAYOUT)
    ]


def test_a_bill_is_told_to_the_cent(customer: Retailer) -> None:
    assert customer.bills("2026-03", "12.35") == [{"invoice": "R-2026-03", "person": ANNA, "applied": "12.35"}]
    assert customer.exchange() == []
    (document,) = customer.documents(PAYOUT)
    assert document.header.period == MARCH
    assert document.payouts() == (
        PayoutRecord(
            contract="0007",
            person_code=ANNA,
            period=MARCH,
            invoice_number="R-2026-03",
            invoice_date=date(2026, 3, 28),
            net_bill=Decimal("12.35"),
            applied=Decimal("12.35"),
            carried_over=Decimal("0.00"),
            remainder=Decimal("7.65"),
        ),
    )
    payload = next(payload for version, payload, _ in customer.dit.sent if "Payout" in version)
    assert validate(payload, PROFILE, PAYOUT) == ()
    customer.exchange()
    assert len(customer.documents(PAYOUT)) == 1


def test_a_bill_that_takes_nothing_of_what_is_there_is_told(customer: Retailer) -> None:
    customer.bills("2026-03", "0.00")
    customer.exchange()
    assert reported(customer) == [("2026-03", [("R-2026-03", "0.00", False)])]


def test_a_month_with_bills_but_no_support_is_an_empty_document(customer: Retailer) -> None:
    customer.signs("0008", JURIS)
    customer.bills("2026-03", "50.00", contract="0008")
    customer.exchange()
    assert reported(customer) == [("2026-03", [])]
    customer.exchange()
    customer.bills("2026-03", "10.00", "R-late", contract="0008")
    customer.exchange()
    assert reported(customer) == [("2026-03", [])]


def test_a_month_without_bills_is_an_empty_document(customer: Retailer) -> None:
    customer.driver.bill(period="2026-03", invoices=[])
    customer.exchange()
    assert reported(customer) == [("2026-03", [])]


def test_bills_made_later_get_a_document_of_their_own(customer: Retailer) -> None:
    customer.bills("2026-03", "12.00", "R-1")
    customer.exchange()
    customer.bills("2026-03", "5.00", "R-2")
    customer.bills("2026-04", "1.00", "R-3")
    customer.exchange()
    assert reported(customer) == [
        ("2026-03", [("R-1", "12.00", False)]),
        ("2026-03", [("R-2", "5.00", False)]),
        ("2026-04", [("R-3", "1.00", False)]),
    ]


def test_two_months_can_land_on_one_bill(customer: Retailer) -> None:
    customer.dit.put(ChannelName.DISCOUNT, discount(granted("20.00"), period=MARCH + 1))
    customer.exchange("discount")
    customer.bills("2026-04", "100.00")
    customer.exchange("payout")
    (record,) = customer.documents(PAYOUT)[0].payouts()
    assert (record.applied, record.carried_over, record.remainder) == (
        Decimal("40.00"),
        Decimal("20.00"),
        Decimal("0.00"),
    )


def test_a_reversal_repeats_the_record_and_gives_the_support_back(customer: Retailer) -> None:
    customer.bills("2026-03", "12.35", "R-1")
    customer.exchange()
    lines = customer.bills("2026-03", "12.35", "K-1", reverses="R-1")
    assert lines == [{"invoice": "K-1", "person": ANNA, "applied": "-12.35"}]
    customer.bills("2026-03", "60.00", "R-2")
    customer.exchange()
    (first,), (back, second) = (document.payouts() for document in customer.documents(PAYOUT))
    assert back.reversal
    assert (back.invoice_number, back.net_bill, back.applied, back.carried_over, back.remainder) == (
        first.invoice_number,
        first.net_bill,
        first.applied,
        first.carried_over,
        first.remainder,
    )
    assert (second.invoice_number, second.applied, second.reversal) == ("R-2", Decimal("20.00"), False)


def test_the_same_bill_a_second_time_changes_nothing(customer: Retailer) -> None:
    once = customer.bills("2026-03", "12.35", "R-1")
    assert customer.bills("2026-03", "12.35", "R-1") == once
    back = customer.bills("2026-03", "12.35", "K-1", reverses="R-1")
    assert customer.bills("2026-03", "12.35", "K-1", reverses="R-1") == back
    assert customer.bills("2026-03", "12.35", "R-1") == once
    customer.exchange()
    assert reported(customer) == [("2026-03", [("R-1", "12.35", False), ("R-1", "12.35", True)])]


def test_what_does_not_fit_the_books_changes_nothing(customer: Retailer) -> None:
    customer.bills("2026-03", "12.35", "R-1")
    with pytest.raises(BusinessError, match="'R-1' was made before, with other content"):
        customer.bills("2026-03", "12.36", "R-1")
    with pytest.raises(BusinessError, match="contract '0099', which is not there"):
        customer.bills("2026-03", "5.00", "R-2", contract="0099")
    with pytest.raises(BusinessError, match="reverses 'R-9', which was never made"):
        customer.bills("2026-03", "5.00", "K-9", reverses="R-9")
    customer.bills("2026-03", "12.35", "K-1", reverses="R-1")
    with pytest.raises(BusinessError, match="'R-1' was reversed before"):
        customer.bills("2026-03", "12.35", "K-2", reverses="R-1")
    customer.exchange()
    assert reported(customer) == [("2026-03", [("R-1", "12.35", False), ("R-1", "12.35", True)])]


def test_a_rejected_payout_is_corrected_when_the_persons_code_was_mended(customer: Retailer) -> None:
    customer.bills("2026-03", "12.35")
    customer.exchange()
    (first,) = customer.documents(PAYOUT)
    wrong = RecordError("person-unknown", Severity.ERROR, "Nav tādas personas", "there is no such person", 1)
    customer.dit.put(PAYOUT, complaint(first.header.document_id, wrong), related="1" * 8)
    customer.exchange()
    assert len(customer.documents(PAYOUT)) == 1
    customer.happens("contract.change", **paper(ZANE, previous_code=ANNA))
    customer.exchange()
    corrected = customer.documents(PAYOUT)[1]
    assert corrected.header.corrects == first.header.document_id
    assert [(payout.person_code, payout.applied) for payout in corrected.payouts()] == [(ZANE, Decimal("12.35"))]


def test_a_refused_payout_document_is_told_anew(customer: Retailer) -> None:
    from conformance.retailers.reference.client import Refused

    customer.exchange()
    customer.bills("2026-03", "12.35")
    customer.dit.refusals.append(Refused("soap:Sender", "not now"))
    customer.exchange()
    assert reported(customer) == []
    customer.exchange()
    assert reported(customer) == [("2026-03", [("R-2026-03", "12.35", False)])]


def test_status_tells_what_is_due_and_left(customer: Retailer) -> None:
    customer.bills("2026-03", "12.35")
    customer.dit.put(ChannelName.DISCOUNT, discount(granted("25.00"), period=Period(2026, 4)))
    customer.at("2026-04-08")
    customer.exchange()
    assert customer.driver.status(contract="0007") == {"due": "25.00", "carried": "7.65", "granted": "45.00"}
    with pytest.raises(BusinessError, match="there is no contract"):
        customer.driver.status(contract="0008")
