"""What the reference retailer tells BVKB of its contracts, and when it keeps quiet."""

from __future__ import annotations

from datetime import date

import pytest

from conformance.retailers.reference.customers import BusinessError
from simulator.documents.validation import validate
from simulator.domain.model import Address, ChannelName, Operation, Period, Person, RecordError, Severity, SubUser
from tests.conformance.retailers.reference.world import ANNA, JURIS, PROFILE, PROVIDER, ZANE, Retailer, complaint, paper

CONTRACT = ChannelName.CONTRACT
TENANT = {
    "person": {"code": JURIS, "given_name": "Juris", "surname": "Ābols"},
    "address": {"text": "Rožu iela 1-2, Rīga", "code": "101234567"},
    "valid_from": "2026-03-01",
}
WRONG = RecordError("person-unknown", Severity.ERROR, "Nav tādas personas", "there is no such person", 1)


def reported(retailer: Retailer) -> list[list[tuple[Operation, str]]]:
    return [
        [(contract.operation, contract.contract) for contract in one.contracts()]
        for one in retailer.documents(CONTRACT)
    ]


def test_one_document_holds_all_new_contracts(retailer: Retailer) -> None:
    retailer.signs("0007")
    retailer.signs("0008", JURIS)
    assert retailer.exchange() == []
    (document,) = retailer.documents(CONTRACT)
    assert document.header.provider == PROVIDER
    assert document.header.period == Period(2026, 3)
    assert document.header.corrects is None
    first, second = document.contracts()
    assert (first.operation, first.contract, second.contract) == (Operation.NEW, "0007", "0008")
    assert first.holder == Person(ANNA, "Anna", "Šķēle")
    assert first.address == Address("Rožu iela 1, Rīga")
    assert (first.valid_from, first.valid_to) == (date(2026, 3, 1), None)


def test_what_is_sent_is_valid(retailer: Retailer) -> None:
    retailer.signs()
    retailer.happens("sub_user.add", **TENANT)
    retailer.exchange()
    assert validate(retailer.dit.sent[0][1], PROFILE, CONTRACT) == ()


def test_nothing_is_sent_when_nothing_changed(retailer: Retailer) -> None:
    retailer.exchange()
    retailer.signs()
    retailer.exchange()
    retailer.exchange()
    retailer.happens("contract.change", **paper())  # says what BVKB knows already
    retailer.exchange()
    assert reported(retailer) == [[(Operation.NEW, "0007")]]


def test_a_change_is_told_with_the_full_new_state(retailer: Retailer) -> None:
    retailer.signs()
    retailer.exchange()
    retailer.happens("contract.change", **paper(address={"text": "Liepu iela 2, Rīga", "code": "101234567"}))
    retailer.exchange()
    record = retailer.documents(CONTRACT)[1].contracts()[0]
    assert record.operation is Operation.CHANGE
    assert record.address == Address("Liepu iela 2, Rīga", "101234567")


def test_what_changed_before_it_was_told_is_still_new(retailer: Retailer) -> None:
    retailer.signs()
    retailer.happens("contract.change", **paper(ZANE, previous_code=ANNA))
    retailer.exchange()
    (document,) = retailer.documents(CONTRACT)
    assert [(contract.operation, contract.holder.code) for contract in document.contracts()] == [(Operation.NEW, ZANE)]


def test_the_end_names_the_last_day(retailer: Retailer) -> None:
    retailer.signs()
    retailer.exchange()
    retailer.happens("contract.end", valid_to="2026-03-31")
    retailer.exchange()
    record = retailer.documents(CONTRACT)[1].contracts()[0]
    assert (record.operation, record.valid_to) == (Operation.END, date(2026, 3, 31))


def test_an_end_that_is_withdrawn_is_a_change(retailer: Retailer) -> None:
    retailer.signs()
    retailer.exchange()
    retailer.happens("contract.end", valid_to="2026-03-31")
    retailer.exchange()
    retailer.happens("contract.change", **paper())
    retailer.exchange()
    # The end was reported to ALDIS; that the contract continues is reported as a new contract.
    assert reported(retailer)[2] == [(Operation.CHANGE, "0007")]


