from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.payloads.domain.samples import sample_documents
from simulator.documents.profile import load_profile
from simulator.documents.reading import read_document
from simulator.documents.validation import validate
from simulator.documents.writing import write_document
from simulator.domain.identifiers import is_synthetic_personal_code
from simulator.domain.model import ChannelName, Document

PROFILE = load_profile()


def _sample(channel: ChannelName, records: int, seed: int) -> Document:
    return next(sample_documents(channel, PROFILE, count=1, records=records, seed=seed))


@settings(deadline=None)
@given(st.sampled_from(ChannelName), st.integers(0, 8), st.integers(0, 10_000))
def test_every_sample_is_valid_and_read_back_as_it_was_made(channel: ChannelName, records: int, seed: int) -> None:
    document = _sample(channel, records, seed)
    data = write_document(document, PROFILE)
    assert validate(data, PROFILE, channel) == ()
    assert read_document(data, PROFILE, channel) == document


@pytest.mark.parametrize("channel", ChannelName)
def test_same_seed_same_bytes_and_another_seed_other_bytes(channel: ChannelName) -> None:
    one, again, other = (write_document(_sample(channel, 20, seed), PROFILE) for seed in (7, 7, 8))
    assert one == again
    assert one != other


def test_nobody_in_a_sample_can_be_alive_and_nobody_appears_twice() -> None:
    people = [
        person.code
        for record in _sample(ChannelName.CONTRACT, 500, 1).contracts()
        for person in (record.holder, *(sub_user.person for sub_user in record.sub_users))
    ]
    assert all(is_synthetic_personal_code(person) for person in people)
    assert len(set(people)) == len(people)


@pytest.mark.parametrize("seed", range(20))
def test_payouts_are_reported_after_their_bills(seed: int) -> None:
    document = _sample(ChannelName.PAYOUT, 5, seed)
    for record in document.payouts():
        assert record.invoice_date < document.header.created_at.date() < record.invoice_date + timedelta(days=20)