def test_a_contract_signed_again_after_its_end_is_new_again(retailer: Retailer) -> None:
    retailer.signs()
    retailer.exchange()
    retailer.happens("contract.end", valid_to="2026-03-31")
    retailer.exchange()
    retailer.signs(valid_from="2026-05-01")
    retailer.exchange()
    assert reported(retailer)[2] == [(Operation.NEW, "0007")]


def test_a_contract_that_ended_before_it_was_told_is_told_and_ended(retailer: Retailer) -> None:
    retailer.signs()
    retailer.happens("contract.end", valid_to="2026-03-31")
    retailer.exchange()
    retailer.exchange()
    assert reported(retailer) == [[(Operation.NEW, "0007")], [(Operation.END, "0007")]]


def test_sub_users_come_and_go_with_the_contract(retailer: Retailer) -> None:
    retailer.signs()
    retailer.happens("sub_user.add", **TENANT)
    retailer.exchange()
    (document,) = retailer.documents(CONTRACT)
    tenant = SubUser(Person(JURIS, "Juris", "Ābols"), Address("Rožu iela 1-2, Rīga", "101234567"))
    assert document.contracts()[0].sub_users == (tenant,)
    retailer.happens("sub_user.end", person={"code": JURIS.replace("-", "")}, valid_to="2026-03-15")
    retailer.at("2026-03-15")
    retailer.exchange()
    assert len(retailer.documents(CONTRACT)) == 1  # the tenancy lasts to the end of this day
    retailer.at("2026-03-16")
    retailer.exchange()
    record = retailer.documents(CONTRACT)[1].contracts()[0]
    assert (record.operation, record.sub_users) == (Operation.CHANGE, ())


def test_a_lost_reply_is_answered_by_the_same_bytes_twice(retailer: Retailer) -> None:
    retailer.signs()
    retailer.dit.lose("send", times=2)
    problems = retailer.exchange()
    assert len(problems) == 2
    assert len(retailer.dit.sent) == 3
    assert len({payload for _, payload, _ in retailer.dit.sent}) == 1
    retailer.exchange()
    assert len(retailer.dit.sent) == 3


def test_what_stays_without_reply_is_sent_again_in_the_next_run(retailer: Retailer) -> None:
    retailer.signs()
    retailer.dit.lose("send", times=3, arrives=False)
    retailer.exchange()
    assert retailer.dit.sent == []
    retailer.signs("0008", JURIS)
    retailer.at("2026-03-03")
    retailer.exchange()
    first, second = retailer.documents(CONTRACT)
    assert first.header.created_at.day == 2
    assert [contract.contract for contract in first.contracts()] == ["0007"]
    assert [contract.contract for contract in second.contracts()] == ["0008"]


def test_a_refused_document_counts_as_not_said(retailer: Retailer) -> None:
    from conformance.retailers.reference.client import Refused

    retailer.signs()
    retailer.dit.refusals.append(Refused("soap:Sender", "the payload is not valid"))
    assert ["refused by DIT: the payload is not valid" in each for each in retailer.exchange()] == [True]
    assert retailer.dit.sent == []
    retailer.exchange()
    assert reported(retailer) == [[(Operation.NEW, "0007")]]


def test_trouble_of_dits_own_leaves_the_document_queued(retailer: Retailer) -> None:
    from conformance.retailers.reference.client import ConnectionLost

    retailer.signs()
    retailer.dit.refusals += [ConnectionLost("no space left")] * 3
    retailer.exchange()
    (queued,) = retailer.driver.store.outbox.queued(CONTRACT)
    retailer.exchange()
    assert retailer.dit.sent[0][1] == queued.data


def test_an_error_is_corrected_once_the_record_was_mended(retailer: Retailer) -> None:
    retailer.signs("0007", ZANE)
    retailer.signs("0008", JURIS)
    retailer.exchange()
    (first,) = retailer.documents(CONTRACT)
    retailer.dit.put(CONTRACT, complaint(first.header.document_id, WRONG), related="1" * 8)
    retailer.exchange()
    assert len(retailer.documents(CONTRACT)) == 1  # nothing is known yet that could mend it
    retailer.happens("contract.change", "0008", **paper(JURIS, address={"text": "Cita iela 1", "code": None}))
    retailer.exchange()
    assert retailer.documents(CONTRACT)[1].header.corrects is None  # another contract's change mends nothing
    retailer.happens("contract.change", "0007", **paper(ANNA, previous_code=ZANE))
    retailer.exchange()
    corrected = retailer.documents(CONTRACT)[2]
    assert corrected.header.corrects == first.header.document_id
    assert corrected.header.document_id != first.header.document_id
    assert [(contract.operation, contract.contract, contract.holder.code) for contract in corrected.contracts()] == [
        (Operation.NEW, "0007", ANNA),
        (Operation.NEW, "0008", JURIS),
    ]
    retailer.exchange()
    assert len(retailer.documents(CONTRACT)) == 3


def test_an_error_read_in_the_run_after_the_mending_is_corrected_at_once(retailer: Retailer) -> None:
    retailer.signs("0007", ZANE)
    retailer.exchange()
    (first,) = retailer.documents(CONTRACT)
    retailer.dit.put(CONTRACT, complaint(first.header.document_id, WRONG), related="1" * 8)
    retailer.happens("contract.change", "0007", **paper(ANNA, previous_code=ZANE))
    retailer.exchange()
    assert [document.header.corrects for document in retailer.documents(CONTRACT)] == [None, first.header.document_id]


def test_a_correction_that_is_wrong_too_is_corrected_itself(retailer: Retailer) -> None:
    retailer.signs("0007", ZANE)
    retailer.exchange()
    for code, previous in ((JURIS, ZANE), (ANNA, JURIS)):
        last = retailer.documents(CONTRACT)[-1].header.document_id
        retailer.dit.put(CONTRACT, complaint(last, WRONG), related="1" * 8)
        retailer.happens("contract.change", "0007", **paper(code, previous_code=previous))
        retailer.exchange()
        assert retailer.documents(CONTRACT)[-1].header.corrects == last


def test_a_warning_needs_no_correction(retailer: Retailer) -> None:
    retailer.signs()
    retailer.exchange()
    (first,) = retailer.documents(CONTRACT)
    warning = RecordError("document-repeated", Severity.WARNING, "Jau saņemts", "received before")
    retailer.dit.put(CONTRACT, complaint(first.header.document_id, warning), related="1" * 8)
    retailer.happens("contract.change", **paper(ZANE, previous_code=ANNA))
    retailer.exchange()
    assert retailer.documents(CONTRACT)[1].header.corrects is None
    assert retailer.driver.store.outbox.complaints() == ((first.header.document_id, warning),)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"kind": "contract.change", **paper()}, "there is no contract '0009'"),
        ({"kind": "contract.frobnicate"}, "no contract"),
        ({"kind": "contract.new", **{k: v for k, v in paper().items() if k != "holder"}}, "lacks 'holder'"),
        ({"kind": "contract.new", **paper(valid_from="1.3.2026")}, "Invalid isoformat"),
    ],
)
def test_what_does_not_fit_the_books_changes_nothing(retailer: Retailer, event: dict[str, object], words: str) -> None:
    with pytest.raises(BusinessError, match=words):
        retailer.driver.apply(
            events=[{"kind": "contract.new", "contract": "0008", **paper()}, {"contract": "0009", **event}]
        )
    retailer.exchange()
    assert reported(retailer) == []


def test_more_that_does_not_fit(retailer: Retailer) -> None:
    retailer.signs()
    with pytest.raises(BusinessError, match="is there already"):
        retailer.signs()
    with pytest.raises(BusinessError, match="not a kind of event"):
        retailer.happens("contract.frobnicate")
    with pytest.raises(BusinessError, match="has no sub-user"):
        retailer.happens("sub_user.end", person={"code": JURIS}, valid_to="2026-03-15")


def test_reset_forgets_everything(retailer: Retailer) -> None:
    retailer.signs()
    retailer.exchange()
    retailer.driver.reset()
    retailer.exchange()
    retailer.signs()
    retailer.exchange()
    assert reported(retailer) == [[(Operation.NEW, "0007")], [(Operation.NEW, "0007")]]
